/* SPDX-License-Identifier: MIT */
/* An encoder that is silent or saturated, hidden layers that never change, decoded values that do not depend on the
 * example: the table of warnings at its thresholds, and models made so by their weights. */
#include "eval/small_data.h"

#include <math.h>

#include "core/alloc.h"
#include "eval/warnings.h"

/* Nothing to warn of. */
static vdib__activity_summary healthy(void) {
    return (vdib__activity_summary){.layers = 2,
                                    .hidden = {{.silent = 0.1, .saturated = 0.1}, {.silent = 0.3, .saturated = 0}},
                                    .readout_silent = 0.1,
                                    .readout_density = 0.2,
                                    .examples = 10,
                                    .output_spread = 0.2,
                                    .target_spread = 0.4};
}

static void expect_only(const vdib__activity_summary *summary, const char *code, const char *part) {
    vdib__warning found[VDIB__WARNINGS_MOST];
    size_t count = vdib__warnings_find(summary, found);
    if (code == NULL) {
        assert_int_equal(count, 0);
        return;
    }
    assert_int_equal(count, 1);
    assert_string_equal(found[0].code, code);
    if (strstr(found[0].message, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, found[0].message);
}

static void the_table_speaks_at_its_thresholds(void **state) {
    (void)state;
    vdib__activity_summary s = healthy();
    expect_only(&s, NULL, NULL);
    s.readout_density = 0.0011;
    expect_only(&s, NULL, NULL);
    s.readout_density = 0.0004;
    expect_only(&s, "encoder-silent", "0.04 % of the readout's neurons and steps");
    s.readout_silent = 1; /* follows from it, and is not said again */
    expect_only(&s, "encoder-silent", "objective.prior_probability");
    s = healthy();
    s.readout_density = 0.91;
    expect_only(&s, "encoder-saturated", "91 %");
    s = healthy();
    s.input_silent = 0.09;
    expect_only(&s, NULL, NULL);
    s.input_silent = 0.12;
    expect_only(&s, "input-silent", "12 % of the examples have no input spike");
    s = healthy();
    s.readout_silent = 0.6;
    expect_only(&s, "readout-neurons-silent", "60 %");
    s = healthy();
    s.hidden[1] = (vdib__layer_activity){.silent = 0.95, .saturated = 0.05};
    expect_only(&s, "hidden-silent", "hidden layer 2: 95 %");
    s.hidden[1] = (vdib__layer_activity){.silent = 0.02, .saturated = 0.92};
    expect_only(&s, "hidden-saturated", "hidden layer 2: 92 %");
    s.hidden[1] = (vdib__layer_activity){.silent = 0.5, .saturated = 0.45};
    expect_only(&s, "hidden-constant", "hidden layer 2: 95 %");
    s = healthy();
    s.layers = 1; /* the second does not exist */
    s.hidden[1].silent = 1;
    expect_only(&s, NULL, NULL);
    s = healthy();
    s.output_spread = 0.004;
    expect_only(&s, "output-constant", "1 %");
    s.output_spread = 1e-9;
    expect_only(&s, "output-constant", "0 % of the targets' variety");
    double density = s.readout_density; /* what explains it speaks alone, and gives no contrary advice */
    s.readout_density = 0.95;
    expect_only(&s, "encoder-saturated", "raise objective.beta");
    s.readout_density = 0;
    expect_only(&s, "encoder-silent", "lower objective.beta");
    s.readout_density = density;
    s.examples = 1; /* one example has no variety */
    expect_only(&s, NULL, NULL);
    s.examples = 10;
    s.target_spread = 0;
    expect_only(&s, NULL, NULL);
    s.target_spread = s.output_spread = (double)NAN; /* step by step */
    expect_only(&s, NULL, NULL);
}

/* The price of the rate and the prior do not reach an encoder whose spike probabilities are taught by hand. */
static void advice_reaches_an_encoder_that_is_taught(void **state) {
    (void)state;
    vdib__warning found[VDIB__WARNINGS_MOST];
    for (int which = 0; which < 4; which++) {
        vdib__activity_summary s = healthy();
        s.taught = true;
        if (which < 2)
            s.readout_density = which == 0 ? 0.0 : 0.95;
        else if (which == 2)
            s.readout_silent = 0.6;
        else
            s.output_spread = 0;
        assert_int_equal(vdib__warnings_find(&s, found), 1);
        assert_non_null(strstr(found[0].message, "learning.target_on"));
        assert_null(strstr(found[0].message, "objective."));
    }
}

/* Sets every value of the tensors whose name begins so. */
static void set_tensors(vdib_model *model, const char *name, float value) {
    size_t set = 0;
    for (size_t i = 0; i < vdib_model_tensor_count(model); i++) {
        vdib_tensor_info info = {.size = sizeof info};
        assert_ok(vdib_model_tensor(model, i, &info));
        if (strncmp(info.name, name, strlen(name)) != 0)
            continue;
        float *values = calloc(info.count, sizeof *values);
        for (size_t k = 0; k < info.count; k++)
            values[k] = value;
        assert_ok(vdib_model_tensor_set(model, i, values));
        free(values);
        set++;
    }
    assert_true(set > 0);
}

/* Whether an evaluation of the model warns so, in its getters and in its JSON. */
static bool warns(const vdib_model *model, const vdib_dataset *dataset, const char *code) {
    vdib_evaluation evaluation = {NULL};
    char *json = NULL;
    bool found = false;
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &evaluation));
    for (size_t i = 0; i < vdib_evaluation_warning_count(&evaluation); i++) {
        const char *got = NULL;
        assert_non_null(vdib_evaluation_warning(&evaluation, i, &got));
        found = found || strcmp(got, code) == 0;
    }
    assert_null(vdib_evaluation_warning(&evaluation, vdib_evaluation_warning_count(&evaluation), NULL));
    assert_ok(vdib_evaluation_json(&evaluation, &json));
    const char *list = strstr(json, "\"warnings\": [");
    assert_non_null(list);
    assert_int_equal(strstr(list, code) != NULL, found);
    vdib_text_free(json);
    vdib_evaluation_clear(&evaluation);
    return found;
}

