/* SPDX-License-Identifier: MIT */
/* Convolutions, an example at a time and within it a tile of output rows at a time, so that a tile's patches stay in
 * the cache. Letters: K = C kh kw values a patch, P positions of a tile, M output channels. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/matrix.h"
#include "core/threads.h"
#include "decoder/layers.h"

/* Weight gradients are summed over at most SHARDS fixed ranges of the batch, then over the ranges in their order.
 * Gradients of more than LARGE_FLOATS are cut into SLICES of the input channels, so that few copies are work for all
 * threads. */
enum {
    SHARDS = 32,
    SLICES = 4,
    TILE_FLOATS = 131072,
    LINE_FLOATS = 16,
    COPIES_FLOATS = 16 << 20, /* 64 MiB */
    LARGE_FLOATS = COPIES_FLOATS / 4,
    SUM_FLOATS = 16384 /* of one task that adds copies */
};

static size_t rounded(size_t floats) {
    return (floats + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
}

static size_t largest(size_t a, size_t b) {
    return a > b ? a : b;
}

static bool is_convolution(const vdib__layer *layer) {
    return layer->kind == VDIB_LAYER_CONV1D || layer->kind == VDIB_LAYER_CONV2D;
}

static size_t tile_rows(const vdib__layer *layer) {
    size_t rows = TILE_FLOATS / (vdib__patch_size(layer) * layer->out_width);
    if (rows < 1)
        return 1;
    return rows < layer->out_height ? rows : layer->out_height;
}

static size_t shards_of(size_t batch) {
    return batch < SHARDS ? batch : SHARDS;
}

/* Gradients of shards at a time. */
static size_t copies_of(size_t batch, size_t shard) {
    size_t shards = shards_of(batch), room = COPIES_FLOATS / shard;
    if (shards == 1)
        return 0;
    return room < 1 ? 1 : room < shards ? room : shards;
}

/* The sizes; no memory yet. */
static vdib__convolution_scratch scratch_sizes(const vdib__chain *chain, size_t batch, int threads) {
    vdib__convolution_scratch made = {0};
    for (size_t l = 0; l < chain->count; l++) {
        const vdib__layer *layer = &chain->layers[l];
        if (!is_convolution(layer))
            continue;
        size_t positions = tile_rows(layer) * layer->out_width, patch = vdib__patch_size(layer);
        made.columns = largest(made.columns, rounded(patch * positions));
        made.tile = largest(made.tile, rounded(layer->out_channels * positions));
        made.shard = largest(made.shard, rounded(layer->out_channels * (patch + 1)));
    }
    if (made.shard > 0) {
        made.slots = threads > 1 ? (size_t)threads : 1;
        made.copies = copies_of(batch, made.shard);
    }
    return made;
}

size_t vdib__convolution_scratch_bytes(const vdib__chain *chain, size_t batch, int threads) {
    vdib__convolution_scratch sizes = scratch_sizes(chain, batch, threads);
    return (sizes.slots * (sizes.columns + sizes.tile) + sizes.copies * sizes.shard) * sizeof(float);
}

vdib_status vdib__convolution_scratch_create(const vdib__chain *chain, size_t batch, int threads,
                                             vdib__convolution_scratch *scratch) {
    vdib__convolution_scratch made = scratch_sizes(chain, batch, threads);
    vdib_status status;
    *scratch = made;
    if (made.shard == 0)
        return VDIB_OK;
    VDIB_TRY_GOTO(VDIB_NEW_UNSET(&made.patches, made.slots * made.columns), failed);
    VDIB_TRY_GOTO(VDIB_NEW_UNSET(&made.tiles, made.slots * made.tile), failed);
    VDIB_TRY_GOTO(VDIB_NEW_UNSET(&made.gradients, made.copies * made.shard), failed);
    *scratch = made;
    return VDIB_OK;
failed:
    vdib__convolution_scratch_free(&made);
    return status;
}

void vdib__convolution_scratch_free(vdib__convolution_scratch *scratch) {
    vdib__free(scratch->gradients);
    vdib__free(scratch->tiles);
    vdib__free(scratch->patches);
    *scratch = (vdib__convolution_scratch){0};
}

typedef struct convolving {
    const vdib__layer *layer;
    const vdib__convolution_scratch *scratch;
    const float *weight;          /* (M, K) */
    const float *bias;            /* (M) */
    const float *input;           /* (B, C, H, W) */
    const float *output_gradient; /* (B, M, H', W') */
    float *output;                /* (B, M, H', W') */
    float *input_gradient;        /* (B, C, H, W) */
    float *weight_gradient;       /* (M, K): of the first shard, then the sum */
    float *bias_gradient;         /* (M), likewise */
    size_t batch, shards, slices, tiles, rows;
    size_t first, together; /* the shards at work: [first, first + together) */
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
    vdib__matrix_multiply_serial(false, false, layer->out_channels, positions, vdib__patch_size(layer), 1.0F, c->weight,
                                 patches, 0.0F, product);
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
                    .rows = tile_rows(layer)};
    c.tiles = vdib__blocks(layer->out_height, c.rows);
    vdib__parallel(bounded_threads(&c, threads, batch), batch * c.tiles, forward_tile, &c);
}

