/* SPDX-License-Identifier: MIT */
/* NIR files for one program, whose own step shall give the spikes that vdib gives. Programs read NIR's constants by
 * steps of their own, and ignore some of them; what follows are the constants under which theirs is that of the model,
 * (76) to (78) of docs/method.md.
 *
 * snnTorch, at its step of 1e-4 s: alpha = 1 - step / tau_syn, beta = 1 - step / tau_mem; syn = alpha syn + x,
 * mem = beta mem + syn, a spike above v_threshold / (w_in step / tau_syn). It demands r = tau_mem / step. LIF:
 * mem = beta mem + x, a spike above v_threshold / (r step / tau). So w_in = tau_syn / step and r = tau / step make its
 * gains 1, and our gains go into the threshold: v is g_s g_m times its mem.
 *
 * Norse, at its step of 1e-3 s: i += step / tau_syn (w_in x - i), v += step / tau_mem (v_leak - v + r i), a spike above
 * v_threshold; of LIF, r is ignored: our gain beyond 1 - alpha goes into the threshold. */
#include "core/error.h"
#include "export/nir.h"

static const double STEPS[] = {[VDIB_NIR_ANY] = 0.0, [VDIB_NIR_SNNTORCH] = 1e-4, [VDIB_NIR_NORSE] = 1e-3};

static void set(const vdib__nir_node *node, const char *name, double factor, double sum) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    for (size_t i = 0; array != NULL && i < array->count; i++)
        array->values[i] = factor * array->values[i] + sum;
}

/* A neuron of layer `number` as the program reads it; `step` is its own. */
static void fit_neurons(const vdib_model *model, vdib__nir_model *made, size_t number, double step) {
    const vdib__lif_layer *layer = &model->encoder.layers[number];
    const vdib__nir_node *node = &made->graph.nodes[made->neurons[number]];
    const vdib__lif_constants *c = &layer->constants;
    double scale = step / vdib__nir_step_of(model);
    bool cuba = vdib__nir_is(node, "CubaLIF");
    set(node, "tau_syn", scale, 0.0);
    set(node, cuba ? "tau_mem" : "tau", scale, 0.0);
    if (made->program == VDIB_NIR_SNNTORCH) {
        double gains = (double)c->synaptic_gain * (double)c->membrane_gain;
        set(node, "r", 0.0, 1.0 / (1.0 - (double)c->membrane_decay));
        set(node, "w_in", 0.0, 1.0 / (1.0 - (double)c->synaptic_decay));
        set(node, "v_threshold", 1.0 / gains, 0.0);
    } else if (!cuba) {
        set(node, "v_threshold", (1.0 - (double)c->membrane_decay) / (double)c->membrane_gain, 0.0);
        set(node, "r", 0.0, 1.0);
    }
}

vdib_status vdib__nir_check_program(const vdib_model *model, vdib__nir_program program) {
    const vdib__encoder *encoder = &model->encoder;
    const char *name = program == VDIB_NIR_SNNTORCH ? "snntorch" : "norse";
    if (encoder->layer_count == 0)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED, "export: the model has no hidden layer, and %s has no other", name);
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        if (layer->constants.membrane_decay >= 1.0F)
            return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                              "export: hidden layer %zu has neurons that do not leak, which %s has not; leave --for "
                              "out, or train with a leak",
                              l, name);
        if (!layer->resets || layer->pool > 1)
            return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                              "export: hidden layer %zu has %s, which %s has not; leave --for out, or train with %s", l,
                              layer->resets ? "pooling" : "neurons of the model srm", name,
                              layer->resets ? "layers without pooling" : "neuron.model=cuba");
    }
    return VDIB_OK;
}

void vdib__nir_for_program(const vdib_model *model, vdib__nir_model *made) {
    for (size_t l = 0; l < model->encoder.layer_count; l++)
        fit_neurons(model, made, l, STEPS[made->program]);
}
