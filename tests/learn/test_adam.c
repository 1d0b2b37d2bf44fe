/* SPDX-License-Identifier: MIT */
/* vdib_adam_update() against Adam and AdamW in double precision, with rows that never move; threads; bad numbers. */
#include "support.h"

#include <math.h>

#include "core/random.h"
#include "vdib/gradient.h"

enum { COUNT = 40001, UPDATES = 7, SILENT_FROM = 5000, SILENT_TO = 30000 };

static float drawn(uint64_t example, size_t i) {
    const vdib__key key = {.seed = 3, .purpose = VDIB_PURPOSE_INIT, .example = example};
    return 2.0F * vdib__random_uniform(&key, 0, (uint32_t)i) - 1.0F;
}

/* Gradients of update n: none in the middle, and none of one element in a hundred. */
static float gradient_at(uint64_t n, size_t i) {
    bool silent = (i >= SILENT_FROM && i < SILENT_TO) || i % 100 == 0;
    return silent ? 0.0F : 0.01F * drawn(10 + n, i);
}

static float *zeros(void) {
    float *values = calloc(COUNT, sizeof *values);
    assert_non_null(values);
    return values;
}

static vdib_adam adam_of(uint64_t update, double weight_decay, size_t threads) {
    return (vdib_adam){.size = sizeof(vdib_adam),
                       .update = update,
                       .learning_rate = 0.01,
                       .beta1 = 0.9,
                       .beta2 = 0.999,
                       .epsilon = 1e-8,
                       .weight_decay = weight_decay,
                       .threads = threads};
}

/* One update of a tensor. */
static vdib_status update(const vdib_adam *adam, size_t count, float *values, const float *gradient, float *first,
                          float *second) {
    return vdib_adam_update(adam, 1, &count, &values, &gradient, &first, &second);
}

/* Values after UPDATES updates. */
static float *updated(double weight_decay, size_t threads) {
    float *values = zeros(), *gradient = zeros(), *first = zeros(), *second = zeros();
    for (size_t i = 0; i < COUNT; i++)
        values[i] = drawn(1, i);
    for (uint64_t n = 1; n <= UPDATES; n++) {
        const vdib_adam adam = adam_of(n, weight_decay, threads);
        for (size_t i = 0; i < COUNT; i++)
            gradient[i] = gradient_at(n, i);
        assert_ok(update(&adam, COUNT, values, gradient, first, second));
    }
    free(gradient), free(first), free(second);
    return values;
}

/* Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2. */
static double expected(size_t i, double weight_decay) {
    double w = (double)drawn(1, i), m = 0, v = 0;
    for (int n = 1; n <= UPDATES; n++) {
        double g = (double)gradient_at((uint64_t)n, i);
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w *= 1 - 0.01 * weight_decay;
        w -= 0.01 * m / (1 - pow(0.9, n)) / (sqrt(v / (1 - pow(0.999, n))) + 1e-8);
    }
    return w;
}

static void check_updates(double weight_decay) {
    float *values = updated(weight_decay, 1), *threaded = updated(weight_decay, 3);
    for (size_t i = 0; i < COUNT; i++)
        assert_float_equal(values[i], expected(i, weight_decay), 2e-6);
    assert_memory_equal(values, threaded, COUNT * sizeof *values);
    free(threaded), free(values);
}

static void updates_are_adams(void **state) {
    (void)state;
    check_updates(0);
}

static void updates_are_adamws(void **state) {
    (void)state;
    check_updates(0.1);
}

