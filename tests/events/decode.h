/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVENTS_DECODE_H
#define VDIB_TESTS_EVENTS_DECODE_H
/* Short event files in memory: their bytes piece by piece, and what they decode to. */
#include "support.h"

#include "events/stream.h"

enum { DECODE_BYTES = 1 << 17, DECODE_EVENTS = 4096 };

/* A file that is being written. */
typedef struct made_file {
    const char *path;
    size_t size;
    uint8_t bytes[DECODE_BYTES];
} made_file;

static inline made_file *file_new(const char *path) {
    made_file *file = calloc(1, sizeof *file);
    assert_non_null(file);
    file->path = path;
    return file;
}

static inline void put(made_file *file, const void *bytes, size_t count) {
    assert_true(file->size + count <= DECODE_BYTES);
    memcpy(file->bytes + file->size, bytes, count);
    file->size += count;
}

static inline void put_text(made_file *file, const char *text) {
    put(file, text, strlen(text));
}

/* `count` bytes of a number, the lowest first. */
static inline void put_little(made_file *file, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; i++)
        put(file, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

static inline void put_big(made_file *file, uint64_t value, size_t count) {
    for (size_t i = count; i > 0; i--)
        put(file, &(uint8_t){(uint8_t)(value >> (8 * (i - 1)))}, 1);
}

/* "07 0F 80" */
static inline void put_hex(made_file *file, const char *text) {
    unsigned byte = 0;
    for (int used = 0; sscanf(text, " %2x%n", &byte, &used) == 1; text += used)
        put(file, &(uint8_t){(uint8_t)byte}, 1);
}

/* What a file decodes to. */
typedef struct decoded {
    size_t count;
    vdib_event events[DECODE_EVENTS];
    vdib_events_info info;
} decoded;

/* Decodes in packets of `size` events, and frees nothing. */
static inline void decode_by(const made_file *file, size_t size, decoded *d) {
    vdib__event_stream *stream = NULL;
    size_t count = 1;
    uint8_t *exact = malloc(file->size + 1); /* what reads beyond it is seen by a sanitizer */
    assert_non_null(exact);
    exact = realloc(exact, file->size > 0 ? file->size : 1);
    memcpy(exact, file->bytes, file->size);
    *d = (decoded){.count = 0};
    assert_ok(vdib__event_stream_of(file->path, NULL, exact, file->size, &stream));
    for (; count > 0; d->count += count) {
        assert_true(d->count + size <= DECODE_EVENTS);
        assert_ok(vdib__event_stream_read(stream, d->events + d->count, size, &count));
    }
    d->info = *vdib__event_stream_info(stream);
    assert_int_equal(d->info.events, d->count);
    vdib__event_stream_close(stream);
    free(exact);
}

/* Decodes and frees a file: `format`, and the events, the same in packets of any size. */
static inline decoded *decode(made_file *file, const char *format, size_t count, const vdib_event *events) {
    decoded *d = malloc(sizeof *d);
    assert_non_null(d);
    for (size_t size = 1; size <= 64; size *= 4) {
        decode_by(file, size, d);
        assert_string_equal(d->info.format, format);
        assert_int_equal(d->count, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(d->events[i].t, events[i].t);
            assert_int_equal(d->events[i].x, events[i].x);
            assert_int_equal(d->events[i].y, events[i].y);
            assert_int_equal(d->events[i].polarity, events[i].polarity);
        }
    }
    free(file);
    return d;
}

#define EVENTS(...)                                                                                                    \
    (sizeof((vdib_event[]){__VA_ARGS__}) / sizeof(vdib_event)), (vdib_event[]) {                                       \
        __VA_ARGS__                                                                                                    \
    }
#define NO_EVENTS 0, NULL

/* Frees a file that is refused when it is opened, or read strictly. */
static inline void refuse(made_file *file, bool strict, const char *part) {
    vdib__event_stream *stream = NULL;
    vdib_event events[16];
    size_t count = 1;
    vdib_status status = vdib__event_stream_of(file->path, NULL, file->bytes, file->size, &stream);
    if (strict) {
        assert_ok(status);
        vdib__event_stream_be_strict(stream);
        while (status == VDIB_OK && count > 0)
            status = vdib__event_stream_read(stream, events, 16, &count);
    }
    assert_fails(VDIB_ERROR_FORMAT, status, part);
    assert_non_null(strstr(vdib_last_message(), file->path));
    assert_null(strchr(vdib_last_message(), '\n'));
    vdib__event_stream_close(stream);
    free(file);
}

/* A copy, to be decoded in another way. */
static inline made_file *again(const made_file *file) {
    made_file *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, file, sizeof *copy);
    return copy;
}

/* The first `size` bytes of a file whose header is cut there: `cut` of them are no whole line. */
static inline void cut_header(const char *path, const char *header, size_t size, const char *format, size_t cut) {
    char part[96];
    made_file *file = file_new(path);
    put(file, header, size);
    snprintf(part, sizeof part, "byte %zu: the file ends inside its header; record", size - cut);
    refuse(again(file), true, part);
    decoded *d = decode(file, format, NO_EVENTS);
    assert_int_equal(d->info.truncated, cut);
    free(d);
}

#endif
