/* SPDX-License-Identifier: MIT */
#include "encoder/state.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

/* Hands out consecutive pieces of a block, each a multiple of 16 elements; with block NULL it only counts. */
typedef struct pieces {
    float *block;
    size_t used;
} pieces;

static float *piece(pieces *from, size_t rows, size_t columns) {
    float *at = from->block != NULL ? from->block + from->used : NULL;
    from->used += (rows * columns + 15) / 16 * 16;
    return at;
}

static void place_layer(const vdib__lif_layer *layer, bool learning, pieces *from, vdib__layer_state *own) {
    own->running = piece(from, VDIB_TRIAL_STATES, layer->neurons);
    own->current = piece(from, 1, layer->neurons);
    own->potentials = piece(from, 1, layer->neurons);
    if (!learning)
        return;
    own->synapse = piece(from, 1, layer->inputs);
    own->trace = piece(from, 1, layer->inputs);
    own->errors = piece(from, 1, layer->neurons);
    own->outputs = piece(from, 1, layer->outputs);
}

static void place(const vdib__encoder *encoder, pieces *from, vdib__encoder_state *state) {
    const vdib__readout *readout = &encoder->readout;
    for (size_t l = 0; l < encoder->layer_count; l++)
        place_layer(&encoder->layers[l], state->learning, from, &state->layers[l]);
    state->output.potentials = piece(from, 1, readout->neurons);
    state->output.probabilities = piece(from, 1, readout->neurons);
    state->output.spikes = piece(from, 1, readout->neurons);
    state->rows.period = readout->filter_steps;
    if (state->learning) {
        state->own_history = piece(from, readout->filter_steps, readout->neurons);
        state->trace = piece(from, readout->inputs, readout->bases);
        state->self_trace = piece(from, readout->feedback_bases, readout->neurons);
    } else {
        state->rows.forward = piece(from, readout->filter_steps * readout->bases, readout->neurons);
        state->rows.self = piece(from, readout->filter_steps * readout->feedback_bases, readout->neurons);
    }
}

/* Spike lists: one a layer, and the input history of a learning readout. */
static vdib_status create_lists(const vdib__encoder *encoder, vdib__encoder_state *state) {
    const vdib__readout *readout = &encoder->readout;
    size_t count = state->learning ? readout->filter_steps * readout->inputs : 0;
    for (size_t l = 0; l < encoder->layer_count; l++)
        count += encoder->layers[l].outputs;
    VDIB_TRY(VDIB_NEW(&state->indices, count));
    uint32_t *at = state->indices;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        state->layers[l].spikes = at;
        at += encoder->layers[l].outputs;
    }
    state->history = at;
    return VDIB_NEW(&state->history_count, readout->filter_steps);
}

vdib_status vdib__encoder_state_create(const vdib__encoder *encoder, bool learning, vdib__encoder_state **state) {
    vdib__encoder_state *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->encoder = encoder;
    made->learning = learning;
    pieces counted = {0};
    place(encoder, &counted, made);
    made->memory_count = counted.used;
    vdib_status status = VDIB_NEW(&made->memory, made->memory_count);
    if (status == VDIB_OK)
        status = create_lists(encoder, made);
    if (status != VDIB_OK) {
        vdib__encoder_state_destroy(made);
        return status;
    }
    pieces given = {.block = made->memory};
    place(encoder, &given, made);
    *state = made;
    return VDIB_OK;
}

void vdib__encoder_state_destroy(vdib__encoder_state *state) {
    if (state == NULL)
        return;
    vdib__free(state->history_count);
    vdib__free(state->indices);
    vdib__free(state->memory);
    vdib__free(state);
}

void vdib__encoder_state_reset(vdib__encoder_state *state) {
    state->taken = 0;
    memset(state->memory, 0, state->memory_count * sizeof *state->memory);
    memset(state->history_count, 0, state->encoder->readout.filter_steps * sizeof *state->history_count);
    for (size_t l = 0; l < state->encoder->layer_count; l++)
        state->layers[l].spike_count = 0;
}

