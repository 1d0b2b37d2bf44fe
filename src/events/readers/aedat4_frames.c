/* SPDX-License-Identifier: MIT */
/* Frames of AEDAT 4: a packet FRME each, grey, or blue, green, red with or without a fourth channel, which become red,
 * green, blue. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/frames.h"
#include "events/readers/aedat4.h"

/* Fields of a frame, and its formats. */
enum { TIME = 0, FORMAT = 5, SIZE_X = 6, SIZE_Y = 7, POSITION_X = 8, POSITION_Y = 9, PIXELS = 10 };
enum { GREY = 0, BGR = 16, BGRA = 24 };

typedef struct frames {
    vdib__aedat4_packets packets;
    int32_t stream;
    uint8_t *pixels; /* (capacity) */
    size_t capacity;
} frames;

static void close_frames(void *state) {
    frames *s = state;
    if (s == NULL)
        return;
    vdib__aedat4_close(&s->packets);
    vdib__free(s->pixels);
    vdib__free(s);
}

static vdib_status open_frames(vdib__bytes *bytes, vdib_frames_info *info, void **state) {
    frames *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__aedat4_open(bytes, "FRME", &made->packets, &info->truncated);
    if (status != VDIB_OK) {
        vdib__free(made);
        return status;
    }
    const vdib__aedat4_stream *stream = vdib__aedat4_stream_at(&made->packets.header, "FRME", 0);
    if (stream != NULL) {
        made->stream = stream->id;
        info->width = stream->width;
        info->height = stream->height;
    }
    *state = made;
    return VDIB_OK;
}

/* Bytes of a pixel of a format; 0: there is no such format. */
static size_t bytes_of(int64_t format) {
    return format == GREY ? 1 : format == BGR ? 3 : format == BGRA ? 4 : 0;
}

/* What the table of a packet says: *count bytes of pixels, from `first` on in the FlatBuffer. Whether that is a
 * picture. */
static bool read_table(vdib__flat *flat, size_t table, vdib_frame *frame, uint64_t *first, uint64_t *count) {
    int64_t width = vdib__flat_number(flat, table, SIZE_X, 2, 0), height = vdib__flat_number(flat, table, SIZE_Y, 2, 0);
    int64_t x = vdib__flat_number(flat, table, POSITION_X, 2, 0), y = vdib__flat_number(flat, table, POSITION_Y, 2, 0);
    size_t bytes = bytes_of(vdib__flat_number(flat, table, FORMAT, 1, 0));
    *first = vdib__flat_vector(flat, table, PIXELS, 1, count);
    if (table == 0 || flat->wrong || width <= 0 || height <= 0 || x < 0 || y < 0 || bytes == 0)
        return false;
    frame->t = vdib__flat_number(flat, table, TIME, 8, 0);
    frame->width = (size_t)width;
    frame->height = (size_t)height;
    frame->channels = bytes == 1 ? 1 : 3;
    frame->x = (size_t)x;
    frame->y = (size_t)y;
    return *count == (uint64_t)width * (uint64_t)height * bytes && *count <= VDIB_FRAME_MOST;
}

/* The pixels of the packet; memory grows as they come. *whole: all were there. */
static vdib_status take_pixels(frames *s, size_t count, bool *whole) {
    vdib__bytes *inner = &s->packets.payload.inner;
    size_t got = 0, ready = 1;
    while (got < count && ready > 0) {
        const uint8_t *at = NULL;
        VDIB_TRY(
            vdib__bytes_look(inner, count - got < VDIB_BYTES_WINDOW ? count - got : VDIB_BYTES_WINDOW, &at, &ready));
        VDIB_TRY(VDIB_RESERVE(&s->pixels, &s->capacity, got + ready));
        if (ready > 0)
            memcpy(s->pixels + got, at, ready);
        vdib__bytes_take(inner, ready);
        got += ready;
    }
    *whole = got == count;
    return VDIB_OK;
}

/* Pixels of blue, green, red (and one more) in place as red, green, blue. */
static void turn_colours(uint8_t *pixels, size_t count, size_t bytes) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *from = pixels + i * bytes;
        uint8_t blue = from[0], green = from[1], red = from[2];
        pixels[3 * i] = red;
        pixels[3 * i + 1] = green;
        pixels[3 * i + 2] = blue;
    }
}

/* A packet of the stream; the frame's pixels stay NULL where it is no picture. */
static vdib_status read_frame(frames *s, vdib_events_info *counts, vdib_frame *frame) {
    vdib__flat flat;
    vdib_frame made = {.size = sizeof made};
    uint64_t first = 0, count = 0;
    size_t table = 0;
    bool whole = false;
    VDIB_TRY(vdib__aedat4_look(&s->packets, counts, "FRME", &flat, &table));
    if (table == 0 && flat.wrong)
        return VDIB_OK;
    if (!read_table(&flat, table, &made, &first, &count)) {
        vdib__aedat4_blame(&s->packets, counts);
        return VDIB_OK;
    }
    vdib__aedat4_take(&s->packets, (size_t)first);
    VDIB_TRY(take_pixels(s, (size_t)count, &whole));
    if (!whole) {
        vdib__aedat4_blame(&s->packets, counts);
        return VDIB_OK;
    }
    if (made.channels == 3)
        turn_colours(s->pixels, made.width * made.height, (size_t)count / (made.width * made.height));
    made.pixels = s->pixels;
    *frame = made;
    return VDIB_OK;
}

static vdib_status next_frame(void *state, vdib_frames_info *info, vdib_frame *frame) {
    frames *s = state;
    vdib_events_info counts = {.size = sizeof counts};
    const vdib__aedat4_stream *stream = NULL;
    vdib_status status = VDIB_OK;
    do {
        status = vdib__aedat4_next(&s->packets, &counts, &stream);
        if (status == VDIB_OK && stream != NULL && stream->id == s->stream)
            status = read_frame(s, &counts, frame);
    } while (status == VDIB_OK && stream != NULL && frame->pixels == NULL);
    info->damaged += counts.damaged;
    info->truncated += counts.truncated;
    return status;
}

extern const vdib__frame_reader vdib__frames_aedat4;
const vdib__frame_reader vdib__frames_aedat4 = {
    .name = "aedat4", .detect = vdib__aedat4_is, .open = open_frames, .next = next_frame, .close = close_frames};
