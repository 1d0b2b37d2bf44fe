/* SPDX-License-Identifier: MIT */
/* bzip2. */

#include <string.h>

#include "events/packings/packing.h"

/* "BZh", the size of the blocks, and pi or its root: a block, or the end of an empty file. */
static bool begins(const uint8_t *at, size_t count) {
    return count >= 10 && memcmp(at, "BZh", 3) == 0 && at[3] >= '1' && at[3] <= '9' &&
           (memcmp(at + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 || memcmp(at + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

#if VDIB_WITH_BZIP2

#include <bzlib.h>

#include "core/alloc.h"

static bool begin(vdib__codec *codec, uint64_t size) {
    bz_stream *made = NULL;
    (void)size;
    if (VDIB_NEW(&made, 1) != VDIB_OK)
        return false;
    if (BZ2_bzDecompressInit(made, 0, 0) != BZ_OK) {
        vdib__free(made);
        return false;
    }
    codec->state = made;
    return true;
}

static bool again(vdib__codec *codec) {
    bz_stream *s = codec->state;
    (void)BZ2_bzDecompressEnd(s);
    *s = (bz_stream){0};
    return BZ2_bzDecompressInit(s, 0, 0) == BZ_OK;
}

static vdib__outcome step(vdib__codec *codec, const uint8_t *in, size_t count, size_t *used, uint8_t *out,
                          size_t capacity, size_t *made) {
    bz_stream *s = codec->state;
    s->next_in = (char *)(uintptr_t)in;
    s->avail_in = (unsigned)count;
    s->next_out = (char *)out;
    s->avail_out = (unsigned)capacity;
    int result = BZ2_bzDecompress(s);
    *used = count - s->avail_in;
    *made = capacity - s->avail_out;
    if (result == BZ_STREAM_END)
        return VDIB_OUTCOME_END;
    return result == BZ_OK ? VDIB_OUTCOME_MORE : VDIB_OUTCOME_DAMAGED;
}

static void end(vdib__codec *codec) {
    (void)BZ2_bzDecompressEnd(codec->state);
    vdib__free(codec->state);
}

const vdib__packing vdib__packing_bzip2 = {
    .ending = ".bz2",
    VDIB_PACKING_SAYS("bzip2"),
    .begins = begins,
    .begin = begin,
    .again = again,
    .step = step,
    .end = end,
};

#else

const vdib__packing vdib__packing_bzip2 = {
    .ending = ".bz2",
    VDIB_PACKING_WITHOUT("bzip2", "VDIB_WITH_BZIP2"),
    .begins = begins,
};

#endif
