/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/matrix.h"
#include "core/products.h"
#include "core/text.h"
#include "encoder/encoder.h"

/* Of learnt time constants, in steps. */
static const double SHORTEST_TAU = 0.5, LONGEST_TAU = 1e6;

enum { NO_TENSOR = -1, MAX_EXTENT = 65535 };

static bool is_decay(float value) {
    return value >= 0.0F && value < 1.0F;
}

/* The gains of a trace that keeps all it has are 0 or infinite, but for the gain of one. */
static bool may_keep(const vdib__neuron *neuron) {
    return neuron->gain == &vdib__gain_one && neuron->model != NULL && neuron->model->resets;
}

static vdib_status check_neuron(const char *where, const vdib__neuron *neuron) {
    if (neuron->gain == NULL || neuron->surrogate == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: a neuron needs a gain and a surrogate", where);
    bool keeps = may_keep(neuron) && neuron->membrane_decay == 1.0F;
    if (!is_decay(neuron->synaptic_decay) || !(keeps || is_decay(neuron->membrane_decay)) ||
        !is_decay(neuron->refractory_decay))
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: the decays of a neuron are %g, %g and %g; each must be in [0, 1)",
                          where, (double)neuron->synaptic_decay, (double)neuron->membrane_decay,
                          (double)neuron->refractory_decay);
    if (!is_decay(neuron->adaptation_decay) ||
        !(neuron->adaptation_strength >= 0.0F && isfinite(neuron->adaptation_strength)))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "%s: the threshold adapts with decay %g and strength %g; the decay must be in [0, 1), the "
                          "strength at least 0",
                          where, (double)neuron->adaptation_decay, (double)neuron->adaptation_strength);
    if (neuron->surrogate->reads_slope && !(neuron->slope > 0.0F && isfinite(neuron->slope)))
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: the slope of the %s surrogate is %g; it must be positive", where,
                          neuron->surrogate->choice.name, (double)neuron->slope);
    return VDIB_OK;
}

static vdib_status check_parameters(const vdib__encoder_parameters *p) {
    VDIB_TRY(check_neuron("encoder", &p->neuron));
    if (p->credit == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "encoder: it needs to know how errors reach its hidden layers");
    if (p->layer_count > VDIB_ENCODER_LAYERS)
        return vdib__fail(VDIB_ERROR_CONFIG, "encoder: %zu hidden layer%s; at most %d are possible", p->layer_count,
                          vdib__s(p->layer_count), VDIB_ENCODER_LAYERS);
    for (size_t l = 0; l < p->layer_count; l++) {
        char name[VDIB_TENSOR_NAME];
        snprintf(name, sizeof name, "hidden layer %zu", l);
        if (p->layers[l].neuron != NULL)
            VDIB_TRY(check_neuron(name, p->layers[l].neuron));
    }
    if (p->readouts == 0 || p->readouts >= UINT32_MAX || p->filter_steps == 0 || p->filter_steps > MAX_EXTENT ||
        p->bases == 0 || p->bases > MAX_EXTENT || p->feedback_bases > MAX_EXTENT)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "encoder: a readout of %zu neuron%s, %zu bases, %zu feedback bases and %zu filter step%s; all but the "
            "feedback bases must be at least 1, and bases and steps at most %d",
            p->readouts, vdib__s(p->readouts), p->bases, p->feedback_bases, p->filter_steps, vdib__s(p->filter_steps),
            MAX_EXTENT);
    if (!(p->basis_width > 0.0 && isfinite(p->basis_width)))
        return vdib__fail(VDIB_ERROR_CONFIG, "encoder: the basis width is %g; it must be positive", p->basis_width);
    if (p->gaussian && (p->feedback_bases > 0 || !(p->initial_deviation > 0.0)))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "encoder: a Gaussian readout has %zu feedback bases and noise of standard deviation %g; it "
                          "takes 0 and a positive number",
                          p->feedback_bases, p->initial_deviation);
    if (p->credit->target && p->layer_count > 0 && p->targets == 0)
        return vdib__fail(VDIB_ERROR_CONFIG, "encoder: drtp feedback needs targets, and there are none");
    return VDIB_OK;
}

