/* SPDX-License-Identifier: MIT */
/* LIF layers over whole sequences. Neurons are independent of each other, so a task is one example and one block of
 * neurons: VDIB_BLOCK of a dense layer, VDIB_GROUP output channels of a convolutional one. Tasks go through the
 * examples of a batch block by block, so that a block's weights are read from memory once a batch. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/raster.h"
#include "core/threads.h"
#include "encoder/layers.h"

vdib__lif_constants vdib__lif_constants_of(const vdib__neuron *n) {
    vdib__lif_constants c = {.synaptic_decay = n->synaptic_decay,
                             .membrane_decay = n->membrane_decay,
                             .refractory_decay = n->refractory_decay};
    c.synaptic_gain = n->gain->trace(n->synaptic_decay);
    c.membrane_gain = n->gain->trace(n->membrane_decay);
    c.refractory_gain = n->gain->refractory(n->refractory_decay);
    c.threshold = c.reset_at = nextafterf(n->threshold, INFINITY);
    return c;
}

vdib__lif_state vdib__lif_state_at(float *memory, size_t neurons, size_t begin) {
    return (vdib__lif_state){.synapse = memory + begin,
                             .membrane = memory + neurons + begin,
                             .refractory = memory + 2 * neurons + begin,
                             .spikes = memory + 3 * neurons + begin,
                             .bias = memory + 4 * neurons + begin,
                             .adaptation = memory + 5 * neurons + begin};
}

void vdib__lif_bias(const vdib__lif_layer *layer, const float *bias, size_t begin, size_t end, float *values) {
    if (!layer->convolutional) {
        memcpy(values, bias + begin, (end - begin) * sizeof *values);
        return;
    }
    size_t area = layer->out_height * layer->out_width;
    for (size_t i = begin; i < end; i++)
        values[i - begin] = bias[i / area];
}

/* Blocks of a layer: the tiles of a dense one, the groups of output channels of a convolutional one. */
static size_t block_count(const vdib__lif_layer *layer) {
    return layer->convolutional ? vdib__groups(layer) : vdib__blocks(layer->neurons, VDIB_BLOCK);
}

/* ---- forward ---- */

_Static_assert(VDIB_BLOCK == 64, "the spikes of a block are one word");

/* All steps of a block of neurons: currents to potentials. */
static void run_tile(const vdib__pass *pass, size_t number, size_t begin, const float *bias, float *tile,
                     size_t steps) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    if (layer->resets) {
        pass->kernels->reset->run(&layer->constants, bias, tile, steps);
        return;
    }
    if (!layer->each) {
        pass->kernels->lif->run(&layer->constants, bias, tile, steps);
        return;
    }
    vdib__lif_each each = vdib__pass_each(pass, number, begin);
    pass->kernels->lif->run_each(&each, bias, tile, steps);
}

void vdib__lif_step(const vdib__encoder_kernels *kernels, const vdib__lif_layer *layer, const vdib__lif_each *each,
                    size_t neurons, const float *current, const vdib__lif_state *state, float *potentials) {
    if (layer->resets)
        kernels->reset->step(&layer->constants, neurons, current, state, potentials);
    else if (layer->each)
        kernels->lif->step_each(each, neurons, current, state, potentials);
    else
        kernels->lif->step(&layer->constants, neurons, current, state, potentials);
}

/* The adjoint of `width` neurons that are reset from `begin` on: their potentials say when. */
static void reset_adjoint(const vdib__pass *pass, size_t number, const vdib__lif_trial *kept, size_t begin,
                          size_t width, float *tile, size_t steps, float *sums) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const vdib__reset_rows rows = {
        .potentials = kept->potentials + begin, .stride = layer->neurons, .width = width, .steps = steps};
    pass->kernels->reset->adjoint(&layer->constants, &rows, tile, sums);
}

