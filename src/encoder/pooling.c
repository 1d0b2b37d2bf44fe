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

/* The upper left neurons of the windows, output after output. Rows and columns beyond the last whole window belong to
 * none. */
typedef struct corners {
    size_t rows, columns; /* windows of a channel */
    size_t row, column, next;
} corners;

static corners corners_of(const vdib__lif_layer *layer) {
    return (corners){.rows = layer->out_height / layer->pool, .columns = layer->out_width / layer->pool};
}

static size_t next_corner(const vdib__lif_layer *layer, corners *c) {
    size_t corner = c->next;
    c->next += layer->pool;
    if (++c->column == c->columns) {
        c->column = 0;
        c->next += layer->pool * layer->out_width - c->columns * layer->pool;
        if (++c->row == c->rows) {
            c->row = 0;
            c->next += (layer->out_height - c->rows * layer->pool) * layer->out_width;
        }
    }
    return corner;
}

void vdib__lif_spikes(const vdib__lif_kernels *kernels, const vdib__lif_layer *layer, const float *potentials,
                      uint64_t *bits) {
    if (layer->pool == 1) {
        kernels->threshold(bits, potentials, layer->outputs);
        return;
    }
    corners c = corners_of(layer);
    memset(bits, 0, vdib__words(layer->outputs) * sizeof *bits);
    for (size_t i = 0; i < layer->outputs; i++) {
        size_t neuron = window_largest(layer, potentials, next_corner(layer, &c));
        bits[i / 64] |= (uint64_t)(potentials[neuron] >= 0.0F) << i % 64;
    }
}

void vdib__lif_unpool(const vdib__lif_layer *layer, const float *potentials, const float *gradient, float *errors) {
    if (layer->pool == 1) {
        memcpy(errors, gradient, layer->outputs * sizeof *errors);
        return;
    }
    corners c = corners_of(layer);
    memset(errors, 0, layer->neurons * sizeof *errors);
    for (size_t i = 0; i < layer->outputs; i++)
        errors[window_largest(layer, potentials, next_corner(layer, &c))] = gradient[i];
}
