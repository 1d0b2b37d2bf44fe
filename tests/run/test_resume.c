/* SPDX-License-Identifier: MIT */
/* A run that would not end as it began is refused: another machine, kernel level or BLAS, changed data, a changed
 * configuration. It can be forced, and run.json says all of it. Series. */
#include "learn/toy.h"

#include <math.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"

enum { PATH_SIZE = 1024 };
static const char SOURCE[] = VDIB_TEST_SOURCE "/tests/compatibility/0.1.0/data";

static void path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
}

static void copy_folder(const char *from, const char *to) {
    char **names = NULL, source[PATH_SIZE], target[PATH_SIZE];
    size_t count = 0, size = 0;
    assert_ok(vdib__folder_make(to));
    assert_ok(vdib__folder_list(from, &names, &count));
    for (size_t i = 0; i < count; i++) {
        uint8_t *bytes = NULL;
        path_in(from, names[i], source);
        path_in(to, names[i], target);
        if (vdib__is_folder(source)) {
            copy_folder(source, target);
            continue;
        }
        assert_ok(vdib__file_read(source, &bytes, &size));
        assert_ok(vdib__file_write(target, bytes, size));
        vdib__free(bytes);
    }
    vdib__names_free(names, count);
}

/* A run on `data` that was dropped after some examples. */
static void begin(const char *folder, const char *data, bool images) {
    static const char *const recordings[] = {
        "data.input=events",     "data.target=class",    "data.steps=10",    "data.step_us=30000",
        "learning.batch_size=4", "training.examples=60", "encoder.layers=3", NULL};
    static const char *const pictures[] = {"data.input=rate", "learning.batch_size=4", "training.examples=60",
                                           "numeric.products=blas", NULL};
    vdib_config *config = toy_config(TOY_STRAIGHT);
    const vdib_run_options options = {.size = sizeof options, .data = data, .threads = 1, .checkpoint_every = 20};
    vdib_progress now = {.size = sizeof now};
    vdib_run *run = NULL;
    toy_set(config, images ? pictures : recordings);
    assert_ok(vdib_run_create(folder, config, &options, &run));
    while (now.examples < 24)
        assert_ok(vdib_run_step(run, &now));
    vdib_run_destroy(run);
    vdib_config_destroy(config);
}

static void assert_says(const char *folder, const char *text) {
    char path[PATH_SIZE];
    uint8_t *bytes = NULL;
    size_t size = 0;
    path_in(folder, "run.json", path);
    assert_ok(vdib__file_read(path, &bytes, &size));
    if (strstr((const char *)bytes, text) == NULL)
        fail_msg("run.json does not say '%s': %s", text, (const char *)bytes);
    vdib__free(bytes);
}

/* Refused with `part`; forced it goes on to the end, and both are recorded. */
static void refused_then_forced(const char *folder, vdib_status status, const char *part) {
    vdib_resume_options options = {.size = sizeof options, .threads = 1};
    vdib_run *run = NULL;
    vdib_progress now = {.size = sizeof now};
    assert_fails(status, vdib_run_resume(folder, &options, &run), part);
    assert_non_null(strstr(vdib_last_message(), "--force"));
    assert_null(run);
    assert_says(folder, "\"refused\"");
    options.force = true;
    assert_ok(vdib_run_resume(folder, &options, &run));
    assert_non_null(strstr(vdib_run_notes(run), part));
    assert_says(folder, "\"forced\"");
    do
        assert_ok(vdib_run_step(run, &now));
    while (!now.done);
    vdib_run_destroy(run);
    assert_says(folder, "\"forced\"");
    assert_says(folder, part);
}

static void resumes(const char *folder) {
    const vdib_resume_options options = {.size = sizeof options, .threads = 1};
    vdib_run *run = NULL;
    assert_ok(vdib_run_resume(folder, &options, &run));
    assert_string_equal(vdib_run_notes(run), "");
    vdib_run_destroy(run);
}

/* Replaces the first `old` in a file. */
static void edit(const char *folder, const char *name, const char *old, const char *new) {
    char path[PATH_SIZE];
    uint8_t *bytes = NULL;
    size_t size = 0;
    vdib__writer writer = {0};
    path_in(folder, name, path);
    assert_ok(vdib__file_read(path, &bytes, &size));
    const char *at = strstr((const char *)bytes, old);
    assert_non_null(at);
    size_t before = (size_t)(at - (const char *)bytes);
    assert_ok(vdib__writer_open(&writer, path));
    assert_ok(vdib__writer_put(&writer, bytes, before));
    assert_ok(vdib__writer_put(&writer, new, strlen(new)));
    assert_ok(vdib__writer_put(&writer, at + strlen(old), size - before - strlen(old)));
    assert_ok(vdib__writer_commit(&writer));
    vdib__free(bytes);
}

