/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_SURROGATE_H
#define VDIB_ENCODER_SURROGATE_H
/* Surrogate derivatives: what stands for the derivative of Theta(u), which is 0 everywhere but at the threshold,
 * when an error passes backward through a spiking neuron.
 *
 * A surrogate is one file, surrogates/kernels_<symbol>.c, and one row of the table in surrogates.c. The file is
 * compiled once a kernel level, as all kernels are, and must give the same bits at each. */

#include "core/choice.h"
#include "core/kernel_level.h"

/* The functions of one kernel level. `slope` is k of neuron.surrogate_slope; most surrogates do without. */
typedef struct vdib__surrogate_kernel {
    /* errors (count) *= the derivative at the potentials (count) */
    void (*multiply)(float *errors, const float *potentials, size_t count, float slope);
    /* NULL for a derivative that is not exactly 0 anywhere. Else where it is not: one word a step, `stride` apart,
     * bit i for column i of the first `width` columns of a tile (steps, VDIB_BLOCK) of potentials. Errors elsewhere
     * are not formed. */
    void (*open)(const float *tile, size_t steps, size_t width, uint64_t *open, size_t stride);
} vdib__surrogate_kernel;

typedef struct vdib__surrogate {
    vdib__choice choice;
    bool reads_slope; /* `slope` must be positive */
    const vdib__surrogate_kernel *levels[VDIB_KERNEL_LEVELS];
} vdib__surrogate;

/* In a file of surrogates/: VDIB_SURROGATE(symbol) = {.multiply = ..., .open = ...}; */
#define VDIB_SURROGATE(symbol)                                                                                         \
    extern const vdib__surrogate_kernel VDIB_KERNEL_TABLE(vdib__surrogate_##symbol);                                   \
    const vdib__surrogate_kernel VDIB_KERNEL_TABLE(vdib__surrogate_##symbol)

/* All of them; every row is the first member of a vdib__surrogate. */
extern const vdib__choices vdib__surrogates;

static inline const vdib__surrogate *vdib__surrogate_of(const vdib__choice *choice) {
    return (const vdib__surrogate *)choice;
}

/* The surrogate of a name that is known to exist. */
static inline const vdib__surrogate *vdib__surrogate_named(const char *name) {
    return vdib__surrogate_of(vdib__choice_find(&vdib__surrogates, name));
}

#endif
