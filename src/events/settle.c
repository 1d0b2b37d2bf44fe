/* SPDX-License-Identifier: MIT */
/* Compressed files of formats that are not read from beginning to end: unpacked into the cache folder, once. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/cache_claim.h"
#include "core/error.h"
#include "core/file_key.h"
#include "core/interrupted.h"
#include "events/unpack.h"

#define EXPANSION   UINT64_C(200)
#define LEAST_BOUND (UINT64_C(1) << 30)

uint64_t vdib__unpacked_most(uint64_t size) {
    return size > LEAST_BOUND / EXPANSION ? size * EXPANSION : LEAST_BOUND;
}

/* ---- a file of the cache as a source, in use as long as that is open ---- */

typedef struct settled {
    vdib__cache_claim claim;
    vdib__byte_source file;
} settled;

static vdib_status read_settled(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault) {
    settled *s = state;
    return s->file.read(s->file.state, to, capacity, count, fault);
}

static vdib_status seek_settled(void *state, uint64_t offset) {
    settled *s = state;
    return s->file.seek(s->file.state, offset);
}

/* Lives no longer than this one (vdib__bytes_again). */
static vdib_status settled_again(const void *state, vdib__byte_source *made) {
    const settled *s = state;
    return s->file.again(s->file.state, made);
}

static void close_settled(void *state) {
    settled *s = state;
    s->file.close(s->file.state);
    vdib__cache_claim_close(&s->claim);
    vdib__free(s);
}

/* *bytes become those of the file that is claimed, which they close. */
static vdib_status open_settled(vdib__cache_claim *claim, vdib__bytes *bytes) {
    settled *made = NULL;
    vdib__bytes opened = {0};
    uint64_t size = 0;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__source_open(claim->path, &made->file, &size);
    if (status != VDIB_OK) {
        vdib__free(made);
        return status;
    }
    made->claim = *claim;
    *claim = (vdib__cache_claim){.path = NULL};
    const vdib__byte_source source = {
        .state = made, .read = read_settled, .seek = seek_settled, .again = settled_again, .close = close_settled};
    VDIB_TRY(vdib__bytes_from(source, bytes->path, bytes->name, &opened));
    opened.file = made->claim.path;
    opened.size = opened.settled = size;
    vdib__bytes_close(bytes);
    *bytes = opened;
    return VDIB_OK;
}

/* ---- unpacking ---- */

static vdib_status fail_large(const vdib__bytes *bytes, uint64_t most) {
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: unpacks to more than %llu bytes, more than such a file should hold or the disk of the cache "
                      "folder has free; unpack it to a file first",
                      bytes->path, (unsigned long long)most);
}

static vdib_status put(int to, const uint8_t *from, size_t count, const vdib__bytes *bytes) {
    for (size_t done = 0; done < count;) {
        ssize_t more = write(to, from + done, count - done);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be unpacked into the cache folder; free some space",
                                    bytes->path);
        done += (size_t)more;
    }
    return VDIB_OK;
}

/* What the bytes may come to: by the size of their file, and what the disk has free. */
static uint64_t most_of(const vdib__bytes *bytes, int to) {
    struct stat entry;
    struct statvfs disk;
    uint64_t most = stat(bytes->file, &entry) == 0 ? vdib__unpacked_most((uint64_t)entry.st_size) : 0;
    uint64_t free = fstatvfs(to, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : most;
    return free < most ? free : most;
}

static vdib_status copy(vdib__bytes *bytes, int to, uint64_t *size) {
    const uint64_t most = most_of(bytes, to);
    for (size_t count = 1; count > 0;) {
        const uint8_t *at = NULL;
        VDIB_TRY(vdib__bytes_look_ahead(bytes, 1, &at, &count));
        if (bytes->offset + count > most)
            return fail_large(bytes, most);
        VDIB_TRY(put(to, at, count, bytes));
        vdib__bytes_take(bytes, count);
    }
    *size = bytes->offset;
    if (bytes->lost > 0)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s; fetch it again", bytes->path, bytes->fault);
    return VDIB_OK;
}

static vdib_status unpack_into(vdib__bytes *bytes, vdib__cache_claim *claim) {
    int to = vdib__open(claim->making, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC);
    if (to < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be created", claim->making);
    vdib_status status = copy(bytes, to, &claim->size);
    if (!vdib__close(to) && status == VDIB_OK)
        status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be written; free some space", claim->making);
    return status == VDIB_OK ? vdib__cache_claim_keep(claim) : status;
}

vdib_status vdib__bytes_settle(vdib__bytes *bytes) {
    vdib__file_key key;
    vdib__cache_claim claim = {.path = NULL};
    if (bytes->file == NULL || vdib__bytes_can_seek(bytes) || !vdib__file_key_of(bytes->file, bytes->name, &key))
        return VDIB_OK;
    uint64_t hash = vdib__hash(VDIB_HASH_BASIS, key.words, sizeof key.words);
    if (vdib__cache_claim_open("unpacked", hash, "file", &claim) != VDIB_OK || claim.path == NULL)
        return VDIB_OK; /* a cache folder that cannot be written is none */
    vdib_status status = claim.making != NULL ? unpack_into(bytes, &claim) : VDIB_OK;
    if (status == VDIB_OK)
        status = open_settled(&claim, bytes);
    vdib__cache_claim_close(&claim);
    return status;
}
