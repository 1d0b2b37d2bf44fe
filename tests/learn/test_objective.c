/* SPDX-License-Identifier: MIT */
/* The rate term: values and extreme potentials; label smoothing; a price of the rate that rises. */
#include "learn/toy.h"

#include <math.h>

#include "learn/objective.h"
#include "learn/trainer.h"

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

/* The cross-entropy with the smoothed class, as its definition has it. */
static double smoothed(const float *logits, size_t classes, uint32_t label, double share) {
    double sum = 0, loss = 0;
    for (size_t i = 0; i < classes; i++)
        sum += exp((double)logits[i]);
    for (size_t i = 0; i < classes; i++)
        loss -= ((i == label) * (1 - share) + share / (double)classes) * ((double)logits[i] - log(sum));
    return loss;
}

static void smoothing_is_the_cross_entropy_of_a_spread_class(void **state) {
    (void)state;
    enum { CLASSES = 2 };
    static const char *const settings[] = {"data.target=class", "objective.label_smoothing=0.3", NULL};
    vdib_dataset *dataset = toy_dataset(false);
    vdib_config *config = toy_config(settings);
    vdib_model *model = NULL;
    assert_ok(vdib_config_check(config));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    assert_int_equal(model->outputs, CLASSES);
    for (uint32_t label = 0; label < CLASSES; label++) {
        float logits[CLASSES] = {1.25F, -0.5F}, gradient[CLASSES], scale = 0.5F;
        vdib__loss loss = {.distortion = model->head->distortion(logits, CLASSES, NULL, label)};
        double before = loss.distortion;
        model->head->gradient(logits, CLASSES, NULL, label, scale, gradient);
        vdib__loss_smooth(model, logits, label, scale, &loss, gradient);
        assert_true(loss.distortion == before); /* what is reported stays */
        assert_float_equal(loss.distortion + loss.smoothing, smoothed(logits, CLASSES, label, 0.3), 1e-12);
        assert_float_equal(vdib__loss_total_at(model, 0, &loss, TOY_STEPS), loss.distortion + loss.smoothing, 1e-12);
        for (size_t i = 0; i < CLASSES; i++) {
            float up[CLASSES] = {logits[0], logits[1]}, down[CLASSES] = {logits[0], logits[1]};
            up[i] += 0x1p-8F, down[i] -= 0x1p-8F;
            double slope = (smoothed(up, CLASSES, label, 0.3) - smoothed(down, CLASSES, label, 0.3)) / 0x1p-7;
            assert_float_equal((double)gradient[i], (double)scale * slope, 1e-6);
        }
    }
    model->config->objective.label_smoothing = 0;
    float logits[CLASSES] = {1, 2}, gradient[CLASSES] = {3, 4};
    vdib__loss loss = {0};
    vdib__loss_smooth(model, logits, 0, 1, &loss, gradient);
    assert_true(loss.smoothing == 0 && gradient[0] == 3 && gradient[1] == 4);
    vdib_model_destroy(model);
    assert_ok(vdib_config_set(config, "data.target=image"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), "objective.label_smoothing is 0.3");
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

/* The rate's price rises over the first examples in training; a validation pays the whole of it. */
static void beta_rises_in_training_alone(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    vdib_progress now = {.size = sizeof now};
    assert_ok(vdib_config_set(config, "objective.beta=0.5"));
    assert_ok(vdib_config_set(config, "objective.beta_warmup_examples=16"));
    assert_ok(vdib_config_set(config, "training.validate_every=4"));
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    static const double want[] = {0.0625, 0.1875, 0.3125, 0.4375, 0.5, 0.5}; /* middles 2, 6, 10, 14, 18, 22 of 16 */
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_ok(vdib_trainer_step(trainer, &now));
        assert_true(trainer->plan.beta == want[i]);
        double nats = now.validation_rate_bits * log(2), pixels = now.validation_distortion_nats / TOY_PIXELS;
        assert_float_equal(now.validation_loss, pixels + 0.5 * nats / (8 * TOY_STEPS), 1e-9);
    }
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_the_closed_forms),
        cmocka_unit_test(smoothing_is_the_cross_entropy_of_a_spread_class),
        cmocka_unit_test(beta_rises_in_training_alone),
        cmocka_unit_test(extreme_potentials_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
