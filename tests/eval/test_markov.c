/* SPDX-License-Identifier: MIT */
/* Predictors that know the present class alone, counted once more through the public interface. */
#include "data/blobs.h"
#include "data/dataset.h"
#include "data/inputs.h"
#include "eval/evaluate.h"
#include "support.h"
#include "vdib/vdib.h"

#include <math.h>

static void rows_answer_what_followed_most_often(void **state) {
    (void)state;
    enum { CLASSES = 4 };
    /* From 0 mostly to 2; from 1 a tie of 0 and 3, of which 3 is the commoner later class; 2 was never seen; from 3
     * always to 3. */
    const uint64_t counts[CLASSES * CLASSES] = {1, 0, 3, 0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5};
    uint32_t answers[CLASSES] = {9, 9, 9, 9};
    assert_ok(vdib__markov_answers(counts, CLASSES, 1.0, answers));
    const uint32_t want[CLASSES] = {2, 3, 3, 3};
    assert_memory_equal(answers, want, sizeof want);
    assert_ok(vdib__markov_answers(counts, CLASSES, 0.0, answers));
    assert_int_equal(answers[1], 0); /* without smoothing the lowest class of a tie, and of what was never seen */
    assert_int_equal(answers[2], 0);
    assert_ok(vdib__markov_answers(counts, CLASSES, 1000.0, answers)); /* nothing but shares: 3, 0, 3, 7 of 13 */
    for (size_t i = 0; i < CLASSES; i++)
        assert_int_equal(answers[i], 3);
}

/* What was never seen is answered with the class that comes later most often, not with the one that is there first. */
static void shares_are_those_of_later_classes(void **state) {
    (void)state;
    const uint64_t counts[9] = {1, 4, 0, 0, 1, 0, 0, 0, 0}; /* 0 is left five times, 1 is reached five times */
    uint32_t answers[3] = {9, 9, 9};
    assert_ok(vdib__markov_answers(counts, 3, 1.0, answers));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(answers[i], 1);
}

