/* SPDX-License-Identifier: MIT */
/* Sweeps: what --over means, which runs there are, what a folder refuses, runs on shared data. */
#include "learn/toy.h"

#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/file.h"
#include "run/data_pool.h"
#include "run/folder.h"
#include "run/variation.h"

static const vdib_run_options OPTIONS = {
    .size = sizeof(vdib_run_options), .data = "builtin:digits", .threads = 1, .checkpoint_every = 20};

/* The smallest configuration on built-in images. */
static vdib_config *small_config(void) {
    static const char *const images[] = {"data.input=rate",
                                         "data.train_examples=30",
                                         "data.test_examples=5",
                                         "training.validate_every=15",
                                         "training.examples=40",
                                         "seed=3",
                                         NULL};
    vdib_config *config = toy_config(TOY_STRAIGHT);
    toy_set(config, images);
    return config;
}

enum { PATH_SIZE = 512 };

static const char *path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
    return path;
}

static void assert_same_file(const char *a, const char *b, const char *name) {
    char path_a[PATH_SIZE], path_b[PATH_SIZE];
    uint8_t *bytes_a = NULL, *bytes_b = NULL;
    size_t size_a = 0, size_b = 0;
    assert_ok(vdib__file_read(path_in(a, name, path_a), &bytes_a, &size_a));
    assert_ok(vdib__file_read(path_in(b, name, path_b), &bytes_b, &size_b));
    assert_int_equal(size_a, size_b);
    assert_memory_equal(bytes_a, bytes_b, size_a);
    vdib__free(bytes_a);
    vdib__free(bytes_b);
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[PATH_SIZE];
    assert_ok(vdib__file_write(path_in(folder, name, path), text, strlen(text)));
}

/* ---- --over ---- */

static void assert_reads(const char *text, size_t keys, size_t values, const char *form) {
    vdib_config *config = small_config();
    vdib__variation v;
    assert_ok(vdib__variation_read(text, config, &v));
    assert_int_equal(v.key_count, keys);
    assert_int_equal(v.value_count, values);
    assert_string_equal(v.text, form);
    vdib__variation_clear(&v);
    assert_ok(vdib__variation_read(form, config, &v)); /* its own form means the same */
    assert_string_equal(v.text, form);
    vdib__variation_clear(&v);
    vdib_config_destroy(config);
}

static void variations_are_read(void **state) {
    (void)state;
    assert_reads("objective.beta=0.10,1e-3,2", 1, 3, "objective.beta=0.1,0.001,2");
    assert_reads("decoder=mlp,linear", 1, 2, "decoder.type=mlp,linear");
    assert_reads("encoder.layers=[12,7],9,[]", 1, 3, "encoder.layers=[12, 7],[9],[]");
    assert_reads("decoder.type:decoder.coding=mlp:time,mlp:rate", 2, 2,
                 "decoder.type:decoder.coding=mlp:time,mlp:rate");
    assert_reads("encoder.layers:objective.beta=[1,2]:3,[4]:5", 2, 2, "encoder.layers:objective.beta=[1, 2]:3,[4]:5");
    assert_reads("data.sensor=a:b,c", 1, 2, "data.sensor=a:b,c"); /* one key: the colon belongs to the value */
}

static void assert_refused(const char *text, const char *part) {
    vdib_config *config = small_config();
    vdib__variation v;
    assert_fails(VDIB_ERROR_CONFIG, vdib__variation_read(text, config, &v), part);
    support_assert_message("--over", __FILE__, __LINE__);
    vdib_config_destroy(config);
}

