/* SPDX-License-Identifier: MIT */
/* The runs of a sweep: which there are, where each stands, how one is begun. */
#include "run/sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"
#include "core/text.h"
#include "run/begin.h"
#include "run/folder.h"

size_t vdib__sweep_value(const vdib_sweep *sweep, size_t setting, size_t which) {
    for (size_t v = sweep->variation_count; v-- > which + 1;)
        setting /= sweep->variations[v].value_count;
    return setting % sweep->variations[which].value_count;
}

void vdib__sweep_say(const vdib_sweep *sweep, size_t setting, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t v = 0; v < sweep->variation_count && used < size; v++) {
        if (v > 0)
            used += (size_t)snprintf(text + used, size - used, ", ");
        if (used < size)
            used += vdib__variation_say(&sweep->variations[v], vdib__sweep_value(sweep, setting, v), text + used,
                                        size - used);
    }
}

/* ---- making ---- */

static vdib_status count_runs(vdib_sweep *sweep) {
    sweep->setting_count = 1;
    for (size_t v = 0; v < sweep->variation_count; v++) {
        sweep->setting_count *= sweep->variations[v].value_count;
        if (sweep->setting_count > VDIB__SWEEP_MOST)
            break;
    }
    if (sweep->seeds > VDIB__SWEEP_MOST || sweep->setting_count * sweep->seeds > VDIB__SWEEP_MOST)
        return vdib__fail(VDIB_ERROR_CONFIG, "a sweep of more than %d runs; vary fewer keys or values at once",
                          VDIB__SWEEP_MOST);
    if (sweep->asked.config->seed > (uint64_t)INT64_MAX - (sweep->seeds - 1))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "%zu seed%s from %" PRIu64 " on go beyond the largest seed, %" PRId64 "; begin lower",
                          sweep->seeds, vdib__s(sweep->seeds), sweep->asked.config->seed, INT64_MAX);
    return VDIB_OK;
}

static vdib_status read_variations(vdib_sweep *sweep, const char *const *over, size_t count) {
    VDIB_TRY(VDIB_NEW(&sweep->variations, count));
    for (size_t v = 0; v < count; v++) {
        vdib__variation *made = &sweep->variations[v];
        if (over[v] == NULL)
            return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_sweep_create: over[%zu] is NULL", v);
        VDIB_TRY(vdib__variation_read(over[v], sweep->asked.config, made));
        sweep->variation_count++;
        for (size_t other = 0; other < v; other++)
            for (size_t a = 0; a < sweep->variations[other].key_count; a++)
                for (size_t b = 0; b < made->key_count; b++)
                    if (sweep->variations[other].keys[a] == made->keys[b])
                        return vdib__fail(VDIB_ERROR_CONFIG, "--over: %s is varied twice; give all its values at once",
                                          made->keys[b]->name);
    }
    return VDIB_OK;
}

/* A limit of all runs takes the place of training.examples. */
static vdib_status check_limits(const vdib_sweep *sweep, const vdib_run_options *options) {
    const char *limit = options->examples > 0  ? "--examples"
                        : options->epochs > 0  ? "--epochs"
                        : options->seconds > 0 ? "--seconds"
                                               : NULL;
    for (size_t v = 0; v < sweep->variation_count && limit != NULL; v++)
        for (size_t k = 0; k < sweep->variations[v].key_count; k++)
            if (strcmp(sweep->variations[v].keys[k]->name, "training.examples") == 0)
                return vdib__fail(VDIB_ERROR_CONFIG,
                                  "--over: training.examples is varied, but %s takes its place in every run; leave out "
                                  "one of them",
                                  limit);
    return VDIB_OK;
}

/* "FOLDER/0012-beta-0.1-decoder-mlp-seed-3": the number makes it unique, the rest is for people. */
static vdib_status name_run(vdib_sweep *sweep, size_t index) {
    enum { LONGEST = 120 };
    char name[LONGEST];
    size_t setting = index / sweep->seeds, used = (size_t)snprintf(name, sizeof name, "%04zu", index);
    for (size_t v = 0; v < sweep->variation_count; v++) {
        const vdib__variation *variation = &sweep->variations[v];
        size_t value = vdib__sweep_value(sweep, setting, v);
        for (size_t k = 0; k < variation->key_count && used < sizeof name; k++) {
            const char *key = variation->keys[k]->name, *dot = strrchr(key, '.');
            used += (size_t)snprintf(name + used, sizeof name - used, "-%s-%s", dot != NULL ? dot + 1 : key,
                                     variation->values[value * variation->key_count + k]);
        }
    }
    if (used < sizeof name)
        snprintf(name + used, sizeof name - used, "-seed-%" PRIu64, vdib_sweep_seed(sweep, index));
    vdib__run_folder_usual(name);
    return vdib__path_join(sweep->folder, name, &sweep->runs[index]);
}

