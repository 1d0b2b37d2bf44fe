/* SPDX-License-Identifier: MIT */
/* The header of AEDAT 4: its line, and the FlatBuffer IOHeader with compression, place of the table and description. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/aedat4.h"
#include "events/words.h"

#define LINE "#!AER-DAT4.0\r\n"

enum {
    LENGTH = 4,
    LONGEST = 1 << 24, /* bytes of a header; real ones have some thousands */
    FIELD_COMPRESSION = 0,
    FIELD_TABLE = 1,
    FIELD_DESCRIPTION = 2
};

bool vdib__aedat4_is(const uint8_t *bytes, size_t count) {
    return count >= strlen(LINE) && memcmp(bytes, LINE, strlen(LINE)) == 0;
}

/* Packings by their number in the file: none, LZ4 and LZ4_HIGH, ZSTD and ZSTD_HIGH. */
static vdib_status find_packing(const vdib__bytes *bytes, int64_t number, const vdib__packing **packing) {
    static const vdib__packing *const packings[] = {NULL, &vdib__packing_lz4, &vdib__packing_lz4, &vdib__packing_zstd,
                                                    &vdib__packing_zstd};
    if (number < 0 || number >= (int64_t)(sizeof packings / sizeof *packings))
        return vdib__fail(
            VDIB_ERROR_FORMAT,
            "%s: byte %llu: compression %lld is none of 0 to 4 (none, LZ4, LZ4 high, Zstandard, Zstandard "
            "high); record or export it again",
            bytes->path, (unsigned long long)bytes->offset, (long long)number);
    *packing = packings[number];
    return VDIB_OK;
}

/* The header's FlatBuffer, which was taken from byte `at` on. */
static vdib_status parse(const vdib__bytes *bytes, uint64_t at, const uint8_t *content, size_t size,
                         vdib__aedat4_header *header) {
    vdib__flat flat = {.bytes = content, .size = size, .whole = size};
    uint64_t length = 0;
    size_t table = vdib__flat_root(&flat, "IOHE");
    int64_t compression = vdib__flat_number(&flat, table, FIELD_COMPRESSION, 4, 0);
    header->table = vdib__flat_number(&flat, table, FIELD_TABLE, 8, -1);
    uint64_t text = vdib__flat_vector(&flat, table, FIELD_DESCRIPTION, 1, &length);
    if (flat.wrong || (uint64_t)size < text + length)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %llu: the header is no FlatBuffer IOHE; it is damaged: record or export it again",
                          bytes->path, (unsigned long long)at);
    VDIB_TRY(find_packing(bytes, compression, &header->packing));
    return vdib__aedat4_describe((const char *)content + text, (size_t)length, header);
}

/* Takes `size` bytes, or as many as the file has: *got. Memory grows with what is there. */
static vdib_status take_all(vdib__bytes *bytes, size_t size, uint8_t **content, size_t *got) {
    const uint8_t *at = NULL;
    size_t capacity = 0, ready = 1;
    *got = 0;
    while (*got < size && ready > 0) {
        size_t wanted = size - *got < VDIB_BYTES_WINDOW ? size - *got : VDIB_BYTES_WINDOW;
        VDIB_TRY(vdib__bytes_look(bytes, wanted, &at, &ready));
        VDIB_TRY(VDIB_RESERVE(content, &capacity, *got + ready));
        if (ready > 0)
            memcpy(*content + *got, at, ready);
        vdib__bytes_take(bytes, ready);
        *got += ready;
    }
    return VDIB_OK;
}

vdib_status vdib__aedat4_header_read(vdib__bytes *bytes, vdib__aedat4_header *header, size_t *truncated) {
    vdib__aedat4_header made = {.table = -1};
    const uint8_t *at = NULL;
    uint8_t *content = NULL;
    size_t ready = 0, got = 0;
    VDIB_TRY(vdib__bytes_look(bytes, strlen(LINE) + LENGTH, &at, &ready));
    bool whole = ready == strlen(LINE) + LENGTH;
    size_t size = whole ? vdib__little32(at + strlen(LINE)) : 0;
    if (size > LONGEST)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %zu: a header of %zu bytes, where none has more than %d; it is damaged: record or "
                          "export it again",
                          bytes->path, strlen(LINE), size, LONGEST);
    vdib__bytes_take(bytes, ready);
    vdib_status status = take_all(bytes, size, &content, &got);
    if (status == VDIB_OK && whole && got == size)
        status = parse(bytes, bytes->offset - size, content, size, &made);
    else if (status == VDIB_OK)
        vdib__bytes_blame(bytes, strlen(LINE), VDIB_BYTES_HEADER_CUT, truncated, got > 0 ? got : 1);
    vdib__free(content);
    if (status != VDIB_OK) {
        vdib__aedat4_header_free(&made);
        return status;
    }
    *header = made;
    return VDIB_OK;
}

void vdib__aedat4_header_free(vdib__aedat4_header *header) {
    vdib__free(header->streams);
    *header = (vdib__aedat4_header){.table = -1};
}

const vdib__aedat4_stream *vdib__aedat4_stream_of(const vdib__aedat4_header *header, int32_t id) {
    for (size_t i = 0; i < header->count; i++)
        if (header->streams[i].id == id)
            return &header->streams[i];
    return NULL;
}

const vdib__aedat4_stream *vdib__aedat4_stream_at(const vdib__aedat4_header *header, const char *type, size_t index) {
    for (size_t i = 0; i < header->count; i++)
        if (strcmp(header->streams[i].type, type) == 0 && index-- == 0)
            return &header->streams[i];
    return NULL;
}
