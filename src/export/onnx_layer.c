/* SPDX-License-Identifier: MIT */
/* A hidden layer as nodes of an ONNX graph: docs/method.md, eq. (1) to (5), (43), and (76) to (78). Traces run on W s,
 * as vdib's own kernels do, and every operation is theirs, in their order.
 *
 * States of a layer, each (batch, NH): q_{t-1}, p_{t-1}, and R_t, A_t themselves, which depend on the past alone. */
#include "export/onnx.h"

/* A layer on its way into a graph: names of its values begin with `prefix`. */
typedef struct place {
    const vdib_model *model;
    vdib__onnx *graph;
    const vdib__lif_layer *layer;
    const char *prefix;
} place;

static const char *named(const place *at, const char *name) {
    return vdib__onnx_text(at->graph, "%s.%s", at->prefix, name);
}

static const char *add(const place *at, const char *name, const char *a, const char *b) {
    return vdib__onnx_node(at->graph, "Add", name, a, b, NULL);
}

static const char *subtract(const place *at, const char *name, const char *a, const char *b) {
    return vdib__onnx_node(at->graph, "Sub", name, a, b, NULL);
}

static const char *multiply(const place *at, const char *name, const char *a, const char *b) {
    return vdib__onnx_node(at->graph, "Mul", name, a, b, NULL);
}

/* ---- constants ---- */

/* A constant of the neurons, from their decays and gains. */
typedef float constant_of(const vdib__neuron *neuron, const vdib__lif_constants *constants);

static float synaptic_decay(const vdib__neuron *neuron, const vdib__lif_constants *c) {
    (void)neuron;
    return c->synaptic_decay;
}

static float membrane_decay(const vdib__neuron *neuron, const vdib__lif_constants *c) {
    (void)neuron;
    return c->membrane_decay;
}

static float refractory_decay(const vdib__neuron *neuron, const vdib__lif_constants *c) {
    (void)neuron;
    return c->refractory_decay;
}

static float synaptic_gain(const vdib__neuron *neuron, const vdib__lif_constants *c) {
    (void)neuron;
    return c->synaptic_gain;
}

static float membrane_gain(const vdib__neuron *neuron, const vdib__lif_constants *c) {
    (void)neuron;
    return c->membrane_gain;
}

static float refractory_gain(const vdib__neuron *neuron, const vdib__lif_constants *c) {
    (void)neuron;
    return c->refractory_gain;
}

static float adaptation_decay(const vdib__neuron *neuron, const vdib__lif_constants *c) {
    (void)c;
    return neuron->adaptation_decay;
}

static float adaptation_gain(const vdib__neuron *neuron, const vdib__lif_constants *c) {
    (void)c;
    return neuron->adaptation_strength * (1.0F - neuron->adaptation_decay);
}

/* One number, or, where units learn their time constants, one a neuron. */
static const char *constant(const place *at, const char *name, constant_of *value) {
    const vdib__lif_layer *layer = at->layer;
    size_t area = layer->out_height * layer->out_width;
    const char *full = named(at, name);
    if (!vdib__lif_learns_times(layer))
        return vdib__onnx_scalar(at->graph, full, value(&layer->neuron, &layer->constants));
    float *values = vdib__onnx_array(at->graph, full, 1, &layer->neurons);
    for (size_t unit = 0; unit < layer->out_channels && values != NULL; unit++) {
        const vdib__neuron neuron = vdib__lif_neuron_of(layer, &at->model->table, at->model->parameters, unit);
        const vdib__lif_constants constants = vdib__lif_constants_of(&neuron);
        for (size_t i = 0; i < area; i++)
            values[unit * area + i] = value(&neuron, &constants);
    }
    return full;
}

/* (NH) of the units' biases. */
static const char *bias(const place *at) {
    const vdib__lif_layer *layer = at->layer;
    const vdib__tensor *tensor = &at->model->table.tensors[layer->bias];
    size_t area = layer->out_height * layer->out_width;
    float *values = vdib__onnx_array(at->graph, tensor->name, 1, &layer->neurons);
    for (size_t i = 0; i < layer->neurons && values != NULL; i++)
        values[i] = at->model->parameters[tensor->offset + i / area];
    return tensor->name;
}

/* ---- the equations ---- */

