/* SPDX-License-Identifier: MIT */
/* LIF layers over whole sequences. Neurons are independent of each other, so a task is one example and one block of
 * neurons: VDIB_BLOCK of a dense layer, one output channel of a convolutional one. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/matrix.h"
#include "core/raster.h"
#include "core/threads.h"
#include "encoder/layers.h"

enum { ROWS_PER_TASK = 256 };

vdib__lif_constants vdib__lif_constants_of(const vdib__neuron *n) {
    vdib__lif_constants c = {.synaptic_decay = n->synaptic_decay,
                             .membrane_decay = n->membrane_decay,
                             .refractory_decay = n->refractory_decay};
    c.synaptic_gain = n->unit_gain ? 1.0F - n->synaptic_decay : 1.0F / (1.0F - n->synaptic_decay);
    c.membrane_gain = n->unit_gain ? 1.0F - n->membrane_decay : 1.0F / (1.0F - n->membrane_decay);
    c.refractory_gain = n->unit_gain ? 1.0F - n->refractory_decay : 1.0F;
    return c;
}

vdib__lif_state vdib__lif_state_at(float *memory, size_t neurons, size_t begin) {
    return (vdib__lif_state){.synapse = memory + begin,
                             .membrane = memory + neurons + begin,
                             .refractory = memory + 2 * neurons + begin,
                             .spikes = memory + 3 * neurons + begin,
                             .bias = memory + 4 * neurons + begin};
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

static size_t block_size(const vdib__lif_layer *layer) {
    return layer->convolutional ? layer->out_height * layer->out_width : VDIB_BLOCK;
}

static size_t block_end(const vdib__lif_layer *layer, size_t begin) {
    size_t end = begin + block_size(layer);
    return end < layer->neurons ? end : layer->neurons;
}

/* Zero state of a block; the bias is left to the caller. */
static vdib__lif_state block_state(const vdib__lif_layer *layer, vdib__trial *trial, size_t begin, size_t end) {
    vdib__lif_state state = vdib__lif_state_at(trial->state, layer->neurons, begin);
    size_t size = (end - begin) * sizeof(float);
    memset(state.synapse, 0, size);
    memset(state.membrane, 0, size);
    memset(state.refractory, 0, size);
    memset(state.spikes, 0, size);
    memset(state.bias, 0, size);
    return state;
}

/* The input of layer `number` by time, and the trial step of its first row. */
static const vdib_raster *layer_input(const vdib__trial *trial, size_t number, size_t *shift) {
    *shift = number == 0 ? trial->blank_steps : 0;
    return number == 0 ? trial->input : trial->layers[number - 1].spikes;
}

/* ---- forward ---- */

/* errors rows [.., begin .. end) = W s of every step. */
static void fill_currents(const vdib__pass *pass, size_t number, vdib__trial *trial, size_t begin, size_t end) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const float *weights = vdib__pass_tensor(pass, layer->weight);
    float *currents = trial->layers[number].errors;
    size_t shift = 0;
    const vdib_raster *input = layer_input(trial, number, &shift);
    if (!layer->convolutional) {
        vdib__spikes_times_weights(pass->kernels, trial->transposed[number], shift, trial->steps, weights,
                                   layer->neurons, begin, end - begin, currents);
        return;
    }
    for (size_t t = 0; t < trial->steps; t++) {
        float *map = currents + t * layer->neurons + begin;
        memset(map, 0, (end - begin) * sizeof *map);
        const uint32_t *spikes = NULL;
        size_t count = t < shift ? 0 : vdib_raster_at(input, t - shift, &spikes);
        for (size_t s = 0; s < count; s++)
            vdib__convolution_scatter(layer, weights, begin / (end - begin), spikes[s], 1.0F, map);
    }
}

static void forward_block(const vdib__pass *pass, size_t number, vdib__trial *trial, size_t begin) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t end = block_end(layer, begin);
    fill_currents(pass, number, trial, begin, end);
    vdib__lif_constants constants = vdib__lif_constants_of(&pass->encoder->neuron);
    vdib__lif_state state = block_state(layer, trial, begin, end);
    vdib__lif_bias(layer, vdib__pass_tensor(pass, layer->bias), begin, end, state.bias);
    for (size_t t = 0; t < trial->steps; t++)
        pass->kernels->lif_step(&constants, end - begin, trial->layers[number].errors + t * layer->neurons + begin,
                                &state, trial->layers[number].potentials + t * layer->neurons + begin);
}

/* The layer's raster from its potentials, and by channel for the layer above. */
static vdib_status gather_spikes(const vdib__lif_layer *layer, size_t number, vdib__trial *trial) {
    vdib__lif_trial *own = &trial->layers[number];
    vdib_raster *raster = own->spikes;
    raster->offsets[0] = 0;
    for (size_t t = 0; t < trial->steps; t++) {
        size_t before = raster->offsets[t];
        VDIB_TRY(VDIB_RESERVE(&raster->indices, &raster->capacity, before + layer->outputs));
        raster->offsets[t + 1] =
            before + vdib__lif_spikes(layer, own->potentials + t * layer->neurons, raster->indices + before);
    }
    return vdib__raster_transpose(raster, trial->transposed[number + 1]);
}

vdib_status vdib__lif_forward(const vdib__pass *pass, size_t number) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t blocks = vdib__blocks(layer->neurons, block_size(layer));
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t i = 0; i < pass->count; i++)
        for (size_t block = 0; block < blocks; block++)
            forward_block(pass, number, pass->trials[i], block * block_size(layer));
    vdib__failure failure;
    vdib__failure_init(&failure);
