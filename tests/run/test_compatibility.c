/* SPDX-License-Identifier: MIT */
/* Files of vdib 0.1.0 (tests/compatibility): models load and give the figures they gave, runs resume and end in the
 * tensors that the old program itself ended in. CTest sets the kernel level and the BLAS kernel that they were written
 * with; under another BLAS the tensors are compared within a tolerance. */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/matrix.h"
#include "vdib/vdib.h"

enum { PATH_SIZE = 1024 };
static const char OLD_DATA[] = "/tmp/vdib-0.1.0", WRITTEN_WITH[] = "OpenBLAS 0.3.21";
static const char SOURCE[] = VDIB_TEST_SOURCE "/tests/compatibility/0.1.0";

static void path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
}

/* Copies a file; texts get this machine's folder of the data. */
static void copy_file(const char *from, const char *to, bool text) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    char data[PATH_SIZE];
    assert_ok(vdib__file_read(from, &bytes, &size));
    const char *at = text ? strstr((char *)bytes, OLD_DATA) : NULL;
    if (at == NULL) {
        assert_ok(vdib__file_write(to, bytes, size));
    } else {
        vdib__writer writer = {0};
        path_in(SOURCE, "data", data);
        assert_ok(vdib__writer_open(&writer, to));
        assert_ok(vdib__writer_put(&writer, bytes, (size_t)(at - (char *)bytes)));
        assert_ok(vdib__writer_put(&writer, data, strlen(data)));
        at += strlen(OLD_DATA);
        assert_ok(vdib__writer_put(&writer, at, strlen(at)));
        assert_ok(vdib__writer_commit(&writer));
    }
    vdib__free(bytes);
}

static void copy_folder(const char *from, const char *to) {
    char **names = NULL, source[PATH_SIZE], target[PATH_SIZE];
    size_t count = 0;
    assert_ok(vdib__folder_make(to));
    assert_ok(vdib__folder_list(from, &names, &count));
    for (size_t i = 0; i < count; i++) {
        path_in(from, names[i], source);
        path_in(to, names[i], target);
        if (vdib__is_folder(source))
            copy_folder(source, target);
        else
            copy_file(source, target, strstr(names[i], ".json") != NULL);
    }
    vdib__names_free(names, count);
}

/* A writable copy of tests/compatibility/0.1.0/runs/<name>. */
static void take(const char *folder, const char *name, char copy[PATH_SIZE]) {
    char runs[PATH_SIZE], source[PATH_SIZE];
    path_in(SOURCE, "runs", runs);
    path_in(runs, name, source);
    path_in(folder, name, copy);
    copy_folder(source, copy);
}

/* Whether this process computes with the BLAS that wrote the files. */
static bool same_machine(void) {
#if defined(__x86_64__)
    const char *name = vdib__blas_name();
    bool kernel = strstr(name, "Prescott") != NULL || strstr(name, "Core2") != NULL;
    return strncmp(name, WRITTEN_WITH, strlen(WRITTEN_WITH)) == 0 && kernel;
#else
    return false;
#endif
}

/* bp is one product for a whole batch since then: its sums have another order. */
static bool is_reordered(const char *path) {
    return strstr(path, "/conv/") != NULL;
}

static void assert_same_values(const char *name, const char *path, const float *got, const float *want, size_t count) {
    double largest = 0, difference = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)want[i]));
        difference = fmax(difference, fabs((double)got[i] - (double)want[i]));
    }
    bool same = is_reordered(path) ? difference <= 1e-4 * largest : memcmp(got, want, count * sizeof *got) == 0;
    if (!same)
        fail_msg("%s: %s differs by %g, its largest entry is %g", path, name, difference, largest);
}