/* W s, (batch, NH) */
static const char *current(const place *at, const char *input) {
    const vdib__lif_layer *layer = at->layer;
    const size_t dense[] = {layer->inputs, layer->neurons};
    const size_t kernel[] = {layer->out_channels, layer->in_channels, layer->kernel, layer->kernel};
    const size_t maps[] = {layer->in_channels, layer->in_height, layer->in_width};
    const int64_t k = (int64_t)layer->kernel, s = (int64_t)layer->stride, p = (int64_t)layer->padding;
    if (!layer->convolutional)
        return vdib__onnx_node(at->graph, "MatMul", named(at, "current"), input,
                               vdib__onnx_tensor(at->graph, at->model, layer->weight, 2, dense), NULL);
    const char *w = vdib__onnx_tensor(at->graph, at->model, layer->weight, 4, kernel);
    const char *x = vdib__onnx_reshape(at->graph, named(at, "input.maps"), input, 3, maps);
    const char *y = vdib__onnx_node(at->graph, "Conv", named(at, "current.maps"), x, w, NULL);
    vdib__onnx_numbers(at->graph, "kernel_shape", 2, (const int64_t[]){k, k});
    vdib__onnx_numbers(at->graph, "strides", 2, (const int64_t[]){s, s});
    vdib__onnx_numbers(at->graph, "pads", 4, (const int64_t[]){p, p, p, p});
    return vdib__onnx_reshape(at->graph, named(at, "current"), y, 1, &layer->neurons);
}

static const char *state(const place *at, const char *name, const char *help) {
    return vdib__onnx_state(at->graph, named(at, name), 1, &at->layer->neurons, help);
}

/* p_t = alpha p_{t-1} + g_m q_{t-1}, q_t = beta q_{t-1} + g_s W s_t; returns p_t. */
static const char *traces(const place *at, const char *drive) {
    const char *q = state(at, "synapse", "synaptic trace of the step before"),
               *p = state(at, "membrane", "membrane trace of the step before");
    const char *alpha_p = multiply(at, named(at, "membrane.left"), constant(at, "membrane_decay", membrane_decay), p);
    const char *gain_q = multiply(at, named(at, "membrane.new"), constant(at, "membrane_gain", membrane_gain), q);
    const char *beta_q = multiply(at, named(at, "synapse.left"), constant(at, "synaptic_decay", synaptic_decay), q);
    const char *gain_s = multiply(at, named(at, "synapse.new"), constant(at, "synaptic_gain", synaptic_gain), drive);
    add(at, vdib__onnx_next(at->graph, q), beta_q, gain_s);
    return add(at, vdib__onnx_next(at->graph, p), alpha_p, gain_q);
}

/* u_t = p_t + b + R_t - A_t */
static const char *potentials(const place *at, const char *p, const char *refractory, const char *adaptation) {
    const char *sum = add(at, named(at, "driven"), p, bias(at));
    const char *u = named(at, "potentials");
    if (adaptation == NULL)
        return add(at, u, sum, refractory);
    return subtract(at, u, add(at, named(at, "rested"), sum, refractory), adaptation);
}

/* R_{t+1} = alpha_r R_t - g_r h_t, A_{t+1} = alpha_a A_t + g_a h_t */
static void recover(const place *at, const char *spikes, const char *refractory, const char *adaptation) {
    const char *left =
        multiply(at, named(at, "refractory.left"), constant(at, "refractory_decay", refractory_decay), refractory);
    const char *new =
        multiply(at, named(at, "refractory.new"), constant(at, "refractory_gain", refractory_gain), spikes);
    subtract(at, vdib__onnx_next(at->graph, refractory), left, new);
    if (adaptation == NULL)
        return;
    left = multiply(at, named(at, "adaptation.left"), constant(at, "adaptation_decay", adaptation_decay), adaptation);
    new = multiply(at, named(at, "adaptation.new"), constant(at, "adaptation_gain", adaptation_gain), spikes);
    add(at, vdib__onnx_next(at->graph, adaptation), left, new);
}

/* Neurons that are reset, (76) to (78): I_t = beta I_{t-1} + g_s (W s_t + b), v_t = alpha v_{t-1} + g_m I_t with the v
 * that the reset left, u_t = v_t less the smallest number above theta. Their states are I and that v. */
