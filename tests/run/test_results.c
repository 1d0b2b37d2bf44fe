/* SPDX-License-Identifier: MIT */
/* Tables of runs: what is read from folders, which keys differ, means and deviations, CSV and JSON. */
#include "learn/toy.h"

#include <math.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/json.h"
#include "run/results.h"

enum { PATH_SIZE = 512, RUNS = 5 };

static const char *path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
    return path;
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[PATH_SIZE];
    assert_ok(vdib__file_write(path_in(folder, name, path), text, strlen(text)));
}

/* The folder of a finished run, made by hand; evaluation and validation NULL: without. */
static void make_run(const char *folder, const char *const *settings, const char *data, bool finished,
                     const char *evaluation, const char *validation) {
    char path[PATH_SIZE], record[2048], place[PATH_SIZE];
    vdib_config *config = toy_config(settings);
    assert_ok(vdib__folder_make(folder));
    assert_ok(vdib_config_save(config, path_in(folder, "config.yaml", path)));
    vdib_config_destroy(config);
    snprintf(place, sizeof place, data != NULL ? "\"%s\"" : "null", data);
    snprintf(record, sizeof record,
             "{\"data\": %s, \"images\": null, \"limits\": {\"examples\": 9, \"epochs\": 0, \"seconds\": 0.0}, "
             "\"checkpoint_every\": 1, \"threads\": 1, \"made_with\": {\"kernel\": \"portable\", \"blas\": \"b\", "
             "\"machine\": \"m\"}, \"examples\": 77, \"seconds\": 2.5, \"finished\": %s}",
             place, finished ? "true" : "false");
    write_file(folder, "run.json", record);
    if (evaluation != NULL)
        write_file(folder, "evaluation.json", evaluation);
    if (validation != NULL)
        write_file(folder, "validation.json", validation);
}

/* Two runs of one setting, two of another, one of a third on other data. */
static const char *const SETTINGS[RUNS][5] = {{"seed=1", "objective.beta=0.5"},
                                              {"seed=2", "objective.beta=0.5"},
                                              {"seed=1", "objective.beta=0.25", "encoder.layers=[3, 4]"},
                                              {"seed=2", "objective.beta=0.25", "encoder.layers=[3, 4]"},
                                              {"seed=1", "objective.beta=0.5"}};
static const double RATES[RUNS] = {10, 13, 20.5, 21.5, 7}, CHECKED[RUNS] = {100, 106, 1, 3, 8};

static void make_runs(const char *folder, char paths[RUNS][PATH_SIZE]) {
    for (size_t r = 0; r < RUNS; r++) {
        char evaluation[256], validation[256], name[16];
        snprintf(name, sizeof name, "run %zu, \"x\"", r);
        snprintf(evaluation, sizeof evaluation, "{\"rate_bits\": %g, \"psnr\": null, \"examples\": 12, \"odd\": [1]%s}",
                 RATES[r], r == 3 ? "" : ", \"mse\": 0.125");
        snprintf(validation, sizeof validation, "{\"rate_bits\": %g}", CHECKED[r]);
        make_run(path_in(folder, name, paths[r]), SETTINGS[r], r == 4 ? "/else" : "builtin:digits", true, evaluation,
                 r < 4 ? validation : NULL);
    }
}

static vdib_results *read_runs(char paths[RUNS][PATH_SIZE]) {
    vdib_results *results = NULL;
    const char *folders[RUNS];
    for (size_t r = 0; r < RUNS; r++)
        folders[r] = paths[r];
    assert_ok(vdib_results_read(folders, RUNS, &results));
    return results;
}

static void assert_figure(const vdib_results *results, size_t run, vdib_split split, const char *name, double wanted) {
    double value = NAN;
    bool has = vdib_results_figure(results, run, split, vdib_figure_find(name), &value);
    assert_int_equal(has, !isnan(wanted));
    if (has)
        assert_true(value == wanted);
}