static void variations_are_refused(void **state) {
    (void)state;
    assert_refused("objective.beta", "has no '='");
    assert_refused("objective.betta=1", "unknown key 'objective.betta'; did you mean 'objective.beta'?");
    assert_refused("objective.beta=1,-1", "objective.beta is '-1'");
    assert_refused("objective.beta=1,", "objective.beta is ''");
    assert_refused("objective.beta=0.5,0.50", "objective.beta=0.5 is given twice");
    assert_refused("seed=1,2", "--seeds");
    assert_refused("experiment=a,b", "experiment is a name");
    assert_refused("objective.beta:experiment=1:a,2:b", "experiment is a name");
    assert_refused("objective.beta:objective.beta=1:2", "objective.beta stands twice");
    assert_refused("decoder.type:decoder.coding=mlp:time,mlp", "'mlp' has 1 value, but 2 keys change together");
    assert_refused("decoder.type:decoder.coding=mlp:time:rate", "has 3 values");
    assert_refused("decoder.type:decoder.coding=mlp:time,mlp:time",
                   "decoder.type=mlp, decoder.coding=time is given twice");
}

/* ---- which runs there are ---- */

static const char *const OVER[] = {"objective.beta=0.1,0.2,0.3", "decoder.type:decoder.hidden=mlp:5,linear:6"};

static vdib_sweep *make_sweep(const char *folder, size_t seeds) {
    vdib_config *config = small_config();
    vdib_sweep *sweep = NULL;
    assert_ok(vdib_sweep_create(folder, config, OVER, 2, seeds, &OPTIONS, &sweep));
    vdib_config_destroy(config);
    return sweep;
}

static void runs_are_all_combinations(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_sweep *sweep = make_sweep(path_in(folder, "sweep", path), 2);
    const double betas[] = {0.1, 0.2, 0.3};
    const char *const types[] = {"mlp", "linear"};
    assert_int_equal(vdib_sweep_count(sweep), 12);
    assert_int_equal(vdib_sweep_seeds(sweep), 2);
    for (size_t i = 0; i < 12; i++) {
        vdib_config *config = NULL;
        char type[32], wanted[2 * PATH_SIZE];
        size_t beta = i / 4, kind = i / 2 % 2, seed = i % 2;
        assert_ok(vdib_sweep_config(sweep, i, &config));
        assert_true(config->objective.beta == betas[beta]);
        assert_ok(vdib_config_get(config, "decoder.type", type, sizeof type));
        assert_string_equal(type, types[kind]);
        assert_int_equal(config->decoder.hidden, 5 + kind);
        assert_int_equal(config->seed, 3 + seed);
        assert_int_equal(vdib_sweep_seed(sweep, i), 3 + seed);
        assert_int_equal(vdib_sweep_state_of(sweep, i), VDIB_SWEEP_MISSING);
        snprintf(wanted, sizeof wanted, "%s/%04zu-beta-0.%zu-type-%s-hidden-%zu-seed-%zu", path, i, beta + 1, type,
                 5 + kind, 3 + seed);
        assert_string_equal(vdib_sweep_run_folder(sweep, i), wanted);
        vdib_config_destroy(config);
    }
    assert_null(vdib_sweep_run_folder(sweep, 12));
    assert_string_equal(vdib_sweep_over(sweep, 1), OVER[1]);
    assert_null(vdib_sweep_over(sweep, 2));
    assert_false(vdib__is_folder(path)); /* nothing is written yet */
    vdib_config *config = NULL;
    vdib_run *run = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_sweep_config(sweep, 12, &config), "run 12 of a sweep of 12");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_sweep_run(sweep, 12, &run), "run 12 of a sweep of 12");
    vdib_sweep_destroy(sweep);
    support_folder_remove(folder);
}