static const char *reset_potentials(const place *at, const char *drive, const char **membrane) {
    const char *i = state(at, "synapse", "current of the step before"), *v = NULL;
    *membrane = state(at, "membrane", "potential that the step before left, 0 after a spike");
    const char *gain_s = multiply(at, named(at, "synapse.new"), constant(at, "synaptic_gain", synaptic_gain),
                                  add(at, named(at, "driven"), drive, bias(at)));
    const char *beta_i = multiply(at, named(at, "synapse.left"), constant(at, "synaptic_decay", synaptic_decay), i);
    const char *now = add(at, vdib__onnx_next(at->graph, i), beta_i, gain_s);
    const char *alpha_v =
        multiply(at, named(at, "membrane.left"), constant(at, "membrane_decay", membrane_decay), *membrane);
    v = add(at, named(at, "membrane.now"), alpha_v,
            multiply(at, named(at, "membrane.new"), constant(at, "membrane_gain", membrane_gain), now));
    return subtract(at, named(at, "potentials"), v,
                    vdib__onnx_scalar(at->graph, named(at, "above"), at->layer->constants.threshold));
}

/* v_t (1 - h_t): what the reset leaves. */
static void reset(const place *at, const char *spikes, const char *membrane) {
    const char *kept = subtract(at, named(at, "kept"), vdib__onnx_scalar(at->graph, named(at, "one"), 1.0F), spikes);
    multiply(at, vdib__onnx_next(at->graph, membrane), named(at, "membrane.now"), kept);
}

/* h_t = Theta(u_t) of every neuron. */
static const char *fire(const place *at, const char *u) {
    const char *zero = vdib__onnx_scalar(at->graph, named(at, "threshold"), 0.0F);
    const char *over = vdib__onnx_node(at->graph, "GreaterOrEqual", named(at, "over"), u, zero, NULL);
    const char *spikes = vdib__onnx_node(at->graph, "Cast", named(at, "spikes"), over, NULL, NULL);
    vdib__onnx_number(at->graph, "to", 1); /* float32 */
    return spikes;
}

/* The OR of the spikes in a window. */
static const char *pooled(const place *at, const char *spikes) {
    const vdib__lif_layer *layer = at->layer;
    const size_t maps[] = {layer->out_channels, layer->out_height, layer->out_width};
    const int64_t window = (int64_t)layer->pool;
    if (layer->pool == 1)
        return spikes;
    const char *x = vdib__onnx_reshape(at->graph, named(at, "spikes.maps"), spikes, 3, maps);
    const char *y = vdib__onnx_node(at->graph, "MaxPool", named(at, "pooled.maps"), x, NULL, NULL);
    vdib__onnx_numbers(at->graph, "kernel_shape", 2, (const int64_t[]){window, window});
    vdib__onnx_numbers(at->graph, "strides", 2, (const int64_t[]){window, window});
    const char *made = vdib__onnx_reshape(at->graph, named(at, "pooled"), y, 1, &layer->outputs);
    vdib__onnx_output(at->graph, made, 1, &layer->outputs, "what the next layer reads");
    return made;
}

/* The spikes of neurons of the spike-response form; *u receives their potentials. */
static const char *response(const place *at, const char *drive, const char **u) {
    const char *p = traces(at, drive);
    const char *refractory = state(at, "refractory", "refractory trace of this step"), *adaptation = NULL;
    if (at->layer->neuron.adaptation_strength > 0.0F)
        adaptation = state(at, "adaptation", "by how much the threshold of this step is raised");
    *u = potentials(at, p, refractory, adaptation);
    const char *spikes = fire(at, *u);
    recover(at, spikes, refractory, adaptation);
    return spikes;
}

static const char *reset_neurons(const place *at, const char *drive, const char **u) {
    const char *membrane = NULL;
    *u = reset_potentials(at, drive, &membrane);
    const char *spikes = fire(at, *u);
    reset(at, spikes, membrane);
    return spikes;
}

const char *vdib__onnx_layer(const vdib__export *job, vdib__onnx *graph, size_t number, const char *input) {
    const vdib__lif_layer *layer = &job->model->encoder.layers[number];
    const place at = {
        .model = job->model, .graph = graph, .layer = layer, .prefix = vdib__onnx_text(graph, "hidden.%zu", number)};
    const char *drive = current(&at, input), *u = NULL;
    const char *spikes = layer->resets ? reset_neurons(&at, drive, &u) : response(&at, drive, &u);
    vdib__onnx_output(graph, u, 1, &layer->neurons, "potentials of the neurons");
    vdib__onnx_output(graph, spikes, 1, &layer->neurons, "spikes of the neurons, as 0 and 1");
    return pooled(&at, spikes);
}
