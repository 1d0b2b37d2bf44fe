/* SPDX-License-Identifier: MIT */
/* The figures as one line of JSON. */
#include <jansson.h>
#include <math.h>

#include "core/alloc.h"
#include "eval/evaluation.h"
#include "support.h"

static vdib_evaluation sample(void) {
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib__findings_create(VDIB__TASK_IMAGES, (vdib__findings **)&evaluation.findings));
    assert_ok(vdib__strdup("small", &VDIB_FINDINGS(evaluation)->experiment));
    VDIB_FINDINGS(evaluation)->examples = 100;
    VDIB_FINDINGS(evaluation)->judge_accuracy = 0.1;
    VDIB_FINDINGS(evaluation)->mse = 1.0 / 3;
    VDIB_FINDINGS(evaluation)->psnr = INFINITY;
    VDIB_FINDINGS(evaluation)->ssim = -0.25;
    VDIB_FINDINGS(evaluation)->distortion_nats = 123456.789;
    VDIB_FINDINGS(evaluation)->rate_bits = 7;
    VDIB_FINDINGS(evaluation)->spikes_per_example = 0;
    VDIB_FINDINGS(evaluation)->spike_density = 0.5;
    VDIB_FINDINGS(evaluation)->synaptic_operations = 12;
    VDIB_FINDINGS(evaluation)->seconds = 2;
    VDIB_FINDINGS(evaluation)->seed = 9007199254740993; /* beyond what a double holds */
    assert_ok(vdib__findings_confuse(VDIB_FINDINGS(evaluation), 2));
    const uint64_t counts[] = {40, 0, 7, 53};
    memcpy(VDIB_FINDINGS(evaluation)->confusion, counts, sizeof counts);
    return evaluation;
}

static json_t *object_of(vdib_evaluation evaluation) {
    char *text = NULL;
    assert_ok(vdib_evaluation_json(&evaluation, &text));
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
    vdib_evaluation evaluation = sample();
    json_t *object = object_of(evaluation);
    assert_string_equal(json_string_value(json_object_get(object, "experiment")), "small");
    assert_int_equal(json_integer_value(json_object_get(object, "examples")), 100);
    assert_int_equal(json_integer_value(json_object_get(object, "seed")), 9007199254740993);
    double got[] = {real_of(object, "judge_accuracy"), real_of(object, "mse"), real_of(object, "ssim"),
                    real_of(object, "distortion_nats"), real_of(object, "spikes_per_example")};
    double want[] = {0.1, 1.0 / 3, -0.25, 123456.789, 0};
    for (size_t i = 0; i < 5; i++)
        assert_close_double(&got[i], &want[i], 1, 1e-14);
    json_decref(object);
    vdib_evaluation_clear(&evaluation);
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
    vdib_evaluation evaluation = sample();
    json_t *object = object_of(evaluation);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_null(json_object_get(object, absent[i]));
    assert_true(json_is_null(json_object_get(object, "psnr")));
    assert_null(json_object_get(object, "class_names"));
    json_decref(object);
    vdib_evaluation_clear(&evaluation);
    assert_ok(vdib__findings_create(VDIB__TASK_STEPS, (vdib__findings **)&evaluation.findings));
    assert_ok(vdib__strdup("steps", &VDIB_FINDINGS(evaluation)->experiment));
    VDIB_FINDINGS(evaluation)->steps = 3000;
    object = object_of(evaluation);
    assert_null(json_object_get(object, "confusion"));
    assert_int_equal(json_integer_value(json_object_get(object, "steps")), 3000);
    json_decref(object);
    vdib_evaluation_clear(&evaluation);
}

static void the_confusion_matrix_is_nested(void **state) {
    (void)state;
    vdib_evaluation evaluation = sample();
    json_t *object = object_of(evaluation), *rows = json_object_get(object, "confusion");
    assert_int_equal(json_array_size(rows), 2);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(json_integer_value(json_array_get(json_array_get(rows, i), j)),
                             vdib_evaluation_confusion(&evaluation, i, j));
    json_decref(object);
    vdib_evaluation_clear(&evaluation);
}

/* Any number of classes, with the names that the data give them. */
static void classes_have_names(void **state) {
    (void)state;
    enum { MANY = 300 };
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib__findings_create(VDIB__TASK_CLASSES, (vdib__findings **)&evaluation.findings));
    assert_ok(vdib__strdup("many", &VDIB_FINDINGS(evaluation)->experiment));
    assert_ok(vdib__findings_confuse(VDIB_FINDINGS(evaluation), MANY));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__findings_name(VDIB_FINDINGS(evaluation), MANY, "x"), "there are 300");
    for (size_t c = 0; c < MANY; c++) {
        char name[32];
        snprintf(name, sizeof name, "cl\"ass %zu", c);
        if (c != 5)
            assert_ok(vdib__findings_name(VDIB_FINDINGS(evaluation), c, name));
    }
    assert_ok(vdib__findings_name(VDIB_FINDINGS(evaluation), 7, "\xC3\xA4")); /* a name takes the place of another */
    assert_ok(vdib__findings_name(VDIB_FINDINGS(evaluation), 8, "gr\xFCn"));  /* Latin-1 */
    VDIB_FINDINGS(evaluation)->confusion[299 * MANY + 17] = 5;
    json_t *object = object_of(evaluation), *rows = json_object_get(object, "confusion");
    assert_int_equal(json_integer_value(json_object_get(object, "confusion_classes")), MANY);
    assert_int_equal(json_array_size(rows), MANY);
    assert_int_equal(json_integer_value(json_array_get(json_array_get(rows, 299), 17)), 5);
    assert_string_equal(json_string_value(json_array_get(json_object_get(object, "class_names"), 299)), "cl\"ass 299");
    json_t *names = json_object_get(object, "class_names");
    assert_int_equal(json_array_size(names), MANY);
    assert_true(json_is_null(json_array_get(names, 5)));
    assert_string_equal(json_string_value(json_array_get(names, 7)), "\xC3\xA4");
    assert_string_equal(json_string_value(json_array_get(names, 8)), "gr?n");
    assert_string_equal(vdib_evaluation_class_name(&evaluation, 0), "cl\"ass 0");
    assert_null(vdib_evaluation_class_name(&evaluation, 5));
    assert_null(vdib_evaluation_class_name(&evaluation, MANY));
    assert_int_equal(vdib_evaluation_confusion(&evaluation, 299, 17), 5);
    assert_int_equal(vdib_evaluation_confusion(&evaluation, MANY, 0), 0);
    assert_int_equal(vdib_evaluation_confusion(&evaluation, 0, MANY), 0);
    json_decref(object);
    vdib_evaluation_clear(&evaluation);
}