static void folders_are_read(void **state) {
    (void)state;
    char *folder = support_folder(), paths[RUNS][PATH_SIZE];
    make_runs(folder, paths);
    vdib_results *results = read_runs(paths);
    static const char *const values[RUNS][3] = {{"0.5", "[12]", "builtin:digits"},
                                                {"0.5", "[12]", "builtin:digits"},
                                                {"0.25", "[3, 4]", "builtin:digits"},
                                                {"0.25", "[3, 4]", "builtin:digits"},
                                                {"0.5", "[12]", "/else"}};
    static const char *const keys[] = {"encoder.layers", "objective.beta", "data"};
    static const size_t columns[] = {1, 0, 2}, settings[RUNS] = {0, 0, 1, 1, 2}, firsts[] = {0, 2, 4};
    assert_int_equal(vdib_results_count(results), RUNS);
    assert_int_equal(vdib_results_key_count(results), 3);
    for (size_t k = 0; k < 3; k++) {
        assert_string_equal(vdib_results_key(results, k), keys[k]);
        for (size_t r = 0; r < RUNS; r++)
            assert_string_equal(vdib_results_value(results, r, k), values[r][columns[k]]);
    }
    assert_null(vdib_results_key(results, 3));
    assert_null(vdib_results_value(results, 0, 3));
    assert_null(vdib_results_value(results, RUNS, 0));
    assert_int_equal(vdib_results_setting_count(results), 3);
    for (size_t r = 0; r < RUNS; r++) {
        assert_int_equal(vdib_results_setting(results, r), settings[r]);
        assert_string_equal(vdib_results_folder(results, r), paths[r]);
        assert_string_equal(vdib_results_experiment(results, r), "custom");
        assert_int_equal(vdib_results_state(results, r), VDIB_SWEEP_DONE);
        assert_int_equal(vdib_results_seed(results, r), 1 + r % 2);
        assert_int_equal(vdib_results_examples(results, r), 77);
        assert_true(vdib_results_seconds(results, r) == 2.5);
        assert_false(vdib_results_stepwise(results, r));
        assert_figure(results, r, VDIB_SPLIT_TEST, "rate_bits", RATES[r]);
        assert_figure(results, r, VDIB_SPLIT_VALIDATION, "rate_bits", r < 4 ? CHECKED[r] : NAN);
        assert_figure(results, r, VDIB_SPLIT_TRAIN, "rate_bits", NAN);
        assert_figure(results, r, VDIB_SPLIT_TEST, "mse", r == 3 ? NAN : 0.125);
        assert_figure(results, r, VDIB_SPLIT_VALIDATION, "mse", NAN);
        assert_figure(results, r, VDIB_SPLIT_TEST, "examples", 12);
        assert_figure(results, r, VDIB_SPLIT_TEST, "psnr", NAN);
        assert_figure(results, r, VDIB_SPLIT_TEST, "no such figure", NAN);
    }
    for (size_t s = 0; s < 3; s++)
        assert_int_equal(vdib_results_setting_run(results, s), firsts[s]);
    assert_int_equal(vdib_results_setting_run(results, 3), RUNS);
    vdib_results_destroy(results);
    support_folder_remove(folder);
}

static void assert_moments(const vdib_results *results, size_t setting, vdib_split split, const char *name, size_t n,
                           double wanted_mean, double wanted_deviation) {
    double mean = -1, deviation = -1;
    assert_int_equal(vdib_results_moments(results, setting, split, vdib_figure_find(name), &mean, &deviation), n);
    assert_true(fabs(mean - wanted_mean) < 1e-12 * fabs(wanted_mean));
    assert_true(fabs(deviation - wanted_deviation) <= 1e-12 * fabs(wanted_deviation));
}

static void means_are_over_seeds(void **state) {
    (void)state;
    char *folder = support_folder(), paths[RUNS][PATH_SIZE];
    make_runs(folder, paths);
    vdib_results *results = read_runs(paths);
    assert_moments(results, 0, VDIB_SPLIT_TEST, "rate_bits", 2, 11.5, 1.5 * sqrt(2));
    assert_moments(results, 0, VDIB_SPLIT_VALIDATION, "rate_bits", 2, 103, 3 * sqrt(2));
    assert_moments(results, 1, VDIB_SPLIT_TEST, "rate_bits", 2, 21, 0.5 * sqrt(2));
    assert_moments(results, 1, VDIB_SPLIT_TEST, "mse", 1, 0.125, 0);
    assert_moments(results, 2, VDIB_SPLIT_TEST, "rate_bits", 1, 7, 0);
    assert_moments(results, 2, VDIB_SPLIT_VALIDATION, "rate_bits", 0, -1, -1); /* untouched */
    assert_moments(results, 3, VDIB_SPLIT_TEST, "rate_bits", 0, -1, -1);
    vdib_results_destroy(results);
    support_folder_remove(folder);
}