/* One step of a LIF layer from its input spikes; its own spikes are left in the state. */
static void layer_step(const vdib__pass *pass, const vdib__lif_layer *layer, const vdib__lif_constants *constants,
                       vdib__layer_state *own, const uint32_t *spikes, size_t count) {
    const float *weights = vdib__pass_tensor(pass, layer->weight);
    size_t area = layer->out_height * layer->out_width;
    if (!layer->convolutional) {
        pass->kernels->gather(own->current, layer->neurons, weights, spikes, count);
    } else {
        memset(own->current, 0, layer->neurons * sizeof *own->current);
        for (size_t channel = 0; channel < layer->out_channels; channel++)
            for (size_t s = 0; s < count; s++)
                vdib__convolution_scatter(layer, weights, channel, spikes[s], 1.0F, own->current + channel * area);
    }
    vdib__lif_state running = vdib__lif_state_at(own->running, layer->neurons, 0);
    vdib__lif_bias(layer, vdib__pass_tensor(pass, layer->bias), 0, layer->neurons, running.bias);
    pass->kernels->lif_step(constants, layer->neurons, own->current, &running, own->potentials);
    own->spike_count = vdib__lif_spikes(layer, own->potentials, own->spikes);
}

static void streaming_step(const vdib__pass *pass, vdib__encoder_state *state, const uint32_t *spikes, size_t count,
                           const vdib__key *key, uint32_t step, const float *forced) {
    const vdib__encoder *encoder = pass->encoder;
    const vdib__readout *readout = &encoder->readout;
    vdib__lif_constants constants = vdib__lif_constants_of(&encoder->neuron);
    for (size_t l = 0; l < encoder->layer_count; l++) {
        layer_step(pass, &encoder->layers[l], &constants, &state->layers[l], spikes, count);
        spikes = state->layers[l].spikes;
        count = state->layers[l].spike_count;
    }
    size_t columns = readout->bases * readout->neurons;
    pass->kernels->gather(state->rows.forward + state->taken % state->rows.period * columns, columns,
                          vdib__pass_tensor(pass, readout->weight), spikes, count);
    vdib__readout_step(pass, &state->rows, state->taken, 0, readout->neurons, key, step, forced, &state->output);
}

vdib_status vdib__encoder_step(const vdib__encoder *encoder, const vdib__tensor_table *table, const float *parameters,
                               vdib__encoder_state *state, const uint32_t *spikes, size_t count, const vdib__key *key,
                               uint32_t step, const float *forced) {
    size_t inputs = encoder->layer_count > 0 ? encoder->layers[0].inputs : encoder->readout.inputs;
    for (size_t s = 0; s < count; s++)
        if (spikes[s] >= inputs || (s > 0 && spikes[s] <= spikes[s - 1]))
            return vdib__fail(VDIB_ERROR_ARGUMENT,
                              "input spike %zu of step %u is channel %u; channels must increase and be below %zu", s,
                              step, spikes[s], inputs);
    vdib__pass pass = {.encoder = encoder,
                       .kernels = vdib__encoder_kernels_of(encoder->level),
                       .table = table,
                       .parameters = parameters,
                       .threads = 1};
    if (state->learning)
        vdib__learning_step(&pass, state, spikes, count, key, step, forced);
    else
        streaming_step(&pass, state, spikes, count, key, step, forced);
    state->taken++;
    return VDIB_OK;
}

const float *vdib__encoder_state_potentials(const vdib__encoder_state *state) {
    return state->output.potentials;
}

const float *vdib__encoder_state_probabilities(const vdib__encoder_state *state) {
    return state->output.probabilities;
}

const float *vdib__encoder_state_spikes(const vdib__encoder_state *state) {
    return state->output.spikes;
}
