/* SPDX-License-Identifier: MIT */
#ifdef VDIB_HAS_BLOSC
#include <blosc.h>
#include <stdlib.h>

#include "hdf5/filters.h"

static decoded decode(const uint8_t *bytes, size_t size, const unsigned *values, size_t count) {
    size_t whole = 0;
    (void)values;
    (void)count;
    if (blosc_cbuffer_validate(bytes, size, &whole) != 0)
        return (decoded){.bytes = NULL};
    decoded made = filter_room(whole);
    if (made.bytes == NULL || blosc_decompress_ctx(bytes, made.bytes, made.size, 1) == (int)whole)
        return made;
    free(made.bytes);
    return (decoded){.bytes = NULL};
}

const filter filter_blosc = {.number = 32001, .name = "Blosc", .decode = decode};
#endif
