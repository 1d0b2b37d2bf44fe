/* SPDX-License-Identifier: MIT */
#include "events/bytes.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

vdib_status vdib__bytes_open(const char *path, vdib__bytes *bytes) {
    vdib__bytes made = {.path = path};
    VDIB_TRY(vdib__file_open(path, &made.stream, &made.size));
    vdib_status status = VDIB_NEW(&made.buffer, VDIB_BYTES_WINDOW);
    if (status != VDIB_OK) {
        fclose(made.stream);
        return status;
    }
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

vdib_status vdib__bytes_again(const vdib__bytes *bytes, vdib__bytes *again) {
    if (bytes->stream == NULL) {
        *again = *bytes;
        return VDIB_OK;
    }
    vdib__bytes made;
    VDIB_TRY(vdib__bytes_open(bytes->path, &made));
    vdib_status status = vdib__bytes_skip(&made, bytes->offset);
    if (status != VDIB_OK) {
        vdib__bytes_close(&made);
        return status;
    }
    *again = made;
    return VDIB_OK;
}

vdib_status vdib__bytes_skip(vdib__bytes *bytes, uint64_t count) {
    uint64_t left = bytes->size - bytes->offset, skipped = count < left ? count : left;
    if (skipped <= bytes->ready) {
        vdib__bytes_take(bytes, (size_t)skipped);
        return VDIB_OK;
    }
    if (fseeko(bytes->stream, (off_t)(skipped - bytes->ready), SEEK_CUR) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read after byte %llu", bytes->path,
                                (unsigned long long)bytes->offset);
    bytes->next = bytes->buffer;
    bytes->ready = 0;
    bytes->offset += skipped;
    return VDIB_OK;
}

vdib_status vdib__bytes_line(vdib__bytes *bytes, size_t longest, const char **line, size_t *length) {
    const uint8_t *at = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__bytes_look(bytes, longest, &at, &count));
    const uint8_t *end = count > 0 ? memchr(at, '\n', count) : NULL;
    *line = (const char *)at;
    *length = end != NULL ? (size_t)(end + 1 - at) : count;
    return VDIB_OK;
}

void vdib__bytes_blame(vdib__bytes *bytes, uint64_t at, const char *what, size_t *count, size_t more) {
    *count += more;
    if (bytes->fault != NULL || more == 0)
        return;
    bytes->fault = what;
    bytes->fault_at = at;
}

vdib_status vdib__bytes_check_records(const vdib__bytes *bytes, unsigned record) {
    if (bytes->size % record == 0)
        return VDIB_OK;
    return vdib__fail(
        VDIB_ERROR_FORMAT,
        "%s: ends inside event %llu (%llu byte%s, not a multiple of %u); it was cut short, fetch it again, or it is of "
        "another layout, convert it",
        bytes->path, (unsigned long long)(bytes->size / record), (unsigned long long)bytes->size, vdib__s(bytes->size),
        record);
}

void vdib__bytes_cut(vdib__bytes *bytes, size_t count, size_t *truncated) {
    if (count > 0)
        vdib__bytes_blame(bytes, bytes->offset, "the file ends inside a record", truncated, count);
    vdib__bytes_take(bytes, count);
}

bool vdib__bytes_cut_header(vdib__bytes *bytes, const char *line, size_t length, size_t *truncated) {
    if (length == 0 || line[length - 1] == '\n' || bytes->offset + length < bytes->size)
        return false;
    vdib__bytes_blame(bytes, bytes->offset, VDIB_BYTES_HEADER_CUT, truncated, length);
    vdib__bytes_take(bytes, length);
    return true;
}

void vdib__bytes_close(vdib__bytes *bytes) {
    if (bytes->stream != NULL)
        fclose(bytes->stream);
    vdib__free(bytes->buffer);
    *bytes = (vdib__bytes){0};
}
