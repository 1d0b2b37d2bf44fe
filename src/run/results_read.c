/* SPDX-License-Identifier: MIT */
/* Tables of runs from what lies in their folders. */
#include <string.h>

#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "data/inputs.h"
#include "run/folder.h"
#include "run/results.h"
#include "run/run_files.h"
#include "run/sweep.h"
#include "vdib/figures.h"
#include "vdib/series.h"

/* ---- one run ---- */

/* A file of the folder; *object is NULL if there is none. keys (count): what it must have. */
static vdib_status read_object(const char *folder, vdib_run_file file, const vdib__record_key *keys, size_t count,
                               json_t **object) {
    char *path = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    json_error_t problem;
    *object = NULL;
    VDIB_TRY(vdib__run_path(folder, file, &path));
    bool there = vdib__is_file(path);
    vdib_status status = there ? vdib__file_read(path, &bytes, &size) : VDIB_OK;
    if (status == VDIB_OK && there) {
        *object = vdib__json_read((const char *)bytes, size, &problem);
        if (!json_is_object(*object))
            status = vdib__fail(VDIB_ERROR_FORMAT, "%s: is damaged; remove it, `vdib report %s` evaluates again", path,
                                folder);
        else
            status = vdib__record_check(*object, path, keys, count);
    }
    if (status != VDIB_OK) {
        json_decref(*object);
        *object = NULL;
    }
    vdib__free(bytes);
    vdib__free(path);
    return status;
}

/* The figures of evaluation.json or validation.json; *there: whether the file is. */
static vdib_status read_figures(const char *folder, vdib_run_file file, double *figures, bool *there) {
    json_t *object = NULL;
    VDIB_TRY(read_object(folder, file, NULL, 0, &object));
    *there = object != NULL;
    for (size_t f = 0; f < vdib_figure_count() && object != NULL; f++) {
        const json_t *value = json_object_get(object, vdib_figure_name(f));
        if (json_is_number(value))
            figures[f] = json_number_value(value);
    }
    json_decref(object);
    return VDIB_OK;
}

/* ridge.json, which stands in place of run.json where a regression was made (ridge_run.c); NULL if there is none. */
static vdib_status read_ridge(const char *folder, json_t **object) {
    static const vdib__record_key keys[] = {
        {NULL, "data", vdib__json_is_text, "a path or null", false},
        {NULL, "images", vdib__json_is_text, "a path or null", false},
        {NULL, "dataset", vdib__json_is_text, "a text or null", false},
        {NULL, "rows", vdib__json_is_count, "a whole number", false},
        {NULL, "seconds", vdib__json_is_amount, "a number", false},
    };
    return read_object(folder, VDIB_RUN_FILE_RIDGE, keys, sizeof keys / sizeof keys[0], object);
}

static vdib_status read_figures_of(const char *folder, vdib__result *result) {
    bool evaluated = false, validated = false;
    VDIB_TRY(read_figures(folder, VDIB_RUN_FILE_EVALUATION, result->test, &evaluated));
    result->state = evaluated ? VDIB_SWEEP_DONE : VDIB_SWEEP_TRAINED;
    return read_figures(folder, VDIB_RUN_FILE_VALIDATION, result->validation, &validated);
}

vdib_status vdib__result_read(const char *folder, vdib__result *result) {
    vdib__run_record record;
    json_t *ridge = NULL;
    VDIB_TRY(read_ridge(folder, &ridge));
    if (ridge != NULL) {
        result->examples = (uint64_t)json_integer_value(json_object_get(ridge, "rows"));
        result->seconds = json_number_value(json_object_get(ridge, "seconds"));
        json_decref(ridge);
        return read_figures_of(folder, result);
    }
    VDIB_TRY(vdib__run_record_load(folder, &record));
    bool finished = record.finished;
    result->examples = record.examples;
    result->seconds = record.seconds;
    vdib__run_record_clear(&record);
    result->state = VDIB_SWEEP_BEGUN;
    if (!finished)
        return VDIB_OK;
    return read_figures_of(folder, result);
}

