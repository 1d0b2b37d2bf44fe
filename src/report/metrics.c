/* SPDX-License-Identifier: MIT */
/* The learning curves of a run: metrics.jsonl, an object a line. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "report/report.h"

static double number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

size_t vdib__report_curve_figures(const vdib__figure *figures[VDIB_REPORT_CURVES]) {
    size_t rows = 0, count = 0;
    const vdib__figure *table = vdib__figures(&rows);
    for (size_t f = 0; f < rows && count < VDIB_REPORT_CURVES; f++)
        if ((table[f].uses & VDIB__FIGURE_CURVE) != 0)
            figures[count++] = &table[f];
    return count;
}

size_t vdib__report_curve_of(const char *name) {
    const vdib__figure *figures[VDIB_REPORT_CURVES];
    size_t count = vdib__report_curve_figures(figures), k = 0;
    while (k + 1 < count && strcmp(figures[k]->name, name) != 0)
        k++;
    return k;
}

static vdib_status add_point(const json_t *object, vdib__report_content *content) {
    const char *kind = json_string_value(json_object_get(object, "kind"));
    if (kind == NULL || (strcmp(kind, "train") != 0 && strcmp(kind, "validation") != 0))
        return VDIB_OK; /* a kind that a later version writes */
    vdib__report_curve *curve = strcmp(kind, "train") == 0 ? &content->training : &content->validation;
    vdib__report_point point = {.examples = number_of(object, "examples")};
    const vdib__figure *figures[VDIB_REPORT_CURVES];
    size_t count = vdib__report_curve_figures(figures);
    for (size_t k = 0; k < count; k++)
        point.values[k] = number_of(object, figures[k]->name);
    if (!isfinite(point.examples))
        return vdib__fail(VDIB_ERROR_FORMAT, "has no number of examples");
    VDIB_TRY(VDIB_RESERVE(&curve->points, &curve->capacity, curve->count + 1));
    curve->points[curve->count++] = point;
    return VDIB_OK;
}

static vdib_status parse_line(const char *line, size_t length, vdib__report_content *content) {
    json_error_t problem;
    json_t *object = vdib__json_read(line, length, &problem);
    if (!json_is_object(object)) {
        json_decref(object);
        return vdib__fail(VDIB_ERROR_FORMAT, "is no JSON object (%s); delete the line",
                          object == NULL ? problem.text : "another kind of value");
    }
    vdib_status status = add_point(object, content);
    json_decref(object);
    return status;
}

static vdib_status parse(const char *path, const char *text, size_t size, vdib__report_content *content) {
    size_t number = 1;
    for (const char *line = text, *end = text + size; line < end; number++) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (stop == NULL) { /* a line without its end: being written, or its process was killed */
            content->unread_lines++;
            return VDIB_OK;
        }
        vdib_status status = stop > line ? parse_line(line, (size_t)(stop - line), content) : VDIB_OK;
        if (status == VDIB_ERROR_FORMAT) /* damaged: the other lines still make a curve, and the page says so */
            content->unread_lines++;
        else if (status != VDIB_OK)
            return vdib__fail_prefix(status, "%s:%zu", path, number);
        line = stop + 1;
    }
    return VDIB_OK;
}

vdib_status vdib__report_metrics(const char *path, vdib__report_content *content) {
    uint8_t *text = NULL;
    size_t size = 0;
    if (!vdib__is_file(path))
        return VDIB_OK;
    VDIB_TRY(vdib__file_read(path, &text, &size));
    vdib_status status = parse(path, (const char *)text, size, content);
    vdib__free(text);
    return status;
}
