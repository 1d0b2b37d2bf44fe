/* SPDX-License-Identifier: MIT */
/* The decoder as an ONNX model. */
#include <string.h>

#include "core/error.h"
#include "export/onnx.h"

/* How a chain's values lie: vdib keeps them flat and in C order, operators want axes. */
typedef struct values {
    const char *name;
    size_t rank; /* axes beside the batch */
} values;

static values shaped(vdib__onnx *graph, values x, const char *name, size_t rank, const size_t *shape) {
    const char *output = vdib__onnx_text(graph, "%s.%zud", name, rank);
    return (values){vdib__onnx_reshape(graph, output, x.name, rank, shape), rank};
}

static values affine(const vdib__export *job, vdib__onnx *graph, const vdib__layer *layer, values x, const char *name) {
    const size_t weight[] = {layer->outputs, layer->inputs};
    if (x.rank != 1)
        x = shaped(graph, x, name, 1, &layer->inputs);
    const char *w = vdib__onnx_tensor(graph, job->model, layer->weight, 2, weight);
    const char *b = vdib__onnx_tensor(graph, job->model, layer->bias, 1, &layer->outputs);
    const char *y = vdib__onnx_node(graph, "Gemm", vdib__onnx_text(graph, "%s.output", name), x.name, w, b);
    vdib__onnx_number(graph, "transB", 1);
    return (values){y, 1};
}

/* Kernel, stride and padding of a square window. */
static void add_window(vdib__onnx *graph, const vdib__layer *layer, size_t axes) {
    const int64_t k = (int64_t)layer->kernel, s = (int64_t)layer->stride, p = (int64_t)layer->padding;
    vdib__onnx_numbers(graph, "kernel_shape", axes, (const int64_t[]){k, k});
    vdib__onnx_numbers(graph, "strides", axes, (const int64_t[]){s, s});
    vdib__onnx_numbers(graph, "pads", 2 * axes, (const int64_t[]){p, p, p, p});
}

static values convolution(const vdib__export *job, vdib__onnx *graph, const vdib__layer *layer, values x,
                          const char *name) {
    bool flat = layer->kind == VDIB_LAYER_CONV1D;
    const size_t kernel[] = {layer->out_channels, layer->in_channels, layer->kernel, layer->kernel};
    const size_t maps[] = {layer->in_channels, layer->in_height, layer->in_width};
    const size_t line[] = {layer->in_channels, layer->in_width};
    size_t axes = flat ? 1 : 2;
    if (x.rank != axes + 1)
        x = shaped(graph, x, name, axes + 1, flat ? line : maps);
    const char *w = vdib__onnx_tensor(graph, job->model, layer->weight, axes + 2, kernel);
    const char *b = vdib__onnx_tensor(graph, job->model, layer->bias, 1, &layer->out_channels);
    const char *y = vdib__onnx_node(graph, "Conv", vdib__onnx_text(graph, "%s.output", name), x.name, w, b);
    add_window(graph, layer, axes);
    return (values){y, axes + 1};
}

/* Places of the kernel that meet in the outputs beyond the last row and column, which are cut off, are padding too. */
static values upconvolution(const vdib__export *job, vdib__onnx *graph, const vdib__layer *layer, values x,
                            const char *name) {
    const size_t kernel[] = {layer->in_channels, layer->out_channels, layer->kernel, layer->kernel};
    const size_t maps[] = {layer->in_channels, layer->in_height, layer->in_width};
    const int64_t k = (int64_t)layer->kernel, s = (int64_t)layer->stride, p = (int64_t)layer->padding;
    const int64_t below = ((int64_t)layer->in_height - 1) * s + k - p - (int64_t)layer->out_height;
    const int64_t right = ((int64_t)layer->in_width - 1) * s + k - p - (int64_t)layer->out_width;
    if (x.rank != 3)
        x = shaped(graph, x, name, 3, maps);
    const char *w = vdib__onnx_tensor(graph, job->model, layer->weight, 4, kernel);
    const char *b = vdib__onnx_tensor(graph, job->model, layer->bias, 1, &layer->out_channels);
    const char *y = vdib__onnx_node(graph, "ConvTranspose", vdib__onnx_text(graph, "%s.output", name), x.name, w, b);
    vdib__onnx_numbers(graph, "kernel_shape", 2, (const int64_t[]){k, k});
    vdib__onnx_numbers(graph, "strides", 2, (const int64_t[]){s, s});
    vdib__onnx_numbers(graph, "pads", 4, (const int64_t[]){p, p, below, right});
    return (values){y, 3};
}

