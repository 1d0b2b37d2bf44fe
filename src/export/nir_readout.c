/* SPDX-License-Identifier: MIT */
/* The readout of a model, (9) to (11) of docs/method.md, as nodes of a NIR graph. NIR has no noise: a neuron spikes
 * where a spike is likelier than none, u > 0. Each tap of a filter is a Delay and a Scale; all of them go to one
 * Threshold, whose own spikes come back by delays of one step and more. */
#include <math.h>
#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "export/nir.h"

typedef struct place {
    const vdib_model *model;
    vdib__nir_model *made;
    const vdib__readout *readout;
    double step;
} place;

/* What the readout reads: `width` of its inputs, from `begin` on, are what a node gives. */
typedef struct source {
    const char *name;
    size_t node, begin, width;
} source;

static const float *parameters_of(const place *at, size_t tensor) {
    return at->model->parameters + at->model->table.tensors[tensor].offset;
}

/* ---- taps ---- */

/* node, `lag` steps later and times factors (NY), goes to the spikes. */
static vdib_status add_tap(const place *at, size_t node, size_t lag, const char *name, const double *factors) {
    vdib__nir *graph = &at->made->graph;
    size_t neurons = at->readout->neurons, from = node, scale = 0;
    double *values = NULL;
    if (lag > 0) {
        VDIB_TRY(vdib__nir_add(graph, "Delay", &from, "%s_delay%zu", name, lag));
        VDIB_TRY(vdib__nir_fill(graph, from, "delay", VDIB_HDF5_FLOAT64, 1, &neurons, (double)lag * at->step));
        VDIB_TRY(vdib__nir_join(graph, node, from));
    }
    VDIB_TRY(vdib__nir_add(graph, "Scale", &scale, "%s_tap%zu", name, lag));
    VDIB_TRY(vdib__nir_put(graph, scale, "scale", VDIB_HDF5_FLOAT32, 1, &neurons, &values));
    for (size_t i = 0; i < neurons; i++)
        values[i] = factors[i];
    VDIB_TRY(vdib__nir_join(graph, from, scale));
    return vdib__nir_join(graph, scale, at->made->readout);
}

/* The taps of one filter: `weights` (NY), NULL: 1, times each of them, `later` steps later than the filter says. */
static vdib_status add_filter(const place *at, size_t node, const float *taps, size_t later, const float *weights,
                              const char *name) {
    size_t neurons = at->readout->neurons;
    double *factors = NULL;
    VDIB_TRY(VDIB_NEW(&factors, neurons));
    vdib_status status = VDIB_OK;
    for (size_t lag = 0; lag < at->readout->filter_steps && status == VDIB_OK; lag++) {
        if (taps[lag] == 0.0F)
            continue;
        for (size_t i = 0; i < neurons; i++)
            factors[i] = (double)taps[lag] * (weights != NULL ? (double)weights[i] : 1.0);
        status = add_tap(at, node, lag + later, name, factors);
    }
    vdib__free(factors);
    return status;
}

/* ---- what comes in ---- */

/* The columns of V, (NX, K, NY) in memory, of a source and a basis. */
static vdib_status add_synapses(const place *at, const source *from, size_t basis, size_t *node) {
    const vdib__readout *readout = at->readout;
    vdib__nir *graph = &at->made->graph;
    const float *weight = parameters_of(at, readout->weight);
    const size_t shape[2] = {readout->neurons, from->width};
    double *values = NULL;
    VDIB_TRY(vdib__nir_add(graph, "Linear", node, "readout_%s_basis%zu", from->name, basis));
    VDIB_TRY(vdib__nir_put(graph, *node, "weight", VDIB_HDF5_FLOAT32, 2, shape, &values));
    for (size_t i = 0; i < readout->neurons; i++)
        for (size_t j = 0; j < from->width; j++)
            values[i * from->width + j] =
                (double)weight[((from->begin + j) * readout->bases + basis) * readout->neurons + i];
    return vdib__nir_join(graph, from->node, *node);
}

static vdib_status add_source(const place *at, const source *from) {
    const vdib__readout *readout = at->readout;
    const float *taps = readout->learns_filters ? parameters_of(at, readout->taps) : readout->basis;
    for (size_t k = 0; k < readout->bases; k++) {
        char name[64];
        size_t node = 0;
        snprintf(name, sizeof name, "readout_%s_filter%zu", from->name, k);
        VDIB_TRY(add_synapses(at, from, k, &node));
        VDIB_TRY(add_filter(at, node, taps + k * readout->filter_steps, 0, NULL, name));
    }
    return VDIB_OK;
}

/* ---- feedback ---- */

