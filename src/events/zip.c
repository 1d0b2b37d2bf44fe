/* SPDX-License-Identifier: MIT */
#include "events/zip.h"

#include <stdio.h>
#include <string.h>

#include <zip.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "events/unpack.h"

/* An archive as libzip reads it. Each file that is read has one of its own: what several read at once lies far apart,
 * and would fill one buffer again and again. */
typedef struct archive {
    vdib__bytes bytes; /* of the archive */
    const vdib__bytes *origin;
    zip_t *zip;
    vdib_status status; /* of reading `bytes` */
    zip_error_t error;
} archive;

struct vdib__zip {
    archive *archive;
    zip_uint64_t *entries; /* (count): places in the archive's list */
    size_t count;
};

bool vdib__zip_is(const uint8_t *at, size_t count) {
    return count >= 4 && (memcmp(at, "PK\3\4", 4) == 0 || memcmp(at, "PK\5\6", 4) == 0);
}

/* ---- the archive's bytes, as libzip asks for them ---- */

static zip_int64_t read_bytes(archive *a, uint8_t *to, zip_uint64_t length) {
    zip_uint64_t made = 0;
    while (made < length) {
        const uint8_t *at = NULL;
        size_t wanted = length - made < VDIB_BYTES_WINDOW ? (size_t)(length - made) : VDIB_BYTES_WINDOW, ready = 0;
        a->status = vdib__bytes_look(&a->bytes, wanted, &at, &ready);
        if (a->status != VDIB_OK)
            return -1;
        if (ready == 0)
            break;
        memcpy(to + made, at, ready);
        vdib__bytes_take(&a->bytes, ready);
        made += ready;
    }
    return (zip_int64_t)made;
}

static zip_int64_t seek_bytes(archive *a, void *data, zip_uint64_t length) {
    zip_int64_t to = zip_source_seek_compute_offset(a->bytes.offset, a->bytes.size, data, length, &a->error);
    if (to < 0)
        return -1;
    a->status = vdib__bytes_seek(&a->bytes, (uint64_t)to);
    return a->status == VDIB_OK ? 0 : -1;
}

static zip_int64_t answer(void *state, void *data, zip_uint64_t length, zip_source_cmd_t command) {
    archive *a = state;
    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                              ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
                                              ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_OPEN:
        a->status = vdib__bytes_seek(&a->bytes, 0);
        return a->status == VDIB_OK ? 0 : -1;
    case ZIP_SOURCE_READ:
        return read_bytes(a, data, length);
    case ZIP_SOURCE_SEEK:
        return seek_bytes(a, data, length);
    case ZIP_SOURCE_TELL:
        return (zip_int64_t)a->bytes.offset;
    case ZIP_SOURCE_STAT: {
        zip_stat_t *entry = data;
        zip_stat_init(entry);
        entry->valid = ZIP_STAT_SIZE;
        entry->size = a->bytes.size;
        return sizeof *entry;
    }
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&a->error, data, length);
    default: /* open and close change nothing; memory is freed by close_archive */
        return 0;
    }
}

static void close_archive(archive *a) {
    if (a == NULL)
        return;
    if (a->zip != NULL)
        zip_discard(a->zip);
    zip_error_fini(&a->error);
    vdib__bytes_close(&a->bytes);
    vdib__free(a);
}

static bool is_arrays(const char *name) {
    size_t length = strlen(name);
    return length > 4 && vdib__same_word(name + length - 4, ".npz");
}

/* Why an archive could not be read: its bytes, or what is in them. */
static vdib_status fail_archive(const archive *a, const zip_error_t *error, const char *remedy) {
    if (a->status != VDIB_OK)
        return a->status;
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: cannot be read as a %s archive: %s; %s", a->origin->path,
                      is_arrays(a->origin->name) ? "NumPy" : "ZIP", zip_error_strerror((zip_error_t *)(uintptr_t)error),
                      remedy);
}

static vdib_status open_archive(const vdib__bytes *origin, archive **opened) {
    archive *made = NULL;
    zip_error_t error;
    zip_error_init(&error);
    VDIB_TRY(VDIB_NEW(&made, 1));
    zip_error_init(&made->error);
    made->origin = origin;
    vdib_status status = vdib__bytes_again(origin, &made->bytes);
    zip_source_t *source = status == VDIB_OK ? zip_source_function_create(answer, made, &error) : NULL;
    if (source != NULL && (made->zip = zip_open_from_source(source, ZIP_RDONLY, &error)) == NULL)
        zip_source_free(source);
    if (status == VDIB_OK && made->zip == NULL)
        status = fail_archive(made, &error, "it was cut short or damaged, fetch it again");
    zip_error_fini(&error);
    if (status != VDIB_OK) {
        close_archive(made);
        return status;
    }
    *opened = made;
    return VDIB_OK;
}

/* ---- its files ---- */

static bool is_file(const char *name) {
    size_t length = strlen(name);
    return length > 0 && name[length - 1] != '/' && vdib__member_is_data(name);
}

