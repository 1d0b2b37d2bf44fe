/* SPDX-License-Identifier: MIT */
/* Steps with weights that move between them: presynaptic traces are kept, potentials and gradients are formed from
 * them. */
#include <string.h>

#include "core/error.h"
#include "core/matrix.h"
#include "encoder/state.h"

/* ---- forward ---- */

/* The traces of every input, one step on. */
static void move_traces(const vdib__pass *pass, const vdib__lif_layer *layer, vdib__layer_state *now,
                        const uint32_t *spikes, size_t count) {
    memset(now->inputs, 0, layer->inputs * sizeof *now->inputs);
    for (size_t s = 0; s < count; s++)
        now->inputs[spikes[s]] = 1.0F;
    pass->kernels->lif->traces(&layer->constants, layer->inputs, now->inputs, now->synapse, now->trace);
}

/* ---- layers that learn time constants: traces of every pair of an input and a unit ---- */

/* Constant k of a unit. */
static float constant_of(const vdib__lif_layer *layer, const vdib__layer_state *now, int k, size_t unit) {
    return now->each[(size_t)k * vdib__each_stride(layer) + unit * layer->out_height * layer->out_width];
}

/* The traces of one unit, one step on; the slopes are those of the kernel decay_gradients. */
static void move_unit(const vdib__lif_layer *layer, const vdib__layer_state *now, size_t unit) {
    float beta = constant_of(layer, now, VDIB_EACH_SYNAPTIC_DECAY, unit);
    float alpha = constant_of(layer, now, VDIB_EACH_MEMBRANE_DECAY, unit);
    float synaptic = constant_of(layer, now, VDIB_EACH_SYNAPTIC_GAIN, unit);
    float membrane = constant_of(layer, now, VDIB_EACH_MEMBRANE_GAIN, unit);
    float synaptic_slope = constant_of(layer, now, VDIB_EACH_SYNAPTIC_SLOPE, unit);
    float membrane_slope = constant_of(layer, now, VDIB_EACH_MEMBRANE_SLOPE, unit);
    size_t units = layer->out_channels, rows = layer->inputs * units;
    for (size_t j = 0; j < layer->inputs; j++) {
        float *at = now->pairs + j * units + unit, input = now->inputs[j];
        float *q = at + VDIB_PAIR_SYNAPSE * rows, *p = at + VDIB_PAIR_MEMBRANE * rows;
        float *q_slope = at + VDIB_PAIR_SYNAPSE_SLOPE * rows, *p_slope = at + VDIB_PAIR_MEMBRANE_SLOPE * rows;
        float *own = at + VDIB_PAIR_MEMBRANE_OWN_SLOPE * rows;
        *p_slope = alpha * *p_slope + membrane * *q_slope;
        *own = alpha * *own + *p + membrane_slope * *q;
        *p = alpha * *p + membrane * *q;
        *q_slope = beta * *q_slope + *q + synaptic_slope * input;
        *q = beta * *q + synaptic * input;
    }
}

/* sum (NH) = W times one kind of these traces. */
static void weigh_pairs(const vdib__pass *pass, const vdib__lif_layer *layer, const vdib__layer_state *now, int kind,
                        float *sum) {
    const float *weights = vdib__pass_tensor(pass, layer->weight);
    size_t units = layer->out_channels, area = layer->out_height * layer->out_width;
    const float *traces = now->pairs + (size_t)kind * layer->inputs * units;
    memset(sum, 0, layer->neurons * sizeof *sum);
    for (size_t j = 0; j < layer->inputs; j++, traces += units) {
        if (!layer->convolutional)
            pass->kernels->product->multiply_add(sum, weights + j * units, traces, units);
        for (size_t channel = 0; channel < units && layer->convolutional; channel++)
            if (traces[channel] != 0.0F)
                vdib__convolution_scatter(layer, weights, channel, (uint32_t)j, traces[channel], sum + channel * area);
    }
}