/* Every combination must be a configuration before the first run begins. */
static vdib_status check_settings(const vdib_sweep *sweep) {
    char said[VDIB_MESSAGE_SIZE / 2];
    for (size_t setting = 0; setting < sweep->setting_count; setting++) {
        vdib_config *config = NULL;
        VDIB_TRY(vdib_sweep_config(sweep, setting * sweep->seeds, &config));
        vdib_status status = vdib_config_check(config);
        vdib_config_destroy(config);
        if (status == VDIB_OK)
            continue;
        vdib__sweep_say(sweep, setting, said, sizeof said);
        return sweep->variation_count > 0 ? vdib__fail_prefix(status, "%s", said) : status;
    }
    return VDIB_OK;
}

static vdib_status fill(vdib_sweep *sweep, const char *folder, const char *const *over, size_t count) {
    VDIB_TRY(vdib__strdup(folder, &sweep->folder));
    VDIB_TRY(read_variations(sweep, over, count));
    VDIB_TRY(count_runs(sweep));
    VDIB_TRY(check_settings(sweep));
    VDIB_TRY(VDIB_NEW(&sweep->runs, vdib_sweep_count(sweep)));
    for (size_t i = 0; i < vdib_sweep_count(sweep); i++)
        VDIB_TRY(name_run(sweep, i));
    return vdib__data_pool_create(&sweep->pool);
}

/* `asked` is taken over, also on failure. */
static vdib_status make(const char *folder, vdib__asked asked, const char *const *over, size_t count, size_t seeds,
                        vdib_sweep **sweep) {
    vdib_sweep *made = NULL;
    vdib_status status = VDIB_NEW(&made, 1);
    if (status != VDIB_OK) {
        vdib__asked_clear(&asked);
        return status;
    }
    made->asked = asked;
    made->seeds = seeds;
    (void)pthread_mutex_init(&made->lock, NULL);
    status = fill(made, folder, over, count);
    if (status == VDIB_OK)
        *sweep = made;
    else
        vdib_sweep_destroy(made);
    return status;
}

vdib_status vdib_sweep_create(const char *folder, const vdib_config *config, const char *const *over, size_t count,
                              size_t seeds, const vdib_run_options *options, vdib_sweep **sweep) {
    vdib_run_options used;
    vdib__asked asked;
    vdib_sweep *made = NULL;
    VDIB_REQUIRE(folder, config, sweep);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_run_options, options, &used));
    if (count > 0)
        VDIB_REQUIRE(over);
    if (seeds == 0)
        return vdib__fail(VDIB_ERROR_CONFIG, "a sweep of no seeds; it has at least one");
    VDIB_TRY(vdib__asked_make(config, &used, &asked));
    VDIB_TRY(make(folder, asked, over, count, seeds, &made));
    vdib_status status = check_limits(made, &used);
    if (status == VDIB_OK)
        status = vdib__sweep_compare(made, &made->saved);
    if (status == VDIB_OK)
        *sweep = made;
    else
        vdib_sweep_destroy(made);
    return status;
}

vdib_status vdib_sweep_open(const char *folder, const vdib_resume_options *options, vdib_sweep **sweep) {
    vdib_resume_options used;
    vdib__asked asked;
    char **over = NULL;
    size_t count = 0, seeds = 0;
    VDIB_REQUIRE(folder, sweep);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_resume_options, options, &used));
    VDIB_TRY(vdib__sweep_read(folder, &used, &asked, &over, &count, &seeds));
    vdib_status status = make(folder, asked, (const char *const *)over, count, seeds, sweep);
    vdib__sweep_texts_free(over, count);
    if (status == VDIB_OK)
        (*sweep)->saved = true;
    return status;
}

void vdib_sweep_destroy(vdib_sweep *sweep) {
    if (sweep == NULL)
        return;
    vdib__data_pool_destroy(sweep->pool);
    for (size_t i = 0; sweep->runs != NULL && i < vdib_sweep_count(sweep); i++)
        vdib__free(sweep->runs[i]);
    vdib__free(sweep->runs);
    for (size_t v = 0; v < sweep->variation_count; v++)
        vdib__variation_clear(&sweep->variations[v]);
    vdib__free(sweep->variations);
    vdib__asked_clear(&sweep->asked);
    (void)pthread_mutex_destroy(&sweep->lock);
    vdib__free(sweep->folder);
    vdib__free(sweep);
}

/* ---- what there is ---- */

const char *vdib_sweep_folder(const vdib_sweep *sweep) {
    return sweep != NULL ? sweep->folder : NULL;
}

size_t vdib_sweep_count(const vdib_sweep *sweep) {
    return sweep != NULL ? sweep->setting_count * sweep->seeds : 0;
}

size_t vdib_sweep_seeds(const vdib_sweep *sweep) {
    return sweep != NULL ? sweep->seeds : 0;
}

uint64_t vdib_sweep_seed(const vdib_sweep *sweep, size_t index) {
    return sweep != NULL ? sweep->asked.config->seed + index % sweep->seeds : 0;
}

const char *vdib_sweep_over(const vdib_sweep *sweep, size_t which) {
    return sweep != NULL && which < sweep->variation_count ? sweep->variations[which].text : NULL;
}