/* *volume = a * b * c, a number of channels that a raster can have. */
static vdib_status volume_of(const char *what, size_t a, size_t b, size_t c, size_t *volume) {
    if (__builtin_mul_overflow(a, b, volume) || __builtin_mul_overflow(*volume, c, volume) || *volume == 0 ||
        *volume > INT32_MAX)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s has %zu x %zu x %zu neurons; it must have 1 to 2^31 - 1", what, a, b,
                          c);
    return VDIB_OK;
}

/* Output extent of a convolution, 0 if the kernel does not fit. */
static size_t convolved(size_t extent, const vdib__lif_layer *layer) {
    size_t padded = extent + 2 * layer->padding;
    return padded < layer->kernel ? 0 : (padded - layer->kernel) / layer->stride + 1;
}

static vdib_status shape_convolution(size_t number, vdib__lif_layer *layer) {
    if (layer->kernel == 0 || layer->kernel > MAX_EXTENT || layer->stride == 0 || layer->pool == 0 ||
        layer->padding >= layer->kernel)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "hidden layer %zu: kernel %zu, stride %zu, padding %zu, pool %zu; all but the padding must be at "
            "least 1, and the padding smaller than the kernel",
            number, layer->kernel, layer->stride, layer->padding, layer->pool);
    layer->out_height = convolved(layer->in_height, layer);
    layer->out_width = convolved(layer->in_width, layer);
    if (layer->out_height == 0 || layer->out_width == 0)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "hidden layer %zu: a kernel of %zu with padding %zu does not fit on a map of %zu x %zu; choose a "
            "smaller kernel",
            number, layer->kernel, layer->padding, layer->in_height, layer->in_width);
    if (layer->out_height < layer->pool || layer->out_width < layer->pool)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "hidden layer %zu: a pooling window of %zu does not fit on a map of %zu x %zu; choose a smaller "
            "window",
            number, layer->pool, layer->out_height, layer->out_width);
    return VDIB_OK;
}

/* Fills everything but the tensors; shape (channels, rows, columns) is the layer's input on entry, its output on
 * return. */
static vdib_status shape_layer(const vdib__encoder_parameters *p, vdib__kernel_level level, size_t number,
                               size_t shape[3], vdib__lif_layer *layer) {
    char name[VDIB_TENSOR_NAME];
    snprintf(name, sizeof name, "hidden layer %zu", number);
    const vdib__neuron *neuron = p->layers[number].neuron != NULL ? p->layers[number].neuron : &p->neuron;
    *layer = (vdib__lif_layer){.neuron = *neuron,
                               .constants = vdib__lif_constants_of(neuron),
                               .surrogate = neuron->surrogate->levels[level],
                               .log_tau = {(size_t)NO_TENSOR, (size_t)NO_TENSOR, (size_t)NO_TENSOR},
                               .convolutional = p->layers[number].convolutional,
                               .in_channels = shape[0],
                               .in_height = shape[1],
                               .in_width = shape[2],
                               .out_channels = p->layers[number].width,
                               .out_height = 1,
                               .out_width = 1,
                               .kernel = p->layers[number].kernel,
                               .stride = p->layers[number].stride,
                               .padding = p->layers[number].padding,
                               .pool = p->layers[number].convolutional ? p->layers[number].pool : 1,
                               .fixed = (size_t)NO_TENSOR};
    layer->resets = neuron->model != NULL && neuron->model->resets;
    layer->each = neuron->adaptation_strength > 0.0F || vdib__lif_learns_times(layer);
    if (layer->resets && layer->each)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "hidden layer %zu: neurons that are reset neither adapt nor learn time "
                          "constants",
                          number);
    layer->inputs = shape[0] * shape[1] * shape[2];
    if (layer->convolutional)
        VDIB_TRY(shape_convolution(number, layer));
    VDIB_TRY(volume_of(name, layer->out_channels, layer->out_height, layer->out_width, &layer->neurons));
    shape[0] = layer->out_channels;
    shape[1] = layer->out_height / layer->pool;
    shape[2] = layer->out_width / layer->pool;
    layer->outputs = shape[0] * shape[1] * shape[2];
    return VDIB_OK;
}