typedef void change(const char *data);

static void flip_byte(const char *data) {
    char path[PATH_SIZE];
    uint8_t *bytes = NULL;
    size_t size = 0;
    path_in(data, "Train/4/00013.bin", path);
    assert_ok(vdib__file_read(path, &bytes, &size));
    bytes[100] ^= 1;
    assert_ok(vdib__file_write(path, bytes, size));
    vdib__free(bytes);
}

static void remove_recording(const char *data) {
    char path[PATH_SIZE];
    path_in(data, "Train/7/00023.bin", path);
    assert_int_equal(unlink(path), 0);
}

static void exchange_recordings(const char *data) {
    char a[PATH_SIZE], b[PATH_SIZE], c[PATH_SIZE];
    path_in(data, "Train/1/00004.bin", a);
    path_in(data, "Train/2/00007.bin", b);
    path_in(data, "Train/other", c);
    assert_int_equal(rename(a, c), 0);
    assert_int_equal(rename(b, a), 0);
    assert_int_equal(rename(c, b), 0);
}

static void refuses_saying(const char *folder, const char *data, const char *const says[3],
                           const char *const does_not[2]) {
    const vdib_resume_options options = {.size = sizeof options, .threads = 1};
    vdib_run *run = NULL;
    char *resolved = realpath(data, NULL);
    assert_fails(VDIB_ERROR_DATA, vdib_run_resume(folder, &options, &run), resolved);
    for (size_t i = 0; i < 3 && says[i] != NULL; i++)
        if (strstr(vdib_last_message(), says[i]) == NULL)
            fail_msg("no '%s' in: %s", says[i], vdib_last_message());
    for (size_t i = 0; i < 2; i++)
        if (strstr(vdib_last_message(), does_not[i]) != NULL)
            fail_msg("'%s' in: %s", does_not[i], vdib_last_message());
    free(resolved);
}

/* The message names the folder, what changed, and nothing else. */
static void changed_recordings_are_refused(void **state) {
    static const struct {
        change *make;
        const char *says[3], *does_not[2];
    } changes[] = {
        {flip_byte,
         {"digest of the training recordings and images was ", "..., is "},
         {"examples was", "digest of the test"}},
        {remove_recording,
         {"training and validation examples was 30, is 29", "bytes of the training recordings was ",
          "digest of the training labels was "},
         {"digest of the test", "classes was"}},
        {exchange_recordings, {"digest of the training recordings and images was "}, {"labels was", "bytes of"}},
    };
    char *folder = support_folder(), run[PATH_SIZE], data[PATH_SIZE], source[PATH_SIZE], name[32];
    (void)state;
    path_in(SOURCE, "recordings", source);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        snprintf(name, sizeof name, "data-%zu", i);
        path_in(folder, name, data);
        snprintf(name, sizeof name, "run-%zu", i);
        path_in(folder, name, run);
        copy_folder(source, data);
        begin(run, data, false);
        resumes(run);
        changes[i].make(data);
        refuses_saying(run, data, changes[i].says, changes[i].does_not);
        refused_then_forced(run, VDIB_ERROR_DATA, "the data have changed");
    }
    support_folder_remove(folder);
}

static void changed_images_and_labels_are_refused(void **state) {
    static const char *const files[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
    static const size_t places[] = {16 + 500, 8 + 5};
    char *folder = support_folder(), run[PATH_SIZE], data[PATH_SIZE], source[PATH_SIZE], path[PATH_SIZE], name[32];
    (void)state;
    path_in(SOURCE, "images", source);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        snprintf(name, sizeof name, "data-%zu", i);
        path_in(folder, name, data);
        snprintf(name, sizeof name, "run-%zu", i);
        path_in(folder, name, run);
        copy_folder(source, data);
        begin(run, data, true);
        path_in(data, "README", path);
        assert_ok(vdib__file_write(path, "x", 1)); /* a file that is no data */
        resumes(run);
        path_in(data, files[i], path);
        assert_ok(vdib__file_read(path, &bytes, &size));
        bytes[places[i]] ^= 1;
        assert_ok(vdib__file_write(path, bytes, size));
        vdib__free(bytes);
        refused_then_forced(run, VDIB_ERROR_DATA, "the data have changed");
    }
    support_folder_remove(folder);
}