/* Their adjoint: dL/du to dL/d(W s), and sums (VDIB_BLOCK) of what the bias gets. */
static void adjoint_tile(const vdib__pass *pass, size_t number, const vdib__trial *trial, size_t begin, size_t width,
                         float *tile, float *sums) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t steps = trial->steps;
    if (layer->resets) {
        reset_adjoint(pass, number, &trial->layers[number], begin, width, tile, steps, sums);
        return;
    }
    if (!layer->each) {
        pass->kernels->lif->adjoint(&layer->constants, tile, steps, sums);
        return;
    }
    vdib__lif_each each = vdib__pass_each(pass, number, begin);
    pass->kernels->lif->adjoint_each(&each, tile, steps, sums);
}

/* One block of neurons, trials [first, last). */
static void forward_dense(const vdib__pass *pass, size_t number, size_t block, size_t first, size_t last, size_t slot) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    vdib__tiling tiling = vdib__tiling_of(1, layer->neurons);
    vdib__tile at = vdib__tile_at(&tiling, block);
    vdib__tile_weights weights = vdib__tile_weights_of(pass, number, &at, first, last, slot);
    vdib__task_tiles memory;
    memory.slot = slot;
    float bias[VDIB_BLOCK] = {0}, *tile = vdib__pass_tile(pass, &memory, 0);
    memcpy(bias, vdib__pass_tensor(pass, layer->bias) + at.begin, at.width * sizeof *bias);
    for (size_t i = first; i < last; i++) {
        vdib__trial *trial = pass->trials[i];
        vdib__lif_trial *kept = &trial->layers[number];
        vdib__tile_currents(pass->kernels->product, trial->changes[number], &weights, tile);
        if (kept->currents != NULL)
            vdib__copy_columns(kept->currents + at.begin, layer->neurons, tile, VDIB_BLOCK, trial->steps, at.width);
        run_tile(pass, number, at.begin, bias, tile, trial->steps);
        size_t words = vdib__words(layer->neurons);
        pass->kernels->lif->marks(tile, trial->steps, at.width, kept->spikes + block, words);
        if (kept->open != NULL)
            layer->surrogate->open(tile, trial->steps, at.width, kept->open + block, words);
        vdib__copy_columns(kept->potentials + at.begin, layer->neurons, tile, VDIB_BLOCK, trial->steps, at.width);
    }
}

static void forward_group(const vdib__pass *pass, size_t number, vdib__trial *trial, size_t group, size_t slot) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t area = layer->out_height * layer->out_width, begin = group * VDIB_GROUP * area;
    size_t left = layer->neurons - begin, neurons = left < VDIB_GROUP * area ? left : VDIB_GROUP * area;
    vdib__group_currents(pass, number, trial, group, slot);
    if (trial->layers[number].currents != NULL)
        vdib__copy_columns(trial->layers[number].currents + begin, layer->neurons, trial->layers[number].errors + begin,
                           layer->neurons, trial->steps, neurons);
    vdib__lif_state state = vdib__lif_state_at(trial->state, layer->neurons, begin);
    memset(state.synapse, 0, neurons * sizeof(float));
    memset(state.membrane, 0, neurons * sizeof(float));
    memset(state.refractory, 0, neurons * sizeof(float));
    memset(state.spikes, 0, neurons * sizeof(float));
    memset(state.adaptation, 0, neurons * sizeof(float));
    vdib__lif_bias(layer, vdib__pass_tensor(pass, layer->bias), begin, begin + neurons, state.bias);
    vdib__lif_each each = {0};
    if (layer->each)
        each = vdib__pass_each(pass, number, begin);
    for (size_t t = 0; t < trial->steps; t++) {
        const float *current = trial->layers[number].errors + t * layer->neurons + begin;
        float *potentials = trial->layers[number].potentials + t * layer->neurons + begin;
        vdib__lif_step(pass->kernels, layer, &each, neurons, current, &state, potentials);
    }
}

/* What the tasks of one layer share. */
typedef struct layer_work {
    const vdib__pass *pass;
    size_t number;
    size_t groups, some; /* forward: groups of trials, and trials of one */
    float *gradient;     /* convolutional */
} layer_work;

