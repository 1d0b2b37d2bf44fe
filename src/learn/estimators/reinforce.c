/* SPDX-License-Identifier: MIT */
/* The score function (Williams 1992), as published: e = w c (y - sigma(u)), docs/method.md, eq. (20). */
#include "learn/estimator.h"

static const vdib__need needs[] = {{.key = "objective.rate_term", .any = "sampled", .remedy = "or auto"}, {0}};
static const vdib__preference prefers[] = {{.key = "objective.rate_term", .values = "sampled"},
                                           {.key = "learning.baseline", .values = "per-parameter batch"},
                                           {0}};

const vdib__estimator vdib__estimator_reinforce = {
    .choice = {.name = "reinforce",
               .help = "the score of the spikes drawn, weighed by the loss",
               .tags = "score",
               .needs = needs,
               .prefers = prefers},
    .weigh = vdib__weigh_scores,
    .credit = vdib__credit_score};
