/* SPDX-License-Identifier: MIT */
/* Zstandard (RFC 8878). */

#include "events/packings/packing.h"
#include "events/words.h"

enum { SKIPPED = 0x184D2A50, ANY_SKIPPED = 0xF }; /* frames that hold something else */

static bool begins(const uint8_t *at, size_t count) {
    return count >= 4 && (vdib__little32(at) == 0xFD2FB528 || (vdib__little32(at) & ~(uint32_t)ANY_SKIPPED) == SKIPPED);
}

#if VDIB_WITH_ZSTD

#include <zstd.h>
#include <zstd_errors.h>

/* Memory that a frame may ask for, as a power of two of bytes. Small files get what `zstd -19` needs, others what
 * `zstd --ultra --long` does. */
enum { SMALL = 1 << 20, SMALL_WINDOW = 23, LARGE_WINDOW = 27 };

static bool begin(vdib__codec *codec, uint64_t size) {
    ZSTD_DCtx *made = ZSTD_createDCtx();
    codec->state = made;
    return made != NULL &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(made, ZSTD_d_windowLogMax, size < SMALL ? SMALL_WINDOW : LARGE_WINDOW));
}

static bool again(vdib__codec *codec) {
    return !ZSTD_isError(ZSTD_DCtx_reset(codec->state, ZSTD_reset_session_only));
}

static vdib__outcome step(vdib__codec *codec, const uint8_t *in, size_t count, size_t *used, uint8_t *out,
                          size_t capacity, size_t *made) {
    ZSTD_inBuffer from = {.src = in, .size = count};
    ZSTD_outBuffer to = {.dst = out, .size = capacity};
    size_t result = ZSTD_decompressStream(codec->state, &to, &from);
    *used = from.pos;
    *made = to.pos;
    const ZSTD_ErrorCode wrong = ZSTD_getErrorCode(result);
    if (wrong == ZSTD_error_frameParameter_windowTooLarge || wrong == ZSTD_error_dictionary_wrong)
        return VDIB_OUTCOME_WIDE;
    if (ZSTD_isError(result))
        return VDIB_OUTCOME_DAMAGED;
    return result == 0 ? VDIB_OUTCOME_END : VDIB_OUTCOME_MORE;
}

static void end(vdib__codec *codec) {
    (void)ZSTD_freeDCtx(codec->state);
}

const vdib__packing vdib__packing_zstd = {
    .ending = ".zst",
    VDIB_PACKING_SAYS("Zstandard"),
    .wide = "needs more memory to be unpacked than is given, or a dictionary; compress it without --long, --ultra and "
            "-D",
    .begins = begins,
    .begin = begin,
    .again = again,
    .step = step,
    .end = end,
};

#else

const vdib__packing vdib__packing_zstd = {
    .ending = ".zst",
    VDIB_PACKING_WITHOUT("Zstandard", "VDIB_WITH_ZSTD"),
    .begins = begins,
};

#endif
