/* SPDX-License-Identifier: MIT */
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"
#include "core/threads.h"
#include "encoder/layers.h"

static vdib_status check_input(const vdib__encoder *encoder, const vdib__trial *trial, size_t number) {
    size_t inputs = encoder->layer_count > 0 ? encoder->layers[0].inputs : encoder->readout.inputs;
    size_t steps = trial->steps - trial->blank_steps;
    if (trial->input == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "trial %zu has no input raster", number);
    if (trial->input->channels != inputs || trial->input->steps != steps)
        return vdib__fail(
            VDIB_ERROR_ARGUMENT,
            "the input of trial %zu has %zu channel%s and %zu step%s; the encoder reads %zu channel%s, the trial %zu "
            "step%s",
            number, trial->input->channels, vdib__s(trial->input->channels), trial->input->steps,
            vdib__s(trial->input->steps), inputs, vdib__s(inputs), steps, vdib__s(steps));
    return VDIB_OK;
}

static vdib_status check_inputs(const vdib__pass *pass) {
    for (size_t i = 0; i < pass->count; i++)
        VDIB_TRY(check_input(pass->encoder, pass->trials[i], i));
    return VDIB_OK;
}

/* Tasks: trials. */
static void read_input(const void *context, size_t i, size_t slot) {
    const vdib__fallible *work = context;
    const vdib__trial *trial = work->pass->trials[i];
    (void)slot;
    vdib__failure_note(work->failure, i, vdib__changes_of_raster(trial->changes[0], trial->input, trial->blank_steps));
}

static vdib_status read_inputs(const vdib__pass *pass) {
    vdib__failure failure;
    const vdib__fallible all = {.pass = pass, .failure = &failure};
    vdib__failure_init(&failure);
    vdib__parallel(pass->threads, pass->count, read_input, &all);
    return vdib__failure_raise(&failure);
}

/* Hidden layers [0, layers). */
static vdib_status run_layers(vdib__pass *pass, size_t layers) {
    VDIB_TRY(check_inputs(pass));
    VDIB_TRY(vdib__pass_start(pass));
    VDIB_TRY(read_inputs(pass));
    for (size_t l = 0; l < layers; l++)
        VDIB_TRY(vdib__lif_forward(pass, l));
    return VDIB_OK;
}

vdib_status vdib__encoder_forward_hidden(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                         const float *parameters, int threads, vdib__encoder_workspace *workspace,
                                         vdib__trial *const *trials, size_t count, size_t layers) {
    vdib__pass pass = vdib__pass_over(encoder, table, parameters, threads, workspace, trials, count);
    return run_layers(&pass, layers);
}

vdib_status vdib__encoder_forward(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                  const float *parameters, int threads, vdib__encoder_workspace *workspace,
                                  vdib__trial *const *trials, const vdib__key *keys, const float *const *forced,
                                  size_t count) {
    vdib__pass pass = vdib__pass_over(encoder, table, parameters, threads, workspace, trials, count);
    if (encoder->absent)
        return check_inputs(&pass);
    VDIB_TRY(run_layers(&pass, encoder->layer_count));
    return vdib__readout_forward(&pass, keys, forced);
}

/* ---- accounting ---- */

/* Neurons of a layer that the spike of a channel reaches. */
static uint64_t reach_of(const vdib__lif_layer *layer, uint32_t channel) {
    return layer->convolutional ? (uint64_t)vdib__convolution_reach(layer, channel) * layer->out_channels
                                : layer->neurons;
}

uint64_t vdib__encoder_operations(const vdib__encoder *encoder, const vdib__trial *trial) {
    const vdib_raster *input = trial->input;
    size_t last = encoder->layer_count, spikes = input->offsets[input->steps];
    if (last == 0)
        return (uint64_t)spikes * encoder->readout.neurons;
    uint64_t operations = encoder->joined ? (uint64_t)spikes * encoder->readout.neurons : 0;
    for (size_t s = 0; s < spikes; s++)
        operations += reach_of(&encoder->layers[0], input->indices[s]);
    for (size_t l = 0; l < last; l++) {
        size_t words = vdib__words(encoder->layers[l].outputs);
        for (size_t at = trial->blank_steps * words; at < trial->steps * words; at++)
            for (uint64_t left = trial->layers[l].spikes[at]; left != 0; left &= left - 1) {
                uint32_t channel = (uint32_t)(at % words * 64 + (size_t)__builtin_ctzll(left));
                operations += l + 1 < last ? reach_of(&encoder->layers[l + 1], channel) : encoder->readout.neurons;
            }
    }
    return operations;
}
