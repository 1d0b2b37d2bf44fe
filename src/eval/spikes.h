/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_SPIKES_H
#define VDIB_EVAL_SPIKES_H
/* What the spikes say: further looks at the readout's spikes beside the figures of an evaluation (docs/method.md,
 * section "What the spikes say"). One walk over the examples; every part looks at each batch of it. A part is one file
 * and one row of the table in spikes.c. */

#include "eval/evaluation.h"
#include "eval/judging.h"
#include "eval/replay.h"
#include "learn/walk.h"

/* What the parts look at. */
typedef struct vdib__spikes {
    vdib__walk *walk;
    vdib__judging *judging; /* NULL: no reconstructions to judge */
    vdib__replay *replay;
} vdib__spikes;

enum { VDIB__SPIKES_DRAWS = 8, VDIB__SPIKES_MOST_DRAWS = 255 }; /* of an example: by default, at most */
enum { VDIB__SPIKES_MARGINAL = 1000 }; /* training examples that a marginal is learnt from, by default */

typedef struct vdib__spikes_part {
    /* *state stays NULL where the task has nothing of the kind: the part is left out then. */
    vdib_status (*create)(const vdib__spikes *spikes, void **state);
    /* Takes in the walk's batch. */
    vdib_status (*take)(void *state, const vdib__spikes *spikes);
    /* Fills figures and arrays of its own, at the end. */
    vdib_status (*report)(const void *state, const vdib__spikes *spikes, vdib__findings *findings);
    void (*destroy)(void *state);
} vdib__spikes_part;

extern const vdib__spikes_part vdib__spikes_split, vdib__spikes_shuffles, vdib__spikes_counts, vdib__spikes_anytime,
    vdib__spikes_draws, vdib__spikes_code, vdib__spikes_picture, vdib__spikes_energy, vdib__spikes_examples;

/* A walk over the training examples that the marginal and the counts are learnt from; closed by the caller. */
vdib_status vdib__spikes_training(const vdib__walk *walk, vdib__walk **training);

/* Runs all parts over the examples that were evaluated, for vdib_evaluate(). */
vdib_status vdib__spikes_find(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                              const vdib_evaluation_options *options, vdib__findings *findings);

#endif