static void assert_same_model(const char *got_path, const char *want_path) {
    vdib_model *got = NULL, *want = NULL;
    assert_ok(vdib_model_load(want_path, &want));
    assert_ok(vdib_model_load(got_path, &got));
    assert_int_equal(vdib_model_examples(got), vdib_model_examples(want));
    assert_int_equal(vdib_model_tensor_count(got), vdib_model_tensor_count(want));
    for (size_t i = 0; i < vdib_model_tensor_count(want); i++) {
        vdib_tensor_info a = {.size = sizeof a}, b = {.size = sizeof b};
        assert_ok(vdib_model_tensor(got, i, &a));
        assert_ok(vdib_model_tensor(want, i, &b));
        assert_string_equal(a.name, b.name);
        assert_int_equal(a.rank, b.rank);
        assert_memory_equal(a.shape, b.shape, a.rank * sizeof a.shape[0]);
        float *values_a = calloc(a.count, sizeof *values_a), *values_b = calloc(b.count, sizeof *values_b);
        assert_ok(vdib_model_tensor_get(got, i, values_a));
        assert_ok(vdib_model_tensor_get(want, i, values_b));
        if (same_machine())
            assert_same_values(a.name, got_path, values_a, values_b, a.count);
        else
            assert_close(values_a, values_b, a.count, 0.05); /* spikes at the threshold may differ */
        free(values_a);
        free(values_b);
    }
    vdib_model_destroy(got);
    vdib_model_destroy(want);
}

/* The number of `"name": number` in a file of figures. */
static double figure(const char *json, const char *name) {
    char key[64];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *at = strstr(json, key);
    assert_non_null(at);
    return strtod(at + strlen(key), NULL);
}

/* The model of a run folder on its test data gives the figures of an evaluation.json that 0.1.0 wrote. */
static void assert_figures(const char *run_folder, const char *json_path) {
    char model_path[PATH_SIZE];
    vdib_model *model = NULL;
    vdib_dataset *data = NULL;
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    vdib_evaluation got = {NULL};
    path_in(run_folder, "model.safetensors", model_path);
    assert_ok(vdib_run_describe(run_folder, &info));
    assert_ok(vdib_model_load(model_path, &model));
    const vdib_dataset_options opening = {.size = sizeof opening, .images = info.images, .threads = 1};
    assert_ok(vdib_dataset_open_with(info.data, vdib_model_config(model), &opening, &data));
    assert_ok(vdib_evaluate(model, data, VDIB_SPLIT_TEST, NULL, &got));
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(json_path, &bytes, &size));
    const char *want = (const char *)bytes;
    static const char *const names[] = {"distortion_nats", "rate_bits", "mse", "input_spikes_per_example",
                                        "synaptic_operations"};
    assert_true(vdib_evaluation_get(&got, "examples") == figure(want, "examples"));
    double tolerance = !same_machine() ? 0.05 : is_reordered(model_path) ? 1e-3 : 1e-9;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        double wanted = figure(want, names[i]), figured = vdib_evaluation_get(&got, names[i]);
        if (!(fabs(figured - wanted) <= tolerance * fabs(wanted)))
            fail_msg("%s: %s is %.17g, was %.17g", run_folder, names[i], figured, wanted);
    }
    vdib_evaluation_clear(&got);
    vdib__free(bytes);
    vdib_run_info_clear(&info);
    vdib_dataset_destroy(data);
    vdib_model_destroy(model);
}

static void run_to_the_end(const char *folder) {
    vdib_run *run = NULL;
    vdib_progress now = {.size = sizeof(vdib_progress)};
    const vdib_resume_options one = {.size = sizeof one, .threads = 1, .force = !same_machine()};
    assert_ok(vdib_run_resume(folder, &one, &run));
    do
        assert_ok(vdib_run_step(run, &now));
    while (!now.done);
    vdib_run_destroy(run);
}

