/* SPDX-License-Identifier: MIT */
/* LZ4 frames. Blocks have 4 MiB at most, of which two are held. */

#include "events/packings/packing.h"
#include "events/words.h"

static bool begins(const uint8_t *at, size_t count) {
    return count >= 4 && vdib__little32(at) == 0x184D2204;
}

#if VDIB_WITH_LZ4

#include <lz4frame.h>

static bool begin(vdib__codec *codec, uint64_t size) {
    LZ4F_dctx *made = NULL;
    (void)size;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)))
        return false;
    codec->state = made;
    return true;
}

static bool again(vdib__codec *codec) {
    LZ4F_resetDecompressionContext(codec->state);
    return true;
}

static vdib__outcome step(vdib__codec *codec, const uint8_t *in, size_t count, size_t *used, uint8_t *out,
                          size_t capacity, size_t *made) {
    *used = count;
    *made = capacity;
    size_t left = LZ4F_decompress(codec->state, out, made, in, used, NULL);
    if (LZ4F_isError(left)) {
        *used = *made = 0;
        return VDIB_OUTCOME_DAMAGED;
    }
    return left == 0 ? VDIB_OUTCOME_END : VDIB_OUTCOME_MORE;
}

static void end(vdib__codec *codec) {
    LZ4F_freeDecompressionContext(codec->state);
}

const vdib__packing vdib__packing_lz4 = {
    .ending = ".lz4",
    VDIB_PACKING_SAYS("LZ4"),
    .wide = "needs more memory to be unpacked than is given",
    .begins = begins,
    .begin = begin,
    .again = again,
    .step = step,
    .end = end,
};

#else

const vdib__packing vdib__packing_lz4 = {
    .ending = ".lz4",
    VDIB_PACKING_WITHOUT("LZ4", "VDIB_WITH_LZ4"),
    .begins = begins,
};

#endif
