/* SPDX-License-Identifier: MIT */
#include "learn/objective.h"

#include "core/mathematics.h"

void vdib__rate_add(const float *potentials, const float *spikes, size_t count, double prior_rate, double *sampled,
                    double *analytic) {
    double log_on = vdib__log(prior_rate), log_off = vdib__log(1.0 - prior_rate);
    double sampled_sum = 0, analytic_sum = 0;
    for (size_t i = 0; i < count; i++) {
        double u = potentials[i], log_silent = -vdib__softplus(u); /* log(1 - sigma(u)); log sigma(u) = u + that */
        double ratio_on = u + log_silent - log_on, ratio_off = log_silent - log_off;
        double p = vdib__exp(u + log_silent);
        sampled_sum += spikes[i] != 0.0F ? ratio_on : ratio_off;
        analytic_sum += p * ratio_on + (1.0 - p) * ratio_off;
    }
    *sampled += sampled_sum;
    *analytic += analytic_sum;
}

vdib__loss vdib__loss_measure(const vdib_model *model, const vdib__batch *batch, size_t index, const float *target,
                              uint32_t label) {
    const vdib__trial *trial = batch->trials[index];
    size_t readouts = model->encoder.readout.neurons;
    vdib__loss loss = {.spikes = vdib_raster_spikes(trial->readout)};
    loss.distortion =
        vdib__head_distortion(model->head, batch->logits + index * model->outputs, model->outputs, target, label);
    for (size_t t = 0; t < batch->steps; t++)
        vdib__rate_add(trial->potentials + (trial->blank_steps + t) * readouts, trial->window + t * readouts, readouts,
                       model->config->objective.prior_rate, &loss.rate_sampled, &loss.rate);
    return loss;
}

void vdib__loss_scales(const vdib_model *model, size_t steps, double *distortion_scale, double *rate_scale) {
    bool mean = model->config->objective.reduction == VDIB_REDUCTION_MEAN;
    size_t outputs = model->head == VDIB_HEAD_CATEGORICAL ? 1 : model->outputs;
    *distortion_scale = mean ? 1.0 / (double)outputs : 1.0;
    *rate_scale = mean ? 1.0 / ((double)model->encoder.readout.neurons * (double)steps) : 1.0;
}

double vdib__loss_total(const vdib_model *model, const vdib__loss *loss, size_t steps) {
    double distortion_scale, rate_scale;
    vdib__loss_scales(model, steps, &distortion_scale, &rate_scale);
    double rate = vdib__config_rate(model->config) == VDIB_RATE_ANALYTIC ? loss->rate : loss->rate_sampled;
    return distortion_scale * loss->distortion + model->config->objective.beta * rate_scale * rate;
}