static void the_table_is_written(void **state) {
    (void)state;
    char *folder = support_folder(), paths[RUNS][PATH_SIZE], *csv = NULL, *json = NULL, wanted[4096];
    make_runs(folder, paths);
    vdib_results *results = read_runs(paths);
    assert_ok(vdib_results_csv(results, &csv));
    size_t used = (size_t)snprintf(wanted, sizeof wanted,
                                   "folder,state,encoder.layers,objective.beta,data,seed,training_examples,"
                                   "training_seconds,examples,mse,rate_bits,validation_rate_bits\n");
    for (size_t r = 0; r < RUNS; r++) {
        bool second = r == 2 || r == 3;
        used += (size_t)snprintf(wanted + used, sizeof wanted - used,
                                 "\"%s/run %zu, \"\"x\"\"\",done,%s,%s,%s,%zu,77,2.5,12,%s,%g,", folder, r,
                                 second ? "\"[3, 4]\"" : "[12]", second ? "0.25" : "0.5",
                                 r == 4 ? "/else" : "builtin:digits", 1 + r % 2, r == 3 ? "" : "0.125", RATES[r]);
        if (r < 4)
            used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%g", CHECKED[r]);
        used += (size_t)snprintf(wanted + used, sizeof wanted - used, "\n");
    }
    assert_string_equal(csv, wanted);
    vdib_text_free(csv);
    assert_ok(vdib_results_json(results, &json));
    json_error_t problem;
    json_t *object = vdib__json_read(json, strlen(json), &problem);
    const json_t *run = json_array_get(json_object_get(object, "runs"), 2);
    const json_t *setting = json_array_get(json_object_get(object, "settings"), 0);
    assert_int_equal(json_array_size(json_object_get(object, "runs")), RUNS);
    assert_int_equal(json_array_size(json_object_get(object, "settings")), 3);
    assert_int_equal(json_array_size(json_object_get(object, "keys")), 3);
    const char *at = NULL, *state_name = NULL, *experiment = NULL, *layers = NULL, *beta = NULL;
    json_int_t seed = 0, examples = 0, n = 0;
    double seconds = 0, rate = 0, checked = 0, mean = 0, deviation = 0, checked_mean = 0;
    assert_int_equal(
        json_unpack((json_t *)(uintptr_t)run, "{s:s, s:s, s:s, s:{s:s, s:s}, s:I, s:I, s:f, s:{s:f}, s:{s:f}}",
                    "folder", &at, "state", &state_name, "experiment", &experiment, "settings", "encoder.layers",
                    &layers, "objective.beta", &beta, "seed", &seed, "training_examples", &examples, "training_seconds",
                    &seconds, "figures", "rate_bits", &rate, "validation", "rate_bits", &checked),
        0);
    assert_string_equal(at, paths[2]);
    assert_string_equal(state_name, "done");
    assert_string_equal(experiment, "custom");
    assert_string_equal(layers, "[3, 4]");
    assert_string_equal(beta, "0.25");
    assert_true(seed == 1 && examples == 77 && seconds == 2.5 && rate == RATES[2] && checked == CHECKED[2]);
    assert_int_equal(json_unpack((json_t *)(uintptr_t)setting, "{s:{s:s}, s:{s:{s:I, s:f, s:f}}, s:{s:{s:f}}}",
                                 "settings", "objective.beta", &beta, "figures", "rate_bits", "runs", &n, "mean", &mean,
                                 "standard_deviation", &deviation, "validation", "rate_bits", "mean", &checked_mean),
                     0);
    assert_string_equal(beta, "0.5");
    assert_true(n == 2 && mean == 11.5 && fabs(deviation - 1.5 * sqrt(2)) < 1e-12 && checked_mean == 103);
    assert_null(json_object_get(json_object_get(setting, "figures"), "examples")); /* a size has no mean over seeds */
    json_decref(object);
    vdib_text_free(json);
    vdib_results_destroy(results);
    support_folder_remove(folder);
}

static void assert_unread(const char *path, vdib_status status, const char *part) {
    vdib_results *results = NULL;
    assert_fails(status, vdib_results_read(&path, 1, &results), part);
    assert_null(results);
}

