/* SPDX-License-Identifier: MIT */
/* The way through a NIR graph from the Input on, and the hidden layers that stand there. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "export/nir_walk.h"

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

static const vdib__nir_layer NOTHING = {.weights = VDIB_NIR_NONE,
                                        .neurons = VDIB_NIR_NONE,
                                        .traces = VDIB_NIR_NONE,
                                        .refractory = VDIB_NIR_NONE,
                                        .adaptation = VDIB_NIR_NONE,
                                        .delay = VDIB_NIR_NONE,
                                        .scale = VDIB_NIR_NONE,
                                        .sum = VDIB_NIR_NONE,
                                        .window = 1,
                                        .hop = 1,
                                        .fold = 1,
                                        .before = 1.0,
                                        .pool = 1};

/* ---- nodes on the way ---- */

static vdib_status end_at(vdib__nir_walk *w, const char *why) {
    const vdib__nir_node *node = &w->import->graph.nodes[w->node];
    w->ended = true;
    w->stopped = w->node;
    vdib__format(w->why, sizeof w->why, "%s", why);
    return vdib__import_note(w->import, node->name, "", VDIB_FIDELITY_LEFT_OUT, "%s: %s; the layers end here",
                             node->type, why);
}

/* Whether rows of a map that windows of `side` leave over at the edge are read by none of a layer's own. */
static bool nothing_over(const vdib__nir_shape *map, size_t side, size_t padding) {
    return padding == 0 || (map->dim[1] % side == 0 && map->dim[2] % side == 0);
}

/* Weights that read sums of windows are weights over these windows. */
static vdib_status fold(vdib__nir_walk *w) {
    const vdib__nir_node *node = &w->import->graph.nodes[w->node];
    const vdib__nir_node *pool = &w->import->graph.nodes[w->pool];
    const vdib__nir_array *weight = vdib__nir_find(node, "weight");
    const vdib__nir_shape *map = &w->import->shapes[w->layer.read];
    vdib__nir_layer layer = NOTHING;
    layer.weights = w->node, layer.read = w->layer.read;
    layer.fold = (size_t)vdib__nir_value(pool, "kernel_size", 0, 1.0);
    const vdib__nir_weights made = vdib__nir_weights_of(w->import, &layer);
    const size_t side = layer.fold;
    if (weight->rank == 4 && (made.shape[2] > 64 || made.stride > 64))
        return end_at(w, "over the windows of the pooling its kernel or stride would be above 64");
    if (weight->rank == 4 && !nothing_over(map, side, made.padding))
        return end_at(w, "the pooling leaves rows over that its padded kernel would read");
    if (weight->rank == 2 && weight->shape[1] != map->dim[0] * (map->dim[1] / side) * (map->dim[2] / side))
        return end_at(w, "its weights do not fit the maps of the pooling");
    w->layer.fold = side;
    w->layer.before *= vdib__nir_is(pool, "AvgPool2d") ? 1.0 / (double)(side * side) : 1.0;
    w->pool = VDIB_NIR_NONE;
    return vdib__import_note(w->import, pool->name, node->name, VDIB_FIDELITY_EXACT,
                             "weights of %s over windows of %zu x %zu", node->name, side, side);
}

/* Whether a convolution can be one here: kernels with zeros in them have dilation, groups and sides that differ. */
static bool fits_here(const vdib_import *import, size_t number) {
    const vdib__nir_node *node = &import->graph.nodes[number];
    const vdib__nir_array *weight = vdib__nir_find(node, "weight");
    size_t stride[2], padding[2], dilation[2];
    vdib__nir_layer layer = NOTHING;
    double groups = vdib__nir_value(node, "groups", 0, 1.0);
    vdib__nir_pair(node, "stride", 1.0, stride);
    vdib__nir_pair(node, "padding", 0.0, padding);
    vdib__nir_pair(node, "dilation", 1.0, dilation);
    if (stride[0] != stride[1] || stride[0] == 0 || stride[0] > 64 || !(groups >= 1.0) ||
        groups > (double)weight->shape[0] || weight->shape[0] % (size_t)groups != 0)
        return false;
    for (size_t i = 0; i < 2; i++)
        if (dilation[i] == 0 || dilation[i] > 64 || weight->shape[2 + i] > 64 ||
            padding[i] >= dilation[i] * (weight->shape[2 + i] - 1) + 1)
            return false;
    layer.weights = number;
    return vdib__nir_is_square(import, &layer) && vdib__nir_weights_of(import, &layer).shape[2] <= 64;
}

