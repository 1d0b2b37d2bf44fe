/* SPDX-License-Identifier: MIT */
/* Run folders: what is in them, breaking off at any point and resuming, refusals. */
#include "learn/toy.h"

#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"

static const vdib_resume_options ONE_THREAD = {.size = sizeof(vdib_resume_options), .threads = 1};
static const vdib_run_options OPTIONS = {
    .size = sizeof(vdib_run_options), .data = "builtin:digits", .checkpoint_every = 20};

/* The smallest configuration on built-in images. */
static vdib_config *small_config(void) {
    static const char *const images[] = {"data.input=rate",      "data.train_examples=30",
                                         "data.test_examples=5", "training.validate_every=15",
                                         "training.examples=60", NULL};
    vdib_config *config = toy_config(TOY_STRAIGHT);
    toy_set(config, images);
    return config;
}

static void step_to(vdib_run *run, uint64_t examples) {
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    do
        assert_ok(vdib_run_step(run, &progress));
    while (!progress.done && progress.examples < examples);
}

enum { PATH_SIZE = 512 };

static void path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
}

static void assert_same_file(const char *a, const char *b, const char *name) {
    char path_a[PATH_SIZE], path_b[PATH_SIZE];
    uint8_t *bytes_a = NULL, *bytes_b = NULL;
    size_t size_a = 0, size_b = 0;
    path_in(a, name, path_a);
    path_in(b, name, path_b);
    assert_ok(vdib__file_read(path_a, &bytes_a, &size_a));
    assert_ok(vdib__file_read(path_b, &bytes_b, &size_b));
    assert_int_equal(size_a, size_b);
    assert_memory_equal(bytes_a, bytes_b, size_a);
    vdib__free(bytes_a);
    vdib__free(bytes_b);
}

/* A run that is dropped without a word after `examples` (as a killed one is) and resumed. */
static void break_and_resume(const char *folder, uint64_t examples) {
    vdib_config *config = small_config();
    vdib_run *run = NULL;
    assert_ok(vdib_run_create(folder, config, &OPTIONS, &run));
    if (examples > 0)
        step_to(run, examples);
    vdib_run_destroy(run);
    assert_ok(vdib_run_resume(folder, &ONE_THREAD, &run));
    step_to(run, UINT64_MAX);
    vdib_run_destroy(run);
    vdib_config_destroy(config);
}

static void a_broken_run_resumes_to_the_same_files(void **state) {
    (void)state;
    char *folder = support_folder(), whole[PATH_SIZE], broken[PATH_SIZE];
    path_in(folder, "whole", whole);
    vdib_config *config = small_config();
    vdib_run *run = NULL;
    assert_ok(vdib_run_create(whole, config, &OPTIONS, &run));
    step_to(run, UINT64_MAX);
    vdib_run_destroy(run);
    const uint64_t breaks[] = {0, 4, 24, 44, 60}; /* before the first checkpoint, between two, after the end */
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "broken-%zu", i);
        path_in(folder, name, broken);
        break_and_resume(broken, breaks[i]);
        assert_same_file(whole, broken, "model.safetensors");
        assert_same_file(whole, broken, "best.safetensors");
        assert_same_file(whole, broken, "config.yaml");
        assert_same_file(whole, broken, "metrics.jsonl");
    }
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

/* Says "stop" from its `when`-th call on. */
typedef struct stopper {
    int when, calls;
} stopper;

static bool stop_at(void *user) {
    stopper *asked = user;
    return ++asked->calls >= asked->when;
}

/* Runs until the stopper speaks, which leaves a checkpoint, then resumes to the end; false if the run ended before. */
static bool stop_and_resume(const char *folder, int when) {
    vdib_config *config = small_config();
    stopper asked = {.when = when};
    vdib_run_options options = OPTIONS;
    vdib_progress progress = {.size = sizeof progress};
    char path[PATH_SIZE];
    vdib_run *run = NULL;
    options.cancelled = stop_at;
    options.user = &asked;
    assert_ok(vdib_run_create(folder, config, &options, &run));
    vdib_status status = VDIB_OK;
    while (status == VDIB_OK && !progress.done)
        status = vdib_run_step(run, &progress);
    vdib_run_destroy(run);
    vdib_config_destroy(config);
    if (status == VDIB_OK)
        return false;
    assert_int_equal(status, VDIB_ERROR_CANCELLED);
    path_in(folder, "checkpoint.safetensors", path);
    assert_true(vdib__is_file(path));
    assert_ok(vdib_run_resume(folder, &ONE_THREAD, &run));
    step_to(run, UINT64_MAX);
    vdib_run_destroy(run);
    return true;
}

