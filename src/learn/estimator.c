/* SPDX-License-Identifier: MIT */
#include "learn/estimator.h"

#include "core/mathematics.h"

vdib__estimator_plan vdib__estimator_plan_of(const vdib_model *model, size_t steps) {
    const vdib_config *config = model->config;
    double distortion_scale, rate_scale, r0 = config->objective.prior_rate;
    vdib__loss_scales(model, steps, &distortion_scale, &rate_scale);
    return (vdib__estimator_plan){
        .kind = (vdib__estimator)config->learning.estimator,
        .baseline = vdib__config_baseline(config),
        .score_scale = (float)rate_scale,
        .distortion_scale = (float)distortion_scale,
        .rate_weight = (float)(config->objective.beta * rate_scale),
        .prior_logit = (float)(vdib__log(r0) - vdib__log(1.0 - r0)),
        .hidden_unscaled = config->learning.estimator == VDIB_ESTIMATOR_REINFORCE && !model->encoder.credit->layered &&
                           !model->encoder.credit->target && !config->learning.dfa_normalised,
    };
}

void vdib__reinforce_weights(const vdib__estimator_plan *plan, const double *losses, size_t count, float *weights) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += losses[i];
    for (size_t i = 0; i < count; i++) {
        double weight = 1.0;
        if (plan->baseline == VDIB_BASELINE_BATCH)
            weight = count > 1 ? losses[i] - (sum - losses[i]) / (double)(count - 1) : 0.0;
        else if (plan->baseline == VDIB_BASELINE_NONE)
            weight = losses[i];
        weights[i] = (float)(weight / (double)count) * plan->score_scale;
    }
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
