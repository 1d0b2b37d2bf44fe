/* SPDX-License-Identifier: MIT */
/* Estimators by themselves, with several draws of an example: weights of the baselines, the score, and the
 * straight-through gradient by central differences. */
#include "support.h"

#include <math.h>

#include "learn/estimator.h"

enum { EXAMPLES = 2, DRAWS = 3, SAMPLES = EXAMPLES * DRAWS, STEPS = 4, WINDOW = 2, NY = 3, ROWS = STEPS * NY };

static const double LOSSES[SAMPLES] = {1.0, 2.0, 6.0, -3.0, 0.5, 4.0};

typedef struct fixture {
    float u[SAMPLES][ROWS], p[SAMPLES][ROWS], y[SAMPLES][ROWS], gradient[SAMPLES][WINDOW * NY];
    float errors[SAMPLES][ROWS], hidden[SAMPLES][ROWS], weights[SAMPLES];
    vdib__sample samples[SAMPLES];
    vdib__estimator_plan plan;
    vdib__estimate estimate;
} fixture;

static const vdib__estimator *named(const char *name) {
    const vdib__choice *found = vdib__choice_find(&vdib__estimators, name);
    assert_non_null(found);
    return vdib__estimator_of(found);
}

static void set_up(fixture *f, const char *name, const vdib__baseline *baseline) {
    *f = (fixture){.plan = {.estimator = named(name),
                            .baseline = baseline,
                            .draws = DRAWS,
                            .score_scale = 0.25F,
                            .distortion_scale = 0.5F,
                            .rate_weight = 0.7F,
                            .analytic = strcmp(name, "straight-through") == 0,
                            .prior_logit = (float)log(0.2 / 0.8)}};
    for (size_t i = 0; i < SAMPLES; i++) {
        for (size_t k = 0; k < ROWS; k++) {
            f->u[i][k] = sinf((float)(i * ROWS + k) * 1.7F) * 3.0F;
            f->p[i][k] = (float)(1 / (1 + exp(-(double)f->u[i][k])));
            f->y[i][k] = (i + k) % 3 == 0 ? 1.0F : 0.0F;
            f->errors[i][k] = f->hidden[i][k] = NAN;
        }
        for (size_t k = 0; k < WINDOW * NY; k++)
            f->gradient[i][k] = cosf((float)(i * 11 + k));
        f->weights[i] = NAN;
        f->samples[i] = (vdib__sample){.potentials = f->u[i],
                                       .probabilities = f->p[i],
                                       .spikes = f->y[i],
                                       .loss = LOSSES[i],
                                       .label = i % 2,
                                       .window_gradient = f->gradient[i],
                                       .errors = f->errors[i]};
    }
    f->estimate = (vdib__estimate){&f->plan, EXAMPLES, DRAWS, STEPS, WINDOW, NY, f->samples, f->weights};
}

static void run(fixture *f) {
    f->plan.estimator->weigh(&f->estimate);
    for (size_t i = 0; i < SAMPLES; i++)
        f->plan.estimator->credit(&f->estimate, &f->samples[i], f->weights[i]);
}

static void weights_follow_the_baseline(void **state) {
    (void)state;
    fixture f;
    double sum = 0;
    for (size_t i = 0; i < SAMPLES; i++)
        sum += LOSSES[i];
    const vdib__baseline *const all[] = {&vdib__baseline_none, &vdib__baseline_batch, &vdib__baseline_per_parameter,
                                         &vdib__baseline_batch_product};
    for (size_t b = 0; b < 4; b++) {
        set_up(&f, "reinforce", all[b]);
        f.plan.estimator->weigh(&f.estimate);
        double total = 0;
        for (size_t i = 0; i < SAMPLES; i++) {
            const double want[4] = {LOSSES[i], LOSSES[i] - (sum - LOSSES[i]) / (SAMPLES - 1), 1.0, sum / SAMPLES};
            assert_true(fabs((double)f.weights[i] - want[b] / SAMPLES * 0.25) < 1e-7);
            total += (double)f.weights[i];
        }
        assert_true(b != 1 || fabs(total) < 1e-6); /* what is taken from one sample goes to the others */
    }
}

