/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_KERNELS_OPTIMIZER_H
#define VDIB_LEARN_KERNELS_OPTIMIZER_H
/* The loops of the update rules, element by element and in one pass over memory: every level gives the same bits. */

#include <stddef.h>
#include <stdint.h>

#include "core/kernel_level.h"

/* Elements that are silent together. */
#define VDIB_SILENT_PIECE 64

/* Constants of one Adam update. */
typedef struct vdib__adam_step {
    float learning_rate; /* over 1 - beta1^n */
    float second_scale;  /* 1 / (1 - beta2^n) */
    float shrink;        /* 1 - learning rate * weight decay; 1 under adam */
    float scale;         /* gradient clipping factor */
    float beta1, beta2;  /* memories of the moments */
    float epsilon;       /* keeps the quotient finite */
} vdib__adam_step;

/* What keeps it finite in Kingma and Ba 2015. */
#define VDIB_ADAM_EPSILON 1e-8

/* Constants of one update with the per-parameter baseline. */
typedef struct vdib__score_step {
    float learning_rate;
    float memory; /* weight of the old averages; 0 in the first update, where they start at their first values */
    float signal; /* average of the loss */
} vdib__score_step;

/* The averages of the per-parameter baseline, each (count). */
typedef struct vdib__averages_row {
    float *numerator, *denominator;
    uint64_t missed; /* updates with a gradient of 0 that have not been entered yet */
} vdib__averages_row;

typedef struct vdib__optimizer_kernels {
    /* w -= learning_rate * g */
    void (*sgd)(float *w, const float *g, size_t count, float learning_rate);
    /* averages a <- memory * a + (1 - memory) * new, then w -= learning_rate * g * (signal - numerator / max(1e-12,
     * denominator)) */
    void (*score)(const vdib__score_step *step, float *w, const float *g, const vdib__averages_row *averages,
                  size_t count);
    /* the same without the update: weighed = g * (signal - numerator / max(1e-12, denominator)), which may be g itself;
     * a difference below 1e-6 of the signal is rounding, and 0 */
    void (*weigh)(const vdib__score_step *step, float *weighed, const float *g, const vdib__averages_row *averages,
                  size_t count);
    /* enters the missed updates alone */
    void (*catch_up)(const vdib__averages_row *averages, size_t count, float memory);
    void (*adam)(float *w, const float *g, float *first, float *second, size_t count, const vdib__adam_step *step);
    /* a += share * (w - a): a running average of the weights */
    void (*average)(float *a, const float *w, size_t count, float share);
    /* how many elements at the beginning have a gradient and a second moment of 0: whole pieces, or all */
    size_t (*silent)(const float *g, const float *second, size_t count);
} vdib__optimizer_kernels;

/* The table of a level that this build has; portable for one that it has not. */
const vdib__optimizer_kernels *vdib__optimizer_kernels_of(vdib__kernel_level level);

#endif