vdib_status vdib__result_describe(const vdib_config *config, vdib__result *result) {
    result->seed = config->seed;
    result->stepwise = vdib__target_of(config->data.target)->by_step;
    return vdib__strdup(config->experiment, &result->experiment);
}

/* ---- runs that are named ---- */

static bool has_file(const char *folder, vdib_run_file file) {
    char *path = NULL;
    bool there = vdib__run_path(folder, file, &path) == VDIB_OK && vdib__is_file(path);
    vdib__free(path);
    return there;
}

/* The columns that any two runs could differ in: the keys, then where the data are, and what was made of them. */
enum { PATHS = 3 };
static const char *const path_names[PATHS] = {"data", "images", "method"};

/* The values of the columns behind the keys: texts (PATHS), freed by the caller, also on failure. */
static vdib_status find_paths(const char *folder, char *texts[PATHS]) {
    json_t *ridge = NULL;
    vdib__run_record record = {.data = NULL};
    VDIB_TRY(read_ridge(folder, &ridge));
    vdib_status status = ridge == NULL ? vdib__run_record_load(folder, &record) : VDIB_OK;
    const char *data = ridge != NULL ? json_string_value(json_object_get(ridge, "data")) : record.data;
    const char *dataset = ridge != NULL ? json_string_value(json_object_get(ridge, "dataset")) : record.dataset;
    const char *images = ridge != NULL ? json_string_value(json_object_get(ridge, "images")) : record.images;
    const char *found[PATHS] = {data != NULL ? data : dataset, images, ridge != NULL ? "ridge" : "spikes"};
    for (size_t p = 0; p < PATHS && status == VDIB_OK; p++)
        status = vdib__strdup(found[p] != NULL ? found[p] : "", &texts[p]);
    vdib__run_record_clear(&record);
    json_decref(ridge);
    return status;
}

static vdib_status take_values(const char *folder, const vdib_config *config, vdib__result *result) {
    size_t count = 0;
    char value[VDIB_CONFIG_VALUE];
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t k = 0; k < count; k++) {
        vdib__config_format(config, &keys[k], value);
        VDIB_TRY(vdib__strdup(value, &result->values[k]));
    }
    return find_paths(folder, result->values + count);
}

static vdib_status read_run(const char *folder, vdib__result *result) {
    char *path = NULL;
    vdib_config *config = NULL;
    if (vdib_series_is(folder))
        return vdib__fail(VDIB_ERROR_IO, "%s: is the folder of a series; name its runs, %s/seed-*", folder, folder);
    if (vdib_sweep_is(folder))
        return vdib__fail(VDIB_ERROR_IO, "%s: is the folder of a sweep; name its runs, or see `vdib sweep --table %s`",
                          folder, folder);
    VDIB_TRY(vdib__result_read(folder, result));
    if (result->state == VDIB_SWEEP_BEGUN)
        return vdib__fail(VDIB_ERROR_IO, "%s: is not trained to the end; go on with `vdib train --resume %s`", folder,
                          folder);
    if (result->state != VDIB_SWEEP_DONE)
        return vdib__fail(VDIB_ERROR_IO, "%s: has no %s yet; `vdib report %s` makes it", folder,
                          vdib_run_file_name(VDIB_RUN_FILE_EVALUATION), folder);
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_CONFIG, &path));
    vdib_status status = vdib_config_load(path, &config);
    vdib__free(path);
    if (status == VDIB_OK)
        status = vdib__result_describe(config, result);
    if (status == VDIB_OK)
        status = take_values(folder, config, result);
    vdib_config_destroy(config);
    return status == VDIB_OK ? vdib__strdup(folder, &result->folder) : status;
}

static bool differs(const vdib_results *results, size_t key) {
    for (size_t r = 1; r < results->count; r++)
        if (strcmp(results->runs[r].values[key], results->runs[0].values[key]) != 0)
            return true;
    return false;
}

