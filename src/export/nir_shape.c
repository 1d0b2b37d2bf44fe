/* SPDX-License-Identifier: MIT */
/* Shapes of a NIR graph: what each node gives. */
#include <string.h>

#include "core/error.h"
#include "export/nir.h"

void vdib__nir_pair(const vdib__nir_node *node, const char *name, double otherwise, size_t pair[2]) {
    for (size_t i = 0; i < 2; i++) {
        double value = vdib__nir_value(node, name, i, otherwise);
        pair[i] = value > 0.0 && value < 1e9 ? (size_t)value : 0;
    }
}

/* ---- by kind ---- */

/* The shape that a node gives, from its arrays and, where there is one (known), from what it reads. *shape stays
 * unknown where more has to be known first. */
typedef vdib_status shape_of(const vdib__nir_node *node, const vdib__nir_shape *input, vdib__nir_shape *shape);

static vdib_status missing(const vdib__nir_node *node, const char *name) {
    return vdib__fail(VDIB_ERROR_FORMAT, "node %s (%s) has no fitting %s", node->name, node->type, name);
}

static vdib_status of_port(const vdib__nir_node *node, const vdib__nir_shape *input, vdib__nir_shape *shape) {
    const vdib__nir_array *array = vdib__nir_find(node, "shape");
    if (array == NULL)
        array = vdib__nir_find(node, "input_type");
    if (array == NULL || array->count > VDIB_NIR_RANK) {
        *shape = *input;
        return VDIB_OK;
    }
    shape->rank = array->count;
    for (size_t i = 0; i < array->count; i++)
        shape->dim[i] = array->values[i] >= 1.0 && array->values[i] < 1e9 ? (size_t)array->values[i] : 1;
    return VDIB_OK;
}

static vdib_status of_output(const vdib__nir_node *node, const vdib__nir_shape *input, vdib__nir_shape *shape) {
    if (!vdib__nir_known(input))
        return of_port(node, input, shape);
    *shape = *input; /* what other programs write here is often not what comes in */
    return VDIB_OK;
}

static vdib_status of_weights(const vdib__nir_node *node, const vdib__nir_shape *input, vdib__nir_shape *shape) {
    const vdib__nir_array *weight = vdib__nir_find(node, "weight");
    (void)input;
    if (weight == NULL || weight->rank != 2)
        return missing(node, "weight of two dimensions");
    *shape = (vdib__nir_shape){.rank = 1, .dim = {weight->shape[0]}};
    return VDIB_OK;
}

/* The longest array of a node that has one number for each of its neurons; else the shape of what it reads. */
static vdib_status of_elements(const vdib__nir_node *node, const vdib__nir_shape *input, vdib__nir_shape *shape) {
    const vdib__nir_array *longest = NULL;
    for (size_t a = 0; a < node->array_count; a++)
        if (longest == NULL || node->arrays[a].count > longest->count)
            longest = &node->arrays[a];
    if (longest == NULL)
        return missing(node, "array");
    if (longest->count == 1) { /* for all of them, however many */
        *shape = *input;
        return VDIB_OK;
    }
    shape->rank = longest->rank > 0 ? longest->rank : 1;
    shape->dim[0] = 1;
    memcpy(shape->dim, longest->shape, longest->rank * sizeof *shape->dim);
    return VDIB_OK;
}

static vdib_status of_flat(const vdib__nir_node *node, const vdib__nir_shape *input, vdib__nir_shape *shape) {
    const vdib__nir_array *type = vdib__nir_find(node, "input_type");
    if (vdib__nir_known(input))
        *shape = (vdib__nir_shape){.rank = 1, .dim = {vdib__nir_count(input)}};
    else if (type != NULL && type->count <= VDIB_NIR_RANK) {
        *shape = (vdib__nir_shape){.rank = 1, .dim = {1}};
        for (size_t i = 0; i < type->count; i++)
            shape->dim[0] *= type->values[i] >= 1.0 && type->values[i] < 1e9 ? (size_t)type->values[i] : 1;
    }
    return VDIB_OK;
}

/* Along one axis; 0 if the window does not fit. */
static size_t windows(size_t extent, size_t window, size_t stride, size_t padding, size_t dilation) {
    size_t reach = dilation * (window - 1) + 1, padded = extent + 2 * padding;
    return window == 0 || stride == 0 || dilation == 0 || padded < reach ? 0 : (padded - reach) / stride + 1;
}

