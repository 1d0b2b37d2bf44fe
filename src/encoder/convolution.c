/* SPDX-License-Identifier: MIT */
#include "core/alloc.h"
#include "encoder/layers.h"

/* Along one axis: the kernel positions [begin, end) with step `stride` that reach an output from an input, and the
 * output of the first; the output of each next one is smaller by 1. An input at x meets kernel position k at output
 * (x + padding - k) / stride. */
static vdib__axis_taps reach_of(size_t input, size_t extent, const vdib__lif_layer *layer) {
    size_t place = input + layer->padding;
    size_t output = place / layer->stride, begin = place % layer->stride;
    if (output >= extent) { /* beyond the last output: larger kernel positions come back to it */
        begin += (output - extent + 1) * layer->stride;
        output = extent - 1;
    }
    size_t end = place + 1 < layer->kernel ? place + 1 : layer->kernel; /* output >= 0, and inside the kernel */
    size_t count = end > begin ? (end - begin - 1) / layer->stride + 1 : 0;
    return (vdib__axis_taps){.count = (uint32_t)count, .begin = (uint32_t)begin, .output = (uint32_t)output};
}

vdib_status vdib__axis_taps_create(vdib__lif_layer *layer) {
    vdib__axis_taps *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, layer->in_height + layer->in_width));
    for (size_t row = 0; row < layer->in_height; row++)
        made[row] = reach_of(row, layer->out_height, layer);
    for (size_t column = 0; column < layer->in_width; column++)
        made[layer->in_height + column] = reach_of(column, layer->out_width, layer);
    layer->axis_taps = made;
    return VDIB_OK;
}

vdib__patch vdib__patch_of(const vdib__lif_layer *layer, uint32_t input) {
    uint32_t width = (uint32_t)layer->in_width, area = (uint32_t)layer->in_height * width, place = input % area;
    vdib__axis_taps rows = layer->axis_taps[place / width],
                    columns = layer->axis_taps[layer->in_height + place % width];
    return (vdib__patch){.channel = input / area,
                         .rows = rows.count,
                         .columns = columns.count,
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

size_t vdib__convolution_reach(const vdib__lif_layer *layer, uint32_t input) {
    vdib__patch p = vdib__patch_of(layer, input);
    return p.rows * p.columns;
}
