/* SPDX-License-Identifier: MIT */
/* The data of an experiment: those that it has built in, unless others are named. */
#include "learn/toy.h"

/* Opens few examples of the configuration's data; the text that describes them is compared with `part`. */
static void expect_data(const char *data, const char *builtin, const char *part, const char *notes) {
    char text[64];
    const char *const settings[] = {text, "data.train_examples=24", "data.test_examples=16", NULL};
    vdib_config *config = NULL;
    vdib_dataset *dataset = NULL;
    char *said = NULL;
    snprintf(text, sizeof text, "data.builtin=%s", builtin);
    assert_ok(vdib_config_load("motion", &config));
    toy_set(config, settings);
    assert_ok(vdib_dataset_open(data, config, &dataset));
    assert_non_null(strstr(vdib_dataset_summary(dataset), part));
    assert_ok(vdib_dataset_notes(dataset, &said));
    assert_string_equal(said, notes);
    vdib_text_free(said);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

static void built_in_data_are_those_that_the_experiment_names(void **state) {
    (void)state;
    expect_data(NULL, "motion", "motion", "");
    expect_data(NULL, "digits", "digits", "");
}

static void named_data_go_before_those_of_the_experiment(void **state) {
    (void)state;
    expect_data("builtin:digits", "motion", "digits",
                "data.builtin is motion, which is not read: other data are named, builtin:digits\n");
    expect_data("builtin:motion", "motion", "motion", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_data_are_those_that_the_experiment_names),
        cmocka_unit_test(named_data_go_before_those_of_the_experiment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
