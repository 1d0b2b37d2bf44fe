/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "export/nir_import.h"

/* IF neurons do not leak; the largest decay that stands for none. */
static const double NO_LEAK = 0.999;
/* From rest or reset up to the threshold, by which weights are divided. */
static const double LEAST_RISE = 1e-6;

vdib_status vdib__import_note(vdib_import *import, const char *part, const char *as, vdib_fidelity fidelity,
                              const char *note, ...) {
    const vdib__export job = {.report = import->report};
    char text[512];
    va_list values;
    va_start(values, note);
    vdib__vformat(text, sizeof text, note, values);
    va_end(values);
    return vdib__export_note(&job, part, as, fidelity, -1, "%s", text);
}

static bool is_weights(const vdib__nir_node *node) {
    return vdib__nir_is(node, "Affine") || vdib__nir_is(node, "Linear") || vdib__nir_is(node, "Conv2d");
}

static bool is_neurons(const vdib__nir_node *node) {
    return vdib__nir_is(node, "CubaLIF") || vdib__nir_is(node, "LIF") || vdib__nir_is(node, "IF");
}

/* ---- the way from the Input on ---- */

typedef struct walk {
    vdib_import *import;
    bool *seen; /* (nodes) */
    size_t node, weights;
    bool ended;
} walk;

/* Whether everything that a node gives goes back to `to`: recurrent weights. */
static bool goes_back(const vdib__nir *graph, size_t node, size_t to) {
    bool any = false;
    for (size_t e = 0; e < graph->edge_count; e++)
        if (graph->edges[e].from == node) {
            if (graph->edges[e].to != to)
                return false;
            any = true;
        }
    return any;
}

/* The node that the graph begins with: an Input, else one that nothing goes into. */
static size_t beginning(const vdib__nir *graph) {
    for (size_t i = 0; i < graph->node_count; i++)
        if (vdib__nir_is(&graph->nodes[i], "Input") && strchr(graph->nodes[i].name, '.') == NULL)
            return i;
    for (size_t i = 0; i < graph->node_count; i++) {
        bool read = false;
        for (size_t e = 0; e < graph->edge_count; e++)
            read = read || graph->edges[e].to == i;
        if (!read && is_weights(&graph->nodes[i]))
            return i;
    }
    return SIZE_MAX;
}

/* Behind the neurons of a layer a branch is the end of the layers, elsewhere there are none. */
static vdib_status branch(walk *w, size_t one, size_t other) {
    const vdib__nir *graph = &w->import->graph;
    const char *from = graph->nodes[w->node].name, *a = graph->nodes[one].name, *b = graph->nodes[other].name;
    if (w->import->layer_count == 0 || w->weights != SIZE_MAX)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: the graph branches behind %s, to %s and %s; hidden layers stand one behind another",
                          w->import->path, from, a, b);
    w->ended = true;
    return vdib__import_note(w->import, a, "", VDIB_FIDELITY_LEFT_OUT,
                             "the graph branches behind %s, to this and %s; the layers end there", from, b);
}

/* The next node; SIZE_MAX at the end. Recurrent weights are passed by. */
static vdib_status next_of(walk *w, size_t *next) {
    const vdib__nir *graph = &w->import->graph;
    *next = SIZE_MAX;
    for (size_t e = 0; e < graph->edge_count; e++) {
        size_t to = graph->edges[e].to;
        if (graph->edges[e].from != w->node || to == *next || w->seen[to])
            continue;
        if (goes_back(graph, to, w->node)) {
            w->seen[to] = true;
            VDIB_TRY(vdib__import_note(w->import, graph->nodes[to].name, "", VDIB_FIDELITY_LEFT_OUT,
                                       "recurrent weights (%s): hidden layers have none", graph->nodes[to].type));
            continue;
        }
        if (*next != SIZE_MAX)
            return branch(w, *next, to);
        *next = to;
    }
    return VDIB_OK;
}

/* ---- nodes on the way ---- */

static vdib_status end_at(walk *w, const char *why) {
    const vdib__nir_node *node = &w->import->graph.nodes[w->node];
    w->ended = true;
    return vdib__import_note(w->import, node->name, "", VDIB_FIDELITY_LEFT_OUT, "%s: %s; the layers end here",
                             node->type, why);
}

