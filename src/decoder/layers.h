/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DECODER_LAYERS_H
#define VDIB_DECODER_LAYERS_H
/* The layers of a chain, each forward and backward. B batch; input (B, inputs), output (B, outputs), gradients
 * likewise. input_gradient may be NULL where it is not wanted. No forward or backward allocates. */

#include <stddef.h>

#include "core/threads.h"
#include "decoder/decoder.h"

/* ---- tasks: disjoint pieces of one layer's work (core/threads.h) ---- */

/* `threads`, or 1 where `operations` (multiply-adds, or elements moved) take less time than waking threads does. */
int vdib__threads_worth(int threads, size_t operations);

/* ---- gradients of a layer's tensors ---- */

/* Where they go: to the sink, or, if it is NULL, to memory; `weight` and `bias` are scratch with a sink. */
typedef struct vdib__layer_gradients {
    float *weight, *bias;
    const vdib__gradient_sink *sink;
    size_t weight_offset, bias_offset; /* in the array of all parameters */
} vdib__layer_gradients;

/* Hands over rows of a tensor; nothing without a sink. */
static inline void vdib__gradient_hand_over(const vdib__gradient_sink *sink, size_t offset, const float *values,
                                            size_t rows, size_t width) {
    vdib__gradient_piece piece = {.offset = offset, .stride = width, .rows = rows, .width = width, .values = values};
    if (sink != NULL)
        sink->take(sink->user, &piece);
}

/* ---- affine: output = input weight^T + bias; weight (outputs, inputs) ---- */

void vdib__affine_forward(const vdib__layer *layer, int threads, const float *weight, const float *bias,
                          const float *input, size_t batch, float *output);
/* The two halves of the backward pass. The input's gradient comes first: the sink may change the weights that it is
 * made from. */
void vdib__affine_input_gradient(const vdib__layer *layer, int threads, const float *weight,
                                 const float *output_gradient, size_t batch, float *input_gradient);
void vdib__affine_weight_gradient(const vdib__layer *layer, int threads, const float *input,
                                  const float *output_gradient, size_t batch, const vdib__layer_gradients *gradients);

/* ---- scratch of convolutions, and sums over the batch (shards.c) ---- */

/* Scratch of the largest convolution, or transposed one, of a chain. A batch's weight gradient is summed over fixed
 * shards of the batch, `copies` shards at a time: as many as there are, but no more than 64 MiB unless one alone is
 * larger. */
enum { VDIB_COPIES_FLOATS = 16 << 20 };
typedef struct vdib__convolution_scratch {
    size_t slots;     /* threads that can work at the same time */
    size_t copies;    /* gradients of shards that there is room for; 0: batches of one example need none */
    size_t columns;   /* floats of one tile's patches, (C kh kw, positions) */
    size_t tile;      /* floats of one tile's outputs, (out_channels, positions) */
    size_t shard;     /* floats of one shard's gradient: weight, then bias */
    float *patches;   /* (slots, columns) */
    float *tiles;     /* (slots, tile) */
    float *gradients; /* (copies, shard) */
} vdib__convolution_scratch;

/* Creates scratch for every convolution of the chain; nothing is allocated where it has none. */
size_t vdib__convolution_scratch_bytes(const vdib__chain *chain, size_t batch, int threads);
vdib_status vdib__convolution_scratch_create(const vdib__chain *chain, size_t batch, int threads,
                                             vdib__convolution_scratch *scratch);
void vdib__convolution_scratch_free(vdib__convolution_scratch *scratch);

/* Rows of the output whose patches are worked on at a time: they stay in the cache. */
size_t vdib__tile_rows(const vdib__layer *layer);

/* The weight gradient of a batch: fixed ranges of it, shards, leave one each, some shards at a time, which are then
 * added in their order. */
typedef struct vdib__shards {
    const vdib__convolution_scratch *scratch;
    size_t batch, count;    /* examples, shards */
    size_t weights, biases; /* floats of a gradient */
    float *weight, *bias;   /* the sum */
    size_t first, together; /* the shards at work: [first, first + together) */
} vdib__shards;
vdib__shards vdib__shards_begin(const vdib__convolution_scratch *scratch, size_t batch, size_t weights, size_t biases,
                                const vdib__layer_gradients *gradients);
