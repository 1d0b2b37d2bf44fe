/* SPDX-License-Identifier: MIT */
/* Building a chain of layers: shapes, tensors and their initial ranges. */
#include <limits.h>
#include <stdio.h>

#include "core/error.h"
#include "core/mathematics.h"
#include "decoder/layers.h"

/* BLAS counts in int. */
static const size_t MOST_VALUES = INT_MAX;

/* The shape that the next layer reads. */
typedef struct shape {
    size_t channels, height, width;
} shape;

void vdib__chain_begin(vdib__chain *chain, size_t channels, size_t height, size_t width) {
    *chain = (vdib__chain){0};
    vdib__layer *first = &chain->layers[0];
    first->in_channels = channels;
    first->in_height = height;
    first->in_width = width;
}

void vdib__chain_multiply_by(vdib__chain *chain, vdib__products products) {
    for (size_t l = 0; l < chain->count; l++)
        chain->layers[l].products = products;
}

static shape shape_before(const vdib__chain *chain) {
    if (chain->count == 0) {
        const vdib__layer *first = &chain->layers[0];
        return (shape){first->in_channels, first->in_height, first->in_width};
    }
    const vdib__layer *last = &chain->layers[chain->count - 1];
    return (shape){last->out_channels, last->out_height, last->out_width};
}

/* Product of a shape; 0 where it is empty or more than BLAS can count. */
static size_t values_of(shape s) {
    size_t product;
    if (__builtin_mul_overflow(s.channels, s.height, &product) || __builtin_mul_overflow(product, s.width, &product))
        return 0;
    return product <= MOST_VALUES ? product : 0;
}

/* Fills in a layer's kind and input shape; the caller fills in the rest and calls finish_layer. */
static vdib_status start_layer(vdib__chain *chain, vdib__layer_kind kind, const char *name, vdib__layer *layer) {
    if (chain->count == VDIB_CHAIN_LAYERS)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: a chain has at most %d layers", name, (int)VDIB_CHAIN_LAYERS);
    shape in = shape_before(chain);
    *layer = (vdib__layer){.kind = kind,
                           .in_channels = in.channels,
                           .in_height = in.height,
                           .in_width = in.width,
                           .inputs = values_of(in)};
    if (layer->inputs == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "%s: an input of %zu x %zu x %zu values cannot be read; 1 to %zu values are possible", name,
                          in.channels, in.height, in.width, MOST_VALUES);
    return VDIB_OK;
}

static vdib_status finish_layer(vdib__chain *chain, const char *name, vdib__layer *layer) {
    shape out = {layer->out_channels, layer->out_height, layer->out_width};
    layer->outputs = values_of(out);
    if (layer->outputs == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "%s: an output of %zu x %zu x %zu values cannot be made; 1 to %zu values are possible", name,
                          out.channels, out.height, out.width, MOST_VALUES);
    if (chain->count == 0)
        chain->inputs = layer->inputs;
    chain->outputs = layer->outputs;
    chain->layers[chain->count++] = *layer;
    return VDIB_OK;
}

/* Adds "<name>.weight" of the given shape and "<name>.bias" (biases), both uniform in +-1/sqrt(fan_in). */
static vdib_status add_tensors(vdib__tensor_table *table, vdib__tensor_role role, const char *name, size_t rank,
                               const size_t *weight_shape, size_t biases, size_t fan_in, vdib__layer *layer) {
    float bound = (float)(1.0 / vdib__sqrt((double)fan_in));
    char full[VDIB_TENSOR_NAME];
    snprintf(full, sizeof full, "%s.weight", name);
    VDIB_TRY(vdib__tensor_add(table, role, full, rank, weight_shape, NULL, bound, &layer->weight));
    snprintf(full, sizeof full, "%s.bias", name);
    return vdib__tensor_add(table, role, full, 1, &biases, NULL, bound, &layer->bias);
}

