/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_TENSOR_H
#define VDIB_CORE_TENSOR_H
/* The one table that describes the tensors of a network: name, shape, initial values, place in memory. Sizes, pointers,
 * names in files and optimiser state all come from it.
 *
 * All tensors live in one float array, in three consecutive parts: encoder parameters, decoder parameters, fixed
 * tensors (feedback matrices: never trained). Gradients and optimiser states are arrays of the same layout without the
 * fixed part. A tensor has its PyTorch shape in files; in memory its axes may be stored in another order (event-driven
 * kernels want the input axis slowest). */

#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

enum { VDIB_TENSOR_NAME = 48, VDIB_TENSOR_RANK = 4 };

typedef enum vdib__tensor_role {
    VDIB_TENSOR_ENCODER = 0,
    VDIB_TENSOR_DECODER = 1,
    VDIB_TENSOR_FIXED = 2,
    VDIB_TENSOR_ROLES = 3
} vdib__tensor_role;

typedef struct vdib__tensor {
    char name[VDIB_TENSOR_NAME]; /* name in files, for example "encoder.hidden.0.weight" */
    vdib__tensor_role role;
    size_t rank;                     /* 1 .. 4 */
    size_t shape[VDIB_TENSOR_RANK];  /* file (PyTorch) order, C order; 1 beyond the rank */
    uint8_t order[VDIB_TENSOR_RANK]; /* memory axis a is file axis order[a]; identity unless stored transposed */
    float bound;                     /* initial values are uniform in [middle - bound, middle + bound) */
    float middle;                    /* 0 unless it is set after vdib__tensor_add */
    size_t count;                    /* product of the shape */
    size_t offset;                   /* first element in the array of all tensors (set by vdib__tensor_layout) */
} vdib__tensor;

typedef struct vdib__tensor_table {
    vdib__tensor *tensors; /* (count), in the order of adding */
    size_t count;
    size_t capacity;
    size_t role_begin[VDIB_TENSOR_ROLES]; /* offset of each part */
    size_t role_count[VDIB_TENSOR_ROLES]; /* elements of each part */
    size_t trained;                       /* elements of the encoder and decoder parts */
    size_t total;                         /* elements of all parts */
} vdib__tensor_table;

/* Adds a tensor; `order` may be NULL (identity). *index receives its place in the table (kept by whoever owns it). */
vdib_status vdib__tensor_add(vdib__tensor_table *table, vdib__tensor_role role, const char *name, size_t rank,
                             const size_t *shape, const uint8_t *order, float bound, size_t *index);

/* Assigns the offsets, each a multiple of 16 elements (a cache line); call once after the last add. */
void vdib__tensor_layout(vdib__tensor_table *table);

/* values (total): the initial values of every tensor, keyed by (seed, tensor number in the table, element in file
 * order). */
void vdib__tensor_initialise(const vdib__tensor_table *table, uint64_t seed, float *values);

/* Elements between neighbours along each axis of the file, in memory. */
void vdib__tensor_strides(const vdib__tensor *tensor, size_t strides[VDIB_TENSOR_RANK]);

/* Between memory order and file order for one tensor: file (count), memory (count). */
void vdib__tensor_to_file(const vdib__tensor *tensor, const float *memory, float *file);
void vdib__tensor_from_file(const vdib__tensor *tensor, const float *file, float *memory);

/* Elements of the tensors of a role, without the padding between them. */
size_t vdib__tensor_elements(const vdib__tensor_table *table, vdib__tensor_role role);

void vdib__tensor_table_free(vdib__tensor_table *table);

#endif
