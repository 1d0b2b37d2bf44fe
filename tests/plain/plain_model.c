/* SPDX-License-Identifier: MIT */
/* docs/method.md, eq. (1) to (5), (9) to (11), (15) to (19), in plain loops. */
#include "plain/plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define PI 3.14159265358979323846

static double *zeros(size_t count) {
    double *values = calloc(count > 0 ? count : 1, sizeof *values);
    assert_non_null(values);
    return values;
}

/* A tensor by name as doubles; *info receives its shape. NULL if the model has none. */
static double *tensor(const vdib_model *model, const char *name, vdib_tensor_info *info) {
    for (size_t i = 0; i < vdib_model_tensor_count(model); i++) {
        *info = (vdib_tensor_info){.size = sizeof *info};
        assert_ok(vdib_model_tensor(model, i, info));
        if (strcmp(info->name, name) != 0)
            continue;
        float *values = calloc(info->count, sizeof *values);
        double *copy = zeros(info->count);
        assert_non_null(values);
        assert_ok(vdib_model_tensor_get(model, i, values));
        for (size_t k = 0; k < info->count; k++)
            copy[k] = values[k];
        free(values);
        return copy;
    }
    return NULL;
}

static double number(const vdib_model *model, const char *key) {
    char text[128];
    assert_ok(vdib_config_get(vdib_model_config(model), key, text, sizeof text));
    return strtod(text, NULL);
}

static bool says(const vdib_model *model, const char *key, const char *value) {
    char text[128];
    assert_ok(vdib_config_get(vdib_model_config(model), key, text, sizeof text));
    return strcmp(text, value) == 0;
}

static void read_neuron(const vdib_model *model, plain_model *m) {
    bool unit = says(model, "neuron.gain", "unit");
    m->synaptic = number(model, "neuron.synaptic_decay");
    m->membrane = number(model, "neuron.membrane_decay");
    m->refractory = number(model, "neuron.refractory_decay");
    m->gain_s = unit ? 1 - m->synaptic : 1 / (1 - m->synaptic);
    m->gain_m = unit ? 1 - m->membrane : 1 / (1 - m->membrane);
    m->gain_r = unit ? 1 - m->refractory : 1;
}

static void read_tensors(const vdib_model *model, plain_model *m) {
    vdib_tensor_info info;
    char name[64];
    for (m->layers = 0; m->layers <= PLAIN_LAYERS; m->layers++) {
        snprintf(name, sizeof name, "encoder.hidden.%zu.weight", m->layers);
        double *weight = tensor(model, name, &info);
        if (weight == NULL)
            break;
        assert_true(m->layers < PLAIN_LAYERS && info.rank == 2);
        m->weight[m->layers] = weight;
        m->neurons[m->layers] = info.shape[0];
        snprintf(name, sizeof name, "encoder.hidden.%zu.bias", m->layers);
        m->bias[m->layers] = tensor(model, name, &info);
    }
    m->readout_weight = tensor(model, "encoder.readout.weight", &info);
    m->readouts = info.shape[0];
    m->bases = info.shape[2];
    m->readout_feedback = tensor(model, "encoder.readout.feedback", &info);
    m->feedback_bases = m->readout_feedback != NULL ? info.shape[1] : 0;
    m->readout_bias = tensor(model, "encoder.readout.bias", &info);
    m->decoder_weight = tensor(model, "decoder.fc.weight", &info);
    m->outputs = info.shape[0];
    m->window = info.shape[1] / m->readouts;
    m->decoder_bias = tensor(model, "decoder.fc.bias", &info);
    assert_true(m->readout_weight != NULL && m->readout_bias != NULL && m->decoder_weight != NULL);
}

plain_model *plain_model_of(const vdib_model *model) {
    plain_model *m = calloc(1, sizeof *m);
    const vdib_geometry *geometry = vdib_model_geometry(model);
    assert_non_null(m);
    assert_true(says(model, "decoder.type", "linear") && says(model, "readout.feedback", "neuron"));
    assert_true(says(model, "decoder.coding", "time"));
    read_neuron(model, m);
    read_tensors(model, m);
    m->inputs = geometry->input_channels * geometry->input_height * geometry->input_width;
    m->lags = (size_t)number(model, "readout.filter_steps");
    m->width = number(model, "readout.basis_width");
    m->blank = (size_t)number(model, "data.blank_steps");
    m->prior = number(model, "objective.prior_probability");
    m->beta = number(model, "objective.beta");
    m->mean = says(model, "objective.reduction", "mean");
    m->analytic = says(model, "objective.rate_term", "analytic") ||
                  (says(model, "objective.rate_term", "auto") && says(model, "learning.estimator", "straight-through"));
    m->stepwise = says(model, "data.target", "units");
    m->seed = (uint64_t)number(model, "seed");
    bool classes = m->stepwise || says(model, "data.target", "class");
    m->head =
        classes ? PLAIN_CATEGORICAL : (says(model, "decoder.head", "gaussian") ? PLAIN_GAUSSIAN : PLAIN_BERNOULLI);
    return m;
}

