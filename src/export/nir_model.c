/* SPDX-License-Identifier: MIT */
/* The hidden layers of a model as nodes of a NIR graph.
 *
 * Neurons that are reset, (76) to (78) of docs/method.md, are NIR's CubaLIF (without a synapse: LIF) in Euler steps of
 * the model's length: tau_syn = step / (1 - beta), tau_mem = step / (1 - alpha), w_in = g_s / (1 - beta),
 * r = g_m / (1 - alpha). Without a leak, alpha = 1, they are its IF, r = g_m / step. Those of the spike-response
 * form, (1) to (5) and (43), are a CubaLI with the same traces behind a Delay of one step, and a Threshold that is
 * less by the bias; their refractory trace and their adaptation are an LI each, in a circle with the Threshold, so
 * that it gets the spike of the step before. */
#include <math.h>

#include "core/alloc.h"
#include "core/error.h"
#include "export/nir.h"

double vdib__nir_step_of(const vdib_model *model) {
    return 1e-6 * (double)vdib_config_step_us(model->config);
}

/* A layer on its way into the graph. */
typedef struct place {
    const vdib_model *model;
    vdib__nir_model *made;
    const vdib__lif_layer *layer;
    size_t number;
    size_t rank, shape[3]; /* of the neurons: (NH) or (channels, rows, columns) */
    double step;
} place;

static const float *parameters_of(const place *at, size_t tensor) {
    return at->model->parameters + at->model->table.tensors[tensor].offset;
}

/* ---- weights ---- */

static vdib_status put_pair(const place *at, size_t node, const char *name, size_t a, size_t b) {
    double *values = NULL;
    VDIB_TRY(vdib__nir_put(&at->made->graph, node, name, VDIB_HDF5_INT64, 1, (const size_t[]){2}, &values));
    values[0] = (double)a, values[1] = (double)b;
    return VDIB_OK;
}

/* The tensor in the file's order, which is NIR's. */
static vdib_status put_weight(const place *at, size_t node) {
    const vdib__tensor *tensor = &at->model->table.tensors[at->layer->weight];
    double *values = NULL;
    float *file = NULL;
    VDIB_TRY(vdib__nir_put(&at->made->graph, node, "weight", VDIB_HDF5_FLOAT32, tensor->rank, tensor->shape, &values));
    VDIB_TRY(VDIB_NEW(&file, tensor->count));
    vdib__tensor_to_file(tensor, parameters_of(at, at->layer->weight), file);
    for (size_t i = 0; i < tensor->count; i++)
        values[i] = (double)file[i];
    vdib__free(file);
    return VDIB_OK;
}

static vdib_status put_convolution(const place *at, size_t node) {
    const vdib__lif_layer *layer = at->layer;
    VDIB_TRY(put_pair(at, node, "input_shape", layer->in_height, layer->in_width));
    VDIB_TRY(put_pair(at, node, "stride", layer->stride, layer->stride));
    VDIB_TRY(put_pair(at, node, "padding", layer->padding, layer->padding));
    VDIB_TRY(put_pair(at, node, "dilation", 1, 1));
    return vdib__nir_fill(&at->made->graph, node, "groups", VDIB_HDF5_INT64, 0, NULL, 1.0);
}

/* W s, and b where it is a current. */
static vdib_status add_weights(const place *at, size_t *node) {
    const vdib__lif_layer *layer = at->layer;
    vdib__nir *graph = &at->made->graph;
    bool affine = layer->resets;
    const char *type = layer->convolutional ? "Conv2d" : affine ? "Affine" : "Linear";
    VDIB_TRY(vdib__nir_add(graph, type, node, "hidden%zu_weights", at->number));
    VDIB_TRY(put_weight(at, *node));
    if (layer->convolutional)
        VDIB_TRY(put_convolution(at, *node));
    if (!affine && !layer->convolutional)
        return VDIB_OK;
    double *values = NULL;
    VDIB_TRY(vdib__nir_put(graph, *node, "bias", VDIB_HDF5_FLOAT32, 1, &layer->out_channels, &values));
    for (size_t i = 0; i < layer->out_channels && affine; i++)
        values[i] = (double)parameters_of(at, layer->bias)[i];
    return VDIB_OK;
}