/* What became of the recordings' events, under names of their own, and the notes, a line each. */
static void counts_and_notes_of_the_data(void **state) {
    (void)state;
    static const struct {
        vdib_data_count count;
        const char *name;
    } counts[] = {{VDIB_COUNT_RECORDINGS, "recordings"},           {VDIB_COUNT_EVENTS, "events"},
                  {VDIB_COUNT_OUTSIDE_WINDOW, "outside_window"},   {VDIB_COUNT_OUTSIDE_SENSOR, "outside_sensor"},
                  {VDIB_COUNT_DROPPED, "dropped_events"},          {VDIB_COUNT_EMPTY_RECORDINGS, "empty_recordings"},
                  {VDIB_COUNT_LOST_RECORDINGS, "lost_recordings"}, {VDIB_COUNT_LATE_RECORDINGS, "late_recordings"},
                  {VDIB_COUNT_OUT_OF_ORDER, "out_of_order"},       {VDIB_COUNT_RESTARTS, "clock_restarts"},
                  {VDIB_COUNT_CUT_RECORDINGS, "cut_recordings"},   {VDIB_COUNT_DAMAGED, "damaged"},
                  {VDIB_COUNT_BEYOND_STATED, "beyond_stated"},     {VDIB_COUNT_UNREADABLE_FILES, "unreadable_files"}};
    enum { COUNTS = sizeof counts / sizeof *counts };
    assert_int_equal(COUNTS, VDIB__DATA_COUNTS);
    vdib_evaluation evaluation = sample();
    vdib__findings *findings = VDIB_FINDINGS(evaluation);
    json_t *object = object_of(evaluation);
    assert_null(json_object_get(object, "data_counts"));
    assert_null(json_object_get(object, "data_notes"));
    json_decref(object);
    for (size_t i = 0; i < COUNTS; i++)
        findings->data_counts[counts[i].count] = 100 + i * i;
    assert_ok(vdib__strdup("first note\nof gr\xFCn", &findings->notes));
    object = object_of(evaluation);
    json_t *got = json_object_get(object, "data_counts"), *notes = json_object_get(object, "data_notes");
    assert_int_equal(json_object_size(got), COUNTS);
    for (size_t i = 0; i < COUNTS; i++)
        assert_int_equal(json_integer_value(json_object_get(got, counts[i].name)), 100 + i * i);
    assert_int_equal(json_array_size(notes), 2);
    assert_string_equal(json_string_value(json_array_get(notes, 0)), "first note");
    assert_string_equal(json_string_value(json_array_get(notes, 1)), "of gr?n");
    json_decref(object);
    vdib_evaluation_clear(&evaluation);
}

/* A matrix whose size is no number is refused before anything is multiplied. */
static void a_matrix_beyond_memory_is_refused(void **state) {
    (void)state;
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib__findings_create(VDIB__TASK_CLASSES, (vdib__findings **)&evaluation.findings));
    assert_fails(VDIB_ERROR_MEMORY, vdib__findings_confuse(VDIB_FINDINGS(evaluation), (size_t)1 << 33), "classes");
    assert_int_equal(vdib_evaluation_classes(&evaluation), 0);
    vdib_evaluation_clear(&evaluation);
}

/* Two programs that print the same figures print the same bytes. */
static void the_order_of_keys_is_fixed(void **state) {
    (void)state;
    vdib_evaluation evaluation = sample();
    char *text = NULL;
    assert_ok(vdib_evaluation_json(&evaluation, &text));
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
                                        "\"confusion\": [[40, 0], [7, 53]]",
                                        "\"warnings\": []}"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *found = strstr(last, order[i]);
        assert_non_null(found);
        last = found;
    }
    vdib_text_free(text);
    vdib_evaluation_clear(&evaluation);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_keep_their_names_and_values), cmocka_unit_test(what_a_task_lacks_is_absent),
        cmocka_unit_test(the_confusion_matrix_is_nested),      cmocka_unit_test(classes_have_names),
        cmocka_unit_test(counts_and_notes_of_the_data),        cmocka_unit_test(a_matrix_beyond_memory_is_refused),
        cmocka_unit_test(the_order_of_keys_is_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
