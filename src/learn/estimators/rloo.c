/* SPDX-License-Identifier: MIT */
/* Several draws of every example, each weighed by its loss less the mean loss of the example's other draws (REINFORCE
 * leave-one-out; Kool et al. 2019): unbiased, since draws of one example are independent. docs/method.md, eq. (24a). */
#include "learn/estimator.h"

static void weigh(const vdib__estimate *estimate) {
    size_t draws = estimate->draws, count = estimate->examples * draws;
    for (size_t first = 0; first < count; first += draws) {
        double sum = 0;
        for (size_t m = 0; m < draws; m++)
            sum += estimate->samples[first + m].loss;
        for (size_t m = 0; m < draws; m++) {
            double loss = estimate->samples[first + m].loss, others = (sum - loss) / (double)(draws - 1);
            estimate->weights[first + m] = (float)((loss - others) / (double)count) * estimate->plan->score_scale;
        }
    }
}

static const vdib__need needs[] = {
    {.key = "learning.draws", .least = 2, .remedy = "a draw is compared with the others of its example"},
    {.key = "learning.baseline", .any = "none", .remedy = "or auto"},
    {.key = "learning.credit_assignment",
     .any = "error",
     .remedy = "the weights of an example's draws cancel out in what drtp projects"},
    {0}};
static const vdib__preference prefers[] = {
    {.key = "objective.rate_term", .values = "sampled"}, {.key = "learning.baseline", .values = "none"}, {0}};

const vdib__estimator vdib__estimator_rloo = {
    .choice = {.name = "rloo",
               .help = "the score of several draws of an example, each weighed by its loss less that of the others",
               .tags = "score",
               .needs = needs,
               .prefers = prefers},
    .weigh = weigh,
    .credit = vdib__credit_score};