/* Sum in eight interleaved parts: a fixed order that vectorises. */
static float sum_of(const float *values, size_t count) {
    enum { PARTS = 8 };
    float parts[PARTS] = {0};
    size_t whole = count / PARTS * PARTS;
    for (size_t i = 0; i < whole; i += PARTS)
        for (size_t p = 0; p < PARTS; p++)
            parts[p] += values[i + p];
    float sum = ((parts[0] + parts[4]) + (parts[1] + parts[5])) + ((parts[2] + parts[6]) + (parts[3] + parts[7]));
    for (size_t i = whole; i < count; i++)
        sum += values[i];
    return sum;
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
    vdib__matrix_multiply_part(false, true, c->layer->out_channels, patch, positions, gradient, positions, patches,
                               positions, first ? 0.0F : 1.0F, weight + column, whole);
    if (c->input_gradient == NULL)
        return;
    vdib__matrix_multiply_part(true, false, patch, positions, c->layer->out_channels, c->weight + column, whole,
                               gradient, positions, 0.0F, patches, positions);
    vdib__patches_scatter(&slice->layer, patches, tile * c->rows, rows, c->input_gradient + place);
}

/* One tile of one example for some input channels; the first of them add the biases. */
static void backward_tile(const convolving *c, const channel_slice *slice, size_t example, size_t tile, size_t slot,
                          bool first, float *weight, float *bias) {
    size_t positions = rows_of_tile(c, tile) * c->layer->out_width;
    const float *gradient = tile_gradient(c, example, tile, positions, c->scratch->tiles + slot * c->scratch->tile);
    for (size_t m = 0; m < c->layer->out_channels && slice->begin == 0; m++)
        bias[m] = (first ? 0.0F : bias[m]) + sum_of(gradient + m * positions, positions);
    backward_slice(c, slice, example, tile, slot, first, weight, gradient);
}

/* Where shard c->first + copy leaves its gradient: weight (M, K), and bias (M) behind it; of the first shard in the
 * sum itself. */
static float *copy_of(const convolving *c, size_t copy) {
    return c->scratch->gradients + copy * c->scratch->shard;
}

/* Task: one fixed range of the batch, with gradients of its own, or a slice of its input channels. */
static void backward_shard(const void *context, size_t task, size_t slot) {
    const convolving *c = context;
    size_t copy = task / c->slices, shard = c->first + copy, maps = c->layer->in_height * c->layer->in_width;
    channel_slice slice = slice_of(c->layer, task % c->slices, c->slices);
    float *weight = shard == 0 ? c->weight_gradient : copy_of(c, copy);
    float *bias = shard == 0 ? c->bias_gradient : weight + c->layer->out_channels * vdib__patch_size(c->layer);
    size_t begin = shard * c->batch / c->shards, end = (shard + 1) * c->batch / c->shards;
    for (size_t example = begin; example < end; example++) {
        if (c->input_gradient != NULL)
            memset(c->input_gradient + example * c->layer->inputs + slice.begin * maps, 0,
                   slice.layer.in_channels * maps * sizeof *c->input_gradient);
        for (size_t tile = 0; tile < c->tiles; tile++)
            backward_tile(c, &slice, example, tile, slot, example == begin && tile == 0, weight, bias);
    }
}

/* Tasks: parts of the gradient. sum += the copies at work, in the order of their shards. */
static void add_part(const void *context, size_t task, size_t slot) {
    const convolving *c = context;
    size_t weights = c->layer->out_channels * vdib__patch_size(c->layer), total = weights + c->layer->out_channels;
    size_t begin = task * SUM_FLOATS, end = total - begin < SUM_FLOATS ? total : begin + SUM_FLOATS;
    (void)slot;
    for (size_t copy = c->first == 0 ? 1 : 0; copy < c->together; copy++) {
        const float *gradient = copy_of(c, copy);
        for (size_t i = begin; i < end && i < weights; i++)
            c->weight_gradient[i] += gradient[i];
        for (size_t i = begin > weights ? begin : weights; i < end; i++)
            c->bias_gradient[i - weights] += gradient[i];
    }
}

void vdib__convolution_backward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                                const float *weight, const float *input, const float *output_gradient, size_t batch,
                                const vdib__layer_gradients *gradients, float *input_gradient) {
    convolving c = {.layer = layer,
                    .scratch = scratch,
                    .weight = weight,
                    .input = input,
                    .output_gradient = output_gradient,
                    .input_gradient = input_gradient,
                    .weight_gradient = gradients->weight,
                    .bias_gradient = gradients->bias,
                    .batch = batch,
                    .shards = shards_of(batch),
                    .rows = tile_rows(layer)};
    size_t weights = layer->out_channels * vdib__patch_size(layer), total = weights + layer->out_channels;
    c.tiles = vdib__blocks(layer->out_height, c.rows);
    c.slices = batch > 1 && weights <= LARGE_FLOATS ? 1 : layer->in_channels < SLICES ? layer->in_channels : SLICES;
    threads = bounded_threads(&c, threads, batch);
    for (c.first = 0; c.first < c.shards; c.first += c.together) {
        size_t left = c.shards - c.first;
        c.together = c.shards == 1 ? 1 : left < scratch->copies ? left : scratch->copies;
        vdib__parallel(threads, c.together * c.slices, backward_shard, &c);
        if (c.shards > 1)
            vdib__parallel(threads, vdib__blocks(total, SUM_FLOATS), add_part, &c);
    }
    vdib__gradient_hand_over(gradients->sink, gradients->weight_offset, gradients->weight, 1, weights);
    vdib__gradient_hand_over(gradients->sink, gradients->bias_offset, gradients->bias, 1, layer->out_channels);
}
