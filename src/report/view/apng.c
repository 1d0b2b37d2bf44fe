/* SPDX-License-Identifier: MIT */
/* PNG files with a palette, of one picture or animated (PNG specification, third edition: acTL, fcTL, fdAT). libpng
 * writes no animations. */
#include <string.h>
#include <zlib.h>

#include "core/alloc.h"
#include "core/error.h"
#include "report/view/view.h"

enum { DEPTH = 4 /* bits of a pixel: 16 colours */ };

static void put32(uint8_t *to, uint32_t value) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put16(uint8_t *to, uint32_t value) {
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

/* A chunk: length, type, data, and the checksum of the last two. `before` (4 bytes, or NULL) comes before the data. */
static vdib_status put_chunk(vdib__apng *apng, const char *type, const uint8_t *before, const uint8_t *data,
                             size_t size) {
    uint8_t head[8], tail[4];
    size_t more = before != NULL ? 4 : 0;
    put32(head, (uint32_t)(size + more));
    memcpy(head + 4, type, 4);
    uLong sum = crc32(0, head + 4, 4);
    if (before != NULL)
        sum = crc32(sum, before, 4);
    if (size > 0)
        sum = crc32(sum, data, (uInt)size);
    put32(tail, (uint32_t)sum);
    VDIB_TRY(vdib__writer_put(apng->writer, head, sizeof head));
    if (before != NULL)
        VDIB_TRY(vdib__writer_put(apng->writer, before, 4));
    if (size > 0)
        VDIB_TRY(vdib__writer_put(apng->writer, data, size));
    return vdib__writer_put(apng->writer, tail, sizeof tail);
}

static vdib_status put_header(vdib__apng *apng) {
    static const uint8_t magic[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    uint8_t header[13] = {0}, animation[8] = {0}; /* loops without end: 0 */
    put32(header, (uint32_t)apng->width);
    put32(header + 4, (uint32_t)apng->height);
    header[8] = DEPTH;
    header[9] = 3; /* a palette */
    put32(animation, (uint32_t)apng->frames);
    VDIB_TRY(vdib__writer_put(apng->writer, magic, sizeof magic));
    VDIB_TRY(put_chunk(apng, "IHDR", NULL, header, sizeof header));
    VDIB_TRY(put_chunk(apng, "PLTE", NULL, &vdib__view_colours[0][0], sizeof vdib__view_colours));
    return apng->frames > 1 ? put_chunk(apng, "acTL", NULL, animation, sizeof animation) : VDIB_OK;
}

vdib_status vdib__apng_begin(vdib__writer *writer, size_t width, size_t height, size_t frames, double fps,
                             vdib__apng *apng) {
    vdib__apng made = {.writer = writer, .width = width, .height = height, .frames = frames, .fps = fps};
    size_t size = height * (1 + (width * DEPTH + 7) / 8);
    made.room = compressBound(size);
    VDIB_TRY(VDIB_NEW_UNSET(&made.rows, size));
    vdib_status status = VDIB_NEW_UNSET(&made.packed, made.room);
    if (status == VDIB_OK)
        status = put_header(&made);
    if (status != VDIB_OK) {
        vdib__free(made.rows);
        vdib__free(made.packed);
        return status;
    }
    *apng = made;
    return VDIB_OK;
}

/* Rows of two pixels a byte, each behind a byte that says they are not filtered. */
static size_t pack_rows(vdib__apng *apng, const vdib__canvas *canvas) {
    uint8_t *to = apng->rows;
    for (size_t y = 0; y < canvas->height; y++) {
        const uint8_t *row = canvas->pixels + y * canvas->width;
        *to++ = 0;
        for (size_t x = 0; x < canvas->width; x += 2)
            *to++ = (uint8_t)(row[x] << 4 | (x + 1 < canvas->width ? row[x + 1] : 0));
    }
    return (size_t)(to - apng->rows);
}

/* What comes before a picture of an animation: its place, and how long it is shown. */
static vdib_status put_control(vdib__apng *apng) {
    enum { DELAY = 20, UNITS = 1000 };
    uint8_t control[26] = {0};
    put32(control, apng->sequence++);
    put32(control + 4, (uint32_t)apng->width);
    put32(control + 8, (uint32_t)apng->height);
    put16(control + DELAY, (uint32_t)(UNITS / apng->fps + 0.5));
    put16(control + DELAY + 2, UNITS);
    return put_chunk(apng, "fcTL", NULL, control, sizeof control);
}

vdib_status vdib__apng_add(vdib__apng *apng, const vdib__canvas *canvas) {
    enum { LEVEL = 9 };
    uint8_t number[4];
    uLongf size = apng->room;
    if (compress2(apng->packed, &size, apng->rows, pack_rows(apng, canvas), LEVEL) != Z_OK)
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory for a picture");
    if (apng->frames > 1)
        VDIB_TRY(put_control(apng));
    if (apng->made++ == 0)
        return put_chunk(apng, "IDAT", NULL, apng->packed, size);
    put32(number, apng->sequence++);
    return put_chunk(apng, "fdAT", number, apng->packed, size);
}

vdib_status vdib__apng_end(vdib__apng *apng, vdib_status status) {
    if (status == VDIB_OK)
        status = put_chunk(apng, "IEND", NULL, NULL, 0);
    vdib__free(apng->rows);
    vdib__free(apng->packed);
    apng->rows = apng->packed = NULL;
    return status;
}
