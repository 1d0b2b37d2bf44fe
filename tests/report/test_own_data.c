/* SPDX-License-Identifier: MIT */
/* Runs on a data set of the program's own: trained, interrupted, resumed, evaluated, reported; and what is refused. */
#include "learn/toy.h"

#include "core/alloc.h"
#include "core/file.h"

enum { PATH_SIZE = 512 };

static void path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
}

static void step_to(vdib_run *run, uint64_t examples) {
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    do
        assert_ok(vdib_run_step(run, &progress));
    while (!progress.done && progress.examples < examples);
}

static void assert_same_file(const char *a, const char *b, const char *name) {
    const char *const folders[2] = {a, b};
    char path[PATH_SIZE];
    uint8_t *bytes[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    for (size_t i = 0; i < 2; i++) {
        path_in(folders[i], name, path);
        assert_ok(vdib__file_read(path, &bytes[i], &sizes[i]));
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    vdib__free(bytes[0]);
    vdib__free(bytes[1]);
}

/* A folder for runs, a configuration, and the data they are trained on. */
typedef struct world {
    char *folder;
    vdib_config *config;
    vdib_dataset *dataset;
    char run[PATH_SIZE];
} world;

static world make_world(void) {
    world w = {.folder = support_folder(), .config = toy_config(TOY_STRAIGHT), .dataset = toy_dataset(true)};
    path_in(w.folder, "run", w.run);
    return w;
}

static void free_world(world *w) {
    vdib_dataset_destroy(w->dataset);
    vdib_config_destroy(w->config);
    support_folder_remove(w->folder);
}

/* Trains up to `examples` and drops the run, as if the process had been killed. */
static void train(const world *w, const char *folder, uint64_t examples) {
    const vdib_run_options options = {.size = sizeof options, .threads = 1, .dataset = w->dataset};
    vdib_run *run = NULL;
    assert_ok(vdib_run_create(folder, w->config, &options, &run));
    assert_ptr_equal(vdib_run_dataset(run), w->dataset);
    step_to(run, examples);
    vdib_run_destroy(run);
}

static void an_interrupted_run_ends_in_the_same_bytes(void **state) {
    (void)state;
    world w = make_world();
    char whole[PATH_SIZE];
    path_in(w.folder, "whole", whole);
    train(&w, whole, UINT64_MAX);
    train(&w, w.run, 60);
    const vdib_resume_options options = {.size = sizeof options, .threads = 2, .dataset = w.dataset};
    vdib_run *run = NULL;
    assert_ok(vdib_run_resume(w.run, &options, &run));
    step_to(run, UINT64_MAX);
    vdib_run_destroy(run);
    assert_same_file(whole, w.run, "model.safetensors");
    assert_same_file(whole, w.run, "best.safetensors");
    assert_same_file(whole, w.run, "metrics.jsonl");
    free_world(&w);
}

static void the_report_is_of_the_data_that_are_given(void **state) {
    (void)state;
    world w = make_world();
    char path[PATH_SIZE];
    uint8_t *page = NULL;
    size_t size = 0;
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    train(&w, w.run, UINT64_MAX);
    assert_ok(vdib_report_write_dataset(w.run, w.dataset, NULL, NULL));
    path_in(w.run, "evaluation.json", path);
    assert_true(vdib__is_file(path));
    path_in(w.run, "report.html", path);
    assert_ok(vdib__file_read(path, &page, &size));
    assert_non_null(strstr((const char *)page, vdib_dataset_summary(w.dataset)));
    vdib__free(page);
    assert_ok(vdib_run_describe(w.run, &info));
    assert_string_equal(info.dataset, vdib_dataset_summary(w.dataset));
    assert_null(info.data);
    vdib_run_info_clear(&info);
    assert_null(info.dataset);
    free_world(&w);
}

/* Without its data such a run must not go on, or be judged, on data that happen to be built in. */
static void other_data_are_not_taken_silently(void **state) {
    (void)state;
    world w = make_world();
    vdib_run *run = NULL;
    train(&w, w.run, 60);
    assert_fails(VDIB_ERROR_DATA, vdib_run_resume(w.run, NULL, &run), "go on from that program, which gives it again");
    const vdib_resume_options options = {.size = sizeof options, .dataset = w.dataset};
    assert_ok(vdib_run_resume(w.run, &options, &run));
    step_to(run, UINT64_MAX);
    vdib_run_destroy(run);
    assert_fails(VDIB_ERROR_DATA, vdib_report_write(w.run, NULL, NULL, NULL, NULL),
                 "or write the report from that program");
    free_world(&w);
}

static void data_come_from_one_place(void **state) {
    (void)state;
    world w = make_world();
    vdib_run *run = NULL;
    vdib_run_options options = {.size = sizeof options, .data = "builtin:digits", .dataset = w.dataset};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_run_create(w.run, w.config, &options, &run), "one of them");
    options.data = NULL;
    options.images = "builtin:digits";
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_run_create(w.run, w.config, &options, &run), "one of them");
    assert_false(vdib__is_folder(w.run));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_report_write_dataset(w.run, NULL, NULL, NULL), "dataset must not be NULL");
    free_world(&w);
}

