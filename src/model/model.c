/* SPDX-License-Identifier: MIT */
#include "model/model.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/products.h"
#include "core/sized.h"
#include "core/text.h"

/* Learnt time constants are no longer than so many examples. */
static const double LONGEST_WINDOWS = 10;

_Static_assert((int)VDIB_CONFIG_LAYERS == (int)VDIB_ENCODER_LAYERS, "as many layers as the encoder can have");

/* The constants of the neurons of a hidden layer. */
static vdib__neuron neuron_of(const vdib_config *config, size_t layer) {
    vdib__config_decays decays = vdib__config_decays_of(config, layer);
    const vdib__learnt_times *learnt = vdib__learnt_times_of(config->neuron.learn_tau);
    const vdib__neuron_model *kind = vdib__neuron_model_of(config->neuron.model);
    return (vdib__neuron){.synaptic_decay = kind->synapse ? (float)decays.synaptic : 0.0F,
                          .membrane_decay = (float)decays.membrane,
                          .refractory_decay = kind->resets ? 0.0F : (float)decays.refractory,
                          .model = kind,
                          .threshold = (float)config->neuron.threshold,
                          .gain = vdib__gain_of(config->neuron.gain),
                          .surrogate = vdib__surrogate_of(config->neuron.surrogate),
                          .slope = (float)config->neuron.surrogate_slope,
                          .adaptation_decay = (float)decays.adaptation,
                          .adaptation_strength = (float)decays.strength,
                          .learns = {[VDIB_TAU_SYNAPSE] = learnt->traces,
                                     [VDIB_TAU_MEMBRANE] = learnt->traces,
                                     [VDIB_TAU_REFRACTORY] = learnt->refractory}};
}

/* `neurons` (VDIB_ENCODER_LAYERS) receives the constants of the layers, to which *parameters points. */
static vdib_status encoder_parameters(const vdib_config *config, const vdib_geometry *geometry, size_t targets,
                                      vdib__neuron *neurons, vdib__encoder_parameters *parameters) {
    *parameters = (vdib__encoder_parameters){
        .absent = vdib__encoder_type_of(config->encoder.type)->absent,
        .neuron = neuron_of(config, 0),
        .input_shape = {geometry->input_channels, geometry->input_height, geometry->input_width},
        .layer_count = config->encoder.layers.count,
        .readouts = config->encoder.readouts,
        .filter_steps = vdib__config_filter_steps(config),
        .bases = config->readout.bases,
        .feedback_bases = config->readout.feedback_bases,
        .basis_width = config->readout.basis_width,
        .lateral = vdib__reach_of(config->readout.feedback)->lateral,
        .learns_filters = config->readout.learns_filters,
        .gaussian = vdib__readout_type_of(config->readout.type)->gaussian,
        .initial_deviation = config->readout.initial_deviation,
        .credit = vdib__credit_of(config->learning.credit_assignment),
        .truncation = config->learning.truncation,
        .targets = targets,
        .joined = config->encoder.skip,
        .longest_tau = LONGEST_WINDOWS * (double)geometry->steps,
        .portable = vdib__products_are_portable(config->numeric.products),
    };
    for (size_t l = 0; l < config->encoder.layers.count; l++) {
        vdib__layer_text text;
        VDIB_TRY(vdib__config_layer(config, l, &text));
        parameters->layers[l].convolutional = text.convolutional;
        parameters->layers[l].width = text.width;
        parameters->layers[l].kernel = text.kernel;
        parameters->layers[l].stride = text.stride;
        parameters->layers[l].padding = text.padding;
        parameters->layers[l].pool = text.pool;
        neurons[l] = neuron_of(config, l);
        parameters->layers[l].neuron = &neurons[l];
    }
    return VDIB_OK;
}

vdib__link vdib__model_link(const vdib_model *model, vdib__stage stage) {
    const vdib_config *config = model->config;
    bool training = stage == VDIB_STAGE_TRAINING, own = config->channel.evaluation_probability >= 0;
    double probability = training || !own ? config->channel.probability : config->channel.evaluation_probability;
    return (vdib__link){.channel = vdib__channel_of(config->channel.type),
                        .probability = (float)probability,
                        .packet_steps = config->channel.packet_steps,
                        .dropout = training ? (float)config->decoder.spike_dropout : 0.0F,
                        .cuts = training ? (float)config->decoder.random_cuts : 0.0F,
                        .readouts = config->encoder.readouts};
}

/* What the decoder reads: received steps, or parts of the time in which the input's spikes are counted. */
static void shape_window(vdib_model *model) {
    const vdib_geometry *geometry = &model->geometry;
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_TRAINING);
    model->row = vdib__link_row(&link);
    if (!vdib__encoder_type_of(model->config->encoder.type)->absent)
        return;
    model->window = model->config->encoder.bins;
    model->row = geometry->input_channels * geometry->input_height * geometry->input_width;
}

