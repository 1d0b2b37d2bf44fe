/* SPDX-License-Identifier: MIT */
/* Back through the recursions in time, docs/method.md, eq. (45) and (46): what a neuron's spike does to its own later
 * potentials, by its refractory trace, its adaptive threshold or the readout's feedback. Only bptt goes this way. */
#include <string.h>

#include "encoder/layers.h"

/* Whether a stretch of steps ends before data step `t`, counted from 0. */
static bool stretch_ends(const vdib__encoder *encoder, size_t t) {
    return encoder->truncation > 0 && t % encoder->truncation == 0;
}

/* What spikes take off their neurons' later potentials, by the refractory trace or the adaptive threshold: with a value
 * for each neuron if the layer has arrays, else with one for all. */
typedef struct own_trace {
    float decay, gain;
    const float *decays, *gains; /* NULL: all neurons have the same */
    float *held;                 /* (width) dL/d(trace) of the step after */
} own_trace;

/* errors -= gain held: the part of dL/dh. */
static void take_back(const own_trace *trace, float *errors, size_t width) {
    for (size_t i = 0; i < width; i++)
        errors[i] -= (trace->gains != NULL ? trace->gains[i] : trace->gain) * trace->held[i];
}

/* held = dL/du + decay held */
static void hold(const own_trace *trace, const float *errors, size_t width) {
    for (size_t i = 0; i < width; i++)
        trace->held[i] = errors[i] + (trace->decays != NULL ? trace->decays[i] : trace->decay) * trace->held[i];
}

/* The traces of a layer's neurons from `begin` on; returns how many. */
static int traces_of(const vdib__pass *pass, size_t number, const vdib__surrogate_rows *rows, own_trace traces[2]) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    traces[0] = (own_trace){
        .decay = layer->constants.refractory_decay, .gain = layer->constants.refractory_gain, .held = rows->held[0]};
    if (!layer->each)
        return 1;
    const vdib__lif_each each = vdib__pass_each(pass, number, rows->begin);
    traces[0].decays = each.constants + VDIB_EACH_REFRACTORY_DECAY * each.stride;
    traces[0].gains = each.constants + VDIB_EACH_REFRACTORY_GAIN * each.stride;
    traces[1] = (own_trace){.decays = each.constants + VDIB_EACH_ADAPTATION_DECAY * each.stride,
                            .gains = each.constants + VDIB_EACH_ADAPTATION_GAIN * each.stride,
                            .held = rows->held[1]};
    return 2;
}

/* Of neurons that are reset: a spike takes alpha v off the later potentials, v = u + theta. errors (width) are dL/dh
 * and become dL/du; held (width) = dL/dv of the step after becomes that of this one. */
static void reset_step(const vdib__lif_layer *layer, const float *potentials, size_t width, float *errors,
                       float *held) {
    float alpha = layer->constants.membrane_decay, threshold = vdib__lif_threshold(layer);
    for (size_t i = 0; i < width; i++)
        errors[i] -= alpha * (potentials[i] + threshold) * held[i];
    layer->surrogate->multiply(errors, potentials, width, layer->neuron.slope);
    for (size_t i = 0; i < width; i++)
        held[i] = errors[i] + (potentials[i] < 0.0F ? alpha * held[i] : 0.0F);
}

static void reset_adjoint(const vdib__pass *pass, const vdib__lif_layer *layer, const vdib__surrogate_rows *rows) {
    float *held = rows->held[0];
    for (size_t t = rows->steps; t-- > 0;) {
        if (t + 1 == rows->steps || stretch_ends(pass->encoder, t + 1))
            memset(held, 0, rows->width * sizeof *held);
        reset_step(layer, rows->potentials + t * layer->neurons, rows->width, rows->errors + t * rows->stride, held);
    }
}

void vdib__surrogate_adjoint(const vdib__pass *pass, size_t number, const vdib__surrogate_rows *rows) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    bool recurrent = pass->encoder->credit->recurrent;
    if (recurrent && layer->resets) {
        reset_adjoint(pass, layer, rows);
        return;
    }
    own_trace traces[2];
    int count = recurrent ? traces_of(pass, number, rows, traces) : 0;
    for (size_t t = rows->steps; t-- > 0;) {
        float *errors = rows->errors + t * rows->stride;
        bool last = t + 1 == rows->steps || stretch_ends(pass->encoder, t + 1);
        for (int k = 0; k < count; k++) {
            if (last)
                memset(traces[k].held, 0, rows->width * sizeof(float));
            take_back(&traces[k], errors, rows->width);
        }
        layer->surrogate->multiply(errors, rows->potentials + t * layer->neurons, rows->width, layer->neuron.slope);
        for (int k = 0; k < count; k++)
            hold(&traces[k], errors, rows->width);
    }
}

/* later (KF, NY) = sum over lags of c_k(lag) times the errors of step t + 1 + lag, as far as they are before `end`. */
static void gather_later(const vdib__encoder *encoder, const vdib__encoder_kernels *kernels, const vdib__trial *trial,
                         size_t t, size_t end, float *later) {
    const vdib__readout *readout = &encoder->readout;
    size_t neurons = readout->neurons;
    memset(later, 0, readout->feedback_bases * neurons * sizeof *later);
    for (size_t k = 0; k < readout->feedback_bases; k++) {
        const vdib__filter *filter = &readout->filters[readout->bases + k];
        for (size_t lag = filter->first; lag < filter->end && t + 1 + lag < end; lag++)
            kernels->product->axpy(later + k * neurons, trial->errors + (t + 1 + lag) * neurons, filter->taps[lag],
                                   neurons);
    }
}

/* What neuron i's spike brings about in `later` by the feedback f. */
static float brought_about(const vdib__readout *readout, const vdib__encoder_kernels *kernels, const float *feedback,
                           const float *later, size_t i) {
    size_t neurons = readout->neurons, columns = readout->feedback_bases * neurons;
    float sum = 0.0F;
    if (readout->lateral)
        return kernels->product->dot(feedback + i * columns, later, columns);
    for (size_t k = 0; k < readout->feedback_bases; k++)
        sum += feedback[k * neurons + i] * later[k * neurons + i];
    return sum;
}

void vdib__encoder_recur(const vdib__encoder *encoder, const vdib__tensor_table *table, const float *parameters,
                         vdib__trial *trial) {
    const vdib__readout *readout = &encoder->readout;
    const vdib__encoder_kernels *kernels = vdib__encoder_kernels_of(encoder->level);
    size_t neurons = readout->neurons, end = trial->steps;
    if (readout->feedback_bases == 0)
        return;
    const float *feedback = parameters + table->tensors[readout->feedback].offset;
    float *later = trial->feedback_spread; /* its first row */
    for (size_t t = trial->steps; t-- > trial->blank_steps;) {
        const float *p = trial->probabilities + t * neurons;
        float *errors = trial->errors + t * neurons;
        if (stretch_ends(encoder, t + 1 - trial->blank_steps))
            end = t + 1;
        gather_later(encoder, kernels, trial, t, end, later);
        for (size_t i = 0; i < neurons; i++)
            errors[i] += p[i] * (1.0F - p[i]) * brought_about(readout, kernels, feedback, later, i);
    }
}
