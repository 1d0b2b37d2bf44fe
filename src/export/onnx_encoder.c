/* SPDX-License-Identifier: MIT */
/* The encoder as an ONNX model: one time step, docs/method.md, eq. (1) to (5), (9) and (10). */
#include "export/onnx.h"

#include "core/error.h"

const char *vdib__onnx_next(vdib__onnx *graph, const char *state) {
    return vdib__onnx_text(graph, "%s.next", state);
}

const char *vdib__onnx_state(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape, const char *help) {
    vdib__onnx_input(graph, name, rank, shape, help);
    vdib__onnx_output(graph, vdib__onnx_next(graph, name), rank, shape, "the same of the next step");
    return name;
}

static vdib_status build(const vdib__export *job, vdib__onnx *graph) {
    const vdib__encoder *encoder = &job->model->encoder;
    size_t inputs = encoder->layer_count > 0 ? encoder->layers[0].inputs : encoder->readout.inputs;
    const char *input = vdib__onnx_input(graph, "input", 1, &inputs,
                                         "the step's input spikes as 0 and 1; channels are (polarity, row, column)");
    const char *x = input;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        x = vdib__onnx_layer(job, graph, l, x);
        VDIB_TRY(
            vdib__export_note(job, vdib__onnx_text(graph, "encoder.hidden.%zu", l),
                              encoder->layers[l].convolutional ? "Conv, traces as states" : "MatMul, traces as states",
                              VDIB_FIDELITY_EXACT, -1, "%s", ""));
    }
    if (encoder->joined) {
        x = vdib__onnx_node(graph, "Concat", "encoder.joined", x, input, NULL);
        vdib__onnx_number(graph, "axis", 1);
    }
    vdib__onnx_readout(job, graph, x);
    VDIB_TRY(vdib__onnx_status(graph));
    VDIB_TRY(
        vdib__export_note(job, "encoder.readout", "MatMul, filters as delay lines", VDIB_FIDELITY_EXACT, -1, "%s", ""));
    return vdib__export_note(job, "random numbers", "", VDIB_FIDELITY_LEFT_OUT, -1,
                             "%s numbers are an input, a new one a readout neuron and step; vdib's own are keyed by "
                             "seed, example, step and neuron",
                             encoder->readout.gaussian ? "normal" : "uniform");
}

vdib_status vdib__onnx_encoder(const vdib__export *job, vdib__onnx **graph) {
    vdib__onnx *made = NULL;
    VDIB_TRY(vdib__onnx_create("encoder", &made));
    vdib_status status = build(job, made);
    if (status == VDIB_OK)
        *graph = made;
    else
        vdib__onnx_destroy(made);
    return status;
}
