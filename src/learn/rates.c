/* SPDX-License-Identifier: MIT */
#include "learn/rates.h"

#include "core/error.h"
#include "core/mathematics.h"

/* Of a run whose end is that of the decay, the warm-up takes at most one part in so many. */
enum { WARMUP_SHARE = 4 };

static double constant(double progress) {
    (void)progress;
    return 1.0;
}

static double cosine(double progress) {
    return 0.5 * (1.0 + vdib__cos(VDIB_PI * progress));
}

static double linear(double progress) {
    return 1.0 - progress;
}

static const vdib__decay table[] = {
    {.choice = {.name = "constant", .help = "no decay"}, .share = constant},
    {.choice = {.name = "cosine", .help = "half a cosine (Loshchilov and Hutter 2017)", .tags = "ends"},
     .share = cosine},
    {.choice = {.name = "linear", .help = "a straight line", .tags = "ends"}, .share = linear},
};
static const vdib__choice *const rows[] = {&table[0].choice, &table[1].choice, &table[2].choice};
const vdib__choices vdib__decays = VDIB_CHOICES(rows);

/* Examples at the middle of an update. */
static double middle(uint64_t shown, uint64_t count) {
    return (double)shown + 0.5 * (double)count;
}

double vdib__rise(uint64_t rise, uint64_t shown, uint64_t count) {
    double now = middle(shown, count);
    return now < (double)rise ? now / (double)rise : 1.0;
}

/* The part of the decay that lies behind, from 0 to 1. */
static double progress_of(const vdib_config *config, double now) {
    double begin = (double)config->learning.warmup_examples, end = (double)config->learning.decay_examples;
    if (now <= begin)
        return 0.0;
    return now < end ? (now - begin) / (end - begin) : 1.0;
}

double vdib__rate_share(const vdib_config *config, uint64_t shown, uint64_t count) {
    double floor = config->learning.decay_floor;
    const vdib__decay *decay = vdib__decay_of(config->learning.decay);
    double left = vdib__choice_is(&decay->choice, "ends")
                      ? floor + (1.0 - floor) * decay->share(progress_of(config, middle(shown, count)))
                      : 1.0;
    return left * vdib__rise(config->learning.warmup_examples, shown, count);
}

vdib_status vdib__rates_end(const vdib_config *config, uint64_t limit, uint64_t *warmup, uint64_t *end) {
    const vdib__choice *decay = config->learning.decay;
    *warmup = config->learning.warmup_examples;
    *end = config->learning.decay_examples;
    if (!vdib__choice_is(decay, "ends") || config->learning.decay_examples != 0)
        return VDIB_OK;
    if (limit == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "learning.decay is '%s', and no number of examples ends the training; set "
                          "learning.decay_examples, or limit the examples",
                          decay->name);
    if (*warmup > limit / WARMUP_SHARE)
        *warmup = limit / WARMUP_SHARE;
    *end = limit < INT64_MAX ? limit : INT64_MAX;
    return VDIB_OK;
}

double vdib__batch_span(const vdib_config *config) {
    size_t reference = config->learning.reference_batch;
    return reference > 0 ? (double)config->learning.batch_size / (double)reference : 1.0;
}

double vdib__batch_rate(const vdib_config *config, bool moments) {
    double span = vdib__batch_span(config);
    return moments ? vdib__sqrt(span) : span;
}

double vdib__batch_memory(const vdib_config *config, double memory) {
    double span = vdib__batch_span(config);
    return memory > 0 && span != 1.0 ? vdib__exp(span * vdib__log(memory)) : memory;
}