static vdib_status take_weights(vdib__nir_walk *w) {
    const vdib__nir_node *node = &w->import->graph.nodes[w->node];
    const vdib__nir_array *weight = vdib__nir_find(node, "weight");
    bool convolution = vdib__nir_is(node, "Conv2d");
    if (w->layer.weights != VDIB_NIR_NONE)
        return end_at(w, "weights behind weights, without neurons between them");
    if (weight == NULL || weight->rank != (convolution ? 4 : 2) || weight->count == 0)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: node %s (%s) has no fitting weight; export the network again",
                          w->import->path, node->name, node->type);
    if (convolution && !fits_here(w->import, w->node))
        return end_at(w, "groups that do not divide its channels, axes that differ, padding of a kernel or more, or a "
                         "kernel above 64, which convolutions here have not");
    if (w->pool != VDIB_NIR_NONE)
        VDIB_TRY(fold(w));
    if (!w->ended)
        w->layer.weights = w->node;
    return VDIB_OK;
}

/* The layer is complete. */
static vdib_status finish(vdib__nir_walk *w) {
    vdib_import *import = w->import;
    if (import->layer_count == VDIB_ENCODER_LAYERS)
        return end_at(w, "one layer more than there can be");
    if (import->layer_count > 0 && vdib__nir_responds(&import->layers[0]) != vdib__nir_responds(&w->layer))
        return end_at(w, "neurons that are reset and neurons that are not, which a network here does not mix");
    w->layer.neurons = w->node;
    import->layers[import->layer_count++] = w->layer;
    w->layer = NOTHING;
    return VDIB_OK;
}

/* A delay that is no step of the spike-response form's. */
static vdib_status leave_delay(vdib__nir_walk *w, size_t node) {
    w->layer.without = "; a delay before it is left out";
    return vdib__import_note(w->import, w->import->graph.nodes[node].name, "", VDIB_FIDELITY_LEFT_OUT,
                             "a delay, which hidden layers have not");
}

static vdib_status take_neurons(vdib__nir_walk *w) {
    if (w->layer.weights == VDIB_NIR_NONE)
        return end_at(w, "neurons that no weights drive");
    if (w->layer.traces != VDIB_NIR_NONE)
        return end_at(w, "neurons behind a CubaLI");
    if (w->layer.delay != VDIB_NIR_NONE)
        VDIB_TRY(leave_delay(w, w->layer.delay));
    return finish(w);
}

/* ---- the spike-response form ---- */

static bool any_bias(const vdib__nir_node *weights) {
    const vdib__nir_array *bias = vdib__nir_find(weights, "bias");
    for (size_t i = 0; bias != NULL && i < bias->count; i++)
        if (bias->values[i] != 0.0)
            return true;
    return false;
}

static vdib_status take_traces(vdib__nir_walk *w) {
    if (w->layer.weights == VDIB_NIR_NONE || w->layer.traces != VDIB_NIR_NONE)
        return end_at(w, "traces that no weights drive");
    if (any_bias(&w->import->graph.nodes[w->layer.weights]))
        return end_at(w, "a bias goes into its synapse; of neurons that are not reset it stands in the threshold");
    w->layer.traces = w->node;
    return VDIB_OK;
}

/* The LIs in a circle with the Threshold: the shorter one is the refractory trace. False: one or two it has not. */
static bool find_circles(vdib__nir_walk *w) {
    const vdib__nir *graph = &w->import->graph;
    size_t found[2] = {VDIB_NIR_NONE, VDIB_NIR_NONE}, count = 0;
    for (size_t i = 0; i < graph->node_count; i++)
        if (vdib__nir_is(&graph->nodes[i], "LI") && vdib__nir_has_edge(graph, w->node, i) &&
            vdib__nir_goes_back(graph, i, w->node)) {
            if (count == 2)
                return false;
            found[count++] = i;
            w->at[i].mark = VDIB_NIR_PASSED_BY;
        }
    bool other = count == 2 && vdib__nir_value(&graph->nodes[found[1]], "tau", 0, 0.0) <
                                   vdib__nir_value(&graph->nodes[found[0]], "tau", 0, 0.0);
    w->layer.refractory = found[other];
    w->layer.adaptation = found[!other];
    return count > 0;
}

