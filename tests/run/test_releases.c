/* SPDX-License-Identifier: MIT */
/* Files of a later release: models, checkpoints, configurations and the files of runs, series and sweeps name the
 * release that wrote them, and what is not known here is refused with the release to install. Files of later releases
 * in which everything is known are read. */
#include "learn/toy.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/release.h"

enum { PATH_SIZE = 512 };
static const vdib_resume_options ONE_THREAD = {.size = sizeof(vdib_resume_options), .threads = 1};
static const vdib_run_options OPTIONS = {
    .size = sizeof(vdib_run_options), .data = "builtin:digits", .checkpoint_every = 8};
static const char INSTALL[] = "install vdib 9.9.9 or newer";

static void path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
}

static vdib_config *small_config(void) {
    static const char *const images[] = {"data.input=rate", "data.train_examples=30", "data.test_examples=5",
                                         "training.examples=24", NULL};
    vdib_config *config = toy_config(TOY_STRAIGHT);
    toy_set(config, images);
    return config;
}

/* A text that a file must hold, and another of the same length that stands in its place. */
typedef struct change {
    const char *was, *is;
} change;

static const change NEWER[] = {{"\"vdib_release\":\"" VDIB_VERSION "\"", "\"vdib_release\":\"9.9.9\""},
                               {"\"written_by\": \"" VDIB_VERSION "\"", "\"written_by\": \"9.9.9\""},
                               {"# vdib " VDIB_VERSION " ", "# vdib 9.9.9 "}};

static void replace(uint8_t *bytes, size_t size, const change *made) {
    size_t length = strlen(made->was);
    assert_int_equal(length, strlen(made->is));
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, made->was, length) == 0) {
            memcpy(bytes + i, made->is, length);
            return;
        }
    fail_msg("'%s' is not in the file", made->was);
}

/* Changes a file: up to two texts of it. */
static void spoil(const char *path, const change *first, const change *second) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    replace(bytes, size, first);
    if (second != NULL)
        replace(bytes, size, second);
    assert_ok(vdib__file_write(path, bytes, size));
    vdib__free(bytes);
}

static void releases_are_compared(void **state) {
    static const char *const newer[] = {"9.0.0", "0.99999.0", "1.0.0", "0.1.1"};
    static const char *const others[] = {VDIB_VERSION, "0.0.9", "",       "1",          "1.0",
                                         "1.0.0.0",    "a.b.c", "9.9.9 ", "999999.0.0", "-1.0.0"};
    (void)state;
    assert_ok(vdib__release_check("FILE", "model", "1", "1", "9.9.9"));
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) {
        assert_fails(VDIB_ERROR_VERSION, vdib__release_check("FILE", "model", "2", "1", newer[i]), newer[i]);
        assert_fails(VDIB_ERROR_VERSION, vdib__release_check("FILE", "model", "2", "1", newer[i]),
                     "FILE: has model format 2");
        assert_int_equal(vdib__release_explain(VDIB_ERROR_CONFIG, newer[i]), VDIB_ERROR_VERSION);
        assert_int_equal(vdib__release_explain(VDIB_ERROR_MEMORY, newer[i]), VDIB_ERROR_MEMORY);
        assert_int_equal(vdib__release_explain(VDIB_OK, newer[i]), VDIB_OK);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_fails(VDIB_ERROR_VERSION, vdib__release_check("FILE", "model", "2", "1", others[i]),
                     "which reads format 1: use the vdib that wrote it");
        assert_int_equal(vdib__release_explain(VDIB_ERROR_CONFIG, others[i]), VDIB_ERROR_CONFIG);
    }
    assert_fails(VDIB_ERROR_VERSION, vdib__release_check("FILE", "model", "2", "1", NULL),
                 "use the vdib that wrote it");
}

/* A folder of a run that was dropped after its first checkpoints. */
static void make_run(const char *folder) {
    vdib_config *config = small_config();
    vdib_progress now = {.size = sizeof now};
    vdib_run *run = NULL;
    assert_ok(vdib_run_create(folder, config, &OPTIONS, &run));
    do
        assert_ok(vdib_run_step(run, &now));
    while (now.examples < 16);
    vdib_run_destroy(run);
    vdib_config_destroy(config);
}

static void newer_models_are_refused(void **state) {
    static const change format = {"\"vdib_version\":\"1\"", "\"vdib_version\":\"2\""},
                        key = {"\\\"seed\\\":", "\\\"weed\\\":"};
    char *folder = support_folder(), path[PATH_SIZE], kept[PATH_SIZE];
    vdib_config *config = small_config();
    vdib_dataset *dataset = NULL;
    vdib_model *model = NULL;
    (void)state;
    path_in(folder, "model.safetensors", path);
    path_in(folder, "kept.safetensors", kept);
    assert_ok(vdib_dataset_open("builtin:digits", config, &dataset));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    assert_ok(vdib_model_save(model, path));
    spoil(path, &format, NULL);
    assert_fails(VDIB_ERROR_VERSION, vdib_model_load(path, &(vdib_model *){NULL}), "has model format 2");
    spoil(path, &NEWER[0], NULL);
    assert_fails(VDIB_ERROR_VERSION, vdib_model_load(path, &(vdib_model *){NULL}), path);
    assert_fails(VDIB_ERROR_VERSION, vdib_model_load(path, &(vdib_model *){NULL}), INSTALL);
    assert_ok(vdib_model_save(model, path));
    spoil(path, &key, NULL);
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_load(path, &(vdib_model *){NULL}), "weed");
    spoil(path, &NEWER[0], NULL);
    assert_fails(VDIB_ERROR_VERSION, vdib_model_load(path, &(vdib_model *){NULL}), INSTALL);
    assert_ok(vdib_model_save(model, kept));
    spoil(kept, &NEWER[0], NULL);
    vdib_model *loaded = NULL;
    assert_ok(vdib_model_load(kept, &loaded));
    vdib_model_destroy(loaded);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

