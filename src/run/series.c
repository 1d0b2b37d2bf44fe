/* SPDX-License-Identifier: MIT */
/* The same experiment over several seeds. config.yaml and seeds.json say what was asked for, so that an interrupted
 * series goes on; they are written with the first run, so that a series whose beginning fails leaves nothing behind. */
#include "vdib/series.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/sized.h"
#include "core/text.h"
#include "eval/figures.h"
#include "run/folder.h"
#include "run/run_files.h"

struct vdib_series {
    /* parameters */
    char *folder; /* NULL: to be chosen with the first run */
    vdib_config *config;
    uint64_t first;
    size_t count;
    vdib_run_options options; /* of a run that begins; its paths are owned */
    vdib_resume_options resume;
    /* state */
    bool saved;
    json_t *figures; /* {name: [values]} in the order of the table of figures */
};

static vdib_status copy_path(const char *path, const char **copy) {
    *copy = NULL;
    if (path == NULL)
        return VDIB_OK;
    char *resolved = strncmp(path, "builtin:", 8) == 0 ? NULL : realpath(path, NULL), *made = NULL;
    vdib_status status = vdib__strdup(resolved != NULL ? resolved : path, &made);
    free(resolved);
    *copy = made;
    return status;
}

/* An empty series that owns copies of what it is given. */
static vdib_status make(const char *folder, const vdib_config *config, const vdib_run_options *options,
                        vdib_series **series) {
    vdib_series *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->options = *options;
    made->options.data = made->options.images = NULL;
    vdib_status status = vdib_config_copy(config, &made->config);
    if (status != VDIB_OK)
        goto failed;
    if (folder != NULL)
        VDIB_TRY_GOTO(vdib__strdup(folder, &made->folder), failed);
    VDIB_TRY_GOTO(copy_path(options->data, &made->options.data), failed);
    VDIB_TRY_GOTO(copy_path(options->images, &made->options.images), failed);
    made->figures = json_object();
    if (made->figures == NULL) {
        status = vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the series' figures");
        goto failed;
    }
    *series = made;
    return VDIB_OK;
failed:
    vdib_series_destroy(made);
    return status;
}

vdib_status vdib_series_create(const char *folder, const vdib_config *config, size_t count,
                               const vdib_run_options *options, vdib_series **series) {
    vdib_run_options used;
    VDIB_REQUIRE(config, series);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_run_options, options, &used));
    VDIB_TRY(vdib_config_check(config));
    if (count == 0)
        return vdib__fail(VDIB_ERROR_CONFIG, "a series of no seeds; it has at least one");
    if (config->seed > (uint64_t)INT64_MAX - (count - 1))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "%zu seed%s from %" PRIu64 " on go beyond the largest seed, %" PRId64 "; begin lower", count,
                          vdib__s(count), config->seed, INT64_MAX);
    if (folder != NULL)
        VDIB_TRY(vdib__run_folder_check_empty(folder));
    vdib_series *made = NULL;
    VDIB_TRY(make(folder, config, &used, &made));
    made->first = config->seed;
    made->count = count;
    made->resume = (vdib_resume_options){.size = sizeof(vdib_resume_options),
                                         .threads = used.threads,
                                         .dataset = used.dataset,
                                         .force = used.force,
                                         .cancelled = used.cancelled,
                                         .user = used.user};
    *series = made;
    return VDIB_OK;
}

/* ---- seeds.json ---- */

static json_t *text_or_null(const char *text) {
    return text != NULL ? json_string(text) : json_null();
}

static vdib_status write_json(const vdib_series *series, vdib_run_file file, json_t *object) {
    char *text = object != NULL ? vdib__json_write(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;
    char *path = NULL;
    json_decref(object);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_DATA, "%s: cannot be formed (out of memory, or a path is not UTF-8)",
                          vdib_run_file_name(file));
    vdib_status status = vdib__run_path(series->folder, file, &path);
    if (status == VDIB_OK) {
        vdib__temporaries_clean(path);
        status = vdib__file_write(path, text, strlen(text));
    }
    vdib__free(path);
    vdib__json_free(text);
    return status;
}

static vdib_status save(const vdib_series *series) {
    const vdib_run_options *options = &series->options;
    char *path = NULL;
    VDIB_TRY(vdib__run_path(series->folder, VDIB_RUN_FILE_CONFIG, &path));
    vdib_status status = vdib_config_save(series->config, path);
    vdib__free(path);
    VDIB_TRY(status);
    return write_json(series, VDIB_RUN_FILE_SERIES,
                      json_pack("{s:I, s:I, s:o, s:o, s:I, s:I, s:f, s:I}", "first", (json_int_t)series->first, "count",
                                (json_int_t)series->count, "data", text_or_null(options->data), "images",
                                text_or_null(options->images), "examples", (json_int_t)options->examples, "epochs",
                                (json_int_t)options->epochs, "seconds", options->seconds, "checkpoint_every",
                                (json_int_t)options->checkpoint_every));
}

