/* SPDX-License-Identifier: MIT */
/* Convolutions, an example at a time and within it a tile of output rows at a time, so that a tile's patches stay in
 * the cache. Letters: K = C kh kw values a patch, P positions of a tile, M output channels. */
#include <string.h>

#include "core/matrix.h"
#include "core/threads.h"
#include "decoder/layers.h"

/* Gradients of more than LARGE_FLOATS are cut into SLICES of the input channels, so that few copies are work for all
 * threads. */
enum { SLICES = 4, LARGE_FLOATS = VDIB_COPIES_FLOATS / 4 };

typedef struct convolving {
    const vdib__layer *layer;
    const vdib__convolution_scratch *scratch;
    const float *weight;          /* (M, K) */
    const float *bias;            /* (M) */
    const float *input;           /* (B, C, H, W) */
    const float *output_gradient; /* (B, M, H', W') */
    float *output;                /* (B, M, H', W') */
    float *input_gradient;        /* (B, C, H, W) */
    const vdib__shards *shards;
    size_t slices, tiles, rows;
} convolving;

static int bounded_threads(const convolving *c, int threads, size_t batch) {
    size_t operations = batch * c->layer->outputs * vdib__patch_size(c->layer);
    threads = vdib__threads_worth(threads, operations);
    return (size_t)threads < c->scratch->slots ? threads : (int)c->scratch->slots;
}

static size_t rows_of_tile(const convolving *c, size_t tile) {
    size_t left = c->layer->out_height - tile * c->rows;
    return left < c->rows ? left : c->rows;
}

/* Task: one tile of one example. tile (M, P) = weight (M, K) patches (K, P), then + bias on its way to the output. */
static void forward_tile(const void *context, size_t task, size_t slot) {
    const convolving *c = context;
    const vdib__layer *layer = c->layer;
    size_t example = task / c->tiles, tile = task % c->tiles, rows = rows_of_tile(c, tile);
    size_t positions = rows * layer->out_width, map = layer->out_height * layer->out_width;
    float *patches = c->scratch->patches + slot * c->scratch->columns;
    float *product = c->scratch->tiles + slot * c->scratch->tile;
    vdib__patches_gather(layer, c->input + example * layer->inputs, tile * c->rows, rows, patches);
    vdib__matrix_multiply_serial(c->layer->products, false, false, layer->out_channels, positions,
                                 vdib__patch_size(layer), 1.0F, c->weight, patches, 0.0F, product);
    float *output = c->output + example * layer->outputs + tile * c->rows * layer->out_width;
    for (size_t m = 0; m < layer->out_channels; m++, output += map, product += positions)
        for (size_t i = 0; i < positions; i++)
            output[i] = product[i] + c->bias[m];
}

void vdib__convolution_forward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                               const float *weight, const float *bias, const float *input, size_t batch,
                               float *output) {
    convolving c = {.layer = layer,
                    .scratch = scratch,
                    .weight = weight,
                    .bias = bias,
                    .input = input,
                    .output = output,
                    .rows = vdib__tile_rows(layer)};
    c.tiles = vdib__blocks(layer->out_height, c.rows);
    vdib__parallel(bounded_threads(&c, threads, batch), batch * c.tiles, forward_tile, &c);
}

/* The output gradient of one tile as (M, P): in place where the tile is the whole map, else packed into `packed`. */
static const float *tile_gradient(const convolving *c, size_t example, size_t tile, size_t positions, float *packed) {
    const vdib__layer *layer = c->layer;
    const float *gradient = c->output_gradient + example * layer->outputs + tile * c->rows * layer->out_width;
    if (c->tiles == 1)
        return gradient;
    for (size_t m = 0; m < layer->out_channels; m++)
        memcpy(packed + m * positions, gradient + m * layer->out_height * layer->out_width, positions * sizeof *packed);
    return packed;
}

/* Input channels begin .. begin + count - 1 of a layer, as a layer of its own. */
typedef struct channel_slice {
    size_t begin;
    vdib__layer layer;
} channel_slice;

static channel_slice slice_of(const vdib__layer *layer, size_t slice, size_t slices) {
    channel_slice s = {.begin = slice * layer->in_channels / slices, .layer = *layer};
    s.layer.in_channels = (slice + 1) * layer->in_channels / slices - s.begin;
    return s;
}

