/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_SEQUENCE_H
#define VDIB_LEARN_SEQUENCE_H
/* Step-by-step tasks: one long sequence in which the decoder reads the last tau_d steps at every step; the first tau_d steps
 * only fill its window. */

#include "data/dataset.h"
#include "learn/objective.h"

/* Called for every scored step with the decoder's logits (outputs). */
typedef void vdib__sequence_visit(size_t step, const float *logits, void *user);

/* Sums over the scored steps of one sequence. */
typedef struct vdib__sequence_loss {
    vdib__loss sum;
    size_t steps; /* scored */
} vdib__sequence_loss;

/* Buffers for sequences of one number of steps. */
typedef struct vdib__sequence vdib__sequence;
vdib_status vdib__sequence_create(const vdib_model *model, size_t steps, vdib__sequence **sequence);
void vdib__sequence_destroy(vdib__sequence *sequence);

/* Runs an example (raster and step labels) with fixed weights; readout draw keyed by (seed, EVALUATION, index). `visit` may
 * be NULL. */
vdib_status vdib__sequence_run(const vdib_model *model, vdib__sequence *sequence, const vdib_example *example,
                               uint64_t seed, uint64_t index, vdib__sequence_visit *visit, void *user,
                               vdib__sequence_loss *loss);

/* The encoder's trial of the last run, borrowed: spikes and operations. */
const vdib__trial *vdib__sequence_trial(const vdib__sequence *sequence);

#endif
