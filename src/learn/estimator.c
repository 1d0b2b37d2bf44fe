/* SPDX-License-Identifier: MIT */
#include "learn/estimator.h"

#include "core/mathematics.h"

/* ---- the tables ---- */

static const vdib__need sampled_rate[] = {{.key = "objective.rate", .any = "sampled", .remedy = "or auto"}, {0}};
static const vdib__need analytic_rate[] = {{.key = "objective.rate", .any = "analytic", .remedy = "or auto"},
                                           {.key = "learning.baseline", .any = "none", .remedy = "or auto"},
                                           {0}};
static const vdib__preference score_prefers[] = {
    {.key = "objective.rate", .values = "sampled"}, {.key = "learning.baseline", .values = "per-parameter batch"}, {0}};
static const vdib__preference straight_prefers[] = {
    {.key = "objective.rate", .values = "analytic"}, {.key = "learning.baseline", .values = "none"}, {0}};

static const vdib__estimator reinforce = {.choice = {.name = "reinforce",
                                                     .help = "the score of the spikes drawn, weighed by the loss",
                                                     .tags = "score",
                                                     .needs = sampled_rate,
                                                     .prefers = score_prefers},
                                          .score = true};
static const vdib__estimator straight_through = {
    .choice = {.name = "straight-through",
               .help = "the decoder's gradient, as if spikes were their probabilities",
               .needs = analytic_rate,
               .prefers = straight_prefers}};
static const vdib__choice *const estimators[] = {&reinforce.choice, &straight_through.choice};
const vdib__choices vdib__estimators = VDIB_CHOICES(estimators);

static double by_loss(double loss, double sum, size_t count) {
    (void)sum, (void)count;
    return loss;
}

static double later(double loss, double sum, size_t count) {
    (void)loss, (void)sum, (void)count;
    return 1.0;
}

/* Unbiased: the other examples' losses do not depend on this one's spikes. */
static double by_others(double loss, double sum, size_t count) {
    return count > 1 ? loss - (sum - loss) / (double)(count - 1) : 0.0;
}

static const vdib__need one_example[] = {
    {.key = "learning.batch_size", .least = 1, .most = 1, .remedy = "set learning.baseline to auto or batch"}, {0}};
static const vdib__need two_examples[] = {
    {.key = "learning.batch_size", .least = 2, .remedy = "set learning.baseline to auto or per-parameter"}, {0}};

const vdib__baseline vdib__baseline_none = {.choice = {.name = "none", .help = "the loss itself"}, .weigh = by_loss};
const vdib__baseline vdib__baseline_per_parameter = {
    .choice = {.name = "per-parameter",
               .help = "less each parameter's running average of the loss, weighed by its squared score, as published",
               .needs = one_example},
    .per_parameter = true,
    .weigh = later};
const vdib__baseline vdib__baseline_batch = {
    .choice = {.name = "batch", .help = "less the mean loss of the batch's other examples", .needs = two_examples},
    .weigh = by_others};
static const vdib__choice *const baselines[] = {&vdib__baseline_none.choice, &vdib__baseline_per_parameter.choice,
                                                &vdib__baseline_batch.choice};
const vdib__choices vdib__baselines = VDIB_CHOICES(baselines);

/* ---- the numbers ---- */

vdib__estimator_plan vdib__estimator_plan_of(const vdib_model *model, size_t steps) {
    const vdib_config *config = model->config;
    double distortion_scale, rate_scale, r0 = config->objective.prior_rate;
    vdib__loss_scales(model, steps, &distortion_scale, &rate_scale);
    return (vdib__estimator_plan){
        .kind = vdib__estimator_of(config->learning.estimator),
        .baseline = vdib__baseline_of(vdib__config_baseline(config)),
        .score_scale = (float)rate_scale,
        .distortion_scale = (float)distortion_scale,
        .rate_weight = (float)(config->objective.beta * rate_scale),
        .prior_logit = (float)(vdib__log(r0) - vdib__log(1.0 - r0)),
        .hidden_unscaled = vdib__estimator_of(config->learning.estimator)->score && !model->encoder.credit->layered &&
                           !model->encoder.credit->target && !config->learning.dfa_normalised,
    };
}

void vdib__reinforce_weights(const vdib__estimator_plan *plan, const double *losses, size_t count, float *weights) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += losses[i];
    for (size_t i = 0; i < count; i++)
        weights[i] = (float)(plan->baseline->weigh(losses[i], sum, count) / (double)count) * plan->score_scale;
}

void vdib__reinforce_errors(float weight, const float *spikes, const float *probabilities, size_t n, float *errors) {
    for (size_t i = 0; i < n; i++)
        errors[i] = weight * (spikes[i] - probabilities[i]);
}

void vdib__straight_through_errors(const vdib__estimator_plan *plan, float scale, const float *gradient,
                                   const float *potentials, const float *probabilities, size_t n, float *errors) {
    float rate = plan->rate_weight * scale;
    for (size_t i = 0; i < n; i++) {
        float through = gradient != NULL ? gradient[i] : 0.0F;
        errors[i] =
            probabilities[i] * (1.0F - probabilities[i]) * (through + rate * (potentials[i] - plan->prior_logit));
    }
}
