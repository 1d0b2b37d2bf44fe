/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_UPDATES_H
#define VDIB_LEARN_UPDATES_H
/* The gradients and updates of the two halves of a model, encoder and decoder: what all schedules share. */

#include "learn/trainer.h"

/* One half's update rule from the configuration; no memory yet, and no learning rate. */
vdib__optimizer vdib__updates_optimizer(const vdib_model *model, bool encoder);

/* Starts the optimisers of both halves as the configuration says. */
vdib_status vdib__updates_start(vdib_trainer *trainer);

/* Sets what the next update of `count` examples does by how many were shown before it: the learning rates of both
 * halves, and the price of the rate. */
void vdib__updates_begin(vdib_trainer *trainer, uint64_t count);

/* Several ranks: each has the optimisers' whole state, and the whole average of the weights, afterwards. All of them
 * call it. */
vdib_status vdib__updates_collect(vdib_trainer *trainer);

/* The decoder's gradients from those of the logits (count, outputs) after vdib__chain_forward, and its update: made
 * while they are formed, or afterwards if their norm is clipped. window_gradients (count, window, NY) or NULL if not
 * wanted. */
vdib_status vdib__update_decoder(vdib_trainer *trainer, int threads, vdib__chain_workspace *workspace,
                                 const float *logit_gradients, size_t count, float *window_gradients);

/* The encoder's gradients from the errors of trials[0 .. count), and its update, likewise. The other arrays are those
 * of vdib__encoder_backward; `loss` is the one that the per-parameter baseline averages. */
vdib_status vdib__update_encoder(vdib_trainer *trainer, vdib__encoder_workspace *workspace, vdib__trial *const *trials,
                                 const float *const *hidden_errors, const float *const *targets,
                                 const float *target_weights, size_t count, double loss);

#endif