/* dR/d(alpha_r), one step on, before R itself. */
static void move_refractory_slope(const vdib__lif_layer *layer, const vdib__layer_state *now,
                                  const vdib__lif_state *running) {
    const float *decay = now->each + VDIB_EACH_REFRACTORY_DECAY * vdib__each_stride(layer);
    const float *slope = now->each + VDIB_EACH_REFRACTORY_SLOPE * vdib__each_stride(layer);
    for (size_t n = 0; n < layer->neurons; n++)
        now->refractory_slope[n] =
            decay[n] * now->refractory_slope[n] + running->refractory[n] - slope[n] * running->spikes[n];
}

/* current = W p */
static void weigh_traces(const vdib__pass *pass, const vdib__lif_layer *layer, vdib__layer_state *now) {
    const float *weights = vdib__pass_tensor(pass, layer->weight);
    size_t area = layer->out_height * layer->out_width;
    memset(now->current, 0, layer->neurons * sizeof *now->current);
    for (size_t j = 0; j < layer->inputs; j++) {
        if (now->trace[j] == 0.0F)
            continue;
        if (!layer->convolutional)
            pass->kernels->product->axpy(now->current, weights + j * layer->neurons, now->trace[j], layer->neurons);
        else
            for (size_t channel = 0; channel < layer->out_channels; channel++)
                vdib__convolution_scatter(layer, weights, channel, (uint32_t)j, now->trace[j],
                                          now->current + channel * area);
    }
}

static void layer_step(const vdib__pass *pass, const vdib__lif_layer *layer, vdib__layer_state *now,
                       const uint32_t *spikes, size_t count) {
    vdib__lif_state running = vdib__lif_state_at(now->running, layer->neurons, 0);
    move_traces(pass, layer, now, spikes, count);
    if (vdib__lif_learns_times(layer)) {
        for (size_t unit = 0; unit < layer->out_channels; unit++)
            move_unit(layer, now, unit);
        weigh_pairs(pass, layer, now, VDIB_PAIR_MEMBRANE, now->current);
        move_refractory_slope(layer, now, &running);
    } else {
        weigh_traces(pass, layer, now);
    }
    vdib__lif_bias(layer, vdib__pass_tensor(pass, layer->bias), 0, layer->neurons, running.bias);
    const vdib__lif_each each = {now->each, vdib__each_stride(layer)};
    if (layer->each)
        pass->kernels->lif->fire_each(&each, layer->neurons, now->current, &running, now->potentials);
    else
        pass->kernels->lif->fire(&layer->constants, layer->neurons, now->current, &running, now->potentials);
    vdib__lif_spikes(pass->kernels->lif, layer, now->potentials, now->bits);
    now->spike_count = vdib__bits_list(now->bits, vdib__words(layer->outputs), now->spikes);
}

/* trace (NX, K) = sum over lags of a_k(lag) times the input spikes of step t - lag. */
static void filter_inputs(const vdib__pass *pass, vdib__encoder_state *state, const uint32_t *spikes, size_t count) {
    const vdib__readout *readout = &pass->encoder->readout;
    const float *taps = vdib__pass_taps(pass);
    size_t period = readout->filter_steps, row = state->taken % period;
    if (count > 0)
        memcpy(state->history + row * readout->inputs, spikes, count * sizeof *spikes);
    state->history_count[row] = count;
    memset(state->trace, 0, readout->inputs * readout->bases * sizeof *state->trace);
    for (size_t lag = 0; lag < period && lag <= state->taken; lag++) {
        size_t at = (state->taken - lag) % period;
        for (size_t s = 0; s < state->history_count[at]; s++) {
            float *trace = state->trace + (size_t)state->history[at * readout->inputs + s] * readout->bases;
            for (size_t k = 0; k < readout->bases; k++)
                trace[k] += taps[k * period + lag];
        }
    }
}

/* feedback_trace (KF, NY) = sum over lags of c_k(lag) times the readout spikes of step t - 1 - lag. */
static void filter_readout(const vdib__pass *pass, const vdib__readout *readout, vdib__encoder_state *state) {
    size_t period = readout->filter_steps, neurons = readout->neurons;
    memset(state->feedback_trace, 0, readout->feedback_bases * neurons * sizeof *state->feedback_trace);
    for (size_t k = 0; k < readout->feedback_bases; k++)
        for (size_t lag = 0; lag < period && lag < state->taken; lag++)
            pass->kernels->product->axpy(state->feedback_trace + k * neurons,
                                         state->readout_history + (state->taken - 1 - lag) % period * neurons,
                                         readout->feedback_basis[k * readout->filter_steps + lag], neurons);
}

