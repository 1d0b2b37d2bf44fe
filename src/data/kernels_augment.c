/* SPDX-License-Identifier: MIT */
#include "data/kernels_augment.h"

#include <stdbool.h>

#include "core/random.h"

/* The places of the events: channels, and 0 or 1 for those off the sensor or on it. */
static void move_places(const vdib__augment_motion *m, size_t count, vdib__augment_block *restrict b) {
    const float xx = m->xx, xy = m->xy, x0 = m->x0, yx = m->yx, yy = m->yy, y0 = m->y0;
    const float width = m->width, height = m->height, drop = m->drop;
    const uint32_t swap = m->swap, rows = m->rows, columns = m->columns;
    for (size_t i = 0; i < count; i++) {
        float x = xx * b->x[i] + xy * b->y[i] + x0, y = yx * b->x[i] + yy * b->y[i] + y0;
        uint32_t kept = (x >= 0.0F) & (x < width) & (y >= 0.0F) & (y < height) & (vdib__uniform(b->drops[i]) >= drop);
        uint32_t column = (uint32_t)(int32_t)(kept ? x : 0.0F), row = (uint32_t)(int32_t)(kept ? y : 0.0F);
        b->channels[i] = ((b->planes[i] ^ swap) * rows + row) * columns + column;
        b->steps[i] = kept;
    }
}

/* The steps of those that are kept. */
static void move_times(const vdib__augment_motion *m, size_t count, vdib__augment_block *restrict b) {
    const double scale = m->time_scale, shift = m->time_shift, jitter = m->time_jitter;
    const double duration = m->duration, step_us = m->step_us;
    const uint32_t steps = m->steps;
    for (size_t i = 0; i < count; i++) {
        double own = jitter * (2.0 * (double)vdib__uniform(b->jitters[i]) - 1.0);
        double time = scale * b->times[i] + (shift + own);
        bool kept = (b->steps[i] != 0) & (time >= 0.0) & (time < duration);
        uint32_t step = (uint32_t)(int32_t)((kept ? time : 0.0) / step_us);
        b->steps[i] = kept ? step : steps;
    }
}

static void move(const vdib__augment_motion *motion, size_t count, vdib__augment_block *block) {
    move_places(motion, count, block);
    move_times(motion, count, block);
}

extern const vdib__augment_kernels VDIB_KERNEL_TABLE(vdib__augment_kernels);
const vdib__augment_kernels VDIB_KERNEL_TABLE(vdib__augment_kernels) = {.move = move};
