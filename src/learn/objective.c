/* SPDX-License-Identifier: MIT */
#include "learn/objective.h"

#include "core/mathematics.h"
#include "learn/kernels_objective.h"

static const vdib__reduction mean_reduction = {
    .choice = {.name = "mean", .help = "distortion a target output, rate a neuron and step"}, .mean = true};
static const vdib__reduction sum_reduction = {.choice = {.name = "sum", .help = "distortion and rate of the example"}};
static const vdib__choice *const reductions[] = {&mean_reduction.choice, &sum_reduction.choice};
const vdib__choices vdib__reductions = VDIB_CHOICES(reductions);

static const vdib__rate_form sampled_form = {
    .choice = {.name = "sampled", .help = "log p(y) - log q(y) of the spikes y that were drawn"}};
static const vdib__rate_form analytic_form = {
    .choice = {.name = "analytic",
               .help = "the divergence of every step's probabilities from the prior, given the past"},
    .analytic = true};
static const vdib__choice *const rate_forms[] = {&sampled_form.choice, &analytic_form.choice};
const vdib__choices vdib__rate_forms = VDIB_CHOICES(rate_forms);

VDIB_KERNEL_TABLES(vdib__objective_kernels, vdib__objective_kernels);

const vdib__objective_kernels *vdib__objective_kernels_of(vdib__kernel_level level) {
    return VDIB_KERNEL_TABLE_AT(vdib__objective_kernels, level);
}

/* With s = log(1 - r0) - log(r0): log p(y)/q(y) = y (u + s) - log(1 + exp(u)) - log(1 - r0), and the divergence is
 * the same with sigma(u) for y. */
void vdib__rate_add(vdib__kernel_level level, const float *potentials, const float *spikes, size_t count,
                    double prior_rate, double *sampled, double *analytic) {
    double log_on = vdib__log(prior_rate), log_off = vdib__log(1.0 - prior_rate);
    vdib__rate_sums sums = {0};
    vdib__objective_kernels_of(level)->rate(potentials, spikes, count, log_off - log_on, &sums);
    double silent = sums.softplus + (double)count * log_off;
    *sampled += sums.sampled - silent;
    *analytic += sums.expected - silent;
}

/* docs/method.md, eq. (69): KL(N(u, s^2) || N(0, 1)) = (u^2 + s^2 - 1) / 2 - log s, and log N(z; u, s^2) - log N(z; 0,
 * 1) = (z^2 - eps^2) / 2 - log s. */
static void gaussian_rate(const vdib_model *model, const vdib__trial *trial, vdib__loss *loss) {
    const vdib__readout *readout = &model->encoder.readout;
    const float *log_deviations = model->parameters + model->table.tensors[readout->log_deviation].offset;
    for (size_t t = trial->blank_steps; t < trial->steps; t++) {
        const float *potentials = trial->potentials + t * readout->neurons;
        const float *noise = trial->noise + t * readout->neurons;
        const float *values = trial->window + (t - trial->blank_steps) * readout->neurons;
        for (size_t i = 0; i < readout->neurons; i++) {
            double u = (double)potentials[i], s = (double)trial->deviations[i], z = (double)values[i];
            double eps = (double)noise[i], log_s = (double)log_deviations[i];
            loss->rate += 0.5 * (u * u + s * s - 1.0) - log_s;
            loss->rate_sampled += 0.5 * (z * z - eps * eps) - log_s;
        }
    }
}

vdib__loss vdib__loss_measure_rate(const vdib_model *model, const vdib__batch *batch, size_t index) {
    const vdib__trial *trial = vdib__batch_sample(batch, index);
    size_t readouts = model->encoder.readout.neurons;
    vdib__loss loss = {.spikes = vdib_raster_spikes(trial->readout)};
    if (model->encoder.readout.gaussian) {
        gaussian_rate(model, trial, &loss);
        return loss;
    }
    vdib__rate_add(model->encoder.level, trial->potentials + trial->blank_steps * readouts, trial->window,
                   batch->steps * readouts, model->config->objective.prior_probability, &loss.rate_sampled, &loss.rate);
    return loss;
}

vdib__loss vdib__loss_measure(const vdib_model *model, const vdib__batch *batch, size_t index, const float *target,
                              uint32_t label) {
    vdib__loss loss = vdib__loss_measure_rate(model, batch, index);
    loss.distortion = model->head->distortion(batch->logits + index * model->outputs, model->outputs, target, label);
    return loss;
}

void vdib__loss_scales(const vdib_model *model, size_t steps, double *distortion_scale, double *rate_scale) {
    bool mean = vdib__reduction_of(model->config->objective.reduction)->mean;
    size_t outputs = model->head->classes ? 1 : model->outputs;
    *distortion_scale = mean ? 1.0 / (double)outputs : 1.0;
    /* without an encoder the rate is 0 */
    double cells = model->encoder.absent ? 1.0 : (double)model->encoder.readout.neurons * (double)steps;
    *rate_scale = mean ? 1.0 / cells : 1.0;
}

double vdib__loss_rate_term(const vdib_model *model, double beta, const vdib__loss *loss, size_t steps) {
    double distortion_scale, rate_scale;
    vdib__loss_scales(model, steps, &distortion_scale, &rate_scale);
    bool analytic_rate = vdib__rate_form_of(vdib__config_rate(model->config))->analytic;
    return beta * rate_scale * (analytic_rate ? loss->rate : loss->rate_sampled);
}

double vdib__loss_total_at(const vdib_model *model, double beta, const vdib__loss *loss, size_t steps) {
    double distortion_scale, rate_scale;
    vdib__loss_scales(model, steps, &distortion_scale, &rate_scale);
    return distortion_scale * (loss->distortion + loss->smoothing) + vdib__loss_rate_term(model, beta, loss, steps);
}

double vdib__loss_total(const vdib_model *model, const vdib__loss *loss, size_t steps) {
    return vdib__loss_total_at(model, model->config->objective.beta, loss, steps);
}

/* With t = (1 - s) one-hot + s/C: -sum t log softmax(z) = -log softmax(z)_r + s (z_r - mean z), and its derivative by z
 * is softmax(z) - t. */
void vdib__loss_smooth(const vdib_model *model, const float *logits, uint32_t label, float scale, vdib__loss *loss,
                       float *gradient) {
    double share = model->config->objective.label_smoothing, sum = 0;
    if (!(share > 0) || !model->head->classes)
        return;
    float each = (float)(share / (double)model->outputs) * scale;
    for (size_t i = 0; i < model->outputs; i++) {
        sum += (double)logits[i];
        gradient[i] -= each;
    }
    gradient[label] += (float)share * scale;
    loss->smoothing = share * ((double)logits[label] - sum / (double)model->outputs);
}