static vdib_status take_weights(walk *w) {
    const vdib__nir_node *node = &w->import->graph.nodes[w->node];
    const vdib__nir_array *weight = vdib__nir_find(node, "weight");
    size_t stride[2], padding[2], dilation[2];
    bool convolution = vdib__nir_is(node, "Conv2d");
    if (w->weights != SIZE_MAX)
        return end_at(w, "weights behind weights, without neurons between them");
    if (weight == NULL || weight->rank != (convolution ? 4 : 2) || weight->count == 0)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: node %s (%s) has no fitting weight", w->import->path, node->name,
                          node->type);
    vdib__nir_pair(node, "stride", 1.0, stride);
    vdib__nir_pair(node, "padding", 0.0, padding);
    vdib__nir_pair(node, "dilation", 1.0, dilation);
    if (convolution && (stride[0] != stride[1] || padding[0] != padding[1] || dilation[0] != 1 || dilation[1] != 1 ||
                        weight->shape[2] != weight->shape[3] || padding[0] >= weight->shape[2] || stride[0] == 0 ||
                        vdib__nir_value(node, "groups", 0, 1.0) != 1.0))
        return end_at(w, "groups, dilation, or unequal axes, which convolutions here have not");
    w->weights = w->node;
    return VDIB_OK;
}

static vdib_status take_neurons(walk *w) {
    vdib_import *import = w->import;
    if (w->weights == SIZE_MAX)
        return end_at(w, "neurons that no weights drive");
    if (import->layer_count == VDIB_ENCODER_LAYERS)
        return end_at(w, "one layer more than there can be");
    import->layers[import->layer_count++] = (vdib__nir_layer){.weights = w->weights, .neurons = w->node, .pool = 1};
    w->weights = SIZE_MAX;
    return VDIB_OK;
}

static vdib_status take_pool(walk *w) {
    vdib_import *import = w->import;
    const vdib__nir_node *node = &import->graph.nodes[w->node];
    size_t window[2], stride[2], padding[2];
    vdib__nir_pair(node, "kernel_size", 0.0, window);
    vdib__nir_pair(node, "stride", 0.0, stride);
    vdib__nir_pair(node, "padding", 0.0, padding);
    if (import->layer_count == 0 || w->weights != SIZE_MAX)
        return end_at(w, "pooling of what is no spikes");
    if (window[0] == 0 || window[0] != window[1] || stride[0] != window[0] || stride[1] != window[0] ||
        padding[0] != 0 || padding[1] != 0 || window[0] > 64)
        return end_at(w, "windows that overlap or are not square");
    import->layers[import->layer_count - 1].pool = window[0];
    return vdib__import_note(import, node->name, "max-pooling", VDIB_FIDELITY_APPROXIMATE,
                             "the OR of the spikes of %zu x %zu neurons stands for %s", window[0], window[0],
                             node->type[0] == 'S' ? "their sum" : "their mean");
}

static vdib_status take(walk *w) {
    const vdib__nir_node *node = &w->import->graph.nodes[w->node];
    if (vdib__nir_is(node, "Input") || vdib__nir_is(node, "Output") || vdib__nir_is(node, "Flatten"))
        return VDIB_OK;
    if (is_weights(node))
        return take_weights(w);
    if (is_neurons(node))
        return take_neurons(w);
    if (vdib__nir_is(node, "SumPool2d") || vdib__nir_is(node, "AvgPool2d"))
        return take_pool(w);
    if (vdib__nir_is(node, "Delay"))
        return vdib__import_note(w->import, node->name, "", VDIB_FIDELITY_LEFT_OUT, "a delay");
    return end_at(w, "no node that a hidden layer is made of");
}

static vdib_status go(walk *w) {
    size_t next = w->node;
    while (next != SIZE_MAX && !w->ended) {
        w->node = next;
        w->seen[next] = true;
        VDIB_TRY(take(w));
        if (!w->ended)
            VDIB_TRY(next_of(w, &next));
    }
    if (w->weights != SIZE_MAX && !w->ended)
        return vdib__import_note(w->import, w->import->graph.nodes[w->weights].name, "", VDIB_FIDELITY_LEFT_OUT,
                                 "weights at the end, which drive no neurons");
    return VDIB_OK;
}

