/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_SEQUENCE_H
#define VDIB_LEARN_SEQUENCE_H
/* Step-by-step tasks: one long sequence in which the decoder reads the last tau_d steps at every step; the first tau_d
 * steps only fill its window. */

#include "data/dataset.h"
#include "learn/objective.h"

/* Called for every step at which the decoder decodes, with its logits (outputs). */
typedef void vdib__sequence_visit(size_t step, const float *logits, void *user);

/* Buffers for sequences of one number of steps. */
typedef struct vdib__sequence vdib__sequence;
vdib_status vdib__sequence_create(const vdib_model *model, size_t steps, vdib__sequence **sequence);
void vdib__sequence_destroy(vdib__sequence *sequence);

/* Runs an example (raster and step labels) with fixed weights; readout draw keyed by (seed, EVALUATION, index). `visit`
 * may be NULL. *loss: sums over the scored steps. */
vdib_status vdib__sequence_run(const vdib_model *model, vdib__sequence *sequence, const vdib_example *example,
                               uint64_t seed, uint64_t index, vdib__sequence_visit *visit, void *user,
                               vdib__loss *loss);

/* The encoder's trial of the last run, borrowed: spikes and operations. */
const vdib__trial *vdib__sequence_trial(const vdib__sequence *sequence);

#endif
