/* SPDX-License-Identifier: MIT */
#include "events/tar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/unpack.h"

enum { SUM = 148, SUM_SIZE = 8 };

bool vdib__tar_is(const uint8_t *at, size_t count) {
    char digits[SUM_SIZE + 1] = {0};
    unsigned long sum = 0;
    long sum_of_signed = 0; /* as some old programs have it */
    if (count < VDIB_TAR_HEAD || at[0] == 0)
        return false;
    for (size_t i = 0; i < VDIB_TAR_HEAD; i++) {
        uint8_t byte = i >= SUM && i < SUM + SUM_SIZE ? ' ' : at[i];
        sum += byte;
        sum_of_signed += (int8_t)byte;
    }
    memcpy(digits, at + SUM, SUM_SIZE);
    unsigned long said = strtoul(digits, NULL, 8);
    return said == sum || (sum_of_signed > 0 && said == (unsigned long)sum_of_signed);
}

#if VDIB_WITH_ARCHIVE

#include <archive.h>
#include <archive_entry.h>

/* A tar that is read, and the file in it that is a source. */
typedef struct tar {
    vdib__bytes held;  /* the archive's bytes, where nobody else holds them */
    vdib__bytes bytes; /* the same, as far as they were read */
    const vdib__bytes *origin;
    size_t given; /* bytes that libarchive has and will be done with when it asks for more */
    struct archive *archive;
    const char *name;   /* of the file it is at */
    vdib_status status; /* of reading `bytes` */
} tar;

/* ---- the archive's bytes, as libarchive asks for them ---- */

static la_ssize_t read_bytes(struct archive *archive, void *state, const void **buffer) {
    tar *t = state;
    const uint8_t *at = NULL;
    size_t count = 0;
    vdib__bytes_take(&t->bytes, t->given);
    t->given = 0;
    t->status = vdib__bytes_look_ahead(&t->bytes, 1, &at, &count);
    if (t->status != VDIB_OK) {
        archive_set_error(archive, EIO, "it cannot be read");
        return -1;
    }
    t->given = count;
    *buffer = at;
    return (la_ssize_t)count;
}

static la_int64_t skip_bytes(struct archive *archive, void *state, la_int64_t request) {
    tar *t = state;
    (void)archive;
    vdib__bytes_take(&t->bytes, t->given);
    t->given = 0;
    uint64_t begin = t->bytes.offset;
    t->status = vdib__bytes_skip(&t->bytes, (uint64_t)request);
    return (la_int64_t)(t->bytes.offset - begin);
}

static void close_tar(tar *t) {
    if (t == NULL)
        return;
    if (t->archive != NULL)
        (void)archive_read_free(t->archive);
    vdib__bytes_close(&t->bytes);
    vdib__bytes_close(&t->held);
    vdib__free(t);
}

static vdib_status fail_damaged(const tar *t) {
    const char *why = t->archive != NULL ? archive_error_string(t->archive) : NULL;
    if (t->status != VDIB_OK)
        return t->status;
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: is a tar archive that is damaged or cut short (%s); fetch it again",
                      t->origin->path, why != NULL ? why : "no reason given");
}

static vdib_status begin(tar *t) {
    t->archive = archive_read_new();
    if (t->archive == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", t->origin->path);
    (void)archive_read_support_format_tar(t->archive);
    (void)archive_read_set_read_callback(t->archive, read_bytes);
    (void)archive_read_set_skip_callback(t->archive, skip_bytes);
    (void)archive_read_set_callback_data(t->archive, t);
    return archive_read_open1(t->archive) == ARCHIVE_OK ? VDIB_OK : fail_damaged(t);
}

/* `held` (NULL: nothing) becomes empty, and is closed with the tar. */
static vdib_status open_tar(const vdib__bytes *origin, vdib__bytes *held, tar **opened) {
    tar *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    if (held != NULL) {
        made->held = *held;
        *held = (vdib__bytes){0};
        origin = &made->held;
    }
    made->origin = origin;
    vdib_status status = vdib__bytes_again(origin, &made->bytes);
    if (status == VDIB_OK)
        status = begin(made);
    if (status != VDIB_OK) {
        if (held != NULL) {
            *held = made->held;
            made->held = (vdib__bytes){0};
        }
        close_tar(made);
        return status;
    }
    *opened = made;
    return VDIB_OK;
}

/* To the next file that is one: t->name, NULL behind the last. */
static vdib_status next_file(tar *t) {
    for (;;) {
        struct archive_entry *entry = NULL;
        int result = archive_read_next_header(t->archive, &entry);
        t->name = NULL;
        if (result == ARCHIVE_EOF)
            return VDIB_OK;
        if (result == ARCHIVE_RETRY)
            continue;
        if (result < ARCHIVE_WARN)
            return fail_damaged(t);
        const char *name = archive_entry_pathname(entry);
        if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL || name == NULL ||
            !vdib__member_is_data(name))
            continue;
        t->name = name;
        return VDIB_OK;
    }
}

