/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_RATES_H
#define VDIB_LEARN_RATES_H
/* Learning rates that change while training goes on; docs/method.md, eq. (29) to (31). Progress is counted in examples,
 * so that a rate follows from the configuration and the number of examples alone. */

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* learning.decay. Tag "ends": its course needs learning.decay_examples. */
typedef struct vdib__decay {
    vdib__choice choice;
    /* What is left at `progress` in [0, 1] of the way from the warm-up to the end: 1 at 0. */
    double (*share)(double progress);
} vdib__decay;

extern const vdib__choices vdib__decays;

static inline const vdib__decay *vdib__decay_of(const vdib__choice *choice) {
    return (const vdib__decay *)choice;
}

/* By how much the learning rates of the configuration are multiplied in an update of `count` examples after `shown`
 * others: the course is read at the middle of the update. */
double vdib__rate_share(const vdib_config *config, uint64_t shown, uint64_t count);

/* The part of a linear rise from 0 over `rise` examples at the middle of such an update; 1 behind it, and without one
 * (rise 0). */
double vdib__rise(uint64_t rise, uint64_t shown, uint64_t count);

/* Batches of another size than the one that the configuration's rates and memories are meant for
 * (learning.reference_batch); docs/method.md, eq. (37). An update stands for so many of the reference's: */
double vdib__batch_span(const vdib_config *config);
/* by so much its learning rate is larger, under Adam or plain gradient descent; */
double vdib__batch_rate(const vdib_config *config, bool moments);
/* and a weight of the old value in an average becomes this. */
double vdib__batch_memory(const vdib_config *config, double memory);

/* *end receives learning.decay_examples, or, where that is 0 and the decay needs an end, the limit of examples (0:
 * none); *warmup learning.warmup_examples, but no more than a quarter of such a limit. VDIB_ERROR_CONFIG if there is no
 * end. */
vdib_status vdib__rates_end(const vdib_config *config, uint64_t limit, uint64_t *warmup, uint64_t *end);

#endif