/* ---- neurons ---- */

/* A constant of a unit. */
typedef double constant_of(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit);

static double tau_synapse(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)neuron, (void)unit;
    return at->step / (1.0 - (double)c->synaptic_decay);
}

static double tau_membrane(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)neuron, (void)unit;
    return at->step / (1.0 - (double)c->membrane_decay);
}

static double weight_in(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)at, (void)neuron, (void)unit;
    return (double)c->synaptic_gain / (1.0 - (double)c->synaptic_decay);
}

static double resistance(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)neuron, (void)unit;
    double leak = 1.0 - (double)c->membrane_decay;
    return (double)c->membrane_gain / (leak > 0.0 ? leak : at->step);
}

static double none(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)at, (void)neuron, (void)c, (void)unit;
    return 0.0;
}

/* v > theta; of the spike-response form u >= 0, where u = v + b. */
static double threshold(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)c;
    if (at->layer->resets)
        return (double)neuron->threshold;
    return nextafter(-(double)parameters_of(at, at->layer->bias)[unit], -INFINITY);
}

/* R' = alpha_r R - g_r h, A' = alpha_a A + s (1 - alpha_a) h, which goes off the potential. */
static double tau_refractory(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)neuron, (void)unit;
    return at->step / (1.0 - (double)c->refractory_decay);
}

static double refractory(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)at, (void)neuron, (void)unit;
    return -(double)c->refractory_gain / (1.0 - (double)c->refractory_decay);
}

static double tau_adaptation(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)c, (void)unit;
    return at->step / (1.0 - (double)neuron->adaptation_decay);
}

static double adaptation(const place *at, const vdib__neuron *neuron, const vdib__lif_constants *c, size_t unit) {
    (void)at, (void)c, (void)unit;
    return -(double)neuron->adaptation_strength;
}

static vdib_status put_constants(const place *at, size_t node, const char *name, constant_of *value) {
    const vdib__lif_layer *layer = at->layer;
    size_t area = layer->out_height * layer->out_width;
    double *values = NULL;
    VDIB_TRY(vdib__nir_put(&at->made->graph, node, name, VDIB_HDF5_FLOAT64, at->rank, at->shape, &values));
    for (size_t unit = 0; unit < layer->out_channels; unit++) {
        const vdib__neuron neuron = vdib__lif_neuron_of(layer, &at->model->table, at->model->parameters, unit);
        const vdib__lif_constants constants = vdib__lif_constants_of(&neuron);
        for (size_t i = 0; i < area; i++)
            values[unit * area + i] = value(at, &neuron, &constants, unit);
    }
    return VDIB_OK;
}

/* Neurons that are reset and do not leak. */
static vdib_status add_integrators(const place *at, size_t *node) {
    if (at->layer->constants.synaptic_decay > 0.0F)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "export: hidden layer %zu has a synapse and no leak, which no neuron of NIR has; train with "
                          "neuron.model=lif, or with a leak",
                          at->number);
    VDIB_TRY(vdib__nir_add(&at->made->graph, "IF", node, "hidden%zu_neurons", at->number));
    VDIB_TRY(put_constants(at, *node, "r", resistance));
    VDIB_TRY(put_constants(at, *node, "v_threshold", threshold));
    return put_constants(at, *node, "v_reset", none);
}