/* The OR of the spikes in a window: their sum, times a factor, is above a threshold that one of them is above. */
static bool is_or(const vdib__nir_walk *w) {
    const vdib__nir_node *pool = &w->import->graph.nodes[w->pool];
    const vdib__nir_array *threshold = vdib__nir_find(&w->import->graph.nodes[w->node], "threshold");
    double side = vdib__nir_value(pool, "kernel_size", 0, 1.0);
    double one = w->layer.before * (vdib__nir_is(pool, "AvgPool2d") ? 1.0 / (side * side) : 1.0);
    for (size_t i = 0; threshold != NULL && i < threshold->count; i++)
        if (!(threshold->values[i] >= 0.0 && threshold->values[i] < one))
            return false;
    return threshold != NULL && threshold->count > 0;
}

static vdib_status take_or(vdib__nir_walk *w) {
    vdib_import *import = w->import;
    if (import->layer_count == 0 || !is_or(w))
        return end_at(w, "no OR of the spikes of hidden neurons");
    import->layers[import->layer_count - 1].pool =
        (size_t)vdib__nir_value(&import->graph.nodes[w->pool], "kernel_size", 0, 1.0);
    size_t pool = w->pool;
    w->pool = VDIB_NIR_NONE;
    w->layer.before = 1.0;
    return vdib__import_note(import, import->graph.nodes[pool].name, "max-pooling", VDIB_FIDELITY_EXACT,
                             "the OR of the spikes in a window, with %s", import->graph.nodes[w->node].name);
}

static vdib_status take_threshold(vdib__nir_walk *w) {
    if (w->pool != VDIB_NIR_NONE)
        return take_or(w);
    if (w->layer.traces == VDIB_NIR_NONE)
        return end_at(w, "a threshold without a potential that leaks");
    if (!find_circles(w))
        return end_at(w, "neurons that are not reset have a refractory trace, an LI in a circle with them, and one of "
                         "adaptation at most");
    return finish(w);
}

/* ---- other nodes ---- */

