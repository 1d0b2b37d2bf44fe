/* SPDX-License-Identifier: MIT */
/* Transposed convolutions: the adjoint of a convolution, its mirror, that reads the output and makes the input. An
 * example at a time and within it a tile of input rows at a time, as in convolution.c. Letters of the mirror:
 * M channels of the input, C of the output, K = C k k values a patch, P positions of a tile. */
#include <string.h>

#include "core/matrix.h"
#include "decoder/layers.h"

/* Output channels, and input channels on the way back, are cut into this many slices where a batch has one example. */
enum { SLICES = 4 };

vdib__layer vdib__upconvolution_mirror(const vdib__layer *layer) {
    return (vdib__layer){.kind = VDIB_LAYER_CONV2D,
                         .in_channels = layer->out_channels,
                         .in_height = layer->out_height,
                         .in_width = layer->out_width,
                         .out_channels = layer->in_channels,
                         .out_height = layer->in_height,
                         .out_width = layer->in_width,
                         .kernel = layer->kernel,
                         .stride = layer->stride,
                         .padding = layer->padding,
                         .inputs = layer->outputs,
                         .outputs = layer->inputs,
                         .products = layer->products};
}

typedef struct raising {
    vdib__layer mirror;
    const vdib__convolution_scratch *scratch;
    const float *weight;          /* (M, K) */
    const float *bias;            /* (C) */
    const float *input;           /* (B, M, H, W) */
    const float *output_gradient; /* (B, C, H', W') */
    float *output;                /* (B, C, H', W') */
    float *input_gradient;        /* (B, M, H, W), or NULL */
    const vdib__shards *shards;
    size_t slices, rows, tiles; /* rows of a tile */
} raising;

static size_t rows_of_tile(const raising *r, size_t tile) {
    size_t left = r->mirror.out_height - tile * r->rows;
    return left < r->rows ? left : r->rows;
}

static raising begin(const vdib__layer *layer, const vdib__convolution_scratch *scratch) {
    raising r = {.mirror = vdib__upconvolution_mirror(layer), .scratch = scratch};
    r.rows = vdib__tile_rows(&r.mirror);
    r.tiles = vdib__blocks(r.mirror.out_height, r.rows);
    return r;
}

static int bounded_threads(const raising *r, int threads, size_t batch) {
    threads = vdib__threads_worth(threads, batch * r->mirror.outputs * vdib__patch_size(&r->mirror));
    return (size_t)threads < r->scratch->slots ? threads : (int)r->scratch->slots;
}

/* Task: some output channels of one example. Tiles meet where their patches overlap, so they come one after the other:
 * patches (K', P) = weight' (M, K')^T input (M, P), added to the output at their places. */
static void forward_slice(const void *context, size_t task, size_t slot) {
    const raising *r = context;
    const vdib__layer *mirror = &r->mirror;
    size_t example = task / r->slices, slice = task % r->slices, whole = vdib__patch_size(mirror);
    size_t first = slice * mirror->in_channels / r->slices, end = (slice + 1) * mirror->in_channels / r->slices;
    size_t taps = mirror->kernel * mirror->kernel, map = mirror->in_height * mirror->in_width;
    size_t places = mirror->out_height * mirror->out_width;
    float *output = r->output + example * mirror->inputs + first * map;
    float *patches = r->scratch->patches + slot * r->scratch->columns;
    vdib__layer part = *mirror;
    part.in_channels = end - first;
    for (size_t c = first; c < end; c++)
        for (size_t i = 0; i < map; i++)
            output[(c - first) * map + i] = r->bias[c];
    for (size_t tile = 0; tile < r->tiles; tile++) {
        size_t rows = rows_of_tile(r, tile), positions = rows * mirror->out_width;
        const float *input = r->input + example * mirror->outputs + tile * r->rows * mirror->out_width;
        vdib__matrix_multiply_part(mirror->products, true, false, part.in_channels * taps, positions,
                                   mirror->out_channels, r->weight + first * taps, whole, input, places, 0.0F, patches,
                                   positions);
        vdib__patches_scatter(&part, patches, tile * r->rows, rows, output);
    }
}