/* The weight's shape and law, for the weight itself and for the fixed tensor that stands for it under fa. */
static vdib_status add_weight(const vdib__lif_layer *layer, vdib__tensor_role role, const char *name,
                              vdib__tensor_table *table, size_t *index) {
    static const uint8_t INPUT_FIRST[2] = {1, 0};
    if (layer->convolutional) {
        size_t fan_in = layer->in_channels * layer->kernel * layer->kernel;
        size_t shape[4] = {layer->out_channels, layer->in_channels, layer->kernel, layer->kernel};
        return vdib__tensor_add(table, role, name, 4, shape, NULL, 1.0F / sqrtf((float)fan_in), index);
    }
    size_t shape[2] = {layer->neurons, layer->inputs};
    return vdib__tensor_add(table, role, name, 2, shape, INPUT_FIRST, 1.0F / sqrtf((float)layer->inputs), index);
}

static vdib_status add_layer(const vdib__encoder_parameters *p, size_t number, vdib__lif_layer *layer,
                             vdib__tensor_table *table) {
    char name[VDIB_TENSOR_NAME];
    snprintf(name, sizeof name, "encoder.hidden.%zu.weight", number);
    VDIB_TRY(add_weight(layer, VDIB_TENSOR_ENCODER, name, table, &layer->weight));
    snprintf(name, sizeof name, "encoder.hidden.%zu.bias", number);
    VDIB_TRY(vdib__tensor_add(table, VDIB_TENSOR_ENCODER, name, 1, &layer->out_channels, NULL,
                              table->tensors[layer->weight].bound, &layer->bias));
    snprintf(name, sizeof name, "feedback.hidden.%zu", number);
    if (p->credit->layered)
        return p->credit->symmetric || number == 0 ? VDIB_OK
                                                   : add_weight(layer, VDIB_TENSOR_FIXED, name, table, &layer->fixed);
    static const uint8_t OUTPUT_FIRST[2] = {1, 0};
    bool direct = !p->credit->target;
    size_t shape[2] = {direct ? p->readouts : p->targets, layer->outputs};
    return vdib__tensor_add(table, VDIB_TENSOR_FIXED, name, 2, shape, direct ? OUTPUT_FIRST : NULL,
                            sqrtf(6.0F / (float)layer->outputs), &layer->fixed);
}

/* log s of every neuron begins with the same value. */
static vdib_status add_deviations(const vdib__encoder_parameters *p, vdib__readout *readout,
                                  vdib__tensor_table *table) {
    VDIB_TRY(vdib__tensor_add(table, VDIB_TENSOR_ENCODER, "encoder.readout.log_deviation", 1, &readout->neurons, NULL,
                              0.0F, &readout->log_deviation));
    table->tensors[readout->log_deviation].middle = (float)vdib__log(p->initial_deviation);
    return VDIB_OK;
}