vdib_status vdib__chain_affine(vdib__chain *chain, vdib__tensor_table *table, vdib__tensor_role role, const char *name,
                               size_t outputs) {
    vdib__layer layer;
    VDIB_TRY(start_layer(chain, VDIB_LAYER_AFFINE, name, &layer));
    layer.out_channels = outputs;
    layer.out_height = layer.out_width = 1;
    VDIB_TRY(finish_layer(chain, name, &layer));
    const size_t weight_shape[] = {outputs, layer.inputs};
    return add_tensors(table, role, name, 2, weight_shape, outputs, layer.inputs, &chain->layers[chain->count - 1]);
}

/* Outputs along an axis of `extent` inputs; 0 where the kernel does not fit. */
static size_t positions(size_t extent, size_t kernel, size_t stride, size_t padding) {
    size_t padded;
    if (kernel == 0 || stride == 0 || __builtin_add_overflow(extent, 2 * padding, &padded) || padded < kernel)
        return 0;
    return (padded - kernel) / stride + 1;
}

/* A kernel must meet the input everywhere it is laid (padding < kernel), and its patches must be countable. */
static vdib_status check_convolution(const vdib__layer *layer, const char *name) {
    if (layer->kernel == 0 || layer->stride == 0 || layer->padding >= layer->kernel)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "%s: kernel %zu, stride %zu, padding %zu; kernel and stride are at least 1, padding is less "
                          "than the kernel",
                          name, layer->kernel, layer->stride, layer->padding);
    if (layer->out_height == 0 || layer->out_width == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "%s: a kernel of %zu with padding %zu does not fit into %zu x %zu inputs; make the input "
                          "larger",
                          name, layer->kernel, layer->padding, layer->in_height, layer->in_width);
    shape patch = {layer->in_channels, vdib__kernel_height(layer) * layer->kernel, layer->out_width};
    if (values_of(patch) == 0)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: patches of %zu x %zu values at %zu positions are too many", name,
                          patch.channels, patch.height, patch.width);
    return VDIB_OK;
}

vdib_status vdib__chain_conv(vdib__chain *chain, vdib__tensor_table *table, vdib__tensor_role role, const char *name,
                             bool two_dimensional, size_t out_channels, size_t kernel, size_t stride, size_t padding) {
    vdib__layer layer;
    VDIB_TRY(start_layer(chain, two_dimensional ? VDIB_LAYER_CONV2D : VDIB_LAYER_CONV1D, name, &layer));
    if (!two_dimensional && layer.in_height != 1)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: Conv1d reads maps of height 1, not %zu", name, layer.in_height);
    layer.kernel = kernel;
    layer.stride = stride;
    layer.padding = padding;
    layer.out_channels = out_channels;
    layer.out_height = two_dimensional ? positions(layer.in_height, kernel, stride, padding) : 1;
    layer.out_width = positions(layer.in_width, kernel, stride, padding);
    VDIB_TRY(check_convolution(&layer, name));
    VDIB_TRY(finish_layer(chain, name, &layer));
    const size_t weight_shape[] = {out_channels, layer.in_channels, kernel, kernel};
    return add_tensors(table, role, name, two_dimensional ? 4 : 3, weight_shape, out_channels, vdib__patch_size(&layer),
                       &chain->layers[chain->count - 1]);
}

/* Outputs along an axis of a transposed convolution; 0 where there are none. */
static size_t raised(size_t extent, size_t kernel, size_t stride, size_t padding) {
    size_t all = (extent - 1) * stride + kernel;
    return all > 2 * padding ? all - 2 * padding : 0;
}