static void a_step_shows_the_pair_of_its_units(void **state) {
    (void)state;
    vdib_raster *raster = NULL;
    uint8_t dense[2 * VDIB_BLOB_UNITS] = {0};
    dense[4] = dense[11] = 1;
    dense[VDIB_BLOB_UNITS + 7] = 1;
    assert_ok(vdib_raster_create(VDIB_BLOB_UNITS, 2, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    assert_int_equal(vdib__present_class(&vdib__target_units, raster, 0), vdib__blobs_class(4, 11));
    assert_int_equal(vdib__present_class(&vdib__target_units, raster, 1), vdib__blobs_class(7, 7));
    vdib_raster_destroy(raster);
}

typedef struct fixture {
    vdib_config *config;
    vdib_dataset *dataset;
    vdib_model *model;
    vdib_evaluation found;
} fixture;

static void set_up(const char *delta, fixture *f) {
    *f = (fixture){0};
    assert_ok(vdib_config_load("published/predict", &f->config));
    assert_ok(vdib_config_set(f->config, delta));
    assert_ok(vdib_config_set(f->config, "data.steps=30"));
    assert_ok(vdib_config_set(f->config, "data.test_steps=40"));
    assert_ok(vdib_config_set(f->config, "data.test_examples=3"));
    assert_ok(vdib_config_set(f->config, "seed=5"));
    assert_ok(vdib_dataset_open(NULL, f->config, &f->dataset));
    assert_ok(vdib_model_create(f->config, vdib_dataset_geometry(f->dataset), &f->model));
    assert_ok(vdib_evaluate(f->model, f->dataset, VDIB_SPLIT_TEST, NULL, &f->found));
}

static void tear_down(fixture *f) {
    vdib_evaluation_clear(&f->found);
    vdib_model_destroy(f->model);
    vdib_dataset_destroy(f->dataset);
    vdib_config_destroy(f->config);
}

static double units_error(uint32_t a, uint32_t b) {
    float x[VDIB_BLOB_UNITS], y[VDIB_BLOB_UNITS];
    double sum = 0;
    vdib__blobs_units(a, x), vdib__blobs_units(b, y);
    for (size_t i = 0; i < VDIB_BLOB_UNITS; i++)
        sum += pow((double)x[i] - (double)y[i], 2);
    return sum / VDIB_BLOB_UNITS;
}

static uint32_t shown(const vdib_raster *raster, size_t t) {
    const uint32_t *units = NULL;
    size_t count = vdib_raster_at(raster, t, &units);
    return vdib__blobs_class(units[0], count == 2 ? units[1] : units[0]);
}

/* What follows each class in the first 1,000 training sequences of the run, whose seed is 5. */
static void learn(const fixture *f, uint32_t answers[VDIB_BLOB_CLASSES]) {
    static double weight[VDIB_BLOB_CLASSES][VDIB_BLOB_CLASSES], later[VDIB_BLOB_CLASSES], all;
    vdib_example *example = NULL;
    memset(weight, 0, sizeof weight), memset(later, 0, sizeof later), all = 0;
    assert_ok(vdib_example_create(f->dataset, &example));
    for (size_t n = 0; n < 1000; n++) {
        assert_ok(vdib__dataset_fetch(f->dataset, VDIB_SPLIT_TRAIN, n, 5, VDIB_STAGE_TRAINING, n, example));
        for (size_t t = 0; t < vdib_raster_steps(example->raster); t++) {
            weight[shown(example->raster, t)][example->step_labels[t]]++;
            later[example->step_labels[t]]++, all++;
        }
    }
    for (size_t i = 0; i < VDIB_BLOB_CLASSES; i++) {
        answers[i] = 0;
        for (uint32_t j = 0; j < VDIB_BLOB_CLASSES; j++)
            weight[i][j] += later[j] / all;
        for (uint32_t j = 0; j < VDIB_BLOB_CLASSES; j++)
            answers[i] = weight[i][j] > weight[i][answers[i]] ? j : answers[i];
    }
    vdib_example_destroy(example);
}

static void steps_ahead_are_predicted_from_the_present(void **state) {
    (void)state;
    fixture f;
    uint32_t answers[VDIB_BLOB_CLASSES];
    double copied = 0, guessed = 0, copy_error = 0, guess_error = 0, n = 0;
    vdib_example *example = NULL;
    set_up("data.delta=2", &f);
    learn(&f, answers);
    assert_ok(vdib_example_create(f.dataset, &example));
    for (size_t i = 0; i < 3; i++) {
        assert_ok(vdib_dataset_get(f.dataset, VDIB_SPLIT_TEST, i, 5, example));
        for (size_t t = vdib_model_window(f.model); t < vdib_raster_steps(example->raster); t++, n++) {
            uint32_t now = shown(example->raster, t), truth = example->step_labels[t];
            copied += now == truth, guessed += answers[now] == truth;
            copy_error += units_error(now, truth), guess_error += units_error(answers[now], truth);
        }
    }
    assert_true(copied > 0 && guessed > 0 && copied != guessed);
    assert_float_equal(vdib_evaluation_get(&f.found, "copy_accuracy"), copied / n, 1e-12);
    assert_float_equal(vdib_evaluation_get(&f.found, "markov_accuracy"), guessed / n, 1e-12);
    assert_float_equal(vdib_evaluation_get(&f.found, "copy_mse"), copy_error / n, 1e-9);
    assert_float_equal(vdib_evaluation_get(&f.found, "markov_mse"), guess_error / n, 1e-9);
    vdib_example_destroy(example);
    tear_down(&f);
}

static void the_present_and_the_past_are_no_prediction(void **state) {
    (void)state;
    static const char *const deltas[] = {"data.delta=0", "data.delta=-2"};
    for (size_t i = 0; i < 2; i++) {
        fixture f;
        set_up(deltas[i], &f);
        assert_true(isnan(vdib_evaluation_get(&f.found, "copy_accuracy")));
        assert_true(isnan(vdib_evaluation_get(&f.found, "markov_mse")));
        tear_down(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_answer_what_followed_most_often),
        cmocka_unit_test(shares_are_those_of_later_classes),
        cmocka_unit_test(a_step_shows_the_pair_of_its_units),
        cmocka_unit_test(steps_ahead_are_predicted_from_the_present),
        cmocka_unit_test(the_present_and_the_past_are_no_prediction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