/* ---- what cannot be taken ---- */

/* All values of an array, if there is one, are finite, and (`positive`) above zero. */
static vdib_status check_array(const vdib_import *import, size_t of, const char *name, bool positive) {
    const vdib__nir_node *node = &import->graph.nodes[of];
    const vdib__nir_array *array = vdib__nir_find(node, name);
    if (positive && (array == NULL || array->count == 0))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: node %s (%s) has no %s; export the network again", import->path,
                          node->name, node->type, name);
    for (size_t i = 0; array != NULL && i < array->count; i++) {
        double value = array->values[i];
        if (!isfinite(value) || (positive && value <= 0.0))
            return vdib__fail(VDIB_ERROR_DATA, "%s: node %s: %s[%zu] is %g; it must be finite%s: mend the network",
                              import->path, node->name, name, i, value, positive ? " and above zero" : "");
    }
    return VDIB_OK;
}

/* A value of a neuron; arrays of one are for all of them. */
static double at_neuron(const vdib__nir_node *node, const char *name, size_t neuron, double otherwise) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    if (array == NULL || array->count == 0)
        return otherwise;
    return array->values[neuron < array->count ? neuron : 0];
}

/* A neuron whose threshold is not above where it rests, or is reset to, would never be silent. */
static vdib_status check_thresholds(const vdib_import *import, size_t of) {
    static const char *const BELOW[] = {"v_leak", "v_reset"};
    const vdib__nir_node *node = &import->graph.nodes[of];
    size_t neurons = 1;
    for (size_t a = 0; a < node->array_count; a++)
        neurons = node->arrays[a].count > neurons ? node->arrays[a].count : neurons;
    for (size_t i = 0; i < neurons; i++)
        for (size_t b = 0; b < 2; b++) {
            double threshold = at_neuron(node, "v_threshold", i, 1.0), below = at_neuron(node, BELOW[b], i, 0.0);
            if (!(threshold - below > LEAST_RISE))
                return vdib__fail(VDIB_ERROR_DATA,
                                  "%s: node %s: v_threshold[%zu] is %g, and %s %g; the threshold must be above it by "
                                  "more than %g: mend the network",
                                  import->path, node->name, i, threshold, BELOW[b], below, LEAST_RISE);
        }
    return VDIB_OK;
}

static vdib_status check_layer(const vdib_import *import, const vdib__nir_layer *layer) {
    static const char *const FINITE[] = {"r", "v_leak", "v_reset", "v_threshold", "w_in"};
    const vdib__nir_node *neurons = &import->graph.nodes[layer->neurons];
    bool cuba = vdib__nir_is(neurons, "CubaLIF");
    VDIB_TRY(check_array(import, layer->weights, "weight", false));
    VDIB_TRY(check_array(import, layer->weights, "bias", false));
    if (cuba)
        VDIB_TRY(check_array(import, layer->neurons, "tau_syn", true));
    if (!vdib__nir_is(neurons, "IF"))
        VDIB_TRY(check_array(import, layer->neurons, cuba ? "tau_mem" : "tau", true));
    for (size_t i = 0; i < sizeof FINITE / sizeof *FINITE; i++)
        VDIB_TRY(check_array(import, layer->neurons, FINITE[i], false));
    return check_thresholds(import, layer->neurons);
}

vdib_status vdib__nir_layers(vdib_import *import) {
    walk w = {.import = import, .weights = SIZE_MAX, .node = beginning(&import->graph)};
    if (w.node == SIZE_MAX)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED, "%s: the graph has no Input, and nothing else to begin with",
                          import->path);
    VDIB_TRY(VDIB_NEW(&w.seen, import->graph.node_count));
    vdib_status status = go(&w);
    vdib__free(w.seen);
    if (status == VDIB_OK && import->layer_count == 0)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: no hidden layer was found: Affine, Linear or Conv2d, then CubaLIF, LIF or IF",
                          import->path);
    for (size_t l = 0; l < import->layer_count && status == VDIB_OK; l++)
        status = check_layer(import, &import->layers[l]);
    if (status != VDIB_OK)
        import->layer_count = 0;
    return status;
}

