/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_LESSON_H
#define VDIB_LEARN_LESSON_H
/* The encoder's share of an update of a batch: from losses, the decoder's gradient and targets, whoever made them, to
 * the errors of the readout, the gradients of the encoder and its update. */

#include "learn/trainer.h"

/* Buffers for up to some examples of one number of steps. */
typedef struct vdib__lesson vdib__lesson;
/* What it allocates, in bytes. */
size_t vdib__lesson_bytes(const vdib_model *model, const vdib__estimator_plan *plan, size_t examples, size_t steps);
vdib_status vdib__lesson_create(const vdib_trainer *trainer, size_t examples, size_t steps, vdib__lesson **lesson);
void vdib__lesson_destroy(vdib__lesson *lesson);

/* What is known of the samples (example, m) of a batch after its forward pass; docs/method.md, eq. (20) to (28). M
 * draws. */
typedef struct vdib__lesson_terms {
    size_t examples;
    const double *losses; /* (examples, M) l; score-function estimators, and the per-parameter baseline */
    /* (examples, M) each (tau_d, NY) in the place of (tau_d, NR): dL/dy; estimators that read it, else NULL */
    const float *window_gradients;
    const uint32_t *labels;      /* (examples) classes; estimators that read them, else NULL */
    const float *const *targets; /* (examples) each (encoder->targets); drtp, else NULL */
} vdib__lesson_terms;

/* Teaches the encoder what the batch of `batch` has shown. The batch's trials are those of the samples. */
vdib_status vdib__lesson_give(vdib__lesson *lesson, vdib_trainer *trainer, const vdib__batch *batch,
                              const vdib__lesson_terms *terms);

#endif