/* Drops the columns in which all runs are the same, and the seed. */
static void keep_differences(vdib_results *results) {
    size_t kept = 0;
    for (size_t k = 0; k < results->key_count; k++) {
        bool keep = strcmp(results->keys[k], "seed") != 0 && differs(results, k);
        if (!keep) {
            vdib__free(results->keys[k]);
            for (size_t r = 0; r < results->count; r++)
                vdib__free(results->runs[r].values[k]);
            continue;
        }
        results->keys[kept] = results->keys[k];
        for (size_t r = 0; r < results->count; r++)
            results->runs[r].values[kept] = results->runs[r].values[k];
        kept++;
    }
    results->key_count = kept;
}

static vdib_status name_columns(vdib_results *results) {
    size_t count = 0;
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t k = 0; k < count; k++)
        VDIB_TRY(vdib__strdup(keys[k].name, &results->keys[k]));
    for (size_t p = 0; p < PATHS; p++)
        VDIB_TRY(vdib__strdup(path_names[p], &results->keys[count + p]));
    return VDIB_OK;
}

vdib_status vdib_results_read(const char *const *folders, size_t count, vdib_results **results) {
    size_t key_count = 0;
    vdib_results *made = NULL;
    VDIB_REQUIRE(folders, results);
    if (count == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_results_read: no folder of a run is given");
    (void)vdib__config_keys(&key_count);
    VDIB_TRY(vdib__results_create(count, key_count + PATHS, &made));
    vdib_status status = name_columns(made);
    for (size_t r = 0; r < count && status == VDIB_OK; r++)
        status = folders[r] != NULL ? read_run(folders[r], &made->runs[r])
                                    : vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_results_read: folders[%zu] is NULL", r);
    if (status != VDIB_OK) {
        vdib_results_destroy(made);
        return status;
    }
    keep_differences(made);
    vdib__results_settle(made);
    *results = made;
    return VDIB_OK;
}

/* ---- runs of a sweep ---- */

static size_t sweep_keys(const vdib_sweep *sweep) {
    size_t count = 0;
    for (size_t v = 0; v < sweep->variation_count; v++)
        count += sweep->variations[v].key_count;
    return count;
}

static vdib_status take_setting(const vdib_sweep *sweep, size_t index, vdib__result *result) {
    size_t k = 0;
    for (size_t v = 0; v < sweep->variation_count; v++) {
        const vdib__variation *variation = &sweep->variations[v];
        size_t value = vdib__sweep_value(sweep, index / sweep->seeds, v);
        for (size_t j = 0; j < variation->key_count; j++)
            VDIB_TRY(vdib__strdup(variation->values[value * variation->key_count + j], &result->values[k++]));
    }
    return VDIB_OK;
}

static vdib_status read_sweep_run(const vdib_sweep *sweep, size_t index, vdib__result *result) {
    const char *folder = vdib_sweep_run_folder(sweep, index);
    VDIB_TRY(vdib__strdup(folder, &result->folder));
    VDIB_TRY(take_setting(sweep, index, result));
    VDIB_TRY(vdib__result_describe(sweep->asked.config, result));
    result->seed = vdib_sweep_seed(sweep, index);
    return has_file(folder, VDIB_RUN_FILE_RECORD) ? vdib__result_read(folder, result) : VDIB_OK;
}

vdib_status vdib_sweep_results(const vdib_sweep *sweep, vdib_results **results) {
    vdib_results *made = NULL;
    size_t k = 0;
    VDIB_REQUIRE(sweep, results);
    VDIB_TRY(vdib__results_create(vdib_sweep_count(sweep), sweep_keys(sweep), &made));
    vdib_status status = VDIB_OK;
    for (size_t v = 0; v < sweep->variation_count; v++)
        for (size_t j = 0; j < sweep->variations[v].key_count && status == VDIB_OK; j++)
            status = vdib__strdup(sweep->variations[v].keys[j]->name, &made->keys[k++]);
    for (size_t i = 0; i < made->count && status == VDIB_OK; i++) {
        status = read_sweep_run(sweep, i, &made->runs[i]);
        made->runs[i].setting = i / sweep->seeds;
    }
    made->setting_count = sweep->setting_count;
    for (size_t s = 0; s < sweep->setting_count; s++)
        made->firsts[s] = s * sweep->seeds;
    if (status == VDIB_OK)
        *results = made;
    else
        vdib_results_destroy(made);
    return status;
}
