/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_NPZ_COLUMNS_H
#define VDIB_CORE_NPZ_COLUMNS_H
/* An .npz file of columns that are too long for memory and grow side by side: each grows in a file without a name
 * beside the archive, and all are packed one after the other at the end. */

#include "core/file.h"
#include "core/npz.h"

typedef struct vdib__npz_columns vdib__npz_columns;

/* `path` is that of the archive, NULL where it is made in memory; names (count) are static. */
vdib_status vdib__npz_columns_begin(const char *path, const char *const *names, const vdib__npz_type *types,
                                    size_t count, vdib__npz_columns **columns);

/* Elements (count) to the end of a column. */
vdib_status vdib__npz_columns_put(vdib__npz_columns *columns, size_t column, const void *elements, size_t count);

/* The archive to `writer`, to which nothing was written. */
vdib_status vdib__npz_columns_end(vdib__npz_columns *columns, vdib__writer *writer);

/* NULL is safe. */
void vdib__npz_columns_free(void *columns);

#endif