static void readout_potentials(const vdib__pass *pass, vdib__encoder_state *state) {
    const vdib__readout *readout = &pass->encoder->readout;
    const float *weights = vdib__pass_tensor(pass, readout->weight);
    float *potentials = state->output.potentials;
    size_t neurons = readout->neurons;
    memcpy(potentials, vdib__pass_tensor(pass, readout->bias), neurons * sizeof *potentials);
    for (size_t jk = 0; jk < readout->inputs * readout->bases; jk++)
        if (state->trace[jk] != 0.0F)
            pass->kernels->product->axpy(potentials, weights + jk * neurons, state->trace[jk], neurons);
    if (readout->feedback_bases == 0)
        return;
    const float *weights_back = vdib__pass_tensor(pass, readout->feedback);
    for (size_t k = 0; k < readout->feedback_bases; k++)
        for (size_t from = 0; from < neurons; from++) {
            float trace = state->feedback_trace[k * neurons + from];
            if (!readout->lateral)
                potentials[from] += trace * weights_back[k * neurons + from];
            else if (trace != 0.0F)
                pass->kernels->product->axpy(potentials, weights_back + (from * readout->feedback_bases + k) * neurons,
                                             trace, neurons);
        }
}

void vdib__learning_step(const vdib__pass *pass, vdib__encoder_state *state, const uint32_t *spikes, size_t count,
                         const vdib__key *key, uint32_t step, const float *forced) {
    const vdib__encoder *encoder = pass->encoder;
    const vdib__readout *readout = &encoder->readout;
    const uint32_t *sensor = spikes;
    size_t sensor_count = count;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        layer_step(pass, &encoder->layers[l], &state->layers[l], spikes, count);
        spikes = state->layers[l].spikes;
        count = state->layers[l].spike_count;
    }
    if (encoder->joined) {
        vdib__join(encoder, state->layers[encoder->layer_count - 1].bits, sensor, sensor_count, state->joined);
        spikes = state->joined_spikes;
        count = vdib__bits_list(state->joined, vdib__words(readout->inputs), state->joined_spikes);
    }
    filter_inputs(pass, state, spikes, count);
    filter_readout(pass, readout, state);
    readout_potentials(pass, state);
    vdib__readout_draw(pass, 0, readout->neurons, key, step, forced, &state->output);
    memcpy(state->readout_history + state->taken % readout->filter_steps * readout->neurons, state->output.spikes,
           readout->neurons * sizeof(float));
}

/* ---- backward ---- */

/* row = a * x */
static void scaled(float *row, const float *x, float a, size_t count) {
    if (a == 0.0F)
        memset(row, 0, count * sizeof *row);
    else
        for (size_t i = 0; i < count; i++)
            row[i] = a * x[i];
}

/* Tap `lag` of basis k moves the potentials by what the inputs that spiked `lag` steps ago bring through V: gradient
 * (K, tau) = sum over these of V times the error. */
static void taps_gradient(const vdib__pass *pass, const vdib__encoder_state *state, const float *error,
                          float *gradient) {
    const vdib__readout *readout = &pass->encoder->readout;
    const float *weights = vdib__pass_tensor(pass, readout->weight);
    size_t lags = readout->filter_steps, neurons = readout->neurons, newest = state->taken - 1;
    memset(gradient, 0, readout->bases * lags * sizeof *gradient);
    for (size_t lag = 0; lag < lags && lag <= newest; lag++) {
        size_t at = (newest - lag) % lags;
        for (size_t k = 0; k < readout->bases; k++) {
            double sum = 0.0;
            for (size_t s = 0; s < state->history_count[at]; s++) {
                const float *row = weights + (state->history[at * readout->inputs + s] * readout->bases + k) * neurons;
                for (size_t i = 0; i < neurons; i++)
                    sum += (double)row[i] * (double)error[i];
            }
            gradient[k * lags + lag] = (float)sum;
        }
    }
}

