/* SPDX-License-Identifier: MIT */
#ifdef VDIB_HAS_ZSTD
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "hdf5/filters.h"

/* One frame; libzstd would unpack its formats of before 2016, too, and make things up. One that does not say its size
 * is a chunk, or less. */
static decoded decode(const uint8_t *bytes, size_t size, const unsigned *values, size_t count) {
    static const uint8_t magic[4] = {0x28, 0xB5, 0x2F, 0xFD};
    unsigned long long said = ZSTD_getFrameContentSize(bytes, size);
    size_t frame = ZSTD_findFrameCompressedSize(bytes, size);
    (void)values;
    (void)count;
    if (size < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0 || ZSTD_isError(frame) ||
        said == ZSTD_CONTENTSIZE_ERROR || (said != ZSTD_CONTENTSIZE_UNKNOWN && said > SIZE_MAX))
        return (decoded){.bytes = NULL};
    decoded made = filter_room(said != ZSTD_CONTENTSIZE_UNKNOWN ? (size_t)said : 0);
    if (made.bytes == NULL || !ZSTD_isError(ZSTD_decompress(made.bytes, made.size, bytes, frame)))
        return made;
    free(made.bytes);
    return (decoded){.bytes = NULL};
}

const filter filter_zstd = {.number = 32015, .name = "Zstandard", .decode = decode};
#endif
