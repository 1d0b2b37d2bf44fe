/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_KERNELS_OBJECTIVE_H
#define VDIB_LEARN_KERNELS_OBJECTIVE_H
/* The loop of the rate term, in double with eight partial sums at every level: every level gives the same bits. */

#include <stddef.h>

#include "core/kernel_level.h"

/* Sums over neurons with potentials u and spikes y. */
typedef struct vdib__rate_sums {
    double softplus; /* log(1 + exp(u)) = -log(1 - sigma(u)) */
    double expected; /* sigma(u) (u + shift) */
    double sampled;  /* y (u + shift) */
} vdib__rate_sums;

typedef struct vdib__objective_kernels {
    /* sums += those of `count` neurons; spikes are 0 or 1 */
    void (*rate)(const float *potentials, const float *spikes, size_t count, double shift, vdib__rate_sums *sums);
} vdib__objective_kernels;

/* The table of a level that this build has; portable for one that it has not. */
const vdib__objective_kernels *vdib__objective_kernels_of(vdib__kernel_level level);

#endif