/* What a model's own configuration says is what it has. */
static void settle_decoder(vdib_model *model) {
    const vdib_geometry *g = &model->geometry;
    const vdib__choice **type = &model->config->decoder.type;
    *type = model->head->classes ? vdib__decoder_settle(*type, 0, 0)
                                 : vdib__decoder_settle(*type, g->target_height, g->target_width);
}

/* Shapes of every part and the table of tensors. */
static vdib_status build_parts(vdib_model *model) {
    const vdib_config *config = model->config;
    const vdib_geometry *geometry = &model->geometry;
    model->head = vdib__head_of(vdib__config_head(config));
    settle_decoder(model);
    model->outputs = model->head->classes ? geometry->classes : vdib__target_values(geometry);
    if (model->outputs == 0)
        return vdib__fail(VDIB_ERROR_DATA,
                          "the data have no targets for this experiment's decoder; choose another data.target");
    model->window = config->decoder.window != 0 ? config->decoder.window : geometry->steps;
    if (model->window > geometry->steps)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.window is %zu, but examples have %zu step%s; make it smaller or 0", model->window,
                          geometry->steps, vdib__s(geometry->steps));
    shape_window(model);
    vdib__neuron neurons[VDIB_ENCODER_LAYERS];
    vdib__encoder_parameters encoder;
    VDIB_TRY(encoder_parameters(config, geometry, model->outputs, neurons, &encoder));
    VDIB_TRY(vdib__encoder_build(&encoder, &model->table, &model->encoder));
    vdib__decoder_parameters decoder = {.type = vdib__decoder_of(config->decoder.type),
                                        .counts = vdib__coding_of(config->decoder.coding)->counts,
                                        .first = vdib__coding_of(config->decoder.coding)->first,
                                        .window = model->window,
                                        .readouts = model->row,
                                        .hidden = config->decoder.hidden,
                                        .outputs = model->outputs};
    if (!model->head->classes) {
        decoder.channels = vdib__target_channels(geometry);
        decoder.height = geometry->target_height;
        decoder.width = geometry->target_width;
    }
    VDIB_TRY(vdib__decoder_build(&decoder, &model->table, &model->decoder));
    vdib__chain_multiply_by(&model->decoder, model->encoder.products);
    vdib__tensor_layout(&model->table);
    return VDIB_OK;
}

vdib_status vdib__model_outline(const vdib_config *config, const vdib_geometry *geometry, vdib_model **model) {
    VDIB_TRY(vdib_config_check(config));
    vdib_model *made = NULL;
    vdib_geometry used;
    VDIB_TRY(VDIB_SIZED_READ(vdib_geometry, geometry, &used));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->geometry = used;
    made->geometry.target_channels = vdib__target_channels(&used);
    vdib_status status = vdib_config_copy(config, &made->config);
    if (status == VDIB_OK)
        status = build_parts(made);
    if (status != VDIB_OK) {
        vdib_model_destroy(made);
        return status;
    }
    *model = made;
    return VDIB_OK;
}

vdib_status vdib__model_build(const vdib_config *config, const vdib_geometry *geometry, vdib_model **model) {
    vdib_model *made = NULL;
    VDIB_TRY(vdib__model_outline(config, geometry, &made));
    vdib_status status = VDIB_NEW(&made->parameters, made->table.total);
    if (status != VDIB_OK) {
        vdib_model_destroy(made);
        return status;
    }
    *model = made;
    return VDIB_OK;
}

void vdib__model_initialise(vdib_model *model) {
    vdib__tensor_initialise(&model->table, model->config->seed, model->parameters);
    vdib__encoder_initialise(&model->encoder, &model->table, model->parameters);
}

vdib_status vdib_model_create(const vdib_config *config, const vdib_geometry *geometry, vdib_model **model) {
    VDIB_REQUIRE(config, geometry, model);
    VDIB_TRY(vdib__model_build(config, geometry, model));
    vdib__model_initialise(*model);
    return VDIB_OK;
}

vdib_status vdib__model_copy(const vdib_model *model, vdib_model **copy) {
    vdib_model *made = NULL;
    VDIB_TRY(vdib__model_build(model->config, &model->geometry, &made));
    vdib__model_assign(made, model);
    vdib_status status = vdib__model_set_classes(made, (const char *const *)model->class_names);
    if (status != VDIB_OK) {
        vdib_model_destroy(made);
        return status;
    }
    *copy = made;
    return VDIB_OK;
}

void vdib__model_assign(vdib_model *model, const vdib_model *from) {
    memcpy(model->parameters, from->parameters, from->table.total * sizeof *from->parameters);
    model->examples = from->examples;
}