static void folders_are_refused(void **state) {
    (void)state;
    static const char *const none[] = {NULL};
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_results *results = NULL;
    const char *nothing = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_results_read(&nothing, 0, &results), "no folder");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_results_read(&nothing, 1, &results), "folders[0] is NULL");
    assert_unread(folder, VDIB_ERROR_IO, "is no run folder");
    make_run(path_in(folder, "begun", path), none, NULL, false, "{}", NULL);
    assert_unread(path, VDIB_ERROR_IO, "is not trained to the end");
    make_run(path_in(folder, "trained", path), none, NULL, true, NULL, "{}");
    assert_unread(path, VDIB_ERROR_IO, "has no evaluation.json yet; `vdib report");
    make_run(path_in(folder, "damaged", path), none, NULL, true, "{\"rate_bits\": ", NULL);
    assert_unread(path, VDIB_ERROR_FORMAT, "evaluation.json: is damaged");
    make_run(path_in(folder, "list", path), none, NULL, true, "{}", "[]");
    assert_unread(path, VDIB_ERROR_FORMAT, "validation.json: is damaged");
    write_file(path, "seeds.json", "{}");
    assert_unread(path, VDIB_ERROR_IO, "is the folder of a series; name its runs");
    assert_int_equal(unlink(path_in(path, "seeds.json", (char[PATH_SIZE]){0})), 0);
    write_file(path, "sweep.json", "{}");
    assert_unread(path, VDIB_ERROR_IO, "is the folder of a sweep");
    support_folder_remove(folder);
}

/* Runs of a sweep that are not done stand in its table without figures; its keys are those that are varied. */
static void a_sweep_has_all_its_runs(void **state) {
    (void)state;
    static const char *const over[] = {"objective.beta=0.5,0.25", "decoder.hidden=7"};
    static const char *const settings[] = {"seed=3", "data.input=rate", "data.train_examples=30",
                                           "data.test_examples=5", NULL};
    const vdib_run_options options = {.size = sizeof options, .data = "builtin:digits", .threads = 1};
    char *folder = support_folder(), path[PATH_SIZE], *csv = NULL;
    vdib_config *config = toy_config(settings);
    vdib_sweep *sweep = NULL;
    vdib_run *run = NULL;
    vdib_results *results = NULL;
    assert_ok(vdib_sweep_create(path_in(folder, "sweep", path), config, over, 2, 2, &options, &sweep));
    assert_ok(vdib_sweep_run(sweep, 0, &run));
    vdib_run_destroy(run);
    for (size_t i = 1; i < 3; i++) {
        static const char *const none[] = {NULL};
        make_run(vdib_sweep_run_folder(sweep, i), none, NULL, true, i == 1 ? "{\"rate_bits\": 4}" : NULL,
                 "{\"rate_bits\": 5}");
    }
    assert_ok(vdib_sweep_results(sweep, &results));
    static const vdib_sweep_state states[] = {VDIB_SWEEP_BEGUN, VDIB_SWEEP_DONE, VDIB_SWEEP_TRAINED,
                                              VDIB_SWEEP_MISSING};
    assert_int_equal(vdib_results_count(results), 4);
    assert_int_equal(vdib_results_setting_count(results), 2);
    assert_int_equal(vdib_results_key_count(results), 2);
    for (size_t r = 0; r < 4; r++) {
        assert_int_equal(vdib_results_state(results, r), states[r]);
        assert_int_equal(vdib_results_seed(results, r), 3 + r % 2);
        assert_int_equal(vdib_results_setting(results, r), r / 2);
        assert_string_equal(vdib_results_value(results, r, 0), r < 2 ? "0.5" : "0.25");
        assert_string_equal(vdib_results_value(results, r, 1), "7");
        assert_figure(results, r, VDIB_SPLIT_TEST, "rate_bits", r == 1 ? 4 : NAN);
        assert_figure(results, r, VDIB_SPLIT_VALIDATION, "rate_bits", r == 1 || r == 2 ? 5 : NAN);
    }
    assert_int_equal(vdib_results_setting_run(results, 1), 2);
    assert_int_equal(vdib_results_examples(results, 3), 0);
    assert_ok(vdib_results_csv(results, &csv));
    assert_non_null(strstr(csv, "/0003-beta-0.25-hidden-7-seed-4,missing,0.25,7,4,0,0,,\n"));
    assert_non_null(strstr(csv, ",trained,0.25,7,3,77,2.5,,5\n"));
    vdib_text_free(csv);
    vdib_results_destroy(results);
    vdib_sweep_destroy(sweep);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_read),         cmocka_unit_test(means_are_over_seeds),
        cmocka_unit_test(the_table_is_written),     cmocka_unit_test(folders_are_refused),
        cmocka_unit_test(a_sweep_has_all_its_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
