/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EXPORT_NIR_H
#define VDIB_EXPORT_NIR_H
/* Graphs of the Neuromorphic Intermediate Representation (Pedersen et al. 2024): nodes with named arrays, edges between
 * them. A graph is made from a model (nir_model.c, nir_readout.c), read from a file (nir_read.c), written
 * (nir_write.c),
 * run by NIR's own equations in Euler steps (nir_run.c), and taken apart into hidden layers (nir_layers.c). Times are
 * in seconds, shapes without batch and time. */

#include "core/hdf5.h"
#include "export/export.h"

enum { VDIB_NIR_RANK = 4, VDIB_NIR_ARRAYS = 8, VDIB_NIR_ARRAY_NAME = 32 };

typedef struct vdib__nir_array {
    char name[VDIB_NIR_ARRAY_NAME];
    vdib__hdf5_type stored; /* FLOAT32, FLOAT64 or INT64: how a file has it */
    size_t rank;            /* 0: one number */
    size_t shape[VDIB_NIR_RANK];
    size_t count;
    double *values; /* (count) C order, owned */
} vdib__nir_array;

typedef struct vdib__nir_node {
    char *name, *type; /* owned; "CubaLIF" and so on */
    int depth;         /* 0: of the graph itself, 1: of a subgraph, ... */
    size_t array_count;
    vdib__nir_array arrays[VDIB_NIR_ARRAYS];
} vdib__nir_node;

typedef struct vdib__nir_edge {
    size_t from, to; /* nodes */
} vdib__nir_edge;

typedef struct vdib__nir {
    vdib__nir_node *nodes;
    size_t node_count, node_capacity;
    vdib__nir_edge *edges;
    size_t edge_count, edge_capacity;
    char *version; /* of the file that was read; NULL */
    char **notes;  /* (note_count) what was mended in reading, a line each */
    size_t note_count, note_capacity;
} vdib__nir;

void vdib__nir_free(vdib__nir *graph);

/* ---- making (nir.c) ---- */

/* A node without arrays; *index may be NULL. `name` is a printf format. */
vdib_status vdib__nir_add(vdib__nir *graph, const char *type, size_t *index, const char *name, ...)
    __attribute__((format(printf, 4, 5)));
/* An array of a node, zeros at first: *values (count), NULL: not asked. */
vdib_status vdib__nir_put(vdib__nir *graph, size_t node, const char *name, vdib__hdf5_type stored, size_t rank,
                          const size_t *shape, double **values);
/* The same with all values equal. */
vdib_status vdib__nir_fill(vdib__nir *graph, size_t node, const char *name, vdib__hdf5_type stored, size_t rank,
                           const size_t *shape, double value);
vdib_status vdib__nir_join(vdib__nir *graph, size_t from, size_t to);
vdib_status vdib__nir_note(vdib__nir *graph, const char *note, ...) __attribute__((format(printf, 2, 3)));

/* ---- looking ---- */

bool vdib__nir_is(const vdib__nir_node *node, const char *type);
/* NULL if there is none of that name. */
const vdib__nir_array *vdib__nir_find(const vdib__nir_node *node, const char *name);
/* Number `index` of an array, the only one of an array of one; `otherwise` if there is no such array. */
double vdib__nir_value(const vdib__nir_node *node, const char *name, size_t index, double otherwise);
/* The node of that name, SIZE_MAX if there is none. */
size_t vdib__nir_named(const vdib__nir *graph, const char *name);
static inline size_t vdib__nir_volume(size_t rank, const size_t *shape) {
    size_t volume = 1;
    for (size_t i = 0; i < rank; i++)
        volume *= shape[i];
    return volume;
}

/* The shape of what a node gives, without batch and time; rank SIZE_MAX: not known. */
typedef struct vdib__nir_shape {
    size_t rank, dim[VDIB_NIR_RANK];
} vdib__nir_shape;