static void readout_gradient(const vdib__pass *pass, const vdib__encoder_state *state, const float *error,
                             float *gradients) {
    const vdib__readout *readout = &pass->encoder->readout;
    const vdib__tensor *tensors = pass->table->tensors;
    size_t neurons = readout->neurons;
    memcpy(gradients + tensors[readout->bias].offset, error, neurons * sizeof *error);
    for (size_t jk = 0; jk < readout->inputs * readout->bases; jk++)
        scaled(gradients + tensors[readout->weight].offset + jk * neurons, error, state->trace[jk], neurons);
    if (readout->learns_filters)
        taps_gradient(pass, state, error, gradients + tensors[readout->taps].offset);
    if (readout->feedback_bases == 0)
        return;
    float *to = gradients + tensors[readout->feedback].offset;
    for (size_t k = 0; k < readout->feedback_bases; k++)
        for (size_t from = 0; from < neurons; from++) {
            float trace = state->feedback_trace[k * neurons + from];
            if (readout->lateral)
                scaled(to + (from * readout->feedback_bases + k) * neurons, error, trace, neurons);
            else
                to[k * neurons + from] = trace * error[from];
        }
}

/* outputs (NH) = sum over readouts and bases of V (or what stands for it) times a_k(0) times the error. */
static void through_readout(const vdib__pass *pass, const float *error, float *outputs) {
    const vdib__readout *readout = &pass->encoder->readout;
    const float *weights = vdib__pass_tensor(pass, pass->encoder->credit->symmetric ? readout->weight : readout->fixed);
    const float *taps = vdib__pass_taps(pass);
    for (size_t j = 0; j < pass->encoder->layers[pass->encoder->layer_count - 1].outputs; j++) {
        outputs[j] = 0.0F;
        for (size_t k = 0; k < readout->bases; k++) {
            const float *row = weights + (j * readout->bases + k) * readout->neurons;
            float sum = 0.0F;
            for (size_t i = 0; i < readout->neurons; i++)
                sum += row[i] * error[i];
            outputs[j] += taps[k * readout->filter_steps] * sum;
        }
    }
}

/* outputs = errors (NY) times the layer's matrix, stored (outputs, NY). */
static void through_matrix(const vdib__pass *pass, size_t number, const float *errors, float *outputs) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t neurons = pass->encoder->readout.neurons;
    vdib__matrix_vector_serial(pass->encoder->products, false, layer->outputs, neurons,
                               vdib__pass_tensor(pass, layer->fixed), neurons, errors, 0.0F, outputs);
}

/* outputs = target (targets) times the layer's matrix, stored (targets, outputs). */
static void through_target(const vdib__pass *pass, size_t number, const float *target, float weight, float *outputs) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    vdib__matrix_multiply_serial(pass->encoder->products, false, false, 1, layer->outputs, pass->encoder->targets,
                                 weight, target, vdib__pass_tensor(pass, layer->fixed), 0.0F, outputs);
}

/* dL/d(log tau) of the units of a layer from its errors dL/du. */
static void times_gradient(const vdib__pass *pass, const vdib__lif_layer *layer, vdib__layer_state *now,
                           float *gradients) {
    static const int kinds[VDIB_TAUS] = {
        [VDIB_TAU_SYNAPSE] = VDIB_PAIR_MEMBRANE_SLOPE, [VDIB_TAU_MEMBRANE] = VDIB_PAIR_MEMBRANE_OWN_SLOPE};
    size_t area = layer->out_height * layer->out_width;
    for (int tau = 0; tau < VDIB_TAUS; tau++) {
        if (!layer->neuron.learns[tau])
            continue;
        float *gradient = gradients + pass->table->tensors[layer->log_tau[tau]].offset;
        const float *slopes = tau == VDIB_TAU_REFRACTORY ? now->refractory_slope : now->slopes;
        if (tau != VDIB_TAU_REFRACTORY)
            weigh_pairs(pass, layer, now, kinds[tau], now->slopes);
        memset(gradient, 0, layer->out_channels * sizeof *gradient);
        for (size_t n = 0; n < layer->neurons; n++)
            gradient[n / area] += now->errors[n] * slopes[n];
        for (size_t unit = 0; unit < layer->out_channels; unit++)
            gradient[unit] *= vdib__log_tau_slope(layer, pass->table, pass->parameters, tau, unit);
    }
}

