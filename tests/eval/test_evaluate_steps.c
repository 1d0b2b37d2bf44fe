/* SPDX-License-Identifier: MIT */
/* Evaluation of step-by-step tasks: the drifting blobs. */
#include <math.h>

#include "data/blobs.h"
#include "eval/evaluate.h"
#include "eval/evaluation.h"
#include "eval/metrics.h"
#include "support.h"
#include "vdib/vdib.h"

/* More sequences than are run at once, 32. */
enum { SEQUENCES = 35, STEPS = 60, WINDOW = 5, READOUTS = 10 };

static vdib_config *blob_config(const char *test_examples, const char *test_steps) {
    vdib_config *config = NULL;
    assert_ok(vdib_config_load("published/predict", &config));
    assert_ok(vdib_config_set(config, test_examples));
    assert_ok(vdib_config_set(config, test_steps));
    assert_ok(vdib_config_set(config, "seed=9"));
    return config;
}

typedef struct world {
    vdib_dataset *dataset;
    vdib_model *model;
} world;

static world make_world(const char *test_examples, const char *test_steps) {
    world w = {0};
    vdib_config *config = blob_config(test_examples, test_steps);
    assert_ok(vdib_dataset_open(NULL, config, &w.dataset));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(w.dataset), &w.model));
    vdib_config_destroy(config);
    return w;
}

static void free_world(world *w) {
    vdib_model_destroy(w->model);
    vdib_dataset_destroy(w->dataset);
}

static void assert_double(double got, double want, double bound) {
    assert_close_double(&got, &want, 1, bound);
}

/* The class that the model decodes from the last WINDOW steps up to `step`, by the public functions; its probabilities.
 */
static uint32_t decode_step(const vdib_model *model, const vdib_raster *readout, size_t step, float *probabilities) {
    uint8_t dense[WINDOW * READOUTS] = {0};
    for (size_t t = 0; t < WINDOW; t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(readout, step + 1 - WINDOW + t, &channels);
        for (size_t i = 0; i < count; i++)
            dense[t * READOUTS + channels[i]] = 1;
    }
    vdib_raster *window = NULL;
    assert_ok(vdib_raster_create(READOUTS, WINDOW, &window));
    assert_ok(vdib_raster_from_dense(window, dense));
    assert_ok(vdib_model_decode(model, window, probabilities));
    vdib_raster_destroy(window);
    return vdib__most_probable(probabilities, VDIB_BLOB_CLASSES);
}

static double mean(const double *values) {
    double sum = 0;
    for (size_t i = 0; i < SEQUENCES; i++)
        sum += values[i];
    return sum / SEQUENCES;
}

static double standard_error(const double *values) {
    double m = mean(values), sum = 0;
    for (size_t i = 0; i < SEQUENCES; i++)
        sum += (values[i] - m) * (values[i] - m);
    return sqrt(sum / (SEQUENCES - 1) / SEQUENCES);
}

/* The class that comes most often, said at every step. */
static void check_constant(const vdib_evaluation *evaluation, const size_t counts[VDIB_BLOB_CLASSES]) {
    uint32_t most = 0;
    double squares = 0;
    for (uint32_t c = 0; c < VDIB_BLOB_CLASSES; c++)
        most = counts[c] > counts[most] ? c : most;
    for (uint32_t c = 0; c < VDIB_BLOB_CLASSES; c++)
        squares += (double)counts[c] * vdib__class_mse(&vdib__target_units, VDIB_BLOB_CLASSES, most, c);
    assert_double(VDIB_FINDINGS(*evaluation)->constant_accuracy, (double)counts[most] / (SEQUENCES * STEPS), 1e-12);
    assert_double(VDIB_FINDINGS(*evaluation)->constant_mse, squares / (SEQUENCES * STEPS), 1e-9);
}

