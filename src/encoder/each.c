/* SPDX-License-Identifier: MIT */
/* Layers whose neurons have constants of their own, or adaptive thresholds: their constants as arrays. */
#include "core/mathematics.h"
#include "core/threads.h"
#include "encoder/layers.h"

size_t vdib__each_stride(const vdib__lif_layer *layer) {
    return vdib__blocks(layer->neurons, VDIB_BLOCK) * VDIB_BLOCK;
}

static void fill_row(const vdib__lif_layer *layer, float *row, size_t unit, float value) {
    size_t area = layer->out_height * layer->out_width;
    for (size_t i = unit * area; i < (unit + 1) * area; i++)
        row[i] = value;
}

/* d = exp(-exp(-theta)), theta = log tau. */
float vdib__decay_of_log_tau(float log_tau) {
    return (float)vdib__exp(-vdib__exp(-(double)log_tau));
}

static float log_tau_of(const vdib__lif_layer *layer, const vdib__tensor_table *table, const float *parameters, int tau,
                        size_t unit) {
    return parameters[table->tensors[layer->log_tau[tau]].offset + unit];
}

/* dd/d(theta) = d exp(-theta) */
float vdib__log_tau_slope(const vdib__lif_layer *layer, const vdib__tensor_table *table, const float *parameters,
                          int tau, size_t unit) {
    double inverse = vdib__exp(-(double)log_tau_of(layer, table, parameters, tau, unit));
    return (float)(vdib__exp(-inverse) * inverse);
}

vdib__neuron vdib__lif_neuron_of(const vdib__lif_layer *layer, const vdib__tensor_table *table, const float *parameters,
                                 size_t unit) {
    vdib__neuron neuron = layer->neuron;
    float *const decays[VDIB_TAUS] = {[VDIB_TAU_SYNAPSE] = &neuron.synaptic_decay,
                                      [VDIB_TAU_MEMBRANE] = &neuron.membrane_decay,
                                      [VDIB_TAU_REFRACTORY] = &neuron.refractory_decay};
    for (int tau = 0; tau < VDIB_TAUS; tau++)
        if (neuron.learns[tau])
            *decays[tau] = vdib__decay_of_log_tau(log_tau_of(layer, table, parameters, tau, unit));
    return neuron;
}

static void fill_unit(const vdib__lif_layer *layer, const vdib__neuron *neuron, size_t unit, float *constants) {
    const vdib__lif_constants c = vdib__lif_constants_of(neuron);
    float strength = layer->bare ? 0.0F : neuron->adaptation_strength;
    const float values[VDIB_EACH_CONSTANTS] = {
        [VDIB_EACH_SYNAPTIC_DECAY] = c.synaptic_decay,
        [VDIB_EACH_MEMBRANE_DECAY] = c.membrane_decay,
        [VDIB_EACH_REFRACTORY_DECAY] = c.refractory_decay,
        [VDIB_EACH_SYNAPTIC_GAIN] = c.synaptic_gain,
        [VDIB_EACH_MEMBRANE_GAIN] = c.membrane_gain,
        [VDIB_EACH_REFRACTORY_GAIN] = layer->bare ? 0.0F : c.refractory_gain,
        [VDIB_EACH_ADAPTATION_DECAY] = neuron->adaptation_decay,
        [VDIB_EACH_ADAPTATION_GAIN] = strength * (1.0F - neuron->adaptation_decay),
        [VDIB_EACH_SYNAPTIC_SLOPE] = neuron->gain->trace_slope(c.synaptic_decay),
        [VDIB_EACH_MEMBRANE_SLOPE] = neuron->gain->trace_slope(c.membrane_decay),
        [VDIB_EACH_REFRACTORY_SLOPE] = neuron->gain->refractory_slope(c.refractory_decay),
    };
    for (size_t k = 0; k < VDIB_EACH_CONSTANTS; k++)
        fill_row(layer, constants + k * vdib__each_stride(layer), unit, values[k]);
}

void vdib__each_fill(const vdib__lif_layer *layer, const vdib__tensor_table *table, const float *parameters,
                     float *constants) {
    for (size_t unit = 0; unit < layer->out_channels; unit++) {
        const vdib__neuron neuron = vdib__lif_neuron_of(layer, table, parameters, unit);
        fill_unit(layer, &neuron, unit, constants);
    }
}

/* ---- learnt time constants as parameters ---- */

size_t vdib__encoder_times_begin(const vdib__encoder *encoder, const vdib__tensor_table *table) {
    for (size_t l = 0; l < encoder->layer_count; l++)
        for (int tau = 0; tau < VDIB_TAUS; tau++)
            if (encoder->layers[l].neuron.learns[tau])
                return table->tensors[encoder->layers[l].log_tau[tau]].offset;
    return table->role_begin[VDIB_TENSOR_ENCODER] + table->role_count[VDIB_TENSOR_ENCODER];
}
