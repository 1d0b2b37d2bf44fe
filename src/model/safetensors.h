/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MODEL_SAFETENSORS_H
#define VDIB_MODEL_SAFETENSORS_H
/* safetensors files: 8 bytes length N of the header (little-endian), N bytes of JSON, then the tensors' bytes.
 *
 *     {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ..., "__metadata__": {"key": "text"}}
 *
 * The reader accepts only what the format demands: offsets that cover the data exactly, without holes or overlap, sizes
 * that fit dtype and shape, no name twice. Its messages lead with the file's name. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

enum { VDIB_SAFETENSORS_RANK = 8 };

/* The types that vdib writes come first; all are read as far as name, shape and place go. */
typedef enum vdib__dtype {
    VDIB_DTYPE_F32,
    VDIB_DTYPE_U8,
    VDIB_DTYPE_I64,
    VDIB_DTYPE_U64,
    VDIB_DTYPE_BOOL,
    VDIB_DTYPE_I8,
    VDIB_DTYPE_F8_E4M3,
    VDIB_DTYPE_F8_E5M2,
    VDIB_DTYPE_I16,
    VDIB_DTYPE_U16,
    VDIB_DTYPE_F16,
    VDIB_DTYPE_BF16,
    VDIB_DTYPE_I32,
    VDIB_DTYPE_U32,
    VDIB_DTYPE_F64,
    VDIB_DTYPE_C64,
    VDIB_DTYPES
} vdib__dtype;

const char *vdib__dtype_name(vdib__dtype dtype);
/* Bytes of one element. */
size_t vdib__dtype_size(vdib__dtype dtype);

/* ---- reading ---- */

typedef struct vdib__safetensors_tensor {
    const char *name; /* borrowed from the file */
    vdib__dtype dtype;
    size_t rank;
    size_t shape[VDIB_SAFETENSORS_RANK]; /* 1 beyond the rank */
    size_t count;                        /* elements: product of the shape, 1 for rank 0 */
    const uint8_t *bytes;                /* little-endian, C order, not aligned; borrowed from the file */
} vdib__safetensors_tensor;

typedef struct vdib__safetensors vdib__safetensors;

/* Maps and checks a whole file (core/file.h). VDIB_ERROR_IO if it cannot be read, VDIB_ERROR_FORMAT if it is
 * malformed. */
vdib_status vdib__safetensors_open(const char *path, vdib__safetensors **file);

/* As open, from bytes that must stay until close; `origin` names them in messages. */
vdib_status vdib__safetensors_parse(const uint8_t *bytes, size_t size, const char *origin, vdib__safetensors **file);

/* NULL is safe. */
void vdib__safetensors_close(vdib__safetensors *file);

/* The path or origin. */
const char *vdib__safetensors_origin(const vdib__safetensors *file);

/* A text of __metadata__, borrowed; NULL if there is none of that key. */
const char *vdib__safetensors_metadata(const vdib__safetensors *file, const char *key);

/* The tensors in order of their bytes; `index` below the count. */
size_t vdib__safetensors_count(const vdib__safetensors *file);
const vdib__safetensors_tensor *vdib__safetensors_at(const vdib__safetensors *file, size_t index);

/* A tensor by name; NULL if there is none. */
const vdib__safetensors_tensor *vdib__safetensors_find(const vdib__safetensors *file, const char *name);

/* Whether numbers of a type can be read as floats: F32, and F16, BF16 and F64, which other programs write. */
bool vdib__dtype_is_float(vdib__dtype dtype);

/* Copies the tensor `name` of floats of exactly `shape` (rank) to values (product of the shape), F64 rounded.
 * VDIB_ERROR_FORMAT if it is not there or of another type or shape; values may be NaN: what that means is the caller's
 * business. */
vdib_status vdib__safetensors_floats(const vdib__safetensors *file, const char *name, size_t rank, const size_t *shape,
                                     float *values);

/* As floats, without a copy if the tensor lies where floats can be read: *values borrows from the file. Otherwise
 * *copy holds them; free it in any case. */
vdib_status vdib__safetensors_view(const vdib__safetensors *file, const char *name, size_t rank, const size_t *shape,
                                   const float **values, float **copy);

/* Whether vdib__safetensors_values would copy it. */
vdib_status vdib__safetensors_check(const vdib__safetensors *file, const char *name, vdib__dtype dtype, size_t count);

/* Copies the tensor `name` of type `dtype` and exactly `count` elements, whatever its shape, to values in the machine's
 * byte order. dtype: F32, U8, I64 or U64. */
vdib_status vdib__safetensors_values(const vdib__safetensors *file, const char *name, vdib__dtype dtype, size_t count,
                                     void *values);

/* ---- writing ---- */

typedef struct vdib__safetensors_entry {
    const char *name;  /* UTF-8, not "__metadata__" */
    vdib__dtype dtype; /* F32, U8, I64 or U64 */
    size_t rank;
    size_t shape[VDIB_SAFETENSORS_RANK]; /* the first `rank` count */
    const void *data;                    /* C order, the machine's byte order; may be NULL if a size is 0 */
} vdib__safetensors_entry;

typedef struct vdib__safetensors_text {
    const char *key, *value; /* UTF-8 */
} vdib__safetensors_text;

/* Writes `path`, complete or not at all (temporary name, synced, renamed). Tensors are stored by decreasing element
 * size, then by name; the same entries and texts in any order give the same bytes. */
vdib_status vdib__safetensors_write(const char *path, const vdib__safetensors_entry *entries, size_t count,
                                    const vdib__safetensors_text *metadata, size_t metadata_count);

/* As write, into memory: the bytes of the file; *bytes is freed with vdib__free. `origin` names it in messages. */
vdib_status vdib__safetensors_write_memory(const char *origin, const vdib__safetensors_entry *entries, size_t count,
                                           const vdib__safetensors_text *metadata, size_t metadata_count,
                                           uint8_t **bytes, size_t *size);

#endif
