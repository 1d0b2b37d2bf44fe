/* SPDX-License-Identifier: MIT */
#include "events/bytes.h"

#include <string.h>
#include <sys/stat.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"

vdib_status vdib__bytes_open(const char *path, vdib__bytes *bytes) {
    vdib__bytes made = {.path = path};
    struct stat entry;
    made.stream = fopen(path, "rb");
    if (made.stream == NULL)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened", path);
    vdib_status status = VDIB_OK;
    if (fstat(fileno(made.stream), &entry) != 0)
        status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be examined", path);
    else if (!S_ISREG(entry.st_mode))
        status = vdib__fail(VDIB_ERROR_IO, "%s: is not a regular file", path);
    else
        status = VDIB_NEW(&made.buffer, VDIB_BYTES_WINDOW);
    if (status != VDIB_OK) {
        fclose(made.stream);
        return status;
    }
    made.size = (uint64_t)entry.st_size;
    made.next = made.buffer;
    *bytes = made;
    return VDIB_OK;
}

void vdib__bytes_of(const char *path, const uint8_t *content, size_t size, vdib__bytes *bytes) {
    *bytes = (vdib__bytes){.path = path, .size = size, .next = content, .ready = size};
}

vdib_status vdib__bytes_look(vdib__bytes *bytes, size_t wanted, const uint8_t **at, size_t *count) {
    uint64_t known = bytes->offset + bytes->ready;
    if (bytes->stream != NULL && bytes->ready < wanted && known < bytes->size) {
        size_t room = VDIB_BYTES_WINDOW - bytes->ready;
        size_t asked = bytes->size - known < room ? (size_t)(bytes->size - known) : room;
        memmove(bytes->buffer, bytes->next, bytes->ready);
        bytes->next = bytes->buffer;
        size_t got = fread(bytes->buffer + bytes->ready, 1, asked, bytes->stream);
        bytes->ready += got;
        if (ferror(bytes->stream))
            return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read after byte %llu", bytes->path,
                                    (unsigned long long)(known + got));
        if (got < asked)
            return vdib__fail(VDIB_ERROR_IO, "%s: ends after %llu of %llu byte%s", bytes->path,
                              (unsigned long long)(known + got), (unsigned long long)bytes->size, vdib__s(bytes->size));
    }
    *at = bytes->next;
    *count = wanted < bytes->ready ? wanted : bytes->ready;
    return VDIB_OK;
}

void vdib__bytes_take(vdib__bytes *bytes, size_t count) {
    bytes->next += count;
    bytes->ready -= count;
    bytes->offset += count;
}

void vdib__bytes_close(vdib__bytes *bytes) {
    if (bytes->stream != NULL)
        fclose(bytes->stream);
    vdib__free(bytes->buffer);
    *bytes = (vdib__bytes){0};
}