static bool are_maps(const vdib__nir_shape *shape) {
    const size_t most = 1 << 16;
    if (shape->rank != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (shape->dim[i] == 0 || shape->dim[i] > most)
            return false;
    return true;
}

/* Sums of what a convolution gives, before the neurons, are a convolution with a larger kernel and stride. */
static vdib_status take_sum(vdib__nir_walk *w, size_t window, size_t hop) {
    const vdib__nir_node *node = &w->import->graph.nodes[w->node];
    const vdib__nir_node *weights = &w->import->graph.nodes[w->layer.weights];
    w->layer.sum = w->node;
    w->layer.window = window, w->layer.hop = hop;
    const vdib__nir_weights made = vdib__nir_weights_of(w->import, &w->layer);
    if (made.shape[2] > 64 || made.stride > 64)
        return end_at(w, "over its windows the kernel or stride of the convolution would be above 64");
    return vdib__import_note(w->import, node->name, weights->name, VDIB_FIDELITY_EXACT,
                             "weights of %s at the places of windows of %zu x %zu", weights->name, window, window);
}

static vdib_status take_pool(vdib__nir_walk *w) {
    vdib_import *import = w->import;
    const vdib__nir_node *node = &import->graph.nodes[w->node];
    size_t window[2], stride[2], padding[2];
    vdib__nir_pair(node, "kernel_size", 0.0, window);
    vdib__nir_pair(node, "stride", 0.0, stride);
    vdib__nir_pair(node, "padding", 0.0, padding);
    bool behind = w->layer.weights != VDIB_NIR_NONE && vdib__nir_is(&import->graph.nodes[w->layer.weights], "Conv2d") &&
                  w->layer.traces == VDIB_NIR_NONE && w->layer.sum == VDIB_NIR_NONE;
    if (behind && window[0] > 0 && window[0] <= 64 && window[0] == window[1] && stride[0] > 0 && stride[0] <= 64 &&
        stride[0] == stride[1] && padding[0] == 0 && padding[1] == 0)
        return take_sum(w, window[0], stride[0]);
    if (behind)
        return end_at(w, "windows between a convolution and its neurons that are padded, not square, or above 64");
    if (w->layer.weights != VDIB_NIR_NONE || w->pool != VDIB_NIR_NONE)
        return end_at(w, "pooling of what is neither spikes nor given by a convolution");
    if (window[0] == 0 || window[0] != window[1] || stride[0] != window[0] || stride[1] != window[0] ||
        padding[0] != 0 || padding[1] != 0 || window[0] > 64)
        return end_at(w, "windows that overlap, are padded, not square, or above 64");
    if (w->before == VDIB_NIR_NONE || !are_maps(&import->shapes[w->before]))
        return end_at(w, "the maps that it reads have no known shape, or none that data can have");
    w->pool = w->node;
    w->layer.read = w->before;
    return VDIB_OK;
}

/* Whether an array has one value for each unit, or the same one for all places of a unit's map. */
static bool is_each(const vdib__nir_array *array, size_t units) {
    size_t area = array != NULL && array->count % units == 0 ? array->count / units : 0;
    if (area == 0 || (area > 1 && (array->rank == 0 || array->shape[0] != units)))
        return false;
    for (size_t i = 0; i < array->count; i++)
        if (array->values[i] != array->values[i / area * area])
            return false;
    return true;
}

/* A factor for each of the weights' units, or one for all that they read. */
static vdib_status take_scale(vdib__nir_walk *w) {
    const vdib__nir_node *node = &w->import->graph.nodes[w->node];
    const vdib__nir_array *scale = vdib__nir_find(node, "scale");
    bool same = scale != NULL && scale->count > 0;
    for (size_t i = 1; same && i < scale->count; i++)
        same = scale->values[i] == scale->values[0];
    if (w->layer.weights != VDIB_NIR_NONE && w->layer.traces == VDIB_NIR_NONE && w->layer.scale == VDIB_NIR_NONE) {
        size_t units = vdib__nir_find(&w->import->graph.nodes[w->layer.weights], "weight")->shape[0];
        if (!same && !is_each(scale, units))
            return end_at(w, "it has neither one factor nor one for each unit of the weights");
        w->layer.scale = w->node;
    } else if (w->layer.weights == VDIB_NIR_NONE && same)
        w->layer.before *= scale->values[0];
    else
        return end_at(w, "factors that cannot go into the weights");
    return vdib__import_note(w->import, node->name, "", VDIB_FIDELITY_EXACT, "Scale: goes into the weights");
}

static bool is_nothing(const vdib__nir_array *delay) {
    for (size_t i = 0; delay != NULL && i < delay->count; i++)
        if (delay->values[i] != 0.0)
            return false;
    return delay != NULL;
}

static vdib_status take_delay(vdib__nir_walk *w) {
    if (is_nothing(vdib__nir_find(&w->import->graph.nodes[w->node], "delay")))
        return VDIB_OK;
    if (w->layer.weights != VDIB_NIR_NONE && w->layer.traces == VDIB_NIR_NONE && w->layer.delay == VDIB_NIR_NONE) {
        w->layer.delay = w->node;
        return VDIB_OK;
    }
    return leave_delay(w, w->node);
}

static vdib_status pass(vdib__nir_walk *w) {
    (void)w;
    return VDIB_OK;
}

static const struct {
    const char *type;
    vdib_status (*take)(vdib__nir_walk *w);
} KINDS[] = {{"Input", pass},
             {"Output", pass},
             {"Flatten", pass},
             {"Affine", take_weights},
             {"Linear", take_weights},
             {"Conv2d", take_weights},
             {"CubaLIF", take_neurons},
             {"LIF", take_neurons},
             {"IF", take_neurons},
             {"CubaLI", take_traces},
             {"Threshold", take_threshold},
             {"SumPool2d", take_pool},
             {"AvgPool2d", take_pool},
             {"Scale", take_scale},
             {"Delay", take_delay}};

static vdib_status take(vdib__nir_walk *w) {
    if (strstr(w->import->graph.nodes[w->node].type, "MaxPool") != NULL)
        return end_at(w, "the largest of several values is no sum of them; train it with AvgPool2d, or with SumPool2d "
                         "and a Threshold behind the neurons");
    for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++)
        if (vdib__nir_is(&w->import->graph.nodes[w->node], KINDS[k].type))
            return KINDS[k].take(w);
    return end_at(w, "no node that a hidden layer is made of");
}

/* What was begun and is no layer. */
static vdib_status note_rest(vdib__nir_walk *w) {
    const vdib__nir *graph = &w->import->graph;
    if (w->layer.weights != VDIB_NIR_NONE)
        VDIB_TRY(vdib__import_note(w->import, graph->nodes[w->layer.weights].name, "", VDIB_FIDELITY_LEFT_OUT,
                                   "weights at the end, which drive no neurons"));
    if (w->pool != VDIB_NIR_NONE)
        VDIB_TRY(vdib__import_note(w->import, graph->nodes[w->pool].name, "", VDIB_FIDELITY_LEFT_OUT,
                                   "pooling at the end, which no weights read"));
    if (vdib__nir_is_own(graph))
        return vdib__import_note(w->import, "readout", "", VDIB_FIDELITY_LEFT_OUT,
                                 "vdib's readout, which a training begins anew; --init takes it from a model file");
    return VDIB_OK;
}

