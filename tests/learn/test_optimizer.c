/* SPDX-License-Identifier: MIT */
/* Update rules against plain double-precision twins, every kernel level against the portable one, threads. */
#include "support.h"

#include <math.h>

#include "core/random.h"
#include "learn/kernels_optimizer.h"
#include "learn/optimizer.h"

enum { COUNT = 40001, UPDATES = 5 };

static void fill(float *values, size_t count, uint64_t example, float scale) {
    vdib__key key = {.seed = 11, .purpose = VDIB_PURPOSE_INIT, .example = example};
    for (size_t i = 0; i < count; i++)
        values[i] = scale * (2.0F * vdib__random_uniform(&key, 0, (uint32_t)i) - 1.0F);
}

static float *numbers(size_t count, uint64_t example, float scale) {
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    fill(values, count, example, scale);
    return values;
}

/* Runs UPDATES updates on the same gradients with an optimizer's own state; `average` (COUNT), which begins as the
 * weights do, or NULL. */
static float *run_averaged(vdib__optimizer optimizer, int threads, float *average) {
    float *weights = numbers(COUNT, 1, 1.0F), *gradients = malloc(COUNT * sizeof *gradients);
    optimizer.count = COUNT;
    optimizer.average = average;
    assert_ok(vdib__optimizer_start(&optimizer));
    for (uint64_t n = 0; n < UPDATES; n++) {
        fill(gradients, COUNT, 10 + n, 0.3F);
        vdib__optimizer_update(&optimizer, threads, weights, gradients, 1.0 + 0.25 * (double)n);
    }
    vdib__optimizer_free(&optimizer);
    free(gradients);
    return weights;
}

static float *run(vdib__optimizer optimizer, int threads) {
    return run_averaged(optimizer, threads, NULL);
}

/* The learning rate of parameter i. */
static double rate_of(const vdib__optimizer *o, size_t i) {
    double rate = (double)o->learning_rate;
    for (size_t s = 0; s < o->scaled_count; s++)
        if (i >= o->scaled[s].begin && i < o->scaled[s].end)
            rate *= (double)o->scaled[s].scale;
    return rate;
}

/* The same in double, plainly. */
static double *plain(vdib__optimizer o) {
    double *w = malloc(COUNT * sizeof *w);
    assert_non_null(w);
    float *start = numbers(COUNT, 1, 1.0F), *g = malloc(COUNT * sizeof *g);
    double *m = calloc(COUNT, sizeof *m), *v = calloc(COUNT, sizeof *v), *num = calloc(COUNT, sizeof *num),
           *den = calloc(COUNT, sizeof *den), signal = 0;
    for (size_t i = 0; i < COUNT; i++)
        w[i] = start[i];
    for (int n = 0; n < UPDATES; n++) {
        fill(g, COUNT, 10 + (uint64_t)n, 0.3F);
        double loss = 1.0 + 0.25 * n, memory = n == 0 ? 0.0 : (double)o.memory, norm = 0, clip = 1;
        signal = memory * signal + (1 - memory) * loss;
        for (size_t i = 0; i < COUNT; i++)
            norm += (double)g[i] * g[i];
        if (o.clip_norm > 0 && sqrt(norm) > o.clip_norm)
            clip = o.clip_norm / sqrt(norm);
        for (size_t i = 0; i < COUNT; i++) {
            double gradient = g[i];
            if (o.baseline) {
                num[i] = memory * num[i] + (1 - memory) * gradient * gradient * signal;
                den[i] = memory * den[i] + (1 - memory) * gradient * gradient;
                gradient *= signal - num[i] / fmax(1e-12, den[i]);
            }
            bool apart = i >= COUNT - o.apart;
            double rate = apart ? (double)o.apart_learning_rate : rate_of(&o, i);
            if (o.rule == &vdib__update_sgd) {
                w[i] -= rate * gradient;
                w[i] = apart ? fmin((double)o.apart_most, fmax((double)o.apart_least, w[i])) : w[i];
                continue;
            }
            gradient *= clip;
            m[i] = 0.9 * m[i] + 0.1 * gradient;
            v[i] = 0.999 * v[i] + 0.001 * gradient * gradient;
            double step = m[i] / (1 - pow(0.9, n + 1)) / (sqrt(v[i] / (1 - pow(0.999, n + 1))) + 1e-8);
            double decay = o.rule == &vdib__update_adamw && !apart ? (double)o.weight_decay : 0.0;
            w[i] -= rate * (step + decay * w[i]);
            w[i] = apart ? fmin((double)o.apart_most, fmax((double)o.apart_least, w[i])) : w[i];
        }
    }
    free(den), free(num), free(v), free(m), free(g), free(start);
    return w;
}

