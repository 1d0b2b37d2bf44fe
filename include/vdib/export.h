/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EXPORT_H
#define VDIB_EXPORT_H
/**
 * @file export.h
 * A trained model in the formats of other programs, and a report of what each of them can say of it.
 *
 *     vdib_model_export(model, "onnx", "exported", NULL, &report);   // exported/encoder.onnx, exported/decoder.onnx
 *     vdib_export_report_json(report, &json);
 *
 * No format but vdib's own says everything of a model. The report has a row for every part of it: exact, approximate
 * or left out. docs/export.md describes the files.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/model.h"
#include "vdib/raster.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How well a format says a part of a model. */
typedef enum vdib_fidelity {
    VDIB_FIDELITY_EXACT = 0,       /**< the same equations in the same precision: equal up to rounding */
    VDIB_FIDELITY_APPROXIMATE = 1, /**< something near it; the row's note says what, and how near where measured */
    VDIB_FIDELITY_LEFT_OUT = 2     /**< not in the file; the note says what its user has to do */
} vdib_fidelity;

/** What may be asked of an export; members that are 0 or NULL have their default. */
typedef struct vdib_export_options {
    size_t size; /**< sizeof(vdib_export_options), set by the caller */
    /** "encoder" or "decoder": that part alone, to a file of the path's name; NULL: everything that the format has */
    const char *only;
    /** NIR: "snntorch" or "norse", the program whose own step shall be equal; NULL: NIR's own equations */
    const char *program;
    /** NIR: recordings over which the spikes that differ are counted, borrowed; NULL: nothing is measured */
    const vdib_raster *const *recordings;
    size_t recording_count; /**< how many they are */
} vdib_export_options;

/** A row of the report: a part of the model. */
typedef struct vdib_export_row {
    size_t size;            /**< sizeof(vdib_export_row), set by the caller */
    const char *part;       /**< which one, by the beginning of its tensors' names or its keys: "encoder.hidden.0" */
    const char *as;         /**< what stands for it in the format; "" if it is left out */
    vdib_fidelity fidelity; /**< how well */
    const char *note;       /**< what differs, or what the user has to do; "" for nothing */
    double difference;      /**< approximate and measured: share of spikes that differ, in [0, 1]; else negative */
} vdib_export_row;

/** What an export made of a model. Reading threads may share it. */
typedef struct vdib_export_report vdib_export_report;

/**
 * Exports a model.
 * @param format a name of vdib_export_format_name()
 * @param path file or folder, as the format's description says; it must not exist yet, or be an empty folder where
 * a folder is written. Its parent must exist. Every file is complete under its name, or not there.
 * @param options may be NULL
 * @param report receives what became of each part, owned by the caller (vdib_export_report_destroy()); may be NULL
 * @return ::VDIB_ERROR_ARGUMENT for an unknown format or part, ::VDIB_ERROR_UNSUPPORTED where the model has a part
 * without which the format cannot say anything of use, ::VDIB_ERROR_EXISTS if something is at `path`,
 * ::VDIB_ERROR_IO if it cannot be written; the message names path and remedy
 */
VDIB_API vdib_status vdib_model_export(const vdib_model *model, const char *format, const char *path,
                                       const vdib_export_options *options, vdib_export_report **report);

/** @return the number of formats. Thread-safe, as the next two. */
VDIB_API size_t vdib_export_format_count(void);
/** @return the name of a format below the count, "onnx"; else NULL; static */
VDIB_API const char *vdib_export_format_name(size_t format);
/** @return one line of what it writes, without a full stop; else NULL; static */
VDIB_API const char *vdib_export_format_help(size_t format);

/** Frees a report; NULL is safe. */
VDIB_API void vdib_export_report_destroy(vdib_export_report *report);
/** @return the number of rows */
VDIB_API size_t vdib_export_report_count(const vdib_export_report *report);
/** Fills *row; its texts are borrowed from the report. @return ::VDIB_ERROR_ARGUMENT if there is no such row */
VDIB_API vdib_status vdib_export_report_row(const vdib_export_report *report, size_t index, vdib_export_row *row);
/** @return the number of files that were written */
VDIB_API size_t vdib_export_report_file_count(const vdib_export_report *report);
/** @return the path of one of them, borrowed; NULL if there is no such file */
VDIB_API const char *vdib_export_report_file(const vdib_export_report *report, size_t index);
/**
 * The report as one JSON object: "format", "files", counts "exact", "approximate", "left_out", and "parts", a list of
 * objects with the members of ::vdib_export_row; "difference" is null where nothing was measured.
 * @param json receives the text, freed with vdib_text_free()
 */
VDIB_API vdib_status vdib_export_report_json(const vdib_export_report *report, char **json);

#ifdef __cplusplus
}
#endif
#endif