static void assert_not_made(const char *const *over, size_t count, size_t seeds, const char *part) {
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_config *config = small_config();
    vdib_sweep *sweep = NULL;
    assert_fails(VDIB_ERROR_CONFIG,
                 vdib_sweep_create(path_in(folder, "sweep", path), config, over, count, seeds, &OPTIONS, &sweep), part);
    assert_null(sweep);
    assert_false(vdib__is_folder(path));
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

static void sweeps_are_refused(void **state) {
    (void)state;
    const char *const twice[] = {"objective.beta=1,2", "decoder.hidden:objective.beta=3:4"};
    const char *const combination[] = {"objective.beta=1,2", "decoder.coding=time,rate", "decoder.type=mlp,conv"};
    char many[2][2048] = {"decoder.hidden=1", "encoder.readouts=1"};
    for (size_t i = 2; i <= 317; i++) /* 317 * 317 > 100,000 */
        for (size_t m = 0; m < 2; m++)
            snprintf(many[m] + strlen(many[m]), sizeof many[m] - strlen(many[m]), ",%zu", i);
    const char *const large[] = {many[0], many[1]};
    assert_not_made(twice, 2, 1, "--over: objective.beta is varied twice");
    assert_not_made(combination, 3, 1, "objective.beta=1, decoder.coding=rate, decoder.type=conv: decoder.");
    assert_not_made(large, 2, 1, "more than 100000 runs");
    assert_not_made(large, 0, 100001, "more than 100000 runs");
    assert_not_made(large, 0, 0, "no seeds");
}

/* ---- folders ---- */

/* A sweep that differs from the first in one thing: the message names it, as it was and as it is. */
static void assert_other(const char *folder, const char *setting, const char *const *over, size_t count, size_t seeds,
                         const vdib_run_options *options, const char *part) {
    vdib_config *config = small_config();
    vdib_sweep *sweep = NULL;
    if (setting != NULL)
        assert_ok(vdib_config_set(config, setting));
    if (part == NULL)
        assert_ok(vdib_sweep_create(folder, config, over, count, seeds, options, &sweep));
    else
        assert_fails(VDIB_ERROR_EXISTS, vdib_sweep_create(folder, config, over, count, seeds, options, &sweep), part);
    vdib_sweep_destroy(sweep);
    vdib_config_destroy(config);
}

static void a_folder_belongs_to_one_sweep(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE], other[PATH_SIZE];
    vdib_sweep *sweep = make_sweep(path_in(folder, "sweep", path), 2);
    vdib_run *run = NULL;
    vdib_run_options options = OPTIONS;
    assert_ok(vdib_sweep_run(sweep, 7, &run));
    vdib_run_destroy(run);
    vdib_sweep_destroy(sweep);
    const char *const respelled[] = {"objective.beta=1e-1,0.20,0.3", OVER[1]};
    const char *const varied[] = {"objective.beta=0.1,0.2", OVER[1]};
    assert_other(path, NULL, OVER, 2, 2, &OPTIONS, NULL);
    assert_other(path, NULL, respelled, 2, 2, &OPTIONS, NULL);
    assert_other(path, "seed=4", OVER, 2, 2, &OPTIONS, "seed was 3, is 4");
    assert_other(path, "training.examples=41", OVER, 2, 2, &OPTIONS, "training.examples was 40, is 41");
    assert_other(path, NULL, varied, 2, 2, &OPTIONS,
                 "--over was objective.beta=0.1,0.2,0.3, is objective.beta=0.1,0.2");
    assert_other(path, NULL, OVER, 1, 2, &OPTIONS,
                 "--over was decoder.type:decoder.hidden=mlp:5,linear:6, is not given");
    assert_other(path, NULL, OVER, 2, 3, &OPTIONS, "--seeds was 2, is 3");
    options.data = NULL;
    assert_other(path, NULL, OVER, 2, 2, &options, "--data was builtin:digits, is not given");
    options = OPTIONS, options.images = "builtin:digits";
    assert_other(path, NULL, OVER, 2, 2, &options, "--images was not given, is builtin:digits");
    options = OPTIONS, options.examples = 5;
    assert_other(path, NULL, OVER, 2, 2, &options, "--examples was not given, is 5");
    options = OPTIONS, options.epochs = 6;
    assert_other(path, NULL, OVER, 2, 2, &options, "--epochs was not given, is 6");
    options = OPTIONS, options.seconds = 0.5;
    assert_other(path, NULL, OVER, 2, 2, &options, "--seconds was not given, is 0.5");
    options = OPTIONS, options.checkpoint_every = 21;
    assert_other(path, NULL, OVER, 2, 2, &options, "--checkpoint-every was 20, is 21");
    options = OPTIONS, options.threads = 2; /* changes no result */
    assert_other(path, NULL, OVER, 2, 2, &options, NULL);
    assert_ok(vdib__folder_make(path_in(folder, "other", other)));
    assert_other(other, NULL, OVER, 2, 2, &OPTIONS, NULL);
    write_file(other, "notes.txt", "mine");
    assert_other(other, NULL, OVER, 2, 2, &OPTIONS, "holds something, but no sweep");
    assert_other(path_in(other, "notes.txt", path), NULL, OVER, 2, 2, &OPTIONS, "is a file");
    support_folder_remove(folder);
}