/* One sample alone has no others: no weight. */
static void a_batch_of_one_has_no_baseline(void **state) {
    (void)state;
    fixture f;
    set_up(&f, "reinforce", &vdib__baseline_batch);
    f.estimate.examples = f.estimate.draws = 1;
    f.plan.estimator->weigh(&f.estimate);
    assert_true(f.weights[0] == 0.0F && isnan(f.weights[1]));
}

static void scores_are_weighed(void **state) {
    (void)state;
    fixture f;
    for (int unscaled = 0; unscaled < 2; unscaled++) {
        set_up(&f, "reinforce", &vdib__baseline_batch);
        f.plan.hidden_unscaled = unscaled != 0;
        for (size_t i = 0; i < SAMPLES; i += 2) /* every second one has hidden errors of its own */
            f.samples[i].hidden_errors = f.hidden[i];
        run(&f);
        for (size_t i = 0; i < SAMPLES; i++)
            for (size_t k = 0; k < ROWS; k++) {
                float score = f.y[i][k] - f.p[i][k];
                assert_true(f.errors[i][k] == f.weights[i] * score);
                if (i % 2 == 0)
                    assert_true(f.hidden[i][k] == (unscaled ? f.weights[i] / 0.25F : f.weights[i]) * score);
                else
                    assert_true(isnan(f.hidden[i][k]));
            }
    }
}

/* Three neurons of two classes: 0 and 1 are of class 0, 2 of class 1. */
static void taught_errors_are_the_derivative_of_the_cross_entropy(void **state) {
    (void)state;
    fixture f;
    set_up(&f, "rate-target", &vdib__baseline_none);
    f.plan.target_on = 0.6F, f.plan.target_off = 0.1F, f.plan.classes = 2;
    f.samples[1].hidden_errors = f.hidden[1];
    assert_true(f.plan.estimator->reads_label && !f.plan.estimator->reads_gradient);
    assert_true(!named("straight-through")->reads_label);
    run(&f);
    for (size_t i = 0; i < SAMPLES; i++) {
        double want[ROWS], wide[ROWS];
        for (size_t k = 0; k < ROWS; k++) {
            double side[2], r = (k % NY == 2) == (i % 2 == 1) ? 0.6 : 0.1;
            for (int s = 0; s < 2; s++) {
                double v = (double)f.u[i][k] + (s == 0 ? 1e-5 : -1e-5), q = 1 / (1 + exp(-v));
                side[s] = -r * log(q) - (1 - r) * log(1 - q);
            }
            want[k] = 0.25 / SAMPLES * (side[0] - side[1]) / 2e-5;
            wide[k] = (double)f.errors[i][k];
        }
        assert_close_double(wide, want, ROWS, 1e-5);
        assert_true(f.weights[i] == 0.5F / SAMPLES);
    }
    assert_memory_equal(f.hidden[1], f.errors[1], sizeof f.errors[1]);
}

/* d/du of gradient . sigma(u) + w KL(sigma(u), r0) / samples for fixed dL/dy, which is 0 before the decoder's window.
 */
static void straight_through_error_is_the_derivative(void **state) {
    (void)state;
    fixture f;
    double r0 = 0.2, weight = (double)0.7F / SAMPLES;
    set_up(&f, "straight-through", &vdib__baseline_none);
    assert_true(f.plan.estimator->reads_gradient && !named("reinforce")->reads_gradient);
    run(&f);
    for (size_t i = 0; i < SAMPLES; i++) {
        double want[ROWS], wide[ROWS];
        for (size_t k = 0; k < ROWS; k++) {
            double side[2], g = k < ROWS - WINDOW * NY ? 0.0 : (double)f.gradient[i][k - (ROWS - WINDOW * NY)];
            for (int s = 0; s < 2; s++) {
                double v = (double)f.u[i][k] + (s == 0 ? 1e-5 : -1e-5), q = 1 / (1 + exp(-v));
                side[s] = g * q + weight * (q * log(q / r0) + (1 - q) * log((1 - q) / (1 - r0)));
            }
            want[k] = (side[0] - side[1]) / 2e-5;
            wide[k] = (double)f.errors[i][k];
        }
        assert_close_double(wide, want, ROWS, 1e-5);
        assert_true(f.weights[i] == 0.5F / SAMPLES); /* of a target that drtp projects */
    }
}

