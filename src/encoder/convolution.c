/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "encoder/layers.h"

/* Along one axis: the kernel positions [begin, end) with step `stride` that reach an output from an input, and the
 * output of the first; the output of each next one is smaller by 1. An input at x meets kernel position k at output
 * (x + padding - k) / stride. */
typedef struct reach {
    size_t begin, end, output;
} reach;

static reach reach_of(size_t input, size_t extent, const vdib__lif_layer *layer) {
    size_t place = input + layer->padding;
    size_t output = place / layer->stride, k = place % layer->stride;
    if (output >= extent) { /* beyond the last output: larger kernel positions come back to it */
        k += (output - extent + 1) * layer->stride;
        output = extent - 1;
    }
    size_t end = place + 1 < layer->kernel ? place + 1 : layer->kernel; /* output >= 0, and inside the kernel */
    return (reach){.begin = k, .end = end, .output = output};
}

static size_t reach_count(const reach *r, size_t stride) {
    return r->end > r->begin ? (r->end - r->begin - 1) / stride + 1 : 0;
}

vdib__patch vdib__patch_of(const vdib__lif_layer *layer, uint32_t input) {
    size_t area = layer->in_height * layer->in_width, place = input % area;
    reach rows = reach_of(place / layer->in_width, layer->out_height, layer);
    reach columns = reach_of(place % layer->in_width, layer->out_width, layer);
    return (vdib__patch){.channel = input / area,
                         .rows = reach_count(&rows, layer->stride),
                         .columns = reach_count(&columns, layer->stride),
                         .tap = rows.begin * layer->kernel + columns.begin,
                         .tap_row = layer->stride * layer->kernel,
                         .tap_column = layer->stride,
                         .place = rows.output * layer->out_width + columns.output,
                         .width = layer->out_width};
}

void vdib__convolution_scatter(const vdib__lif_layer *layer, const float *weights, size_t channel, uint32_t input,
                               float value, float *map) {
    vdib__patch p = vdib__patch_of(layer, input);
    const float *kernel = weights + (channel * layer->in_channels + p.channel) * layer->kernel * layer->kernel + p.tap;
    for (size_t r = 0; r < p.rows; r++)
        for (size_t c = 0; c < p.columns; c++)
            map[p.place - r * p.width - c] += value * kernel[r * p.tap_row + c * p.tap_column];
}

void vdib__convolution_collect(const vdib__lif_layer *layer, uint32_t input, float value, const float *map,
                               float *gradient) {
    vdib__patch p = vdib__patch_of(layer, input);
    float *kernel = gradient + p.channel * layer->kernel * layer->kernel + p.tap;
    for (size_t r = 0; r < p.rows; r++)
        for (size_t c = 0; c < p.columns; c++)
            kernel[r * p.tap_row + c * p.tap_column] += value * map[p.place - r * p.width - c];
}

/* Adds one output's share to the errors of the inputs under its kernel. */
static void transpose_output(const vdib__lif_layer *layer, const float *kernels, size_t row, size_t column, float value,
                             float *errors) {
    for (size_t c = 0; c < layer->in_channels; c++)
        for (size_t ky = 0; ky < layer->kernel; ky++) {
            size_t y = row * layer->stride + ky - layer->padding; /* wraps to a huge number above the map */
            if (y >= layer->in_height)
                continue;
            const float *kernel = kernels + (c * layer->kernel + ky) * layer->kernel;
            float *line = errors + (c * layer->in_height + y) * layer->in_width;
            for (size_t kx = 0; kx < layer->kernel; kx++) {
                size_t x = column * layer->stride + kx - layer->padding;
                if (x < layer->in_width)
                    line[x] += value * kernel[kx];
            }
        }
}

void vdib__convolution_transpose(const vdib__lif_layer *layer, const float *weights, const float *values,
                                 float *errors) {
    size_t area = layer->out_height * layer->out_width;
    memset(errors, 0, layer->inputs * sizeof *errors);
    for (size_t o = 0; o < layer->out_channels; o++) {
        const float *kernels = weights + o * layer->in_channels * layer->kernel * layer->kernel;
        for (size_t place = 0; place < area; place++)
            if (values[o * area + place] != 0.0F)
                transpose_output(layer, kernels, place / layer->out_width, place % layer->out_width,
                                 values[o * area + place], errors);
    }
}

size_t vdib__convolution_reach(const vdib__lif_layer *layer, uint32_t input) {
    vdib__patch p = vdib__patch_of(layer, input);
    return p.rows * p.columns;
}
