/* SPDX-License-Identifier: MIT */
#include "run/results.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "run/moments.h"
#include "vdib/figures.h"

vdib_status vdib__results_create(size_t count, size_t key_count, vdib_results **results) {
    vdib_results *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->count = count;
    made->key_count = key_count;
    vdib_status status = VDIB_NEW(&made->keys, key_count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->runs, count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->firsts, count);
    for (size_t r = 0; r < count && status == VDIB_OK; r++) {
        vdib__result *run = &made->runs[r];
        made->firsts[r] = run->setting = r;
        VDIB_TRY_GOTO(VDIB_NEW(&run->values, key_count), failed);
        VDIB_TRY_GOTO(VDIB_NEW(&run->test, vdib_figure_count()), failed);
        VDIB_TRY_GOTO(VDIB_NEW(&run->validation, vdib_figure_count()), failed);
        for (size_t f = 0; f < vdib_figure_count(); f++)
            run->test[f] = run->validation[f] = NAN;
    }
    made->setting_count = count;
    if (status == VDIB_OK) {
        *results = made;
        return VDIB_OK;
    }
failed:
    vdib_results_destroy(made);
    return status;
}

static void clear_run(vdib__result *run, size_t key_count) {
    for (size_t k = 0; run->values != NULL && k < key_count; k++)
        vdib__free(run->values[k]);
    vdib__free(run->values);
    vdib__free(run->test);
    vdib__free(run->validation);
    vdib__free(run->experiment);
    vdib__free(run->folder);
}

void vdib_results_destroy(vdib_results *results) {
    if (results == NULL)
        return;
    for (size_t r = 0; results->runs != NULL && r < results->count; r++)
        clear_run(&results->runs[r], results->key_count);
    for (size_t k = 0; results->keys != NULL && k < results->key_count; k++)
        vdib__free(results->keys[k]);
    vdib__free(results->keys);
    vdib__free(results->runs);
    vdib__free(results->firsts);
    vdib__free(results);
}

static bool same_values(const vdib_results *results, size_t a, size_t b) {
    for (size_t k = 0; k < results->key_count; k++)
        if (strcmp(results->runs[a].values[k], results->runs[b].values[k]) != 0)
            return false;
    return true;
}

void vdib__results_settle(vdib_results *results) {
    results->setting_count = 0;
    for (size_t r = 0; r < results->count; r++) {
        size_t s = 0;
        while (s < results->setting_count && !same_values(results, results->firsts[s], r))
            s++;
        if (s == results->setting_count)
            results->firsts[results->setting_count++] = r;
        results->runs[r].setting = s;
    }
}

/* ---- what a user asks ---- */

static const vdib__result *run_of(const vdib_results *results, size_t run) {
    return results != NULL && run < results->count ? &results->runs[run] : NULL;
}

size_t vdib_results_count(const vdib_results *results) {
    return results != NULL ? results->count : 0;
}

const char *vdib_results_folder(const vdib_results *results, size_t run) {
    const vdib__result *found = run_of(results, run);
    return found != NULL ? found->folder : NULL;
}

const char *vdib_results_experiment(const vdib_results *results, size_t run) {
    const vdib__result *found = run_of(results, run);
    return found != NULL ? found->experiment : NULL;
}

vdib_sweep_state vdib_results_state(const vdib_results *results, size_t run) {
    const vdib__result *found = run_of(results, run);
    return found != NULL ? found->state : VDIB_SWEEP_MISSING;
}

uint64_t vdib_results_seed(const vdib_results *results, size_t run) {
    const vdib__result *found = run_of(results, run);
    return found != NULL ? found->seed : 0;
}

uint64_t vdib_results_examples(const vdib_results *results, size_t run) {
    const vdib__result *found = run_of(results, run);
    return found != NULL ? found->examples : 0;
}

double vdib_results_seconds(const vdib_results *results, size_t run) {
    const vdib__result *found = run_of(results, run);
    return found != NULL ? found->seconds : 0;
}

bool vdib_results_stepwise(const vdib_results *results, size_t run) {
    const vdib__result *found = run_of(results, run);
    return found != NULL && found->stepwise;
}

size_t vdib_results_key_count(const vdib_results *results) {
    return results != NULL ? results->key_count : 0;
}

const char *vdib_results_key(const vdib_results *results, size_t key) {
    return key < vdib_results_key_count(results) ? results->keys[key] : NULL;
}

const char *vdib_results_value(const vdib_results *results, size_t run, size_t key) {
    const vdib__result *found = run_of(results, run);
    return found != NULL && key < results->key_count ? found->values[key] : NULL;
}

bool vdib_results_figure(const vdib_results *results, size_t run, vdib_split split, size_t figure, double *value) {
    const vdib__result *found = run_of(results, run);
    if (found == NULL || figure >= vdib_figure_count() || value == NULL || split == VDIB_SPLIT_TRAIN)
        return false;
    double has = split == VDIB_SPLIT_TEST ? found->test[figure] : found->validation[figure];
    if (isnan(has))
        return false;
    *value = has;
    return true;
}

size_t vdib_results_setting_count(const vdib_results *results) {
    return results != NULL ? results->setting_count : 0;
}

size_t vdib_results_setting(const vdib_results *results, size_t run) {
    const vdib__result *found = run_of(results, run);
    return found != NULL ? found->setting : vdib_results_setting_count(results);
}

size_t vdib_results_setting_run(const vdib_results *results, size_t setting) {
    return setting < vdib_results_setting_count(results) ? results->firsts[setting] : vdib_results_count(results);
}

bool vdib__results_have(const vdib_results *results, vdib_split split, size_t figure) {
    double value = 0;
    for (size_t r = 0; r < results->count; r++)
        if (vdib_results_figure(results, r, split, figure, &value))
            return true;
    return false;
}

size_t vdib_results_moments(const vdib_results *results, size_t setting, vdib_split split, size_t figure, double *mean,
                            double *deviation) {
    vdib__moments moments = {0};
    double value = 0;
    size_t first = vdib_results_setting_run(results, setting);
    for (size_t r = first; r < vdib_results_count(results); r++)
        if (results->runs[r].setting == setting && vdib_results_figure(results, r, split, figure, &value))
            vdib__moments_add(&moments, value);
    for (size_t r = first; r < vdib_results_count(results); r++)
        if (results->runs[r].setting == setting && vdib_results_figure(results, r, split, figure, &value))
            vdib__moments_spread(&moments, value);
    if (moments.count == 0 || mean == NULL || deviation == NULL)
        return 0;
    *mean = vdib__moments_mean(&moments);
    *deviation = vdib__moments_deviation(&moments);
    return moments.count;
}
