/* SPDX-License-Identifier: MIT */
/* What a format can say of a model, part by part. */
#include <stdarg.h>
#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/json.h"
#include "core/sized.h"
#include "export/export.h"

typedef struct part {
    char *name, *as, *note;
    vdib_fidelity fidelity;
    double difference;
} part;

struct vdib_export_report {
    char *format;
    part *parts; /* (count) */
    size_t count, capacity;
    char **files; /* (file_count) */
    size_t file_count, file_capacity;
};

vdib_status vdib__export_report_create(const char *format, vdib_export_report **report) {
    vdib_export_report *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__strdup(format, &made->format);
    if (status == VDIB_OK)
        *report = made;
    else
        vdib_export_report_destroy(made);
    return status;
}

void vdib_export_report_destroy(vdib_export_report *report) {
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++) {
        vdib__free(report->parts[i].name);
        vdib__free(report->parts[i].as);
        vdib__free(report->parts[i].note);
    }
    for (size_t i = 0; i < report->file_count; i++)
        vdib__free(report->files[i]);
    vdib__free(report->parts);
    vdib__free(report->files);
    vdib__free(report->format);
    vdib__free(report);
}

/* ---- being written ---- */

vdib_status vdib__export_wrote(const vdib__export *job, const char *path) {
    vdib_export_report *report = job->report;
    VDIB_TRY(VDIB_RESERVE(&report->files, &report->file_capacity, report->file_count + 1));
    VDIB_TRY(vdib__strdup(path, &report->files[report->file_count]));
    report->file_count++;
    return VDIB_OK;
}

vdib_status vdib__export_note(const vdib__export *job, const char *name, const char *as, vdib_fidelity fidelity,
                              double difference, const char *note, ...) {
    vdib_export_report *report = job->report;
    char text[1024];
    va_list values;
    va_start(values, note);
    vdib__vformat(text, sizeof text, note, values);
    va_end(values);
    VDIB_TRY(VDIB_RESERVE(&report->parts, &report->capacity, report->count + 1));
    part *made = &report->parts[report->count++];
    *made = (part){.fidelity = fidelity, .difference = difference};
    VDIB_TRY(vdib__strdup(name, &made->name));
    VDIB_TRY(vdib__strdup(as, &made->as));
    return vdib__strdup(text, &made->note);
}

/* ---- being read ---- */

size_t vdib_export_report_count(const vdib_export_report *report) {
    return report != NULL ? report->count : 0;
}

vdib_status vdib_export_report_row(const vdib_export_report *report, size_t index, vdib_export_row *row) {
    VDIB_REQUIRE(report);
    if (index >= report->count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "row %zu: the report has %zu, counted from 0", index, report->count);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_export_row, row));
    const part *of = &report->parts[index];
    const vdib_export_row made = {.size = sizeof made,
                                  .part = of->name,
                                  .as = of->as,
                                  .fidelity = of->fidelity,
                                  .note = of->note,
                                  .difference = of->difference};
    VDIB_SIZED_WRITE(vdib_export_row, &made, row);
    return VDIB_OK;
}

size_t vdib_export_report_file_count(const vdib_export_report *report) {
    return report != NULL ? report->file_count : 0;
}

const char *vdib_export_report_file(const vdib_export_report *report, size_t index) {
    return report != NULL && index < report->file_count ? report->files[index] : NULL;
}

/* ---- as JSON ---- */

static const char *const NAMES[] = {[VDIB_FIDELITY_EXACT] = "exact",
                                    [VDIB_FIDELITY_APPROXIMATE] = "approximate",
                                    [VDIB_FIDELITY_LEFT_OUT] = "left out"};

static size_t count_of(const vdib_export_report *report, vdib_fidelity fidelity) {
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += report->parts[i].fidelity == fidelity;
    return count;
}

static json_t *parts_of(const vdib_export_report *report) {
    json_t *list = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const part *of = &report->parts[i];
        json_t *difference = of->difference >= 0 ? json_real(of->difference) : json_null();
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o}", "part", of->name, "as", of->as, "fidelity",
                                              NAMES[of->fidelity], "note", of->note, "difference", difference));
    }
    return list;
}

static json_t *files_of(const vdib_export_report *report) {
    json_t *list = json_array();
    for (size_t i = 0; i < report->file_count; i++)
        json_array_append_new(list, json_string(report->files[i]));
    return list;
}

vdib_status vdib_export_report_json(const vdib_export_report *report, char **json) {
    VDIB_REQUIRE(report, json);
    json_t *object = json_pack("{s:s, s:o, s:I, s:I, s:I, s:o}", "format", report->format, "files", files_of(report),
                               "exact", (json_int_t)count_of(report, VDIB_FIDELITY_EXACT), "approximate",
                               (json_int_t)count_of(report, VDIB_FIDELITY_APPROXIMATE), "left_out",
                               (json_int_t)count_of(report, VDIB_FIDELITY_LEFT_OUT), "parts", parts_of(report));
    char *text = object != NULL ? vdib__json_write(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory for the report, or a path is not UTF-8");
    vdib_status status = vdib__strdup(text, json);
    vdib__json_free(text);
    return status;
}
