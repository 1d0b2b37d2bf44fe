/* SPDX-License-Identifier: MIT */
#include "data/coding.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "data/inputs.h"

enum { WORDS = 4 }; /* random words of a block */

/* The blocks of pixels that are not background: no random number is looked at for the others. */
typedef struct bright_blocks {
    size_t count;
    uint32_t *numbers; /* (count) */
    float *pixels;     /* (count, 4), 0 beyond the image */
    uint32_t *words;   /* (count, 4) of a step */
} bright_blocks;

static void bright_free(bright_blocks *bright) {
    vdib__free(bright->words);
    vdib__free(bright->pixels);
    vdib__free(bright->numbers);
}

static vdib_status bright_create(const float *pixels, size_t channels, bright_blocks *bright) {
    size_t blocks = (channels + WORDS - 1) / WORDS;
    *bright = (bright_blocks){0};
    vdib_status status = VDIB_NEW(&bright->numbers, blocks);
    if (status == VDIB_OK)
        status = VDIB_NEW(&bright->pixels, blocks * WORDS);
    if (status == VDIB_OK)
        status = VDIB_NEW(&bright->words, blocks * WORDS);
    if (status != VDIB_OK) {
        bright_free(bright);
        return status;
    }
    for (size_t block = 0; block < blocks; block++) {
        size_t first = block * WORDS, last = first + WORDS < channels ? first + WORDS : channels;
        float *kept = bright->pixels + bright->count * WORDS, largest = 0.0F;
        for (size_t n = first; n < first + WORDS; n++) {
            kept[n - first] = n < last ? pixels[n] : 0.0F;
            largest = kept[n - first] > largest ? kept[n - first] : largest;
        }
        bright->numbers[bright->count] = (uint32_t)block;
        bright->count += largest > 0.0F;
    }
    return VDIB_OK;
}

/* channels = the pixels that spike in step t; returns how many. */
static size_t code_step(vdib__kernel_level level, const bright_blocks *bright, const vdib__key *key, uint32_t step,
                        uint32_t *channels) {
    size_t count = 0;
    vdib__random_blocks(level, key, step, bright->numbers, bright->count, bright->words);
    for (size_t i = 0; i < bright->count * WORDS; i++) {
        channels[count] = bright->numbers[i / WORDS] * WORDS + i % WORDS; /* kept only if the pixel spikes */
        count += vdib__uniform(bright->words[i]) < bright->pixels[i];
    }
    return count;
}

vdib_status vdib__code_rate(vdib__kernel_level level, const float *pixels, const vdib__key *key, vdib_raster *raster) {
    bright_blocks bright;
    VDIB_TRY(bright_create(pixels, raster->channels, &bright));
    vdib_status status = VDIB_OK;
    raster->offsets[0] = 0;
    for (size_t t = 0; t < raster->steps && status == VDIB_OK; t++) {
        size_t count = raster->offsets[t];
        status = VDIB_RESERVE(&raster->indices, &raster->capacity, count + bright.count * WORDS);
        if (status == VDIB_OK)
            raster->offsets[t + 1] = count + code_step(level, &bright, key, (uint32_t)t, raster->indices + count);
    }
    bright_free(&bright);
    return status;
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

static vdib_status code_latency(vdib__kernel_level level, const float *pixels, const vdib__key *key,
                                vdib_raster *raster) {
    (void)level, (void)key;
    return vdib__code_latency(pixels, raster);
}

const vdib__input vdib__input_rate = {
    .choice = {.name = "rate", .help = "images; a pixel x spikes with probability x in every step"},
    .code = vdib__code_rate};
const vdib__input vdib__input_latency = {
    .choice = {.name = "latency",
               .help = "images; a pixel spikes once, the earlier the brighter it is",
               .tags = "one-spike"},
    .code = code_latency};