vdib_status vdib__zip_open(const vdib__bytes *bytes, vdib__zip **zip) {
    vdib__zip *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = open_archive(bytes, &made->archive);
    zip_int64_t entries = status == VDIB_OK ? zip_get_num_entries(made->archive->zip, 0) : 0;
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->entries, (size_t)entries);
    for (zip_int64_t i = 0; status == VDIB_OK && i < entries; i++) {
        const char *name = zip_get_name(made->archive->zip, (zip_uint64_t)i, 0);
        if (name != NULL && is_file(name))
            made->entries[made->count++] = (zip_uint64_t)i;
    }
    if (status != VDIB_OK) {
        vdib__zip_close(made);
        return status;
    }
    *zip = made;
    return VDIB_OK;
}

size_t vdib__zip_count(const vdib__zip *zip) {
    return zip->count;
}

const char *vdib__zip_name(const vdib__zip *zip, size_t index) {
    return zip_get_name(zip->archive->zip, zip->entries[index], 0);
}

void vdib__zip_close(vdib__zip *zip) {
    if (zip == NULL)
        return;
    close_archive(zip->archive);
    vdib__free(zip->entries);
    vdib__free(zip);
}

/* ---- one of them as a source ---- */

typedef struct member {
    vdib__bytes held; /* the archive's bytes, where nobody else holds them */
    archive *archive;
    zip_uint64_t entry;
    zip_file_t *file;
} member;

static vdib_status read_member(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault) {
    member *m = state;
    zip_int64_t got = zip_fread(m->file, to, capacity);
    *fault = NULL;
    if (got < 0 && m->archive->status != VDIB_OK)
        return m->archive->status;
    if (got < 0)
        *fault = "its ZIP data are damaged from here on, and what follows is lost";
    *count = got > 0 ? (size_t)got : 0;
    return VDIB_OK;
}

static void close_member(void *state) {
    member *m = state;
    if (m->file != NULL)
        (void)zip_fclose(m->file);
    close_archive(m->archive);
    vdib__bytes_close(&m->held);
    vdib__free(m);
}

static vdib_status member_again(const void *state, vdib__byte_source *source);

/* `held` (NULL: nothing) becomes empty, and is closed with the source. */
static vdib_status open_member(const vdib__bytes *origin, vdib__bytes *held, zip_uint64_t entry,
                               vdib__byte_source *source) {
    member *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->entry = entry;
    if (held != NULL) {
        made->held = *held;
        *held = (vdib__bytes){0};
        origin = &made->held;
    }
    vdib_status status = open_archive(origin, &made->archive);
    if (status == VDIB_OK && (made->file = zip_fopen_index(made->archive->zip, entry, 0)) == NULL)
        status = fail_archive(made->archive, zip_get_error(made->archive->zip),
                              "pack it again by DEFLATE, and without a password");
    if (status != VDIB_OK) {
        close_member(made);
        return status;
    }
    *source = (vdib__byte_source){.state = made, .read = read_member, .again = member_again, .close = close_member};
    return VDIB_OK;
}

static vdib_status member_again(const void *state, vdib__byte_source *source) {
    const member *m = state;
    return open_member(m->archive->origin, NULL, m->entry, source);
}

/* `held`: as open_member. */
static vdib_status make_member(const vdib__zip *zip, vdib__bytes *held, size_t index, vdib__bytes *bytes) {
    const char *file = zip->archive->origin->file;
    vdib__byte_source source;
    char *called = NULL, *name = NULL;
    vdib_status status = vdib__member_called(zip->archive->origin->path, vdib__zip_name(zip, index), &called);
    if (status == VDIB_OK)
        status = vdib__strdup(vdib__zip_name(zip, index), &name);
    if (status == VDIB_OK)
        status = open_member(zip->archive->origin, held, zip->entries[index], &source);
    if (status == VDIB_OK)
        status = vdib__bytes_from(source, called, name, bytes);
    if (status == VDIB_OK)
        bytes->file = file;
    vdib__free(called);
    vdib__free(name);
    return status;
}

vdib_status vdib__zip_member(const vdib__zip *zip, size_t index, vdib__bytes *bytes) {
    return make_member(zip, NULL, index, bytes);
}

/* ---- an archive as a compressed file ---- */

static bool is_array(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".npy") == 0;
}

static vdib_status unpack_only(const vdib__zip *zip, vdib__bytes *bytes) {
    vdib__bytes made;
    size_t arrays = 0, count = zip->count;
    for (size_t i = 0; i < count; i++)
        arrays += is_array(vdib__zip_name(zip, i));
    if (count > 0 && arrays == count)
        return VDIB_OK;
    if (count != 1)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is an archive of %zu files, not of one recording; %s", bytes->path,
                          count, count > 0 ? "unpack it, and name one of them" : "pack it again");
    VDIB_TRY(make_member(zip, bytes, 0, &made));
    *bytes = made;
    return VDIB_OK;
}

vdib_status vdib__zip_unpack(vdib__bytes *bytes) {
    vdib__zip *zip = NULL;
    if (!vdib__bytes_can_seek(bytes))
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is a ZIP archive, whose list of files stands at its end; put it into a file of its own",
                          bytes->path);
    VDIB_TRY(vdib__zip_open(bytes, &zip));
    vdib_status status = unpack_only(zip, bytes);
    vdib__zip_close(zip);
    return status;
}