static inline bool vdib__nir_known(const vdib__nir_shape *shape) {
    return shape->rank != SIZE_MAX;
}
static inline size_t vdib__nir_count(const vdib__nir_shape *shape) {
    return vdib__nir_volume(shape->rank, shape->dim);
}

/* shapes (node_count), from the arrays of the nodes and along the edges. VDIB_ERROR_FORMAT names a node of a known type
 * whose arrays are missing or do not fit. (nir_shape.c) */
vdib_status vdib__nir_shapes(const vdib__nir *graph, vdib__nir_shape *shapes);
/* Rows and columns, of an array of two numbers or of one for both. */
void vdib__nir_pair(const vdib__nir_node *node, const char *name, double otherwise, size_t pair[2]);

/* ---- from a model ---- */

/* Programs whose own step shall be equal to vdib's. */
typedef enum vdib__nir_program { VDIB_NIR_ANY, VDIB_NIR_SNNTORCH, VDIB_NIR_NORSE } vdib__nir_program;

typedef struct vdib__nir_model {
    vdib__nir graph;
    vdib__nir_program program;
    size_t input;                        /* node of the sensor */
    size_t layers[VDIB_ENCODER_LAYERS];  /* nodes whose output is that of a hidden layer, after pooling */
    size_t neurons[VDIB_ENCODER_LAYERS]; /* and those of its neurons */
    size_t readout;                      /* SIZE_MAX: left out */
} vdib__nir_model;

/* NIR's Input and hidden layers; the caller adds what follows. */
vdib_status vdib__nir_hidden(const vdib_model *model, vdib__nir_model *made);
/* The readout, deterministic: its filters as delays, a spike where it is likelier than none. (nir_readout.c) */
vdib_status vdib__nir_readout(const vdib_model *model, vdib__nir_model *made);
/* VDIB_ERROR_UNSUPPORTED names what of a model a program has not. (nir_program.c) */
vdib_status vdib__nir_check_program(const vdib_model *model, vdib__nir_program program);
/* The same numbers as that program's own step reads them. */
void vdib__nir_for_program(const vdib_model *model, vdib__nir_model *made);
/* Seconds of a step. */
double vdib__nir_step_of(const vdib_model *model);

/* ---- files ---- */

vdib_status vdib__nir_write(const vdib__nir *graph, const char *path);
/* Leniently: notes say what was mended. Subgraphs are opened: their nodes are named "sub.node". */
vdib_status vdib__nir_read_from(vdib__hdf5 *file, const char *path, vdib__nir *graph);

/* ---- running ---- */

typedef struct vdib__nir_run vdib__nir_run;

/* VDIB_ERROR_UNSUPPORTED names a node whose type is not known, VDIB_ERROR_FORMAT one whose shapes do not fit. */
vdib_status vdib__nir_run_create(const vdib__nir *graph, double step, vdib__nir_run **run);
void vdib__nir_run_destroy(vdib__nir_run *run);
void vdib__nir_run_reset(vdib__nir_run *run);
/* One step: the spikes (count) of the node that is the only Input. */
void vdib__nir_run_step(vdib__nir_run *run, const uint32_t *spikes, size_t count);
/* What a node gave in the last step, (*count). */
const double *vdib__nir_run_output(const vdib__nir_run *run, size_t node, size_t *count);

/* ---- how near ---- */

/* Of the recordings of the job's options: spikes of either model or graph that the other does not have, as a share of
 * those that either has; -1 without recordings. Both run from the sensor on: a layer's figure includes what the layers
 * below do differently. (nir_measure.c) */
typedef struct vdib__nir_gaps {
    double layers[VDIB_ENCODER_LAYERS], readout;
    uint64_t spikes[VDIB_ENCODER_LAYERS]; /* that either has */
    size_t recordings;
} vdib__nir_gaps;

vdib_status vdib__nir_measure(const vdib__export *job, const vdib__nir_model *made, vdib__nir_gaps *gaps);

#endif