static void check_rule(vdib__optimizer optimizer) {
    float *got = run(optimizer, 2), *start = numbers(COUNT, 1, 1.0F);
    double *want = plain(optimizer), *moved = malloc(COUNT * sizeof *moved),
           *got_moved = malloc(COUNT * sizeof *got_moved);
    for (size_t i = 0; i < COUNT; i++) {
        moved[i] = want[i] - (double)start[i];
        got_moved[i] = (double)got[i] - (double)start[i];
    }
    assert_close_double(got_moved, moved, COUNT, 1e-4);
    free(got_moved), free(moved), free(want), free(start), free(got);
}

static void rules_agree_with_plain_twins(void **state) {
    (void)state;
    check_rule((vdib__optimizer){.rule = &vdib__update_sgd, .learning_rate = 0.1F});
    check_rule((vdib__optimizer){.rule = &vdib__update_sgd, .learning_rate = 0.1F, .baseline = true, .memory = 0.9F});
    check_rule((vdib__optimizer){.rule = &vdib__update_sgd, .learning_rate = 5.0F, .baseline = true, .memory = 0.5F});
    check_rule((vdib__optimizer){.rule = &vdib__update_adam, .learning_rate = 0.01F});
    check_rule((vdib__optimizer){.rule = &vdib__update_adam, .learning_rate = 0.01F, .clip_norm = 1.5});
    check_rule((vdib__optimizer){.rule = &vdib__update_adamw, .learning_rate = 0.01F, .weight_decay = 0.1F});
}

/* The last parameters learn at a rate of their own, between bounds, and their weights do not decay. */
static void parameters_that_learn_apart(void **state) {
    (void)state;
    const vdib__optimizer rules[] = {
        {.rule = &vdib__update_sgd, .learning_rate = 0.1F},
        {.rule = &vdib__update_sgd, .learning_rate = 0.1F, .baseline = true, .memory = 0.9F},
        {.rule = &vdib__update_adam, .learning_rate = 0.01F, .clip_norm = 1.5},
        {.rule = &vdib__update_adamw, .learning_rate = 0.01F, .weight_decay = 0.1F},
    };
    for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++) {
        vdib__optimizer o = rules[r];
        o.apart = 7000, o.apart_learning_rate = 0.05F, o.apart_least = -0.6F, o.apart_most = 0.8F;
        check_rule(o);
        o.apart = COUNT;
        check_rule(o);
    }
}

/* Learning rates of some parameters' own: at the beginning, across two slices, next to each other, at the end. */
static void rates_may_be_scaled(void **state) {
    (void)state;
    const vdib__optimizer rules[] = {
        {.rule = &vdib__update_sgd, .learning_rate = 0.1F},
        {.rule = &vdib__update_sgd, .learning_rate = 0.1F, .baseline = true, .memory = 0.9F},
        {.rule = &vdib__update_adam, .learning_rate = 0.01F, .clip_norm = 1.5},
        {.rule = &vdib__update_adamw, .learning_rate = 0.01F, .weight_decay = 0.1F}};
    for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++) {
        vdib__optimizer optimizer = rules[r];
        vdib__optimizer_scale(&optimizer, 0, 7, 0.25);
        vdib__optimizer_scale(&optimizer, 16380, 20, 3.0);
        vdib__optimizer_scale(&optimizer, 16400, 100, 0.0);
        vdib__optimizer_scale(&optimizer, COUNT - 5, 5, 2.0);
        check_rule(optimizer);
        vdib__optimizer both = optimizer; /* beside parameters that learn apart */
        both.scaled_count--, both.apart = 3000, both.apart_learning_rate = 0.05F;
        both.apart_least = -0.6F, both.apart_most = 0.8F;
        check_rule(both);
        float *got = run(optimizer, 2), *start = numbers(COUNT, 1, 1.0F), *same = run(rules[r], 1);
        for (size_t i = 0; i < COUNT; i++) { /* by themselves, too: they are few among many */
            bool own = i < 7 || (i >= 16380 && i < 16500) || i >= COUNT - 5;
            double moved = (double)got[i] - (double)start[i], all = (double)same[i] - (double)start[i];
            if (!own)
                assert_memory_equal(&got[i], &same[i], sizeof *got);
            else if (optimizer.rule != &vdib__update_adamw)
                assert_true(fabs(moved - all * rate_of(&optimizer, i) / (double)optimizer.learning_rate) < 1e-5);
        }
        free(same), free(start), free(got);
    }
}