void vdib__upconvolution_forward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                                 const float *weight, const float *bias, const float *input, size_t batch,
                                 float *output) {
    raising r = begin(layer, scratch);
    r.weight = weight;
    r.bias = bias;
    r.input = input;
    r.output = output;
    r.slices = layer->out_channels < SLICES ? layer->out_channels : SLICES;
    vdib__parallel(bounded_threads(&r, threads, batch), batch * r.slices, forward_slice, &r);
}

/* Adds one tile's gradients of input channels first .. end - 1: weight (M', K) += input (M', P) patches^T, and
 * input = weight patches. */
static void backward_tile(const raising *r, size_t example, size_t tile, size_t first, size_t end, float *patches,
                          bool anew, float *weight) {
    const vdib__layer *mirror = &r->mirror;
    size_t rows = rows_of_tile(r, tile), positions = rows * mirror->out_width, patch = vdib__patch_size(mirror);
    size_t places = mirror->out_height * mirror->out_width;
    size_t at = example * mirror->outputs + first * places + tile * r->rows * mirror->out_width;
    vdib__patches_gather(mirror, r->output_gradient + example * mirror->inputs, tile * r->rows, rows, patches);
    vdib__matrix_multiply_part(mirror->products, false, true, end - first, patch, positions, r->input + at, places,
                               patches, positions, anew ? 0.0F : 1.0F, weight + first * patch, patch);
    if (r->input_gradient != NULL)
        vdib__matrix_multiply_part(mirror->products, false, false, end - first, positions, patch,
                                   r->weight + first * patch, patch, patches, positions, 0.0F, r->input_gradient + at,
                                   places);
}

static void add_bias(const raising *r, size_t example, bool anew, float *bias) {
    size_t map = r->mirror.in_height * r->mirror.in_width;
    const float *gradient = r->output_gradient + example * r->mirror.inputs;
    for (size_t c = 0; c < r->mirror.in_channels; c++)
        bias[c] = (anew ? 0.0F : bias[c]) + vdib__sum_of(gradient + c * map, map);
}

/* Task: one fixed range of the batch, with gradients of its own, or a slice of its input channels; the first of them
 * adds the biases. */
static void backward_shard(const void *context, size_t task, size_t slot) {
    const raising *r = context;
    size_t copy = task / r->slices, slice = task % r->slices, channels = r->mirror.out_channels;
    size_t first = slice * channels / r->slices, end = (slice + 1) * channels / r->slices;
    float *weight = vdib__shards_weight(r->shards, copy), *bias = vdib__shards_bias(r->shards, copy);
    float *patches = r->scratch->patches + slot * r->scratch->columns;
    size_t begin_example, end_example;
    vdib__shards_range(r->shards, copy, &begin_example, &end_example);
    for (size_t example = begin_example; example < end_example; example++) {
        if (slice == 0)
            add_bias(r, example, example == begin_example, bias);
        for (size_t tile = 0; tile < r->tiles; tile++)
            backward_tile(r, example, tile, first, end, patches, example == begin_example && tile == 0, weight);
    }
}

void vdib__upconvolution_backward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                                  const float *weight, const float *input, const float *output_gradient, size_t batch,
                                  const vdib__layer_gradients *gradients, float *input_gradient) {
    raising r = begin(layer, scratch);
    size_t weights = layer->in_channels * vdib__patch_size(&r.mirror);
    vdib__shards shards = vdib__shards_begin(scratch, batch, weights, layer->out_channels, gradients);
    r.weight = weight;
    r.input = input;
    r.output_gradient = output_gradient;
    r.input_gradient = input_gradient;
    r.shards = &shards;
    r.slices = batch > 1 ? 1 : layer->in_channels < SLICES ? layer->in_channels : SLICES;
    threads = bounded_threads(&r, threads, batch);
    while (vdib__shards_next(&shards)) {
        vdib__parallel(threads, shards.together * r.slices, backward_shard, &r);
        vdib__shards_add(&shards, threads);
    }
    vdib__gradient_hand_over(gradients->sink, gradients->weight_offset, gradients->weight, 1, weights);
    vdib__gradient_hand_over(gradients->sink, gradients->bias_offset, gradients->bias, 1, layer->out_channels);
}