/* The gradient of the weights where each unit has traces of its own. */
static void pairs_gradient(const vdib__lif_layer *layer, const vdib__layer_state *now, size_t size, float *weight) {
    size_t units = layer->out_channels, area = layer->out_height * layer->out_width;
    const float *traces = now->pairs + VDIB_PAIR_MEMBRANE * layer->inputs * units;
    memset(weight, 0, size * sizeof *weight);
    for (size_t j = 0; j < layer->inputs; j++, traces += units)
        for (size_t unit = 0; unit < units; unit++)
            if (layer->convolutional)
                vdib__convolution_collect(layer, (uint32_t)j, traces[unit], now->errors + unit * area,
                                          weight + unit * (size / units));
            else
                weight[j * units + unit] = now->errors[unit] * traces[unit];
}

static void layer_gradient(const vdib__pass *pass, size_t number, vdib__layer_state *now, float *gradients) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    float *weight = gradients + pass->table->tensors[layer->weight].offset;
    float *bias = gradients + pass->table->tensors[layer->bias].offset;
    size_t area = layer->out_height * layer->out_width, size = pass->table->tensors[layer->weight].count;
    vdib__lif_unpool(layer, now->potentials, now->outputs, now->errors);
    layer->surrogate->multiply(now->errors, now->potentials, layer->neurons, layer->neuron.slope);
    memset(bias, 0, layer->out_channels * sizeof *bias);
    for (size_t i = 0; i < layer->neurons; i++)
        bias[i / area] += now->errors[i];
    if (vdib__lif_learns_times(layer)) {
        times_gradient(pass, layer, now, gradients);
        pairs_gradient(layer, now, size, weight);
        return;
    }
    if (!layer->convolutional) {
        for (size_t j = 0; j < layer->inputs; j++)
            scaled(weight + j * layer->neurons, now->errors, now->trace[j], layer->neurons);
        return;
    }
    memset(weight, 0, size * sizeof *weight);
    for (size_t channel = 0; channel < layer->out_channels; channel++)
        for (size_t j = 0; j < layer->inputs; j++)
            if (now->trace[j] != 0.0F)
                vdib__convolution_collect(layer, (uint32_t)j, now->trace[j], now->errors + channel * area,
                                          weight + channel * (size / layer->out_channels));
}

vdib_status vdib__encoder_step_backward(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                        const float *parameters, vdib__encoder_state *state, const float *error,
                                        const float *hidden_error, const float *target, float target_weight,
                                        float *gradients) {
    if (!state->learning || state->taken == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "gradients of a step need a state made for learning and a step that was taken with it");
    if (encoder->credit->target && encoder->layer_count > 0 && target == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "drtp feedback needs the target of the step");
    vdib__pass pass = {.encoder = encoder,
                       .kernels = vdib__encoder_kernels_of(encoder->level),
                       .table = table,
                       .parameters = parameters,
                       .threads = 1};
    readout_gradient(&pass, state, error, gradients);
    for (size_t l = 0; l < encoder->layer_count; l++) {
        float *outputs = state->layers[l].outputs;
        if (encoder->credit->target)
            through_target(&pass, l, target, target_weight, outputs);
        else if (!encoder->credit->layered)
            through_matrix(&pass, l, hidden_error != NULL ? hidden_error : error, outputs);
        else if (l + 1 == encoder->layer_count)
            through_readout(&pass, error, outputs);
        else /* the layer above answers one step later */
            memset(outputs, 0, encoder->layers[l].outputs * sizeof *outputs);
        layer_gradient(&pass, l, &state->layers[l], gradients);
    }
    return VDIB_OK;
}
