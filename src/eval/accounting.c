/* SPDX-License-Identifier: MIT */
#include "eval/accounting.h"

#include "core/mathematics.h"

vdib__account vdib__account_of(const vdib__walk *walk, size_t i) {
    const vdib_example *example = walk->examples[i];
    const vdib__trial *trial = walk->task->trial(walk, i);
    vdib__account account = {.examples = 1,
                             .scored = walk->decodings,
                             .loss = walk->task->loss(walk, i),
                             .spikes = vdib_raster_spikes(trial->readout),
                             .input_spikes = vdib_raster_spikes(example->raster),
                             .operations = vdib__encoder_operations(&walk->model->encoder, trial)};
    return account;
}

void vdib__account_add(vdib__account *sum, const vdib__account *one) {
    sum->loss.distortion += one->loss.distortion;
    sum->loss.rate += one->loss.rate;
    sum->loss.rate_sampled += one->loss.rate_sampled;
    sum->loss.spikes += one->loss.spikes;
    sum->examples += one->examples;
    sum->scored += one->scored;
    sum->spikes += one->spikes;
    sum->input_spikes += one->input_spikes;
    sum->operations += one->operations;
}

/* What there is of an encoder: without one there is no rate, and where no spikes are sent none are counted. */
static void report_encoder(const vdib__account *sum, const vdib__walk *walk, vdib__findings *findings) {
    const vdib_model *model = walk->model;
    double examples = (double)sum->examples, scored = (double)sum->scored;
    double neuron_steps = (double)model->encoder.readout.neurons * (double)walk->steps;
    if (model->encoder.absent)
        return;
    findings->rate_bits = sum->loss.rate / VDIB_LN2 / scored;
    findings->rate_bits_sampled = sum->loss.rate_sampled / VDIB_LN2 / scored;
    findings->synaptic_operations = (double)sum->operations / examples;
    if (!vdib__model_sends_spikes(model))
        return;
    findings->spikes_per_example = (double)sum->spikes / examples;
    findings->spike_density = findings->spikes_per_example / neuron_steps;
}

void vdib__account_report(const vdib__account *sum, const vdib__walk *walk, vdib__findings *findings) {
    const vdib_model *model = walk->model;
    double examples = (double)sum->examples, scored = (double)sum->scored;
    size_t outputs = model->head->classes ? 1 : model->outputs;
    findings->examples = sum->examples;
    findings->steps = walk->task->by_step ? sum->scored : 0;
    findings->distortion_nats = sum->loss.distortion / scored;
    findings->distortion_nats_per_output = findings->distortion_nats / (double)outputs;
    findings->input_spikes_per_example = (double)sum->input_spikes / examples;
    report_encoder(sum, walk, findings);
    findings->seconds = walk->seconds;
    findings->examples_per_second = examples / walk->seconds;
    findings->seed = model->config->seed;
}
