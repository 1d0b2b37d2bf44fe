/* SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "encoder/kernels_lane.h"

/* One row of sums: whole registers if the row is a whole block, else element by element. */
static inline void filter_row(float *sums, size_t width, const float *newest, const float *taps, size_t lags) {
    if (width == VDIB_BLOCK) {
        lane sum[LANES];
        memcpy(sum, sums, sizeof sum);
        for (size_t lag = 0; lag < lags; lag++) {
            const lane *row = (const lane *)(newest - lag * VDIB_BLOCK);
            for (int i = 0; i < LANES; i++)
                sum[i] += taps[lag] * row[i];
        }
        memcpy(sums, sum, sizeof sum);
        return;
    }
    for (size_t lag = 0; lag < lags; lag++)
        for (size_t i = 0; i < width; i++)
            sums[i] += taps[lag] * (newest - lag * VDIB_BLOCK)[i];
}

static void filter(float *sums, size_t stride, size_t width, const float *tile, size_t steps, const float *taps,
                   size_t lags) {
    for (size_t t = 0; t < steps; t++)
        filter_row(sums + t * stride, width, tile + t * VDIB_BLOCK, taps, lags < t + 1 ? lags : t + 1);
}

static void filter_adjoint(float *tile, const float *errors, size_t stride, size_t steps, const float *taps,
                           size_t lags, size_t delay) {
    for (size_t t = 0; t < steps; t++) {
        lane sum[LANES];
        memset(sum, 0, sizeof sum);
        for (size_t lag = 0; lag < lags && t + delay + lag < steps; lag++) {
            const lane *row = (const lane *)(errors + (t + delay + lag) * stride);
            for (int i = 0; i < LANES; i++)
                sum[i] += taps[lag] * row[i];
        }
        memcpy(tile + t * VDIB_BLOCK, sum, sizeof sum);
    }
}

/* A whole block of columns: its sums stay in registers. */
static inline void filter_block(float *sums, const vdib__row_ring *ring, const float *taps, size_t lags) {
    lane *at = (lane *)sums, sum[LANES];
    for (int i = 0; i < LANES; i++)
        sum[i] = at[i];
    for (size_t lag = 0, row = ring->newest; lag < lags; lag++, row = row == 0 ? ring->period - 1 : row - 1) {
        const lane *from = (const lane *)(ring->rows + row * ring->stride);
        for (int i = 0; i < LANES; i++)
            sum[i] += taps[lag] * from[i];
    }
    for (int i = 0; i < LANES; i++)
        at[i] = sum[i];
}

static void filter_rows(float *sums, size_t count, const vdib__row_ring *ring, const float *taps, size_t lags) {
    size_t column = 0;
    for (; column + VDIB_BLOCK <= count; column += VDIB_BLOCK) {
        vdib__row_ring part = *ring;
        part.rows += column;
        filter_block(sums + column, &part, taps, lags);
    }
    for (; column < count; column += VDIB_BLOCK) {
        size_t width = count - column < VDIB_BLOCK ? count - column : VDIB_BLOCK, at = ring->newest;
        _Alignas(64) float sum[VDIB_BLOCK];
        memcpy(sum, sums + column, width * sizeof *sum);
        for (size_t lag = 0; lag < lags; lag++, at = at == 0 ? ring->period - 1 : at - 1) {
            const float *row = ring->rows + at * ring->stride + column;
            for (size_t i = 0; i < width; i++)
                sum[i] += taps[lag] * row[i];
        }
        memcpy(sums + column, sum, width * sizeof *sum);
    }
}

static void draw(float *restrict spikes, const float *restrict probabilities, const uint32_t *restrict words,
                 size_t count) {
    for (size_t i = 0; i < count; i++)
        spikes[i] = (float)(int32_t)(words[i] >> 8) * 0x1p-24F < probabilities[i] ? 1.0F : 0.0F;
}

extern const vdib__readout_kernels VDIB_KERNEL_TABLE(vdib__readout_kernels);
const vdib__readout_kernels VDIB_KERNEL_TABLE(vdib__readout_kernels) = {
    .filter = filter,
    .filter_adjoint = filter_adjoint,
    .filter_rows = filter_rows,
    .sigmoid = sigmoid_row,
    .draw = draw,
};
