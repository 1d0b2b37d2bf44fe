/* SPDX-License-Identifier: MIT */
/* The score function (Williams 1992), as published: e = w c (y - sigma(u)), docs/method.md, eq. (20), (20a). */
#include "learn/estimator.h"

static const vdib__preference prefers[] = {{.key = "objective.rate_term", .values = "sampled"},
                                           {.key = "learning.baseline", .values = "per-parameter batch none"},
                                           {0}};

const vdib__estimator vdib__estimator_reinforce = {
    .choice = {.name = "reinforce",
               .help = "the score of the spikes drawn, weighed by the loss",
               .tags = "score",
               .prefers = prefers},
    .weigh = vdib__weigh_scores,
    .credit = vdib__credit_score};
