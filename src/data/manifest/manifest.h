/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_MANIFEST_H
#define VDIB_DATA_MANIFEST_H
/* Manifests: lists of examples as text, CSV (RFC 4180, with a line of names) or JSON lines. */

#include <stdbool.h>
#include <stddef.h>

#include "vdib/status.h"

/* The columns of a manifest; their names stand in manifest.c. */
typedef enum vdib__manifest_column {
    VDIB_MANIFEST_PATH,
    VDIB_MANIFEST_SPLIT,
    VDIB_MANIFEST_LABEL,
    VDIB_MANIFEST_TARGET,
    VDIB_MANIFEST_FROM,
    VDIB_MANIFEST_TO,
    VDIB_MANIFEST_COLUMNS
} vdib__manifest_column;

const char *vdib__manifest_column_name(int column);
/* The column of a name in any case of letters; VDIB_MANIFEST_COLUMNS: none. */
int vdib__manifest_column_of(const char *name);

/* "": the value of a column that a manifest, or an object of JSON lines, does not have. */
extern const char vdib__manifest_absent[1];

/* What a line says, borrowed: "" where nothing. */
typedef struct vdib__manifest_row {
    size_t line; /* from 1 on */
    const char *values[VDIB_MANIFEST_COLUMNS];
} vdib__manifest_row;

/* Called for every line in turn. */
typedef vdib_status vdib__manifest_take(void *user, const vdib__manifest_row *row);

/* Names that are no column of a manifest, which are ignored. */
typedef struct vdib__manifest_ignored {
    size_t count;
    char first[64];
} vdib__manifest_ignored;

/* Reads the text of a manifest (size bytes and a NUL, which are changed), line by line. `path` is for messages. */
vdib_status vdib__manifest_read_csv(const char *path, char *text, size_t size, vdib__manifest_take *take, void *user,
                                    vdib__manifest_ignored *ignored);
vdib_status vdib__manifest_read_json(const char *path, char *text, size_t size, vdib__manifest_take *take, void *user,
                                     vdib__manifest_ignored *ignored);
/* Whether the first line of a text names a column `path`. */
bool vdib__manifest_is_csv(char *beginning);
/* A text behind the mark of UTF-8, as spreadsheets write it, if it has one. */
char *vdib__manifest_text(char *text);

/* Whether a name is that of JSON lines. */
bool vdib__manifest_is_json(const char *path);

/* Whether a file is a manifest: named like JSON lines, or like CSV (.csv, .tsv) with a first line that names its
 * columns. */
bool vdib__is_manifest(const char *path);

#endif
