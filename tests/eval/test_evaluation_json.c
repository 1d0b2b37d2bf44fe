/* SPDX-License-Identifier: MIT */
/* The figures as one line of JSON. */
#include <jansson.h>
#include <math.h>

#include "eval/small_data.h"

static vdib_evaluation sample(void) {
    vdib_evaluation evaluation = {.size = sizeof(vdib_evaluation),
                                  .examples = 100,
                                  .judge_accuracy = 0.1,
                                  .judge_accuracy_original = NAN,
                                  .accuracy = NAN,
                                  .accuracy_standard_error = NAN,
                                  .mse = 1.0 / 3,
                                  .mse_standard_error = NAN,
                                  .constant_accuracy = NAN,
                                  .constant_mse = NAN,
                                  .psnr = INFINITY,
                                  .ssim = -0.25,
                                  .distortion_nats = 123456.789,
                                  .seed = 9007199254740993, /* beyond what a double holds */
                                  .confusion_classes = 2};
    evaluation.confusion[0][0] = 40;
    evaluation.confusion[1][0] = 7;
    evaluation.confusion[1][1] = 53;
    return evaluation;
}

static json_t *object_of(const vdib_evaluation *evaluation, const vdib_model *model) {
    char *text = NULL;
    assert_ok(vdib_evaluation_json(evaluation, model, &text));
    assert_null(strchr(text, '\n'));
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    vdib_text_free(text);
    return object;
}

static double real_of(const json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void members_keep_their_names_and_values(void **state) {
    (void)state;
    vdib_model *model = small_model(true);
    vdib_evaluation evaluation = sample();
    json_t *object = object_of(&evaluation, model);
    assert_string_equal(json_string_value(json_object_get(object, "experiment")), "small");
    assert_int_equal(json_integer_value(json_object_get(object, "examples")), 100);
    assert_int_equal(json_integer_value(json_object_get(object, "seed")), 9007199254740993);
    double got[] = {real_of(object, "judge_accuracy"), real_of(object, "mse"), real_of(object, "ssim"),
                    real_of(object, "distortion_nats"), real_of(object, "spikes_per_example")};
    double want[] = {0.1, 1.0 / 3, -0.25, 123456.789, 0};
    for (size_t i = 0; i < 5; i++)
        assert_close_double(&got[i], &want[i], 1, 1e-14);
    json_decref(object);
    vdib_model_destroy(model);
}

static void what_a_task_lacks_is_absent(void **state) {
    (void)state;
    static const char *const absent[] = {"judge_accuracy_original",
                                         "accuracy",
                                         "accuracy_standard_error",
                                         "mse_standard_error",
                                         "constant_accuracy",
                                         "constant_mse",
                                         "steps"};
    vdib_model *model = small_model(true);
    vdib_evaluation evaluation = sample();
    json_t *object = object_of(&evaluation, model);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_null(json_object_get(object, absent[i]));
    assert_true(json_is_null(json_object_get(object, "psnr")));
    json_decref(object);
    evaluation.confusion_classes = 0;
    evaluation.steps = 3000;
    object = object_of(&evaluation, model);
    assert_null(json_object_get(object, "confusion"));
    assert_int_equal(json_integer_value(json_object_get(object, "steps")), 3000);
    json_decref(object);
    vdib_model_destroy(model);
}

static void the_confusion_matrix_is_nested(void **state) {
    (void)state;
    vdib_model *model = small_model(true);
    vdib_evaluation evaluation = sample();
    json_t *object = object_of(&evaluation, model), *rows = json_object_get(object, "confusion");
    assert_int_equal(json_array_size(rows), 2);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(json_integer_value(json_array_get(json_array_get(rows, i), j)),
                             evaluation.confusion[i][j]);
    json_decref(object);
    evaluation.confusion_classes = VDIB_CONFUSION_CLASSES + 1;
    char *text = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_evaluation_json(&evaluation, model, &text), "17");
    assert_null(text);
    vdib_text_free(text);
    vdib_model_destroy(model);
}

/* Two programs that print the same figures print the same bytes. */
static void the_order_of_keys_is_fixed(void **state) {
    (void)state;
    vdib_model *model = small_model(true);
    vdib_evaluation evaluation = sample();
    char *text = NULL;
    assert_ok(vdib_evaluation_json(&evaluation, model, &text));
    const char *last = text;
    static const char *const order[] = {"{\"experiment\": \"small\", \"examples\": 100, \"judge_accuracy\": 0.1",
                                        "\"mse\"",
                                        "\"ssim\"",
                                        "\"distortion_nats\"",
                                        "\"rate_bits\"",
                                        "\"spike_density\"",
                                        "\"synaptic_operations\"",
                                        "\"seconds\"",
                                        "\"seed\"",
                                        "\"confusion\": [[40, 0], [7, 53]]}"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *found = strstr(last, order[i]);
        assert_non_null(found);
        last = found;
    }
    vdib_text_free(text);
    vdib_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_keep_their_names_and_values),
        cmocka_unit_test(what_a_task_lacks_is_absent),
        cmocka_unit_test(the_confusion_matrix_is_nested),
        cmocka_unit_test(the_order_of_keys_is_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