static void another_machine_is_refused(void **state) {
    char *folder = support_folder(), run[PATH_SIZE], data[PATH_SIZE];
    (void)state;
    path_in(SOURCE, "images", data);
    path_in(folder, "blas", run);
    begin(run, data, true);
    edit(run, "run.json", "\"blas\": \"OpenBLAS", "\"blas\": \"NearBLAS");
    refused_then_forced(run, VDIB_ERROR_UNSUPPORTED, "the BLAS was NearBLAS");
    path_in(folder, "machine", run);
    begin(run, data, true);
    edit(run, "run.json", "\"machine\": \"", "\"machine\": \"not-");
    refused_then_forced(run, VDIB_ERROR_UNSUPPORTED, "the machine type was not-");
    path_in(folder, "kernel", run);
    begin(run, data, true);
    edit(run, "run.json", "\"kernel\": \"", "\"kernel\": \"old-");
    refused_then_forced(run, VDIB_ERROR_UNSUPPORTED, "the kernel level was old-");
    support_folder_remove(folder);
}

static void a_changed_configuration_is_refused(void **state) {
    char *folder = support_folder(), run[PATH_SIZE], data[PATH_SIZE], path[PATH_SIZE];
    (void)state;
    path_in(SOURCE, "images", data);
    path_in(folder, "rate", run);
    begin(run, data, true);
    edit(run, "config.yaml", "encoder_learning_rate: 0.01", "encoder_learning_rate: 0.02");
    refused_then_forced(run, VDIB_ERROR_CONFIG, "learning.encoder_learning_rate was 0.01, is 0.02");
    /* before the first checkpoint too */
    path_in(folder, "early", run);
    begin(run, data, true);
    path_in(run, "checkpoint.safetensors", path);
    assert_int_equal(unlink(path), 0);
    edit(run, "config.yaml", "seed: 1", "seed: 2");
    refused_then_forced(run, VDIB_ERROR_CONFIG, "seed was 1, is 2");
    /* limits are the run's own: those of config.yaml change nothing */
    path_in(folder, "limit", run);
    begin(run, data, true);
    edit(run, "config.yaml", "  examples: 60", "  examples: 70");
    resumes(run);
    /* another size of the network cannot be forced */
    path_in(folder, "size", run);
    begin(run, data, true);
    edit(run, "config.yaml", "readouts: 8", "readouts: 9");
    const vdib_resume_options options = {.size = sizeof options, .threads = 1, .force = true};
    vdib_run *resumed = NULL;
    assert_fails(VDIB_ERROR_FORMAT, vdib_run_resume(run, &options, &resumed), "checkpoint.safetensors");
    support_folder_remove(folder);
}

/* A run of 0.1.0 recorded neither configuration nor data: its checkpoint still knows the configuration. */
static void an_old_run_is_compared_with_its_checkpoint(void **state) {
    char *folder = support_folder(), run[PATH_SIZE], data[PATH_SIZE], source[PATH_SIZE];
    (void)state;
    path_in(SOURCE, "images", data);
    path_in(SOURCE, "../runs/latency", source);
    path_in(folder, "run", run);
    copy_folder(source, run);
    edit(run, "run.json", "/tmp/vdib-0.1.0/images", data);
    const vdib_resume_options options = {.size = sizeof options, .threads = 1};
    const vdib_resume_options forced = {.size = sizeof forced, .threads = 1, .force = true};
    vdib_run *resumed = NULL;
    assert_ok(vdib_run_resume(run, &forced, &resumed));
    assert_non_null(strstr(vdib_run_notes(resumed), "begun by an earlier vdib"));
    vdib_run_destroy(resumed);
    resumed = NULL;
    edit(run, "config.yaml", "beta: 0.001", "beta: 0.01");
    assert_fails(VDIB_ERROR_CONFIG, vdib_run_resume(run, &options, &resumed), "objective.beta was 0.001, is 0.01");
    support_folder_remove(folder);
}

/* ---- a damaged run.json ---- */