/* f of the whole layer, (NY, KF, NY) in memory [from, k, to]. */
static vdib_status add_lateral(const place *at, size_t basis, size_t *node) {
    const vdib__readout *readout = at->readout;
    size_t neurons = readout->neurons, bases = readout->feedback_bases;
    const float *weight = parameters_of(at, readout->feedback);
    double *values = NULL;
    VDIB_TRY(vdib__nir_add(&at->made->graph, "Linear", node, "readout_lateral%zu", basis));
    VDIB_TRY(vdib__nir_put(&at->made->graph, *node, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){neurons, neurons},
                           &values));
    for (size_t to = 0; to < neurons; to++)
        for (size_t from = 0; from < neurons; from++)
            values[to * neurons + from] = (double)weight[(from * bases + basis) * neurons + to];
    return vdib__nir_join(&at->made->graph, at->made->readout, *node);
}

static vdib_status add_feedback(const place *at) {
    const vdib__readout *readout = at->readout;
    for (size_t k = 0; k < readout->feedback_bases; k++) {
        const float *taps = readout->feedback_basis + k * readout->filter_steps, *weights = NULL;
        size_t node = at->made->readout;
        char name[64];
        snprintf(name, sizeof name, "readout_feedback%zu", k);
        if (readout->lateral)
            VDIB_TRY(add_lateral(at, k, &node));
        else
            weights = parameters_of(at, readout->feedback) + k * readout->neurons;
        VDIB_TRY(add_filter(at, node, taps, 1, weights, name));
    }
    return VDIB_OK;
}

/* ---- all of it ---- */

static vdib_status put_thresholds(const place *at) {
    double *values = NULL;
    VDIB_TRY(vdib__nir_put(&at->made->graph, at->made->readout, "threshold", VDIB_HDF5_FLOAT64, 1,
                           &at->readout->neurons, &values));
    for (size_t i = 0; i < at->readout->neurons; i++)
        values[i] = -(double)parameters_of(at, at->readout->bias)[i];
    return VDIB_OK;
}

/* Maps of a convolution, or of the sensor, as one row. */
static vdib_status flat_node(vdib__nir *graph, size_t node, const size_t shape[3], const char *name, size_t *flat) {
    double *values = NULL;
    VDIB_TRY(vdib__nir_add(graph, "Flatten", flat, "%s", name));
    VDIB_TRY(vdib__nir_put(graph, *flat, "input_type", VDIB_HDF5_INT64, 1, (const size_t[]){3}, &values));
    for (size_t i = 0; i < 3; i++)
        values[i] = (double)shape[i];
    VDIB_TRY(vdib__nir_fill(graph, *flat, "start_dim", VDIB_HDF5_INT64, 0, NULL, 0.0));
    VDIB_TRY(vdib__nir_fill(graph, *flat, "end_dim", VDIB_HDF5_INT64, 0, NULL, -1.0));
    return vdib__nir_join(graph, node, *flat);
}

/* The sensor, flat. */
static vdib_status sensor(const place *at, source *from) {
    const vdib_geometry *g = &at->model->geometry;
    const size_t shape[3] = {g->input_channels, g->input_height, g->input_width};
    const vdib__encoder *encoder = &at->model->encoder;
    *from = (source){.name = "input", .node = at->made->input, .width = vdib__nir_volume(3, shape)};
    if (encoder->layer_count == 0 || !encoder->layers[0].convolutional)
        return VDIB_OK;
    return flat_node(&at->made->graph, at->made->input, shape, "readout_input_flat", &from->node);
}

static vdib_status last_layer(const place *at, source *from) {
    size_t last = at->model->encoder.layer_count - 1;
    const vdib__lif_layer *layer = &at->model->encoder.layers[last];
    const size_t shape[3] = {layer->out_channels, layer->out_height / layer->pool, layer->out_width / layer->pool};
    *from = (source){.name = "hidden", .node = at->made->layers[last], .width = layer->outputs};
    if (!layer->convolutional)
        return VDIB_OK;
    return flat_node(&at->made->graph, at->made->layers[last], shape, "readout_flat", &from->node);
}

vdib_status vdib__nir_readout(const vdib_model *model, vdib__nir_model *made) {
    const vdib__encoder *encoder = &model->encoder;
    const place at = {.model = model, .made = made, .readout = &encoder->readout, .step = vdib__nir_step_of(model)};
    source from;
    size_t begin = 0;
    VDIB_TRY(vdib__nir_add(&made->graph, "Threshold", &made->readout, "readout"));
    VDIB_TRY(put_thresholds(&at));
    if (encoder->layer_count > 0) {
        VDIB_TRY(last_layer(&at, &from));
        VDIB_TRY(add_source(&at, &from));
        begin = from.width;
    }
    if (encoder->layer_count == 0 || encoder->joined) {
        VDIB_TRY(sensor(&at, &from));
        from.begin = begin;
        VDIB_TRY(add_source(&at, &from));
    }
    return add_feedback(&at);
}