void plain_model_free(plain_model *model) {
    for (size_t l = 0; l < model->layers; l++) {
        free(model->weight[l]);
        free(model->bias[l]);
    }
    free(model->readout_weight);
    free(model->readout_feedback);
    free(model->readout_bias);
    free(model->decoder_weight);
    free(model->decoder_bias);
    free(model);
}

/* Raised cosine k of `bases` at a lag, eq. (11). */
static double filter(const plain_model *m, size_t bases, size_t k, size_t lag) {
    double shift = (double)m->lags / 10, first = log(shift), last = log((double)m->lags - 1 + shift);
    double spacing = (last - first) / (bases > 1 ? (double)bases - 1 : 1);
    double phase = spacing > 0 ? m->width * PI * (log((double)lag + shift) - first - (double)k * spacing) / spacing : 0;
    return (1 + cos(fmin(fmax(phase, -PI), PI))) / 2;
}

/* Spikes of a hidden layer (steps, neurons) from those that enter it (steps, inputs), eq. (1) to (5). */
static double *run_layer(const plain_model *m, size_t l, const double *input, size_t inputs, size_t steps) {
    size_t neurons = m->neurons[l];
    double *q = zeros(inputs), *p = zeros(inputs), *refractory = zeros(neurons), *spikes = zeros(steps * neurons);
    for (size_t t = 0; t < steps; t++) {
        for (size_t j = 0; j < inputs; j++) {
            p[j] = m->membrane * p[j] + m->gain_m * q[j];
            q[j] = m->synaptic * q[j] + m->gain_s * input[t * inputs + j];
        }
        for (size_t i = 0; i < neurons; i++) {
            double before = t > 0 ? spikes[(t - 1) * neurons + i] : 0, u = m->bias[l][i];
            refractory[i] = m->refractory * refractory[i] - m->gain_r * before;
            for (size_t j = 0; j < inputs; j++)
                u += m->weight[l][i * inputs + j] * p[j];
            spikes[t * neurons + i] = u + refractory[i] >= 0 ? 1 : 0;
        }
    }
    free(refractory);
    free(p);
    free(q);
    return spikes;
}

/* Potential of readout neuron i at step t, eq. (9): input (steps, inputs), y (steps, NY) up to the step before. */
static double potential(const plain_model *m, const double *input, size_t inputs, const double *y, size_t t, size_t i) {
    double u = m->readout_bias[i];
    for (size_t lag = 0; lag < m->lags && lag <= t; lag++)
        for (size_t k = 0; k < m->bases; k++) {
            double a = filter(m, m->bases, k, lag);
            for (size_t j = 0; j < inputs; j++)
                u += m->readout_weight[(i * inputs + j) * m->bases + k] * a * input[(t - lag) * inputs + j];
        }
    for (size_t lag = 0; lag < m->lags && lag + 1 <= t; lag++)
        for (size_t k = 0; k < m->feedback_bases; k++)
            u += m->readout_feedback[i * m->feedback_bases + k] * filter(m, m->feedback_bases, k, lag) *
                 y[(t - 1 - lag) * m->readouts + i];
    return u;
}

static uint64_t count_spikes(const double *spikes, size_t first, size_t end) {
    double sum = 0;
    for (size_t i = first; i < end; i++)
        sum += spikes[i];
    return (uint64_t)sum;
}