/* Tasks: blocks of neurons, groups of trials of one after another. */
static void forward_block(const void *context, size_t task, size_t slot) {
    const layer_work *w = context;
    size_t block = task / w->groups, first = task % w->groups * w->some, left = w->pass->count - first;
    if (w->pass->encoder->layers[w->number].convolutional)
        forward_group(w->pass, w->number, w->pass->trials[first], block, slot);
    else
        forward_dense(w->pass, w->number, block, first, first + (left < w->some ? left : w->some), slot);
}

/* What a readout that is joined to the sensor reads, and what changes in it. */
static vdib_status join_spikes(const vdib__encoder *encoder, vdib__trial *trial) {
    size_t last = encoder->layer_count - 1, words = vdib__words(encoder->readout.inputs);
    size_t outputs = vdib__words(encoder->layers[last].outputs);
    for (size_t t = 0; t < trial->steps; t++) {
        const uint32_t *spikes = NULL;
        size_t count = t < trial->blank_steps ? 0 : vdib_raster_at(trial->input, t - trial->blank_steps, &spikes);
        vdib__join(encoder, trial->layers[last].spikes + t * outputs, spikes, count, trial->joined + t * words);
    }
    return vdib__changes_of_bits(trial->changes[encoder->layer_count], trial->joined);
}

/* The spikes of a convolutional layer from its potentials, and what spikes change in the layer above. */
static vdib_status gather_spikes(const vdib__pass *pass, size_t number, vdib__trial *trial) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t words = vdib__words(layer->outputs);
    if (layer->convolutional)
        for (size_t t = 0; t < trial->steps; t++)
            vdib__lif_spikes(pass->kernels->lif, layer, trial->layers[number].potentials + t * layer->neurons,
                             trial->layers[number].spikes + t * words);
    if (pass->encoder->joined && number + 1 == pass->encoder->layer_count)
        return join_spikes(pass->encoder, trial);
    return vdib__changes_of_bits(trial->changes[number + 1], trial->layers[number].spikes);
}

/* Tasks: trials. */
static void gather_trial(const void *context, size_t i, size_t slot) {
    const vdib__fallible *work = context;
    (void)slot;
    vdib__failure_note(work->failure, i, gather_spikes(work->pass, work->number, work->pass->trials[i]));
}

vdib_status vdib__lif_forward(const vdib__pass *pass, size_t number) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t blocks = block_count(layer);
    if (layer->convolutional)
        vdib__groups_pack(pass, number);
    size_t some = layer->convolutional ? 1 : vdib__trials_together(pass, blocks);
    const layer_work all = {.pass = pass, .number = number, .groups = vdib__blocks(pass->count, some), .some = some};
    vdib__parallel(pass->threads, blocks * all.groups, forward_block, &all);
    vdib__failure failure;
    const vdib__fallible gathering = {.pass = pass, .failure = &failure, .number = number};
    vdib__failure_init(&failure);
    vdib__parallel(pass->threads, pass->count, gather_trial, &gathering);
    return vdib__failure_raise(&failure);
}

/* ---- backward, learnt time constants ---- */

/* Where a layer's pass leaves its sums of dL/d(decay): in rows of the trial's state. */
static float *decay_sums(const vdib__trial *trial, const vdib__lif_layer *layer, int tau, size_t begin) {
    vdib__lif_state state = vdib__lif_state_at(trial->state, layer->neurons, begin);
    float *const rows[VDIB_TAUS] = {[VDIB_TAU_SYNAPSE] = state.synapse,
                                    [VDIB_TAU_MEMBRANE] = state.membrane,
                                    [VDIB_TAU_REFRACTORY] = state.refractory};
    return rows[tau];
}

