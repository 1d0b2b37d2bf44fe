/* SPDX-License-Identifier: MIT */
/* A table of runs as CSV and JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "run/results.h"
#include "vdib/figures.h"

enum { SPLITS = 2, DIGITS = 15 };
static const vdib_split splits[SPLITS] = {VDIB_SPLIT_TEST, VDIB_SPLIT_VALIDATION};

/* ---- CSV (RFC 4180) ---- */

static void put_field(FILE *stream, const char *text) {
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', stream);
        fputc(*text, stream);
    }
    fputc('"', stream);
}

/* A column of figures. */
typedef struct column {
    vdib_split split;
    size_t figure;
} column;

/* Those that some run has: *columns (*count), freed with vdib__free. */
static vdib_status choose_columns(const vdib_results *results, column **columns, size_t *count) {
    column *made = NULL;
    size_t used = 0;
    VDIB_TRY(VDIB_NEW(&made, SPLITS * vdib_figure_count()));
    for (size_t s = 0; s < SPLITS; s++)
        for (size_t f = 0; f < vdib_figure_count(); f++)
            if (vdib__results_have(results, splits[s], f))
                made[used++] = (column){splits[s], f};
    *columns = made;
    *count = used;
    return VDIB_OK;
}

static void put_head(FILE *stream, const vdib_results *results, const column *columns, size_t count) {
    fputs("folder,state", stream);
    for (size_t k = 0; k < results->key_count; k++) {
        fputc(',', stream);
        put_field(stream, results->keys[k]);
    }
    fputs(",seed,training_examples,training_seconds", stream);
    for (size_t c = 0; c < count; c++)
        fprintf(stream, ",%s%s", columns[c].split == VDIB_SPLIT_VALIDATION ? "validation_" : "",
                vdib_figure_name(columns[c].figure));
    fputc('\n', stream);
}

static void put_row(FILE *stream, const vdib_results *results, size_t r, const column *columns, size_t count) {
    const vdib__result *run = &results->runs[r];
    double value = 0;
    put_field(stream, run->folder);
    fprintf(stream, ",%s", vdib_sweep_state_name(run->state));
    for (size_t k = 0; k < results->key_count; k++) {
        fputc(',', stream);
        put_field(stream, run->values[k]);
    }
    vdib__print(stream, ",%" PRIu64 ",%" PRIu64 ",%.6g", run->seed, run->examples, run->seconds);
    for (size_t c = 0; c < count; c++) {
        fputc(',', stream);
        if (vdib_results_figure(results, r, columns[c].split, columns[c].figure, &value))
            vdib__print(stream, "%.*g", DIGITS, value);
    }
    fputc('\n', stream);
}

static vdib_status to_csv(const vdib_results *results, const column *columns, size_t count, char **text) {
    char *made = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&made, &size);
    if (stream != NULL) {
        put_head(stream, results, columns, count);
        for (size_t r = 0; r < results->count; r++)
            put_row(stream, results, r, columns, count);
    }
    if (stream == NULL || ferror(stream) || fclose(stream) != 0) {
        free(made);
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: a table of %zu run%s", results->count,
                          vdib__s(results->count));
    }
    vdib_status status = vdib__strdup(made, text);
    free(made);
    return status;
}

vdib_status vdib_results_csv(const vdib_results *results, char **text) {
    column *columns = NULL;
    size_t count = 0;
    VDIB_REQUIRE(results, text);
    VDIB_TRY(choose_columns(results, &columns, &count));
    vdib_status status = to_csv(results, columns, count, text);
    vdib__free(columns);
    return status;
}

/* ---- JSON ---- */

/* Adds a value, which is taken over; *good becomes false if it could not be made or added. */
static void put(json_t *object, const char *key, json_t *value, bool *good) {
    if (json_object_set_new(object, key, value) != 0)
        *good = false;
}

static json_t *settings_of(const vdib_results *results, size_t r, bool *good) {
    json_t *object = json_object();
    for (size_t k = 0; k < results->key_count; k++)
        put(object, results->keys[k], json_string(results->runs[r].values[k]), good);
    return object;
}

static json_t *figures_of(const vdib_results *results, size_t r, vdib_split split, bool *good) {
    json_t *object = json_object();
    double value = 0;
    for (size_t f = 0; f < vdib_figure_count(); f++)
        if (vdib_results_figure(results, r, split, f, &value))
            put(object, vdib_figure_name(f), json_real(value), good);
    return object;
}

static json_t *run_object(const vdib_results *results, size_t r, bool *good) {
    const vdib__result *run = &results->runs[r];
    json_t *object = json_object();
    put(object, "folder", json_string(run->folder), good);
    put(object, "state", json_string(vdib_sweep_state_name(run->state)), good);
    put(object, "experiment", json_string(run->experiment), good);
    put(object, "settings", settings_of(results, r, good), good);
    put(object, "seed", json_integer((json_int_t)run->seed), good);
    put(object, "training_examples", json_integer((json_int_t)run->examples), good);
    put(object, "training_seconds", json_real(run->seconds), good);
    put(object, "figures", figures_of(results, r, VDIB_SPLIT_TEST, good), good);
    put(object, "validation", figures_of(results, r, VDIB_SPLIT_VALIDATION, good), good);
    return object;
}

static json_t *moments_of(const vdib_results *results, size_t setting, vdib_split split, bool *good) {
    json_t *object = json_object();
    double mean = 0, deviation = 0;
    for (size_t f = 0; f < vdib_figure_count(); f++) {
        size_t n = vdib_figure_over_seeds(f) ? vdib_results_moments(results, setting, split, f, &mean, &deviation) : 0;
        if (n > 0)
            put(object, vdib_figure_name(f),
                json_pack("{s:I, s:f, s:f}", "runs", (json_int_t)n, "mean", mean, "standard_deviation", deviation),
                good);
    }
    return object;
}

static json_t *setting_object(const vdib_results *results, size_t setting, bool *good) {
    json_t *object = json_object();
    put(object, "settings", settings_of(results, vdib_results_setting_run(results, setting), good), good);
    put(object, "figures", moments_of(results, setting, VDIB_SPLIT_TEST, good), good);
    put(object, "validation", moments_of(results, setting, VDIB_SPLIT_VALIDATION, good), good);
    return object;
}

static json_t *to_json(const vdib_results *results, bool *good) {
    json_t *object = json_object(), *keys = json_array(), *runs = json_array(), *settings = json_array();
    for (size_t k = 0; k < results->key_count; k++)
        *good = json_array_append_new(keys, json_string(results->keys[k])) == 0 && *good;
    for (size_t r = 0; r < results->count; r++)
        *good = json_array_append_new(runs, run_object(results, r, good)) == 0 && *good;
    for (size_t s = 0; s < results->setting_count; s++)
        *good = json_array_append_new(settings, setting_object(results, s, good)) == 0 && *good;
    put(object, "keys", keys, good);
    put(object, "runs", runs, good);
    put(object, "settings", settings, good);
    return object;
}

vdib_status vdib_results_json(const vdib_results *results, char **text) {
    bool good = true;
    VDIB_REQUIRE(results, text);
    json_t *object = to_json(results, &good);
    char *made =
        good ? vdib__json_write(object, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(DIGITS)) : NULL;
    json_decref(object);
    if (made == NULL)
        return vdib__fail(
            VDIB_ERROR_MEMORY,
            "the table could not be written as JSON (out of memory, or the name of a folder is not UTF-8)");
    vdib_status status = vdib__strdup(made, text);
    vdib__json_free(made);
    return status;
}