static values pooling(vdib__onnx *graph, const vdib__layer *layer, values x, const char *name) {
    const size_t maps[] = {layer->in_channels, layer->in_height, layer->in_width};
    if (x.rank != 3)
        x = shaped(graph, x, name, 3, maps);
    const char *y = vdib__onnx_node(graph, "MaxPool", vdib__onnx_text(graph, "%s.output", name), x.name, NULL, NULL);
    const int64_t k = (int64_t)layer->kernel;
    vdib__onnx_numbers(graph, "kernel_shape", 2, (const int64_t[]){k, k});
    vdib__onnx_numbers(graph, "strides", 2, (const int64_t[]){k, k});
    return (values){y, 3};
}

/* (steps, neurons) -> (neurons): spike counts. */
static values count(vdib__onnx *graph, const vdib__layer *layer, values x, const char *name) {
    const size_t window[] = {layer->in_channels, layer->outputs};
    if (x.rank != 2)
        x = shaped(graph, x, name, 2, window);
    const char *axes = vdib__onnx_whole(graph, vdib__onnx_text(graph, "%s.axes", name), 1, (const int64_t[]){1});
    const char *y = vdib__onnx_node(graph, "ReduceSum", vdib__onnx_text(graph, "%s.output", name), x.name, axes, NULL);
    vdib__onnx_number(graph, "keepdims", 0);
    return (values){y, 1};
}

/* eq. (66): the first spike is the largest of all spikes weighed by how early they are. */
static values first(vdib__onnx *graph, const vdib__layer *layer, values x, const char *name) {
    const size_t window[] = {layer->in_channels, layer->outputs}, weights[] = {layer->in_channels, 1};
    if (x.rank != 2)
        x = shaped(graph, x, name, 2, window);
    const char *early = vdib__onnx_text(graph, "%s.earliness", name);
    float *earliness = vdib__onnx_array(graph, early, 2, weights);
    for (size_t t = 0; t < layer->in_channels && earliness != NULL; t++)
        earliness[t] = (float)(layer->in_channels - t) / (float)layer->in_channels;
    const char *weighed =
        vdib__onnx_node(graph, "Mul", vdib__onnx_text(graph, "%s.weighed", name), x.name, early, NULL);
    const char *y = vdib__onnx_node(graph, "ReduceMax", vdib__onnx_text(graph, "%s.output", name), weighed, NULL, NULL);
    vdib__onnx_numbers(graph, "axes", 1, (const int64_t[]){1});
    vdib__onnx_number(graph, "keepdims", 0);
    return (values){y, 1};
}

/* "decoder.fc1" of "decoder.fc1.weight", or a name by number. */
static const char *layer_name(const vdib__export *job, vdib__onnx *graph, const vdib__layer *layer, size_t number) {
    bool weighted = layer->kind == VDIB_LAYER_AFFINE || layer->kind == VDIB_LAYER_CONV1D ||
                    layer->kind == VDIB_LAYER_CONV2D || layer->kind == VDIB_LAYER_UPCONV2D;
    const char *weight = weighted ? job->model->table.tensors[layer->weight].name : "";
    int length = (int)strlen(weight) - (int)strlen(".weight");
    return length > 0 ? vdib__onnx_text(graph, "%.*s", length, weight)
                      : vdib__onnx_text(graph, "decoder.layer%zu", number);
}

