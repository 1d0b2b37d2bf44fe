/* SPDX-License-Identifier: MIT */
/* The table of estimators, and what those with scores share. */
#include "learn/estimator.h"

/* symbol: the row is vdib__estimator_<symbol>, in estimators/<symbol>.c */
#define ESTIMATORS(ROW)                                                                                                \
    ROW(reinforce)                                                                                                     \
    ROW(rloo)                                                                                                          \
    ROW(straight_through)                                                                                              \
    ROW(rate_target)

#define DECLARE(symbol) extern const vdib__estimator vdib__estimator_##symbol;
#define LIST(symbol)    &vdib__estimator_##symbol.choice,

ESTIMATORS(DECLARE)
static const vdib__choice *const rows[] = {ESTIMATORS(LIST)};
const vdib__choices vdib__estimators = VDIB_CHOICES(rows);

void vdib__weigh_scores(const vdib__estimate *estimate) {
    const vdib__estimator_plan *plan = estimate->plan;
    size_t count = estimate->examples * estimate->draws;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += estimate->samples[i].loss;
    for (size_t i = 0; i < count; i++) {
        double weight = plan->baseline->weigh(estimate->samples[i].loss, sum, count);
        estimate->weights[i] = (float)(weight / (double)count) * plan->score_scale;
    }
}

static void fill_score(float weight, const vdib__sample *sample, size_t count, float *errors) {
    for (size_t i = 0; i < count; i++)
        errors[i] = weight * (sample->spikes[i] - sample->probabilities[i]);
}

/* The analytic rate depends on u itself, beside what y does to the rate of later steps, which the loss answers for. */
static void add_rate(float weight, float prior_logit, const vdib__sample *sample, size_t count, float *errors) {
    const float *u = sample->potentials, *p = sample->probabilities;
    for (size_t i = 0; i < count; i++)
        errors[i] += weight * (p[i] * (1.0F - p[i]) * (u[i] - prior_logit));
}

void vdib__credit_score(const vdib__estimate *estimate, const vdib__sample *sample, float weight) {
    const vdib__estimator_plan *plan = estimate->plan;
    size_t count = estimate->steps * estimate->readouts;
    float rate = plan->analytic ? plan->rate_weight / (float)(estimate->examples * estimate->draws) : 0.0F;
    fill_score(weight, sample, count, sample->errors);
    if (plan->analytic)
        add_rate(rate * plan->score_scale, plan->prior_logit, sample, count, sample->errors);
    if (sample->hidden_errors == NULL)
        return;
    fill_score(plan->hidden_unscaled ? weight / plan->score_scale : weight, sample, count, sample->hidden_errors);
    if (plan->analytic)
        add_rate(plan->hidden_unscaled ? rate : rate * plan->score_scale, plan->prior_logit, sample, count,
                 sample->hidden_errors);
}
