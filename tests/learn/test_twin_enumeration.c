/* SPDX-License-Identifier: MIT */
/* The trainer's twin checks itself: where an estimator is exact in expectation, by enumeration of all readout spikes,
 * and of all events of a noisy channel. */
#include "learn/twin_bench.h"

enum { SHORT = 3, NEURONS = 2, BITS = SHORT * NEURONS, PATTERNS = 1 << BITS };

static void spikes_of(unsigned pattern, double spikes[BITS]) {
    for (int i = 0; i < BITS; i++)
        spikes[i] = (pattern >> i & 1U) != 0;
}

/* Loss and log p of one pattern for training example `example`, left in record `which`. */
static twin_loss run_pattern(bench *b, size_t example, size_t which, unsigned pattern, double *log_p) {
    twin *t = b->twin;
    twin_record *r = &t->records[which];
    double spikes[BITS], target[PIXELS], gradient[PIXELS];
    twin_loss loss = {0};
    spikes_of(pattern, spikes);
    assert_ok(vdib_dataset_get(b->dataset, VDIB_SPLIT_TRAIN, example, 1, t->example));
    run(b, r, SIZE_MAX, spikes);
    for (int i = 0; i < PIXELS; i++)
        target[i] = (double)t->example->target[i];
    loss.distortion = twin_distortion(t, twin_decode(t, twin_link(t, &r->key, 0, r->spikes)), target, 0, gradient);
    twin_rate(t, r, 0, SHORT, &loss);
    twin_total(t, &loss, SHORT);
    *log_p = 0;
    for (int i = 0; i < BITS; i++)
        *log_p -= log1p(exp(spikes[i] != 0 ? -r->potentials[i] : r->potentials[i]));
    return loss;
}

/* Mean over both examples of the expected loss, over all patterns. */
static double expected_loss(bench *b, const twin_record *frozen) {
    double sum = 0, log_p;
    (void)frozen;
    for (size_t example = 0; example < 2; example++)
        for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
            twin_loss loss = run_pattern(b, example, 0, pattern, &log_p);
            sum += exp(log_p) * loss.total / 2;
        }
    return sum;
}

/* The mean over all pairs of patterns of the estimate for a batch of both examples. */
static void add_estimates(bench *b) {
    twin *t = b->twin;
    double *sums[TWIN_TENSORS], totals[2], log_p[2];
    for (size_t i = 0; i < t->tensor_count; i++)
        sums[i] = twin_numbers(t->tensors[i].count);
    for (unsigned first = 0; first < PATTERNS; first++)
        for (unsigned second = 0; second < PATTERNS; second++) {
            totals[0] = run_pattern(b, 0, 0, first, &log_p[0]).total;
            totals[1] = run_pattern(b, 1, 1, second, &log_p[1]).total;
            twin_clear_gradients(t, TWIN_ENCODER);
            for (size_t i = 0; i < 2; i++) {
                (void)twin_estimate(t, &t->records[i], 0, SHORT, SHORT, totals, 2, i, NULL);
                twin_backward(t, &t->records[i], 0, false, NULL, 0);
            }
            for (size_t i = 0; i < t->tensor_count; i++)
                for (size_t e = 0; e < t->tensors[i].count; e++)
                    sums[i][e] += exp(log_p[0] + log_p[1]) * t->tensors[i].gradients[e];
        }
    for (size_t i = 0; i < t->tensor_count; i++) {
        memcpy(t->tensors[i].gradients, sums[i], t->tensors[i].count * sizeof(double));
        free(sums[i]);
    }
}

static void reinforce_is_unbiased_without_and_with_the_batch_as_baseline(void **state) {
    (void)state;
    static const char *const variants[][12] = {{"learning.baseline=none", "objective.reduction=sum"},
                                               {"learning.baseline=batch", "objective.reduction=mean"}};
    for (size_t i = 0; i < 2; i++) {
        const char *settings[] = {variants[i][0],
                                  variants[i][1],
                                  "learning.estimator=reinforce",
                                  "encoder.layers=[]",
                                  "encoder.readouts=2",
                                  "data.blank_steps=0",
                                  "decoder=linear",
                                  "learning.batch_size=2",
                                  "readout.feedback_bases=1",
                                  "readout.bases=1",
                                  NULL};
        bench b = set_up(SHORT, settings);
        add_estimates(&b);
        for (size_t k = 0; k < b.twin->tensor_count && i == 1; k++) /* under mean the score carries 1/(NY T) beside */
            for (size_t e = 0; e < b.twin->tensors[k].count; e++)
                b.twin->tensors[k].gradients[e] *= BITS;
        check(&b, NULL, expected_loss, TWIN_ENCODER, "");
        tear_down(&b);
    }
}

