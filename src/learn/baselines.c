/* SPDX-License-Identifier: MIT */
/* The table of baselines; docs/method.md, eq. (22) to (24). */
#include "learn/estimator.h"

static double by_loss(double loss, double sum, size_t count) {
    (void)sum, (void)count;
    return loss;
}

/* Unbiased: the other samples' losses do not depend on this one's spikes. */
static double by_others(double loss, double sum, size_t count) {
    return count > 1 ? loss - (sum - loss) / (double)(count - 1) : 0.0;
}

/* The optimiser weighs, parameter by parameter. */
static double later(double loss, double sum, size_t count) {
    (void)loss, (void)sum, (void)count;
    return 1.0;
}

static const vdib__need one_example[] = {
    {.key = "learning.batch_size", .least = 1, .most = 1, .remedy = "set learning.baseline to auto or batch"},
    {.key = "learning.draws", .least = 1, .most = 1, .remedy = "choose learning.estimator=rloo for several draws"},
    {.key = "objective.rate_term", .any = "sampled", .remedy = "its gradient alone is a score that can be weighed"},
    {0}};
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

static const vdib__choice *const rows[] = {&vdib__baseline_none.choice, &vdib__baseline_per_parameter.choice,
                                           &vdib__baseline_batch.choice};
const vdib__choices vdib__baselines = VDIB_CHOICES(rows);