static void a_sweep_is_opened_again(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_sweep *sweep = make_sweep(path_in(folder, "sweep", path), 2), *again = NULL;
    vdib_run *run = NULL;
    assert_fails(VDIB_ERROR_IO, vdib_sweep_open(path, NULL, &again), "is the folder of no sweep");
    assert_ok(vdib_sweep_run(sweep, 0, &run));
    vdib_run_destroy(run);
    assert_ok(vdib_sweep_open(path, NULL, &again));
    assert_int_equal(vdib_sweep_count(again), 12);
    for (size_t i = 0; i < 12; i++) {
        vdib_config *one = NULL, *other = NULL;
        char *differences = NULL;
        assert_string_equal(vdib_sweep_run_folder(sweep, i), vdib_sweep_run_folder(again, i));
        assert_int_equal(vdib_sweep_seed(sweep, i), vdib_sweep_seed(again, i));
        assert_ok(vdib_sweep_config(sweep, i, &one));
        assert_ok(vdib_sweep_config(again, i, &other));
        assert_ok(vdib__config_differences(one, other, true, &differences));
        assert_null(differences);
        vdib_config_destroy(one);
        vdib_config_destroy(other);
    }
    vdib_sweep_destroy(again);
    vdib_sweep_destroy(sweep);
    static const char *const damaged[][2] = {{"{}", "no 'over'"},
                                             {"{\"over\": [1], \"seeds\": 1}", "'over' is not a list of texts"},
                                             {"{\"over\": [], \"seeds\": 0}", "'seeds' is not a whole number above 0"},
                                             {"{\"over\": [], \"seeds\": 1}", "no 'data'"},
                                             {"[", "start the sweep anew"}};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        write_file(path, "sweep.json", damaged[i][0]);
        assert_fails(VDIB_ERROR_FORMAT, vdib_sweep_open(path, NULL, &again), damaged[i][1]);
    }
    support_folder_remove(folder);
}

/* ---- runs ---- */

static void train(vdib_run *run) {
    vdib_progress progress = {.size = sizeof progress};
    do
        assert_ok(vdib_run_step(run, &progress));
    while (!progress.done);
}

