/* SPDX-License-Identifier: MIT */
/* Weights of a NIR graph as those of a hidden layer: what reads the sums of windows reads the windows, sums of what a
 * convolution gives are those of its kernel at the places of a window, groups, dilation and sides that differ are
 * kernels with zeros. */
#include <string.h>

#include "export/nir_import.h"

/* How a node's weights lie within those of the layer. */
typedef struct lie {
    const vdib__nir_array *weight;
    size_t fold, groups, dilation[2];
    size_t begin[2];       /* zeros before a kernel that is shorter along an axis, and has less padding there */
    size_t window, stride; /* places whose sum the neurons read, along an axis, and how far they are apart */
    size_t map[3];         /* (channels, rows, columns) that dense weights are folded over */
} lie;

static lie lie_of(const vdib_import *import, const vdib__nir_layer *layer) {
    const vdib__nir_node *node = &import->graph.nodes[layer->weights];
    lie made = {.weight = vdib__nir_find(node, "weight"),
                .fold = layer->fold,
                .groups = (size_t)vdib__nir_value(node, "groups", 0, 1.0),
                .window = layer->window,
                .stride = (size_t)vdib__nir_value(node, "stride", 0, 1.0)};
    size_t padding[2];
    vdib__nir_pair(node, "dilation", 1.0, made.dilation);
    vdib__nir_pair(node, "padding", 0.0, padding);
    for (size_t axis = 0; axis < 2; axis++)
        made.begin[axis] = padding[1 - axis] > padding[axis] ? padding[1 - axis] - padding[axis] : 0;
    if (layer->fold > 1)
        memcpy(made.map, import->shapes[layer->read].dim, sizeof made.map);
    return made;
}

/* How far a kernel reaches along an axis, the same zeros behind it as before it. */
static size_t reach_of(const lie *at, size_t axis) {
    return at->dilation[axis] * (at->weight->shape[2 + axis] - 1) + 1 + 2 * at->begin[axis];
}

bool vdib__nir_is_square(const vdib_import *import, const vdib__nir_layer *layer) {
    lie at = lie_of(import, layer);
    return reach_of(&at, 0) == reach_of(&at, 1);
}

vdib__nir_weights vdib__nir_weights_of(const vdib_import *import, const vdib__nir_layer *layer) {
    const vdib__nir_node *node = &import->graph.nodes[layer->weights];
    lie at = lie_of(import, layer);
    const size_t *shape = at.weight->shape;
    if (at.weight->rank == 2)
        return (vdib__nir_weights){.rank = 2,
                                   .shape = {shape[0], at.fold > 1 ? at.map[0] * at.map[1] * at.map[2] : shape[1]}};
    size_t kernel = at.fold * ((at.window - 1) * at.stride + reach_of(&at, 0)), padding[2];
    vdib__nir_pair(node, "padding", 0.0, padding);
    return (vdib__nir_weights){.rank = 4,
                               .shape = {shape[0], at.groups * shape[1], kernel, kernel},
                               .stride = at.fold * layer->hop * at.stride,
                               .padding = at.fold * (padding[0] > padding[1] ? padding[0] : padding[1])};
}

/* The column of a pooled map that a place of the whole one is summed up in; SIZE_MAX: of none. */
static size_t pooled(const lie *at, size_t place) {
    size_t rows = at->map[1] / at->fold, columns = at->map[2] / at->fold;
    size_t channel = place / (at->map[1] * at->map[2]), row = place / at->map[2] % at->map[1] / at->fold;
    size_t column = place % at->map[2] / at->fold;
    return row < rows && column < columns ? (channel * rows + row) * columns + column : SIZE_MAX;
}

static void unfold_dense(const lie *at, const vdib__nir_weights *to, double *values) {
    for (size_t unit = 0; unit < to->shape[0]; unit++)
        for (size_t i = 0; i < to->shape[1]; i++) {
            size_t from = at->fold > 1 ? pooled(at, i) : i;
            values[unit * to->shape[1] + i] =
                from != SIZE_MAX ? at->weight->values[unit * at->weight->shape[1] + from] : 0.0;
        }
}

/* Where along an axis of a kernel, which stands at place `number` of a window, a place of the layer's comes from;
 * SIZE_MAX: beside it, or between two of its taps. */
static size_t tap(const lie *at, size_t axis, size_t place, size_t number) {
    size_t step = place / at->fold, begin = number * at->stride + at->begin[axis];
    if (step < begin || (step - begin) % at->dilation[axis] != 0)
        return SIZE_MAX;
    step = (step - begin) / at->dilation[axis];
    return step < at->weight->shape[2 + axis] ? step : SIZE_MAX;
}

/* A kernel (kernel, kernel) more, at one place of a window. */
static void add_kernel(const lie *at, const double *from, size_t kernel, size_t top, size_t left, double *to) {
    for (size_t y = 0; y < kernel; y++)
        for (size_t x = 0; x < kernel; x++) {
            size_t row = tap(at, 0, y, top), column = tap(at, 1, x, left);
            if (row != SIZE_MAX && column != SIZE_MAX)
                to[y * kernel + x] += from[row * at->weight->shape[3] + column];
        }
}

static void unfold_kernel(const lie *at, const double *from, size_t kernel, double *to) {
    for (size_t top = 0; top < at->window; top++)
        for (size_t left = 0; left < at->window; left++)
            add_kernel(at, from, kernel, top, left, to);
}

void vdib__nir_unfold(const vdib_import *import, const vdib__nir_layer *layer, double *values) {
    lie at = lie_of(import, layer);
    vdib__nir_weights to = vdib__nir_weights_of(import, layer);
    if (to.rank == 2) {
        unfold_dense(&at, &to, values);
        return;
    }
    const size_t *shape = at.weight->shape;
    size_t taps = to.shape[2] * to.shape[3], each = shape[0] / at.groups;
    memset(values, 0, vdib__nir_volume(to.rank, to.shape) * sizeof *values);
    for (size_t out = 0; out < shape[0]; out++)
        for (size_t in = 0; in < shape[1]; in++)
            unfold_kernel(&at, at.weight->values + (out * shape[1] + in) * shape[2] * shape[3], to.shape[2],
                          values + (out * to.shape[1] + out / each * shape[1] + in) * taps);
}
