/* SPDX-License-Identifier: MIT */
/* The rate term: values, extreme potentials, and its straight-through gradient by central differences. */
#include "support.h"

#include <math.h>

#include "learn/estimator.h"

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

/* d/du of gradient . sigma(u) + w KL(sigma(u), r0) for fixed dL/dy. */
static void straight_through_error_is_the_derivative(void **state) {
    (void)state;
    enum { N = 5 };
    const float u[N] = {-4.0F, -1.0F, 0.1F, 2.0F, 3.5F}, gradient[N] = {0.3F, -0.2F, 0.5F, 1.0F, -1.5F};
    double r0 = 0.2, weight = 0.7;
    float p[N], got[N];
    double want[N], wide[N];
    vdib__estimator_plan plan = {.rate_weight = (float)weight, .prior_logit = (float)log(r0 / (1 - r0))};
    for (int i = 0; i < N; i++) {
        double side[2];
        for (int s = 0; s < 2; s++) {
            double v = (double)u[i] + (s == 0 ? 1e-5 : -1e-5), q = 1 / (1 + exp(-v));
            side[s] = (double)gradient[i] * q + weight * (q * log(q / r0) + (1 - q) * log((1 - q) / (1 - r0)));
        }
        want[i] = (side[0] - side[1]) / 2e-5;
        p[i] = (float)(1 / (1 + exp(-(double)u[i])));
    }
    vdib__straight_through_errors(&plan, 1.0F, gradient, u, p, N, got);
    for (int i = 0; i < N; i++)
        wide[i] = got[i];
    assert_close_double(wide, want, N, 1e-5);
}

static void weights_of_the_batch_baseline_sum_to_zero(void **state) {
    (void)state;
    const double losses[3] = {1.0, 2.0, 6.0};
    float weights[3];
    vdib__estimator_plan plan = {.baseline = &vdib__baseline_batch, .score_scale = 1.0F};
    vdib__reinforce_weights(&plan, losses, 3, weights);
    const float want[3] = {(1.0F - 4.0F) / 3, (2.0F - 3.5F) / 3, (6.0F - 1.5F) / 3};
    assert_close(weights, want, 3, 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_the_closed_forms),
        cmocka_unit_test(extreme_potentials_stay_finite),
        cmocka_unit_test(straight_through_error_is_the_derivative),
        cmocka_unit_test(weights_of_the_batch_baseline_sum_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
