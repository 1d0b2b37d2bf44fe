/* SPDX-License-Identifier: MIT */
/* The rate term: values and extreme potentials. */
#include "support.h"

#include <math.h>

#include "learn/objective.h"

static void rates_are_the_closed_forms(void **state) {
    (void)state;
    const float u[] = {-3.0F, -0.4F, 0.0F, 1.7F}, y[] = {0, 1, 1, 0};
    double sampled = 0, analytic = 0, want_sampled = 0, want_analytic = 0, r0 = 0.3;
    for (int i = 0; i < 4; i++) {
        double p = 1 / (1 + exp(-(double)u[i]));
        want_sampled += y[i] != 0.0F ? log(p / r0) : log((1 - p) / (1 - r0));
        want_analytic += p * log(p / r0) + (1 - p) * log((1 - p) / (1 - r0));
    }
    vdib__rate_add(VDIB_KERNEL_PORTABLE, u, y, 4, r0, &sampled, &analytic);
    assert_close_double(&sampled, &want_sampled, 1, 1e-12);
    assert_close_double(&analytic, &want_analytic, 1, 1e-12);
}

static void extreme_potentials_stay_finite(void **state) {
    (void)state;
    const float u[] = {-1e4F, 1e4F, -200.0F, 200.0F}, off[] = {0, 0, 0, 0}, on[] = {1, 1, 1, 1};
    double sampled = 0, analytic = 0, want = 2 * (-log(0.1) - log(0.9));
    vdib__rate_add(VDIB_KERNEL_PORTABLE, u, off, 4, 0.1, &sampled, &analytic);
    assert_true(isfinite(sampled) && isfinite(analytic));
    assert_close_double(&analytic, &want, 1, 1e-12);
    vdib__rate_add(VDIB_KERNEL_PORTABLE, u, on, 4, 0.1, &sampled, &analytic);
    assert_true(isfinite(sampled));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_the_closed_forms),
        cmocka_unit_test(extreme_potentials_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
