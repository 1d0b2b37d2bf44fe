/* SPDX-License-Identifier: MIT */
/* NIR files of any program, leniently: strings of fixed or any length, integers where there should be real numbers,
 * arrays of (1) for numbers, ports that are missing, edges to a name inside of a subgraph. What was mended is noted. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "export/nir.h"

enum { PATH = 1024, NAME = 256, DEPTH = 4, MOST_NODES = 4096, MOST_NUMBERS = 1 << 28, MOST_EDGES = 65536 };

typedef struct reading {
    vdib__hdf5 *file;
    const char *path; /* of the file, for messages */
    vdib__nir *graph;
} reading;

static vdib_status read_graph(const reading *r, const char *group, const char *prefix, int depth);

/* ---- nodes ---- */

/* Names of arrays that nodes have; others are read where there is room. */
static bool is_known(const char *name) {
    static const char *const KNOWN[] = {"weight",      "bias",    "stride", "padding",     "dilation",  "groups",
                                        "input_shape", "tau",     "r",      "v_leak",      "v_reset",   "v_threshold",
                                        "tau_syn",     "tau_mem", "w_in",   "threshold",   "scale",     "delay",
                                        "start_dim",   "end_dim", "shape",  "kernel_size", "input_type"};
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (strcmp(KNOWN[i], name) == 0)
            return true;
    return false;
}

static vdib_status read_array(const reading *r, size_t node, const char *path, const char *name) {
    vdib__hdf5_info info;
    double *values = NULL, *into = NULL;
    size_t count = 0, shape[VDIB_NIR_RANK];
    VDIB_TRY(vdib__hdf5_look(r->file, path, NULL, &info));
    if (strcmp(name, "padding") == 0 && info.kind == VDIB_HDF5_IS_DATASET && info.columns == 1 &&
        info.column[0].type == VDIB_HDF5_TEXT)
        return VDIB_OK; /* mend_padding() */
    if (info.kind != VDIB_HDF5_IS_DATASET || info.columns != 1 || info.column[0].type == VDIB_HDF5_TEXT ||
        info.column[0].type == VDIB_HDF5_NONE || info.rank > VDIB_NIR_RANK)
        return vdib__nir_note(r->graph, "%s of node %s is no array of numbers: left out", name,
                              r->graph->nodes[node].name);
    if (r->graph->nodes[node].array_count == VDIB_NIR_ARRAYS || strlen(name) >= VDIB_NIR_ARRAY_NAME)
        return vdib__nir_note(r->graph, "%s of node %s is none that is known: left out", name,
                              r->graph->nodes[node].name);
    VDIB_TRY(vdib__hdf5_numbers(r->file, path, NULL, MOST_NUMBERS, &values, &count, &info));
    for (size_t i = 0; i < info.rank; i++)
        shape[i] = (size_t)info.shape[i];
    vdib_status status = vdib__nir_put(r->graph, node, name, VDIB_HDF5_FLOAT64, info.rank, shape, &into);
    if (status == VDIB_OK && count > 0)
        memcpy(into, values, count * sizeof *values);
    vdib__free(values);
    return status;
}

/* Whether a member of a node is none of its arrays. */
static bool is_beside(const char *name) {
    return strcmp(name, "type") == 0 || strcmp(name, "metadata") == 0 || strcmp(name, "output_type") == 0;
}

/* A shape that stands in a group, as the package nir keeps it in memory: input_type/input. */
static vdib_status read_member(const reading *r, size_t node, const char *group, const char *name) {
    char path[PATH], inside[PATH];
    vdib__format(path, sizeof path, "%s/%s", group, name);
    vdib__format(inside, sizeof inside, "%s/input", path);
    bool grouped = strcmp(name, "input_type") == 0 && vdib__hdf5_has(r->file, inside, VDIB_HDF5_IS_DATASET);
    return read_array(r, node, grouped ? inside : path, name);
}

/* Known ones first: a node has room for so many. */
static vdib_status read_arrays(const reading *r, size_t node, const char *group) {
    vdib__hdf5_names names = {0};
    VDIB_TRY(vdib__hdf5_list(r->file, group, false, &names));
    vdib_status status = VDIB_OK;
    for (int known = 1; known >= 0; known--)
        for (size_t i = 0; i < names.count && status == VDIB_OK; i++)
            if (!is_beside(names.names[i]) && is_known(names.names[i]) == (known != 0))
                status = read_member(r, node, group, names.names[i]);
    vdib__hdf5_names_free(&names);
    return status;
}

