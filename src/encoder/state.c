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

static void place_layer(const vdib__lif_layer *layer, bool learning, pieces *from, vdib__layer_state *now) {
    now->running = piece(from, VDIB_LIF_STATES, layer->neurons);
    now->each = piece(from, layer->each ? VDIB_EACH_CONSTANTS : 0, vdib__each_stride(layer));
    now->current = piece(from, 1, layer->neurons);
    now->potentials = piece(from, 1, layer->neurons);
    if (!learning)
        return;
    now->inputs = piece(from, 1, layer->inputs);
    now->synapse = piece(from, 1, layer->inputs);
    now->trace = piece(from, 1, layer->inputs);
    now->errors = piece(from, 1, layer->neurons);
    now->outputs = piece(from, 1, layer->outputs);
    if (!vdib__lif_learns_times(layer))
        return;
    now->pairs = piece(from, VDIB_PAIR_TRACES * layer->inputs, layer->out_channels);
    now->refractory_slope = piece(from, 1, layer->neurons);
    now->slopes = piece(from, 1, layer->neurons);
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static void place(const vdib__encoder *encoder, pieces *from, vdib__encoder_state *state) {
    const vdib__readout *readout = &encoder->readout;
    size_t widest = readout->bases * readout->neurons;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        place_layer(&encoder->layers[l], state->learning, from, &state->layers[l]);
        widest = larger(widest, encoder->layers[l].neurons);
    }
    state->output.potentials = piece(from, 1, readout->neurons);
    state->output.probabilities = piece(from, 1, readout->neurons);
    state->output.spikes = piece(from, 1, readout->neurons);
    if (state->learning) {
        state->readout_history = piece(from, readout->filter_steps, readout->neurons);
        state->trace = piece(from, readout->inputs, readout->bases);
        state->feedback_trace = piece(from, readout->feedback_bases, readout->neurons);
    } else {
        state->sum = piece(from, 1, widest);
        state->forward = piece(from, readout->filter_steps * readout->bases, readout->neurons);
        state->feedback_currents = piece(from, readout->filter_steps * readout->feedback_bases, readout->neurons);
    }
}

static vdib_status create_bits(const vdib__encoder *encoder, vdib__encoder_state *state) {
    for (size_t l = 0; l < encoder->layer_count; l++)
        state->word_count += 2 * vdib__words(encoder->layers[l].outputs);
    size_t joined = encoder->joined ? vdib__words(encoder->readout.inputs) : 0;
    state->word_count += 2 * joined;
    VDIB_TRY(VDIB_NEW(&state->words, state->word_count));
    uint64_t *at = state->words;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        size_t words = vdib__words(encoder->layers[l].outputs);
        state->layers[l].bits = at;
        state->layers[l].bits_before = at + words;
        at += 2 * words;
    }
    state->joined = at;
    state->joined_before = at + joined;
    return VDIB_OK;
}

/* Lists of a streaming state: the input of the step before, and entries. */
static vdib_status create_stream_lists(const vdib__encoder *encoder, vdib__encoder_state *state) {
    size_t inputs = encoder->layer_count > 0 ? encoder->layers[0].inputs : encoder->readout.inputs;
    size_t most = larger(inputs, encoder->readout.inputs);
    for (size_t l = 0; l < encoder->layer_count; l++)
        most = larger(most, encoder->layers[l].inputs);
    VDIB_TRY(VDIB_NEW(&state->indices, inputs + 2 * most));
    state->input_before = state->indices;
    state->entries = state->indices + inputs;
    return VDIB_OK;
}

