/* SPDX-License-Identifier: MIT */
#ifdef VDIB_HAS_BZIP2
#include <bzlib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "hdf5/filters.h"

/* The stream does not say its size: a chunk's, or (shuffled and so on before) twice as much until it fits. */
static decoded decode(const uint8_t *bytes, size_t size, const unsigned *values, size_t count) {
    (void)values;
    (void)count;
    for (size_t room = filter_chunk_bytes > 0 ? filter_chunk_bytes : 4096; size <= UINT_MAX; room *= 2) {
        decoded made = filter_room(room);
        if (made.bytes == NULL)
            break;
        unsigned got = (unsigned)made.size;
        int state =
            BZ2_bzBuffToBuffDecompress((char *)made.bytes, &got, (char *)(uintptr_t)bytes, (unsigned)size, 0, 0);
        if (state == BZ_OK) {
            memset(made.bytes + got, 0, made.size - got);
            return made;
        }
        free(made.bytes);
        if (state != BZ_OUTBUFF_FULL)
            break;
    }
    return (decoded){.bytes = NULL};
}

const filter filter_bzip2 = {.number = 307, .name = "bzip2", .decode = decode};
#endif
