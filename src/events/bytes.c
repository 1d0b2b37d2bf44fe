/* SPDX-License-Identifier: MIT */
#include "events/bytes.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"

/* The buffer of a source, which is closed where there is no memory for it. */
static vdib_status add_source(vdib__bytes *bytes, vdib__byte_source source) {
    vdib_status status = VDIB_NEW_UNSET(&bytes->buffer, VDIB_BYTES_WINDOW);
    if (status != VDIB_OK) {
        source.close(source.state);
        return status;
    }
    bytes->source = source;
    bytes->next = bytes->buffer;
    return VDIB_OK;
}

vdib_status vdib__bytes_open(const char *path, vdib__bytes *bytes) {
    vdib__byte_source source;
    vdib__bytes made = {.path = vdib__source_is_input(path) ? VDIB_SOURCE_INPUT : path};
    made.name = made.path;
    VDIB_TRY(vdib__source_open(path, &source, &made.size));
    made.file = source.seek != NULL ? path : NULL;
    VDIB_TRY(add_source(&made, source));
    *bytes = made;
    return VDIB_OK;
}

void vdib__bytes_of(const char *path, const uint8_t *content, size_t size, vdib__bytes *bytes) {
    *bytes = (vdib__bytes){.path = path, .name = path, .size = size, .next = content, .ready = size, .ended = true};
}

vdib_status vdib__bytes_from(vdib__byte_source source, const char *called, const char *name, vdib__bytes *bytes) {
    vdib__bytes made = {.size = VDIB_SIZE_UNKNOWN};
    VDIB_TRY(add_source(&made, source));
    vdib_status status = vdib__strdup(called, &made.called);
    if (status == VDIB_OK)
        status = vdib__strdup(name, &made.inner);
    if (status != VDIB_OK) {
        vdib__bytes_close(&made);
        return status;
    }
    made.path = made.called;
    made.name = made.inner;
    *bytes = made;
    return VDIB_OK;
}

void vdib__bytes_restart(vdib__bytes *bytes) {
    bytes->next = bytes->buffer;
    bytes->offset = bytes->ready = bytes->lost = 0;
    bytes->fault = NULL;
    bytes->ended = false;
}

/* More bytes of the source, until `wanted` are ready or it ends. */
static vdib_status fill(vdib__bytes *bytes, size_t wanted) {
    memmove(bytes->buffer, bytes->next, bytes->ready);
    bytes->next = bytes->buffer;
    while (bytes->ready < wanted && !bytes->ended) {
        size_t got = 0;
        const char *fault = NULL;
        VDIB_TRY(bytes->source.read(bytes->source.state, bytes->buffer + bytes->ready, VDIB_BYTES_WINDOW - bytes->ready,
                                    &got, &fault));
        bytes->ready += got;
        bytes->ended = got == 0 || fault != NULL;
        if (fault != NULL)
            vdib__bytes_blame(bytes, bytes->offset + bytes->ready, fault, &bytes->lost, 1);
    }
    return VDIB_OK;
}

vdib_status vdib__bytes_look_ahead(vdib__bytes *bytes, size_t least, const uint8_t **at, size_t *count) {
    if (bytes->ready < least && !bytes->ended)
        VDIB_TRY(fill(bytes, least));
    *at = bytes->next;
    *count = bytes->ready;
    return VDIB_OK;
}

vdib_status vdib__bytes_look(vdib__bytes *bytes, size_t wanted, const uint8_t **at, size_t *count) {
    VDIB_TRY(vdib__bytes_look_ahead(bytes, wanted, at, count));
    *count = wanted < *count ? wanted : *count;
    return VDIB_OK;
}

void vdib__bytes_take(vdib__bytes *bytes, size_t count) {
    bytes->next += count;
    bytes->ready -= count;
    bytes->offset += count;
}

static vdib_status fail_forwards(const vdib__bytes *bytes) {
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: byte %llu: such a file is not read from its beginning to its end in one go; %s it into a "
                      "file first",
                      bytes->path, (unsigned long long)bytes->offset, bytes->source.again == NULL ? "copy" : "unpack");
}

vdib_status vdib__bytes_again(const vdib__bytes *bytes, vdib__bytes *again) {
    vdib__byte_source source;
    if (bytes->source.state == NULL) {
        *again = *bytes;
        again->called = again->inner = NULL;
        return VDIB_OK;
    }
    if (bytes->source.again == NULL)
        return fail_forwards(bytes);
    vdib__bytes made = {.path = bytes->path, .name = bytes->name, .file = bytes->file, .size = bytes->size};
    VDIB_TRY(bytes->source.again(bytes->source.state, &source));
    VDIB_TRY(add_source(&made, source));
    vdib_status status = vdib__bytes_skip(&made, bytes->offset);
    if (status != VDIB_OK) {
        vdib__bytes_close(&made);
        return status;
    }
    *again = made;
    return VDIB_OK;
}

