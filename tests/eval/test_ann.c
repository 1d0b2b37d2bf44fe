/* SPDX-License-Identifier: MIT */
/* An ordinary network on counts beside a model: its figures are those of an evaluation of its own, what it does is
 * counted by hand, and a network for other data is refused. */
#include "eval/counting_model.h"
#include "eval/spikes_data.h"

enum { BINS = 3, HIDDEN = 5, VALUES = BINS * SMALL_CHANNELS };

static vdib_evaluation evaluated(const vdib_model *model, const vdib_dataset *dataset, size_t examples) {
    const vdib_evaluation_options options = {.size = sizeof options, .threads = 1, .examples = examples};
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &evaluation));
    return evaluation;
}

static void assert_same_figure(const vdib_evaluation *beside, const char *name, const vdib_evaluation *alone,
                               const char *own) {
    assert_double(vdib_evaluation_get(beside, name), vdib_evaluation_get(alone, own), 0);
}

static void its_figures_are_its_own(bool images) {
    const vdib_geometry geometry = small_geometry(images);
    vdib_dataset *dataset = small_dataset(images);
    vdib_model *model = small_model(images), *ann = counting_model(images, &geometry, NULL);
    const vdib_evaluation_options options = {.threads = 2, .examples = 21, .ann = ann};
    vdib_evaluation alone = evaluated(ann, dataset, 21), own = evaluated(model, dataset, 21),
                    beside = spikes_evaluated(model, dataset, &options);
    assert_same_figure(&beside, "ann_mse", &alone, "mse");
    assert_same_figure(&beside, "mse", &own, "mse");
    assert_true(fabs(vdib_evaluation_get(&alone, "mse") - vdib_evaluation_get(&own, "mse")) > 1e-6);
    if (images)
        assert_same_figure(&beside, "ann_judge_accuracy", &alone, "judge_accuracy");
    else
        assert_same_figure(&beside, "ann_accuracy", &alone, "accuracy");
    assert_true(isnan(vdib_evaluation_get(&beside, images ? "ann_accuracy" : "ann_judge_accuracy")));
    vdib_evaluation_clear(&alone);
    vdib_evaluation_clear(&own);
    vdib_evaluation_clear(&beside);
    vdib_model_destroy(model);
    vdib_model_destroy(ann);
    vdib_dataset_destroy(dataset);
}

static void classes_are_those_of_its_own_evaluation(void **state) {
    (void)state;
    its_figures_are_its_own(false);
}

static void images_are_those_of_its_own_evaluation(void **state) {
    (void)state;
    its_figures_are_its_own(true);
}

/* Two affine layers, and an addition to a count for every event. */
static void its_effort_is_counted(void **state) {
    (void)state;
    const vdib_geometry geometry = small_geometry(false);
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false), *ann = counting_model(false, &geometry, NULL);
    const vdib_evaluation_options options = {.threads = 1, .ann = ann};
    double events = 0;
    for (size_t i = 0; i < SMALL_TEST; i++) {
        encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, 0);
        events += (double)vdib_raster_spikes(e->example->raster) / SMALL_TEST;
        encoded_free(e);
    }
    assert_true(events > 10);
    vdib_evaluation e = spikes_evaluated(model, dataset, &options);
    double products = VALUES * HIDDEN + HIDDEN * SMALL_CLASSES, biases = HIDDEN + SMALL_CLASSES;
    double states = VALUES + HIDDEN + HIDDEN + SMALL_CLASSES + 2 * events;
    assert_double(vdib_evaluation_get(&e, "ann_multiplications"), products, 1e-12);
    assert_double(vdib_evaluation_get(&e, "ann_additions"), products + biases + events, 1e-9);
    assert_double(vdib_evaluation_get(&e, "ann_weight_reads"), products, 1e-12);
    assert_double(vdib_evaluation_get(&e, "ann_state_accesses"), states, 1e-9);
    assert_double(vdib_evaluation_get(&e, "ann_energy_nj"),
                  (0.9 * (products + biases + events) + (3.7 + 5) * products + 5 * states) / 1000, 1e-9);
    vdib_evaluation_clear(&e);
    vdib_model_destroy(model);
    vdib_model_destroy(ann);
    vdib_dataset_destroy(dataset);
}

/* vdib_evaluate() with this network beside fails with the status, and its message has both words. */
static void assert_refused(vdib_model *ann, bool spikes, vdib_status status, const char *word, const char *remedy) {
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    const vdib_evaluation_options options = {.size = sizeof options, .threads = 1, .spikes = spikes, .ann = ann};
    vdib_evaluation evaluation = {NULL};
    assert_int_equal(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &evaluation), status);
    assert_null(evaluation.findings);
    assert_non_null(strstr(vdib_last_message(), word));
    assert_non_null(strstr(vdib_last_message(), remedy));
    vdib_model_destroy(model);
    vdib_model_destroy(ann);
    vdib_dataset_destroy(dataset);
}

static void other_networks_are_refused(void **state) {
    (void)state;
    vdib_geometry geometry = small_geometry(false), images = small_geometry(true), wide = geometry, more = geometry;
    wide.input_width = 5;
    more.classes = 5;
    assert_refused(small_model(false), true, VDIB_ERROR_CONFIG, "the ANN (small) has encoder.type 'spiking'",
                   "encoder.type=counts");
    assert_refused(counting_model(true, &images, NULL), true, VDIB_ERROR_DATA, "data.target image, the model class",
                   "trained with the same");
    assert_refused(counting_model(false, &geometry, "data.step_us=7777"), true, VDIB_ERROR_DATA,
                   "the ANN (counting) has data.step_us 7777, the model 3750", "trained with the same");
    assert_refused(counting_model(false, &geometry, "data.start_us=5"), true, VDIB_ERROR_DATA, "data.start_us 5",
                   "same");
    assert_refused(counting_model(false, &wide, NULL), true, VDIB_ERROR_DATA, "inputs of 2 x 4 x 5 in 12 steps",
                   "trained on the same data");
    assert_refused(counting_model(false, &more, NULL), true, VDIB_ERROR_DATA, "5 outputs", "trained on the same data");
    assert_refused(counting_model(false, &geometry, NULL), false, VDIB_ERROR_ARGUMENT, "options.ann", "options.spikes");
}

/* The default of data.step_us spelt out is the same. */
static void a_default_step_is_the_same(void **state) {
    (void)state;
    const vdib_geometry geometry = small_geometry(false);
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false), *ann = counting_model(false, &geometry, "data.step_us=3750");
    const vdib_evaluation_options options = {.threads = 1, .examples = 4, .ann = ann};
    vdib_evaluation e = spikes_evaluated(model, dataset, &options);
    assert_true(isfinite(vdib_evaluation_get(&e, "ann_accuracy")));
    vdib_evaluation_clear(&e);
    vdib_model_destroy(model);
    vdib_model_destroy(ann);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_those_of_its_own_evaluation),
        cmocka_unit_test(images_are_those_of_its_own_evaluation),
        cmocka_unit_test(its_effort_is_counted),
        cmocka_unit_test(other_networks_are_refused),
        cmocka_unit_test(a_default_step_is_the_same),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