static void run_readout(const plain_model *m, const double *input, size_t inputs, const vdib__key *key,
                        plain_trial *trial) {
    size_t all = m->blank + trial->steps, readouts = m->readouts;
    double *y = zeros(all * readouts);
    for (size_t t = 0; t < all; t++)
        for (size_t i = 0; i < readouts; i++) {
            double u = potential(m, input, inputs, y, t, i);
            y[t * readouts + i] = vdib__random_uniform(key, (uint32_t)t, (uint32_t)i) < 1 / (1 + exp(-u)) ? 1 : 0;
            if (t >= m->blank)
                trial->potentials[(t - m->blank) * readouts + i] = u;
        }
    memcpy(trial->spikes, y + m->blank * readouts, trial->steps * readouts * sizeof *y);
    trial->readout_spikes = count_spikes(trial->spikes, 0, trial->steps * readouts);
    free(y);
}

plain_trial *plain_run(const plain_model *model, const vdib_raster *input, const vdib__key *key) {
    plain_trial *trial = calloc(1, sizeof *trial);
    assert_non_null(trial);
    trial->steps = vdib_raster_steps(input);
    size_t all = model->blank + trial->steps, width = model->inputs;
    double *layer = zeros(all * width);
    trial->potentials = zeros(trial->steps * model->readouts);
    trial->spikes = zeros(trial->steps * model->readouts);
    for (size_t t = 0; t < trial->steps; t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(input, t, &channels);
        for (size_t s = 0; s < count; s++)
            layer[(model->blank + t) * width + channels[s]] = 1;
    }
    trial->input_spikes = count_spikes(layer, model->blank * width, all * width);
    for (size_t l = 0; l < model->layers; l++) {
        trial->operations += count_spikes(layer, model->blank * width, all * width) * model->neurons[l];
        double *next = run_layer(model, l, layer, width, all);
        free(layer);
        layer = next;
        width = model->neurons[l];
    }
    trial->operations += count_spikes(layer, model->blank * width, all * width) * model->readouts;
    run_readout(model, layer, width, key, trial);
    free(layer);
    return trial;
}

void plain_trial_free(plain_trial *trial) {
    free(trial->potentials);
    free(trial->spikes);
    free(trial);
}

void plain_decode(const plain_model *model, const plain_trial *trial, size_t last, double *logits) {
    size_t width = model->window * model->readouts;
    const double *window = trial->spikes + (last + 1 - model->window) * model->readouts;
    for (size_t o = 0; o < model->outputs; o++) {
        logits[o] = model->decoder_bias[o];
        for (size_t i = 0; i < width; i++)
            logits[o] += model->decoder_weight[o * width + i] * window[i];
    }
}

static double sum_of_exponentials(const plain_model *model, const double *logits) {
    double sum = 0;
    for (size_t o = 0; o < model->outputs; o++)
        sum += exp(logits[o]);
    return sum;
}

void plain_output(const plain_model *model, const double *logits, double *output) {
    double sum = model->head == PLAIN_CATEGORICAL ? sum_of_exponentials(model, logits) : 1;
    for (size_t o = 0; o < model->outputs; o++)
        output[o] = model->head == PLAIN_CATEGORICAL ? exp(logits[o]) / sum
                    : model->head == PLAIN_BERNOULLI ? 1 / (1 + exp(-logits[o]))
                                                     : logits[o];
}

double plain_distortion(const plain_model *model, const double *logits, const float *target, uint32_t label) {
    double sum = 0;
    if (model->head == PLAIN_CATEGORICAL)
        return log(sum_of_exponentials(model, logits)) - logits[label];
    for (size_t o = 0; o < model->outputs; o++) {
        double z = logits[o], r = target[o];
        sum += model->head == PLAIN_BERNOULLI ? log(1 + exp(z)) - r * z : (r - z) * (r - z) / 2 + log(2 * PI) / 2;
    }
    return sum;
}

double plain_rate(const plain_model *model, const plain_trial *trial, size_t first) {
    double sum = 0, r0 = model->prior;
    for (size_t i = first * model->readouts; i < trial->steps * model->readouts; i++) {
        double p = 1 / (1 + exp(-trial->potentials[i]));
        sum += p * log(p / r0) + (1 - p) * log((1 - p) / (1 - r0));
    }
    return sum;
}

double plain_rate_sampled(const plain_model *model, const plain_trial *trial, size_t first) {
    double sum = 0, r0 = model->prior;
    for (size_t i = first * model->readouts; i < trial->steps * model->readouts; i++) {
        double p = 1 / (1 + exp(-trial->potentials[i]));
        sum += trial->spikes[i] > 0 ? log(p / r0) : log((1 - p) / (1 - r0));
    }
    return sum;
}
