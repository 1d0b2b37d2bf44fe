/* SPDX-License-Identifier: MIT */
#include "core/error.h"
#include "core/raster.h"
#include "encoder/layers.h"

static vdib_status check_input(const vdib__encoder *encoder, const vdib__trial *trial, size_t number) {
    size_t inputs = encoder->layer_count > 0 ? encoder->layers[0].inputs : encoder->readout.inputs;
    size_t steps = trial->steps - trial->blank_steps;
    if (trial->input == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "trial %zu has no input raster", number);
    if (trial->input->channels != inputs || trial->input->steps != steps)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "the input of trial %zu has %zu channels and %zu steps; the encoder reads %zu channels, the "
                          "trial %zu steps",
                          number, trial->input->channels, trial->input->steps, inputs, steps);
    return VDIB_OK;
}

static vdib_status transpose_inputs(const vdib__pass *pass) {
    vdib__failure failure;
    vdib__failure_init(&failure);
#pragma omp parallel for schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1 && pass->count > 1)
    for (size_t i = 0; i < pass->count; i++) {
        vdib_status status = vdib__raster_transpose(pass->trials[i]->input, pass->trials[i]->transposed[0]);
        if (status != VDIB_OK)
            vdib__failure_note(&failure, i, status);
    }
    return vdib__failure_raise(&failure);
}

vdib_status vdib__encoder_forward(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                  const float *parameters, int threads, vdib__trial *const *trials,
                                  const vdib__key *keys, const float *const *forced, size_t count) {
    vdib__pass pass = {.encoder = encoder,
                       .kernels = vdib__encoder_kernels_of(encoder->level),
                       .table = table,
                       .parameters = parameters,
                       .threads = threads,
                       .trials = trials,
                       .count = count};
    for (size_t i = 0; i < count; i++)
        VDIB_TRY(check_input(encoder, trials[i], i));
    VDIB_TRY(transpose_inputs(&pass));
    for (size_t l = 0; l < encoder->layer_count; l++)
        VDIB_TRY(vdib__lif_forward(&pass, l));
    return vdib__readout_forward(&pass, keys, forced);
}

/* Neurons that the spikes of steps [begin, T) of a raster reach in a layer. */
static uint64_t layer_operations(const vdib__lif_layer *layer, const vdib_raster *spikes, size_t begin) {
    size_t first = spikes->offsets[begin], last = spikes->offsets[spikes->steps];
    if (!layer->convolutional)
        return (uint64_t)(last - first) * layer->neurons;
    uint64_t reached = 0;
    for (size_t s = first; s < last; s++)
        reached += vdib__convolution_reach(layer, spikes->indices[s]);
    return reached * layer->out_channels;
}

uint64_t vdib__encoder_operations(const vdib__encoder *encoder, const vdib__trial *trial) {
    const vdib_raster *spikes = trial->input;
    size_t begin = 0;
    uint64_t operations = 0;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        operations += layer_operations(&encoder->layers[l], spikes, begin);
        spikes = trial->layers[l].spikes;
        begin = trial->blank_steps;
    }
    return operations + (uint64_t)(spikes->offsets[spikes->steps] - spikes->offsets[begin]) * encoder->readout.neurons;
}