/* PyTorch's words for the padding of a convolution: "valid", none, and "same", half of what a kernel reaches. */
static vdib_status mend_padding(const reading *r, size_t node, const char *group) {
    const vdib__nir_node *of = &r->graph->nodes[node];
    const vdib__nir_array *weight = vdib__nir_find(of, "weight");
    char path[PATH], *text = NULL;
    double side[2] = {0.5, 0.5}, *values = NULL;
    for (size_t i = 0; i < 2 && weight != NULL && weight->rank == 4; i++)
        side[i] = vdib__nir_value(of, "dilation", i, 1.0) * ((double)weight->shape[2 + i] - 1.0);
    vdib__format(path, sizeof path, "%s/padding", group);
    if (vdib__nir_find(of, "padding") != NULL || !vdib__hdf5_has(r->file, path, VDIB_HDF5_IS_DATASET))
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_text(r->file, path, NULL, &text));
    bool same = strcmp(text, "same") == 0, valid = strcmp(text, "valid") == 0;
    vdib__free(text);
    if (!valid && (!same || fmod(side[0], 2.0) != 0.0 || fmod(side[1], 2.0) != 0.0))
        return vdib__fail(
            VDIB_ERROR_UNSUPPORTED,
            "%s: node %s (%s): its padding is a word that cannot be a number here; export it with numbers", r->path,
            of->name, of->type);
    VDIB_TRY(vdib__nir_put(r->graph, node, "padding", VDIB_HDF5_INT64, 1, (const size_t[]){2}, &values));
    for (size_t i = 0; i < 2 && same; i++)
        values[i] = side[i] / 2.0;
    return VDIB_OK;
}

static vdib_status read_type(const reading *r, const char *group, char **type) {
    char path[PATH];
    vdib__format(path, sizeof path, "%s/type", group);
    if (!vdib__hdf5_has(r->file, path, VDIB_HDF5_IS_DATASET))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s: there is no type; the file is damaged, or no NIR graph", r->path,
                          group);
    return vdib__hdf5_text(r->file, path, NULL, type);
}

/* A node, or the nodes of a subgraph behind "name.". */
static vdib_status read_node(const reading *r, const char *group, const char *name, int depth) {
    char *type = NULL, prefix[NAME];
    size_t node = 0;
    VDIB_TRY(read_type(r, group, &type));
    if (r->graph->node_count >= MOST_NODES) {
        vdib__free(type);
        return vdib__fail(VDIB_ERROR_UNSUPPORTED, "%s: more than %d nodes", r->path, MOST_NODES);
    }
    if (strcmp(type, "NIRGraph") == 0) {
        vdib__free(type);
        vdib__format(prefix, sizeof prefix, "%s.", name);
        return read_graph(r, group, prefix, depth + 1);
    }
    if (vdib__nir_named(r->graph, name) != SIZE_MAX) {
        vdib__free(type);
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: two nodes are called %s, one of them in a subgraph; rename one of them", r->path, name);
    }
    vdib_status status = vdib__nir_add(r->graph, type, &node, "%s", name);
    vdib__free(type);
    VDIB_TRY(status);
    r->graph->nodes[node].depth = depth;
    VDIB_TRY(read_arrays(r, node, group));
    return mend_padding(r, node, group);
}

static vdib_status read_nodes(const reading *r, const char *group, const char *prefix, int depth) {
    vdib__hdf5_names names = {0};
    char path[PATH], name[NAME];
    vdib__format(path, sizeof path, "%s/nodes", group);
    if (!vdib__hdf5_has(r->file, path, VDIB_HDF5_IS_GROUP))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s: there are no nodes; the file is damaged, or no NIR graph",
                          r->path, path);
    VDIB_TRY(vdib__hdf5_list(r->file, path, false, &names));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < names.count && status == VDIB_OK; i++) {
        vdib__format(path, sizeof path, "%s/nodes/%s", group, names.names[i]);
        vdib__format(name, sizeof name, "%s%s", prefix, names.names[i]);
        if (names.kinds[i] == VDIB_HDF5_IS_GROUP)
            status = read_node(r, path, name, depth);
    }
    vdib__hdf5_names_free(&names);
    return status;
}

/* ---- edges ---- */