/* Neurons [begin, begin + width) of a trial, whose dL/du is the tile `errors`; `currents` is a tile of scratch. */
static void gather_decays(const vdib__pass *pass, size_t number, const vdib__trial *trial, size_t begin, size_t width,
                          const float *errors, float *currents) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const float *kept = trial->layers[number].currents;
    float bias[VDIB_BLOCK] = {0}, sums[VDIB_TAUS * VDIB_BLOCK];
    if (kept == NULL)
        return;
    if (width < VDIB_BLOCK)
        memset(currents, 0, trial->steps * VDIB_BLOCK * sizeof *currents);
    vdib__copy_columns(currents, VDIB_BLOCK, kept + begin, layer->neurons, trial->steps, width);
    vdib__lif_bias(layer, vdib__pass_tensor(pass, layer->bias), begin, begin + width, bias);
    vdib__lif_each each = vdib__pass_each(pass, number, begin);
    pass->kernels->lif->decay_gradients(&each, bias, currents, errors, trial->steps, sums);
    for (int tau = 0; tau < VDIB_TAUS; tau++)
        memcpy(decay_sums(trial, layer, tau, begin), sums + tau * VDIB_BLOCK, width * sizeof *sums);
}

/* dL/d(log tau) of every unit: examples in order, then the neurons of a channel in order. */
static void times_gradient(const vdib__pass *pass, size_t number, float *gradients) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t area = layer->out_height * layer->out_width;
    for (int tau = 0; tau < VDIB_TAUS; tau++) {
        if (!layer->neuron.learns[tau])
            continue;
        float *gradient = gradients + pass->table->tensors[layer->log_tau[tau]].offset;
        memset(gradient, 0, layer->out_channels * sizeof *gradient);
        for (size_t i = 0; i < pass->count; i++) {
            const float *sums = decay_sums(pass->trials[i], layer, tau, 0);
            for (size_t neuron = 0; neuron < layer->neurons; neuron++)
                gradient[neuron / area] += sums[neuron];
        }
        for (size_t unit = 0; unit < layer->out_channels; unit++)
            gradient[unit] *= vdib__log_tau_slope(layer, pass->table, pass->parameters, tau, unit);
    }
}

/* ---- backward, dense ---- */

/* A block's tile from dL/dh to dL/d(W s), as rows for the layer below if it learns from them, and summed over the
 * steps in which an entry counts; its sums of dL/du go to the trial's state. */
static void adjoint_dense(const vdib__pass *pass, size_t number, size_t i, size_t block, size_t slot) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    vdib__trial *trial = pass->trials[i];
    vdib__lif_trial *kept = &trial->layers[number];
    vdib__tiling tiling = vdib__tiling_of(1, layer->neurons);
    vdib__tile at = vdib__tile_at(&tiling, block);
    float *tile = vdib__errors_tile(trial, number, block), sums[VDIB_BLOCK], held[2][VDIB_BLOCK];
    size_t blank = trial->blank_steps;
    bool made = vdib__is_prepared(pass->encoder, number);
    memset(tile, 0, (at.width < VDIB_BLOCK && !made ? trial->steps : blank) * VDIB_BLOCK * sizeof *tile);
    if (!made)
        vdib__feedback_block(pass, number, i, at.begin, at.width, tile + blank * VDIB_BLOCK, VDIB_BLOCK);
    const vdib__surrogate_rows rows = {.steps = trial->steps - blank,
                                       .begin = at.begin,
                                       .width = at.width,
                                       .errors = tile + blank * VDIB_BLOCK,
                                       .stride = VDIB_BLOCK,
                                       .potentials = kept->potentials + blank * layer->neurons + at.begin,
                                       .held = {held[0], held[1]}};
    vdib__surrogate_adjoint(pass, number, &rows);
    vdib__task_tiles memory;
    memory.slot = slot;
    gather_decays(pass, number, trial, at.begin, at.width, tile, vdib__pass_tile(pass, &memory, 0));
    adjoint_tile(pass, number, trial, at.begin, at.width, tile, sums);
    memcpy(vdib__lif_state_at(trial->state, layer->neurons, at.begin).bias, sums, at.width * sizeof *sums);
    if (kept->rows != NULL)
        vdib__copy_columns(kept->rows + at.begin, layer->neurons, tile, VDIB_BLOCK, trial->steps, at.width);
    pass->kernels->product->suffix_sums(tile, trial->changes[number]->restart, trial->steps);
}