const char *vdib_sweep_run_folder(const vdib_sweep *sweep, size_t index) {
    return sweep != NULL && index < vdib_sweep_count(sweep) ? sweep->runs[index] : NULL;
}

static vdib_status check_index(const vdib_sweep *sweep, size_t index, const char *function) {
    size_t count = vdib_sweep_count(sweep);
    if (index >= count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: run %zu of a sweep of %zu", function, index, count);
    return VDIB_OK;
}

vdib_status vdib_sweep_config(const vdib_sweep *sweep, size_t index, vdib_config **config) {
    vdib_config *made = NULL;
    VDIB_REQUIRE(sweep, config);
    VDIB_TRY(check_index(sweep, index, __func__));
    VDIB_TRY(vdib_config_copy(sweep->asked.config, &made));
    vdib_status status = VDIB_OK;
    for (size_t v = 0; v < sweep->variation_count && status == VDIB_OK; v++)
        status = vdib__variation_apply(&sweep->variations[v], vdib__sweep_value(sweep, index / sweep->seeds, v), made);
    made->seed = vdib_sweep_seed(sweep, index);
    if (status == VDIB_OK)
        *config = made;
    else
        vdib_config_destroy(made);
    return status;
}

const char *vdib_sweep_state_name(vdib_sweep_state state) {
    static const char *const names[] = {"missing", "begun", "trained", "done"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : NULL;
}

static bool has_file(const char *folder, vdib_run_file file) {
    char *path = NULL;
    bool there = vdib__run_path(folder, file, &path) == VDIB_OK && vdib__is_file(path);
    vdib__free(path);
    return there;
}

vdib_sweep_state vdib_sweep_state_of(const vdib_sweep *sweep, size_t index) {
    const char *folder = vdib_sweep_run_folder(sweep, index);
    vdib__run_record record;
    if (folder == NULL || !has_file(folder, VDIB_RUN_FILE_RECORD))
        return VDIB_SWEEP_MISSING;
    if (vdib__run_record_load(folder, &record) != VDIB_OK)
        return VDIB_SWEEP_BEGUN; /* going on with it will say what is wrong */
    bool finished = record.finished;
    vdib__run_record_clear(&record);
    if (!finished)
        return VDIB_SWEEP_BEGUN;
    return has_file(folder, VDIB_RUN_FILE_EVALUATION) ? VDIB_SWEEP_DONE : VDIB_SWEEP_TRAINED;
}

/* ---- runs ---- */

/* A run that lies there already must be the one that is meant. */
static vdib_status check_run(const char *folder, const vdib_config *config) {
    vdib__run_record record;
    vdib_config *was = NULL;
    char *differences = NULL;
    if (!has_file(folder, VDIB_RUN_FILE_RECORD))
        return VDIB_OK;
    VDIB_TRY(vdib__run_record_load(folder, &record));
    vdib_status status = record.configuration != NULL ? vdib__run_record_config(&record, &was) : VDIB_OK;
    vdib__run_record_clear(&record);
    if (status == VDIB_OK && was != NULL)
        status = vdib__config_differences(was, config, true, &differences);
    if (status == VDIB_OK && differences != NULL)
        status =
            vdib__fail(VDIB_ERROR_CONFIG,
                       "%s: holds a run of another sweep: %.700s in this one; move it away, or name another folder",
                       folder, differences);
    vdib__free(differences);
    vdib_config_destroy(was);
    return status;
}

/* The sweep's own files, once. */
static vdib_status save_once(vdib_sweep *sweep) {
    (void)pthread_mutex_lock(&sweep->lock);
    vdib_status status = sweep->saved ? VDIB_OK : vdib__sweep_save(sweep);
    sweep->saved = sweep->saved || status == VDIB_OK;
    (void)pthread_mutex_unlock(&sweep->lock);
    return status;
}

static vdib_status open_run(vdib_sweep *sweep, const char *folder, const vdib_config *config, vdib_run **run) {
    vdib__shared_data *shared = NULL;
    if (sweep->asked.options.dataset == NULL)
        VDIB_TRY(vdib__data_pool_take(sweep->pool, config, &sweep->asked.options, &shared));
    vdib_status status = save_once(sweep);
    if (status == VDIB_OK)
        status =
            vdib__asked_run(&sweep->asked, config, folder, shared != NULL ? vdib__shared_dataset(shared) : NULL, run);
    if (status == VDIB_OK)
        vdib__run_share(*run, shared);
    else
        vdib__shared_data_release(shared);
    return status;
}

vdib_status vdib_sweep_run(vdib_sweep *sweep, size_t index, vdib_run **run) {
    vdib_config *config = NULL;
    VDIB_REQUIRE(sweep, run);
    VDIB_TRY(check_index(sweep, index, __func__));
    VDIB_TRY(vdib_sweep_config(sweep, index, &config));
    vdib_status status = check_run(sweep->runs[index], config);
    if (status == VDIB_OK)
        status = open_run(sweep, sweep->runs[index], config, run);
    vdib_config_destroy(config);
    return status;
}
