/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_EVALUATE_H
#define VDIB_EVAL_EVALUATE_H
/* Parts of vdib_evaluate: one function a kind of task. Each walks to the end and fills the members that its task has.
 */

#include "eval/evaluation.h"
#include "eval/judging.h"
#include "eval/spikes.h"
#include "learn/walk.h"

/* Who else looks at every batch of the walk. */
typedef struct vdib__watch {
    vdib__activity *activity;
    vdib__judging *judging; /* NULL: no reconstructions to judge */
    vdib__looking *looking; /* NULL: what the spikes say is not asked */
} vdib__watch;

/* Step-by-step tasks. (evaluate_steps.c) */
vdib_status vdib__evaluate_steps(vdib__walk *walk, const vdib__watch *watch, vdib__findings *findings);
/* Shows the walk's batch to all of them. */
vdib_status vdib__watch_batch(const vdib__watch *watch, const vdib__walk *walk);
/* Puts together what they have seen on all ranks, at the end of the walk. */
vdib_status vdib__watch_share(const vdib__watch *watch, vdib__ranks *ranks);

/* ---- the predictor that always answers one class (constant.c) ---- */

typedef struct vdib__constant {
    uint32_t answer; /* the class that most steps have, the lowest on ties: the best constant answer in accuracy */
    double accuracy;
    double mse; /* of its class against the true ones */
} vdib__constant;

/* From how many scored steps have each class: counts (classes). */
vdib__constant vdib__constant_predictor(const vdib__target *target, const uint64_t *counts, size_t classes);

/* ---- predictors that know the class that the input shows now (markov.c) ---- */

enum { VDIB_MARKOV_SEQUENCES = 1000 }; /* training sequences that the transitions are counted in: the run's first */

/* The class that the spikes of a step of the input stand for; of targets that have class_of. */
uint32_t vdib__present_class(const vdib__target *target, const vdib_raster *raster, size_t step);
/* Adds to counts (classes, classes) [now, later] the steps of the first training sequences of a run with this seed. */
vdib_status vdib__transitions_count(const vdib_dataset *dataset, uint64_t seed, const vdib__target *target,
                                    size_t sequences, uint64_t *counts);
/* answers (classes): the most probable later class of each class, of n_ij + alpha m_j with m_j the share of class j
 * among all that came later; the lowest on ties. */
vdib_status vdib__markov_answers(const uint64_t *counts, size_t classes, double alpha, uint32_t *answers);
/* Both, with alpha 1. */
vdib_status vdib__markov_learn(const vdib_dataset *dataset, uint64_t seed, const vdib__target *target,
                               uint32_t *answers);

/* Mean squared difference of what two of `classes` classes stand for: their units, or one-hot vectors. */
double vdib__class_mse(const vdib__target *target, size_t classes, uint32_t got, uint32_t want);

#endif