/* Adds one tile's gradients of some input channels: weight (M, K) += g (M, P) patches^T, input += scatter(weight^T
 * g). */
static void backward_slice(const convolving *c, const channel_slice *slice, size_t example, size_t tile, size_t slot,
                           bool first, float *weight, const float *gradient) {
    size_t rows = rows_of_tile(c, tile), positions = rows * c->layer->out_width,
           patch = vdib__patch_size(&slice->layer);
    size_t whole = vdib__patch_size(c->layer), column = slice->begin * (whole / c->layer->in_channels);
    size_t place = example * c->layer->inputs + slice->begin * c->layer->in_height * c->layer->in_width;
    float *patches = c->scratch->patches + slot * c->scratch->columns;
    vdib__patches_gather(&slice->layer, c->input + place, tile * c->rows, rows, patches);
    vdib__matrix_multiply_part(c->layer->products, false, true, c->layer->out_channels, patch, positions, gradient,
                               positions, patches, positions, first ? 0.0F : 1.0F, weight + column, whole);
    if (c->input_gradient == NULL)
        return;
    vdib__matrix_multiply_part(c->layer->products, true, false, patch, positions, c->layer->out_channels,
                               c->weight + column, whole, gradient, positions, 0.0F, patches, positions);
    vdib__patches_scatter(&slice->layer, patches, tile * c->rows, rows, c->input_gradient + place);
}

/* One tile of one example for some input channels; the first of them add the biases. */
static void backward_tile(const convolving *c, const channel_slice *slice, size_t example, size_t tile, size_t slot,
                          bool first, float *weight, float *bias) {
    size_t positions = rows_of_tile(c, tile) * c->layer->out_width;
    const float *gradient = tile_gradient(c, example, tile, positions, c->scratch->tiles + slot * c->scratch->tile);
    for (size_t m = 0; m < c->layer->out_channels && slice->begin == 0; m++)
        bias[m] = (first ? 0.0F : bias[m]) + vdib__sum_of(gradient + m * positions, positions);
    backward_slice(c, slice, example, tile, slot, first, weight, gradient);
}

/* Task: one fixed range of the batch, with gradients of its own, or a slice of its input channels. */
static void backward_shard(const void *context, size_t task, size_t slot) {
    const convolving *c = context;
    size_t copy = task / c->slices, maps = c->layer->in_height * c->layer->in_width, begin, end;
    channel_slice slice = slice_of(c->layer, task % c->slices, c->slices);
    float *weight = vdib__shards_weight(c->shards, copy), *bias = vdib__shards_bias(c->shards, copy);
    vdib__shards_range(c->shards, copy, &begin, &end);
    for (size_t example = begin; example < end; example++) {
        if (c->input_gradient != NULL)
            memset(c->input_gradient + example * c->layer->inputs + slice.begin * maps, 0,
                   slice.layer.in_channels * maps * sizeof *c->input_gradient);
        for (size_t tile = 0; tile < c->tiles; tile++)
            backward_tile(c, &slice, example, tile, slot, example == begin && tile == 0, weight, bias);
    }
}

void vdib__convolution_backward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                                const float *weight, const float *input, const float *output_gradient, size_t batch,
                                const vdib__layer_gradients *gradients, float *input_gradient) {
    size_t weights = layer->out_channels * vdib__patch_size(layer);
    vdib__shards shards = vdib__shards_begin(scratch, batch, weights, layer->out_channels, gradients);
    convolving c = {.layer = layer,
                    .scratch = scratch,
                    .weight = weight,
                    .input = input,
                    .output_gradient = output_gradient,
                    .input_gradient = input_gradient,
                    .shards = &shards,
                    .rows = vdib__tile_rows(layer)};
    c.tiles = vdib__blocks(layer->out_height, c.rows);
    c.slices = batch > 1 && weights <= LARGE_FLOATS ? 1 : layer->in_channels < SLICES ? layer->in_channels : SLICES;
    threads = bounded_threads(&c, threads, batch);
    while (vdib__shards_next(&shards)) {
        vdib__parallel(threads, shards.together * c.slices, backward_shard, &c);
        vdib__shards_add(&shards, threads);
    }
    vdib__gradient_hand_over(gradients->sink, gradients->weight_offset, gradients->weight, 1, weights);
    vdib__gradient_hand_over(gradients->sink, gradients->bias_offset, gradients->bias, 1, layer->out_channels);
}
