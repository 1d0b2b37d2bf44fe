/* SPDX-License-Identifier: MIT */
/* A NIR graph as a file: HDF5 as the reference package of NIR, version 1.0, reads and writes it. */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "export/nir.h"

enum { PATH = 512 };

/* The numbers of an array in the type that it is stored in; (*numbers) is freed by the caller. */
static vdib_status narrowed(const vdib__nir_array *array, void **numbers) {
    *numbers = NULL;
    VDIB_TRY(vdib__allocate(array->count, vdib__hdf5_size(array->stored), numbers));
    for (size_t i = 0; i < array->count; i++)
        if (array->stored == VDIB_HDF5_FLOAT32)
            ((float *)*numbers)[i] = (float)array->values[i];
        else if (array->stored == VDIB_HDF5_INT64)
            ((int64_t *)*numbers)[i] = (int64_t)array->values[i];
        else
            ((double *)*numbers)[i] = array->values[i];
    return VDIB_OK;
}

static vdib_status write_array(vdib__hdf5_output *output, const char *folder, const vdib__nir_array *array) {
    char path[PATH + VDIB_NIR_ARRAY_NAME + 1];
    uint64_t shape[VDIB_NIR_RANK];
    void *numbers = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, array->name);
    for (size_t i = 0; i < array->rank; i++)
        shape[i] = array->shape[i];
    VDIB_TRY(narrowed(array, &numbers));
    vdib_status status = vdib__hdf5_put_numbers(output, path, NULL, array->stored, array->rank, shape, numbers);
    vdib__free(numbers);
    return status;
}

static vdib_status write_node(vdib__hdf5_output *output, const vdib__nir_node *node) {
    char folder[PATH], path[PATH + 8];
    snprintf(folder, sizeof folder, "/node/nodes/%s", node->name);
    snprintf(path, sizeof path, "%s/type", folder);
    VDIB_TRY(vdib__hdf5_make_group(output, folder));
    VDIB_TRY(vdib__hdf5_put_text(output, path, NULL, node->type));
    for (size_t a = 0; a < node->array_count; a++)
        VDIB_TRY(write_array(output, folder, &node->arrays[a]));
    return VDIB_OK;
}

/* Pairs of names, (edges, 2). */
static vdib_status write_edges(vdib__hdf5_output *output, const vdib__nir *graph) {
    const uint64_t shape[2] = {graph->edge_count, 2};
    const char **names = NULL;
    VDIB_TRY(VDIB_NEW(&names, 2 * graph->edge_count));
    for (size_t e = 0; e < graph->edge_count; e++) {
        names[2 * e] = graph->nodes[graph->edges[e].from].name;
        names[2 * e + 1] = graph->nodes[graph->edges[e].to].name;
    }
    vdib_status status = vdib__hdf5_put_texts(output, "/node/edges", NULL, 2, shape, names);
    vdib__free(names);
    return status;
}

static vdib_status write_all(vdib__hdf5_output *output, const vdib__nir *graph) {
    VDIB_TRY(vdib__hdf5_put_text(output, "/version", NULL, "1.0.8"));
    VDIB_TRY(vdib__hdf5_make_group(output, "/node"));
    VDIB_TRY(vdib__hdf5_put_text(output, "/node/type", NULL, "NIRGraph"));
    VDIB_TRY(vdib__hdf5_make_group(output, "/node/nodes"));
    for (size_t i = 0; i < graph->node_count; i++)
        VDIB_TRY(write_node(output, &graph->nodes[i]));
    return write_edges(output, graph);
}

vdib_status vdib__nir_write(const vdib__nir *graph, const char *path) {
    vdib__hdf5_output *output = NULL;
    VDIB_TRY(vdib__hdf5_create(path, &output));
    vdib_status status = write_all(output, graph);
    if (status == VDIB_OK)
        return vdib__hdf5_finish(output);
    vdib__hdf5_abandon(output);
    return status;
}
