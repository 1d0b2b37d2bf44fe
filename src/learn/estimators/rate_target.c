/* SPDX-License-Identifier: MIT */
/* Spike probabilities that are wished for, by hand, in the place of what the decoder says: docs/method.md, eq. (65). */
#include <string.h>

#include "learn/estimator.h"

static const vdib__need needs[] = {
    {.key = "learning.baseline", .any = "none", .remedy = "or auto"},
    {.key = "encoder.type", .any = "spiking", .remedy = "there is no encoder that could have targets"},
    {0}};
static const vdib__preference prefers[] = {
    {.key = "objective.rate_term", .values = "analytic"}, {.key = "learning.baseline", .values = "none"}, {0}};

/* No score is weighed; the target of drtp enters a mean over the samples. */
static void weigh(const vdib__estimate *estimate) {
    size_t count = estimate->examples * estimate->draws;
    for (size_t i = 0; i < count; i++)
        estimate->weights[i] = estimate->plan->distortion_scale / (float)count;
}

/* Of - r log p - (1 - r) log(1 - p) the derivative by u is p - r. */
static void credit(const vdib__estimate *estimate, const vdib__sample *sample, float weight) {
    const vdib__estimator_plan *plan = estimate->plan;
    size_t neurons = estimate->readouts, all = estimate->steps * neurons;
    float scale = plan->score_scale / (float)(estimate->examples * estimate->draws);
    (void)weight;
    for (size_t k = 0; k < all; k++) {
        size_t class = k % neurons * plan->classes / neurons;
        float target = class == sample->label ? plan->target_on : plan->target_off;
        sample->errors[k] = scale * (sample->probabilities[k] - target);
    }
    if (sample->hidden_errors != NULL)
        memcpy(sample->hidden_errors, sample->errors, all * sizeof *sample->errors);
}

const vdib__estimator vdib__estimator_rate_target = {
    .choice = {.name = "rate-target",
               .help =
                   "none: the neurons of the example's class are taught a spike probability, all others another one",
               .tags = "taught",
               .needs = needs,
               .prefers = prefers},
    .reads_label = true,
    .weigh = weigh,
    .credit = credit};