static const float *stored_tile(const vdib__pass *pass, size_t number, size_t i, const vdib__tile *at,
                                vdib__task_tiles *tiles, float *made) {
    (void)tiles;
    (void)made;
    return vdib__errors_tile(pass->trials[i], number, at->begin / VDIB_BLOCK);
}

static void dense_gradient(const vdib__pass *pass, size_t number, const vdib__gradient_sink *sink, float *gradients) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    vdib__gradient_task task = {.number = number,
                                .rows = layer->inputs,
                                .offset = pass->table->tensors[layer->weight].offset,
                                .tiling = vdib__tiling_of(1, layer->neurons),
                                .stored = true,
                                .tile = stored_tile};
    vdib__weight_gradient(pass, &task, sink, gradients);
}

/* ---- backward, convolutional ---- */

/* trial->gradient (T, outputs), data steps. */
static void fetch_gradient(const vdib__pass *pass, size_t number, size_t i) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    vdib__trial *trial = pass->trials[i];
    float *gradient = trial->gradient + trial->blank_steps * layer->outputs;
    for (size_t begin = 0; begin < layer->outputs; begin += VDIB_BLOCK) {
        size_t left = layer->outputs - begin;
        vdib__feedback_block(pass, number, i, begin, left < VDIB_BLOCK ? left : VDIB_BLOCK, gradient + begin,
                             layer->outputs);
    }
}

/* errors (T, NH) = dL/du: what the feedback brings, through the windows of the pooling and the surrogate. */
static void route_errors(const vdib__pass *pass, size_t number, size_t i) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const vdib__trial *trial = pass->trials[i];
    const vdib__lif_trial *kept = &trial->layers[number];
    if (!vdib__is_prepared(pass->encoder, number))
        fetch_gradient(pass, number, i);
    memset(kept->errors, 0, trial->blank_steps * layer->neurons * sizeof *kept->errors);
    for (size_t t = trial->blank_steps; t < trial->steps; t++)
        vdib__lif_unpool(layer, kept->potentials + t * layer->neurons, trial->gradient + t * layer->outputs,
                         kept->errors + t * layer->neurons);
    const vdib__lif_state scratch = vdib__lif_state_at(trial->state, layer->neurons, 0);
    const vdib__surrogate_rows rows = {.steps = trial->steps - trial->blank_steps,
                                       .width = layer->neurons,
                                       .errors = kept->errors + trial->blank_steps * layer->neurons,
                                       .stride = layer->neurons,
                                       .potentials = kept->potentials + trial->blank_steps * layer->neurons,
                                       .held = {scratch.refractory, scratch.adaptation}};
    vdib__surrogate_adjoint(pass, number, &rows);
}

/* The adjoint of neurons [begin, begin + VDIB_BLOCK) of the maps, by way of a tile; then as adjoint_dense. */
static void adjoint_columns(const vdib__pass *pass, size_t number, vdib__trial *trial, size_t begin, size_t slot) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    vdib__lif_trial *kept = &trial->layers[number];
    size_t left = layer->neurons - begin, width = left < VDIB_BLOCK ? left : VDIB_BLOCK, stride = layer->neurons;
    vdib__task_tiles memory;
    memory.slot = slot;
    float *tile = vdib__pass_tile(pass, &memory, 0), sums[VDIB_BLOCK];
    if (width < VDIB_BLOCK)
        memset(tile, 0, trial->steps * VDIB_BLOCK * sizeof *tile);
    vdib__copy_columns(tile, VDIB_BLOCK, kept->errors + begin, stride, trial->steps, width);
    gather_decays(pass, number, trial, begin, width, tile, vdib__pass_tile(pass, &memory, 1));
    adjoint_tile(pass, number, trial, begin, width, tile, sums);
    memcpy(vdib__lif_state_at(trial->state, layer->neurons, begin).bias, sums, width * sizeof *sums);
    if (kept->rows != NULL)
        vdib__copy_columns(kept->rows + begin, stride, tile, VDIB_BLOCK, trial->steps, width);
    pass->kernels->product->suffix_sums(tile, trial->changes[number]->restart, trial->steps);
    vdib__copy_columns(kept->errors + begin, stride, tile, VDIB_BLOCK, trial->steps, width);
}