static void figures_equal_their_recomputation(void **state) {
    (void)state;
    world w = make_world("data.test_examples=35", "data.test_steps=60");
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib_evaluate(w.model, w.dataset, VDIB_SPLIT_TEST, NULL, &evaluation));
    vdib_example *example = NULL;
    assert_ok(vdib_example_create(w.dataset, &example));
    double accuracy[SEQUENCES] = {0}, mse[SEQUENCES] = {0}, distortion = 0, spikes = 0;
    size_t counts[VDIB_BLOB_CLASSES] = {0};
    for (size_t s = 0; s < SEQUENCES; s++) {
        vdib_raster *readout = NULL;
        assert_ok(vdib_dataset_get(w.dataset, VDIB_SPLIT_TEST, s, 9, example));
        assert_int_equal(vdib_raster_steps(example->raster), WINDOW + STEPS);
        assert_ok(vdib_model_encode(w.model, example->raster, 9, s, &readout));
        spikes += (double)vdib_raster_spikes(readout) / SEQUENCES;
        for (size_t t = WINDOW; t < WINDOW + STEPS; t++) {
            float probabilities[VDIB_BLOB_CLASSES];
            uint32_t said = decode_step(w.model, readout, t, probabilities), truth = example->step_labels[t];
            counts[truth]++;
            accuracy[s] += (said == truth) / (double)STEPS;
            mse[s] += vdib__class_mse(&vdib__target_units, VDIB_BLOB_CLASSES, said, truth) / STEPS;
            distortion -= log(probabilities[truth]) / (STEPS * SEQUENCES);
        }
        vdib_raster_destroy(readout);
    }
    assert_int_equal(VDIB_FINDINGS(evaluation)->examples, SEQUENCES);
    assert_int_equal(VDIB_FINDINGS(evaluation)->steps, SEQUENCES * STEPS);
    assert_double(VDIB_FINDINGS(evaluation)->accuracy, mean(accuracy), 1e-9);
    assert_double(VDIB_FINDINGS(evaluation)->accuracy_standard_error, standard_error(accuracy), 1e-6);
    assert_double(VDIB_FINDINGS(evaluation)->mse, mean(mse), 1e-9);
    assert_double(VDIB_FINDINGS(evaluation)->mse_standard_error, standard_error(mse), 1e-6);
    assert_double(VDIB_FINDINGS(evaluation)->distortion_nats, distortion, 1e-5);
    assert_double(VDIB_FINDINGS(evaluation)->spikes_per_example, spikes, 1e-12);
    check_constant(&evaluation, counts);
    assert_int_equal(vdib_evaluation_classes(&evaluation), 0);
    assert_true(isnan(VDIB_FINDINGS(evaluation)->judge_accuracy) && isnan(VDIB_FINDINGS(evaluation)->psnr));
    vdib_example_destroy(example);
    vdib_evaluation_clear(&evaluation);
    free_world(&w);
}

static void threads_change_no_figure(void **state) {
    (void)state;
    world w = make_world("data.test_examples=5", "data.test_steps=40");
    char *texts[2] = {NULL, NULL};
    for (size_t i = 0; i < 2; i++) {
        vdib_evaluation evaluation = {NULL};
        vdib_evaluation_options options = {.size = sizeof(vdib_evaluation_options), .threads = i + 1};
        assert_ok(vdib_evaluate(w.model, w.dataset, VDIB_SPLIT_TEST, &options, &evaluation));
        VDIB_FINDINGS(evaluation)->seconds = VDIB_FINDINGS(evaluation)->examples_per_second = 1;
        assert_ok(vdib_evaluation_json(&evaluation, &texts[i]));
        vdib_evaluation_clear(&evaluation);
    }
    assert_string_equal(texts[0], texts[1]);
    vdib_text_free(texts[0]);
    vdib_text_free(texts[1]);
    free_world(&w);
}

/* On 1,000-step tests a predictor that always answers one class scores about 0.030 in accuracy and 0.151 in MSE. */
static void the_constant_predictor_scores_as_is_known(void **state) {
    (void)state;
    world w = make_world("data.test_examples=20", "data.test_steps=1000");
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib_evaluate(w.model, w.dataset, VDIB_SPLIT_TEST, NULL, &evaluation));
    print_message("constant predictor: accuracy %.4f, MSE %.4f\n", VDIB_FINDINGS(evaluation)->constant_accuracy,
                  VDIB_FINDINGS(evaluation)->constant_mse);
    assert_true(fabs(VDIB_FINDINGS(evaluation)->constant_accuracy - 0.030) < 0.010);
    assert_true(fabs(VDIB_FINDINGS(evaluation)->constant_mse - 0.151) < 0.006);
    vdib_evaluation_clear(&evaluation);
    free_world(&w);
}

static void endless_training_data_need_a_number(void **state) {
    (void)state;
    world w = make_world("data.test_examples=1", "data.test_steps=40");
    vdib_evaluation evaluation = {NULL};
    assert_fails(VDIB_ERROR_DATA, vdib_evaluate(w.model, w.dataset, VDIB_SPLIT_TRAIN, NULL, &evaluation), "endless");
    vdib_evaluation_options options = {.size = sizeof(vdib_evaluation_options), .examples = 2};
    assert_ok(vdib_evaluate(w.model, w.dataset, VDIB_SPLIT_TRAIN, &options, &evaluation));
    assert_int_equal(VDIB_FINDINGS(evaluation)->examples, 2);
    vdib_evaluation_clear(&evaluation);
    assert_ok(vdib_evaluate(w.model, w.dataset, VDIB_SPLIT_TEST, NULL, &evaluation));
    assert_true(isnan(VDIB_FINDINGS(evaluation)->accuracy_standard_error)); /* one sequence has no spread */
    vdib_evaluation_clear(&evaluation);
    free_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_equal_their_recomputation),
        cmocka_unit_test(threads_change_no_figure),
        cmocka_unit_test(the_constant_predictor_scores_as_is_known),
        cmocka_unit_test(endless_training_data_need_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