/* A run of a sweep is the run that vdib_run_create makes of the same configuration, broken off and resumed or not. */
static void a_run_is_as_any_other(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE], plain[PATH_SIZE];
    vdib_sweep *sweep = make_sweep(path_in(folder, "sweep", path), 2);
    vdib_config *config = NULL;
    vdib_run *run = NULL;
    vdib_run_options options = OPTIONS;
    assert_ok(vdib_sweep_config(sweep, 5, &config));
    assert_ok(vdib_run_create(path_in(folder, "plain", plain), config, &options, &run));
    train(run);
    vdib_run_destroy(run);
    assert_ok(vdib_sweep_run(sweep, 5, &run));
    for (int i = 0; i < 7; i++)
        assert_ok(vdib_run_step(run, NULL));
    assert_int_equal(vdib_sweep_state_of(sweep, 5), VDIB_SWEEP_BEGUN);
    vdib_run *second = NULL;
    assert_fails(VDIB_ERROR_EXISTS, vdib_sweep_run(sweep, 5, &second), "or another part of this one, is using it");
    vdib_run_destroy(run); /* dropped, as a killed one is */
    assert_ok(vdib_sweep_run(sweep, 5, &run));
    assert_int_equal(vdib_model_examples(vdib_run_model(run)), 20);
    train(run);
    const char *there = vdib_sweep_run_folder(sweep, 5);
    static const char *const files[] = {"model.safetensors", "best.safetensors", "config.yaml", "metrics.jsonl"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_same_file(plain, there, files[i]);
    assert_int_equal(vdib_sweep_state_of(sweep, 5), VDIB_SWEEP_TRAINED);
    vdib_evaluation checked = {NULL};
    char *json = NULL;
    uint8_t *written = NULL;
    size_t size = 0;
    assert_ok(vdib_run_validate(run, NULL, &checked));
    assert_true(vdib_evaluation_get(&checked, "examples") == 3); /* a tenth of 30 */
    assert_ok(vdib_evaluation_json(&checked, &json));
    assert_ok(vdib__file_read(path_in(there, "validation.json", path), &written, &size));
    assert_int_equal(size, strlen(json) + 1);
    assert_memory_equal(written, json, strlen(json));
    vdib__free(written);
    vdib_text_free(json);
    vdib_evaluation_clear(&checked);
    assert_int_equal(vdib_sweep_state_of(sweep, 5), VDIB_SWEEP_TRAINED);
    assert_ok(vdib_report_write_dataset(there, vdib_run_dataset(run), NULL, NULL));
    assert_int_equal(vdib_sweep_state_of(sweep, 5), VDIB_SWEEP_DONE);
    assert_int_equal(vdib_sweep_state_of(sweep, 4), VDIB_SWEEP_MISSING);
    vdib_run_destroy(run);
    vdib_run_info info = {.size = sizeof info}; /* a report or a resume finds the data by their path */
    assert_ok(vdib_run_describe(there, &info));
    assert_string_equal(info.data, "builtin:digits");
    assert_null(info.dataset);
    vdib_run_info_clear(&info);
    vdib_config_destroy(config);
    vdib_sweep_destroy(sweep);
    support_folder_remove(folder);
}

static void a_run_of_other_settings_is_refused(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_sweep *sweep = make_sweep(path_in(folder, "sweep", path), 2);
    vdib_run *run = NULL;
    assert_ok(vdib_sweep_run(sweep, 0, &run));
    vdib_run_destroy(run);
    assert_int_equal(rename(vdib_sweep_run_folder(sweep, 0), vdib_sweep_run_folder(sweep, 5)), 0);
    assert_fails(VDIB_ERROR_CONFIG, vdib_sweep_run(sweep, 5, &run),
                 "holds a run of another sweep: seed was 3, is 4; objective.beta was 0.1, is 0.2 in this one");
    vdib_sweep_destroy(sweep);
    support_folder_remove(folder);
}

/* Killed between its first files and run.json: the run begins anew. */
static void a_beginning_that_was_killed_is_cleared(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_sweep *sweep = make_sweep(path_in(folder, "sweep", path), 1);
    vdib_run *run = NULL;
    const char *there = vdib_sweep_run_folder(sweep, 1);
    assert_ok(vdib_sweep_run(sweep, 0, &run));
    vdib_run_destroy(run);
    assert_ok(vdib__folder_make(there));
    write_file(there, "config.yaml", "seed: 9\n");
    write_file(there, "run.json.tmp-999999999", "{");
    int lock = -1;
    assert_ok(vdib__run_folder_lock(there, &lock)); /* as long as somebody writes there, nothing is touched */
    assert_fails(VDIB_ERROR_EXISTS, vdib_sweep_run(sweep, 1, &run), "another process");
    assert_true(vdib__is_file(path_in(there, "config.yaml", path)));
    close(lock);
    assert_ok(vdib_sweep_run(sweep, 1, &run));
    vdib_run_destroy(run);
    write_file(there, "mine.txt", "x");
    assert_int_equal(unlink(path_in(there, "run.json", path)), 0);
    assert_fails(VDIB_ERROR_EXISTS, vdib_sweep_run(sweep, 1, &run), "not empty"); /* a user's file is nobody's else */
    assert_true(vdib__is_file(path_in(there, "mine.txt", path)));
    vdib_sweep_destroy(sweep);
    support_folder_remove(folder);
}

