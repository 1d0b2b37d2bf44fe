/* SPDX-License-Identifier: MIT */
/* The time constants of a model's neurons. */
#include "core/error.h"
#include "core/mathematics.h"
#include "core/sized.h"
#include "core/text.h"
#include "model/model.h"

size_t vdib_model_layers(const vdib_model *model) {
    return model != NULL ? model->encoder.layer_count : 0;
}

/* -step / log(decay), of which 0 is the limit for a decay of 0. */
static vdib_time_constant constant_of(double step, float decay) {
    double tau = decay > 0.0F ? -step / vdib__log((double)decay) : 0.0;
    return (vdib_time_constant){tau, tau, tau};
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
                                   .synapse = constant_of(step, neuron->synaptic_decay),
                                   .membrane = constant_of(step, neuron->membrane_decay),
                                   .refractory = constant_of(step, neuron->refractory_decay)};
    VDIB_SIZED_WRITE(vdib_layer_times, &made, times);
    return VDIB_OK;
}