/* ---- constants ---- */

static double mean_of(const vdib__nir_node *node, const char *name, double otherwise) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    double sum = 0.0;
    for (size_t i = 0; array != NULL && i < array->count; i++)
        sum += array->values[i];
    return array != NULL && array->count > 0 ? sum / (double)array->count : otherwise;
}

/* The step that a program had that wrote r = tau / step (and w_in = tau_syn / step); 0: its constants do not say. */
static double own_step(const vdib__nir_node *node) {
    bool cuba = vdib__nir_is(node, "CubaLIF");
    double tau = mean_of(node, cuba ? "tau_mem" : "tau", 0.0), r = mean_of(node, "r", 1.0);
    double step = tau > 0.0 && r > 1.0 ? tau / r : 0.0;
    if (!cuba || step == 0.0)
        return step;
    double other = mean_of(node, "tau_syn", 0.0) / mean_of(node, "w_in", 1.0);
    return fabs(other / step - 1.0) < 0.01 ? step : 0.0;
}

static double decay_of(double step, double tau) {
    double decay = tau > 0.0 ? 1.0 - step / tau : 0.0;
    return decay < 0.0 ? 0.0 : decay > NO_LEAK ? NO_LEAK : decay;
}

void vdib__nir_decays(const vdib_import *import, vdib__nir_layer *layer, double step) {
    const vdib__nir_node *node = &import->graph.nodes[layer->neurons];
    bool cuba = vdib__nir_is(node, "CubaLIF");
    double own = own_step(node);
    layer->step = own > 0.0 ? own : step;
    layer->guessed = !cuba && own > 0.0 && fabs(own / step - 1.0) > 1e-4;
    layer->synaptic_decay = cuba ? decay_of(layer->step, mean_of(node, "tau_syn", 0.0)) : 0.0;
    layer->membrane_decay =
        vdib__nir_is(node, "IF") ? NO_LEAK : decay_of(layer->step, mean_of(node, cuba ? "tau_mem" : "tau", 0.0));
}

/* The mean of a parameter over the neurons of a unit: a neuron of a dense layer, a channel of a convolution. */
static double of_unit(const vdib__nir_node *node, const char *name, size_t units, size_t unit, double otherwise) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    if (array == NULL || array->count == 0)
        return otherwise;
    if (array->count < units || array->count % units != 0)
        return array->values[0];
    size_t area = array->count / units;
    double sum = 0.0;
    for (size_t i = unit * area; i < (unit + 1) * area; i++)
        sum += array->values[i];
    return sum / (double)area;
}

/* An input of 1 adds w_in step/tau_syn to the current, and that r step/tau_mem to the potential (of an IF r: a whole
 * step); here 1 - beta and 1 - alpha. All of it is linear up to the threshold, which becomes 1. */
double vdib__nir_scale(const vdib_import *import, const vdib__nir_layer *layer, size_t unit) {
    const vdib__nir_node *node = &import->graph.nodes[layer->neurons];
    size_t units = vdib__nir_find(&import->graph.nodes[layer->weights], "weight")->shape[0];
    bool cuba = vdib__nir_is(node, "CubaLIF");
    double r = of_unit(node, "r", units, unit, 1.0), gain = 1.0;
    double tau = of_unit(node, cuba ? "tau_mem" : "tau", units, unit, 0.0);
    double synapse = of_unit(node, "tau_syn", units, unit, 0.0);
    gain *= vdib__nir_is(node, "IF") ? r : tau > layer->step ? r * layer->step / tau : r;
    if (cuba)
        gain *= of_unit(node, "w_in", units, unit, 1.0) * (synapse > layer->step ? layer->step / synapse : 1.0);
    double threshold = of_unit(node, "v_threshold", units, unit, 1.0) - of_unit(node, "v_leak", units, unit, 0.0);
    return gain / ((1.0 - layer->synaptic_decay) * (1.0 - layer->membrane_decay)) / threshold;
}
