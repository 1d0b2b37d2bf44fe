/* SPDX-License-Identifier: MIT */
/* xz, by liblzma. */

#include <string.h>

#include "events/packings/packing.h"

static bool begins(const uint8_t *at, size_t count) {
    return count >= 6 && memcmp(at,
                                "\xFD"
                                "7zXZ\0",
                                6) == 0;
}

#if VDIB_WITH_XZ

#include <lzma.h>

#include "core/alloc.h"

/* What `xz -9` needs, and a little. */
enum { MEMORY = 80 << 20 };

static bool begin(vdib__codec *codec, uint64_t size) {
    const lzma_stream empty = LZMA_STREAM_INIT;
    lzma_stream *made = NULL;
    (void)size;
    if (VDIB_NEW(&made, 1) != VDIB_OK)
        return false;
    *made = empty;
    if (lzma_stream_decoder(made, MEMORY, 0) != LZMA_OK) {
        lzma_end(made);
        vdib__free(made);
        return false;
    }
    codec->state = made;
    return true;
}

static bool again(vdib__codec *codec) {
    return lzma_stream_decoder(codec->state, MEMORY, 0) == LZMA_OK;
}

static vdib__outcome step(vdib__codec *codec, const uint8_t *in, size_t count, size_t *used, uint8_t *out,
                          size_t capacity, size_t *made) {
    lzma_stream *s = codec->state;
    s->next_in = in;
    s->avail_in = count;
    s->next_out = out;
    s->avail_out = capacity;
    lzma_ret result = lzma_code(s, LZMA_RUN);
    *used = count - s->avail_in;
    *made = capacity - s->avail_out;
    if (result == LZMA_STREAM_END)
        return VDIB_OUTCOME_END;
    if (result == LZMA_MEMLIMIT_ERROR)
        return VDIB_OUTCOME_WIDE;
    return result == LZMA_OK || result == LZMA_BUF_ERROR ? VDIB_OUTCOME_MORE : VDIB_OUTCOME_DAMAGED;
}

static void end(vdib__codec *codec) {
    lzma_end(codec->state);
    vdib__free(codec->state);
}

const vdib__packing vdib__packing_xz = {
    .ending = ".xz",
    VDIB_PACKING_SAYS("xz"),
    .wide = "needs more memory to be unpacked than is given; compress it by `xz -9` or less",
    .begins = begins,
    .begin = begin,
    .again = again,
    .step = step,
    .end = end,
};

#else

const vdib__packing vdib__packing_xz = {
    .ending = ".xz",
    VDIB_PACKING_WITHOUT("xz", "VDIB_WITH_XZ"),
    .begins = begins,
};

#endif