/* ---- over a noisy channel: over readout spikes and events of the channel ---- */

/* Probability of a pattern of the channel's events, which are forced from here on. */
static double force_events(twin *t, unsigned pattern, size_t count, double events[BITS]) {
    double probability = 1, p = t->settings.events[0];
    for (size_t i = 0; i < count; i++) {
        events[i] = (pattern >> i & 1U) != 0;
        probability *= events[i] != 0 ? p : 1 - p;
    }
    t->forced = events;
    return probability;
}

static size_t event_count(const twin *t) {
    return t->settings.channel == TWIN_PACKETS ? SHORT : BITS; /* packets of one step */
}

/* The expected loss of one example over all spikes and events; gradients, where wanted, receive the expected estimate.
 */
static double over_spikes_and_events(bench *b, bool learns) {
    twin *t = b->twin;
    double *sums[TWIN_TENSORS], events[BITS], sum = 0, log_p;
    for (size_t i = 0; i < t->tensor_count; i++)
        sums[i] = twin_numbers(t->tensors[i].count);
    for (unsigned noise = 0; noise < 1U << event_count(t); noise++)
        for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
            double chance = force_events(t, noise, event_count(t), events);
            double total = run_pattern(b, 0, 0, pattern, &log_p).total;
            chance *= exp(log_p), sum += chance * total;
            if (!learns)
                continue;
            twin_clear_gradients(t, TWIN_ENCODER);
            (void)twin_estimate(t, &t->records[0], 0, SHORT, SHORT, &total, 1, 0, NULL);
            twin_backward(t, &t->records[0], 0, false, NULL, 0);
            for (size_t i = 0; i < t->tensor_count; i++)
                for (size_t e = 0; e < t->tensors[i].count; e++)
                    sums[i][e] += chance * t->tensors[i].gradients[e];
        }
    t->forced = NULL;
    for (size_t i = 0; i < t->tensor_count; i++) {
        if (learns)
            memcpy(t->tensors[i].gradients, sums[i], t->tensors[i].count * sizeof(double));
        free(sums[i]);
    }
    return sum;
}

static double expected_noisy_loss(bench *b, const twin_record *frozen) {
    (void)frozen;
    return over_spikes_and_events(b, false);
}

static void the_expected_gradient_over_a_noisy_channel_is_unbiased(void **state) {
    (void)state;
    static const char *const types[] = {"channel.type=flips", "channel.type=erasures", "channel.type=packets"};
    for (size_t i = 0; i < 3; i++) {
        const char *settings[] = {types[i],
                                  "channel.probability=0.2",
                                  "learning.estimator=reinforce",
                                  "learning.baseline=none",
                                  "objective.reduction=sum",
                                  "encoder.layers=[]",
                                  "encoder.readouts=2",
                                  "data.blank_steps=0",
                                  "decoder=linear",
                                  "readout.feedback_bases=1",
                                  "readout.bases=1",
                                  NULL};
        bench b = set_up(SHORT, settings);
        (void)over_spikes_and_events(&b, true);
        check(&b, NULL, expected_noisy_loss, TWIN_ENCODER, "");
        tear_down(&b);
    }
}

static void both_forms_of_the_rate_have_one_mean(void **state) {
    (void)state;
    static const char *const settings[] = {"encoder.layers=[]",        "encoder.readouts=2", "data.blank_steps=0",
                                           "readout.feedback_bases=1", "decoder=linear",     NULL};
    bench b = set_up(SHORT, settings);
    double sampled = 0, analytic = 0, probability = 0, log_p;
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
        twin_loss loss = run_pattern(&b, 0, 0, pattern, &log_p);
        sampled += exp(log_p) * loss.rate_sampled, analytic += exp(log_p) * loss.rate, probability += exp(log_p);
    }
    assert_true(fabs(probability - 1) < 1e-12);
    assert_true(fabs(sampled - analytic) < 1e-12 && analytic > 0.01);
    tear_down(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reinforce_is_unbiased_without_and_with_the_batch_as_baseline),
        cmocka_unit_test(the_expected_gradient_over_a_noisy_channel_is_unbiased),
        cmocka_unit_test(both_forms_of_the_rate_have_one_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