static void newer_configurations_are_refused(void **state) {
    static const char unknown[] =
        "# vdib 9.9.9 configuration, complete: every key with its value.\nseed: 1\nspeed: 2\n";
    static const char value[] =
        "# vdib 9.9.9 configuration, complete: every key with its value.\ndata:\n  input: smells\n";
    static const char known[] = "# vdib 9.9.9 configuration, complete: every key with its value.\nseed: 1\n";
    static const char own[] = "# vdib " VDIB_VERSION " configuration\nspeed: 2\n", comment[] = "# vdib ";
    vdib_config *config = NULL;
    (void)state;
    assert_fails(VDIB_ERROR_VERSION, vdib_config_parse(unknown, strlen(unknown), "x.yaml", &config), "x.yaml:3");
    assert_fails(VDIB_ERROR_VERSION, vdib_config_parse(unknown, strlen(unknown), "x.yaml", &config), INSTALL);
    assert_fails(VDIB_ERROR_VERSION, vdib_config_parse(value, strlen(value), "x.yaml", &config), INSTALL);
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_parse(own, strlen(own), "x.yaml", &config), "speed");
    assert_ok(vdib_config_parse(known, strlen(known), "x.yaml", &config));
    vdib_config_destroy(config);
    for (size_t size = 0; size < sizeof comment; size++) {
        assert_ok(vdib_config_parse(comment, size, "x.yaml", &config));
        vdib_config_destroy(config);
    }
}

static void newer_runs_are_refused(void **state) {
    static const change format = {"\"format\": 1", "\"format\": 2"}, key = {"\"seed\": ", "\"weed\": "};
    static const change checkpoint = {"\"vdib_checkpoint\":\"1\"", "\"vdib_checkpoint\":\"2\""};
    static const change tensor = {"\"best\":", "\"rest\":"}, line = {"\nseed: ", "\nweed: "};
    const struct {
        const char *file;
        const change *made, *release;
    } cases[] = {{"run.json", &format, &NEWER[1]},
                 {"run.json", &key, &NEWER[1]},
                 {"checkpoint.safetensors", &checkpoint, &NEWER[0]},
                 {"checkpoint.safetensors", &tensor, &NEWER[0]},
                 {"config.yaml", &line, &NEWER[2]}};
    char *folder = support_folder(), run[PATH_SIZE], path[PATH_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[32];
        snprintf(name, sizeof name, "run-%zu", i);
        path_in(folder, name, run);
        path_in(run, cases[i].file, path);
        make_run(run);
        spoil(path, cases[i].made, cases[i].release);
        vdib_run *resumed = NULL;
        assert_fails(VDIB_ERROR_VERSION, vdib_run_resume(run, &ONE_THREAD, &resumed), cases[i].file);
        assert_fails(VDIB_ERROR_VERSION, vdib_run_resume(run, &ONE_THREAD, &resumed), INSTALL);
    }
    path_in(folder, "known", run);
    path_in(run, "run.json", path);
    make_run(run);
    spoil(path, &NEWER[1], NULL);
    vdib_run *resumed = NULL;
    assert_ok(vdib_run_resume(run, &ONE_THREAD, &resumed));
    vdib_run_destroy(resumed);
    support_folder_remove(folder);
}

static void newer_series_and_sweeps_are_refused(void **state) {
    static const change format = {"\"format\": 1", "\"format\": 2"};
    static const char *const over[] = {"objective.beta=0.1,0.2"};
    char *folder = support_folder(), place[PATH_SIZE], path[PATH_SIZE];
    vdib_config *config = small_config();
    vdib_series *series = NULL;
    vdib_sweep *sweep = NULL;
    vdib_run *run = NULL;
    (void)state;
    path_in(folder, "series", place);
    assert_ok(vdib_series_create(place, config, 2, &OPTIONS, &series));
    assert_ok(vdib_series_run(series, 0, &run));
    vdib_run_destroy(run);
    vdib_series_destroy(series);
    path_in(place, "seeds.json", path);
    spoil(path, &format, &NEWER[1]);
    assert_fails(VDIB_ERROR_VERSION, vdib_series_resume(place, &ONE_THREAD, &series), path);
    assert_fails(VDIB_ERROR_VERSION, vdib_series_resume(place, &ONE_THREAD, &series), INSTALL);
    path_in(folder, "sweep", place);
    assert_ok(vdib_sweep_create(place, config, over, 1, 1, &OPTIONS, &sweep));
    assert_ok(vdib_sweep_run(sweep, 0, &run));
    vdib_run_destroy(run);
    vdib_sweep_destroy(sweep);
    path_in(place, "sweep.json", path);
    spoil(path, &format, &NEWER[1]);
    assert_fails(VDIB_ERROR_VERSION, vdib_sweep_open(place, &ONE_THREAD, &sweep), path);
    assert_fails(VDIB_ERROR_VERSION, vdib_sweep_open(place, &ONE_THREAD, &sweep), INSTALL);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(releases_are_compared),
        cmocka_unit_test(newer_models_are_refused),
        cmocka_unit_test(newer_configurations_are_refused),
        cmocka_unit_test(newer_runs_are_refused),
        cmocka_unit_test(newer_series_and_sweeps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