/* Everything that reads the file refuses it, with `part` in the message. */
static void is_damaged(const char *folder, const char *part) {
    const vdib_resume_options options = {.size = sizeof options, .threads = 1};
    vdib_run_info info = {.size = sizeof info};
    vdib_run *run = NULL;
    assert_fails(VDIB_ERROR_FORMAT, vdib_run_describe(folder, &info), part);
    assert_non_null(strstr(vdib_last_message(), "run.json: is damaged"));
    assert_non_null(strstr(vdib_last_message(), "train again"));
    assert_fails(VDIB_ERROR_FORMAT, vdib_run_resume(folder, &options, &run), part);
    assert_fails(VDIB_ERROR_FORMAT, vdib_report_write(folder, NULL, NULL, NULL, NULL), part);
}

static void a_record_without_its_keys_is_damaged(void **state) {
    static const char *const keys[] = {"data",      "images",   "limits",  "checkpoint_every", "threads",
                                       "made_with", "examples", "seconds", "finished"};
    char *folder = support_folder(), data[PATH_SIZE], path[PATH_SIZE], old[64], part[64];
    uint8_t *bytes = NULL;
    size_t size = 0;
    (void)state;
    path_in(SOURCE, "images", data);
    begin(folder, data, true);
    path_in(folder, "run.json", path);
    assert_ok(vdib__file_read(path, &bytes, &size));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        snprintf(old, sizeof old, "\n  \"%s\":", keys[i]);
        snprintf(part, sizeof part, "it has no '%s'", keys[i]);
        edit(folder, "run.json", old, "\n  \"other\":");
        is_damaged(folder, part);
        assert_ok(vdib__file_write(path, bytes, size));
    }
    edit(folder, "run.json", "\"epochs\": 0", "\"epoch\": 0");
    is_damaged(folder, "it has no 'limits.epochs'");
    assert_ok(vdib__file_write(path, bytes, size));
    edit(folder, "run.json", "\"finished\": false", "\"finished\": 0");
    is_damaged(folder, "its 'finished' is not true or false");
    assert_ok(vdib__file_write(path, bytes, size));
    edit(folder, "run.json", "\"threads\": ", "\"threads\": -");
    is_damaged(folder, "its 'threads' is not a whole number");
    assert_ok(vdib__file_write(path, bytes, size));
    edit(folder, "run.json", "\"data_digest\": ", "\"data_digest\": 1, \"was\": ");
    is_damaged(folder, "its 'data_digest' is not a text");
    assert_ok(vdib__file_write(path, "{}", 2));
    is_damaged(folder, "it has no 'data'");
    vdib_run_info info = {.size = sizeof info};
    assert_ok(vdib__file_write(path, "[]", 2));
    assert_fails(VDIB_ERROR_FORMAT, vdib_run_describe(folder, &info),
                 "run.json:1: is not a run's JSON (it is no object");
    vdib__free(bytes);
    support_folder_remove(folder);
}

/* ---- series ---- */

static void finish_run(vdib_series *series, size_t index) {
    vdib_run *run = NULL;
    vdib_progress now = {.size = sizeof now};
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib_series_run(series, index, &run));
    do
        assert_ok(vdib_run_step(run, &now));
    while (!now.done);
    assert_ok(vdib_evaluate(vdib_run_model(run), vdib_run_dataset(run), VDIB_SPLIT_TEST, NULL, &evaluation));
    assert_ok(vdib_series_add(series, &evaluation));
    vdib_evaluation_clear(&evaluation);
    vdib_run_destroy(run);
}

static void a_series_sums_up_its_seeds(void **state) {
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    const vdib_run_options options = {.size = sizeof options, .dataset = dataset, .threads = 1};
    const vdib_resume_options again = {.size = sizeof again, .dataset = dataset, .threads = 1};
    vdib_series *series = NULL, *resumed = NULL;
    double mean = 0, deviation = 0, values[2], other = 0;
    size_t mse = vdib_figure_find("mse");
    (void)state;
    assert_ok(vdib_config_set(config, "seed=7"));
    path_in(folder, "series", path);
    assert_fails(VDIB_ERROR_CONFIG, vdib_series_create(path, config, 0, &options, &series), "at least one");
    assert_ok(vdib_series_create(path, config, 2, &options, &series));
    assert_false(vdib_series_is(path));
    assert_false(vdib_series_figure(series, mse, &mean, &deviation));
    finish_run(series, 0);
    assert_true(vdib_series_is(path));
    assert_int_equal(vdib_series_seed(series, 1), 8);
    assert_true(vdib_series_figure(series, mse, &values[0], &deviation));
    assert_true(deviation == 0);
    finish_run(series, 1);
    assert_true(vdib_series_figure(series, mse, &mean, &deviation));
    values[1] = 2 * mean - values[0];
    double want = fabs(values[0] - values[1]) / sqrt(2.0);
    assert_true(want > 0);
    assert_close_double(&deviation, &want, 1, 1e-9);
    assert_false(vdib_series_figure(series, vdib_figure_find("seconds"), &mean, &deviation));
    assert_ok(vdib_series_finish(series));
    vdib_series_destroy(series);
    /* a resumed series finds its finished runs */
    assert_ok(vdib_series_resume(path, &again, &resumed));
    assert_int_equal(vdib_series_count(resumed), 2);
    finish_run(resumed, 0);
    assert_true(vdib_series_figure(resumed, mse, &other, &deviation));
    assert_true(other == values[0]);
    vdib_run *run = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_series_run(resumed, 2, &run), "run 2 of a series of 2");
    vdib_series_destroy(resumed);
    vdib_series_destroy(NULL);
    assert_fails(VDIB_ERROR_EXISTS, vdib_series_create(path, config, 2, &options, &series), "not empty");
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

