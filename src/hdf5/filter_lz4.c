/* SPDX-License-Identifier: MIT */
/* LZ4: u64 size, u32 size of a block, then each block behind its u32 size; these numbers have the highest byte first. A
 * block that is as large as what it holds is stored. */
#ifdef VDIB_HAS_LZ4
#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "hdf5/filters.h"

enum { HEADER = 12, MOST = 1 << 30 };

static uint64_t number(const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static bool blocks(const uint8_t *at, const uint8_t *end, uint8_t *to, size_t size, size_t block) {
    while (size > 0) {
        size_t part = size < block ? size : block;
        if (end - at < 4)
            return false;
        size_t stored = (size_t)number(at, 4);
        at += 4;
        if (stored > (size_t)(end - at) || stored > MOST)
            return false;
        if (stored == part)
            memcpy(to, at, part);
        else if (LZ4_decompress_safe((const char *)at, (char *)to, (int)stored, (int)part) != (int)part)
            return false;
        at += stored;
        to += part;
        size -= part;
    }
    return true;
}

static decoded decode(const uint8_t *bytes, size_t size, const unsigned *values, size_t count) {
    (void)values;
    (void)count;
    uint64_t whole = size >= HEADER ? number(bytes, 8) : 0, block = size >= HEADER ? number(bytes + 8, 4) : 0;
    if (whole == 0 || whole > MOST || block == 0 || block > MOST)
        return (decoded){.bytes = NULL};
    decoded made = filter_room((size_t)whole);
    if (made.bytes == NULL || blocks(bytes + HEADER, bytes + size, made.bytes, (size_t)whole, (size_t)block))
        return made;
    free(made.bytes);
    return (decoded){.bytes = NULL};
}

const filter filter_lz4 = {.number = 32004, .name = "LZ4", .decode = decode};
#endif
