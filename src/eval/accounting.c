/* SPDX-License-Identifier: MIT */
#include "eval/accounting.h"

#include "core/error.h"
#include "core/mathematics.h"

vdib__account vdib__account_of(const vdib__walk *walk, size_t i) {
    const vdib_example *example = walk->examples[i];
    const vdib__trial *trial = walk->task->trial(walk, i);
    vdib__account account = {.scored = walk->decodings,
                             .loss = walk->task->loss(walk, i),
                             .spikes = vdib_raster_spikes(trial->readout),
                             .input_spikes = vdib_raster_spikes(example->raster),
                             .operations = vdib__encoder_operations(&walk->model->encoder, trial)};
    return account;
}

void vdib__accounts_add(vdib__accounts *sums, const vdib__account *one) {
    vdib__sum_add(&sums->distortion, one->loss.distortion);
    vdib__sum_add(&sums->rate, one->loss.rate);
    vdib__sum_add(&sums->rate_sampled, one->loss.rate_sampled);
    sums->examples++;
    sums->scored += one->scored;
    sums->spikes += one->spikes;
    sums->input_spikes += one->input_spikes;
    sums->operations += one->operations;
}

static vdib_status share_seconds(vdib__walk *walk) {
    if (walk->ranks == NULL)
        return VDIB_OK;
    vdib__ranks_put(walk->ranks, &walk->seconds, sizeof walk->seconds);
    VDIB_TRY(vdib__ranks_gather(walk->ranks));
    for (size_t r = 0; r < vdib__ranks_count(walk->ranks); r++) {
        double seconds = 0;
        VDIB_TRY(vdib__ranks_take(walk->ranks, r, &seconds, sizeof seconds));
        walk->seconds = seconds > walk->seconds ? seconds : walk->seconds;
    }
    return VDIB_OK;
}

vdib_status vdib__accounts_share(vdib__accounts *sums, vdib__walk *walk) {
    vdib__ranks *ranks = walk->ranks;
    vdib__sum *losses[] = {&sums->distortion, &sums->rate, &sums->rate_sampled};
    uint64_t *counts[] = {&sums->examples, &sums->scored, &sums->spikes, &sums->input_spikes, &sums->operations};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        VDIB_TRY(vdib__ranks_sum(ranks, losses[i], 1));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        VDIB_TRY(vdib__ranks_count_up(ranks, counts[i], 1));
    return share_seconds(walk);
}

/* What there is of an encoder: without one there is no rate, and where no spikes are sent none are counted. */
static void report_encoder(const vdib__accounts *sums, const vdib__walk *walk, vdib__findings *findings) {
    const vdib_model *model = walk->model;
    double examples = (double)sums->examples, scored = (double)sums->scored;
    double neuron_steps = (double)model->encoder.readout.neurons * (double)walk->steps;
    if (model->encoder.absent)
        return;
    findings->rate_bits = vdib__sum_value(&sums->rate) / VDIB_LN2 / scored;
    findings->rate_bits_sampled = vdib__sum_value(&sums->rate_sampled) / VDIB_LN2 / scored;
    findings->synaptic_operations = (double)sums->operations / examples;
    if (!vdib__model_sends_spikes(model))
        return;
    findings->spikes_per_example = (double)sums->spikes / examples;
    findings->spike_density = findings->spikes_per_example / neuron_steps;
}

void vdib__accounts_report(const vdib__accounts *sums, const vdib__walk *walk, vdib__findings *findings) {
    const vdib_model *model = walk->model;
    double examples = (double)sums->examples, scored = (double)sums->scored;
    size_t outputs = model->head->classes ? 1 : model->outputs;
    findings->examples = sums->examples;
    findings->steps = walk->task->by_step ? sums->scored : 0;
    findings->distortion_nats = vdib__sum_value(&sums->distortion) / scored;
    findings->distortion_nats_per_output = findings->distortion_nats / (double)outputs;
    findings->input_spikes_per_example = (double)sums->input_spikes / examples;
    report_encoder(sums, walk, findings);
    findings->seconds = walk->seconds;
    findings->examples_per_second = examples / walk->seconds;
    findings->seed = model->config->seed;
}