/* Neurons that are reset, or (`spikes` false) the traces alone. */
static vdib_status add_traces(const place *at, bool spikes, size_t *node) {
    bool synapse = !at->layer->resets || at->layer->neuron.model->synapse;
    const char *type = !synapse ? "LIF" : spikes ? "CubaLIF" : "CubaLI";
    VDIB_TRY(
        vdib__nir_add(&at->made->graph, type, node, spikes ? "hidden%zu_neurons" : "hidden%zu_traces", at->number));
    if (synapse)
        VDIB_TRY(put_constants(at, *node, "tau_syn", tau_synapse));
    VDIB_TRY(put_constants(at, *node, synapse ? "tau_mem" : "tau", tau_membrane));
    VDIB_TRY(put_constants(at, *node, "r", resistance));
    VDIB_TRY(put_constants(at, *node, "v_leak", none));
    if (synapse)
        VDIB_TRY(put_constants(at, *node, "w_in", weight_in));
    if (!spikes)
        return VDIB_OK;
    VDIB_TRY(put_constants(at, *node, "v_threshold", threshold));
    return put_constants(at, *node, "v_reset", none);
}

/* A trace of the spikes of a Threshold, which comes back to it. */
static vdib_status add_circle(const place *at, size_t spikes, const char *name, constant_of *tau, constant_of *r) {
    vdib__nir *graph = &at->made->graph;
    size_t node = 0;
    VDIB_TRY(vdib__nir_add(graph, "LI", &node, "hidden%zu_%s", at->number, name));
    VDIB_TRY(put_constants(at, node, "tau", tau));
    VDIB_TRY(put_constants(at, node, "r", r));
    VDIB_TRY(put_constants(at, node, "v_leak", none));
    VDIB_TRY(vdib__nir_join(graph, spikes, node));
    return vdib__nir_join(graph, node, spikes);
}

static vdib_status add_response(const place *at, size_t *node) {
    vdib__nir *graph = &at->made->graph;
    size_t traces = 0;
    VDIB_TRY(add_traces(at, false, &traces));
    VDIB_TRY(vdib__nir_join(graph, *node, traces));
    VDIB_TRY(vdib__nir_add(graph, "Threshold", node, "hidden%zu_neurons", at->number));
    VDIB_TRY(put_constants(at, *node, "threshold", threshold));
    VDIB_TRY(vdib__nir_join(graph, traces, *node));
    VDIB_TRY(add_circle(at, *node, "refractory", tau_refractory, refractory));
    if (at->layer->neuron.adaptation_strength > 0.0F)
        return add_circle(at, *node, "adaptation", tau_adaptation, adaptation);
    return VDIB_OK;
}

/* *node: what drives the neurons, then the neurons. */
static vdib_status add_neurons(const place *at, size_t *node) {
    size_t neurons = 0;
    if (!at->layer->resets)
        return add_response(at, node);
    bool leaks = at->layer->constants.membrane_decay < 1.0F;
    VDIB_TRY(leaks ? add_traces(at, true, &neurons) : add_integrators(at, &neurons));
    VDIB_TRY(vdib__nir_join(&at->made->graph, *node, neurons));
    *node = neurons;
    return VDIB_OK;
}

/* The OR of the spikes in a window: their sum is above a half. */
static vdib_status add_pool(const place *at, size_t *node) {
    const vdib__lif_layer *layer = at->layer;
    vdib__nir *graph = &at->made->graph;
    const size_t shape[3] = {layer->out_channels, layer->out_height / layer->pool, layer->out_width / layer->pool};
    size_t sum = 0, before = *node;
    VDIB_TRY(vdib__nir_add(graph, "SumPool2d", &sum, "hidden%zu_sum", at->number));
    VDIB_TRY(put_pair(at, sum, "kernel_size", layer->pool, layer->pool));
    VDIB_TRY(put_pair(at, sum, "stride", layer->pool, layer->pool));
    VDIB_TRY(put_pair(at, sum, "padding", 0, 0));
    VDIB_TRY(vdib__nir_join(graph, before, sum));
    VDIB_TRY(vdib__nir_add(graph, "Threshold", node, "hidden%zu_or", at->number));
    VDIB_TRY(vdib__nir_fill(graph, *node, "threshold", VDIB_HDF5_FLOAT64, 3, shape, 0.5));
    return vdib__nir_join(graph, sum, *node);
}

/* ---- from layer to layer ---- */

