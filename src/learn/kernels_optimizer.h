/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_KERNELS_OPTIMIZER_H
#define VDIB_LEARN_KERNELS_OPTIMIZER_H
/* The loops of the update rules, element by element: every level gives the same bits. */

#include <stddef.h>

#include "core/kernel_level.h"

/* Constants of one Adam update. */
typedef struct vdib__adam_step {
    float rate;         /* learning rate / (1 - beta1^n) */
    float second_scale; /* 1 / (1 - beta2^n) */
    float shrink;       /* 1 - learning rate * weight decay; 1 under adam */
    float scale;        /* gradient clipping factor */
} vdib__adam_step;

typedef struct vdib__optimizer_kernels {
    /* w -= rate * g */
    void (*sgd)(float *w, const float *g, size_t count, float rate);
    /* averages a <- memory * a + (1 - memory) * new, then g <- g * (signal - numerator / max(1e-12, denominator)) */
    void (*baseline)(float *g, float *numerator, float *denominator, size_t count, float memory, float signal);
    /* the first update: averages start at their first values */
    void (*baseline_first)(float *g, float *numerator, float *denominator, size_t count, float signal);
    void (*adam)(float *w, const float *g, float *first, float *second, size_t count, const vdib__adam_step *step);
} vdib__optimizer_kernels;

/* The table of a level that this build has; portable for one that it has not. */
const vdib__optimizer_kernels *vdib__optimizer_kernels_of(vdib__kernel_level level);

extern const vdib__optimizer_kernels vdib__optimizer_kernels_portable;
#if defined(__x86_64__)
extern const vdib__optimizer_kernels vdib__optimizer_kernels_avx2;
extern const vdib__optimizer_kernels vdib__optimizer_kernels_avx512;
#endif

#endif