/* Wherever it is asked to stop, between updates or inside a validation, the resumed run ends as if nobody had asked. */
static void a_stopped_run_resumes_to_the_same_files(void **state) {
    (void)state;
    char *folder = support_folder(), whole[PATH_SIZE], stopped[PATH_SIZE], name[32];
    path_in(folder, "whole", whole);
    vdib_config *config = small_config();
    vdib_run *run = NULL;
    assert_ok(vdib_run_create(whole, config, &OPTIONS, &run));
    step_to(run, UINT64_MAX);
    vdib_run_destroy(run);
    vdib_config_destroy(config);
    int when = 3; /* the first calls are before the folder is made */
    for (bool stopping = true; stopping; when++) {
        snprintf(name, sizeof name, "stopped-%d", when);
        path_in(folder, name, stopped);
        stopping = stop_and_resume(stopped, when);
        assert_same_file(whole, stopped, "model.safetensors");
        assert_same_file(whole, stopped, "best.safetensors");
        assert_same_file(whole, stopped, "metrics.jsonl");
    }
    assert_true(when > 3 + 15 + 4); /* 15 updates and 4 validations asked */
    support_folder_remove(folder);
}

static void a_run_that_is_stopped_at_once_leaves_nothing(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_config *config = small_config();
    stopper asked = {.when = 1};
    vdib_run_options options = OPTIONS;
    vdib_run *run = NULL;
    options.cancelled = stop_at;
    options.user = &asked;
    path_in(folder, "run", path);
    assert_fails(VDIB_ERROR_CANCELLED, vdib_run_create(path, config, &options, &run), "stopped");
    assert_false(vdib__is_folder(path));
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

/* What a killed run was writing goes, what only looks like it stays. */
static void only_its_own_leftovers_are_removed(void **state) {
    (void)state;
    static const char *const own[] = {"checkpoint.safetensors.tmp-123", "run.json.tmp-99999-0",
                                      "model.safetensors.tmp-4-17"};
    static const char *const others[] = {
        "notes.tmp-old.txt",           "notes.tmp-12",     "checkpoint.safetensors.tmp-mine",
        "checkpoint.safetensors.tmp-", "run.json.tmp-1-x", "run.json.tmp-12.bak",
        "report.html.tmp-77",          "my-run.json.tmp-5"};
    char *folder = support_folder(), run_folder[PATH_SIZE], path[PATH_SIZE];
    path_in(folder, "run", run_folder);
    break_and_resume(run_folder, 24);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        path_in(run_folder, own[i], path);
        assert_ok(vdib__file_write(path, "x", 1));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        path_in(run_folder, others[i], path);
        assert_ok(vdib__file_write(path, "x", 1));
    }
    path_in(run_folder, "run.json.tmp-31", path);
    assert_ok(vdib__folder_make(path)); /* a folder is nobody's temporary file */
    vdib_run *run = NULL;
    assert_ok(vdib_run_resume(run_folder, &ONE_THREAD, &run));
    vdib_run_destroy(run);
    assert_true(vdib__is_folder(path));
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        path_in(run_folder, own[i], path);
        assert_false(vdib__is_file(path));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        path_in(run_folder, others[i], path);
        assert_true(vdib__is_file(path));
    }
    support_folder_remove(folder);
}

