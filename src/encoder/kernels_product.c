/* SPDX-License-Identifier: MIT */
#include "encoder/kernels_lane.h"

/* Rows of weights are far apart: fetched so many channels before they are needed. */
enum { CHANNELS_AHEAD = 8 };

static void scatter(float *tile, const float *rows, const vdib__channel_rows *which) {
    const vdib__changes *changes = which->changes;
    for (size_t a = which->from; a < which->to; a++) {
        size_t channel = changes->active[a], end = changes->channel_offsets[channel + 1];
        const lane *row = (const lane *)(rows + (channel - which->first) * which->stride);
        if (a + CHANNELS_AHEAD < which->to)
            prefetch_row(rows + (changes->active[a + CHANNELS_AHEAD] - which->first) * which->stride, VDIB_BLOCK);
        lane kept[LANES];
        for (int i = 0; i < LANES; i++)
            kept[i] = row[i];
        for (size_t e = changes->channel_offsets[channel]; e < end; e++) {
            uint32_t entry = changes->by_channel[e];
            lane *at = (lane *)(tile + (size_t)(entry >> 1) * VDIB_BLOCK);
            for (int i = 0; i < LANES; i++)
                at[i] += lane_signed(kept[i], entry);
        }
    }
}

static void collect(float *rows, const float *tile, const vdib__channel_rows *which) {
    const vdib__changes *changes = which->changes;
    for (size_t a = which->from; a < which->to; a++) {
        size_t channel = changes->active[a], end = changes->channel_offsets[channel + 1];
        lane *row = (lane *)(rows + (channel - which->first) * which->stride), sum[LANES];
        for (int i = 0; i < LANES; i++)
            sum[i] = which->fresh ? (lane){0} : row[i];
        for (size_t e = changes->channel_offsets[channel]; e < end; e++) {
            uint32_t entry = changes->by_channel[e];
            const lane *at = (const lane *)(tile + (size_t)(entry >> 1) * VDIB_BLOCK);
            for (int i = 0; i < LANES; i++)
                sum[i] += lane_signed(at[i], entry);
        }
        for (int i = 0; i < LANES; i++)
            row[i] = sum[i];
    }
}

enum { GROUP_LANES = VDIB_GROUP / LANE };

static void scatter_patch(float *maps, const float *kernels, const vdib__patch *p, uint32_t entry) {
    for (size_t r = 0; r < p->rows; r++)
        for (size_t c = 0; c < p->columns; c++) {
            lane *at = (lane *)(maps + (p->place - r * p->width - c) * VDIB_GROUP);
            const lane *tap = (const lane *)(kernels + (p->tap + r * p->tap_row + c * p->tap_column) * VDIB_GROUP);
            for (int i = 0; i < GROUP_LANES; i++)
                at[i] += lane_signed(tap[i], entry);
        }
}

static void collect_patch(float *kernels, const float *maps, const vdib__patch *p, uint32_t entry) {
    for (size_t r = 0; r < p->rows; r++)
        for (size_t c = 0; c < p->columns; c++) {
            const lane *at = (const lane *)(maps + (p->place - r * p->width - c) * VDIB_GROUP);
            lane *tap = (lane *)(kernels + (p->tap + r * p->tap_row + c * p->tap_column) * VDIB_GROUP);
            for (int i = 0; i < GROUP_LANES; i++)
                tap[i] += lane_signed(at[i], entry);
        }
}

static void add_overlap(float *maps, const float *kernel, const vdib__overlap *o, float value) {
    for (size_t r = 0; r < o->rows; r++, maps += o->width * VDIB_GROUP, kernel += o->kernel * VDIB_GROUP)
        for (size_t i = 0; i < o->columns * VDIB_GROUP; i += LANE) {
            lane *at = (lane *)(maps + i);
            *at += value * *(const lane *)(kernel + i);
        }
}

/* Registers that a sum is kept in: a row of the portable level takes two turns. */
enum { KEPT = LANES < 8 ? LANES : 8, ENTRIES_AHEAD = 24 };

/* sum = 0, then += or -= a part of the rows of the entries, which are `stride` apart; `more` entries follow these,
 * and their rows are fetched before they are needed. */
static inline void gather_part(lane sum[KEPT], const float *rows, size_t stride, const uint32_t *entries, size_t count,
                               size_t more) {
    memset(sum, 0, KEPT * sizeof *sum);
    for (size_t e = 0; e < count; e++) {
        const lane *at = (const lane *)(rows + (size_t)(entries[e] >> 1) * stride);
        if (e + ENTRIES_AHEAD < count + more)
            prefetch_row(rows + (size_t)(entries[e + ENTRIES_AHEAD] >> 1) * stride, KEPT * LANE);
        for (int i = 0; i < KEPT; i++)
            sum[i] += lane_signed(at[i], entries[e]);
    }
}