/* Lists of a learning state: spikes of each layer, and the input history of the readout. */
static vdib_status create_learning_lists(const vdib__encoder *encoder, vdib__encoder_state *state) {
    const vdib__readout *readout = &encoder->readout;
    size_t count = readout->filter_steps * readout->inputs;
    for (size_t l = 0; l < encoder->layer_count; l++)
        count += encoder->layers[l].outputs;
    count += encoder->joined ? readout->inputs : 0;
    VDIB_TRY(VDIB_NEW(&state->indices, count));
    uint32_t *at = state->indices;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        state->layers[l].spikes = at;
        at += encoder->layers[l].outputs;
    }
    state->joined_spikes = at;
    state->history = at + (encoder->joined ? readout->inputs : 0);
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
        status = create_bits(encoder, made);
    if (status == VDIB_OK && encoder->readout.learns_filters)
        status = VDIB_NEW(&made->filters, encoder->readout.bases + encoder->readout.feedback_bases);
    if (status == VDIB_OK)
        status = learning ? create_learning_lists(encoder, made) : create_stream_lists(encoder, made);
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
    vdib__free(state->filters);
    vdib__free(state->history_count);
    vdib__free(state->indices);
    vdib__free(state->words);
    vdib__free(state->memory);
    vdib__free(state);
}

void vdib__encoder_state_reset(vdib__encoder_state *state) {
    state->taken = 0;
    state->since = 0;
    state->input_before_count = 0;
    memset(state->memory, 0, state->memory_count * sizeof *state->memory);
    if (state->word_count > 0)
        memset(state->words, 0, state->word_count * sizeof *state->words);
    if (state->learning)
        memset(state->history_count, 0, state->encoder->readout.filter_steps * sizeof *state->history_count);
    for (size_t l = 0; l < state->encoder->layer_count; l++)
        state->layers[l].since = state->layers[l].spike_count = 0;
}

/* ---- streaming ---- */

/* What a step's input changes: `count` entries in state->entries. */
typedef struct input_changes {
    size_t count;
    bool restart;
} input_changes;

/* currents (columns) of this step from those of the step before, which may be the same array. */
static void add_changes(const vdib__pass *pass, const vdib__encoder_state *state, const input_changes *input,
                        const float *weights, const float *before, float *currents, size_t columns) {
    float *sum = input->restart ? currents : state->sum;
    pass->kernels->product->gather(sum, columns, weights, state->entries, input->count);
    for (size_t i = 0; i < columns && !input->restart; i++)
        currents[i] = before[i] + sum[i];
}

static void add_changed_maps(const vdib__encoder_state *state, const vdib__lif_layer *layer, const input_changes *input,
                             const float *weights, float *currents) {
    size_t area = layer->out_height * layer->out_width;
    float *sum = input->restart ? currents : state->sum;
    memset(sum, 0, layer->neurons * sizeof *sum);
    for (size_t channel = 0; channel < layer->out_channels; channel++)
        for (size_t e = 0; e < input->count; e++)
            vdib__convolution_scatter(layer, weights, channel, state->entries[e] >> 1,
                                      (state->entries[e] & 1) != 0 ? -1.0F : 1.0F, sum + channel * area);
    for (size_t i = 0; i < layer->neurons && !input->restart; i++)
        currents[i] += sum[i];
}

/* One step of a LIF layer; leaves in the state what its spikes change for the layer above. */
static input_changes layer_step(const vdib__pass *pass, vdib__encoder_state *state, size_t number,
                                const input_changes *input) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    vdib__layer_state *now = &state->layers[number];
    const float *weights = vdib__pass_tensor(pass, layer->weight);
    size_t words = vdib__words(layer->outputs);
    if (layer->convolutional)
        add_changed_maps(state, layer, input, weights, now->current);
    else
        add_changes(pass, state, input, weights, now->current, now->current, layer->neurons);
    vdib__lif_state running = vdib__lif_state_at(now->running, layer->neurons, 0);
    vdib__lif_bias(layer, vdib__pass_tensor(pass, layer->bias), 0, layer->neurons, running.bias);
    const vdib__lif_each each = {now->each, vdib__each_stride(layer)};
    vdib__lif_step(pass->kernels, layer, &each, layer->neurons, now->current, &running, now->potentials);
    memcpy(now->bits_before, now->bits, words * sizeof *now->bits);
    vdib__lif_spikes(pass->kernels->lif, layer, now->potentials, now->bits);
    size_t *since = number + 1 < pass->encoder->layer_count ? &state->layers[number + 1].since : &state->since;
    input_changes made = {0};
    if (pass->encoder->joined && number + 1 == pass->encoder->layer_count) /* join_step says */
        return made;
    made.restart = vdib__changes_step_bits(since, now->bits_before, now->bits, words, state->entries, &made.count);
    return made;
}

