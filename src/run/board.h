/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_BOARD_H
#define VDIB_RUN_BOARD_H
/* What a run shows in TensorBoard beside its curves: its settings, pictures of what is decoded, and how weights and
 * rates are distributed. All of it follows from model, data and configuration: nothing is drawn at random, and training
 * does not see it. */

#include "learn/trainer.h"
#include "run/tensorboard.h"

/* Every key of the configuration as a hyper-parameter. */
vdib_status vdib__board_begin(vdib__tensorboard *tensorboard, const vdib_config *config);

/* Whether this step is one of the few that are shown: the validations number 1, 2, 4, 8, ... of a run, and its end. So
 * a run of any length has a few dozen of them. `before` and `now`: examples around the step. */
bool vdib__board_is_due(uint64_t before, uint64_t now, uint64_t validate_every, bool done);

/* Tags "weights/TENSOR", "validation/readout_probability" and "validation/reconstructions" (targets above what is made
 * of them) at this number of examples; the latter two of the first validation examples, where there are any. */
vdib_status vdib__board_show(vdib__tensorboard *tensorboard, const vdib_trainer *trainer, uint64_t examples);

#endif
