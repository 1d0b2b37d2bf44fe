/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_NPZ_H
#define VDIB_CORE_NPZ_H
/* NumPy .npz files: a ZIP archive of .npy arrays, as numpy.savez_compressed writes and numpy.load reads them. */

#include <stddef.h>

#include "vdib/status.h"

enum { VDIB_NPZ_RANK = 4 };

typedef enum vdib__npz_type {
    VDIB_NPZ_FLOAT32,
    VDIB_NPZ_UINT8,
    VDIB_NPZ_UINT32,
    VDIB_NPZ_INT64,
    VDIB_NPZ_UINT16
} vdib__npz_type;

typedef struct vdib__npz_array {
    const char *name; /* without ".npy"; letters, digits and _ */
    vdib__npz_type type;
    size_t rank;                 /* 0 (one number) .. 4 */
    size_t shape[VDIB_NPZ_RANK]; /* the first `rank` count */
    const void *data;            /* C order; may be NULL if a size is 0 */
} vdib__npz_array;

/* Writes the arrays to `path`, complete or not at all. The same arrays give the same bytes: no times are kept. */
vdib_status vdib__npz_write(const char *path, const vdib__npz_array *arrays, size_t count);

/* Bytes of an element. */
size_t vdib__npz_size(vdib__npz_type type);

/* The bytes before an array's data: a whole NPY header. */
enum { VDIB_NPZ_HEADER = 128 };
void vdib__npz_header(const vdib__npz_array *array, char header[VDIB_NPZ_HEADER]);

#endif
