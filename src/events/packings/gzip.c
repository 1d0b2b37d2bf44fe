/* SPDX-License-Identifier: MIT */
/* gzip (RFC 1952), by zlib. */

#include <zlib.h>

#include "core/alloc.h"
#include "events/packings/packing.h"

enum { WINDOW_BITS = 15, GZIP = 16, RESERVED = 0xE0 };

static bool begins(const uint8_t *at, size_t count) {
    return count >= 4 && at[0] == 0x1F && at[1] == 0x8B && at[2] == 8 && (at[3] & RESERVED) == 0;
}

static bool begin(vdib__codec *codec, uint64_t size) {
    z_stream *made = NULL;
    (void)size;
    if (VDIB_NEW(&made, 1) != VDIB_OK)
        return false;
    if (inflateInit2(made, WINDOW_BITS + GZIP) != Z_OK) {
        vdib__free(made);
        return false;
    }
    codec->state = made;
    return true;
}

static bool again(vdib__codec *codec) {
    return inflateReset(codec->state) == Z_OK;
}

static vdib__outcome step(vdib__codec *codec, const uint8_t *in, size_t count, size_t *used, uint8_t *out,
                          size_t capacity, size_t *made) {
    z_stream *s = codec->state;
    s->next_in = (Bytef *)(uintptr_t)in;
    s->avail_in = (uInt)count;
    s->next_out = out;
    s->avail_out = (uInt)capacity;
    int result = inflate(s, Z_NO_FLUSH);
    *used = count - s->avail_in;
    *made = capacity - s->avail_out;
    if (result == Z_STREAM_END)
        return VDIB_OUTCOME_END;
    return result == Z_OK || result == Z_BUF_ERROR ? VDIB_OUTCOME_MORE : VDIB_OUTCOME_DAMAGED;
}

static void end(vdib__codec *codec) {
    (void)inflateEnd(codec->state);
    vdib__free(codec->state);
}

const vdib__packing vdib__packing_gzip = {
    .ending = ".gz",
    VDIB_PACKING_SAYS("gzip"),
    .begins = begins,
    .begin = begin,
    .again = again,
    .step = step,
    .end = end,
};
