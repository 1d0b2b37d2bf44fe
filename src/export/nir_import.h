/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EXPORT_NIR_IMPORT_H
#define VDIB_EXPORT_NIR_IMPORT_H
/* Hidden layers out of a NIR graph: weights and the neurons that they drive, one after another from the Input on. */

#include "export/nir.h"
#include "vdib/import.h"

typedef struct vdib__nir_layer {
    size_t weights, neurons; /* nodes */
    size_t pool;             /* window of the pooling behind them; 1: none */
    double step;             /* seconds of a step under which the constants were found */
    double synaptic_decay, membrane_decay;
    bool guessed; /* the step, from r alone */
} vdib__nir_layer;

struct vdib_import {
    char *path;
    vdib__nir graph;
    vdib__nir_layer layers[VDIB_ENCODER_LAYERS];
    size_t layer_count;
    vdib_export_report *report;
};

/* Finds the layers and notes what is left out. VDIB_ERROR_UNSUPPORTED if there is none, or if the graph branches;
 * VDIB_ERROR_DATA for weights or constants that no neuron can have: not finite, no time, a threshold at rest. */
vdib_status vdib__nir_layers(vdib_import *import);
/* What the weights of unit `unit` of a layer are multiplied by, under neuron.gain=unit and a threshold of 1. */
double vdib__nir_scale(const vdib_import *import, const vdib__nir_layer *layer, size_t unit);
/* The decays of a layer for steps of `step` seconds where its own constants do not say how long its steps were. */
void vdib__nir_decays(const vdib_import *import, vdib__nir_layer *layer, double step);
vdib_status vdib__import_note(vdib_import *import, const char *part, const char *as, vdib_fidelity fidelity,
                              const char *note, ...) __attribute__((format(printf, 5, 6)));

#endif
