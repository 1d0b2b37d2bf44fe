/* SPDX-License-Identifier: MIT */
/* Learning rates that change: their course against closed forms, the end of a decay as a part of the configuration, and
 * resumes, which keep it. */
#include "learn/toy.h"

#include <math.h>

#include "core/file.h"
#include "learn/rates.h"
#include "learn/trainer.h"

static vdib_config *course(const char *decay, const char *end, const char *floor, const char *warmup) {
    char texts[4][96];
    const char *const settings[] = {texts[0], texts[1], texts[2], texts[3], NULL};
    snprintf(texts[0], sizeof texts[0], "learning.decay=%s", decay);
    snprintf(texts[1], sizeof texts[1], "learning.decay_examples=%s", end);
    snprintf(texts[2], sizeof texts[2], "learning.decay_floor=%s", floor);
    snprintf(texts[3], sizeof texts[3], "learning.warmup_examples=%s", warmup);
    return toy_config(settings);
}

/* Shares at the middles 0.5, 5, 10, 25, 40, 69.5, 70, 1000 of updates of 1, 2, 4, 10, 20, 1, 2, 8 examples. */
enum { PLACES = 8 };
static const uint64_t shown[PLACES] = {0, 4, 8, 20, 30, 69, 69, 996}, counts[PLACES] = {1, 2, 4, 10, 20, 1, 2, 8};

static void check_course(const char *decay, const char *end, const char *floor, const char *warmup,
                         const double want[PLACES]) {
    vdib_config *config = course(decay, end, floor, warmup);
    for (size_t i = 0; i < PLACES; i++) {
        double got = vdib__rate_share(config, shown[i], counts[i]);
        if (!(fabs(got - want[i]) < 1e-12))
            fail_msg("%s after %llu: %.15g instead of %.15g", decay, (unsigned long long)shown[i], got, want[i]);
    }
    vdib_config_destroy(config);
}

static void courses_are_their_closed_forms(void **state) {
    (void)state;
    const double ones[PLACES] = {1, 1, 1, 1, 1, 1, 1, 1}, rise[PLACES] = {0.05, 0.5, 1, 1, 1, 1, 1, 1};
    check_course("constant", "0", "0", "0", ones);
    check_course("constant", "70", "0.5", "0", ones); /* what ends a decay ends no constant */
    check_course("constant", "0", "0", "10", rise);
    /* from 10 to 70: a quarter of the way at 25, half of it at 40, all but 1/120 at 69.5 */
    const double half = cos(3.14159265358979323846 / 8), last = sin(3.14159265358979323846 / 240);
    const double cosine[PLACES] = {0.05, 0.5, 1, half * half, 0.5, last * last, 0, 0};
    const double straight[PLACES] = {0.05, 0.5, 1, 0.75, 0.5, 1.0 / 120, 0, 0};
    check_course("cosine", "70", "0", "10", cosine);
    check_course("linear", "70", "0", "10", straight);
    double raised[PLACES];
    for (size_t i = 0; i < PLACES; i++)
        raised[i] = i < 2 ? straight[i] : 0.2 + 0.8 * straight[i];
    check_course("linear", "70", "0.2", "10", raised);
    const double whole[PLACES] = {
        1 - 0.5 / 70, 1 - 5.0 / 70, 1 - 10.0 / 70, 1 - 25.0 / 70, 1 - 40.0 / 70, 0.5 / 70, 0, 0};
    check_course("linear", "70", "0", "0", whole);
}

static void a_rise_is_linear_from_0(void **state) {
    (void)state;
    assert_true(vdib__rise(0, 0, 1) == 1 && vdib__rise(0, 5, 0) == 1);
    assert_true(vdib__rise(8, 0, 0) == 0 && vdib__rise(8, 1, 2) == 0.25 && vdib__rise(8, 7, 1) == 0.9375);
    assert_true(vdib__rise(8, 7, 2) == 1 && vdib__rise(8, 100, 1) == 1);
}

/* A batch four times the reference: twice the rate of Adam, four times that of gradient descent, memories to the fourth
 * power, and weights that shrink four times as much. */
