/* SPDX-License-Identifier: MIT */
#ifndef VDIB_IMPORT_H
#define VDIB_IMPORT_H
/**
 * @file import.h
 * Networks of other programs as hidden layers to train on: files of the Neuromorphic Intermediate Representation (NIR).
 *
 *     vdib_import_open("braille.nir", &import);
 *     vdib_import_configure(import, config);                 // encoder.layers, neuron.model, time constants
 *     vdib_model_create(config, geometry, &model);
 *     vdib_import_apply(import, model);                      // the weights of the hidden layers
 *
 * A file is read leniently, as programs write it. What was taken as it is, what something near stands for and what was
 * left out is in a report. Needs the HDF5 helper program. docs/export.md says what is understood.
 */
#include "vdib/config.h"
#include "vdib/export.h"
#include "vdib/model.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A network that was read. Not shared between threads. */
typedef struct vdib_import vdib_import;

/**
 * Reads a NIR file.
 * @param import receives it, owned by the caller (vdib_import_destroy())
 * @return ::VDIB_ERROR_UNSUPPORTED without the HDF5 helper, ::VDIB_ERROR_FORMAT if the file is no NIR graph or is
 * damaged; the message names the file and the place
 */
VDIB_API vdib_status vdib_import_open(const char *path, vdib_import **import);
/** Frees it; NULL is safe. */
VDIB_API void vdib_import_destroy(vdib_import *import);

/**
 * What the graph holds: a line for each node, with its shapes and where its edges go, then what was mended in reading.
 * @param text receives the lines, freed with vdib_text_free()
 */
VDIB_API vdib_status vdib_import_describe(const vdib_import *import, char **text);

/**
 * Sets the keys of a configuration to the network's hidden layers: `encoder.layers`, `neuron.model`, `neuron.gain`,
 * `neuron.threshold`, `neuron.adaptation_*`, and the decays or time constants. Where the file's constants tell how long
 * the steps were, a step here is one of those; else one is `data.step_us` long.
 * @return ::VDIB_ERROR_UNSUPPORTED if no hidden layer can be taken, or if the graph branches or has several inputs;
 * ::VDIB_ERROR_FORMAT and ::VDIB_ERROR_DATA if constants of neurons are missing, impossible, or of another length than
 * the layer
 */
VDIB_API vdib_status vdib_import_configure(vdib_import *import, vdib_config *config);

/**
 * Gives the hidden layers of a model of such a configuration the network's weights and biases.
 * @return ::VDIB_ERROR_DATA if a layer of the model or its input has another shape than the file's, and the model is
 * untouched then, or if weights and constants together are above what single precision holds
 */
VDIB_API vdib_status vdib_import_apply(const vdib_import *import, vdib_model *model);

/** @return what was taken, approximated and left out, borrowed; whole after vdib_import_configure() */
VDIB_API const vdib_export_report *vdib_import_report(const vdib_import *import);

#ifdef __cplusplus
}
#endif
#endif