/* To the next shards; whether there are any. */
bool vdib__shards_next(vdib__shards *shards);
/* Where the shard number first + copy leaves its gradients, and its examples. */
float *vdib__shards_weight(const vdib__shards *shards, size_t copy);
float *vdib__shards_bias(const vdib__shards *shards, size_t copy);
void vdib__shards_range(const vdib__shards *shards, size_t copy, size_t *begin, size_t *end);
/* Adds what the shards at work left. */
void vdib__shards_add(const vdib__shards *shards, int threads);

/* Sum in a fixed order. */
float vdib__sum_of(const float *values, size_t count);

/* ---- Conv1d and Conv2d: cross-correlation as matrix products over tiles of output rows ---- */

void vdib__convolution_forward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                               const float *weight, const float *bias, const float *input, size_t batch, float *output);
void vdib__convolution_backward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                                const float *weight, const float *input, const float *output_gradient, size_t batch,
                                const vdib__layer_gradients *gradients, float *input_gradient);

/* ---- transposed Conv2d: weight (in_channels, out_channels, kernel, kernel); output (C, H', W') is what
 * (H - 1) stride - 2 padding + kernel rows and so many columns give, or its first rows and columns ---- */

/* The convolution that it is the adjoint of, from the output to the input. */
vdib__layer vdib__upconvolution_mirror(const vdib__layer *layer);
void vdib__upconvolution_forward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                                 const float *weight, const float *bias, const float *input, size_t batch,
                                 float *output);
void vdib__upconvolution_backward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                                  const float *weight, const float *input, const float *output_gradient, size_t batch,
                                  const vdib__layer_gradients *gradients, float *input_gradient);

/* ---- patches ---- */

/* Patches of output rows first_row .. first_row + rows - 1 of one example's input (C, H, W):
 * patches (C kh kw, rows * out_width), zero where a patch leaves the input. The adjoint adds patches into
 * input_gradient (C, H, W). */
void vdib__patches_gather(const vdib__layer *layer, const float *input, size_t first_row, size_t rows, float *patches);
void vdib__patches_scatter(const vdib__layer *layer, const float *patches, size_t first_row, size_t rows,
                           float *input_gradient);

/* Extent of the kernel along the rows: 1 for Conv1d. */
static inline size_t vdib__kernel_height(const vdib__layer *layer) {
    return layer->kind == VDIB_LAYER_CONV1D ? 1 : layer->kernel;
}

/* Values that one output reads: the rows of the patch matrix, and the fan-in. */
static inline size_t vdib__patch_size(const vdib__layer *layer) {
    return layer->in_channels * vdib__kernel_height(layer) * layer->kernel;
}

/* ---- layers without parameters ---- */

/* output = max(input, 0); may work in place. A NaN stays a NaN. The derivative at 0 is 0. */
void vdib__relu_forward(int threads, const float *input, size_t count, float *output);
void vdib__relu_backward(int threads, const float *output, const float *output_gradient, size_t count,
                         float *input_gradient);

/* Largest of each window; rows and columns beyond the last whole window are not read. The gradient goes to the first
 * largest input, row by row. */
void vdib__max_pool_forward(const vdib__layer *layer, int threads, const float *input, size_t batch, float *output);
void vdib__max_pool_backward(const vdib__layer *layer, int threads, const float *input, const float *output_gradient,
                             size_t batch, float *input_gradient);

/* output_i = sum_t input_(t, i). */
void vdib__count_forward(const vdib__layer *layer, const float *input, size_t batch, float *output);
void vdib__first_forward(const vdib__layer *layer, const float *input, size_t batch, float *output);
void vdib__first_backward(const vdib__layer *layer, const float *input, const float *output_gradient, size_t batch,
                          float *input_gradient);
void vdib__count_backward(const vdib__layer *layer, const float *output_gradient, size_t batch, float *input_gradient);

#endif