static void batches_stand_for_several_of_the_reference(void **state) {
    (void)state;
    static const char *const settings[] = {"learning.batch_size=8",
                                           "learning.reference_batch=2",
                                           "learning.decoder_optimizer=sgd",
                                           "learning.encoder_optimizer=adamw",
                                           "learning.average_memory=0.9",
                                           "learning.weight_decay=0.25",
                                           NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    toy_set(config, settings);
    assert_true(vdib__batch_span(config) == 4 && vdib__batch_rate(config, true) == 2);
    assert_true(vdib__batch_rate(config, false) == 4);
    assert_float_equal(vdib__batch_memory(config, 0.9), 0.9 * 0.9 * 0.9 * 0.9, 1e-14);
    assert_true(vdib__batch_memory(config, 0) == 0);
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_float_equal(trainer->learning_rates[0], 0.02, 1e-15);
    assert_float_equal(trainer->learning_rates[1], 0.04, 1e-15);
    assert_float_equal(trainer->encoder.beta[0], pow(0.9, 4), 1e-14);
    assert_float_equal(trainer->encoder.beta[1], pow(0.999, 4), 1e-14);
    assert_float_equal(trainer->encoder.average_memory, pow(0.9, 4), 1e-14);
    double shrinks = (double)trainer->encoder.weight_decay * trainer->learning_rates[0];
    assert_float_equal(shrinks, 4 * 0.25 * 0.01, 1e-9);
    vdib_trainer_destroy(trainer);
    assert_ok(vdib_config_set(config, "learning.reference_batch=0"));
    assert_true(vdib__batch_span(config) == 1 && vdib__batch_memory(config, 0.9) == 0.9);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

static void assert_key(const vdib_model *model, const char *key, const char *want) {
    char text[64];
    assert_ok(vdib_config_get(vdib_model_config(model), key, text, sizeof text));
    assert_string_equal(text, want);
}

static vdib_trainer *new_trainer(const vdib_config *config, const vdib_dataset *dataset) {
    vdib_trainer *trainer = NULL;
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_set_threads(trainer, 1));
    return trainer;
}

static vdib_progress steps_until(vdib_trainer *trainer, uint64_t examples) {
    vdib_progress now = {.size = sizeof now};
    do
        assert_ok(vdib_trainer_step(trainer, &now));
    while (!now.done && now.examples < examples);
    return now;
}

/* The limit that training begins with ends the decay; the model that is saved says so. */
static void the_limit_becomes_part_of_the_configuration(void **state) {
    (void)state;
    static const char *const cosine[] = {"learning.decay=cosine", NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    toy_set(config, cosine);
    vdib_trainer *trainer = new_trainer(config, dataset);
    vdib_progress now = steps_until(trainer, 120);
    assert_true(now.done);
    assert_key(vdib_trainer_model(trainer), "learning.decay_examples", "120");
    assert_key(vdib_trainer_best(trainer), "learning.decay_examples", "120");
    /* the last of 30 updates lies half an update before the end */
    double share = pow(sin(3.14159265358979323846 / 2 / 60), 2);
    assert_true(fabs(now.encoder_learning_rate - 0.01 * share) < 1e-14);
    assert_true(fabs(now.decoder_learning_rate - 0.01 * share) < 1e-14);
    assert_ok(vdib_trainer_set_limits(trainer, 200, 0, 0)); /* more examples: the schedule stays where it is */
    now = steps_until(trainer, 124);
    assert_true(now.examples == 124 && now.encoder_learning_rate == 0);
    assert_key(vdib_trainer_model(trainer), "learning.decay_examples", "120");
    vdib_trainer_destroy(trainer);
    trainer = new_trainer(config, dataset);
    assert_ok(vdib_trainer_set_limits(trainer, 500, 2, 0)); /* the first limit counts */
    (void)steps_until(trainer, 4);
    char epochs[32];
    snprintf(epochs, sizeof epochs, "%zu", 2 * vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN));
    assert_key(vdib_trainer_model(trainer), "learning.decay_examples", epochs);
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

static void a_decay_without_an_end_is_refused(void **state) {
    (void)state;
    static const char *const late[] = {"learning.warmup_examples=120", NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    assert_ok(vdib_config_set(config, "learning.decay=linear"));
    vdib_trainer *trainer = new_trainer(config, dataset);
    vdib_shown shown_now = {.size = sizeof shown_now};
    assert_ok(vdib_trainer_set_limits(trainer, 0, 0, 60));
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_step(trainer, NULL), "learning.decay_examples");
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_forward(trainer, &shown_now), "learning.decay_examples");
    assert_int_equal(vdib_model_examples(vdib_trainer_model(trainer)), 0);
    assert_ok(vdib_trainer_set_limits(trainer, 8, 0, 60));
    assert_ok(vdib_trainer_step(trainer, NULL));
    vdib_trainer_destroy(trainer);
    toy_set(config, late);
    trainer = new_trainer(config, dataset); /* 120 examples are the limit, of which the warm-up takes a quarter */
    assert_ok(vdib_trainer_step(trainer, NULL));
    assert_key(vdib_trainer_model(trainer), "learning.warmup_examples", "30");
    assert_key(vdib_trainer_model(trainer), "learning.decay_examples", "120");
    vdib_trainer_destroy(trainer);
    assert_ok(vdib_config_set(config, "learning.decay_examples=120"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), "learning.warmup_examples is 120");
    assert_ok(vdib_config_set(config, "learning.decay_examples=121"));
    assert_ok(vdib_config_check(config));
    assert_ok(vdib_config_set(config, "learning.decay_examples=1"));
    assert_ok(vdib_config_set(config, "learning.decay=constant"));
    assert_ok(vdib_config_check(config));
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

/* A trainer of the same configuration, which leaves the end open, goes on to the same bits, whatever its own limit. */
static void a_resume_keeps_the_schedule(void **state) {
    (void)state;
    char *folder = support_folder(), path[4096];
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    assert_ok(vdib_config_set(config, "learning.decay=cosine"));
    assert_ok(vdib_config_set(config, "learning.warmup_examples=50")); /* 30 of 120 */
    vdib_trainer *whole = new_trainer(config, dataset), *first = new_trainer(config, dataset),
                 *second = new_trainer(config, dataset);
    (void)steps_until(whole, 120);
    (void)steps_until(first, 50);
    assert_ok(vdib_trainer_checkpoint(first, path));
    assert_ok(vdib_trainer_resume(second, path));
    assert_ok(vdib_trainer_set_limits(second, 160, 0, 0));
    vdib_progress now = steps_until(second, 120);
    assert_int_equal(now.examples, 120);
    assert_memory_equal(second->model->parameters, whole->model->parameters, whole->model->table.total * sizeof(float));
    assert_key(vdib_trainer_model(second), "learning.decay_examples", "120");
    assert_key(vdib_trainer_best(second), "learning.decay_examples", "120");
    now = steps_until(second, 160);
    assert_true(now.done && now.encoder_learning_rate == 0);
    /* another end is another schedule */
    vdib_trainer *other = NULL;
    assert_ok(vdib_config_set(config, "learning.decay_examples=119"));
    other = new_trainer(config, dataset);
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_resume(other, path), "learning.decay_examples was 120, is 119");
    vdib_trainer_destroy(other), vdib_trainer_destroy(second), vdib_trainer_destroy(first), vdib_trainer_destroy(whole);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

/* A run writes the end down, and says where training goes on after it. */
static void a_run_writes_the_end_down(void **state) {
    (void)state;
    char *folder = support_folder(), run_folder[4096], path[4200];
    snprintf(run_folder, sizeof run_folder, "%s/run", folder);
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT), *written = NULL;
    vdib_run *run = NULL;
    vdib_run_options options = {.size = sizeof options, .dataset = dataset, .threads = 1, .seconds = 100};
    assert_ok(vdib_config_set(config, "learning.decay=linear"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_run_create(run_folder, config, &options, &run), "learning.decay_examples");
    assert_false(vdib__is_folder(run_folder));
    options.examples = 40;
    assert_ok(vdib_run_create(run_folder, config, &options, &run));
    assert_string_equal(vdib_run_notes(run), "");
    snprintf(path, sizeof path, "%s/config.yaml", run_folder);
    assert_ok(vdib_config_load(path, &written));
    char text[64];
    assert_ok(vdib_config_get(written, "learning.decay_examples", text, sizeof text));
    assert_string_equal(text, "40");
    vdib_config_destroy(written);
    vdib_run_destroy(run);
    snprintf(run_folder, sizeof run_folder, "%s/longer", folder);
    assert_ok(vdib_config_set(config, "learning.decay_examples=39"));
    assert_ok(vdib_run_create(run_folder, config, &options, &run));
    assert_non_null(strstr(vdib_run_notes(run), "reach their end after 39 examples"));
    vdib_run_destroy(run);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(courses_are_their_closed_forms),
        cmocka_unit_test(batches_stand_for_several_of_the_reference),
        cmocka_unit_test(a_rise_is_linear_from_0),
        cmocka_unit_test(the_limit_becomes_part_of_the_configuration),
        cmocka_unit_test(a_decay_without_an_end_is_refused),
        cmocka_unit_test(a_resume_keeps_the_schedule),
        cmocka_unit_test(a_run_writes_the_end_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