/* The only node of a subgraph that is no port and no weights: what an edge inside of it may call by another name. */
static size_t only_neurons(const vdib__nir *graph, const char *prefix) {
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < graph->node_count; i++)
        if (prefix[0] != '\0' && strncmp(graph->nodes[i].name, prefix, strlen(prefix)) == 0 &&
            strstr(graph->nodes[i].type, "IF") != NULL) {
            if (found != SIZE_MAX)
                return SIZE_MAX;
            found = i;
        }
    return found;
}

/* The port of a subgraph: its only Input or Output, whatever it is called. */
static size_t port_of(const vdib__nir *graph, const char *name, const char *type, int depth) {
    size_t found = SIZE_MAX, length = strlen(name);
    for (size_t i = 0; i < graph->node_count; i++) {
        const vdib__nir_node *node = &graph->nodes[i];
        if (node->depth != depth || !vdib__nir_is(node, type) || strncmp(node->name, name, length) != 0 ||
            node->name[length] != '.')
            continue;
        if (found != SIZE_MAX)
            return SIZE_MAX;
        found = i;
    }
    return found;
}

/* The node of an edge's end: a node, a port of a subgraph, or, by a mended name, its neurons. */
static vdib_status end_of(const reading *r, const char *prefix, const char *name, const char *port, int depth,
                          size_t *node) {
    char full[NAME];
    vdib__format(full, sizeof full, "%s%s", prefix, name);
    *node = vdib__nir_named(r->graph, full);
    if (*node == SIZE_MAX)
        *node = port_of(r->graph, full, port, depth + 1);
    if (*node != SIZE_MAX)
        return VDIB_OK;
    *node = only_neurons(r->graph, prefix);
    if (*node != SIZE_MAX)
        return vdib__nir_note(r->graph, "an edge names %s, which is not there: taken for %s", full,
                              r->graph->nodes[*node].name);
    return vdib__nir_note(r->graph, "an edge names %s, which is not there: left out", full);
}

static vdib_status read_edges(const reading *r, const char *group, const char *prefix, int depth) {
    char path[PATH], **texts = NULL;
    size_t count = 0;
    vdib__hdf5_info info;
    vdib__format(path, sizeof path, "%s/edges", group);
    VDIB_TRY(vdib__hdf5_look(r->file, path, NULL, &info));
    if (info.kind != VDIB_HDF5_IS_DATASET || info.rows == 0)
        return vdib__nir_note(r->graph, "%s: there are no edges", path);
    VDIB_TRY(vdib__hdf5_texts(r->file, path, NULL, 2 * (size_t)MOST_EDGES, &texts, &count, &info));
    vdib_status status = VDIB_OK;
    for (size_t e = 0; e + 1 < count && status == VDIB_OK; e += 2) {
        size_t from = 0, to = 0;
        status = end_of(r, prefix, texts[e], "Output", depth, &from);
        if (status == VDIB_OK)
            status = end_of(r, prefix, texts[e + 1], "Input", depth, &to);
        if (status == VDIB_OK && from != SIZE_MAX && to != SIZE_MAX)
            status = vdib__nir_join(r->graph, from, to);
    }
    vdib__free(texts);
    return status;
}

static vdib_status read_graph(const reading *r, const char *group, const char *prefix, int depth) {
    if (depth > DEPTH)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED, "%s: %s: more than %d graphs inside of each other", r->path, group,
                          DEPTH);
    VDIB_TRY(read_nodes(r, group, prefix, depth));
    return read_edges(r, group, prefix, depth);
}

/* ---- files ---- */

static vdib_status read_all(const reading *r) {
    if (!vdib__hdf5_has(r->file, "/node", VDIB_HDF5_IS_GROUP))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is HDF5, but no NIR graph: there is no group /node", r->path);
    if (vdib__hdf5_has(r->file, "/version", VDIB_HDF5_IS_DATASET) &&
        vdib__hdf5_text(r->file, "/version", NULL, &r->graph->version) != VDIB_OK)
        VDIB_TRY(vdib__nir_note(r->graph, "the version is no text: left out"));
    VDIB_TRY(read_graph(r, "/node", "", 0));
    if (r->graph->node_count == 0)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: the graph has no nodes", r->path);
    return VDIB_OK;
}

vdib_status vdib__nir_read_from(vdib__hdf5 *file, const char *path, vdib__nir *graph) {
    reading r = {.file = file, .path = path, .graph = graph};
    *graph = (vdib__nir){0};
    vdib_status status = read_all(&r);
    if (status != VDIB_OK)
        vdib__nir_free(graph);
    return status;
}