static void levels_and_threads_give_the_same_bits(void **state) {
    (void)state;
    vdib__kernel_level best;
    assert_ok(vdib__kernel_level_choose(&best));
    const vdib__optimizer rules[] = {
        {.rule = &vdib__update_sgd, .learning_rate = 0.1F, .baseline = true, .memory = 0.9F},
        {.rule = &vdib__update_adam, .learning_rate = 0.01F, .clip_norm = 1.5},
        {.rule = &vdib__update_adamw, .learning_rate = 0.01F, .weight_decay = 0.1F},
    };
    for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++) {
        float *want = run(rules[r], 1);
        for (int level = 0; level <= (int)best; level++)
            for (int threads = 1; threads <= 3; threads++) {
                vdib__optimizer optimizer = rules[r];
                optimizer.level = (vdib__kernel_level)level;
                float *got = run(optimizer, threads);
                assert_memory_equal(got, want, COUNT * sizeof *got);
                free(got);
            }
        free(want);
    }
}

/* a <- m a + (1 - m) w with m = min(memory, (1 + n)/(10 + n)) after n updates, whatever the level and the threads. */
static void averages_of_weights_agree_with_plain_twins(void **state) {
    (void)state;
    static const double memories[] = {0.25, 0.999};
    vdib__kernel_level best;
    assert_ok(vdib__kernel_level_choose(&best));
    for (size_t k = 0; k < sizeof memories / sizeof memories[0]; k++) {
        vdib__optimizer optimizer = {
            .rule = &vdib__update_sgd, .learning_rate = 0.1F, .average_memory = memories[k], .level = best};
        float *start = numbers(COUNT, 1, 1.0F), *g = malloc(COUNT * sizeof *g);
        double *w = malloc(COUNT * sizeof *w), *a = malloc(COUNT * sizeof *a), *got = malloc(COUNT * sizeof *got);
        assert_true(g != NULL && w != NULL && a != NULL && got != NULL);
        for (size_t i = 0; i < COUNT; i++)
            a[i] = w[i] = (double)start[i];
        for (int n = 0; n < UPDATES; n++) {
            double memory = fmin(memories[k], (1.0 + n) / (10.0 + n));
            fill(g, COUNT, 10 + (uint64_t)n, 0.3F);
            for (size_t i = 0; i < COUNT; i++) {
                w[i] -= 0.1 * (double)g[i];
                a[i] = memory * a[i] + (1 - memory) * w[i];
            }
        }
        float *average = numbers(COUNT, 1, 1.0F), *again = numbers(COUNT, 1, 1.0F);
        free(run_averaged(optimizer, 2, average));
        for (size_t i = 0; i < COUNT; i++)
            got[i] = (double)average[i] - (double)start[i], a[i] -= (double)start[i];
        assert_close_double(got, a, COUNT, 1e-5);
        optimizer.level = VDIB_KERNEL_PORTABLE;
        free(run_averaged(optimizer, 3, again));
        assert_memory_equal(again, average, COUNT * sizeof *again);
        free(again), free(average), free(got), free(a), free(w), free(g), free(start);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_agree_with_plain_twins),
        cmocka_unit_test(parameters_that_learn_apart),
        cmocka_unit_test(rates_may_be_scaled),
        cmocka_unit_test(averages_of_weights_agree_with_plain_twins),
        cmocka_unit_test(levels_and_threads_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
