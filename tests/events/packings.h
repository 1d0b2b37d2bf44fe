/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVENTS_PACKINGS_H
#define VDIB_TESTS_EVENTS_PACKINGS_H
/* Bytes compressed by each kind's own library. */
#include "support.h"

#include <zlib.h>
#if VDIB_WITH_ZSTD
#include <zstd.h>
#endif
#if VDIB_WITH_BZIP2
#include <bzlib.h>
#endif
#if VDIB_WITH_XZ
#include <lzma.h>
#endif

enum { PACK_ROOM = 1 << 10 };

static inline size_t pack_gzip(const uint8_t *bytes, size_t size, uint8_t *packed, size_t capacity) {
    z_stream s = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
    assert_int_equal(deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    s.next_out = packed;
    s.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&s), Z_OK);
    return capacity - s.avail_out;
}

#if VDIB_WITH_ZSTD
static inline size_t pack_zstd(const uint8_t *bytes, size_t size, uint8_t *packed, size_t capacity) {
    size_t made = ZSTD_compress(packed, capacity, bytes, size, 3);
    assert_false(ZSTD_isError(made));
    return made;
}
#endif

#if VDIB_WITH_BZIP2
static inline size_t pack_bzip2(const uint8_t *bytes, size_t size, uint8_t *packed, size_t capacity) {
    unsigned made = (unsigned)capacity;
    assert_int_equal(BZ2_bzBuffToBuffCompress((char *)packed, &made, (char *)(uintptr_t)bytes, (unsigned)size, 9, 0, 0),
                     BZ_OK);
    return made;
}
#endif

#if VDIB_WITH_XZ
static inline size_t pack_xz(const uint8_t *bytes, size_t size, uint8_t *packed, size_t capacity) {
    size_t made = 0;
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, bytes, size, packed, &made, capacity), LZMA_OK);
    return made;
}
#endif

typedef struct packing {
    const char *what, *ending;
    size_t (*pack)(const uint8_t *bytes, size_t size, uint8_t *packed, size_t capacity);
} packing;

static const packing packings[] = {
    {"gzip", ".gz", pack_gzip},
#if VDIB_WITH_ZSTD
    {"Zstandard", ".zst", pack_zstd},
#endif
#if VDIB_WITH_BZIP2
    {"bzip2", ".bz2", pack_bzip2},
#endif
#if VDIB_WITH_XZ
    {"xz", ".xz", pack_xz},
#endif
};

enum { PACKINGS = sizeof packings / sizeof *packings };

#endif