/* metrics.jsonl that lost its end to a power failure: the run goes on after the last whole line. */
static void a_cut_metrics_file_is_repaired(void **state) {
    (void)state;
    char *folder = support_folder(), run_folder[PATH_SIZE], path[PATH_SIZE];
    vdib_config *config = small_config();
    vdib_run *run = NULL;
    path_in(folder, "run", run_folder);
    path_in(run_folder, "metrics.jsonl", path);
    assert_ok(vdib_run_create(run_folder, config, &OPTIONS, &run));
    step_to(run, 40);
    vdib_run_destroy(run);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    const char *second = strchr((const char *)bytes, '\n') + 1;
    size_t kept = (size_t)(second - (const char *)bytes);
    assert_ok(vdib__file_write(path, bytes, kept + 10));
    assert_ok(vdib_run_resume(run_folder, &ONE_THREAD, &run));
    assert_string_not_equal(vdib_run_notes(run), "");
    assert_non_null(strstr(vdib_run_notes(run), "metrics.jsonl"));
    step_to(run, UINT64_MAX);
    vdib_run_destroy(run);
    uint8_t *after = NULL;
    assert_ok(vdib__file_read(path, &after, &size));
    assert_memory_equal(after, bytes, kept);
    assert_int_equal(after[size - 1], '\n');
    assert_int_equal(after[kept], '{');
    vdib__free(bytes);
    vdib__free(after);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

/* Without a name each run gets a folder of its own, in the current one. */
static void nameless_runs_get_their_own_folders(void **state) {
    (void)state;
    char *folder = support_folder(), before[PATH_SIZE];
    vdib_config *config = small_config();
    vdib_run *runs[3] = {NULL, NULL, NULL};
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_ok(vdib_config_set(config, "experiment=../my test"));
    for (size_t i = 0; i < 3; i++) {
        char want[32];
        snprintf(want, sizeof want, "runs/-.-my-test-%zu", i + 1);
        assert_ok(vdib_run_create(NULL, config, &OPTIONS, &runs[i]));
        assert_string_equal(vdib_run_folder(runs[i]), want);
    }
    for (size_t i = 0; i < 3; i++)
        vdib_run_destroy(runs[i]);
    assert_int_equal(chdir(before), 0);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

static void a_run_describes_itself(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    path_in(folder, "run", path);
    vdib_config *config = small_config();
    vdib_run *run = NULL;
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    assert_ok(vdib_run_create(path, config, &OPTIONS, &run));
    assert_ok(vdib_run_describe(path, &info));
    assert_false(info.finished);
    vdib_run_info_clear(&info);
    step_to(run, UINT64_MAX);
    assert_ok(vdib_run_describe(path, &info));
    assert_true(info.finished);
    assert_int_equal(info.examples, 60);
    assert_string_equal(info.data, "builtin:digits");
    assert_non_null(info.kernel);
    assert_non_null(info.blas);
    vdib_run_info_clear(&info);
    vdib_run_destroy(run);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

static void one_process_a_run(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    path_in(folder, "run", path);
    vdib_config *config = small_config();
    vdib_run *run = NULL, *second = NULL;
    assert_ok(vdib_run_create(path, config, &OPTIONS, &run));
    assert_fails(VDIB_ERROR_EXISTS, vdib_run_resume(path, &ONE_THREAD, &second),
                 "or another part of this one, is using it");
    vdib_run_destroy(run);
    assert_ok(vdib_run_resume(path, &ONE_THREAD, &second));
    vdib_run_destroy(second);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

static void a_folder_in_use_is_refused(void **state) {
    (void)state;
    char *folder = support_folder(), path[PATH_SIZE];
    path_in(folder, "notes.txt", path);
    assert_ok(vdib__file_write(path, "x", 1));
    vdib_config *config = small_config();
    vdib_run *run = NULL;
    assert_fails(VDIB_ERROR_EXISTS, vdib_run_create(folder, config, &OPTIONS, &run), "not empty");
    assert_fails(VDIB_ERROR_EXISTS, vdib_run_create(path, config, &OPTIONS, &run), "is a file");
    assert_fails(VDIB_ERROR_IO, vdib_run_resume(folder, &ONE_THREAD, &run), "is no run folder");
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

static void a_damaged_checkpoint_is_refused(void **state) {
    (void)state;
    char *folder = support_folder(), run_folder[PATH_SIZE], path[PATH_SIZE];
    path_in(folder, "run", run_folder);
    vdib_config *config = small_config();
    vdib_run *run = NULL;
    assert_ok(vdib_run_create(run_folder, config, &OPTIONS, &run));
    step_to(run, 24);
    vdib_run_destroy(run);
    path_in(run_folder, "checkpoint.safetensors", path);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    assert_ok(vdib__file_write(path, bytes, size / 2));
    assert_fails(VDIB_ERROR_FORMAT, vdib_run_resume(run_folder, &ONE_THREAD, &run), "checkpoint.safetensors");
    assert_ok(vdib__file_write(path, bytes, size));
    assert_ok(vdib_run_resume(run_folder, &ONE_THREAD, &run));
    vdib_run_destroy(run);
    /* another configuration than the checkpoint's */
    assert_ok(vdib_config_set(config, "encoder.readouts=9"));
    path_in(run_folder, "config.yaml", path);
    assert_ok(vdib_config_save(config, path));
    assert_fails(VDIB_ERROR_CONFIG, vdib_run_resume(run_folder, &ONE_THREAD, &run), "encoder.readouts was 8, is 9");
    vdib__free(bytes);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_run_resumes_to_the_same_files),
        cmocka_unit_test(a_stopped_run_resumes_to_the_same_files),
        cmocka_unit_test(a_run_that_is_stopped_at_once_leaves_nothing),
        cmocka_unit_test(only_its_own_leftovers_are_removed),
        cmocka_unit_test(a_cut_metrics_file_is_repaired),
        cmocka_unit_test(nameless_runs_get_their_own_folders),
        cmocka_unit_test(a_run_describes_itself),
        cmocka_unit_test(one_process_a_run),
        cmocka_unit_test(a_folder_in_use_is_refused),
        cmocka_unit_test(a_damaged_checkpoint_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