/* What comes into the nodes of the layers beside the way itself: second inputs, feedback of later layers, their own
 * spikes. */
static vdib_status note_others(vdib__nir_walk *w) {
    const vdib__nir *graph = &w->import->graph;
    for (size_t e = 0; e < graph->edge_count; e++) {
        size_t from = graph->edges[e].from, to = graph->edges[e].to;
        const vdib__nir_station *at = &w->at[to];
        if (at->mark != VDIB_NIR_ON_THE_WAY || at->from == from || at->layer >= w->import->layer_count ||
            w->at[from].mark == VDIB_NIR_PASSED_BY)
            continue;
        w->import->layers[at->layer].without = "; what else comes into it is left out";
        VDIB_TRY(vdib__import_note(w->import, graph->nodes[from].name, "", VDIB_FIDELITY_LEFT_OUT,
                                   "%s: that it goes into %s, too: hidden layers stand one behind another",
                                   graph->nodes[from].type, graph->nodes[to].name));
    }
    return VDIB_OK;
}

/* The layer that a node is of; sums of spikes and their threshold are of the one that gives them. */
static size_t layer_at(const vdib__nir_walk *w, size_t node) {
    size_t layer = w->import->layer_count;
    return layer > 0 && (w->pool != VDIB_NIR_NONE || vdib__nir_is(&w->import->graph.nodes[node], "Output")) ? layer - 1
                                                                                                            : layer;
}

static vdib_status go(vdib__nir_walk *w) {
    size_t next = w->node, from = VDIB_NIR_NONE;
    while (next != VDIB_NIR_NONE && !w->ended) {
        w->node = next;
        w->at[next] = (vdib__nir_station){.mark = VDIB_NIR_ON_THE_WAY, .from = from, .layer = layer_at(w, next)};
        from = next;
        VDIB_TRY(take(w));
        if (!vdib__nir_is(&w->import->graph.nodes[w->node], "Flatten"))
            w->before = w->node;
        if (!w->ended)
            VDIB_TRY(vdib__nir_next(w, &next));
    }
    VDIB_TRY(note_others(w));
    return note_rest(w);
}

static vdib_status no_layer(const vdib__nir_walk *w) {
    const char *path = w->import->path;
    if (w->stopped == VDIB_NIR_NONE)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: no hidden layer was found; export a network of Affine, Linear or Conv2d, then CubaLIF, "
                          "LIF or IF",
                          path);
    const vdib__nir_node *node = &w->import->graph.nodes[w->stopped];
    return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                      "%s: node %s (%s) is no hidden layer's: %s; export a network of Affine, Linear or Conv2d, then "
                      "CubaLIF, LIF or IF",
                      path, node->name, node->type, w->why);
}

/* Shapes where they can be known: of a graph that cannot be run up to there. */
static vdib_status find_shapes(vdib_import *import) {
    VDIB_TRY(VDIB_NEW(&import->shapes, import->graph.node_count));
    (void)vdib__nir_shapes(&import->graph, import->shapes);
    return VDIB_OK;
}

static vdib_status begin(vdib__nir_walk *w) {
    vdib_import *import = w->import;
    size_t other = VDIB_NIR_NONE;
    w->node = import->input = vdib__nir_beginning(&import->graph, &other);
    if (w->node == VDIB_NIR_NONE)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: the graph has no Input, and nothing else to begin with; export it with one",
                          import->path);
    if (other != VDIB_NIR_NONE)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: the graph has several Inputs, %s and %s; hidden layers read one: export it with one",
                          import->path, import->graph.nodes[other].name, import->graph.nodes[w->node].name);
    return import->shapes == NULL ? find_shapes(import) : VDIB_OK;
}

vdib_status vdib__nir_layers(vdib_import *import) {
    vdib__nir_walk w = {
        .import = import, .before = VDIB_NIR_NONE, .pool = VDIB_NIR_NONE, .layer = NOTHING, .stopped = VDIB_NIR_NONE};
    VDIB_TRY(begin(&w));
    VDIB_TRY(VDIB_NEW(&w.at, import->graph.node_count));
    vdib_status status = go(&w);
    vdib__free(w.at);
    if (status == VDIB_OK && import->layer_count == 0)
        return no_layer(&w);
    for (size_t l = 0; l < import->layer_count && status == VDIB_OK; l++)
        status = vdib__nir_check_layer(import, &import->layers[l]);
    if (status != VDIB_OK)
        import->layer_count = 0;
    return status;
}
