/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EXPORT_EXPORT_H
#define VDIB_EXPORT_EXPORT_H
/* Models in the formats of other programs. A format is one file that writes it and one row of the table in formats.c;
 * what it can say of a model, part by part, it notes in the report. */

#include "core/choice.h"
#include "model/model.h"
#include "vdib/export.h"

/* An export at work: what a format's functions are handed. */
typedef struct vdib__export {
    const vdib_model *model;
    const char *path;
    const vdib_export_options *options; /* whole, never NULL */
    vdib_export_report *report;         /* being written */
} vdib__export;

typedef struct vdib__export_format {
    vdib__choice choice; /* name, and help: what it writes */
    /* Writes everything and notes it in the report. What is asked for was not yet checked. */
    vdib_status (*write)(const vdib__export *job);
} vdib__export_format;

extern const vdib__choices vdib__export_formats;
extern const vdib__export_format vdib__export_onnx, vdib__export_nir;

/* ---- for formats ---- */

/* Whether the options ask for that part ("encoder", "decoder"), alone or with the others. */
bool vdib__export_wants(const vdib__export *job, const char *part);
/* VDIB_ERROR_ARGUMENT if options->only is none of `parts`, words separated by blanks. */
vdib_status vdib__export_check_only(const vdib__export *job, const char *parts);

/* VDIB_ERROR_EXISTS if there is anything at the job's path, where a file is to be written. */
vdib_status vdib__export_file(const vdib__export *job);
/* The same where a folder is to be written; makes it, an empty one is fine. */
vdib_status vdib__export_folder(const vdib__export *job);

/* Notes that a file was written. */
vdib_status vdib__export_wrote(const vdib__export *job, const char *path);
/* Notes what became of a part; difference -1: not measured. `note` is a printf format. */
vdib_status vdib__export_note(const vdib__export *job, const char *part, const char *as, vdib_fidelity fidelity,
                              double difference, const char *note, ...) __attribute__((format(printf, 6, 7)));

vdib_status vdib__export_report_create(const char *format, vdib_export_report **report);

#endif
