/* SPDX-License-Identifier: MIT */
/* NIR graphs in memory. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "export/nir.h"

enum { NAME = 256, NOTE = 512 };

static void free_node(vdib__nir_node *node) {
    for (size_t a = 0; a < node->array_count; a++)
        vdib__free(node->arrays[a].values);
    vdib__free(node->name);
    vdib__free(node->type);
}

void vdib__nir_free(vdib__nir *graph) {
    for (size_t i = 0; i < graph->node_count; i++)
        free_node(&graph->nodes[i]);
    for (size_t i = 0; i < graph->note_count; i++)
        vdib__free(graph->notes[i]);
    vdib__free(graph->nodes);
    vdib__free(graph->edges);
    vdib__free(graph->notes);
    vdib__free(graph->version);
    *graph = (vdib__nir){0};
}

/* ---- making ---- */

vdib_status vdib__nir_add(vdib__nir *graph, const char *type, size_t *index, const char *name, ...) {
    char text[NAME];
    va_list values;
    va_start(values, name);
    vdib__vformat(text, sizeof text, name, values);
    va_end(values);
    VDIB_TRY(VDIB_RESERVE(&graph->nodes, &graph->node_capacity, graph->node_count + 1));
    vdib__nir_node made = {.array_count = 0};
    VDIB_TRY(vdib__strdup(text, &made.name));
    vdib_status status = vdib__strdup(type, &made.type);
    if (status != VDIB_OK) {
        free_node(&made);
        return status;
    }
    if (index != NULL)
        *index = graph->node_count;
    graph->nodes[graph->node_count++] = made;
    return VDIB_OK;
}

vdib_status vdib__nir_put(vdib__nir *graph, size_t node, const char *name, vdib__hdf5_type stored, size_t rank,
                          const size_t *shape, double **values) {
    vdib__nir_node *of = &graph->nodes[node];
    vdib__nir_array made = {.stored = stored, .rank = rank, .count = vdib__nir_volume(rank, shape)};
    if (of->array_count == VDIB_NIR_ARRAYS || rank > VDIB_NIR_RANK || strlen(name) >= sizeof made.name)
        return vdib__fail(VDIB_ERROR_FORMAT, "node %s has too many arrays, or %s too many dimensions", of->name, name);
    snprintf(made.name, sizeof made.name, "%s", name);
    if (rank > 0)
        memcpy(made.shape, shape, rank * sizeof *shape);
    VDIB_TRY(VDIB_NEW(&made.values, made.count));
    of->arrays[of->array_count++] = made;
    if (values != NULL)
        *values = made.values;
    return VDIB_OK;
}

vdib_status vdib__nir_fill(vdib__nir *graph, size_t node, const char *name, vdib__hdf5_type stored, size_t rank,
                           const size_t *shape, double value) {
    double *values = NULL;
    VDIB_TRY(vdib__nir_put(graph, node, name, stored, rank, shape, &values));
    for (size_t i = 0; i < vdib__nir_volume(rank, shape); i++)
        values[i] = value;
    return VDIB_OK;
}

vdib_status vdib__nir_join(vdib__nir *graph, size_t from, size_t to) {
    VDIB_TRY(VDIB_RESERVE(&graph->edges, &graph->edge_capacity, graph->edge_count + 1));
    graph->edges[graph->edge_count++] = (vdib__nir_edge){from, to};
    return VDIB_OK;
}

vdib_status vdib__nir_note(vdib__nir *graph, const char *note, ...) {
    char text[NOTE];
    va_list values;
    va_start(values, note);
    vdib__vformat(text, sizeof text, note, values);
    va_end(values);
    VDIB_TRY(VDIB_RESERVE(&graph->notes, &graph->note_capacity, graph->note_count + 1));
    VDIB_TRY(vdib__strdup(text, &graph->notes[graph->note_count]));
    graph->note_count++;
    return VDIB_OK;
}

/* ---- looking ---- */

bool vdib__nir_is(const vdib__nir_node *node, const char *type) {
    return strcmp(node->type, type) == 0;
}

const vdib__nir_array *vdib__nir_find(const vdib__nir_node *node, const char *name) {
    for (size_t a = 0; a < node->array_count; a++)
        if (strcmp(node->arrays[a].name, name) == 0)
            return &node->arrays[a];
    return NULL;
}

double vdib__nir_value(const vdib__nir_node *node, const char *name, size_t index, double otherwise) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    if (array == NULL || array->count == 0)
        return otherwise;
    return array->values[array->count == 1 ? 0 : index < array->count ? index : array->count - 1];
}

size_t vdib__nir_named(const vdib__nir *graph, const char *name) {
    for (size_t i = 0; i < graph->node_count; i++)
        if (strcmp(graph->nodes[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}
