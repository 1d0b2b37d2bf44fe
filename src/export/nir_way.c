/* SPDX-License-Identifier: MIT */
#include "export/nir_walk.h"

#include <string.h>

#include "core/error.h"

bool vdib__nir_has_edge(const vdib__nir *graph, size_t from, size_t to) {
    for (size_t e = 0; e < graph->edge_count; e++)
        if (graph->edges[e].from == from && graph->edges[e].to == to)
            return true;
    return false;
}

bool vdib__nir_goes_back(const vdib__nir *graph, size_t node, size_t to) {
    bool any = false;
    for (size_t e = 0; e < graph->edge_count; e++)
        if (graph->edges[e].from == node) {
            if (graph->edges[e].to != to)
                return false;
            any = true;
        }
    return any;
}

size_t vdib__nir_beginning(const vdib__nir *graph, size_t *other) {
    size_t found = VDIB_NIR_NONE;
    *other = VDIB_NIR_NONE;
    for (size_t i = 0; i < graph->node_count; i++)
        if (vdib__nir_is(&graph->nodes[i], "Input") && graph->nodes[i].depth == 0) {
            *other = found;
            found = i;
        }
    for (size_t i = 0; i < graph->node_count && found == VDIB_NIR_NONE; i++) {
        bool read = false;
        for (size_t e = 0; e < graph->edge_count; e++)
            read = read || graph->edges[e].to == i;
        if (!read && vdib__nir_is_weights(&graph->nodes[i]))
            found = i;
    }
    return found;
}

bool vdib__nir_is_own(const vdib__nir *graph) {
    size_t readout = vdib__nir_named(graph, "readout");
    return readout != VDIB_NIR_NONE && vdib__nir_is(&graph->nodes[readout], "Threshold") &&
           vdib__nir_named(graph, "hidden0_neurons") != VDIB_NIR_NONE;
}

/* Of files that vdib wrote: the readout and what leads to it, which a training begins anew. */
static bool is_readout(const vdib__nir *graph, size_t node) {
    return vdib__nir_is_own(graph) && strncmp(graph->nodes[node].name, "readout", strlen("readout")) == 0;
}

/* Behind the neurons of a layer a branch is the end of the layers, elsewhere there are none. */
static vdib_status branch(vdib__nir_walk *w, size_t one, size_t other) {
    const vdib__nir *graph = &w->import->graph;
    const char *from = graph->nodes[w->node].name, *a = graph->nodes[one].name, *b = graph->nodes[other].name;
    if (w->import->layer_count == 0 || w->layer.weights != VDIB_NIR_NONE)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: the graph branches behind %s, to %s and %s; hidden layers stand one behind another: "
                          "export it without one of them",
                          w->import->path, from, a, b);
    w->ended = true;
    return vdib__import_note(w->import, a, "", VDIB_FIDELITY_LEFT_OUT,
                             "the graph branches behind %s, to this and %s; the layers end there", from, b);
}

/* Whether nothing but an Output reads a node: it is a readout or a probe, if another way goes on. */
static bool is_dead_end(const vdib__nir *graph, size_t node) {
    for (size_t e = 0; e < graph->edge_count; e++)
        if (graph->edges[e].from == node && !vdib__nir_is(&graph->nodes[graph->edges[e].to], "Output"))
            return false;
    return true;
}

/* A way that ends, where another one goes on. Of an Output there is nothing to say. */
static vdib_status leave_dead_end(vdib__nir_walk *w, size_t node) {
    const vdib__nir_node *end = &w->import->graph.nodes[node];
    w->at[node].mark = VDIB_NIR_PASSED_BY;
    if (vdib__nir_is(end, "Output"))
        return VDIB_OK;
    return vdib__import_note(w->import, end->name, "", VDIB_FIDELITY_LEFT_OUT, "%s: it leads to no hidden neurons",
                             end->type);
}

/* Whether a node is passed by on the way: seen, of the readout, or recurrent weights, which are noted. */
static vdib_status pass_by(vdib__nir_walk *w, size_t to, bool *passed) {
    const vdib__nir *graph = &w->import->graph;
    *passed = w->at[to].mark != VDIB_NIR_UNSEEN || is_readout(graph, to);
    if (*passed || w->layer.weights != VDIB_NIR_NONE || !vdib__nir_goes_back(graph, to, w->node))
        return VDIB_OK;
    *passed = true;
    w->at[to].mark = VDIB_NIR_PASSED_BY;
    if (w->import->layer_count > 0)
        w->import->layers[w->import->layer_count - 1].without = "; its recurrent weights are left out";
    return vdib__import_note(w->import, graph->nodes[to].name, "", VDIB_FIDELITY_LEFT_OUT,
                             "recurrent weights (%s): hidden layers have none", graph->nodes[to].type);
}

/* One more node that reads the last one: the next one, or a way that ends there. */
static vdib_status add_way(vdib__nir_walk *w, size_t to, size_t *next) {
    const vdib__nir *graph = &w->import->graph;
    bool passed = false;
    VDIB_TRY(pass_by(w, to, &passed));
    if (passed)
        return VDIB_OK;
    if (*next != VDIB_NIR_NONE && is_dead_end(graph, to))
        return leave_dead_end(w, to);
    if (*next != VDIB_NIR_NONE && !is_dead_end(graph, *next))
        return branch(w, *next, to);
    if (*next != VDIB_NIR_NONE)
        VDIB_TRY(leave_dead_end(w, *next));
    *next = to;
    return VDIB_OK;
}

vdib_status vdib__nir_next(vdib__nir_walk *w, size_t *next) {
    const vdib__nir *graph = &w->import->graph;
    *next = VDIB_NIR_NONE;
    for (size_t e = 0; e < graph->edge_count && !w->ended; e++) {
        if (graph->edges[e].from != w->node)
            continue;
        if (graph->edges[e].to != *next)
            VDIB_TRY(add_way(w, graph->edges[e].to, next));
        else
            VDIB_TRY(vdib__import_note(w->import, graph->nodes[*next].name, "", VDIB_FIDELITY_APPROXIMATE,
                                       "two edges from %s to it: they are taken for one", graph->nodes[w->node].name));
    }
    return VDIB_OK;
}
