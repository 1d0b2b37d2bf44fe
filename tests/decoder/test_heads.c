/* SPDX-License-Identifier: MIT */
/* Heads: against the reference, at extreme logits, and against the elementary functions they are built from. */
#include <math.h>

#include "chain_reference.h"
#include "core/mathematics.h"

enum { OUTPUTS = 301 }; /* several blocks, the last one short and odd */

typedef struct example {
    float logits[OUTPUTS], target[OUTPUTS], gradient[OUTPUTS], values[OUTPUTS];
    double wide_logits[OUTPUTS], wide_target[OUTPUTS], wide_gradient[OUTPUTS];
} example;

static void fill(example *e, uint64_t seed) {
    bench_random(seed, 1, e->logits, OUTPUTS);
    bench_random(seed, 2, e->target, OUTPUTS);
    for (size_t i = 0; i < OUTPUTS; i++) {
        e->logits[i] *= 4.0F;
        e->target[i] = 0.5F + 0.5F * e->target[i];
        e->wide_logits[i] = (double)e->logits[i];
        e->wide_target[i] = (double)e->target[i];
    }
}

static void assert_near(double got, double want, double bound) {
    assert_close_double(&got, &want, 1, bound);
}

static void test_reference(void **state) {
    (void)state;
    example e;
    uint64_t seed = support_seed(21);
    const size_t sizes[] = {1, 2, 3, 127, 128, 129, OUTPUTS};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i];
        uint32_t label = (uint32_t)(n / 2);
        fill(&e, seed + i);
        for (size_t h = 0; h < vdib__heads.count; h++) {
            const vdib__head *head = vdib__head_of(vdib__heads.rows[h]);
            double want = head == &vdib__head_bernoulli
                              ? decoder_reference_bernoulli_double(n, e.wide_logits, e.wide_target, e.wide_gradient)
                          : head == &vdib__head_categorical
                              ? decoder_reference_categorical_double(n, e.wide_logits, label, e.wide_gradient)
                              : decoder_reference_gaussian_double(n, e.wide_logits, e.wide_target, e.wide_gradient);
            assert_near(head->distortion(e.logits, n, e.target, label) + 1, want + 1, 1e-12);
            head->gradient(e.logits, n, e.target, label, 0.25F, e.gradient);
            for (size_t o = 0; o < n; o++)
                assert_true(fabs(4.0 * (double)e.gradient[o] - e.wide_gradient[o]) < 5e-7);
        }
    }
}

/* Bits of the sums do not depend on how exponentials are grouped: one output at a time gives the same gradients. */
static void test_grouping(void **state) {
    (void)state;
    example e;
    fill(&e, support_seed(22));
    vdib__head_bernoulli.output(e.logits, OUTPUTS, e.values);
    double sum = 0.0;
    for (size_t i = 0; i < OUTPUTS; i++) {
        float alone;
        vdib__head_bernoulli.output(e.logits + i, 1, &alone);
        assert_memory_equal(&alone, &e.values[i], sizeof alone);
        double l = (double)e.logits[i];
        assert_true(alone == (float)(1.0 / (1.0 + vdib__exp(-l))));
        sum += vdib__softplus(l) - (double)e.target[i] * l;
    }
    assert_near(vdib__head_bernoulli.distortion(e.logits, OUTPUTS, e.target, 0), sum, 1e-14);
}

static void test_outputs(void **state) {
    (void)state;
    example e;
    fill(&e, support_seed(23));
    vdib__head_categorical.output(e.logits, OUTPUTS, e.values);
    double total = 0.0;
    for (size_t i = 0; i < OUTPUTS; i++) {
        total += (double)e.values[i];
        double distortion = vdib__head_categorical.distortion(e.logits, OUTPUTS, NULL, (uint32_t)i);
        assert_near((double)e.values[i], exp(-distortion), 1e-6);
    }
    assert_near(total, 1.0, 1e-6);
    vdib__head_gaussian.output(e.logits, OUTPUTS, e.values);
    assert_memory_equal(e.values, e.logits, sizeof e.values);
    const float mean = 1.0F, target = 3.0F;
    assert_near(vdib__head_gaussian.distortion(&mean, 1, &target, 0), 2 + 0.5 * log(2 * VDIB_PI), 1e-14);
}

