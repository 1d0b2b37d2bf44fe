/* SPDX-License-Identifier: MIT */
/* JSON lines: an object a line. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "data/manifest/manifest.h"

enum { NUMBER = 32 };
static const double MOST_WHOLE = 0x1p53; /* that a double has exactly */

/* A text, a whole number or null as text. */
static vdib_status value_of(const char *path, size_t line, const char *name, const json_t *value, char number[NUMBER],
                            const char **text) {
    if (json_is_string(value)) {
        *text = json_string_value(value);
    } else if (json_is_integer(value)) {
        (void)snprintf(number, NUMBER, "%lld", (long long)json_integer_value(value));
        *text = number;
    } else if (json_is_real(value) && fabs(json_real_value(value)) < MOST_WHOLE &&
               json_real_value(value) == rint(json_real_value(value))) {
        (void)snprintf(number, NUMBER, "%lld", (long long)json_real_value(value));
        *text = number;
    } else if (!json_is_null(value)) {
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: line %zu, column '%s': is neither a text nor a whole number; write "
                          "one of these",
                          path, line, name);
    }
    return VDIB_OK;
}

static vdib_status take_object(const char *path, size_t line, json_t *object, vdib__manifest_take *take, void *user,
                               vdib__manifest_ignored *ignored) {
    vdib__manifest_row row = {.line = line};
    char numbers[VDIB_MANIFEST_COLUMNS][NUMBER];
    const char *name = NULL;
    json_t *value = NULL;
    for (int c = 0; c < VDIB_MANIFEST_COLUMNS; c++)
        row.values[c] = vdib__manifest_absent;
    json_object_foreach(object, name, value) {
        int column = vdib__manifest_column_of(name);
        if (column != VDIB_MANIFEST_COLUMNS)
            VDIB_TRY(value_of(path, line, name, value, numbers[column], &row.values[column]));
        else if (ignored->count++ == 0)
            (void)snprintf(ignored->first, sizeof ignored->first, "%s", name);
    }
    return take(user, &row);
}

vdib_status vdib__manifest_read_json(const char *path, char *text, size_t size, vdib__manifest_take *take, void *user,
                                     vdib__manifest_ignored *ignored) {
    const char *end = text + size;
    size_t line = 1;
    for (const char *at = vdib__manifest_text(text); at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        json_error_t problem;
        size_t length = (size_t)(stop - at), blanks = 0;
        while (blanks < length && strchr(" \t\r", at[blanks]) != NULL && at[blanks] != '\0')
            blanks++;
        if (blanks < length) {
            json_t *object = vdib__json_read(at, length, &problem);
            vdib_status status = VDIB_OK;
            if (!json_is_object(object))
                status = vdib__fail(VDIB_ERROR_FORMAT,
                                    "%s: line %zu: is no JSON object (%s); every line is one, like {\"path\": "
                                    "\"a.raw\", \"label\": \"cat\"}",
                                    path, line, object == NULL ? problem.text : "it is another value");
            else
                status = take_object(path, line, object, take, user, ignored);
            json_decref(object);
            VDIB_TRY(status);
        }
        at = stop + 1;
    }
    return VDIB_OK;
}
