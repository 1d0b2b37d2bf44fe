/* SPDX-License-Identifier: MIT */
#include "data/coding.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

enum { WORDS = 4 }; /* random words of a block */

/* Appends the pixels of one block that spike in step t. */
static vdib_status code_block(const float *pixels, size_t count, const vdib__key *key, uint32_t step, uint32_t block,
                              vdib__raster_builder *builder) {
    size_t first = (size_t)block * WORDS, last = first + WORDS < count ? first + WORDS : count;
    float largest = 0.0F;
    for (size_t n = first; n < last; n++)
        largest = pixels[n] > largest ? pixels[n] : largest;
    if (largest == 0.0F) /* background: no random number is looked at */
        return VDIB_OK;
    uint32_t words[WORDS];
    vdib__random_block(key, step, block, words);
    for (size_t n = first; n < last; n++)
        if (vdib__uniform(words[n - first]) < pixels[n])
            VDIB_TRY(vdib__raster_append(builder, (uint32_t)n));
    return VDIB_OK;
}

vdib_status vdib__code_rate(const float *pixels, const vdib__key *key, vdib_raster *raster) {
    vdib__raster_builder builder;
    vdib__raster_begin(&builder, raster);
    for (size_t t = 0; t < raster->steps; t++) {
        for (size_t block = 0; block * WORDS < raster->channels; block++)
            VDIB_TRY(code_block(pixels, raster->channels, key, (uint32_t)t, (uint32_t)block, &builder));
        vdib__raster_end_step(&builder);
    }
    return VDIB_OK;
}

/* Step of a pixel's spike among T steps; T if it has none. Halves are rounded up. */
static size_t latency_step(float pixel, size_t steps) {
    double last = (double)(steps - 1), level = round((double)pixel * last);
    if (!(level >= 1.0))
        return steps;
    return steps - (size_t)(level < last ? level : last);
}

vdib_status vdib__code_latency(const float *pixels, vdib_raster *raster) {
    size_t steps = raster->steps, *offsets = raster->offsets;
    VDIB_TRY(VDIB_RESERVE(&raster->indices, &raster->capacity, raster->channels));
    memset(offsets, 0, (steps + 1) * sizeof *offsets);
    /* A counting sort by step: first the sizes of the steps, at offsets[t + 1], then their starts, moved to their ends
     * while they fill, then moved back. */
    for (size_t n = 0; n < raster->channels; n++) {
        size_t t = latency_step(pixels[n], steps);
        if (t < steps)
            offsets[t + 1]++;
    }
    for (size_t t = 0; t < steps; t++)
        offsets[t + 1] += offsets[t];
    for (size_t n = 0; n < raster->channels; n++) {
        size_t t = latency_step(pixels[n], steps);
        if (t < steps)
            raster->indices[offsets[t]++] = (uint32_t)n;
    }
    memmove(offsets + 1, offsets, steps * sizeof *offsets);
    offsets[0] = 0;
    return VDIB_OK;
}
