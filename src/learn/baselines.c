/* SPDX-License-Identifier: MIT */
/* The table of baselines; docs/method.md, eq. (22) to (24), (23a). */
#include "learn/estimator.h"

static double by_loss(double loss, double sum, size_t count) {
    (void)sum, (void)count;
    return loss;
}

/* Unbiased: the other samples' losses do not depend on this one's spikes. */
static double by_others(double loss, double sum, size_t count) {
    return count > 1 ? loss - (sum - loss) / (double)(count - 1) : 0.0;
}

/* As in the later branch of the published system: the mean score times the mean loss. Of the expectation it keeps
 * 1/count, because only a sample's own loss depends on its spikes. */
static double by_mean(double loss, double sum, size_t count) {
    (void)loss;
    return sum / (double)count;
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
/* It learns less than any other: nobody is to come upon it but who repeats what was published. */
#define ITS_OWN ("it is for published/dvs-batched alone, choose batch")
static const vdib__need later_branch[] = {{.key = "learning.batch_size", .least = 2, .remedy = ITS_OWN},
                                          {.key = "learning.estimator", .any = "reinforce", .remedy = ITS_OWN},
                                          {.key = "encoder.type", .any = "spiking", .remedy = ITS_OWN},
                                          {.key = "learning.credit_assignment", .any = "recurrent", .remedy = ITS_OWN},
                                          {.key = "objective.rate_term", .any = "sampled", .remedy = ITS_OWN},
                                          {.key = "neuron.surrogate", .any = "logistic", .remedy = ITS_OWN},
                                          {.key = "neuron.gain", .any = "unit", .remedy = ITS_OWN},
                                          {.key = "readout.feedback", .any = "lateral", .remedy = ITS_OWN},
                                          {.key = "decoder.type", .any = "conv2d", .remedy = ITS_OWN},
                                          {0}};

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
const vdib__baseline vdib__baseline_batch_product = {
    .choice = {.name = "batch-product",
               .help =
                   "none: the mean loss of the batch for each of its examples, which keeps 1/batch_size of the signal",
               .needs = later_branch},
    .weigh = by_mean};

static const vdib__choice *const rows[] = {&vdib__baseline_none.choice, &vdib__baseline_per_parameter.choice,
                                           &vdib__baseline_batch.choice, &vdib__baseline_batch_product.choice};
const vdib__choices vdib__baselines = VDIB_CHOICES(rows);
