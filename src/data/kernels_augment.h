/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_KERNELS_AUGMENT_H
#define VDIB_DATA_KERNELS_AUGMENT_H
/* The inner loop of augmentation over events, compiled once a kernel level; every level gives the same bits. */

#include <stddef.h>
#include <stdint.h>

#include "core/kernel_level.h"

enum { VDIB_AUGMENT_BLOCK = 256 };

/* What happens to all events of a presentation. */
typedef struct vdib__augment_motion {
    float xx, xy, x0, yx, yy, y0; /* places, half a pixel added: pixel (floor, floor) */
    float width, height;
    double time_scale, time_shift, time_jitter;
    double duration, step_us; /* of the window and of a step */
    float drop;
    uint32_t swap; /* 1: planes 0 and 1 change places */
    uint32_t rows, columns, steps;
} vdib__augment_motion;

/* Some events. */
typedef struct vdib__augment_block {
    double times[VDIB_AUGMENT_BLOCK]; /* microseconds since the window began */
    float x[VDIB_AUGMENT_BLOCK], y[VDIB_AUGMENT_BLOCK];
    uint32_t planes[VDIB_AUGMENT_BLOCK];
    uint32_t drops[VDIB_AUGMENT_BLOCK], jitters[VDIB_AUGMENT_BLOCK];  /* random words */
    uint32_t steps[VDIB_AUGMENT_BLOCK], channels[VDIB_AUGMENT_BLOCK]; /* what becomes of them; step T: they are lost */
} vdib__augment_block;

typedef struct vdib__augment_kernels {
    /* steps and channels of the first `count` events of a block */
    void (*move)(const vdib__augment_motion *motion, size_t count, vdib__augment_block *block);
} vdib__augment_kernels;

#endif
