/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_EVALUATE_H
#define VDIB_EVAL_EVALUATE_H
/* Parts of vdib_evaluate: one function a kind of task. Each walks to the end and fills the members that its task has.
 */

#include "eval/evaluation.h"
#include "learn/walk.h"

/* Step-by-step tasks. (evaluate_steps.c) */
vdib_status vdib__evaluate_steps(vdib__walk *walk, vdib__activity *activity, vdib__findings *findings);

/* ---- the predictor that always answers one class (constant.c) ---- */

typedef struct vdib__constant {
    uint32_t answer; /* the class that most steps have, the lowest on ties: the best constant answer in accuracy */
    double accuracy;
    double mse; /* of its class against the true ones */
} vdib__constant;

/* From how many scored steps have each class: counts (classes). */
vdib__constant vdib__constant_predictor(const vdib__target *target, const uint64_t *counts, size_t classes);

/* Mean squared difference of what two of `classes` classes stand for: their units, or one-hot vectors. */
double vdib__class_mse(const vdib__target *target, size_t classes, uint32_t got, uint32_t want);

#endif