vdib_status vdib__tar_count(const vdib__bytes *bytes, size_t most, size_t *count) {
    tar *t = NULL;
    VDIB_TRY(open_tar(bytes, NULL, &t));
    vdib_status status = VDIB_OK;
    bool more = true;
    for (*count = 0; *count < most && more && status == VDIB_OK; *count += more) {
        status = next_file(t);
        more = status == VDIB_OK && t->name != NULL;
    }
    close_tar(t);
    return status;
}

/* ---- a file as a source ---- */

static vdib_status read_file(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault) {
    tar *t = state;
    la_ssize_t got = ARCHIVE_RETRY;
    *fault = NULL;
    while (got == ARCHIVE_RETRY)
        got = archive_read_data(t->archive, to, capacity);
    if (got < 0 && t->status != VDIB_OK)
        return t->status;
    if (got < 0)
        *fault = "the tar archive is damaged or ends from here on, and what follows is lost";
    *count = got > 0 ? (size_t)got : 0;
    return VDIB_OK;
}

static void close_file(void *state) {
    close_tar(state);
}

static vdib_status file_again(const void *state, vdib__byte_source *source);

/* At the first file. */
static vdib_status open_file(const vdib__bytes *origin, vdib__bytes *held, tar **opened, vdib__byte_source *source) {
    tar *made = NULL;
    VDIB_TRY(open_tar(origin, held, &made));
    vdib_status status = next_file(made);
    if (status == VDIB_OK && made->name == NULL)
        status = fail_damaged(made);
    if (status != VDIB_OK) {
        close_tar(made);
        return status;
    }
    *opened = made;
    *source = (vdib__byte_source){.state = made, .read = read_file, .again = file_again, .close = close_file};
    return VDIB_OK;
}

static vdib_status file_again(const void *state, vdib__byte_source *source) {
    const tar *t = state;
    tar *opened = NULL;
    return open_file(t->origin, NULL, &opened, source);
}

/* *bytes, of one file, become that one's. */
static vdib_status become_file(vdib__bytes *bytes) {
    const char *file = bytes->file;
    tar *opened = NULL;
    char *called = NULL;
    vdib__byte_source source;
    vdib__bytes made;
    VDIB_TRY(open_file(NULL, bytes, &opened, &source));
    vdib_status status = vdib__member_called(opened->origin->path, opened->name, &called);
    if (status == VDIB_OK)
        status = vdib__bytes_from(source, called, opened->name, &made);
    else
        close_tar(opened);
    vdib__free(called);
    VDIB_TRY(status);
    *bytes = made;
    bytes->file = file;
    return VDIB_OK;
}

vdib_status vdib__tar_unpack(vdib__bytes *bytes) {
    enum { SEVERAL = 2 };
    size_t count = 0;
    if (bytes->source.state != NULL && bytes->source.again == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is a tar archive, which is read twice; put it into a file of its own",
                          bytes->path);
    VDIB_TRY(vdib__tar_count(bytes, SEVERAL, &count));
    if (count == 1)
        return become_file(bytes);
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: is a tar archive of %s, not of one recording; %s", bytes->path,
                      count > 0 ? "several files" : "no files",
                      count > 0 ? "unpack it, and name one of them" : "pack it again");
}

#else

static vdib_status fail_unsupported(const vdib__bytes *bytes) {
    return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                      "%s: is a tar archive, which this build of vdib does not unpack (VDIB_WITH_ARCHIVE); unpack it",
                      bytes->path);
}

vdib_status vdib__tar_count(const vdib__bytes *bytes, size_t most, size_t *count) {
    (void)most, (void)count;
    return fail_unsupported(bytes);
}

vdib_status vdib__tar_unpack(vdib__bytes *bytes) {
    return fail_unsupported(bytes);
}

#endif
