/* SPDX-License-Identifier: MIT */
#include "run/growing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupted.h"

struct vdib__growing {
    char *path;
    int descriptor;
    uint64_t length, lost;
};

size_t vdib__whole_lines(const uint8_t *bytes, size_t size) {
    while (size > 0 && bytes[size - 1] != '\n')
        size--;
    return size;
}

/* How much of the first `keep` bytes is there and whole. */
static vdib_status find_end(const char *path, uint64_t keep, vdib__growing_whole *whole, uint64_t *length) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    *length = 0;
    if (keep == 0 || !vdib__is_file(path))
        return VDIB_OK;
    VDIB_TRY(vdib__file_read(path, &bytes, &size));
    *length = whole(bytes, size < keep ? size : (size_t)keep);
    vdib__free(bytes);
    return VDIB_OK;
}

static vdib_status open_at(vdib__growing *file, uint64_t keep, vdib__growing_whole *whole) {
    VDIB_TRY(find_end(file->path, keep, whole, &file->length));
    file->lost = keep - file->length;
    file->descriptor = vdib__open(file->path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (file->descriptor < 0 && errno == ELOOP) /* of a run folder from elsewhere: it leads out of the folder */
        return vdib__fail(VDIB_ERROR_IO, "%s: is a link, and links are not written through; put the file in its place",
                          file->path);
    if (file->descriptor < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened", file->path);
    if (!vdib__ftruncate(file->descriptor, (off_t)file->length))
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be cut to the checkpoint's length", file->path);
    return VDIB_OK;
}

vdib_status vdib__growing_open(const char *path, uint64_t keep, vdib__growing_whole *whole, vdib__growing **file) {
    vdib__growing *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->descriptor = -1;
    vdib_status status = vdib__strdup(path, &made->path);
    if (status == VDIB_OK)
        status = open_at(made, keep, whole);
    if (status != VDIB_OK) {
        vdib__growing_close(made);
        return status;
    }
    *file = made;
    return VDIB_OK;
}

uint64_t vdib__growing_lost(const vdib__growing *file) {
    return file->lost;
}

uint64_t vdib__growing_length(const vdib__growing *file) {
    return file->length;
}

static vdib_status fail_writing(const vdib__growing *file) {
    return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be written; free some space and resume the run", file->path);
}

vdib_status vdib__growing_append(vdib__growing *file, const void *piece, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t put = write(file->descriptor, (const char *)piece + done, size - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            int reason = put < 0 ? errno : ENOSPC;
            if (done > 0)
                (void)vdib__ftruncate(file->descriptor, (off_t)file->length);
            errno = reason;
            return fail_writing(file);
        }
        done += (size_t)put;
    }
    file->length += size;
    return VDIB_OK;
}

vdib_status vdib__growing_sync(vdib__growing *file, uint64_t *length) {
    if (!vdib__fsync(file->descriptor))
        return fail_writing(file);
    *length = file->length;
    return VDIB_OK;
}

void vdib__growing_close(vdib__growing *file) {
    if (file == NULL)
        return;
    if (file->descriptor >= 0)
        (void)close(file->descriptor);
    vdib__free(file->path);
    vdib__free(file);
}
