/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/raster.h"
#include "encoder/layers.h"

/* The first spike of channel `row` at or after `time`, as a place in the raster's indices. */
static size_t first_spike(const vdib_raster *by_channel, size_t row, size_t time) {
    size_t low = by_channel->offsets[row], high = by_channel->offsets[row + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_channel->indices[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Steps [first, first + steps) of a sequence as times of the raster: what lies before `shift` has no spikes. */
typedef struct chunk {
    size_t first, steps;
    size_t begin, end; /* times */
} chunk;

static chunk chunk_at(size_t first, size_t steps, size_t shift) {
    size_t left = steps - first;
    chunk c = {.first = first, .steps = left < VDIB_TILE_STEPS ? left : VDIB_TILE_STEPS};
    c.begin = first > shift ? first - shift : 0;
    c.end = c.first + c.steps > shift ? c.first + c.steps - shift : 0;
    return c;
}

/* The spikes of a channel within a chunk. */
static const uint32_t *chunk_spikes(const chunk *c, const vdib_raster *by_channel, size_t row, bool whole,
                                    size_t *count) {
    size_t begin = whole ? by_channel->offsets[row] : first_spike(by_channel, row, c->begin);
    size_t end = whole ? by_channel->offsets[row + 1] : first_spike(by_channel, row, c->end);
    *count = end - begin;
    return by_channel->indices + begin;
}

/* Kernels index tile rows by time - (first - shift); modulo 2^64 this is right for first < shift too. */
void vdib__spikes_times_weights(const vdib__encoder_kernels *kernels, const vdib_raster *by_channel, size_t shift,
                                size_t steps, const float *weights, size_t columns, size_t column, size_t width,
                                float *currents) {
    _Alignas(64) float tile[VDIB_TILE_STEPS * VDIB_BLOCK];
    _Alignas(64) float padded[VDIB_BLOCK] = {0};
    for (size_t first = 0; first < steps; first += VDIB_TILE_STEPS) {
        chunk c = chunk_at(first, steps, shift);
        memset(tile, 0, c.steps * VDIB_BLOCK * sizeof *tile);
        for (size_t j = 0; j < by_channel->steps; j++) {
            size_t count = 0;
            const uint32_t *times = chunk_spikes(&c, by_channel, j, steps <= VDIB_TILE_STEPS, &count);
            if (count == 0)
                continue;
            const float *row = weights + j * columns + column;
            if (width < VDIB_BLOCK)
                row = memcpy(padded, row, width * sizeof *row);
            kernels->scatter(tile, row, times, count, c.first - shift);
        }
        for (size_t t = 0; t < c.steps; t++)
            memcpy(currents + (c.first + t) * columns + column, tile + t * VDIB_BLOCK, width * sizeof *currents);
    }
}

void vdib__spikes_times_values(const vdib__encoder_kernels *kernels, const vdib_raster *by_channel, size_t shift,
                               size_t steps, const float *values, size_t columns, size_t column, size_t width,
                               size_t begin, size_t end, float *gradient) {
    _Alignas(64) float tile[VDIB_TILE_STEPS * VDIB_BLOCK];
    _Alignas(64) float padded[VDIB_BLOCK] = {0};
    if (width < VDIB_BLOCK)
        memset(tile, 0, sizeof tile);
    for (size_t first = 0; first < steps; first += VDIB_TILE_STEPS) {
        chunk c = chunk_at(first, steps, shift);
        for (size_t t = 0; t < c.steps; t++)
            memcpy(tile + t * VDIB_BLOCK, values + (c.first + t) * columns + column, width * sizeof *tile);
        for (size_t j = begin; j < end; j++) {
            size_t count = 0;
            const uint32_t *times = chunk_spikes(&c, by_channel, j, steps <= VDIB_TILE_STEPS, &count);
            if (count == 0)
                continue;
            float *row = gradient + j * columns + column;
            float *sum = width < VDIB_BLOCK ? memcpy(padded, row, width * sizeof *row) : row;
            kernels->collect(sum, tile, times, count, c.first - shift);
            if (width < VDIB_BLOCK)
                memcpy(row, padded, width * sizeof *row);
        }
    }
}
