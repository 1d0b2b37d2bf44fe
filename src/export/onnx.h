/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EXPORT_ONNX_H
#define VDIB_EXPORT_ONNX_H
/* The two ONNX models of a vdib model. docs/export.md lists their inputs and outputs. */

#include "export/export.h"
#include "export/onnx_graph.h"

/* The decoder: a window of received steps -> logits and output. */
vdib_status vdib__onnx_decoder(const vdib__export *job, vdib__onnx **graph);

/* The encoder: one time step, its state in and out. The model must have one. */
vdib_status vdib__onnx_encoder(const vdib__export *job, vdib__onnx **graph);

/* A tensor of the model as it lies in memory, with the shape that the graph needs. */
const char *vdib__onnx_tensor(vdib__onnx *graph, const vdib_model *model, size_t tensor, size_t rank,
                              const size_t *shape);

/* ---- parts of the encoder ---- */

/* Hidden layer `number` on spikes (batch, inputs); returns its outputs (batch, outputs). (onnx_layer.c) */
const char *vdib__onnx_layer(const vdib__export *job, vdib__onnx *graph, size_t number, const char *input);

/* The readout on spikes (batch, inputs). (onnx_readout.c) */
void vdib__onnx_readout(const vdib__export *job, vdib__onnx *graph, const char *input);

/* A state as an input and the next one as an output, named after it: "<name>" and "<name>.next". Returns the first. */
const char *vdib__onnx_state(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape, const char *help);
/* The name of the next state of a state. */
const char *vdib__onnx_next(vdib__onnx *graph, const char *state);

#endif