bool vdib__bytes_can_seek(const vdib__bytes *bytes) {
    return bytes->source.state == NULL || bytes->source.seek != NULL;
}

vdib_status vdib__bytes_seek(vdib__bytes *bytes, uint64_t offset) {
    if (offset >= bytes->offset && offset - bytes->offset <= bytes->ready) {
        vdib__bytes_take(bytes, (size_t)(offset - bytes->offset));
        return VDIB_OK;
    }
    if (offset > bytes->size)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %llu is beyond its end at %llu; fetch it again", bytes->path,
                          (unsigned long long)offset, (unsigned long long)bytes->size);
    if (!vdib__bytes_can_seek(bytes))
        return offset > bytes->offset ? vdib__bytes_skip(bytes, offset - bytes->offset) : fail_forwards(bytes);
    if (bytes->source.state == NULL) { /* before what is ready: all lies in one piece */
        size_t back = (size_t)(bytes->offset - offset);
        bytes->next -= back;
        bytes->ready += back;
        bytes->offset = offset;
        return VDIB_OK;
    }
    VDIB_TRY(bytes->source.seek(bytes->source.state, offset));
    bytes->next = bytes->buffer;
    bytes->ready = 0;
    bytes->ended = false;
    bytes->offset = offset;
    return VDIB_OK;
}

vdib_status vdib__bytes_skip(vdib__bytes *bytes, uint64_t count) {
    uint64_t left = bytes->size - bytes->offset; /* a lot, where the size is unknown */
    if (vdib__bytes_can_seek(bytes))
        return vdib__bytes_seek(bytes, bytes->offset + (count < left ? count : left));
    for (size_t ready = 1; count > 0 && ready > 0; count -= ready) {
        const uint8_t *at = NULL;
        VDIB_TRY(vdib__bytes_look(bytes, count < VDIB_BYTES_WINDOW ? (size_t)count : VDIB_BYTES_WINDOW, &at, &ready));
        vdib__bytes_take(bytes, ready);
    }
    return VDIB_OK;
}

vdib_status vdib__bytes_line_to(vdib__bytes *bytes, char last, size_t longest, const char **line, size_t *length) {
    const uint8_t *at = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__bytes_look(bytes, longest, &at, &count));
    const uint8_t *end = count > 0 ? memchr(at, last, count) : NULL;
    *line = (const char *)at;
    *length = end != NULL ? (size_t)(end + 1 - at) : count;
    return VDIB_OK;
}

vdib_status vdib__bytes_line(vdib__bytes *bytes, size_t longest, const char **line, size_t *length) {
    return vdib__bytes_line_to(bytes, '\n', longest, line, length);
}

void vdib__bytes_blame(vdib__bytes *bytes, uint64_t at, const char *what, size_t *count, size_t more) {
    *count += more;
    if (bytes->fault != NULL || more == 0)
        return;
    bytes->fault = what;
    bytes->fault_at = at;
}

vdib_status vdib__bytes_check_records(const vdib__bytes *bytes, unsigned record) {
    if (bytes->size == VDIB_SIZE_UNKNOWN || bytes->size % record == 0)
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

vdib_status vdib__bytes_give_up(vdib__bytes *bytes, const char *what, size_t *truncated, size_t least) {
    uint64_t begin = bytes->offset;
    VDIB_TRY(vdib__bytes_skip(bytes, VDIB_SIZE_UNKNOWN));
    size_t left = (size_t)(bytes->offset - begin);
    vdib__bytes_blame(bytes, begin, what, truncated, left > least ? left : least);
    return VDIB_OK;
}

/* Whether no byte follows the `length` next ones. */
static bool ends_behind(vdib__bytes *bytes, size_t length) {
    const uint8_t *at = NULL;
    size_t count = 0;
    if (bytes->size != VDIB_SIZE_UNKNOWN || length == VDIB_BYTES_WINDOW)
        return bytes->offset + length >= bytes->size;
    return vdib__bytes_look(bytes, length + 1, &at, &count) == VDIB_OK && count == length;
}

bool vdib__bytes_cut_header(vdib__bytes *bytes, const char *line, size_t length, size_t *truncated) {
    if (length == 0 || line[length - 1] == '\n' || !ends_behind(bytes, length))
        return false;
    vdib__bytes_blame(bytes, bytes->offset, VDIB_BYTES_HEADER_CUT, truncated, length);
    vdib__bytes_take(bytes, length);
    return true;
}

void vdib__bytes_close(vdib__bytes *bytes) {
    if (bytes->source.state != NULL)
        bytes->source.close(bytes->source.state);
    vdib__free(bytes->buffer);
    vdib__free(bytes->called);
    vdib__free(bytes->inner);
    *bytes = (vdib__bytes){0};
}
