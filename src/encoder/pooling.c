/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "encoder/layers.h"

/* The neuron with the largest potential of a window; the first of equal ones. */
static size_t window_largest(const vdib__lif_layer *layer, const float *potentials, size_t corner) {
    size_t largest = corner;
    for (size_t y = 0; y < layer->pool; y++)
        for (size_t x = 0; x < layer->pool; x++) {
            size_t neuron = corner + y * layer->out_width + x;
            if (potentials[neuron] > potentials[largest])
                largest = neuron;
        }
    return largest;
}

/* The upper left neuron of an output's window. Rows and columns beyond the last whole window belong to none. */
static size_t window_corner(const vdib__lif_layer *layer, size_t output) {
    size_t rows = layer->out_height / layer->pool, columns = layer->out_width / layer->pool;
    size_t column = output % columns, row = output / columns % rows, channel = output / columns / rows;
    return (channel * layer->out_height + row * layer->pool) * layer->out_width + column * layer->pool;
}

void vdib__lif_spikes(const vdib__lif_kernels *kernels, const vdib__lif_layer *layer, const float *potentials,
                      uint64_t *bits) {
    if (layer->pool == 1) {
        kernels->threshold(bits, potentials, layer->outputs);
        return;
    }
    memset(bits, 0, vdib__words(layer->outputs) * sizeof *bits);
    for (size_t i = 0; i < layer->outputs; i++) {
        size_t neuron = window_largest(layer, potentials, window_corner(layer, i));
        bits[i / 64] |= (uint64_t)(potentials[neuron] >= 0.0F) << i % 64;
    }
}

void vdib__lif_unpool(const vdib__lif_layer *layer, const float *potentials, const float *gradient, float *errors) {
    if (layer->pool == 1) {
        memcpy(errors, gradient, layer->outputs * sizeof *errors);
        return;
    }
    memset(errors, 0, layer->neurons * sizeof *errors);
    for (size_t i = 0; i < layer->outputs; i++)
        errors[window_largest(layer, potentials, window_corner(layer, i))] = gradient[i];
}
