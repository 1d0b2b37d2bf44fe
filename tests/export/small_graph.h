/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EXPORT_SMALL_GRAPH_H
#define VDIB_TESTS_EXPORT_SMALL_GRAPH_H
/* NIR graphs made by tests. */

#include "support.h"

#include "export/nir.h"

static inline size_t node(vdib__nir *graph, const char *type, const char *name) {
    size_t index = 0;
    assert_ok(vdib__nir_add(graph, type, &index, "%s", name));
    return index;
}

static inline void fill(vdib__nir *graph, size_t of, const char *name, size_t count, double value) {
    assert_ok(vdib__nir_fill(graph, of, name, VDIB_HDF5_FLOAT64, 1, &count, value));
}

static inline void join(vdib__nir *graph, size_t from, size_t to) {
    assert_ok(vdib__nir_join(graph, from, to));
}

/* Writes a graph, and frees it. */
static inline void write_graph(vdib__nir *graph, const char *file) {
    assert_ok(vdib__nir_write(graph, file));
    vdib__nir_free(graph);
}

#endif