static values add_layer(const vdib__export *job, vdib__onnx *graph, const vdib__layer *layer, values x,
                        const char *name, const char **as) {
    switch (layer->kind) {
    case VDIB_LAYER_AFFINE:
        *as = "Gemm";
        return affine(job, graph, layer, x, name);
    case VDIB_LAYER_CONV1D:
    case VDIB_LAYER_CONV2D:
        *as = "Conv";
        return convolution(job, graph, layer, x, name);
    case VDIB_LAYER_UPCONV2D:
        *as = "ConvTranspose";
        return upconvolution(job, graph, layer, x, name);
    case VDIB_LAYER_MAX_POOL:
        *as = "MaxPool";
        return pooling(graph, layer, x, name);
    case VDIB_LAYER_RELU:
        *as = "Relu";
        return (values){vdib__onnx_node(graph, "Relu", vdib__onnx_text(graph, "%s.output", name), x.name, NULL, NULL),
                        x.rank};
    case VDIB_LAYER_COUNT:
        *as = "ReduceSum";
        return count(graph, layer, x, name);
    case VDIB_LAYER_FIRST:
        *as = "ReduceMax";
        return first(graph, layer, x, name);
    }
    return x;
}

/* What the decoder reads: what was received, or square roots of counts of the input's spikes (eq. 60). */
static values add_window_input(const vdib_model *model, vdib__onnx *graph) {
    const size_t shape[] = {model->window, model->row};
    if (!model->encoder.absent)
        return (values){vdib__onnx_input(graph, "window", 2, shape,
                                         "the last steps as received, oldest first: 0 or 1 a neuron, in the last place "
                                         "the mark of a lost packet where the channel has packets"),
                        2};
    const char *counts =
        vdib__onnx_input(graph, "counts", 2, shape, "how often each input channel spikes in each part of the time");
    return (values){vdib__onnx_node(graph, "Sqrt", "window", counts, NULL, NULL), 2};
}

/* The head's output beside the logits. */
static vdib_status add_head(const vdib__export *job, vdib__onnx *graph, values logits) {
    const vdib__head *head = job->model->head;
    const size_t outputs = job->model->outputs;
    const char *op = vdib__choice_is(&head->choice, "bernoulli")     ? "Sigmoid"
                     : vdib__choice_is(&head->choice, "categorical") ? "Softmax"
                     : vdib__choice_is(&head->choice, "gaussian")    ? "Identity"
                                                                     : NULL;
    if (logits.rank != 1)
        logits = shaped(graph, logits, "decoder.last", 1, &outputs);
    vdib__onnx_node(graph, "Identity", "logits", logits.name, NULL, NULL);
    vdib__onnx_output(graph, "logits", 1, &outputs, "what the head reads");
    if (op == NULL)
        return vdib__export_note(job, "decoder.head", "", VDIB_FIDELITY_LEFT_OUT, -1,
                                 "the head %s is not written; the file gives its logits", head->choice.name);
    vdib__onnx_node(graph, op, "output", "logits", NULL, NULL);
    if (head->classes)
        vdib__onnx_number(graph, "axis", -1);
    vdib__onnx_output(graph, "output", 1, &outputs, "probabilities or values: what vdib's own decoder gives");
    return vdib__export_note(job, "decoder.head", op, VDIB_FIDELITY_EXACT, -1, "%s", head->choice.name);
}

static vdib_status build(const vdib__export *job, vdib__onnx *graph) {
    const vdib__chain *chain = &job->model->decoder;
    values x = add_window_input(job->model, graph);
    for (size_t i = 0; i < chain->count; i++) {
        const char *name = layer_name(job, graph, &chain->layers[i], i), *as = NULL;
        x = add_layer(job, graph, &chain->layers[i], x, name, &as);
        if (as == NULL)
            return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                              "export: layer %zu of the decoder has no counterpart in ONNX files of vdib", i);
        VDIB_TRY(vdib__export_note(job, name, as, VDIB_FIDELITY_EXACT, -1, "%s", ""));
    }
    VDIB_TRY(add_head(job, graph, x));
    return vdib__onnx_status(graph);
}

vdib_status vdib__onnx_decoder(const vdib__export *job, vdib__onnx **graph) {
    vdib__onnx *made = NULL;
    VDIB_TRY(vdib__onnx_create("decoder", &made));
    vdib_status status = build(job, made);
    if (status == VDIB_OK)
        *graph = made;
    else
        vdib__onnx_destroy(made);
    return status;
}
