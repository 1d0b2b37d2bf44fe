/* SPDX-License-Identifier: MIT */
#include "eval/accounting.h"

#include "core/mathematics.h"

vdib__account vdib__account_of(const vdib__walk *walk, size_t i) {
    const vdib_example *example = walk->examples[i];
    const vdib__trial *trial = vdib__walk_trial(walk, i);
    vdib__account account = {.examples = 1,
                             .scored = 1,
                             .spikes = vdib_raster_spikes(trial->readout),
                             .input_spikes = vdib_raster_spikes(example->raster),
                             .operations = vdib__encoder_operations(&walk->model->encoder, trial)};
    if (vdib__walk_by_step(walk)) {
        account.loss = walk->losses[i].sum;
        account.scored = walk->losses[i].steps;
    } else {
        account.loss = vdib__loss_measure(walk->model, walk->batch, i, example->target, example->label);
    }
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

void vdib__account_report(const vdib__account *sum, const vdib__walk *walk, vdib_evaluation *evaluation) {
    const vdib_model *model = walk->model;
    double examples = (double)sum->examples, scored = (double)sum->scored;
    double neuron_steps = (double)model->encoder.readout.neurons * (double)walk->steps;
    size_t outputs = model->head == VDIB_HEAD_CATEGORICAL ? 1 : model->outputs;
    evaluation->examples = sum->examples;
    evaluation->steps = vdib__walk_by_step(walk) ? sum->scored : 0;
    evaluation->distortion_nats = sum->loss.distortion / scored;
    evaluation->distortion_nats_per_output = evaluation->distortion_nats / (double)outputs;
    evaluation->rate_bits = sum->loss.rate / VDIB_LN2 / scored;
    evaluation->rate_bits_sampled = sum->loss.rate_sampled / VDIB_LN2 / scored;
    evaluation->spikes_per_example = (double)sum->spikes / examples;
    evaluation->spike_density = evaluation->spikes_per_example / neuron_steps;
    evaluation->input_spikes_per_example = (double)sum->input_spikes / examples;
    evaluation->synaptic_operations = (double)sum->operations / examples;
    evaluation->seconds = walk->seconds;
    evaluation->examples_per_second = examples / walk->seconds;
    evaluation->seed = model->config->seed;
}