static void a_series_without_its_keys_is_damaged(void **state) {
    static const char *const keys[] = {"first",    "count",  "data",    "images",
                                       "examples", "epochs", "seconds", "checkpoint_every"};
    char *folder = support_folder(), path[PATH_SIZE], old[64], part[64];
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    const vdib_run_options options = {.size = sizeof options, .dataset = dataset, .threads = 1};
    const vdib_resume_options again = {.size = sizeof again, .dataset = dataset, .threads = 1};
    vdib_series *series = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    vdib_run *run = NULL;
    (void)state;
    path_in(folder, "series", path);
    assert_ok(vdib_series_create(path, config, 2, &options, &series));
    assert_ok(vdib_series_run(series, 0, &run));
    vdib_run_destroy(run);
    vdib_series_destroy(series);
    path_in(folder, "series/seeds.json", path);
    assert_ok(vdib__file_read(path, &bytes, &size));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        snprintf(old, sizeof old, "\"%s\":", keys[i]);
        snprintf(part, sizeof part, "seeds.json: is damaged: it has no '%s'", keys[i]);
        edit(folder, "series/seeds.json", old, "\"other\":");
        path_in(folder, "series", path);
        series = NULL;
        assert_fails(VDIB_ERROR_FORMAT, vdib_series_resume(path, &again, &series), part);
        path_in(folder, "series/seeds.json", path);
        assert_ok(vdib__file_write(path, bytes, size));
    }
    vdib__free(bytes);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

/* The digest of a program's own data: an element more or less, another label. */
static void own_data_are_compared(void **state) {
    char *folder = support_folder(), path[PATH_SIZE];
    vdib_dataset *dataset = toy_dataset(true), *other = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    const vdib_run_options options = {.size = sizeof options, .dataset = dataset, .threads = 1};
    vdib_resume_options again = {.size = sizeof again, .dataset = other, .threads = 1};
    vdib_raster *raster = NULL;
    vdib_run *run = NULL;
    float target[TOY_PIXELS] = {1, 0, 1, 0, 1, 0};
    (void)state;
    path_in(folder, "run", path);
    assert_ok(vdib_run_create(path, config, &options, &run));
    vdib_run_destroy(run);
    assert_ok(vdib_run_resume(path, &again, &run)); /* equal data */
    vdib_run_destroy(run);
    assert_ok(vdib_raster_create(TOY_CHANNELS, TOY_STEPS, &raster));
    assert_ok(vdib_dataset_add(other, VDIB_SPLIT_TEST, raster, target, 0));
    assert_fails(VDIB_ERROR_DATA, vdib_run_resume(path, &again, &run), "the data have changed");
    assert_non_null(strstr(vdib_last_message(), "(those that the program gives); test examples was "));
    vdib_raster_destroy(raster);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    vdib_dataset_destroy(other);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_recordings_are_refused),
        cmocka_unit_test(changed_images_and_labels_are_refused),
        cmocka_unit_test(another_machine_is_refused),
        cmocka_unit_test(a_changed_configuration_is_refused),
        cmocka_unit_test(an_old_run_is_compared_with_its_checkpoint),
        cmocka_unit_test(a_record_without_its_keys_is_damaged),
        cmocka_unit_test(a_series_sums_up_its_seeds),
        cmocka_unit_test(a_series_without_its_keys_is_damaged),
        cmocka_unit_test(own_data_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