#pragma omp parallel for schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1 && pass->count > 1)
    for (size_t i = 0; i < pass->count; i++)
        vdib__failure_note(&failure, i, gather_spikes(layer, number, pass->trials[i]));
    return vdib__failure_raise(&failure);
}

/* ---- backward ---- */

/* errors = dL/du of the data steps, 0 in blank steps: gradient (T, outputs) routed through the pooling windows. */
static void route_errors(const vdib__lif_layer *layer, size_t number, vdib__trial *trial) {
    vdib__lif_trial *own = &trial->layers[number];
    memset(own->errors, 0, trial->blank_steps * layer->neurons * sizeof *own->errors);
    for (size_t t = trial->blank_steps; t < trial->steps; t++)
        vdib__lif_unpool(layer, own->potentials + t * layer->neurons, trial->gradient + t * layer->outputs,
                         own->errors + t * layer->neurons);
}

/* dL/dh to dL/d(W s) of a block; the sum over the steps of dL/du stays in its state's bias. */
static void adjoint_block(const vdib__pass *pass, size_t number, vdib__trial *trial, size_t begin) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t end = block_end(layer, begin);
    vdib__lif_constants constants = vdib__lif_constants_of(&pass->encoder->neuron);
    vdib__lif_state state = block_state(layer, trial, begin, end);
    for (size_t t = trial->steps; t-- > 0;) {
        float *errors = trial->layers[number].errors + t * layer->neurons + begin;
        pass->kernels->surrogate(&pass->encoder->neuron, errors,
                                 trial->layers[number].potentials + t * layer->neurons + begin, end - begin);
        pass->kernels->lif_adjoint(&constants, end - begin, errors, &state);
    }
}

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

static void dense_gradient(const vdib__pass *pass, size_t number, float *gradient) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t row_blocks = vdib__blocks(layer->inputs, ROWS_PER_TASK), blocks = vdib__blocks(layer->neurons, VDIB_BLOCK);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t rows = 0; rows < row_blocks; rows++)
        for (size_t block = 0; block < blocks; block++) {
            size_t begin = rows * ROWS_PER_TASK, column = block * VDIB_BLOCK;
            size_t end = layer->inputs - begin < ROWS_PER_TASK ? layer->inputs : begin + ROWS_PER_TASK;
            size_t width = block_end(layer, column) - column;
            for (size_t j = begin; j < end; j++)
                memset(gradient + j * layer->neurons + column, 0, width * sizeof *gradient);
            for (size_t i = 0; i < pass->count; i++) {
                const vdib__trial *trial = pass->trials[i];
                vdib__spikes_times_values(
                    pass->kernels, trial->transposed[number], number == 0 ? trial->blank_steps : 0, trial->steps,
                    trial->layers[number].errors, layer->neurons, column, width, begin, end, gradient);
            }
        }
}

/* Kernels (in_channels, kernel, kernel) of one output channel. */
static void channel_gradient(const vdib__pass *pass, size_t number, size_t channel, float *gradient) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t area = layer->out_height * layer->out_width;
    memset(gradient, 0, layer->in_channels * layer->kernel * layer->kernel * sizeof *gradient);
    for (size_t i = 0; i < pass->count; i++) {
        const vdib__trial *trial = pass->trials[i];
        size_t shift = 0;
        const vdib_raster *input = layer_input(trial, number, &shift);
        for (size_t t = shift; t < trial->steps; t++) {
            const uint32_t *spikes = NULL;
            size_t count = vdib_raster_at(input, t - shift, &spikes);
            for (size_t s = 0; s < count; s++)
                vdib__convolution_collect(layer, spikes[s], 1.0F,
                                          trial->layers[number].errors + t * layer->neurons + channel * area, gradient);
        }
    }
}

static void convolution_gradient(const vdib__pass *pass, size_t number, float *gradient) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t size = layer->in_channels * layer->kernel * layer->kernel;
#pragma omp parallel for schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t channel = 0; channel < layer->out_channels; channel++)
        channel_gradient(pass, number, channel, gradient + channel * size);
}

void vdib__lif_backward(const vdib__pass *pass, size_t number, float *gradients) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t blocks = vdib__blocks(layer->neurons, block_size(layer));
#pragma omp parallel for schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1 && pass->count > 1)
    for (size_t i = 0; i < pass->count; i++)
        route_errors(layer, number, pass->trials[i]);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t i = 0; i < pass->count; i++)
        for (size_t block = 0; block < blocks; block++)
            adjoint_block(pass, number, pass->trials[i], block * block_size(layer));
    bias_gradient(pass, number, gradients + pass->table->tensors[layer->bias].offset);
    float *gradient = gradients + pass->table->tensors[layer->weight].offset;
    if (layer->convolutional)
        convolution_gradient(pass, number, gradient);
    else
        dense_gradient(pass, number, gradient);
}

void vdib__lif_project(const vdib__pass *pass, size_t number, vdib__trial *trial, int threads) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const float *weights =
        vdib__pass_tensor(pass, pass->encoder->feedback == VDIB_FEEDBACK_FA ? layer->feedback : layer->weight);
    const float *errors = trial->layers[number].errors + trial->blank_steps * layer->neurons;
    float *gradient = trial->gradient + trial->blank_steps * layer->inputs;
    size_t steps = trial->steps - trial->blank_steps;
    if (!layer->convolutional) { /* (T, NH) times (NX, NH) transposed */
        vdib__matrix_multiply(threads, false, true, steps, layer->inputs, layer->neurons, 1.0F, errors, weights, 0.0F,
                              gradient);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (size_t t = 0; t < steps; t++)
        vdib__convolution_transpose(layer, weights, errors + t * layer->neurons, gradient + t * layer->inputs);
}
