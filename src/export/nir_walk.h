/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EXPORT_NIR_WALK_H
#define VDIB_EXPORT_NIR_WALK_H
/* The way through a NIR graph from its Input on, node by node. */

#include "export/nir_import.h"

/* What is known of a node: on the way, or read by the way's nodes and noted, for it is none of them. */
typedef enum vdib__nir_mark { VDIB_NIR_UNSEEN, VDIB_NIR_ON_THE_WAY, VDIB_NIR_PASSED_BY } vdib__nir_mark;

/* Where a node stands on the way: behind which one, and which layer it is of. */
typedef struct vdib__nir_station {
    vdib__nir_mark mark;
    size_t from, layer;
} vdib__nir_station;

typedef struct vdib__nir_walk {
    vdib_import *import;
    vdib__nir_station *at; /* (nodes) */
    size_t node, before;
    size_t pool;           /* a node whose sums or means are read next */
    vdib__nir_layer layer; /* that is being put together */
    bool ended;
    size_t stopped; /* the node that the layers end at, and why */
    char why[256];
} vdib__nir_walk;

static inline bool vdib__nir_is_weights(const vdib__nir_node *node) {
    return vdib__nir_is(node, "Affine") || vdib__nir_is(node, "Linear") || vdib__nir_is(node, "Conv2d");
}

bool vdib__nir_has_edge(const vdib__nir *graph, size_t from, size_t to);
/* Whether everything that a node gives goes back to `to`: recurrent weights. */
bool vdib__nir_goes_back(const vdib__nir *graph, size_t node, size_t to);
/* The node that the graph begins with: an Input, else weights that nothing goes into. *other: a second one. */
size_t vdib__nir_beginning(const vdib__nir *graph, size_t *other);
/* The node behind the last one; VDIB_NIR_NONE at the end. What is passed by is noted. VDIB_ERROR_UNSUPPORTED if the
 * graph branches in a layer. */
vdib_status vdib__nir_next(vdib__nir_walk *walk, size_t *next);

#endif
