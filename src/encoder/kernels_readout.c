/* SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "encoder/kernels_lane.h"

/* Rows of errors are far apart: fetched so many steps before they are needed. */
enum { ROWS_AHEAD = 8 };

/* One row of sums from the newest row of a tile back: whole registers if the row is a whole block, else element by
 * element. */
static inline void filter_row(float *sums, size_t width, const float *newest, const float *taps, size_t first,
                              size_t end) {
    if (width == VDIB_BLOCK) {
        lane sum[LANES];
        memcpy(sum, sums, sizeof sum);
        for (size_t lag = first; lag < end; lag++) {
            const lane *row = (const lane *)(newest - lag * VDIB_BLOCK);
            for (int i = 0; i < LANES; i++)
                sum[i] += taps[lag] * row[i];
        }
        memcpy(sums, sum, sizeof sum);
        return;
    }
    for (size_t lag = first; lag < end; lag++)
        for (size_t i = 0; i < width; i++)
            sums[i] += taps[lag] * (newest - lag * VDIB_BLOCK)[i];
}

static void filter(float *sums, size_t stride, size_t width, const float *tile, size_t steps, const vdib__filter *f) {
    for (size_t t = f->first; t < steps; t++)
        filter_row(sums + t * stride, width, tile + t * VDIB_BLOCK, f->taps, f->first, f->end < t + 1 ? f->end : t + 1);
}

static void filter_adjoint(float *tile, size_t made, const float *errors, size_t stride, size_t steps,
                           const vdib__filter *f, size_t delay) {
    for (size_t t = 0; t < made; t++) {
        lane sum[LANES], *to = (lane *)(tile + t * VDIB_BLOCK);
        for (int i = 0; i < LANES; i++)
            sum[i] = (lane){0};
        for (size_t lag = f->first; lag < f->end && t + delay + lag < steps; lag++) {
            const lane *row = (const lane *)(errors + (t + delay + lag) * stride);
            for (int i = 0; i < LANES; i++)
                sum[i] += f->taps[lag] * row[i];
        }
        if (t + delay + f->end + ROWS_AHEAD < steps)
            prefetch_row(errors + (t + delay + f->end + ROWS_AHEAD) * stride, VDIB_BLOCK);
        for (int i = 0; i < LANES; i++)
            to[i] = sum[i];
    }
}

static void filter_gradient(double *sums, size_t lags, const float *tile, const float *errors, size_t stride,
                            size_t steps) {
    for (size_t lag = 0; lag < lags && lag < steps; lag++) {
        lane sum[LANES] = {{0}};
        float columns[VDIB_BLOCK];
        for (size_t t = lag; t < steps; t++) {
            const lane *error = (const lane *)(errors + t * stride),
                       *current = (const lane *)(tile + (t - lag) * VDIB_BLOCK);
            for (int i = 0; i < LANES; i++)
                sum[i] += error[i] * current[i];
        }
        memcpy(columns, sum, sizeof columns);
        for (size_t i = 0; i < VDIB_BLOCK; i++)
            sums[lag] += (double)columns[i];
    }
}

/* The row of `lag` steps before the newest, lag < period. */
static inline size_t ring_row(const vdib__row_ring *ring, size_t lag) {
    return ring->newest >= lag ? ring->newest - lag : ring->newest + ring->period - lag;
}

/* A whole block of columns: its sums stay in registers. */
static inline void filter_block(float *sums, const float *rows, const vdib__row_ring *ring, const vdib__filter *f,
                                size_t end) {
    lane *at = (lane *)sums, sum[LANES];
    for (int i = 0; i < LANES; i++)
        sum[i] = at[i];
    for (size_t lag = f->first; lag < end; lag++) {
        const lane *from = (const lane *)(rows + ring_row(ring, lag) * ring->stride);
        for (int i = 0; i < LANES; i++)
            sum[i] += f->taps[lag] * from[i];
    }
    for (int i = 0; i < LANES; i++)
        at[i] = sum[i];
}

static void filter_rows(float *sums, size_t count, const vdib__row_ring *ring, const vdib__filter *f) {
    size_t column = 0, end = f->end < ring->filled ? f->end : ring->filled;
    for (; column + VDIB_BLOCK <= count; column += VDIB_BLOCK)
        filter_block(sums + column, ring->rows + column, ring, f, end);
    for (size_t lag = f->first; lag < end && column < count; lag++) {
        const float *row = ring->rows + ring_row(ring, lag) * ring->stride;
        for (size_t i = column; i < count; i++)
            sums[i] += f->taps[lag] * row[i];
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
    .filter_gradient = filter_gradient,
    .filter_rows = filter_rows,
    .sigmoid = sigmoid_row,
    .draw = draw,
};
