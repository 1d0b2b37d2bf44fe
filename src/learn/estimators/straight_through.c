/* SPDX-License-Identifier: MIT */
/* The straight-through estimator (Bengio et al. 2013): the decoder's gradient with respect to y flows into u as if y
 * were sigma(u), docs/method.md, eq. (21), (21a); of a Gaussian readout the pathwise gradient, eq. (70), (71). */
#include <string.h>

#include "learn/estimator.h"

static const vdib__need needs[] = {{.key = "learning.baseline", .any = "none", .remedy = "or auto"}, {0}};
static const vdib__preference prefers[] = {
    {.key = "objective.rate_term", .values = "analytic"}, {.key = "learning.baseline", .values = "none"}, {0}};

/* No score is weighed; the target of drtp enters a mean over the samples. */
static void weigh(const vdib__estimate *estimate) {
    size_t count = estimate->examples * estimate->draws;
    for (size_t i = 0; i < count; i++)
        estimate->weights[i] = estimate->plan->distortion_scale / (float)count;
}

/* errors (count) = p (1 - p) (gradient + rate (u - logit r0)); gradient NULL: 0. Of the sampled rate that is what comes
 * by way of y, which is moved like sigma(u); log p(y) depends on u besides. */
static void fill(const vdib__sample *sample, size_t begin, size_t count, const float *gradient, float rate,
                 float prior_logit) {
    const float *u = sample->potentials + begin, *p = sample->probabilities + begin;
    float *errors = sample->errors + begin;
    for (size_t i = 0; i < count; i++) {
        float through = gradient != NULL ? gradient[i] : 0.0F;
        errors[i] = p[i] * (1.0F - p[i]) * (through + rate * (u[i] - prior_logit));
    }
}

/* Of a Gaussian readout nothing is taken for something else: z = u + s eps moves with u and with s, and the rate has a
 * derivative by u and by log s. gradient NULL: 0. Adds to deviation_errors. */
static void fill_gaussian(const vdib__sample *sample, size_t step, size_t neurons, const float *gradient, float rate) {
    const float *u = sample->potentials + step * neurons, *noise = sample->noise + step * neurons;
    const float *s = sample->deviations;
    for (size_t i = 0; i < neurons; i++) {
        float through = gradient != NULL ? gradient[i] : 0.0F;
        sample->errors[step * neurons + i] = through + rate * u[i];
        sample->deviation_errors[i] += through * (s[i] * noise[i]) + rate * (s[i] * s[i] - 1.0F);
    }
}

static void credit_gaussian(const vdib__estimate *estimate, const vdib__sample *sample, float rate) {
    size_t neurons = estimate->readouts, unread = estimate->steps - estimate->window;
    memset(sample->deviation_errors, 0, neurons * sizeof *sample->deviation_errors);
    for (size_t step = 0; step < estimate->steps; step++)
        fill_gaussian(sample, step, neurons, step < unread ? NULL : sample->window_gradient + (step - unread) * neurons,
                      rate);
}

static void credit_spikes(const vdib__estimate *estimate, const vdib__sample *sample, float rate) {
    const vdib__estimator_plan *plan = estimate->plan;
    size_t all = estimate->steps * estimate->readouts, read = estimate->window * estimate->readouts;
    fill(sample, 0, all - read, NULL, rate, plan->prior_logit); /* steps that the decoder does not read */
    fill(sample, all - read, read, sample->window_gradient, rate, plan->prior_logit);
    for (size_t i = 0; i < all && !plan->analytic; i++)
        sample->errors[i] += rate * (sample->spikes[i] - sample->probabilities[i]);
}

static void credit(const vdib__estimate *estimate, const vdib__sample *sample, float weight) {
    float rate = estimate->plan->rate_weight * (1.0F / (float)(estimate->examples * estimate->draws));
    (void)weight;
    if (sample->noise != NULL)
        credit_gaussian(estimate, sample, rate);
    else
        credit_spikes(estimate, sample, rate);
    if (sample->hidden_errors != NULL)
        memcpy(sample->hidden_errors, sample->errors, estimate->steps * estimate->readouts * sizeof *sample->errors);
}

const vdib__estimator vdib__estimator_straight_through = {
    .choice = {.name = "straight-through",
               .help = "the decoder's gradient, as if spikes were their probabilities",
               .needs = needs,
               .prefers = prefers},
    .reads_gradient = true,
    .weigh = weigh,
    .credit = credit};
