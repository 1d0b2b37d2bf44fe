/* SPDX-License-Identifier: MIT */
/* Time: the length of a step, and the time constants of the neurons' traces. */
#include <stdio.h>

#include "config/keys.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/text.h"

enum { RECORDING_STEP_US = 3750, OTHER_STEP_US = 1000 };

static const double FEWEST_STEPS = 0.05, MOST_STEPS = 1e6;
/* Below it a learnt time constant would be moved (src/encoder/encoder.h, least_log_tau). */
static const double FEWEST_LEARNT_STEPS = 0.5;

int64_t vdib_config_step_us(const vdib_config *config) {
    if (config == NULL)
        return 0;
    if (config->data.step_us != 0)
        return config->data.step_us;
    return vdib__choice_is(config->data.input, "recordings") ? RECORDING_STEP_US : OTHER_STEP_US;
}

size_t vdib__config_filter_steps(const vdib_config *config) {
    int64_t step = vdib_config_step_us(config), length = config->readout.filter_us;
    return length == 0 ? config->readout.filter_steps : (size_t)((length + step - 1) / step);
}

/* As readout.filter_steps takes them. */
static vdib_status check_filters(const vdib_config *config) {
    enum { MOST_FILTER_STEPS = 1000 };
    size_t steps = vdib__config_filter_steps(config);
    if (steps > MOST_FILTER_STEPS)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "readout.filter_us is %lld us, which are %zu steps of %lld us (data.step_us); it takes at "
                          "most %d steps",
                          (long long)config->readout.filter_us, steps, (long long)vdib_config_step_us(config),
                          MOST_FILTER_STEPS);
    return VDIB_OK;
}

static double tau_of(const vdib__config_list *list, size_t layer) {
    return vdib__parse_double(list->items[list->count > 1 ? layer : 0], NULL);
}

static double number_of(const vdib__config_list *list, size_t layer) {
    return list->count > 0 ? tau_of(list, layer) : 0.0;
}

static double decay_of(const vdib_config *config, const vdib__config_list *list, size_t layer, double otherwise) {
    if (list->count == 0)
        return otherwise;
    double tau = tau_of(list, layer);
    return tau > 0.0 ? vdib__exp(-(double)vdib_config_step_us(config) / tau) : 0.0;
}

vdib__config_decays vdib__config_decays_of(const vdib_config *config, size_t layer) {
    return (vdib__config_decays){
        .synaptic = decay_of(config, &config->neuron.synaptic_tau_us, layer, config->neuron.synaptic_decay),
        .membrane = decay_of(config, &config->neuron.membrane_tau_us, layer, config->neuron.membrane_decay),
        .refractory = decay_of(config, &config->neuron.refractory_tau_us, layer, config->neuron.refractory_decay),
        .adaptation = decay_of(config, &config->neuron.adaptation_tau_us, layer, 0.0),
        .strength = number_of(&config->neuron.adaptation_strength, layer)};
}

static vdib_status check_count(const vdib_config *config, const char *name, const vdib__config_list *list) {
    size_t layers = config->encoder.layers.count;
    if (list->count > 1 && list->count != layers)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "%s has %zu numbers, encoder.layers %zu layer%s; give one number for all layers, one a layer, "
            "or [] for none",
            name, list->count, layers, vdib__s(layers));
    return VDIB_OK;
}

static vdib_status check_times(const vdib_config *config, const char *name, const vdib__config_list *list,
                               bool endless) {
    double step = (double)vdib_config_step_us(config);
    VDIB_TRY(check_count(config, name, list));
    for (size_t i = 0; i < list->count; i++) {
        double tau = tau_of(list, i);
        if (!vdib__choice_is(config->neuron.learn_tau, "none") && tau < FEWEST_LEARNT_STEPS * step)
            return vdib__fail(VDIB_ERROR_CONFIG,
                              "%s is %s us, with steps of %.15g us (data.step_us); time constants that are learnt are "
                              "%.15g us, half a step, or more; give that, or set neuron.learn_tau=none",
                              name, list->items[i], step, FEWEST_LEARNT_STEPS * step);
        if (tau != 0.0 && !(tau >= FEWEST_STEPS * step && (endless || tau <= MOST_STEPS * step)))
            return vdib__fail(VDIB_ERROR_CONFIG,
                              "%s is %s us, with steps of %.15g us (data.step_us); it takes 0, or from %.15g us, a "
                              "twentieth of a step, to a million steps",
                              name, list->items[i], step, FEWEST_STEPS * step);
    }
    return VDIB_OK;
}

/* Whether the gains of a configuration are finite, and not 0, for membranes that do not leak. */
static bool may_keep(const vdib_config *config) {
    return vdib__choice_is(config->neuron.gain, "one") && vdib__choice_is(config->neuron.model, "reset");
}

static vdib_status check_leak(const vdib_config *config) {
    if (config->neuron.membrane_decay < 1.0 || may_keep(config))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_CONFIG,
                      "neuron.membrane_decay is 1, no leak, which only neurons that are reset can have, with inputs "
                      "that are added as they are; set neuron.model=lif and neuron.gain=one, or a smaller decay");
}

vdib_status vdib__config_check_times(const vdib_config *config) {
    VDIB_TRY(check_filters(config));
    VDIB_TRY(check_leak(config));
    VDIB_TRY(check_times(config, "neuron.synaptic_tau_us", &config->neuron.synaptic_tau_us, false));
    VDIB_TRY(check_times(config, "neuron.membrane_tau_us", &config->neuron.membrane_tau_us, may_keep(config)));
    VDIB_TRY(check_times(config, "neuron.refractory_tau_us", &config->neuron.refractory_tau_us, false));
    VDIB_TRY(check_times(config, "neuron.adaptation_tau_us", &config->neuron.adaptation_tau_us, false));
    VDIB_TRY(check_count(config, "neuron.adaptation_strength", &config->neuron.adaptation_strength));
    if ((config->neuron.adaptation_tau_us.count > 0) != (config->neuron.adaptation_strength.count > 0))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "an adaptive threshold needs both neuron.adaptation_strength and "
                          "neuron.adaptation_tau_us; %s is []",
                          config->neuron.adaptation_tau_us.count > 0 ? "neuron.adaptation_strength"
                                                                     : "neuron.adaptation_tau_us");
    if (config->neuron.adaptation_strength.count > 0 && vdib__choice_is(config->neuron.model, "reset"))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "neuron.model is '%s', whose threshold stays; set neuron.adaptation_strength and "
                          "neuron.adaptation_tau_us to []",
                          config->neuron.model->name);
    return VDIB_OK;
}