static vdib_status add_readout(const vdib__encoder_parameters *p, vdib__readout *readout, vdib__tensor_table *table) {
    static const uint8_t INPUT_FIRST[3] = {1, 2, 0}, BASIS_FIRST[2] = {1, 0};
    float bound = sqrtf(6.0F / ((float)readout->bases * (float)(readout->inputs + readout->neurons)));
    size_t weight[3] = {readout->neurons, readout->inputs, readout->bases};
    VDIB_TRY(vdib__tensor_add(table, VDIB_TENSOR_ENCODER, "encoder.readout.weight", 3, weight, INPUT_FIRST, bound,
                              &readout->weight));
    size_t each[2] = {readout->neurons, readout->feedback_bases};
    size_t lateral[3] = {readout->neurons, readout->neurons, readout->feedback_bases};
    if (readout->feedback_bases > 0)
        VDIB_TRY(vdib__tensor_add(table, VDIB_TENSOR_ENCODER, "encoder.readout.feedback", readout->lateral ? 3 : 2,
                                  readout->lateral ? lateral : each, readout->lateral ? INPUT_FIRST : BASIS_FIRST,
                                  bound, &readout->feedback));
    VDIB_TRY(vdib__tensor_add(table, VDIB_TENSOR_ENCODER, "encoder.readout.bias", 1, &readout->neurons, NULL, bound,
                              &readout->bias));
    size_t taps[2] = {readout->bases, readout->filter_steps};
    if (readout->learns_filters)
        VDIB_TRY(
            vdib__tensor_add(table, VDIB_TENSOR_ENCODER, "encoder.readout.basis", 2, taps, NULL, 1.0F, &readout->taps));
    if (readout->gaussian)
        VDIB_TRY(add_deviations(p, readout, table));
    if (p->credit->layered && !p->credit->symmetric && p->layer_count > 0)
        return vdib__tensor_add(table, VDIB_TENSOR_FIXED, "feedback.readout", 3, weight, INPUT_FIRST, bound,
                                &readout->fixed);
    return VDIB_OK;
}

static vdib_status build_readout(const vdib__encoder_parameters *p, size_t inputs, vdib__readout *readout,
                                 vdib__tensor_table *table) {
    *readout = (vdib__readout){.inputs = inputs,
                               .neurons = p->readouts,
                               .filter_steps = p->filter_steps,
                               .bases = p->bases,
                               .feedback_bases = p->feedback_bases,
                               .lateral = p->lateral,
                               .learns_filters = p->learns_filters,
                               .gaussian = p->gaussian,
                               .feedback = (size_t)NO_TENSOR,
                               .taps = (size_t)NO_TENSOR,
                               .log_deviation = (size_t)NO_TENSOR,
                               .fixed = (size_t)NO_TENSOR};
    VDIB_TRY(VDIB_NEW(&readout->basis, p->bases * p->filter_steps));
    VDIB_TRY(VDIB_NEW(&readout->feedback_basis, p->feedback_bases * p->filter_steps));
    VDIB_TRY(VDIB_NEW(&readout->filters, p->bases + p->feedback_bases));
    vdib__basis_fill(p->filter_steps, p->bases, p->basis_width, readout->basis);
    if (p->feedback_bases > 0)
        vdib__basis_fill(p->filter_steps, p->feedback_bases, p->basis_width, readout->feedback_basis);
    for (size_t k = 0; k < p->bases; k++)
        readout->filters[k] = vdib__filter_of(readout->basis + k * p->filter_steps, p->filter_steps);
    for (size_t k = 0; k < p->feedback_bases; k++)
        readout->filters[p->bases + k] =
            vdib__filter_of(readout->feedback_basis + k * p->filter_steps, p->filter_steps);
    return add_readout(p, readout, table);
}

/* The logarithm of the time constant of a decay, in steps, within the bounds of the learnt ones. */
static float first_log_tau(const vdib__encoder *encoder, float decay) {
    double log_tau = decay > 0.0F ? -vdib__log(-vdib__log((double)decay)) : (double)encoder->least_log_tau;
    if (log_tau < (double)encoder->least_log_tau)
        return encoder->least_log_tau;
    return log_tau > (double)encoder->most_log_tau ? encoder->most_log_tau : (float)log_tau;
}

