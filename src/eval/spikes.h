/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_SPIKES_H
#define VDIB_EVAL_SPIKES_H
/* What the spikes say: further looks at the readout's spikes beside the figures of an evaluation (docs/method.md,
 * section "What the spikes say"). Every part looks at each batch of the evaluation's walk; before that, those that
 * learn from training examples look at each batch of one walk over these. A part is one file and one row of the table
 * in spikes.c. */

#include "eval/evaluation.h"
#include "eval/judging.h"
#include "eval/replay.h"
#include "learn/walk.h"

/* What the parts look at. */
typedef struct vdib__spikes {
    const vdib__walk *walk;
    vdib__judging *judging; /* NULL: no reconstructions to judge */
    vdib__replay *replay;
    const vdib__walk *training; /* while parts are made and learn; NULL: there are no training examples */
} vdib__spikes;

enum { VDIB__SPIKES_DRAWS = 8, VDIB__SPIKES_MOST_DRAWS = 255 }; /* of an example: by default, at most */
enum { VDIB__SPIKES_MARGINAL = 1000 }; /* training examples that a marginal is learnt from, by default */

typedef struct vdib__spikes_part {
    /* *state stays NULL where the task has nothing of the kind: the part is left out then. */
    vdib_status (*create)(const vdib__spikes *spikes, void **state);
    /* Takes in the batch of the training walk; called only where there is one. NULL: the part learns nothing. */
    vdib_status (*study)(void *state, const vdib__spikes *spikes);
    /* Learns from what all ranks have taken in; NULL if `study` is. */
    vdib_status (*learn)(void *state, const vdib__spikes *spikes);
    /* Takes in the walk's batch. */
    vdib_status (*take)(void *state, const vdib__spikes *spikes);
    /* Puts together what it has taken in on all ranks. */
    vdib_status (*share)(void *state, const vdib__spikes *spikes);
    /* Fills figures and arrays of its own, at the end. */
    vdib_status (*report)(const void *state, const vdib__spikes *spikes, vdib__findings *findings);
    void (*destroy)(void *state);
} vdib__spikes_part;

extern const vdib__spikes_part vdib__spikes_split, vdib__spikes_shuffles, vdib__spikes_counts, vdib__spikes_anytime,
    vdib__spikes_draws, vdib__spikes_code, vdib__spikes_picture, vdib__spikes_energy, vdib__spikes_examples;

/* All parts at work on a walk. */
typedef struct vdib__looking vdib__looking;

/* For a walk that has not begun; both are borrowed, judging may be NULL. Walks over training examples. */
vdib_status vdib__looking_open(const vdib__walk *walk, vdib__judging *judging, vdib__looking **looking);
/* Takes in the walk's batch. */
vdib_status vdib__looking_take(vdib__looking *looking);
/* Puts together what all ranks have taken in. */
vdib_status vdib__looking_share(vdib__looking *looking);
/* Fills the figures of all parts, at the end of the walk. */
vdib_status vdib__looking_report(const vdib__looking *looking, vdib__findings *findings);
/* NULL is safe. */
void vdib__looking_close(vdib__looking *looking);

#endif