/* Logits of +-1e4 (and the largest floats) keep distortion, gradient and output finite and right. */
static void test_extreme_logits(void **state) {
    (void)state;
    const float logits[] = {1e4F, -1e4F, 0.0F, 1e4F, -1e4F}, target[] = {1, 0, 0.5F, 0, 1};
    float gradient[5], values[5];
    assert_near(vdib__head_bernoulli.distortion(logits, 5, target, 0), 2e4 + log(2), 1e-12);
    vdib__head_bernoulli.gradient(logits, 5, target, 0, 1.0F, gradient);
    const float wanted[] = {0, 0, 0, 1, -1}, probabilities[] = {1, 0, 0.5F, 1, 0};
    vdib__head_bernoulli.output(logits, 5, values);
    for (size_t i = 0; i < 5; i++) {
        assert_true(gradient[i] == wanted[i]);
        assert_true(values[i] == probabilities[i]);
    }
    const float two[] = {1e4F, -1e4F};
    assert_true(vdib__head_categorical.distortion(two, 2, NULL, 0) == 0.0);
    assert_true(vdib__head_categorical.distortion(two, 2, NULL, 1) == 2e4);
    vdib__head_categorical.gradient(two, 2, NULL, 1, 0.5F, gradient);
    assert_true(gradient[0] == 0.5F && gradient[1] == -0.5F);
    const float equal[] = {-1e4F, -1e4F};
    assert_near(vdib__head_categorical.distortion(equal, 2, NULL, 1), log(2), 1e-14);
    const float largest[] = {3e38F, -3e38F};
    assert_true(isfinite(vdib__head_categorical.distortion(largest, 2, NULL, 1)));
    assert_true(isfinite(vdib__head_bernoulli.distortion(largest, 2, target, 0)));
    assert_true(isfinite(vdib__head_gaussian.distortion(largest, 2, target, 0)));
}

/* A NaN logit anywhere is a NaN distortion, so that training can stop on it. */
static void test_nan(void **state) {
    (void)state;
    const float target[3] = {0.5F, 0.5F, 0.5F};
    for (size_t place = 0; place < 3; place++) {
        float logits[3] = {1.0F, 2.0F, 3.0F};
        logits[place] = (float)NAN;
        for (size_t h = 0; h < vdib__heads.count; h++)
            assert_true(isnan(vdib__head_of(vdib__heads.rows[h])->distortion(logits, 3, target, 0)));
    }
}

/* The output of averaged logits is the mean of the outputs, in double; also where probabilities are all but 0 or 1. */
static void test_average(void **state) {
    (void)state;
    enum { DRAWS = 3, STRIDE = 305 };
    float *logits = test_calloc(DRAWS * STRIDE, sizeof *logits), averaged[OUTPUTS];
    bench_random(7, 3, logits, DRAWS * STRIDE);
    for (size_t i = 0; i < DRAWS * STRIDE; i++)
        logits[i] *= 6.0F;
    for (size_t k = 0; k < DRAWS; k++)
        logits[k * STRIDE] = -80.0F - (float)k; /* a mean probability of some 1e-35 */
    double norms[DRAWS] = {0}, want[3][OUTPUTS];
    for (size_t k = 0; k < DRAWS; k++)
        for (size_t i = 0; i < OUTPUTS; i++)
            norms[k] += exp((double)logits[k * STRIDE + i]);
    for (size_t i = 0; i < OUTPUTS; i++) {
        double on = 0, off = 0, share = 0, mean = 0;
        for (size_t k = 0; k < DRAWS; k++) {
            double l = logits[k * STRIDE + i];
            on += 1 / (1 + exp(-l)) / DRAWS;
            off += 1 / (1 + exp(l)) / DRAWS;
            share += exp(l) / norms[k] / DRAWS;
            mean += l / DRAWS;
        }
        want[0][i] = log(on / off);
        want[1][i] = log(share);
        want[2][i] = mean;
    }
    const vdib__head *heads[] = {&vdib__head_bernoulli, &vdib__head_categorical, &vdib__head_gaussian};
    for (size_t h = 0; h < 3; h++) {
        heads[h]->average(logits, DRAWS, STRIDE, OUTPUTS, averaged);
        for (size_t i = 0; i < OUTPUTS; i++)
            assert_near((double)averaged[i], want[h][i], 1e-5);
        heads[h]->average(logits, 1, STRIDE, OUTPUTS, averaged);
        for (size_t i = 0; i < OUTPUTS; i++) {
            double one = h == 1 ? (double)logits[i] - log(norms[0]) : (double)logits[i];
            assert_near((double)averaged[i], one, 1e-5);
        }
    }
    test_free(logits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),      cmocka_unit_test(test_grouping), cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_extreme_logits), cmocka_unit_test(test_nan),      cmocka_unit_test(test_average),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