static uint64_t count_of(const json_t *object, const char *name) {
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

/* What seeds.json says of a series, in every version. */
static const vdib__record_key KEYS[] = {
    {NULL, "first", vdib__json_is_count, "a whole number", false},
    {NULL, "count", vdib__json_is_count, "a whole number", false},
    {NULL, "data", vdib__json_is_text, "a path or null", false},
    {NULL, "images", vdib__json_is_text, "a path or null", false},
    {NULL, "examples", vdib__json_is_count, "a whole number", false},
    {NULL, "epochs", vdib__json_is_count, "a whole number", false},
    {NULL, "seconds", vdib__json_is_amount, "a number", false},
    {NULL, "checkpoint_every", vdib__json_is_count, "a whole number", false},
};

/* The file of a folder as a JSON object. */
static vdib_status read_object(const char *folder, vdib_run_file file, json_t **object) {
    char *path = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    json_error_t problem;
    VDIB_TRY(vdib__run_path(folder, file, &path));
    vdib_status status = vdib__file_read(path, &bytes, &size);
    if (status == VDIB_OK) {
        *object = vdib__json_read((const char *)bytes, size, &problem);
        if (!json_is_object(*object))
            status = vdib__fail(VDIB_ERROR_FORMAT, "%s: is damaged (%s); start the series anew in another folder", path,
                                *object == NULL ? problem.text : "it is no JSON object");
        else
            status = vdib__record_check(*object, path, KEYS, sizeof KEYS / sizeof KEYS[0]);
        if (status == VDIB_OK && count_of(*object, "count") == 0)
            status = vdib__fail(VDIB_ERROR_FORMAT,
                                "%s: does not say which seeds to train; start the series anew in another folder", path);
        if (status != VDIB_OK)
            json_decref(*object);
    }
    vdib__free(bytes);
    vdib__free(path);
    return status;
}

static vdib_status restore(const char *folder, const vdib_resume_options *resume, const json_t *object,
                           vdib_series **series) {
    const vdib_run_options options = {.size = sizeof options,
                                      .data = json_string_value(json_object_get(object, "data")),
                                      .images = json_string_value(json_object_get(object, "images")),
                                      .examples = count_of(object, "examples"),
                                      .epochs = count_of(object, "epochs"),
                                      .seconds = json_number_value(json_object_get(object, "seconds")),
                                      .threads = resume->threads,
                                      .checkpoint_every = (size_t)count_of(object, "checkpoint_every"),
                                      .dataset = resume->dataset,
                                      .force = resume->force,
                                      .cancelled = resume->cancelled,
                                      .user = resume->user};
    char *path = NULL;
    vdib_config *config = NULL;
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_CONFIG, &path));
    vdib_status status = vdib_config_load(path, &config);
    vdib__free(path);
    VDIB_TRY(status);
    status = make(folder, config, &options, series);
    vdib_config_destroy(config);
    VDIB_TRY(status);
    (*series)->first = count_of(object, "first");
    (*series)->count = (size_t)count_of(object, "count");
    (*series)->resume = *resume;
    (*series)->saved = true;
    return VDIB_OK;
}

vdib_status vdib_series_resume(const char *folder, const vdib_resume_options *options, vdib_series **series) {
    vdib_resume_options used;
    json_t *object = NULL;
    VDIB_REQUIRE(folder, series);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_resume_options, options, &used));
    VDIB_TRY(read_object(folder, VDIB_RUN_FILE_SERIES, &object));
    vdib_status status = restore(folder, &used, object, series);
    json_decref(object);
    return status;
}

bool vdib_series_is(const char *folder) {
    char *path = NULL;
    if (folder == NULL || vdib__run_path(folder, VDIB_RUN_FILE_SERIES, &path) != VDIB_OK)
        return false;
    bool is = vdib__is_file(path);
    vdib__free(path);
    return is;
}

const char *vdib_series_folder(const vdib_series *series) {
    return series != NULL ? series->folder : NULL;
}

size_t vdib_series_count(const vdib_series *series) {
    return series != NULL ? series->count : 0;
}

uint64_t vdib_series_seed(const vdib_series *series, size_t index) {
    return series != NULL ? series->first + index : 0;
}

/* ---- runs ---- */

