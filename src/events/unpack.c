/* SPDX-License-Identifier: MIT */
#include "events/unpack.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "events/packings/packing.h"
#include "events/tar.h"
#include "events/zip.h"

/* ---- the table ---- */

#define PACKINGS(ROW) ROW(gzip) ROW(zstd) ROW(bzip2) ROW(xz) ROW(lz4)
#define LIST(symbol)  &vdib__packing_##symbol,

static const vdib__packing *const packings[] = {PACKINGS(LIST)};

enum { COUNT = sizeof packings / sizeof *packings };

static bool ends_with(const char *path, size_t length, const char *ending) {
    size_t of_ending = strlen(ending);
    return length > of_ending && path[length - of_ending - 1] != '/' &&
           vdib__same_word(path + length - of_ending, ending);
}

size_t vdib__unpacked_length(const char *path) {
    size_t length = strlen(path);
    for (size_t i = 0; i < COUNT; i++)
        if (ends_with(path, length, packings[i]->ending))
            return length - strlen(packings[i]->ending);
    return length;
}

/* ---- the source ---- */

/* Bytes that are being unpacked. */
typedef struct unpacker {
    const vdib__packing *packing;
    vdib__codec codec;
    vdib__bytes packed;
    bool open;   /* inside a member */
    bool failed; /* nothing more comes */
} unpacker;

static void close_unpacker(void *state) {
    unpacker *s = state;
    s->packing->end(&s->codec);
    vdib__bytes_close(&s->packed);
    vdib__free(s);
}

/* To the next member: *more where there is one. Zeros behind the last one are padding, as on tapes. */
static vdib_status next_member(unpacker *s, bool *more, const char **fault) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    *more = false;
    VDIB_TRY(vdib__bytes_look(&s->packed, VDIB_PACKING_MAGIC, &at, &ready));
    while (ready > 0 && at[0] == 0) {
        vdib__bytes_take(&s->packed, 1);
        VDIB_TRY(vdib__bytes_look(&s->packed, VDIB_PACKING_MAGIC, &at, &ready));
    }
    if (ready == 0)
        return VDIB_OK;
    if (!s->packing->begins(at, ready)) {
        *fault = s->packing->followed;
        return VDIB_OK;
    }
    *more = s->open = s->packing->again(&s->codec);
    return *more ? VDIB_OK : vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", s->packed.path);
}

/* One piece; *more where another one follows. */
static vdib_status step(unpacker *s, uint8_t *to, size_t capacity, size_t *count, bool *more, const char **fault) {
    const uint8_t *at = NULL;
    size_t ready = 0, used = 0;
    if (!s->open)
        return next_member(s, more, fault);
    VDIB_TRY(vdib__bytes_look(&s->packed, 1, &at, &ready));
    vdib__outcome outcome = s->packing->step(&s->codec, at, s->packed.ready, &used, to, capacity, count);
    bool stuck = used == 0 && *count == 0 && outcome == VDIB_OUTCOME_MORE;
    vdib__bytes_take(&s->packed, used);
    s->open = outcome != VDIB_OUTCOME_END;
    if (outcome == VDIB_OUTCOME_DAMAGED || (stuck && ready > 0))
        *fault = s->packing->damaged;
    else if (outcome == VDIB_OUTCOME_WIDE)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s", s->packed.path, s->packing->wide);
    else if (stuck)
        *fault = s->packing->cut;
    return VDIB_OK;
}

static vdib_status read_unpacked(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault) {
    unpacker *s = state;
    *count = 0;
    *fault = NULL;
    for (bool more = !s->failed; more && *count == 0 && *fault == NULL;)
        VDIB_TRY(step(s, to, capacity, count, &more, fault));
    s->failed |= *fault != NULL;
    return VDIB_OK;
}

static vdib_status unpack_again(const void *state, vdib__byte_source *made);

/* The source of what `packed` unpacks to, which it closes. *packed stays open on failure. */
static vdib_status make_source(const vdib__packing *packing, vdib__bytes *packed, vdib__byte_source *source) {
    unpacker *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->packing = packing;
    made->open = true;
    if (!packing->begin(&made->codec, packed->size)) {
        vdib__free(made);
        return vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", packed->path);
    }
    made->packed = *packed;
    *packed = (vdib__bytes){0};
    *source = (vdib__byte_source){.state = made,
                                  .read = read_unpacked,
                                  .again = vdib__bytes_can_seek(&made->packed) ? unpack_again : NULL,
                                  .close = close_unpacker};
    return VDIB_OK;
}