/* What changes for a readout that is joined to the sensor, whose spikes these are. */
static input_changes join_step(const vdib__encoder *encoder, vdib__encoder_state *state, const uint32_t *spikes,
                               size_t count) {
    size_t words = vdib__words(encoder->readout.inputs);
    input_changes made = {0};
    memcpy(state->joined_before, state->joined, words * sizeof *state->joined);
    vdib__join(encoder, state->layers[encoder->layer_count - 1].bits, spikes, count, state->joined);
    made.restart =
        vdib__changes_step_bits(&state->since, state->joined_before, state->joined, words, state->entries, &made.count);
    return made;
}

/* Potentials without feedback: bias, then basis after basis. */
static void readout_potentials(const vdib__pass *pass, vdib__encoder_state *state, const input_changes *input) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t neurons = readout->neurons, columns = readout->bases * neurons, period = readout->filter_steps;
    size_t newest = state->taken % period, before = (state->taken + period - 1) % period;
    add_changes(pass, state, input, vdib__pass_tensor(pass, readout->weight), state->forward + before * columns,
                state->forward + newest * columns, columns);
    memcpy(state->output.potentials, vdib__pass_tensor(pass, readout->bias), neurons * sizeof(float));
    for (size_t k = 0; k < readout->bases; k++) {
        vdib__row_ring ring = {.rows = state->forward + k * neurons,
                               .stride = columns,
                               .period = period,
                               .newest = newest,
                               .filled = state->taken < period ? state->taken + 1 : period};
        pass->kernels->readout->filter_rows(state->output.potentials, neurons, &ring, &pass->filters[k]);
    }
}

static void streaming_step(const vdib__pass *pass, vdib__encoder_state *state, const uint32_t *spikes, size_t count,
                           const vdib__key *key, uint32_t step, const float *forced) {
    const vdib__encoder *encoder = pass->encoder;
    size_t *since = encoder->layer_count > 0 ? &state->layers[0].since : &state->since;
    input_changes input = {0};
    input.restart = vdib__changes_step(since, state->input_before, state->input_before_count, spikes, count,
                                       state->entries, &input.count);
    if (count > 0)
        memcpy(state->input_before, spikes, count * sizeof *spikes);
    state->input_before_count = count;
    for (size_t l = 0; l < encoder->layer_count; l++)
        input = layer_step(pass, state, l, &input);
    if (encoder->joined)
        input = join_step(encoder, state, spikes, count);
    readout_potentials(pass, state, &input);
    vdib__readout_turn turn = {.end = encoder->readout.neurons,
                               .step = state->taken,
                               .feedback = state->feedback_currents,
                               .period = encoder->readout.filter_steps,
                               .key = key,
                               .draw = step,
                               .forced = forced};
    vdib__readout_step(pass, &turn, &state->output);
}

vdib_status vdib__encoder_step(const vdib__encoder *encoder, const vdib__tensor_table *table, const float *parameters,
                               vdib__encoder_state *state, const uint32_t *spikes, size_t count, const vdib__key *key,
                               uint32_t step, const float *forced) {
    size_t inputs = encoder->layer_count > 0 ? encoder->layers[0].inputs : encoder->readout.inputs;
    for (size_t s = 0; s < count; s++)
        if (spikes[s] >= inputs || (s > 0 && spikes[s] <= spikes[s - 1]))
            return vdib__fail(VDIB_ERROR_ARGUMENT,
                              "input spike %zu of the step is channel %u; channels must increase and be below %zu", s,
                              spikes[s], inputs);
    vdib__pass pass = {.encoder = encoder,
                       .kernels = vdib__encoder_kernels_of(encoder->level),
                       .table = table,
                       .parameters = parameters,
                       .threads = 1};
    for (size_t l = 0; l < encoder->layer_count; l++)
        if (encoder->layers[l].each && (state->learning || state->taken == 0))
            vdib__each_fill(&encoder->layers[l], table, parameters, state->layers[l].each);
    pass.filters = vdib__pass_filters(&pass, state->filters);
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
