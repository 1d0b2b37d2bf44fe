/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_ADAM_H
#define VDIB_LEARN_ADAM_H
/* Adam for a training loop of the program's own: vdib/gradient.h. */

#include "learn/kernels_optimizer.h"
#include "vdib/gradient.h"

/* One update. */
typedef struct vdib__adam {
    vdib__adam_step step;
    const vdib__optimizer_kernels *kernels;
    int threads;
} vdib__adam;

/* Checks what a program has given, in the name of a public function. */
vdib_status vdib__adam_begin(const char *function, const vdib_adam *given, vdib__adam *adam);

/* Moves elements that lie side by side; those that would not move are left out, 64 at a time. */
void vdib__adam_move(const vdib__adam *adam, float *values, const float *gradients, float *first, float *second,
                     size_t count);

#endif