static vdib_status unpack_again(const void *state, vdib__byte_source *made) {
    const unpacker *s = state;
    vdib__bytes packed;
    VDIB_TRY(vdib__bytes_again(&s->packed, &packed));
    vdib_status status = vdib__bytes_seek(&packed, 0);
    if (status == VDIB_OK)
        status = make_source(s->packing, &packed, made);
    if (status != VDIB_OK)
        vdib__bytes_close(&packed);
    return status;
}

static const vdib__packing *packing_of(const uint8_t *at, size_t ready) {
    for (size_t i = 0; i < COUNT; i++)
        if (packings[i]->begins(at, ready))
            return packings[i];
    return NULL;
}

/* "a.bin.gz (unpacked)" and "a.bin" */
static vdib_status names_of(const vdib__bytes *packed, char **called, char **name) {
    static const char unpacked[] = " (unpacked)";
    size_t size = strlen(packed->path) + sizeof unpacked;
    VDIB_TRY(VDIB_NEW(called, size));
    snprintf(*called, size, "%s%s", packed->path, unpacked);
    VDIB_TRY(vdib__strdup(packed->name, name));
    (*name)[vdib__unpacked_length(packed->name)] = '\0';
    return VDIB_OK;
}

vdib_status vdib__bytes_inflate(vdib__bytes *bytes) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    const char *file = bytes->file;
    char *called = NULL, *name = NULL;
    vdib__byte_source source;
    vdib__bytes made;
    VDIB_TRY(vdib__bytes_look(bytes, VDIB_PACKING_MAGIC, &at, &ready));
    const vdib__packing *packing = packing_of(at, ready);
    if (packing == NULL)
        return VDIB_OK;
    if (packing->begin == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s", bytes->path, packing->wide);
    vdib_status status = names_of(bytes, &called, &name);
    if (status == VDIB_OK)
        status = make_source(packing, bytes, &source);
    if (status == VDIB_OK)
        status = vdib__bytes_from(source, called, name, &made);
    if (status == VDIB_OK) {
        *bytes = made;
        bytes->file = file;
    }
    vdib__free(called);
    vdib__free(name);
    return status;
}

vdib_status vdib__bytes_unpack(vdib__bytes *bytes) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    VDIB_TRY(vdib__bytes_look(bytes, VDIB_PACKING_MAGIC, &at, &ready));
    if (vdib__zip_is(at, ready))
        return vdib__zip_unpack(bytes);
    VDIB_TRY(vdib__bytes_inflate(bytes));
    VDIB_TRY(vdib__bytes_look(bytes, VDIB_TAR_HEAD, &at, &ready));
    return vdib__tar_is(at, ready) ? vdib__tar_unpack(bytes) : VDIB_OK;
}

/* ---- files of archives ---- */

bool vdib__member_is_visible(const char *name) {
    if (strncmp(name, "__MACOSX/", 9) == 0)
        return false;
    for (const char *at = name; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        size_t length = strcspn(at, "/");
        if (at[0] == '.' && length > 1 && strncmp(at, "..", length) != 0)
            return false;
    }
    return true;
}

bool vdib__member_is_data(const char *name) {
    static const char *const words[] = {"README", "LICENSE", "LICENCE", "COPYING", "CITATION", "CHANGELOG"};
    static const char *const endings[] = {".md", ".pdf"};
    const char *slash = strrchr(name, '/'), *base = slash != NULL ? slash + 1 : name, *dot = strrchr(base, '.');
    char word[16] = "";
    size_t length = strcspn(base, ".");
    memcpy(word, base, length < sizeof word ? length : 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (vdib__same_word(word, words[i]))
            return false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (dot != NULL && vdib__same_word(dot, endings[i]))
            return false;
    return vdib__member_is_visible(name);
}

vdib_status vdib__member_called(const char *archive, const char *name, char **called) {
    size_t size = strlen(archive) + strlen(name) + sizeof " ()";
    VDIB_TRY(VDIB_NEW(called, size));
    snprintf(*called, size, "%s (%s)", archive, name);
    for (char *at = *called + strlen(archive); *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
    return VDIB_OK;
}