/* log p(y) - log q(y) has a derivative by u itself, and one by y, which moves like sigma(u) about the spike drawn. */
static void straight_through_takes_the_sampled_rate(void **state) {
    (void)state;
    fixture f;
    double weight = (double)0.7F / SAMPLES, logit = log(0.2 / 0.8);
    set_up(&f, "straight-through", &vdib__baseline_none);
    f.plan.analytic = false;
    run(&f);
    for (size_t i = 0; i < SAMPLES; i++) {
        double want[ROWS], got[ROWS];
        for (size_t k = 0; k < ROWS; k++) {
            double side[2], g = k < ROWS - WINDOW * NY ? 0.0 : (double)f.gradient[i][k - (ROWS - WINDOW * NY)];
            double here = 1 / (1 + exp(-(double)f.u[i][k]));
            for (int s = 0; s < 2; s++) {
                double v = (double)f.u[i][k] + (s == 0 ? 1e-5 : -1e-5), q = 1 / (1 + exp(-v));
                double y = (double)f.y[i][k] + q - here;
                side[s] = g * y + weight * (y * (v - logit) - log1p(exp(v)));
            }
            want[k] = (side[0] - side[1]) / 2e-5;
            got[k] = (double)f.errors[i][k];
        }
        assert_close_double(got, want, ROWS, 1e-5);
    }
}

/* With the analytic rate: the weighed score, and c times the rate's own derivative by each u. */
static void scores_take_the_analytic_rate(void **state) {
    (void)state;
    static const char *const names[] = {"reinforce", "rloo"};
    for (size_t n = 0; n < 4; n++) {
        fixture f;
        double r0 = 0.2, c = 0.25, weight = (double)0.7F / SAMPLES;
        set_up(&f, names[n / 2], &vdib__baseline_none);
        f.plan.analytic = true;
        f.plan.hidden_unscaled = n % 2 == 1;
        for (size_t i = 0; i < SAMPLES; i++)
            f.samples[i].hidden_errors = f.hidden[i];
        run(&f);
        for (size_t i = 0; i < SAMPLES; i++) {
            double want[ROWS], hidden[ROWS], got[ROWS], got_hidden[ROWS];
            for (size_t k = 0; k < ROWS; k++) {
                double side[2];
                for (int s = 0; s < 2; s++) {
                    double v = (double)f.u[i][k] + (s == 0 ? 1e-5 : -1e-5), q = 1 / (1 + exp(-v));
                    double log_p = f.y[i][k] != 0.0F ? log(q) : log(1 - q);
                    side[s] = (double)f.weights[i] * log_p +
                              c * weight * (q * log(q / r0) + (1 - q) * log((1 - q) / (1 - r0)));
                }
                want[k] = (side[0] - side[1]) / 2e-5;
                hidden[k] = n % 2 == 1 ? want[k] / c : want[k];
                got[k] = (double)f.errors[i][k];
                got_hidden[k] = (double)f.hidden[i][k];
            }
            assert_close_double(got, want, ROWS, 1e-5);
            assert_close_double(got_hidden, hidden, ROWS, 1e-5);
        }
    }
}

/* Every draw is weighed against the other draws of its own example. */
static void draws_are_compared_within_their_example(void **state) {
    (void)state;
    fixture f;
    set_up(&f, "rloo", &vdib__baseline_none);
    f.plan.estimator->weigh(&f.estimate);
    for (size_t e = 0; e < EXAMPLES; e++)
        for (size_t m = 0; m < DRAWS; m++) {
            double others = 0;
            for (size_t n = 0; n < DRAWS; n++)
                others += n != m ? LOSSES[e * DRAWS + n] / (DRAWS - 1) : 0;
            double want = (LOSSES[e * DRAWS + m] - others) / SAMPLES * 0.25;
            assert_true(fabs((double)f.weights[e * DRAWS + m] - want) < 1e-7);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(straight_through_takes_the_sampled_rate),
        cmocka_unit_test(scores_take_the_analytic_rate),
        cmocka_unit_test(draws_are_compared_within_their_example),
        cmocka_unit_test(weights_follow_the_baseline),
        cmocka_unit_test(a_batch_of_one_has_no_baseline),
        cmocka_unit_test(scores_are_weighed),
        cmocka_unit_test(taught_errors_are_the_derivative_of_the_cross_entropy),
        cmocka_unit_test(straight_through_error_is_the_derivative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
