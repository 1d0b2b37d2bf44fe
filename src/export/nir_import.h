/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EXPORT_NIR_IMPORT_H
#define VDIB_EXPORT_NIR_IMPORT_H
/* Hidden layers out of a NIR graph: weights and the neurons that they drive, one after another from the Input on. */

#include "export/nir.h"
#include "vdib/import.h"

enum { VDIB_NIR_NONE = SIZE_MAX }; /* no node */

/* Nodes, VDIB_NIR_NONE where there is none. Neurons are a CubaLIF, LIF or IF, or, of the spike-response form as
 * nir_model.c writes it, the Threshold behind `traces` (a CubaLI), in a circle with an LI or two. */
typedef struct vdib__nir_layer {
    size_t weights, neurons, traces, refractory, adaptation;
    size_t delay;       /* between weights and traces */
    size_t scale;       /* behind the weights */
    size_t sum;         /* a pooling between the weights and the neurons */
    size_t window, hop; /* side of its windows, and how far they are apart; 1: none */
    size_t read;        /* node whose maps a pooling before the weights reads */
    size_t fold;        /* side of the windows whose sums the weights read; 1: none */
    double before;      /* factor of what they read */
    size_t pool;        /* side of the windows whose OR the layer gives; 1: none */
    double step;        /* seconds of a step under which the constants were found */
    double synaptic_decay, membrane_decay, refractory_decay, adaptation_decay;
    double adaptation_strength; /* 0: none */
    bool guessed;               /* the step, from r alone */
    const char *without;        /* what is left out of it, as a note's end; NULL */
} vdib__nir_layer;

struct vdib_import {
    char *path;
    vdib__nir graph;
    vdib__nir_shape *shapes; /* (node_count) what each node gives; NULL before the layers are found */
    size_t input;            /* node that the graph begins with */
    vdib__nir_layer layers[VDIB_ENCODER_LAYERS];
    size_t layer_count;
    vdib_export_report *report;
};

/* The same of a file that is open; `path` is for messages. The file stays the caller's. */
vdib_status vdib__import_from(vdib__hdf5 *file, const char *path, vdib_import **import);
/* Finds the layers and notes what is left out. VDIB_ERROR_UNSUPPORTED if there is none, or if the graph branches;
 * VDIB_ERROR_DATA for weights or constants that no neuron can have: not finite, no time, a threshold at rest. */
vdib_status vdib__nir_layers(vdib_import *import);
/* Whether a file is vdib's own, with its readout: its constants tell no other step than that of the data. */
bool vdib__nir_is_own(const vdib__nir *graph);
vdib_status vdib__import_note(vdib_import *import, const char *part, const char *as, vdib_fidelity fidelity,
                              const char *note, ...) __attribute__((format(printf, 5, 6)));

/* ---- constants (nir_constants.c) ---- */

/* Whether the spike-response form's nodes stand for the neurons of a layer. */
static inline bool vdib__nir_responds(const vdib__nir_layer *layer) {
    return layer->traces != VDIB_NIR_NONE;
}
/* VDIB_ERROR_DATA, VDIB_ERROR_FORMAT for constants that no neuron can have. */
vdib_status vdib__nir_check_layer(const vdib_import *import, const vdib__nir_layer *layer);
/* The decays of a layer for steps of `step` seconds where its own constants do not say how long its steps were. */
void vdib__nir_decays(const vdib_import *import, vdib__nir_layer *layer, double step);
/* A decay of a layer, its field at `offset`. */
static inline const double *vdib__nir_decay(const vdib__nir_layer *layer, size_t offset) {
    return (const double *)((const char *)layer + offset);
}
/* Whether layers have the same one. */
bool vdib__nir_same_decays(const vdib_import *import, size_t offset);
/* Whether the neurons of a layer do not leak (IF): then all layers have neuron.gain=one, else unit. */
bool vdib__nir_keeps(const vdib_import *import);
/* What a layer's sums of windows behind the weights are multiplied by: 1, or, of means, one over their area. */
static inline double vdib__nir_share(const vdib_import *import, const vdib__nir_layer *layer) {
    bool mean = layer->sum != VDIB_NIR_NONE && vdib__nir_is(&import->graph.nodes[layer->sum], "AvgPool2d");
    return mean ? 1.0 / (double)(layer->window * layer->window) : 1.0;
}
/* What the weights of unit `unit` of a layer are multiplied by, under that gain and a threshold of 1. */
double vdib__nir_scale(const vdib_import *import, const vdib__nir_layer *layer, size_t unit);
/* The bias of a unit. */
double vdib__nir_bias(const vdib_import *import, const vdib__nir_layer *layer, size_t unit);
/* Why a layer is not quite the file's; "" if it is. */
const char *vdib__nir_differs(const vdib_import *import, const vdib__nir_layer *layer);

/* ---- weights (nir_weights.c) ---- */

/* What a layer's weights become here: those of the node over the windows whose sums they read, or of whose places the
 * sums are taken. */
typedef struct vdib__nir_weights {
    size_t rank, shape[VDIB_NIR_RANK]; /* (NH, inputs) or (channels, channels, kernel, kernel) */
    size_t stride, padding;            /* of a convolution */
} vdib__nir_weights;

/* Whether the kernels of a layer's Conv2d, whose constants are positive, are square: where their sides differ, with
 * zeros around them, because its padding differs as much. */
bool vdib__nir_is_square(const vdib_import *import, const vdib__nir_layer *layer);
vdib__nir_weights vdib__nir_weights_of(const vdib_import *import, const vdib__nir_layer *layer);
/* values (count of the shape), in the file's order, not scaled. */
void vdib__nir_unfold(const vdib_import *import, const vdib__nir_layer *layer, double *values);

#endif
