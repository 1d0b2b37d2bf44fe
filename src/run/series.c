/* SPDX-License-Identifier: MIT */
/* The same experiment over several seeds. config.yaml and seeds.json say what was asked for, so that an interrupted
 * series goes on; they are written with the first run, so that a series whose beginning fails leaves nothing behind. */
#include "vdib/series.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"
#include "core/text.h"
#include "eval/figures.h"
#include "run/asked.h"
#include "run/folder.h"
#include "run/moments.h"

struct vdib_series {
    /* parameters */
    char *folder; /* NULL: to be chosen with the first run */
    vdib__asked asked;
    uint64_t first;
    size_t count;
    /* state */
    bool saved;
    json_t *figures; /* {name: [values]} in the order of the table of figures */
};

/* A series without figures; `asked` is taken over, also on failure. */
static vdib_status make(const char *folder, vdib__asked asked, vdib_series **series) {
    vdib_series *made = NULL;
    vdib_status status = VDIB_NEW(&made, 1);
    if (status != VDIB_OK) {
        vdib__asked_clear(&asked);
        return status;
    }
    made->asked = asked;
    if (folder != NULL)
        VDIB_TRY_GOTO(vdib__strdup(folder, &made->folder), failed);
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
    vdib__asked asked;
    vdib_series *made = NULL;
    VDIB_TRY(vdib__asked_make(config, &used, &asked));
    VDIB_TRY(make(folder, asked, &made));
    made->first = config->seed;
    made->count = count;
    *series = made;
    return VDIB_OK;
}

/* ---- seeds.json ---- */

static vdib_status save(const vdib_series *series) {
    VDIB_TRY(vdib__asked_save_config(&series->asked, series->folder));
    json_t *object = vdib__asked_json(&series->asked);
    if (object != NULL && (json_object_set_new(object, "first", json_integer((json_int_t)series->first)) != 0 ||
                           json_object_set_new(object, "count", json_integer((json_int_t)series->count)) != 0)) {
        json_decref(object);
        object = NULL;
    }
    return vdib__folder_json(series->folder, VDIB_RUN_FILE_SERIES, object);
}

/* What seeds.json says of a series besides data and limits, in every version. */
static const vdib__record_key KEYS[] = {
    {NULL, "first", vdib__json_is_count, "a whole number", false},
    {NULL, "count", vdib__json_is_count, "a whole number", false},
};

static vdib_status restore(const char *folder, const vdib_resume_options *resume, const json_t *object,
                           vdib_series **series) {
    vdib__asked asked;
    if (vdib__json_count(object, "count") == 0)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s/%s: does not say which seeds to train; start the series anew in another folder", folder,
                          vdib_run_file_name(VDIB_RUN_FILE_SERIES));
    VDIB_TRY(vdib__asked_restore(folder, resume, object, &asked));
    VDIB_TRY(make(folder, asked, series));
    (*series)->first = vdib__json_count(object, "first");
    (*series)->count = (size_t)vdib__json_count(object, "count");
    (*series)->saved = true;
    return VDIB_OK;
}

vdib_status vdib_series_resume(const char *folder, const vdib_resume_options *options, vdib_series **series) {
    vdib_resume_options used;
    json_t *object = NULL;
    VDIB_REQUIRE(folder, series);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_resume_options, options, &used));
    VDIB_TRY(vdib__asked_read(folder, VDIB_RUN_FILE_SERIES, "series", KEYS, sizeof KEYS / sizeof KEYS[0], &object));
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

static vdib_status open_run(vdib_series *series, uint64_t seed, vdib_run **run) {
    char name[32], *folder = NULL;
    vdib_config *config = NULL;
    snprintf(name, sizeof name, "seed-%" PRIu64, seed);
    VDIB_TRY(vdib_config_copy(series->asked.config, &config));
    config->seed = seed;
    vdib_status status = vdib__path_join(series->folder, name, &folder);
    if (status == VDIB_OK)
        status = vdib__asked_run(&series->asked, config, folder, NULL, run);
    vdib__free(folder);
    vdib_config_destroy(config);
    return status;
}

vdib_status vdib_series_run(vdib_series *series, size_t index, vdib_run **run) {
    VDIB_REQUIRE(series, run);
    if (index >= series->count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_series_run: run %zu of a series of %zu", index, series->count);
    bool chosen = series->folder == NULL;
    if (chosen)
        VDIB_TRY(vdib__run_folder_new("runs", series->asked.config->experiment, &series->folder));
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

static void moments(const json_t *values, double *mean, double *deviation) {
    vdib__moments sums = {0};
    for (size_t i = 0; i < json_array_size(values); i++)
        vdib__moments_add(&sums, json_number_value(json_array_get(values, i)));
    *mean = vdib__moments_mean(&sums);
    for (size_t i = 0; i < json_array_size(values); i++)
        vdib__moments_spread(&sums, json_number_value(json_array_get(values, i)));
    *deviation = vdib__moments_deviation(&sums);
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
    return vdib__folder_json(series->folder, VDIB_RUN_FILE_SUMMARY,
                             json_pack("{s:s, s:I, s:I, s:o}", "experiment", series->asked.config->experiment,
                                       "first_seed", (json_int_t)series->first, "seeds", (json_int_t)series->count,
                                       "figures", figures));
}

void vdib_series_destroy(vdib_series *series) {
    if (series == NULL)
        return;
    json_decref(series->figures);
    vdib__asked_clear(&series->asked);
    vdib__free(series->folder);
    vdib__free(series);
}