/* What never had a gradient keeps its bits; what stops having one moves on by its moments. */
static void silent_elements_stay_and_others_coast(void **state) {
    (void)state;
    float *values = updated(0, 2);
    for (size_t i = SILENT_FROM; i < SILENT_TO; i++)
        assert_true(values[i] == drawn(1, i));
    free(values);
    float value[2] = {1, 1}, gradient[2] = {0.5F, 0}, first[2] = {0}, second[2] = {0};
    for (uint64_t n = 1; n <= 2; n++) {
        const vdib_adam adam = adam_of(n, 0, 1);
        assert_ok(update(&adam, 2, value, gradient, first, second));
        assert_true(value[1] == 1);
        gradient[0] = 0;
    }
    double m = 0.9 * 0.05, v = 0.999 * 0.001 * 0.25;
    double once = 1 - 0.01, twice = once - 0.01 * m / (1 - 0.81) / (sqrt(v / (1 - 0.999 * 0.999)) + 1e-8);
    assert_float_equal(value[0], twice, 1e-6);
}

/* A gradient that is not a number is not taken for 0. */
static void what_is_no_number_is_not_silent(void **state) {
    (void)state;
    float value = 1, gradient = NAN, first = 0, second = 0;
    const vdib_adam adam = adam_of(1, 0, 1);
    assert_ok(update(&adam, 1, &value, &gradient, &first, &second));
    assert_true(isnan(value));
}

static void wrong_numbers_change_nothing(void **state) {
    (void)state;
    float value = 1, gradient = 1, first = 0, second = 0;
    for (int wrong = 1; wrong < 7; wrong++) {
        vdib_adam adam = adam_of(1, 0, 1);
        adam.update = wrong == 1 ? 0 : 1;
        adam.learning_rate = wrong == 2 ? -1 : 0.1;
        adam.beta1 = wrong == 3 ? 1 : 0.9;
        adam.beta2 = wrong == 4 ? NAN : 0.9;
        adam.epsilon = wrong == 5 ? 0 : 1e-8;
        adam.weight_decay = wrong == 6 ? INFINITY : 0;
        assert_int_equal(update(&adam, 1, &value, &gradient, &first, &second), VDIB_ERROR_ARGUMENT);
    }
    const vdib_adam adam = adam_of(1, 0, 1);
    assert_int_equal(update(&adam, 1, &value, NULL, &first, &second), VDIB_ERROR_ARGUMENT);
    assert_true(value == 1 && first == 0 && second == 0);
}

/* Tensors are updated as if each were alone, empty ones among them. */
static void several_tensors_at_once(void **state) {
    (void)state;
    enum { TENSORS = 4 };
    const size_t elements[TENSORS] = {3, 0, 20000, 16384};
    const size_t before[TENSORS] = {0, 3, 3, 20003};
    float *values = zeros(), *gradient = zeros(), *first = zeros(), *second = zeros(), *expect = updated(0, 1);
    float *v[TENSORS], *m[TENSORS], *s[TENSORS];
    const float *g[TENSORS];
    for (size_t i = 0; i < TENSORS; i++) {
        v[i] = elements[i] > 0 ? values + before[i] : NULL;
        g[i] = elements[i] > 0 ? gradient + before[i] : NULL;
        m[i] = elements[i] > 0 ? first + before[i] : NULL;
        s[i] = elements[i] > 0 ? second + before[i] : NULL;
    }
    for (size_t i = 0; i < COUNT; i++)
        values[i] = drawn(1, i);
    for (uint64_t n = 1; n <= UPDATES; n++) {
        const vdib_adam adam = adam_of(n, 0, 2);
        for (size_t i = 0; i < COUNT; i++)
            gradient[i] = gradient_at(n, i);
        assert_ok(vdib_adam_update(&adam, TENSORS, elements, v, g, m, s));
    }
    assert_memory_equal(values, expect, (before[3] + elements[3]) * sizeof *values);
    for (size_t i = before[3] + elements[3]; i < COUNT; i++)
        assert_true(values[i] == drawn(1, i));
    free(values), free(gradient), free(first), free(second), free(expect);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_adams),
        cmocka_unit_test(updates_are_adamws),
        cmocka_unit_test(silent_elements_stay_and_others_coast),
        cmocka_unit_test(what_is_no_number_is_not_silent),
        cmocka_unit_test(several_tensors_at_once),
        cmocka_unit_test(wrong_numbers_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