static vdib_status check_upconvolution(const vdib__layer *layer, const char *name) {
    size_t height = raised(layer->in_height, layer->kernel, layer->stride, layer->padding);
    size_t width = raised(layer->in_width, layer->kernel, layer->stride, layer->padding);
    if (layer->stride == 0 || layer->kernel < layer->stride || layer->padding >= layer->kernel)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "%s: kernel %zu, stride %zu, padding %zu; the stride is 1 to the kernel, the padding less than "
            "the kernel",
            name, layer->kernel, layer->stride, layer->padding);
    if (layer->out_height == 0 || layer->out_width == 0 || layer->out_height > height || layer->out_width > width)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: outputs of %zu x %zu of maps of %zu x %zu; at most %zu x %zu", name,
                          layer->out_height, layer->out_width, layer->in_height, layer->in_width, height, width);
    vdib__layer mirror = vdib__upconvolution_mirror(layer);
    shape patch = {mirror.in_channels, mirror.kernel * mirror.kernel, mirror.out_width};
    if (values_of(patch) == 0)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: patches of %zu x %zu values at %zu positions are too many", name,
                          patch.channels, patch.height, patch.width);
    return VDIB_OK;
}

vdib_status vdib__chain_upconv(vdib__chain *chain, vdib__tensor_table *table, vdib__tensor_role role, const char *name,
                               size_t out_channels, size_t kernel, size_t stride, size_t padding, size_t height,
                               size_t width) {
    vdib__layer layer;
    VDIB_TRY(start_layer(chain, VDIB_LAYER_UPCONV2D, name, &layer));
    layer.kernel = kernel;
    layer.stride = stride;
    layer.padding = padding;
    layer.out_channels = out_channels;
    layer.out_height = height;
    layer.out_width = width;
    VDIB_TRY(check_upconvolution(&layer, name));
    VDIB_TRY(finish_layer(chain, name, &layer));
    const size_t weight_shape[] = {layer.in_channels, out_channels, kernel, kernel};
    size_t meeting = (kernel + stride - 1) / stride;
    return add_tensors(table, role, name, 4, weight_shape, out_channels, layer.in_channels * meeting * meeting,
                       &chain->layers[chain->count - 1]);
}

vdib_status vdib__chain_reshape(vdib__chain *chain, size_t channels, size_t height, size_t width) {
    shape now = {channels, height, width};
    if (chain->count == 0 || values_of(now) != chain->outputs)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%zu values cannot be %zu x %zu x %zu", chain->outputs, channels, height,
                          width);
    vdib__layer *last = &chain->layers[chain->count - 1];
    last->out_channels = channels;
    last->out_height = height;
    last->out_width = width;
    return VDIB_OK;
}

vdib_status vdib__chain_max_pool(vdib__chain *chain, size_t side) {
    vdib__layer layer;
    VDIB_TRY(start_layer(chain, VDIB_LAYER_MAX_POOL, "max-pooling", &layer));
    if (side == 0 || side > layer.in_height || side > layer.in_width)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "max-pooling: a window of %zu does not fit into %zu x %zu inputs; it takes 1 to the smaller "
                          "side",
                          side, layer.in_height, layer.in_width);
    layer.kernel = layer.stride = side;
    layer.out_channels = layer.in_channels;
    layer.out_height = layer.in_height / side;
    layer.out_width = layer.in_width / side;
    return finish_layer(chain, "max-pooling", &layer);
}

vdib_status vdib__chain_relu(vdib__chain *chain) {
    vdib__layer layer;
    VDIB_TRY(start_layer(chain, VDIB_LAYER_RELU, "ReLU", &layer));
    layer.out_channels = layer.in_channels;
    layer.out_height = layer.in_height;
    layer.out_width = layer.in_width;
    return finish_layer(chain, "ReLU", &layer);
}

/* One value for each neuron of (steps, 1, neurons). */
static vdib_status add_neurons(vdib__chain *chain, vdib__layer_kind kind, const char *name) {
    vdib__layer layer;
    VDIB_TRY(start_layer(chain, kind, name, &layer));
    layer.out_channels = layer.out_height = 1;
    layer.out_width = layer.in_height * layer.in_width;
    return finish_layer(chain, name, &layer);
}

vdib_status vdib__chain_count(vdib__chain *chain) {
    return add_neurons(chain, VDIB_LAYER_COUNT, "spike counts");
}

vdib_status vdib__chain_first(vdib__chain *chain) {
    return add_neurons(chain, VDIB_LAYER_FIRST, "first spikes");
}