static void gather_steps(float *tile, const float *rows, const vdib__changes *changes) {
    size_t total = changes->step_offsets[changes->steps];
    for (int first = 0; first < LANES; first += KEPT) {
        lane *row = (lane *)tile + first;
        for (size_t t = 0; t < changes->steps; t++, row += LANES) {
            size_t begin = changes->step_offsets[t], end = changes->step_offsets[t + 1];
            lane kept[KEPT];
            gather_part(kept, rows + first * LANE, VDIB_BLOCK, changes->by_step + begin, end - begin, total - end);
            for (int i = 0; i < KEPT && changes->restart[t] == 0; i++)
                kept[i] += (row - LANES)[i];
            memcpy(row, kept, sizeof kept);
        }
    }
}

/* Rows that are read side by side. Rows of a readout are kilobytes long and lie anywhere in megabytes: read from one
 * end to the other they come as fast as the caches can give them, and six at a time keep the sum's own loads and
 * stores few. */
enum { ROWS_TOGETHER = 6 };

/* sum += or -= `rows` rows of the entries, in their order; `added`: none of them is taken away. Both are constants
 * where this is inlined. */
static inline __attribute__((always_inline)) void add_rows(float *sum, size_t columns, const float *weights,
                                                           const uint32_t *entries, int rows, bool added) {
    const float *at[ROWS_TOGETHER];
    for (int r = 0; r < rows; r++)
        at[r] = weights + (size_t)(entries[r] >> 1) * columns;
    size_t column = 0;
    for (; column + LANE <= columns; column += LANE) {
        lane kept = *(lane *)(sum + column);
        for (int r = 0; r < rows; r++)
            kept += lane_signed(*(const lane *)(at[r] + column), added ? 0 : entries[r]);
        *(lane *)(sum + column) = kept;
    }
    for (; column < columns; column++)
        for (int r = 0; r < rows; r++)
            sum[column] += (entries[r] & 1) != 0 ? -at[r][column] : at[r][column];
}

static void gather(float *sum, size_t columns, const float *rows, const uint32_t *entries, size_t count) {
    memset(sum, 0, columns * sizeof *sum);
    for (; count >= ROWS_TOGETHER; count -= ROWS_TOGETHER, entries += ROWS_TOGETHER) {
        uint32_t taken = 0;
        for (int r = 0; r < ROWS_TOGETHER; r++)
            taken |= entries[r] & 1;
        if (taken == 0)
            add_rows(sum, columns, rows, entries, ROWS_TOGETHER, true);
        else
            add_rows(sum, columns, rows, entries, ROWS_TOGETHER, false);
    }
    for (; count >= 2; count -= 2, entries += 2)
        add_rows(sum, columns, rows, entries, 2, false);
    if (count > 0)
        add_rows(sum, columns, rows, entries, 1, false);
}

static void prefix_sums(float *tile, const uint8_t *restart, size_t steps) {
    lane sum[LANES];
    memset(sum, 0, sizeof sum);
    for (size_t t = 0; t < steps; t++) {
        lane *row = (lane *)(tile + t * VDIB_BLOCK);
        for (int i = 0; i < LANES; i++) {
            if (restart[t] == 0)
                row[i] += sum[i];
            sum[i] = row[i];
        }
    }
}

static void suffix_sums(float *tile, const uint8_t *restart, size_t steps) {
    for (size_t t = steps; t-- > 1;) {
        const lane *later = (const lane *)(tile + t * VDIB_BLOCK);
        lane *row = (lane *)(tile + (t - 1) * VDIB_BLOCK);
        for (int i = 0; i < LANES && restart[t] == 0; i++)
            row[i] += later[i];
    }
}

static void axpy(float *restrict y, const float *restrict x, float a, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] += a * x[i];
}

static void multiply_add(float *restrict sum, const float *restrict x, const float *restrict y, size_t count) {
    for (size_t i = 0; i < count; i++)
        sum[i] += x[i] * y[i];
}

enum { PARTS = 32 }; /* enough sums side by side that none waits for itself */
typedef float parts __attribute__((vector_size(PARTS * sizeof(float)), aligned(4), may_alias));

static float dot(const float *x, const float *y, size_t count) {
    parts sum = {0};
    size_t i = 0;
    for (; i + PARTS <= count; i += PARTS)
        sum += *(const parts *)(x + i) * *(const parts *)(y + i);
    float part[PARTS];
    memcpy(part, &sum, sizeof part);
    for (size_t rest = 0; i + rest < count; rest++)
        part[rest] += x[i + rest] * y[i + rest];
    for (size_t half = PARTS / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++)
            part[k] += part[k + half];
    return part[0];
}

extern const vdib__product_kernels VDIB_KERNEL_TABLE(vdib__product_kernels);
const vdib__product_kernels VDIB_KERNEL_TABLE(vdib__product_kernels) = {
    .scatter = scatter,
    .collect = collect,
    .scatter_patch = scatter_patch,
    .collect_patch = collect_patch,
    .add_overlap = add_overlap,
    .gather_steps = gather_steps,
    .gather = gather,
    .prefix_sums = prefix_sums,
    .suffix_sums = suffix_sums,
    .axpy = axpy,
    .multiply_add = multiply_add,
    .dot = dot,
};