/* ---- data ---- */

static void data_are_opened_once(void **state) {
    (void)state;
    static const struct {
        const char *setting;
        bool same;
    } settings[] = {{"seed=9", true},
                    {"objective.beta=0.5", true},
                    {"decoder.hidden=3", true},
                    {"decoder.type=linear", true},
                    {"learning.batch_size=2", true},
                    {"encoder.layers=[3]", true},
                    {"readout.bases=2", true},
                    {"neuron.gain=published", true},
                    {"training.examples=9", true},
                    {"data.steps=7", false},
                    {"data.train_examples=29", false},
                    {"data.input=latency", false},
                    {"decoder.window=3", false}};
    vdib__data_pool *pool = NULL;
    vdib__shared_data *first = NULL, *other = NULL;
    vdib_config *config = small_config();
    assert_ok(vdib__data_pool_create(&pool));
    assert_ok(vdib__data_pool_take(pool, config, &OPTIONS, &first));
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        vdib_config *changed = NULL;
        assert_ok(vdib_config_copy(config, &changed));
        assert_ok(vdib_config_set(changed, settings[i].setting));
        assert_ok(vdib__data_pool_take(pool, changed, &OPTIONS, &other));
        if ((other == first) != settings[i].same)
            fail_msg("%s", settings[i].setting);
        assert_int_equal(vdib__data_pool_open(pool), settings[i].same ? 1 : 2);
        vdib__shared_data_release(other);
        vdib_config_destroy(changed);
    }
    vdib_run_options options = OPTIONS;
    options.images = "builtin:digits";
    assert_ok(vdib__data_pool_take(pool, config, &options, &other));
    assert_ptr_not_equal(other, first);
    vdib__shared_data_release(other);
    options = OPTIONS, options.data = NULL;
    assert_ok(vdib__data_pool_take(pool, config, &options, &other)); /* what nobody uses is closed */
    assert_int_equal(vdib__data_pool_open(pool), 2);
    assert_int_equal(vdib_dataset_size(vdib__shared_dataset(first), VDIB_SPLIT_TEST), 5);
    options.data = "/nowhere/at/all";
    vdib__shared_data *none = NULL;
    assert_fails(VDIB_ERROR_IO, vdib__data_pool_take(pool, config, &options, &none), "/nowhere/at/all");
    vdib__shared_data_release(other);
    vdib__shared_data_release(first);
    vdib__data_pool_destroy(pool);
    vdib_config_destroy(config);
}

/* Data that cannot be opened leave nothing behind, so that the command can be given again. */
static void bad_data_leave_nothing(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_config *config = small_config();
    vdib_sweep *sweep = NULL;
    vdib_run *run = NULL;
    vdib_run_options options = OPTIONS;
    options.data = "/nowhere/at/all";
    assert_ok(vdib_sweep_create(path_in(folder, "sweep", path), config, OVER, 2, 1, &options, &sweep));
    assert_fails(VDIB_ERROR_IO, vdib_sweep_run(sweep, 0, &run), "/nowhere/at/all");
    assert_false(vdib__is_folder(path));
    vdib_sweep_destroy(sweep);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variations_are_read),
        cmocka_unit_test(variations_are_refused),
        cmocka_unit_test(runs_are_all_combinations),
        cmocka_unit_test(sweeps_are_refused),
        cmocka_unit_test(a_folder_belongs_to_one_sweep),
        cmocka_unit_test(a_sweep_is_opened_again),
        cmocka_unit_test(a_run_is_as_any_other),
        cmocka_unit_test(a_run_of_other_settings_is_refused),
        cmocka_unit_test(a_beginning_that_was_killed_is_cleared),
        cmocka_unit_test(data_are_opened_once),
        cmocka_unit_test(bad_data_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
