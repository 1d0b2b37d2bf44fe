/* SPDX-License-Identifier: MIT */
/* The time constants of a model's neurons. */
#include <math.h>

#include "core/error.h"
#include "core/mathematics.h"
#include "core/sized.h"
#include "core/text.h"
#include "model/model.h"

size_t vdib_model_layers(const vdib_model *model) {
    return model != NULL ? model->encoder.layer_count : 0;
}

/* -step / log(decay), of which 0 and infinity are the limits for decays of 0 and 1. */
static vdib_time_constant constant_of(double step, float decay) {
    double tau = decay >= 1.0F ? (double)INFINITY : decay > 0.0F ? -step / vdib__log((double)decay) : 0.0;
    return (vdib_time_constant){tau, tau, tau};
}

/* Of learnt ones, each unit's in microseconds. */
static vdib_time_constant learnt(const vdib_model *model, size_t tensor, double step) {
    const vdib__tensor *of = &model->table.tensors[tensor];
    vdib_time_constant made = {.least = 0};
    for (size_t unit = 0; unit < of->count; unit++) {
        double tau = step * vdib__exp((double)model->parameters[of->offset + unit]);
        made.least = unit == 0 || tau < made.least ? tau : made.least;
        made.most = unit == 0 || tau > made.most ? tau : made.most;
        made.mean += tau / (double)of->count;
    }
    return made;
}

static vdib_time_constant time_of(const vdib_model *model, size_t layer, int tau, double step, float decay) {
    const vdib__lif_layer *of = &model->encoder.layers[layer];
    return of->neuron.learns[tau] ? learnt(model, of->log_tau[tau], step) : constant_of(step, decay);
}

vdib_status vdib_model_times(const vdib_model *model, size_t layer, vdib_layer_times *times) {
    VDIB_REQUIRE(model);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_layer_times, times));
    if (layer >= model->encoder.layer_count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "hidden layer %zu: the model has %zu, counted from 0", layer,
                          model->encoder.layer_count);
    const vdib__neuron *neuron = &model->encoder.layers[layer].neuron;
    double step = (double)vdib_config_step_us(model->config);
    const vdib_layer_times made = {.size = sizeof(vdib_layer_times),
                                   .synapse = time_of(model, layer, VDIB_TAU_SYNAPSE, step, neuron->synaptic_decay),
                                   .membrane = time_of(model, layer, VDIB_TAU_MEMBRANE, step, neuron->membrane_decay),
                                   .refractory =
                                       time_of(model, layer, VDIB_TAU_REFRACTORY, step, neuron->refractory_decay)};
    VDIB_SIZED_WRITE(vdib_layer_times, &made, times);
    return VDIB_OK;
}