static vdib_status begin_or_resume(vdib_series *series, uint64_t seed, const char *folder, vdib_run **run) {
    char *record = NULL;
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_RECORD, &record));
    bool begun = vdib__is_file(record);
    vdib__free(record);
    if (begun)
        return vdib_run_resume(folder, &series->resume, run);
    vdib_config *config = NULL;
    VDIB_TRY(vdib_config_copy(series->config, &config));
    config->seed = seed;
    vdib_status status = vdib_run_create(folder, config, &series->options, run);
    vdib_config_destroy(config);
    return status;
}

static vdib_status open_run(vdib_series *series, uint64_t seed, vdib_run **run) {
    char name[32], *folder = NULL;
    snprintf(name, sizeof name, "seed-%" PRIu64, seed);
    VDIB_TRY(vdib__path_join(series->folder, name, &folder));
    vdib_status status = begin_or_resume(series, seed, folder, run);
    vdib__free(folder);
    return status;
}

vdib_status vdib_series_run(vdib_series *series, size_t index, vdib_run **run) {
    VDIB_REQUIRE(series, run);
    if (index >= series->count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_series_run: run %zu of a series of %zu", index, series->count);
    bool chosen = series->folder == NULL;
    if (chosen)
        VDIB_TRY(vdib__run_folder_new("runs", series->config->experiment, &series->folder));
    vdib_status status = open_run(series, series->first + index, run);
    if (status != VDIB_OK && chosen) { /* its folder is empty unless something was begun */
        (void)rmdir(series->folder);
        vdib__free(series->folder);
        series->folder = NULL;
    }
    VDIB_TRY(status);
    if (!series->saved)
        status = save(series);
    series->saved = series->saved || status == VDIB_OK;
    if (status != VDIB_OK) {
        vdib_run_destroy(*run);
        *run = NULL;
    }
    return status;
}

/* ---- the summary ---- */

vdib_status vdib_series_add(vdib_series *series, const vdib_evaluation *evaluation) {
    size_t count = 0;
    double value = 0;
    bool good = true;
    VDIB_REQUIRE(series, evaluation);
    const vdib__figure *figures = vdib__figures(&count);
    for (size_t f = 0; f < count && good; f++) {
        if (!vdib_figure_over_seeds(f) || !vdib_evaluation_figure(evaluation, f, &value))
            continue;
        if (json_object_get(series->figures, figures[f].name) == NULL)
            good = json_object_set_new(series->figures, figures[f].name, json_array()) == 0;
        good = good && json_array_append_new(json_object_get(series->figures, figures[f].name), json_real(value)) == 0;
    }
    return good ? VDIB_OK : vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the series' figures");
}

/* Mean, and standard deviation with the n - 1 of a sample. */
static void moments(const json_t *values, double *mean, double *deviation) {
    size_t count = json_array_size(values);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += json_number_value(json_array_get(values, i));
    *mean = count > 0 ? sum / (double)count : 0;
    for (size_t i = 0; i < count; i++) {
        double distance = json_number_value(json_array_get(values, i)) - *mean;
        squares += distance * distance;
    }
    *deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
}

bool vdib_series_figure(const vdib_series *series, size_t figure, double *mean, double *deviation) {
    const json_t *values = series != NULL && figure < vdib_figure_count()
                               ? json_object_get(series->figures, vdib_figure_name(figure))
                               : NULL;
    if (values == NULL || mean == NULL || deviation == NULL)
        return false;
    moments(values, mean, deviation);
    return true;
}

vdib_status vdib_series_finish(const vdib_series *series) {
    VDIB_REQUIRE(series);
    if (series->folder == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_series_finish: no run of the series has begun");
    json_t *figures = json_object(), *values = NULL;
    const char *name = NULL;
    bool good = figures != NULL;
    json_object_foreach(series->figures, name, values) {
        double mean, deviation;
        moments(values, &mean, &deviation);
        good = good && json_object_set_new(figures, name,
                                           json_pack("{s:O, s:f, s:f}", "values", values, "mean", mean,
                                                     "standard_deviation", deviation)) == 0;
    }
    if (!good) {
        json_decref(figures);
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the series' summary");
    }
    return write_json(series, VDIB_RUN_FILE_SUMMARY,
                      json_pack("{s:s, s:I, s:I, s:o}", "experiment", series->config->experiment, "first_seed",
                                (json_int_t)series->first, "seeds", (json_int_t)series->count, "figures", figures));
}

void vdib_series_destroy(vdib_series *series) {
    if (series == NULL)
        return;
    json_decref(series->figures);
    vdib__free((char *)(uintptr_t)series->options.data);
    vdib__free((char *)(uintptr_t)series->options.images);
    vdib_config_destroy(series->config);
    vdib__free(series->folder);
    vdib__free(series);
}