static void models_that_do_nothing_are_named(void **state) {
    static const struct {
        const char *tensor;
        float value;
        const char *code;
    } cases[] = {
        {"encoder.readout.bias", -50, "encoder-silent"},
        {"encoder.readout.bias", 50, "encoder-saturated"},
        {"encoder.hidden.0.bias", -1e6F, "hidden-silent"},
        {"encoder.hidden.0.bias", 1e6F, "hidden-saturated"},
        {"decoder", 0, "output-constant"},
    };
    vdib_dataset *dataset = small_dataset(false);
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        vdib_model *model = small_model(false);
        assert_false(warns(model, dataset, cases[c].code));
        set_tensors(model, cases[c].tensor, cases[c].value);
        if (!warns(model, dataset, cases[c].code))
            fail_msg("no warning '%s'", cases[c].code);
        vdib_model_destroy(model);
    }
    vdib_dataset_destroy(dataset);
}

/* The message of an encoder that is saturated, from a model whose encoder is taught. */
static void a_model_that_is_taught_is_known(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *small = small_model(false), *taught = NULL;
    vdib_config *config = NULL;
    vdib_evaluation evaluation = {NULL};
    bool found = false;
    assert_ok(vdib_config_copy(vdib_model_config(small), &config));
    assert_ok(vdib_config_set(config, "learning.estimator=rate-target"));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &taught));
    set_tensors(taught, "encoder.readout.bias", 50);
    assert_ok(vdib_evaluate(taught, dataset, VDIB_SPLIT_TEST, NULL, &evaluation));
    for (size_t i = 0; i < vdib_evaluation_warning_count(&evaluation); i++) {
        const char *code = NULL, *message = vdib_evaluation_warning(&evaluation, i, &code);
        found =
            found || (strcmp(code, "encoder-saturated") == 0 && strstr(message, "lower learning.target_on") != NULL);
    }
    assert_true(found);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(taught);
    vdib_model_destroy(small);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

/* Hidden neurons without weights and with a tiny bias spike once, in the first blank step, and recover too slowly to do
 * so again: while there is input they are silent. */
static void spikes_of_blank_steps_do_not_count(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    set_tensors(model, "encoder.hidden.0.weight", 0);
    set_tensors(model, "encoder.hidden.0.bias", 1e-9F);
    assert_true(warns(model, dataset, "hidden-silent"));
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* A data set of one's own of which every second example is empty. */
static void examples_without_input_are_named(void **state) {
    (void)state;
    vdib_dataset *full = small_dataset(false), *half = NULL;
    vdib_model *model = small_model(false);
    vdib_example *example = NULL;
    assert_ok(vdib_dataset_create(vdib_dataset_geometry(full), &half));
    assert_ok(vdib_example_create(full, &example));
    for (size_t i = 0; i < vdib_dataset_size(full, VDIB_SPLIT_TEST); i++) {
        vdib_raster *none = NULL;
        assert_ok(vdib_dataset_get(full, VDIB_SPLIT_TEST, i, 1, example));
        assert_ok(vdib_raster_create(vdib_raster_channels(example->raster), vdib_raster_steps(example->raster), &none));
        assert_ok(vdib_dataset_add(half, VDIB_SPLIT_TEST, i % 2 == 0 ? none : example->raster, NULL, example->label));
        vdib_raster_destroy(none);
    }
    assert_false(warns(model, full, "input-silent"));
    assert_true(warns(model, half, "input-silent"));
    vdib_example_destroy(example);
    vdib_model_destroy(model);
    vdib_dataset_destroy(half);
    vdib_dataset_destroy(full);
}

/* A readout that sends no spikes is not called silent. */
static void a_readout_without_spikes_is_not_silent(void **state) {
    (void)state;
    static const char *const settings[] = {"data.steps=12",
                                           "data.target=class",
                                           "decoder=linear",
                                           "encoder.readouts=6",
                                           "readout.type=gaussian",
                                           "readout.feedback_bases=0",
                                           "encoder.layers=[]",
                                           "learning.estimator=straight-through",
                                           "learning.schedule=episode"};
    vdib_dataset *dataset = small_dataset(false);
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    vdib_evaluation found = {NULL};
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &found));
    for (size_t i = 0; i < vdib_evaluation_warning_count(&found); i++) {
        const char *code = NULL;
        vdib_evaluation_warning(&found, i, &code);
        assert_string_equal(code, "output-constant"); /* it has learnt nothing */
    }
    vdib_evaluation_clear(&found);
    vdib_model_destroy(model);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_speaks_at_its_thresholds),
        cmocka_unit_test(advice_reaches_an_encoder_that_is_taught),
        cmocka_unit_test(models_that_do_nothing_are_named),
        cmocka_unit_test(a_model_that_is_taught_is_known),
        cmocka_unit_test(spikes_of_blank_steps_do_not_count),
        cmocka_unit_test(examples_without_input_are_named),
        cmocka_unit_test(a_readout_without_spikes_is_not_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
