/* SPDX-License-Identifier: MIT */
#include "learn/plan.h"

#include "core/mathematics.h"

vdib__estimator_plan vdib__plan_of(const vdib_model *model, size_t steps) {
    const vdib_config *config = model->config;
    const vdib__credit *path = model->encoder.credit;
    double distortion_scale, rate_scale, r0 = config->objective.prior_probability;
    bool score = vdib__choice_is(config->learning.estimator, "score"), direct = !path->layered && !path->target;
    vdib__loss_scales(model, steps, &distortion_scale, &rate_scale);
    vdib__estimator_plan plan = {
        .estimator = vdib__estimator_of(config->learning.estimator),
        .baseline = vdib__baseline_of(vdib__config_baseline(config)),
        .draws = config->learning.draws,
        .score_scale = (float)rate_scale,
        .distortion_scale = (float)distortion_scale,
        .rate_scale = rate_scale,
        .analytic = vdib__rate_form_of(vdib__config_rate(config))->analytic,
        .prior_logit = (float)(vdib__log(r0) - vdib__log(1.0 - r0)),
        .target_on = (float)config->learning.target_on,
        .target_off = (float)config->learning.target_off,
        .classes = model->geometry.classes,
        .hidden_unscaled = score && direct && !config->learning.dfa_normalised,
    };
    vdib__plan_price(&plan, config->objective.beta);
    return plan;
}

void vdib__plan_price(vdib__estimator_plan *plan, double beta) {
    plan->beta = beta;
    plan->rate_weight = (float)(beta * plan->rate_scale);
}