static vdib_status of_windows(const vdib__nir_node *node, const size_t in[2], const size_t window[2], size_t channels,
                              vdib__nir_shape *shape) {
    size_t stride[2], padding[2], dilation[2];
    vdib__nir_pair(node, "stride", 1.0, stride);
    vdib__nir_pair(node, "padding", 0.0, padding);
    vdib__nir_pair(node, "dilation", 1.0, dilation);
    *shape = (vdib__nir_shape){.rank = 3, .dim = {channels}};
    for (size_t i = 0; i < 2; i++) {
        shape->dim[1 + i] = windows(in[i], window[i], stride[i], padding[i], dilation[i]);
        if (shape->dim[1 + i] == 0 || padding[i] >= window[i])
            return missing(node, "kernel for maps of its input's size");
    }
    return VDIB_OK;
}

static vdib_status of_convolution(const vdib__nir_node *node, const vdib__nir_shape *input, vdib__nir_shape *shape) {
    const vdib__nir_array *weight = vdib__nir_find(node, "weight");
    size_t in[2];
    if (weight == NULL || weight->rank != 4)
        return missing(node, "weight of four dimensions");
    vdib__nir_pair(node, "input_shape", 0.0, in);
    if (vdib__nir_known(input) && input->rank == 3)
        in[0] = input->dim[1], in[1] = input->dim[2];
    if (in[0] == 0 || in[1] == 0)
        return VDIB_OK;
    return of_windows(node, in, weight->shape + 2, weight->shape[0], shape);
}

static vdib_status of_pool(const vdib__nir_node *node, const vdib__nir_shape *input, vdib__nir_shape *shape) {
    size_t window[2];
    vdib__nir_pair(node, "kernel_size", 0.0, window);
    if (window[0] == 0 || window[1] == 0)
        return missing(node, "kernel_size");
    if (!vdib__nir_known(input))
        return VDIB_OK;
    if (input->rank != 3)
        return missing(node, "input of three dimensions");
    return of_windows(node, input->dim + 1, window, input->dim[0], shape);
}

static const struct {
    const char *type;
    shape_of *of;
} KINDS[] = {{"Input", of_port},         {"Output", of_output},  {"Affine", of_weights},     {"Linear", of_weights},
             {"Conv2d", of_convolution}, {"SumPool2d", of_pool}, {"AvgPool2d", of_pool},     {"Flatten", of_flat},
             {"Scale", of_elements},     {"Delay", of_elements}, {"Threshold", of_elements}, {"I", of_elements},
             {"IF", of_elements},        {"LI", of_elements},    {"LIF", of_elements},       {"CubaLI", of_elements},
             {"CubaLIF", of_elements}};

/* ---- along the edges ---- */

/* The first known shape among what a node reads. */
static vdib__nir_shape input_of(const vdib__nir *graph, const vdib__nir_shape *shapes, size_t node) {
    for (size_t e = 0; e < graph->edge_count; e++)
        if (graph->edges[e].to == node && vdib__nir_known(&shapes[graph->edges[e].from]))
            return shapes[graph->edges[e].from];
    return (vdib__nir_shape){.rank = SIZE_MAX};
}

static vdib_status find(const vdib__nir *graph, vdib__nir_shape *shapes, size_t node, bool *changed) {
    vdib__nir_shape input = input_of(graph, shapes, node), shape = {.rank = SIZE_MAX};
    for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++)
        if (vdib__nir_is(&graph->nodes[node], KINDS[k].type))
            VDIB_TRY(KINDS[k].of(&graph->nodes[node], &input, &shape));
    if (vdib__nir_known(&shape) && memcmp(&shape, &shapes[node], sizeof shape) != 0) {
        *changed = true;
        shapes[node] = shape;
    }
    return VDIB_OK;
}

vdib_status vdib__nir_shapes(const vdib__nir *graph, vdib__nir_shape *shapes) {
    bool changed = true;
    for (size_t i = 0; i < graph->node_count; i++)
        shapes[i] = (vdib__nir_shape){.rank = SIZE_MAX};
    for (size_t pass = 0; changed && pass <= graph->node_count; pass++) {
        changed = false;
        for (size_t i = 0; i < graph->node_count; i++)
            VDIB_TRY(find(graph, shapes, i, &changed));
    }
    return VDIB_OK;
}
