/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EXPORT_ONNX_GRAPH_H
#define VDIB_EXPORT_ONNX_GRAPH_H
/* An ONNX model being built: nodes in order of computation, connected by names. The first failure is kept, what
 * follows it does nothing, and vdib__onnx_write gives it back, so that a graph reads as its equations. Texts and arrays
 * that the functions give belong to the graph.
 *
 * Every tensor has the batch as its first axis, whose size is left open. */

#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

/* Operator set 13 and version 7 of the file format: what every runtime since 2020 reads. */
enum { VDIB_ONNX_OPSET = 13, VDIB_ONNX_IR = 7 };

typedef struct vdib__onnx vdib__onnx;

vdib_status vdib__onnx_create(const char *name, vdib__onnx **graph);
void vdib__onnx_destroy(vdib__onnx *graph);

/* The first failure so far. */
vdib_status vdib__onnx_status(const vdib__onnx *graph);

/* A text by a printf format; "" after a failure. */
const char *vdib__onnx_text(vdib__onnx *graph, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An input or output (batch, shape...) of float32, `rank` axes without the batch's. Returns the name. */
const char *vdib__onnx_input(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape, const char *help);
void vdib__onnx_output(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape, const char *help);

/* Constants. Of the first one `values` stay the caller's and must stay until the graph is written; the second gives
 * zeros to be filled in, NULL after a failure. Each returns, or is known by, its name. */
const char *vdib__onnx_weights(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape,
                               const float *values);
float *vdib__onnx_array(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape);
const char *vdib__onnx_scalar(vdib__onnx *graph, const char *name, float value);
const char *vdib__onnx_whole(vdib__onnx *graph, const char *name, size_t count, const int64_t *values);

/* A node of operator `op`, of up to three inputs (NULL: none), with one output, whose name it returns. */
const char *vdib__onnx_node(vdib__onnx *graph, const char *op, const char *output, const char *a, const char *b,
                            const char *c);
/* Attributes of the last node: whole numbers, one or a list. */
void vdib__onnx_number(vdib__onnx *graph, const char *name, int64_t value);
void vdib__onnx_numbers(vdib__onnx *graph, const char *name, size_t count, const int64_t *values);

/* x in the shape (batch, shape...), `rank` axes without the batch's. */
const char *vdib__onnx_reshape(vdib__onnx *graph, const char *output, const char *x, size_t rank, const size_t *shape);

/* A text of the file's metadata; of the value nothing is copied. */
void vdib__onnx_property(vdib__onnx *graph, const char *key, const char *value);

/* Writes the file: complete, or not at all. */
vdib_status vdib__onnx_write(const vdib__onnx *graph, const char *path);

#endif
