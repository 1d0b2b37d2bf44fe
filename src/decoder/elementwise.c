/* SPDX-License-Identifier: MIT */
/* Layers without parameters: ReLU, max-pooling, spike counts, first spikes. */
#include <math.h>
#include <string.h>

#include "core/threads.h"
#include "decoder/layers.h"

enum { CHUNK = 16384 };

typedef struct rectified {
    size_t count;
    const float *input; /* forward: the layer's input; backward: the gradient of its output */
    const float *gate;  /* backward: the layer's output */
    float *result;
} rectified;

/* No `restrict`: the forward direction may work in place. */
static void relu_chunk(const void *context, size_t task, size_t slot) {
    (void)slot;
    const rectified *r = context;
    size_t begin = task * CHUNK, end = begin + CHUNK < r->count ? begin + CHUNK : r->count;
    for (size_t i = begin; i < end; i++)
        r->result[i] = r->input[i] < 0.0F ? 0.0F : r->input[i];
}

static void relu_gradient_chunk(const void *context, size_t task, size_t slot) {
    (void)slot;
    const rectified *r = context;
    size_t begin = task * CHUNK, end = begin + CHUNK < r->count ? begin + CHUNK : r->count;
    const float *restrict gate = r->gate, *restrict gradient = r->input;
    float *restrict result = r->result;
    for (size_t i = begin; i < end; i++)
        result[i] = gate[i] > 0.0F ? gradient[i] : 0.0F;
}

void vdib__relu_forward(int threads, const float *input, size_t count, float *output) {
    rectified r = {.count = count, .input = input, .result = output};
    vdib__parallel(vdib__threads_worth(threads, count), vdib__blocks(count, CHUNK), relu_chunk, &r);
}

void vdib__relu_backward(int threads, const float *output, const float *output_gradient, size_t count,
                         float *input_gradient) {
    if (input_gradient == NULL)
        return;
    rectified r = {.count = count, .input = output_gradient, .gate = output, .result = input_gradient};
    vdib__parallel(vdib__threads_worth(threads, count), vdib__blocks(count, CHUNK), relu_gradient_chunk, &r);
}

typedef struct pooling {
    const vdib__layer *layer;
    const float *input;           /* (B, C, H, W) */
    const float *output_gradient; /* (B, C, H', W') */
    float *output;                /* (B, C, H', W') */
    float *input_gradient;        /* (B, C, H, W) */
} pooling;

/* Place of the first largest value of the window at output (row, column) of a map (H, W). A NaN counts as largest. */
static size_t largest_place(const vdib__layer *layer, const float *map, size_t row, size_t column) {
    size_t best = row * layer->kernel * layer->in_width + column * layer->kernel;
    for (size_t y = 0; y < layer->kernel; y++)
        for (size_t x = 0; x < layer->kernel; x++) {
            size_t place = (row * layer->kernel + y) * layer->in_width + column * layer->kernel + x;
            if (map[place] > map[best] || (isnan(map[place]) && !isnan(map[best])))
                best = place;
        }
    return best;
}

static void pool_example(const void *context, size_t example, size_t slot) {
    (void)slot;
    const pooling *p = context;
    const vdib__layer *layer = p->layer;
    const float *map = p->input + example * layer->inputs;
    float *output = p->output + example * layer->outputs;
    for (size_t c = 0; c < layer->in_channels; c++, map += layer->in_height * layer->in_width)
        for (size_t row = 0; row < layer->out_height; row++)
            for (size_t column = 0; column < layer->out_width; column++)
                *output++ = map[largest_place(layer, map, row, column)];
}

static void pool_gradient_example(const void *context, size_t example, size_t slot) {
    (void)slot;
    const pooling *p = context;
    const vdib__layer *layer = p->layer;
    size_t map_size = layer->in_height * layer->in_width;
    const float *map = p->input + example * layer->inputs;
    const float *output_gradient = p->output_gradient + example * layer->outputs;
    float *gradient = p->input_gradient + example * layer->inputs;
    memset(gradient, 0, layer->inputs * sizeof *gradient);
    for (size_t c = 0; c < layer->in_channels; c++, map += map_size, gradient += map_size)
        for (size_t row = 0; row < layer->out_height; row++)
            for (size_t column = 0; column < layer->out_width; column++)
                gradient[largest_place(layer, map, row, column)] += *output_gradient++;
}

void vdib__max_pool_forward(const vdib__layer *layer, int threads, const float *input, size_t batch, float *output) {
    pooling p = {.layer = layer, .input = input, .output = output};
    vdib__parallel(vdib__threads_worth(threads, batch * layer->inputs), batch, pool_example, &p);
}

void vdib__max_pool_backward(const vdib__layer *layer, int threads, const float *input, const float *output_gradient,
                             size_t batch, float *input_gradient) {
    if (input_gradient == NULL)
        return;
    pooling p = {.layer = layer, .input = input, .output_gradient = output_gradient, .input_gradient = input_gradient};
    vdib__parallel(vdib__threads_worth(threads, batch * layer->inputs), batch, pool_gradient_example, &p);
}

void vdib__count_forward(const vdib__layer *layer, const float *input, size_t batch, float *output) {
    memset(output, 0, batch * layer->outputs * sizeof *output);
    for (size_t b = 0; b < batch; b++, output += layer->outputs)
        for (size_t t = 0; t < layer->in_channels; t++, input += layer->outputs)
            for (size_t i = 0; i < layer->outputs; i++)
                output[i] += input[i];
}

void vdib__count_backward(const vdib__layer *layer, const float *output_gradient, size_t batch, float *input_gradient) {
    if (input_gradient == NULL)
        return;
    for (size_t b = 0; b < batch; b++, output_gradient += layer->outputs)
        for (size_t t = 0; t < layer->in_channels; t++, input_gradient += layer->outputs)
            memcpy(input_gradient, output_gradient, layer->outputs * sizeof *input_gradient);
}

/* What a spike of step t of T counts if it is its neuron's first: 1 in the first step, 1/T in the last. */
static float earliness(const vdib__layer *layer, size_t t) {
    return (float)(layer->in_channels - t) / (float)layer->in_channels;
}

void vdib__first_forward(const vdib__layer *layer, const float *input, size_t batch, float *output) {
    memset(output, 0, batch * layer->outputs * sizeof *output);
    for (size_t b = 0; b < batch; b++, output += layer->outputs)
        for (size_t t = 0; t < layer->in_channels; t++, input += layer->outputs)
            for (size_t i = 0; i < layer->outputs; i++)
                if (output[i] == 0.0F)
                    output[i] = earliness(layer, t) * input[i];
}

/* Which spike is the first is held: no other one has a gradient, nor has a neuron that is silent. */
void vdib__first_backward(const vdib__layer *layer, const float *input, const float *output_gradient, size_t batch,
                          float *input_gradient) {
    size_t neurons = layer->outputs;
    if (input_gradient == NULL)
        return;
    memset(input_gradient, 0, batch * layer->inputs * sizeof *input_gradient);
    for (size_t b = 0; b < batch; b++, input += layer->inputs, input_gradient += layer->inputs)
        for (size_t i = 0; i < neurons; i++) {
            size_t t = 0;
            while (t < layer->in_channels && input[t * neurons + i] == 0.0F)
                t++;
            if (t < layer->in_channels)
                input_gradient[t * neurons + i] = earliness(layer, t) * output_gradient[b * neurons + i];
        }
}