static void interrupted_runs_end_as_they_would_have(void **state) {
    static const char *const names[] = {"per-parameter", "conv", "drtp", "latency", "predict"};
    char *folder = support_folder(), copy[PATH_SIZE], expected[PATH_SIZE], got[PATH_SIZE], want[PATH_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        take(folder, names[i], copy);
        run_to_the_end(copy);
        path_in(SOURCE, "expected", want);
        path_in(want, names[i], expected);
        path_in(copy, "model.safetensors", got);
        path_in(expected, "model.safetensors", want);
        assert_same_model(got, want);
        path_in(expected, "evaluation.json", want);
        assert_figures(copy, want);
    }
    support_folder_remove(folder);
}

static void finished_runs_give_their_figures(void **state) {
    static const char *const names[] = {"finished", "finished-classes"};
    char *folder = support_folder(), copy[PATH_SIZE], want[PATH_SIZE], got[PATH_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        take(folder, names[i], copy);
        path_in(copy, "evaluation.json", want);
        assert_figures(copy, want);
        run_to_the_end(copy); /* nothing is left to do, and the model stays */
        path_in(copy, "model.safetensors", got);
        char runs[PATH_SIZE], source[PATH_SIZE];
        path_in(SOURCE, "runs", runs);
        path_in(runs, names[i], source);
        path_in(source, "model.safetensors", want);
        assert_same_model(got, want);
    }
    support_folder_remove(folder);
}

/* Resumes every run of the series, reports it and sums up. */
static void finish_series(const char *folder) {
    const vdib_resume_options one = {.size = sizeof one, .threads = 1, .force = !same_machine()};
    vdib_series *series = NULL;
    assert_true(vdib_series_is(folder));
    assert_ok(vdib_series_resume(folder, &one, &series));
    assert_int_equal(vdib_series_count(series), 2);
    assert_int_equal(vdib_series_seed(series, 0), 3);
    for (size_t i = 0; i < 2; i++) {
        vdib_run *run = NULL;
        vdib_progress now = {.size = sizeof now};
        vdib_evaluation evaluation = {NULL};
        assert_ok(vdib_series_run(series, i, &run));
        do
            assert_ok(vdib_run_step(run, &now));
        while (!now.done);
        assert_ok(vdib_evaluate(vdib_run_model(run), vdib_run_dataset(run), VDIB_SPLIT_TEST, NULL, &evaluation));
        assert_ok(vdib_series_add(series, &evaluation));
        vdib_evaluation_clear(&evaluation);
        vdib_run_destroy(run);
    }
    assert_ok(vdib_series_finish(series));
    vdib_series_destroy(series);
}

static void an_interrupted_series_ends_as_it_would_have(void **state) {
    static const char *const files[] = {"seed-3/model.safetensors", "seed-4/model.safetensors"};
    char *folder = support_folder(), copy[PATH_SIZE], expected[PATH_SIZE], got[PATH_SIZE], want[PATH_SIZE];
    (void)state;
    take(folder, "series", copy);
    finish_series(copy);
    path_in(SOURCE, "expected/series", expected);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        path_in(copy, files[i], got);
        path_in(expected, files[i], want);
        assert_same_model(got, want);
    }
    /* the same means: the value that follows "mse" */
    uint8_t *texts[2] = {NULL, NULL};
    double means[2];
    size_t size = 0;
    path_in(copy, "summary.json", got);
    path_in(expected, "summary.json", want);
    assert_ok(vdib__file_read(got, &texts[0], &size));
    assert_ok(vdib__file_read(want, &texts[1], &size));
    for (int i = 0; i < 2; i++) {
        const char *mse = strstr((const char *)texts[i], "\"mse\"");
        assert_non_null(mse);
        means[i] = figure(mse, "mean");
        vdib__free(texts[i]);
    }
    assert_close_double(&means[0], &means[1], 1, same_machine() ? 1e-12 : 0.05);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_runs_end_as_they_would_have),
        cmocka_unit_test(finished_runs_give_their_figures),
        cmocka_unit_test(an_interrupted_series_ends_as_it_would_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
