/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_ESTIMATOR_H
#define VDIB_LEARN_ESTIMATOR_H
/* How the loss of sampled readout spikes becomes an error at the readout's potentials; DESIGN 2.4, 2.6.
 *
 *   reinforce         error = w (y - sigma(u)), w by baseline: per-parameter: the score's 1/(NY T) alone (the optimizer
 *                     weighs each parameter's gradient); batch: (l_i - mean of the others) / (NY T B); none: l_i / (NY T B)
 *   straight-through  error = sigma'(u) (dL/dy + beta (u - logit r0))
 *
 * with the factors 1/(NY T) present under the mean reduction only. */

#include "learn/objective.h"

/* learning.estimator. Tag "score": a score-function estimator, which weighs scores by losses and takes a baseline. */
typedef struct vdib__estimator {
    vdib__choice choice;
    bool score;
} vdib__estimator;

/* learning.baseline: what is subtracted from the losses by which scores are weighed. */
typedef struct vdib__baseline {
    vdib__choice choice;
    bool per_parameter; /* the optimiser weighs the gradient of every parameter */
    /* The weight of an example's score from its loss and the sum over the batch's `count` examples. */
    double (*weigh)(double loss, double sum, size_t count);
} vdib__baseline;

extern const vdib__baseline vdib__baseline_none, vdib__baseline_per_parameter, vdib__baseline_batch;
extern const vdib__choices vdib__estimators, vdib__baselines;

static inline const vdib__estimator *vdib__estimator_of(const vdib__choice *choice) {
    return (const vdib__estimator *)choice;
}

static inline const vdib__baseline *vdib__baseline_of(const vdib__choice *choice) {
    return (const vdib__baseline *)choice;
}

/* The estimator's constants for one model and number of scored steps. */
typedef struct vdib__estimator_plan {
    const vdib__estimator *kind;
    const vdib__baseline *baseline;
    float score_scale;      /* of the score: 1/(NY T) or 1 */
    float distortion_scale; /* of the distortion: 1/outputs or 1 */
    float rate_weight;      /* beta times the scale of the rate */
    float prior_logit;      /* logit of r0 */
    bool hidden_unscaled;   /* dfa as published: hidden layers see (y - sigma(u)) without the score's scale */
} vdib__estimator_plan;

vdib__estimator_plan vdib__estimator_plan_of(const vdib_model *model, size_t steps);

/* reinforce: weight of each example's score, weights (count), from the sampled losses (count). */
void vdib__reinforce_weights(const vdib__estimator_plan *plan, const double *losses, size_t count, float *weights);

/* errors (n) = weight * (spikes - probabilities). */
void vdib__reinforce_errors(float weight, const float *spikes, const float *probabilities, size_t n, float *errors);

/* errors (n) = p (1 - p) (gradient + rate_weight * scale * (u - prior_logit)); gradient (n) dL/dy or NULL for 0. */
void vdib__straight_through_errors(const vdib__estimator_plan *plan, float scale, const float *gradient,
                                   const float *potentials, const float *probabilities, size_t n, float *errors);

#endif