/* The learnt time constants of all layers, behind the other tensors of the encoder. */
static vdib_status add_times(vdib__encoder *encoder, vdib__tensor_table *table) {
    static const char *const names[VDIB_TAUS] = {"synapse", "membrane", "refractory"};
    for (size_t l = 0; l < encoder->layer_count; l++) {
        vdib__lif_layer *layer = &encoder->layers[l];
        const float decays[VDIB_TAUS] = {layer->neuron.synaptic_decay, layer->neuron.membrane_decay,
                                         layer->neuron.refractory_decay};
        for (int tau = 0; tau < VDIB_TAUS; tau++) {
            char name[VDIB_TENSOR_NAME];
            if (!layer->neuron.learns[tau])
                continue;
            snprintf(name, sizeof name, "encoder.hidden.%zu.log_tau_%s", l, names[tau]);
            VDIB_TRY(vdib__tensor_add(table, VDIB_TENSOR_ENCODER, name, 1, &layer->out_channels, NULL, 0.0F,
                                      &layer->log_tau[tau]));
            table->tensors[layer->log_tau[tau]].middle = first_log_tau(encoder, decays[tau]);
        }
    }
    return VDIB_OK;
}

/* No encoder: the inputs are all there is. */
static vdib_status build_absent(const vdib__encoder_parameters *p, vdib__encoder *encoder) {
    const size_t *shape = p->input_shape;
    return volume_of("the encoder's input", shape[0], shape[1], shape[2], &encoder->readout.inputs);
}

static vdib_status build(const vdib__encoder_parameters *p, vdib__tensor_table *table, vdib__encoder *encoder) {
    size_t shape[3] = {p->input_shape[0], p->input_shape[1], p->input_shape[2]}, inputs = 0;
    VDIB_TRY(volume_of("the encoder's input", shape[0], shape[1], shape[2], &inputs));
    for (size_t l = 0; l < p->layer_count; l++) {
        VDIB_TRY(shape_layer(p, encoder->level, l, shape, &encoder->layers[l]));
        if (encoder->layers[l].convolutional)
            VDIB_TRY(vdib__axis_taps_create(&encoder->layers[l]));
        VDIB_TRY(add_layer(p, l, &encoder->layers[l], table));
        inputs = encoder->layers[l].outputs;
    }
    size_t sensor = p->input_shape[0] * p->input_shape[1] * p->input_shape[2];
    VDIB_TRY(build_readout(p, inputs + (encoder->joined ? sensor : 0), &encoder->readout, table));
    return add_times(encoder, table);
}

vdib_status vdib__encoder_build(const vdib__encoder_parameters *parameters, vdib__tensor_table *table,
                                vdib__encoder *encoder) {
    if (!parameters->absent)
        VDIB_TRY(check_parameters(parameters));
    vdib__encoder built = {.absent = parameters->absent,
                           .layer_count = parameters->absent ? 0 : parameters->layer_count,
                           .joined = parameters->joined && parameters->layer_count > 0 && !parameters->absent,
                           .credit = parameters->credit,
                           .truncation = parameters->truncation,
                           .targets = parameters->targets};
    double longest = parameters->longest_tau > 0 ? parameters->longest_tau : LONGEST_TAU;
    built.least_log_tau = (float)vdib__log(SHORTEST_TAU);
    built.most_log_tau = (float)vdib__log(longest > SHORTEST_TAU ? longest : SHORTEST_TAU);
    VDIB_TRY(vdib__blas_start());
    VDIB_TRY(vdib__kernel_level_choose(&built.level));
    built.products = vdib__products_of(parameters->portable, built.level);
    vdib_status status = built.absent ? build_absent(parameters, &built) : build(parameters, table, &built);
    if (status != VDIB_OK) {
        vdib__encoder_free(&built);
        return status;
    }
    *encoder = built;
    return VDIB_OK;
}

void vdib__encoder_initialise(const vdib__encoder *encoder, const vdib__tensor_table *table, float *parameters) {
    const vdib__readout *readout = &encoder->readout;
    if (readout->learns_filters)
        memcpy(parameters + table->tensors[readout->taps].offset, readout->basis,
               readout->bases * readout->filter_steps * sizeof *parameters);
}

void vdib__encoder_free(vdib__encoder *encoder) {
    for (size_t l = 0; l < encoder->layer_count; l++)
        vdib__free(encoder->layers[l].axis_taps);
    vdib__free(encoder->readout.basis);
    vdib__free(encoder->readout.feedback_basis);
    vdib__free(encoder->readout.filters);
    *encoder = (vdib__encoder){0};
}