/* Maps as one row, where a dense layer reads those of a convolution. */
static vdib_status add_flatten(vdib__nir *graph, const vdib__lif_layer *below, size_t number, size_t *node) {
    double *values = NULL;
    size_t flat = 0;
    VDIB_TRY(vdib__nir_add(graph, "Flatten", &flat, "hidden%zu_flat", number));
    VDIB_TRY(vdib__nir_put(graph, flat, "input_type", VDIB_HDF5_INT64, 1, (const size_t[]){3}, &values));
    values[0] = (double)below->out_channels;
    values[1] = (double)(below->out_height / below->pool), values[2] = (double)(below->out_width / below->pool);
    VDIB_TRY(vdib__nir_fill(graph, flat, "start_dim", VDIB_HDF5_INT64, 0, NULL, 0.0));
    VDIB_TRY(vdib__nir_fill(graph, flat, "end_dim", VDIB_HDF5_INT64, 0, NULL, -1.0));
    VDIB_TRY(vdib__nir_join(graph, *node, flat));
    *node = flat;
    return VDIB_OK;
}

/* One step later: the membrane of the spike-response form reads the synapse of the step before. */
static vdib_status add_delay(const place *at, size_t *node) {
    size_t before = *node;
    VDIB_TRY(vdib__nir_add(&at->made->graph, "Delay", node, "hidden%zu_delay", at->number));
    VDIB_TRY(vdib__nir_fill(&at->made->graph, *node, "delay", VDIB_HDF5_FLOAT64, at->rank, at->shape, at->step));
    return vdib__nir_join(&at->made->graph, before, *node);
}

/* *node: what the layer reads, then what it gives. */
static vdib_status add_layer(const place *at, size_t *node) {
    vdib__nir *graph = &at->made->graph;
    size_t weights = 0;
    VDIB_TRY(add_weights(at, &weights));
    VDIB_TRY(vdib__nir_join(graph, *node, weights));
    *node = weights;
    if (!at->layer->resets)
        VDIB_TRY(add_delay(at, node));
    VDIB_TRY(add_neurons(at, node));
    at->made->neurons[at->number] = *node;
    if (at->layer->pool > 1)
        VDIB_TRY(add_pool(at, node));
    at->made->layers[at->number] = *node;
    return VDIB_OK;
}

static vdib_status put_shape(vdib__nir *graph, size_t node, size_t rank, const size_t *shape) {
    double *values = NULL;
    VDIB_TRY(vdib__nir_put(graph, node, "shape", VDIB_HDF5_INT64, 1, &rank, &values));
    for (size_t i = 0; i < rank; i++)
        values[i] = (double)shape[i];
    return VDIB_OK;
}

vdib_status vdib__nir_hidden(const vdib_model *model, vdib__nir_model *made) {
    const vdib__encoder *encoder = &model->encoder;
    const vdib_geometry *g = &model->geometry;
    const size_t maps[3] = {g->input_channels, g->input_height, g->input_width}, flat = maps[0] * maps[1] * maps[2];
    bool convolutional = encoder->layer_count > 0 && encoder->layers[0].convolutional;
    VDIB_TRY(vdib__nir_add(&made->graph, "Input", &made->input, "input"));
    VDIB_TRY(put_shape(&made->graph, made->input, convolutional ? 3 : 1, convolutional ? maps : &flat));
    size_t node = made->input;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        if (l > 0 && !layer->convolutional && encoder->layers[l - 1].convolutional)
            VDIB_TRY(add_flatten(&made->graph, &encoder->layers[l - 1], l, &node));
        const place at = {.model = model,
                          .made = made,
                          .layer = layer,
                          .number = l,
                          .rank = layer->convolutional ? 3 : 1,
                          .shape = {layer->out_channels, layer->out_height, layer->out_width},
                          .step = vdib__nir_step_of(model)};
        VDIB_TRY(add_layer(&at, &node));
    }
    made->readout = SIZE_MAX;
    return VDIB_OK;
}
