/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/json.h"
#include "eval/evaluation.h"

/* Digits that tell apart figures of any two models, without the noise of the binary form. */
enum { DIGITS = 15 };

/* Adds a value, which is taken over; *good becomes false if it could not be made or added. */
static void put(json_t *object, const char *key, json_t *value, bool *good) {
    if (json_object_set_new(object, key, value) != 0)
        *good = false;
}

static json_t *number_of(double value, bool whole) {
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

/* A figure that the task does not have is left out, but for the image metrics, which every object names. */
static void put_figure(json_t *object, const vdib_evaluation *evaluation, size_t f, bool *good) {
    const vdib__figure *figure = vdib__figure_named(vdib_figure_name(f));
    double value = 0;
    bool has = vdib_evaluation_figure(evaluation, f, &value);
    if (has)
        put(object, figure->name, number_of(value, figure->whole), good);
    else if (strcmp(figure->name, "psnr") == 0 || strcmp(figure->name, "ssim") == 0)
        put(object, figure->name, json_null(), good);
}

static json_t *confusion_rows(const vdib_evaluation *evaluation, bool *good) {
    json_t *rows = json_array();
    for (size_t i = 0; i < vdib_evaluation_classes(evaluation); i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < vdib_evaluation_classes(evaluation); j++)
            if (json_array_append_new(row, json_integer((json_int_t)vdib_evaluation_confusion(evaluation, i, j))) != 0)
                *good = false;
        if (json_array_append_new(rows, row) != 0)
            *good = false;
    }
    return rows;
}

/* A name or a line that may hold names of folders, whose bytes need not be UTF-8: then a question mark stands for each
 * byte beyond ASCII. */
static json_t *text_of(const char *text, size_t length) {
    json_t *value = json_stringn(text, length);
    char *plain = NULL;
    if (value != NULL || VDIB_NEW(&plain, length + 1) != VDIB_OK)
        return value;
    for (size_t i = 0; i < length; i++)
        plain[i] = (char)((unsigned char)text[i] < 0x80 ? text[i] : '?');
    value = json_stringn(plain, length);
    vdib__free(plain);
    return value;
}

static json_t *class_names(const vdib__findings *findings, bool *good) {
    json_t *names = json_array();
    for (size_t c = 0; c < findings->classes; c++) {
        const char *name = findings->class_names[c];
        if (json_array_append_new(names, name != NULL ? text_of(name, strlen(name)) : json_null()) != 0)
            *good = false;
    }
    return names;
}

static json_t *note_lines(const vdib_evaluation *evaluation, bool *good) {
    json_t *lines = json_array();
    for (const char *line = vdib_evaluation_notes(evaluation); *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (json_array_append_new(lines, text_of(line, length)) != 0)
            *good = false;
        line += length + (line[length] == '\n');
    }
    return lines;
}

/* Recordings of the split: what became of their events. */
static json_t *recording_counts(const vdib__findings *findings, bool *good) {
    static const char *const names[VDIB__DATA_COUNTS] = {
        "recordings",       "events",          "outside_window",  "outside_sensor",  "dropped_events",
        "empty_recordings", "lost_recordings", "late_recordings", "out_of_order",    "clock_restarts",
        "cut_recordings",   "damaged",         "beyond_stated",   "unreadable_files"};
    json_t *object = json_object();
    for (int c = 0; c < VDIB__DATA_COUNTS; c++)
        put(object, names[c], json_integer((json_int_t)findings->data_counts[c]), good);
    return object;
}

static json_t *warning_list(const vdib__findings *findings, bool *good) {
    json_t *list = json_array();
    for (size_t i = 0; i < findings->warning_count; i++)
        if (json_array_append_new(list, json_pack("{s:s, s:s}", "code", findings->warnings[i].code, "message",
                                                  findings->warnings[i].message)) != 0)
            *good = false;
    return list;
}

/* An array of numbers; null where there is none. */
static json_t *array_of(const vdib__array *array, bool whole, bool *good) {
    json_t *list = json_array();
    for (size_t i = 0; i < array->count; i++) {
        double value = array->values[i];
        if (json_array_append_new(list, isfinite(value) ? number_of(value, whole) : json_null()) != 0)
            *good = false;
    }
    return list;
}

/* What the spikes say: the arrays that the evaluation has. */
static void put_arrays(json_t *object, const vdib__findings *findings, bool *good) {
    for (size_t a = 0; a < VDIB__ARRAYS; a++)
        if (findings->arrays[a].values != NULL)
            put(object, vdib__array_kinds[a].name, array_of(&findings->arrays[a], vdib__array_kinds[a].whole, good),
                good);
}

static json_t *evaluation_object(const vdib_evaluation *evaluation, bool *good) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    json_t *object = json_object();
    put(object, "experiment", json_string(findings->experiment), good);
    if (findings->encoder != NULL)
        put(object, "encoder", json_string(findings->encoder), good);
    if (findings->readout != NULL)
        put(object, "readout", json_string(findings->readout), good);
    for (size_t f = 0; f < vdib_figure_count(); f++)
        put_figure(object, evaluation, f, good);
    put(object, "seed", json_integer((json_int_t)findings->seed), good);
    if (findings->classes > 0) {
        put(object, "confusion_classes", json_integer((json_int_t)findings->classes), good);
        put(object, "confusion", confusion_rows(evaluation, good), good);
    }
    if (findings->class_names != NULL)
        put(object, "class_names", class_names(findings, good), good);
    if (findings->data_counts[VDIB_COUNT_RECORDINGS] > 0)
        put(object, "data_counts", recording_counts(findings, good), good);
    if (vdib_evaluation_notes(evaluation)[0] != '\0')
        put(object, "data_notes", note_lines(evaluation, good), good);
    put_arrays(object, findings, good);
    put(object, "warnings", warning_list(findings, good), good);
    return object;
}

vdib_status vdib_evaluation_json(const vdib_evaluation *evaluation, char **json) {
    bool good = true;
    VDIB_REQUIRE(evaluation, json);
    if (vdib__findings_of(evaluation) == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "the evaluation is empty: vdib_evaluate() fills it");
    json_t *object = evaluation_object(evaluation, &good);
    char *text = good ? vdib__json_write(object, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(DIGITS)) : NULL;
    json_decref(object);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY,
                          "the evaluation could not be written as JSON (out of memory, or 'experiment' is not UTF-8)");
    vdib_status status = vdib__strdup(text, json);
    vdib__json_free(text);
    return status;
}

void vdib_text_free(char *text) {
    vdib__free(text);
}
