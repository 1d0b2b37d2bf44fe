/* SPDX-License-Identifier: MIT */
/* The table of formats; a new one is a file beside this and a row here. */
#include "export/export.h"

static const vdib__choice *const rows[] = {&vdib__export_onnx.choice, &vdib__export_nir.choice};
const vdib__choices vdib__export_formats = VDIB_CHOICES(rows);

static const vdib__choice *format_at(size_t format) {
    return format < vdib__export_formats.count ? vdib__export_formats.rows[format] : NULL;
}

size_t vdib_export_format_count(void) {
    return vdib__export_formats.count;
}

const char *vdib_export_format_name(size_t format) {
    return format_at(format) != NULL ? format_at(format)->name : NULL;
}

const char *vdib_export_format_help(size_t format) {
    return format_at(format) != NULL ? format_at(format)->help : NULL;
}
