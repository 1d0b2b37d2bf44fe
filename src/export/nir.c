/* SPDX-License-Identifier: MIT */
/* NIR: the encoder as a graph of CubaLIF or LIF neurons, weights, pooling and delays. */
#include "export/nir.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"

/* Programs whose own step is to be equal, by the names that options have. */
static const char *const PROGRAMS[] = {
    [VDIB_NIR_ANY] = "", [VDIB_NIR_SNNTORCH] = "snntorch", [VDIB_NIR_NORSE] = "norse"};

static vdib_status read_program(const vdib__export *job, vdib__nir_program *program) {
    *program = VDIB_NIR_ANY;
    if (job->options->program == NULL)
        return VDIB_OK;
    for (vdib__nir_program p = VDIB_NIR_SNNTORCH; p <= VDIB_NIR_NORSE; p++)
        if (strcmp(job->options->program, PROGRAMS[p]) == 0) {
            *program = p;
            return VDIB_OK;
        }
    return vdib__fail(VDIB_ERROR_ARGUMENT, "export: NIR files are made for snntorch or norse, not '%s'",
                      job->options->program);
}

/* ---- the report ---- */

static const char *as_of(const vdib__lif_layer *layer, char text[96]) {
    bool synapse = layer->resets && layer->neuron.model->synapse, leaks = layer->constants.membrane_decay < 1.0F;
    const char *neurons = !leaks ? "IF" : synapse ? "CubaLIF" : layer->resets ? "LIF" : "Delay, CubaLI, Threshold, LI";
    snprintf(text, 96, "%s, %s%s",
             layer->convolutional ? "Conv2d"
             : layer->resets      ? "Affine"
                                  : "Linear",
             neurons, layer->pool > 1 ? ", SumPool2d, Threshold" : "");
    return text;
}

static vdib_status note_layer(const vdib__export *job, const vdib__nir_gaps *gaps, size_t number) {
    const vdib__lif_layer *layer = &job->model->encoder.layers[number];
    char part[64], as[96], measured[96] = "";
    snprintf(part, sizeof part, "encoder.hidden.%zu", number);
    if (gaps->recordings > 0)
        snprintf(measured, sizeof measured, "; %zu recordings, %llu spikes", gaps->recordings,
                 (unsigned long long)gaps->spikes[number]);
    return vdib__export_note(job, part, as_of(layer, as), VDIB_FIDELITY_EXACT, gaps->layers[number],
                             "by NIR's equations in Euler steps of %g us%s%s", 1e6 * vdib__nir_step_of(job->model),
                             layer->resets ? "" : ", the refractory trace as an LI in a circle with the Threshold",
                             measured);
}

static vdib_status note_readout(const vdib__export *job, const vdib__nir_model *made, const vdib__nir_gaps *gaps) {
    const vdib__readout *readout = &job->model->encoder.readout;
    if (made->readout == SIZE_MAX)
        return vdib__export_note(job, "encoder.readout", "", VDIB_FIDELITY_LEFT_OUT, -1,
                                 "the Output is the spikes of the last hidden layer");
    VDIB_TRY(vdib__export_note(job, "encoder.readout.weight", "Linear, Delay, Scale", VDIB_FIDELITY_EXACT, -1,
                               "a tap of a filter is a delay of whole steps and a factor"));
    if (readout->feedback_bases > 0)
        VDIB_TRY(vdib__export_note(job, "encoder.readout.feedback", "Delay, Scale", VDIB_FIDELITY_EXACT, -1,
                                   "the circle of edges takes the time of its delays alone"));
    return vdib__export_note(job, "encoder.readout", "Threshold", VDIB_FIDELITY_APPROXIMATE, gaps->readout,
                             "NIR has no noise: a neuron spikes where a spike is likelier than none, %s",
                             readout->gaussian ? "which this readout's numbers are not" : "u > 0 instead of a draw");
}

static vdib_status note_rest(const vdib__export *job) {
    VDIB_TRY(
        vdib__export_note(job, "decoder", "", VDIB_FIDELITY_LEFT_OUT, -1, "an ordinary network: --to onnx has it"));
    if (job->model->config->data.blank_steps > 0)
        VDIB_TRY(vdib__export_note(job, "data.blank_steps", "", VDIB_FIDELITY_LEFT_OUT, -1,
                                   "run the graph %zu steps without input before an example",
                                   job->model->config->data.blank_steps));
    return VDIB_OK;
}

static vdib_status note_all(const vdib__export *job, const vdib__nir_model *made, const vdib__nir_gaps *gaps) {
    for (size_t l = 0; l < job->model->encoder.layer_count; l++)
        VDIB_TRY(note_layer(job, gaps, l));
    VDIB_TRY(note_readout(job, made, gaps));
    return note_rest(job);
}

/* ---- the file ---- */

/* The Output, which has the shape of what goes into it. */
static vdib_status add_output(const vdib_model *model, vdib__nir_model *made) {
    const vdib__encoder *encoder = &model->encoder;
    size_t last = encoder->layer_count, node = 0, from = made->readout, shape[3] = {encoder->readout.neurons}, rank = 1;
    double *values = NULL;
    if (from == SIZE_MAX) {
        const vdib__lif_layer *layer = &encoder->layers[last - 1];
        from = made->layers[last - 1];
        rank = layer->convolutional ? 3 : 1;
        shape[0] = layer->out_channels;
        shape[1] = layer->out_height / layer->pool, shape[2] = layer->out_width / layer->pool;
    }
    VDIB_TRY(vdib__nir_add(&made->graph, "Output", &node, "output"));
    VDIB_TRY(vdib__nir_put(&made->graph, node, "shape", VDIB_HDF5_INT64, 1, &rank, &values));
    for (size_t i = 0; i < rank; i++)
        values[i] = (double)shape[i];
    return vdib__nir_join(&made->graph, from, node);
}

static vdib_status make_graph(const vdib__export *job, vdib__nir_model *made) {
    VDIB_TRY(read_program(job, &made->program));
    if (made->program != VDIB_NIR_ANY)
        VDIB_TRY(vdib__nir_check_program(job->model, made->program));
    VDIB_TRY(vdib__nir_hidden(job->model, made));
    if (made->program == VDIB_NIR_ANY)
        VDIB_TRY(vdib__nir_readout(job->model, made));
    return add_output(job->model, made);
}

static vdib_status write_graph(const vdib__export *job, vdib__nir_model *made) {
    vdib__nir_gaps gaps = {.recordings = 0};
    VDIB_TRY(make_graph(job, made));
    VDIB_TRY(vdib__nir_measure(job, made, &gaps));
    if (made->program != VDIB_NIR_ANY)
        vdib__nir_for_program(job->model, made);
    VDIB_TRY(vdib__nir_write(&made->graph, job->path));
    VDIB_TRY(vdib__export_wrote(job, job->path));
    return note_all(job, made, &gaps);
}

static vdib_status write_nir(const vdib__export *job) {
    VDIB_TRY(vdib__export_check_only(job, "encoder"));
    if (job->model->encoder.absent)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED, "export: the model has encoder.type=%s, and no neurons for NIR",
                          job->model->config->encoder.type->name);
    VDIB_TRY(vdib__export_file(job));
    vdib__nir_model made = {.program = VDIB_NIR_ANY};
    vdib_status status = write_graph(job, &made);
    vdib__nir_free(&made.graph);
    return status;
}

const vdib__export_format vdib__export_nir = {
    .choice = {.name = "nir", .help = "a file of the encoder as a NIR graph"},
    .write = write_nir,
};