/* A program that was compiled when vdib_run_info ended before `dataset`: nothing is written beyond, nothing leaks. */
static void an_earlier_program_describes_a_run(void **state) {
    (void)state;
    world w = make_world();
    train(&w, w.run, 4);
    vdib_run_info info;
    memset(&info, 0xFF, sizeof info);
    info.size = offsetof(vdib_run_info, images);
    assert_ok(vdib_run_describe(w.run, &info));
    assert_null(info.data);
    assert_int_equal((uintptr_t)info.images, UINTPTR_MAX);
    vdib_run_info_clear(&info);
    assert_int_equal((uintptr_t)info.images, UINTPTR_MAX);
    free_world(&w);
}

/* ---- data that are fetched when they are needed ---- */

/* Examples of another data set, by the same splits. */
static vdib_status copy_example(void *user, vdib_split split, size_t index, vdib_fetched *fetched) {
    const vdib_dataset *from = user;
    vdib_example *example = NULL;
    uint8_t dense[TOY_STEPS * TOY_CHANNELS];
    vdib_status status = vdib_example_create(from, &example);
    if (status == VDIB_OK)
        status = vdib_dataset_get(from, split, index, 1, example);
    if (status == VDIB_OK) {
        vdib_raster_to_dense(example->raster, dense);
        status = vdib_raster_from_dense(fetched->raster, dense);
        memcpy(fetched->target, example->target, TOY_PIXELS * sizeof *fetched->target);
        fetched->label = example->label;
    }
    vdib_example_destroy(example);
    return status;
}

static vdib_dataset *lazy_copy(vdib_dataset *from) {
    const vdib_dataset_source source = {.size = sizeof source,
                                        .train = vdib_dataset_size(from, VDIB_SPLIT_TRAIN),
                                        .validation = vdib_dataset_size(from, VDIB_SPLIT_VALIDATION),
                                        .test = vdib_dataset_size(from, VDIB_SPLIT_TEST),
                                        .fetch = copy_example,
                                        .user = from};
    vdib_dataset *lazy = NULL;
    assert_ok(vdib_dataset_create_callback(vdib_dataset_geometry(from), &source, &lazy));
    return lazy;
}

static void fetched_data_train_the_same_model(void **state) {
    (void)state;
    world w = make_world();
    char other[PATH_SIZE];
    path_in(w.folder, "fetched", other);
    vdib_dataset *held = w.dataset, *lazy = lazy_copy(held);
    train(&w, w.run, UINT64_MAX);
    w.dataset = lazy;
    train(&w, other, UINT64_MAX);
    assert_same_file(w.run, other, "model.safetensors");
    assert_same_file(w.run, other, "metrics.jsonl");
    assert_ok(vdib_report_write_dataset(other, lazy, NULL, NULL));
    w.dataset = held;
    vdib_dataset_destroy(lazy);
    free_world(&w);
}

/* ---- stopping ---- */

static bool at_once(void *user) {
    ++*(int *)user;
    return true;
}

static void opening_and_training_can_be_stopped(void **state) {
    (void)state;
    world w = make_world();
    int asked = 0;
    vdib_run *run = NULL;
    vdib_dataset *dataset = NULL;
    vdib_config *digits = toy_config(TOY_STRAIGHT);
    assert_ok(vdib_config_set(digits, "data.train_examples=300"));
    const vdib_dataset_options opening = {.size = sizeof opening, .cancelled = at_once, .user = &asked};
    assert_fails(VDIB_ERROR_CANCELLED, vdib_dataset_open_with("builtin:digits", digits, &opening, &dataset), "stopped");
    assert_true(asked == 1);
    assert_null(dataset);
    vdib_run_options options = {.size = sizeof options, .data = "builtin:digits", .cancelled = at_once, .user = &asked};
    assert_fails(VDIB_ERROR_CANCELLED, vdib_run_create(w.run, digits, &options, &run), "stopped");
    assert_false(vdib__is_folder(w.run));
    options.data = NULL;
    options.dataset = w.dataset;
    options.cancelled = NULL;
    assert_ok(vdib_run_create(w.run, w.config, &options, &run));
    assert_ok(vdib_run_on_cancel(run, at_once, &asked));
    assert_fails(VDIB_ERROR_CANCELLED, vdib_run_step(run, NULL), "stopped after 0 examples");
    vdib_run_destroy(run);
    vdib_config_destroy(digits);
    free_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interrupted_run_ends_in_the_same_bytes),
        cmocka_unit_test(the_report_is_of_the_data_that_are_given),
        cmocka_unit_test(other_data_are_not_taken_silently),
        cmocka_unit_test(data_come_from_one_place),
        cmocka_unit_test(an_earlier_program_describes_a_run),
        cmocka_unit_test(fetched_data_train_the_same_model),
        cmocka_unit_test(opening_and_training_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