/* Tasks: trials. */
static void route_trial(const void *context, size_t i, size_t slot) {
    const layer_work *w = context;
    (void)slot;
    route_errors(w->pass, w->number, i);
}

/* Tasks: blocks of neurons, trials of one after another. */
static void adjoint_block(const void *context, size_t task, size_t slot) {
    const layer_work *w = context;
    size_t block = task / w->pass->count, i = task % w->pass->count;
    if (w->pass->encoder->layers[w->number].convolutional)
        adjoint_columns(w->pass, w->number, w->pass->trials[i], block * VDIB_BLOCK, slot);
    else
        adjoint_dense(w->pass, w->number, i, block, slot);
}

/* Tasks: groups of output channels. */
static void group_task(const void *context, size_t group, size_t slot) {
    const layer_work *w = context;
    vdib__group_gradient(w->pass, w->number, group, slot, w->gradient);
}

static void convolution_gradient(const vdib__pass *pass, size_t number, const vdib__gradient_sink *sink,
                                 float *gradients) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const layer_work all = {
        .pass = pass, .number = number, .gradient = gradients + pass->table->tensors[layer->weight].offset};
    vdib__parallel(pass->threads, vdib__groups(layer), group_task, &all);
    vdib__small_gradient(pass, layer->weight, sink, gradients);
}

/* ---- backward ---- */

/* Bias gradient (out_channels): examples in order, then neurons of the channel in order. */
static void bias_gradient(const vdib__pass *pass, size_t number, float *gradient) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t area = layer->out_height * layer->out_width;
    memset(gradient, 0, layer->out_channels * sizeof *gradient);
    for (size_t i = 0; i < pass->count; i++) {
        const float *sums = vdib__lif_state_at(pass->trials[i]->state, layer->neurons, 0).bias;
        for (size_t neuron = 0; neuron < layer->neurons; neuron++)
            gradient[neuron / area] += sums[neuron];
    }
}

void vdib__lif_adjoint(const vdib__pass *pass, size_t number) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const layer_work all = {.pass = pass, .number = number};
    vdib__feedback_prepare(pass, number);
    if (layer->convolutional)
        vdib__parallel(pass->threads, pass->count, route_trial, &all);
    vdib__parallel(pass->threads, vdib__blocks(layer->neurons, VDIB_BLOCK) * pass->count, adjoint_block, &all);
}

void vdib__lif_sums(const vdib__pass *pass, size_t number, float *gradients) {
    bias_gradient(pass, number, gradients + pass->table->tensors[pass->encoder->layers[number].bias].offset);
    times_gradient(pass, number, gradients);
}

vdib__rows vdib__lif_kept_sums(const vdib__trial *trial, const vdib__lif_layer *layer, int row) {
    const vdib__lif_state state = vdib__lif_state_at(trial->state, layer->neurons, 0);
    float *const rows[VDIB_TAUS + 1] = {state.bias, state.synapse, state.membrane, state.refractory};
    bool kept = row == 0 || vdib__lif_learns_times(layer);
    return (vdib__rows){rows[row], kept ? layer->neurons * sizeof(float) : 0};
}

void vdib__lif_gradient(const vdib__pass *pass, size_t number, const vdib__gradient_sink *sink, float *gradients) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    vdib__small_gradient(pass, layer->bias, sink, gradients);
    for (int tau = 0; tau < VDIB_TAUS; tau++)
        if (layer->neuron.learns[tau])
            vdib__small_gradient(pass, layer->log_tau[tau], sink, gradients);
    if (layer->convolutional)
        convolution_gradient(pass, number, sink, gradients);
    else
        dense_gradient(pass, number, sink, gradients);
}
