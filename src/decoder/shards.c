/* SPDX-License-Identifier: MIT */
/* Scratch of convolutions and transposed ones, and their weight gradients, which are summed over fixed ranges of the
 * batch. */
#include "core/alloc.h"
#include "core/error.h"
#include "decoder/layers.h"

/* Weight gradients are summed over at most SHARDS fixed ranges of the batch, then over the ranges in their order. */
enum { SHARDS = 32, TILE_FLOATS = 131072, LINE_FLOATS = 16, SUM_FLOATS = 16384 /* of one task that adds copies */ };

static size_t rounded(size_t floats) {
    return (floats + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
}

static size_t largest(size_t a, size_t b) {
    return a > b ? a : b;
}

size_t vdib__tile_rows(const vdib__layer *layer) {
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
    size_t shards = shards_of(batch), room = VDIB_COPIES_FLOATS / shard;
    if (shards == 1)
        return 0;
    return room < 1 ? 1 : room < shards ? room : shards;
}

/* Room for a convolution (of a transposed one its mirror), which has so many biases. */
static void take_layer(const vdib__layer *layer, size_t biases, vdib__convolution_scratch *made) {
    size_t positions = vdib__tile_rows(layer) * layer->out_width, patch = vdib__patch_size(layer);
    made->columns = largest(made->columns, rounded(patch * positions));
    made->tile = largest(made->tile, rounded(layer->out_channels * positions));
    made->shard = largest(made->shard, rounded(layer->out_channels * patch + biases));
}

/* The sizes; no memory yet. */
static vdib__convolution_scratch scratch_sizes(const vdib__chain *chain, size_t batch, int threads) {
    vdib__convolution_scratch made = {0};
    for (size_t l = 0; l < chain->count; l++) {
        const vdib__layer *layer = &chain->layers[l];
        if (layer->kind == VDIB_LAYER_CONV1D || layer->kind == VDIB_LAYER_CONV2D)
            take_layer(layer, layer->out_channels, &made);
        if (layer->kind == VDIB_LAYER_UPCONV2D) {
            vdib__layer mirror = vdib__upconvolution_mirror(layer);
            take_layer(&mirror, layer->out_channels, &made);
        }
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

/* Sum in eight interleaved parts: a fixed order that vectorises. */
float vdib__sum_of(const float *values, size_t count) {
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

/* ---- gradients ---- */

vdib__shards vdib__shards_begin(const vdib__convolution_scratch *scratch, size_t batch, size_t weights, size_t biases,
                                const vdib__layer_gradients *gradients) {
    return (vdib__shards){.scratch = scratch,
                          .batch = batch,
                          .count = shards_of(batch),
                          .weights = weights,
                          .biases = biases,
                          .weight = gradients->weight,
                          .bias = gradients->bias};
}

bool vdib__shards_next(vdib__shards *shards) {
    shards->first += shards->together;
    size_t left = shards->count - shards->first, copies = shards->scratch->copies;
    shards->together = shards->count == 1 ? left : left < copies ? left : copies;
    return left > 0;
}

/* Where shard first + copy leaves its gradient, the biases' behind the weights'. */
static float *copy_of(const vdib__shards *shards, size_t copy) {
    return shards->scratch->gradients + copy * shards->scratch->shard;
}

float *vdib__shards_weight(const vdib__shards *shards, size_t copy) {
    return shards->first + copy == 0 ? shards->weight : copy_of(shards, copy);
}

float *vdib__shards_bias(const vdib__shards *shards, size_t copy) {
    return shards->first + copy == 0 ? shards->bias : copy_of(shards, copy) + shards->weights;
}

void vdib__shards_range(const vdib__shards *shards, size_t copy, size_t *begin, size_t *end) {
    size_t shard = shards->first + copy;
    *begin = shard * shards->batch / shards->count;
    *end = (shard + 1) * shards->batch / shards->count;
}

/* Tasks: parts of the gradient. sum += the copies at work, in the order of their shards. */
static void add_part(const void *context, size_t task, size_t slot) {
    const vdib__shards *s = context;
    size_t weights = s->weights, total = weights + s->biases;
    size_t begin = task * SUM_FLOATS, end = total - begin < SUM_FLOATS ? total : begin + SUM_FLOATS;
    (void)slot;
    for (size_t copy = s->first == 0 ? 1 : 0; copy < s->together; copy++) {
        const float *gradient = copy_of(s, copy);
        for (size_t i = begin; i < end && i < weights; i++)
            s->weight[i] += gradient[i];
        for (size_t i = begin > weights ? begin : weights; i < end; i++)
            s->bias[i - weights] += gradient[i];
    }
}

void vdib__shards_add(const vdib__shards *shards, int threads) {
    if (shards->count > 1)
        vdib__parallel(threads, vdib__blocks(shards->weights + shards->biases, SUM_FLOATS), add_part, shards);
}