void vdib_model_destroy(vdib_model *model) {
    if (model == NULL)
        return;
    (void)vdib__model_set_classes(model, NULL);
    vdib__free(model->parameters);
    vdib__encoder_free(&model->encoder);
    vdib__tensor_table_free(&model->table);
    vdib_config_destroy(model->config);
    vdib__free(model);
}

const vdib_config *vdib_model_config(const vdib_model *model) {
    return model != NULL ? model->config : NULL;
}

const vdib_geometry *vdib_model_geometry(const vdib_model *model) {
    return model != NULL ? &model->geometry : NULL;
}

size_t vdib_model_outputs(const vdib_model *model) {
    return model != NULL ? model->outputs : 0;
}

size_t vdib_model_window(const vdib_model *model) {
    return model != NULL ? model->window : 0;
}

size_t vdib_model_readouts(const vdib_model *model) {
    return model != NULL ? model->encoder.readout.neurons : 0;
}

size_t vdib_model_row(const vdib_model *model) {
    return model != NULL ? model->row : 0;
}

vdib_status vdib_model_set_channel(vdib_model *model, const vdib_config *config) {
    VDIB_REQUIRE(model, config);
    VDIB_TRY(vdib_config_check(config));
    const vdib__channel *was = vdib__channel_of(model->config->channel.type),
                        *is = vdib__channel_of(config->channel.type);
    if (!vdib__choice_is(&is->choice, "none"))
        VDIB_TRY(vdib__model_check_spiking("a channel", model));
    if (was->packets != is->packets)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "channel.type is '%s', but the model was trained with '%s': a decoder is told of lost "
                          "packets, or it is not; train with channel.type=%s",
                          is->choice.name, was->choice.name, is->choice.name);
    if (config->channel.probability != model->config->channel.probability &&
        config->channel.evaluation_probability >= 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "channel.probability is changed to %g, but channel.evaluation_probability is %g, and that is "
                          "what an evaluation takes; set it, or set it to -1",
                          config->channel.probability, config->channel.evaluation_probability);
    model->config->channel = config->channel;
    return VDIB_OK;
}

uint64_t vdib_model_examples(const vdib_model *model) {
    return model != NULL ? model->examples : 0;
}

size_t vdib_model_tensor_count(const vdib_model *model) {
    return model != NULL ? model->table.count : 0;
}

static vdib_status find_tensor(const vdib_model *model, size_t index, const vdib__tensor **tensor) {
    if (index >= model->table.count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "tensor %zu: the model has %zu, counted from 0", index,
                          model->table.count);
    *tensor = &model->table.tensors[index];
    return VDIB_OK;
}

vdib_status vdib_model_tensor(const vdib_model *model, size_t index, vdib_tensor_info *info) {
    const vdib__tensor *tensor = NULL;
    VDIB_REQUIRE(model);
    VDIB_TRY(find_tensor(model, index, &tensor));
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_tensor_info, info));
    vdib_tensor_info made = {
        .size = sizeof(vdib_tensor_info), .name = tensor->name, .rank = tensor->rank, .count = tensor->count};
    memcpy(made.shape, tensor->shape, sizeof made.shape);
    VDIB_SIZED_WRITE(vdib_tensor_info, &made, info);
    return VDIB_OK;
}

vdib_status vdib_model_tensor_get(const vdib_model *model, size_t index, float *values) {
    const vdib__tensor *tensor = NULL;
    VDIB_REQUIRE(model, values);
    VDIB_TRY(find_tensor(model, index, &tensor));
    vdib__tensor_to_file(tensor, model->parameters + tensor->offset, values);
    return VDIB_OK;
}

/* `count` if there is none. Most of the time there is none: whole blocks are looked at without a branch. */
static size_t first_not_finite(const float *values, size_t count) {
    enum { BLOCK = 1024 };
    for (size_t begin = 0; begin < count; begin += BLOCK) {
        size_t end = count - begin < BLOCK ? count : begin + BLOCK;
        int odd = 0;
        for (size_t i = begin; i < end; i++)
            odd |= !(fabsf(values[i]) <= FLT_MAX);
        for (size_t i = begin; i < end && odd != 0; i++)
            if (!isfinite(values[i]))
                return i;
    }
    return count;
}

vdib_status vdib_model_tensor_set(vdib_model *model, size_t index, const float *values) {
    const vdib__tensor *tensor = NULL;
    VDIB_REQUIRE(model, values);
    VDIB_TRY(find_tensor(model, index, &tensor));
    size_t odd = first_not_finite(values, tensor->count);
    if (odd < tensor->count)
        return vdib__fail(VDIB_ERROR_NUMERIC, "%s: element %zu is not finite", tensor->name, odd);
    vdib__tensor_from_file(tensor, values, model->parameters + tensor->offset);
    return VDIB_OK;
}
