/* SPDX-License-Identifier: MIT */
/* Gradients of the encoder from the errors of its readout, by the five ways that an error reaches a hidden layer. */
#include "reference/trainer/twin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double surrogate(const twin_settings *s, double u) {
    if (s->surrogate == TWIN_BOXCAR)
        return u > -0.5 && u <= 0.5 ? 1 : 0;
    if (s->surrogate == TWIN_LOGISTIC)
        return 1 / (1 + exp(-u)) / (1 + exp(u));
    return 1 / ((s->slope * fabs(u) + 1) * (s->slope * fabs(u) + 1));
}

/* The weight from input j to neuron n as an element of the tensor; SIZE_MAX if they are not joined. */
static size_t synapse(const twin_layer *layer, size_t n, size_t j) {
    if (!layer->convolutional)
        return n * layer->inputs + j;
    size_t ox = n % layer->out_width, oy = n / layer->out_width % layer->out_height;
    size_t o = n / layer->out_width / layer->out_height;
    size_t x = j % layer->in_width, y = j / layer->in_width % layer->in_height;
    size_t c = j / layer->in_width / layer->in_height;
    size_t kx = x + layer->padding - ox * layer->stride, ky = y + layer->padding - oy * layer->stride;
    if (kx >= layer->kernel || ky >= layer->kernel)
        return SIZE_MAX;
    return ((o * layer->in_channels + c) * layer->kernel + ky) * layer->kernel + kx;
}

/* ---- readout ---- */

static void readout_backward(twin *t, const twin_record *r, size_t step) {
    const twin_settings *s = &t->settings;
    size_t inputs = t->readout_inputs * s->bases, kf = s->feedback_bases, readouts = s->readouts;
    for (size_t i = 0; i < readouts; i++) {
        double error = r->errors[step * readouts + i];
        t->margins.extreme = fmax(t->margins.extreme, fabs(r->potentials[step * readouts + i]));
        t->tensors[t->readout_bias].gradients[i] += error;
        for (size_t jk = 0; jk < inputs; jk++)
            t->tensors[t->readout_weight].gradients[i * inputs + jk] += error * r->traces[step * inputs + jk];
        for (size_t k = 0; k < kf; k++) {
            const double *traces = r->self_traces + step * readouts * kf;
            double *self = t->tensors[t->readout_self].gradients;
            if (!s->lateral)
                self[i * kf + k] += error * traces[i * kf + k];
            for (size_t from = 0; from < readouts && s->lateral; from++)
                self[(i * readouts + from) * kf + k] += error * traces[from * kf + k];
        }
    }
}

/* A tap moves the potentials of a step by what its lag's inputs bring through V. */
static void taps_backward(twin *t, const twin_record *r, size_t step) {
    const twin_settings *s = &t->settings;
    const double *weight = t->tensors[t->readout_weight].values;
    twin_tensor *taps = &t->tensors[t->readout_basis];
    for (size_t lag = 0; lag < s->filter_steps && lag <= step; lag++)
        for (size_t k = 0; k < s->bases; k++) {
            double sizes = 0;
            for (size_t j = 0; j < t->readout_inputs; j++) {
                double h = r->read[(step - lag) * t->readout_inputs + j];
                for (size_t i = 0; i < s->readouts && h != 0; i++) {
                    double term =
                        h * r->errors[step * s->readouts + i] * weight[(i * t->readout_inputs + j) * s->bases + k];
                    taps->gradients[k * s->filter_steps + lag] += term;
                    sizes += fabs(term);
                }
            }
            taps->unweighed = fmax(taps->unweighed, sizes);
        }
}

/* ---- what a hidden spike is taught ---- */

/* What a spike of step `step` does through V and the bases in steps `step` .. last. */
static void teach_through_readout(twin *t, twin_record *r, size_t number, size_t step, size_t last) {
    const twin_settings *s = &t->settings;
    const double *weight = t->tensors[s->feedback == TWIN_FA ? t->readout_feedback : t->readout_weight].values;
    for (size_t j = 0; j < t->last_outputs; j++) {
        double sum = 0;
        for (size_t lag = 0; lag < s->filter_steps && step + lag <= last; lag++)
            for (size_t i = 0; i < s->readouts; i++)
                for (size_t k = 0; k < s->bases; k++)
                    sum += weight[(i * t->readout_inputs + j) * s->bases + k] *
                           twin_basis(t)[k * s->filter_steps + lag] * r->errors[(step + lag) * s->readouts + i];
        r->layers[number].teaching[step * t->last_outputs + j] = sum;
    }
}

static bool resets(const twin *t, size_t number) {
    return t->settings.layers[number].neuron.resets;
}

/* dL/d(W s + b) of a step of a neuron that is reset: a current of this step in all later potentials, up to a reset by
 * the membrane, beyond it by what is left in the synapse. */
static double current_error(const twin *t, const twin_record *r, size_t number, size_t step, size_t last, size_t n) {
    const twin_layer *layer = &t->layers[number];
    const twin_neuron c = twin_neuron_of(t, number, n / (layer->out_height * layer->out_width));
    double sum = 0, synapse_left = c.gain_s, in_membrane = 0;
    for (size_t later = step; later <= last; later++, synapse_left *= c.beta_s) {
        in_membrane += c.gain_m * synapse_left;
        sum += in_membrane * r->layers[number].errors[later * layer->neurons + n];
        in_membrane *= c.alpha_m * (1 - r->layers[number].spikes[later * layer->neurons + n]);
    }
    return sum;
}

/* What a spike of step `step` does through the weights of the layer above in later steps: the membrane trace n steps
 * after a single spike. */
static void teach_through_layer(twin *t, twin_record *r, size_t above, size_t step, size_t last) {
    const twin_settings *s = &t->settings;
    const twin_layer *layer = &t->layers[above];
    const double *weight = t->tensors[s->feedback == TWIN_FA ? layer->feedback : layer->weight].values;
    double *teaching = r->layers[above - 1].teaching + step * layer->inputs;
    memset(teaching, 0, layer->inputs * sizeof *teaching);
    for (size_t n = 0; n < layer->neurons; n++) {
        const twin_neuron c = twin_neuron_of(t, above, n / (layer->out_height * layer->out_width));
        double q = c.gain_s, p = 0, sum = 0;
        if (resets(t, above))
            sum = current_error(t, r, above, step, last, n);
        for (size_t later = step + 1; later <= last && !resets(t, above); later++) {
            p = c.alpha_m * p + c.gain_m * q;
            q *= c.beta_s;
            sum += p * r->layers[above].errors[later * layer->neurons + n];
        }
        for (size_t j = 0; j < layer->inputs && sum != 0; j++) {
            size_t w = synapse(layer, n, j);
            if (w != SIZE_MAX)
                teaching[j] += weight[w] * sum;
        }
    }
}

/* dL/dh = vector (count) times the layer's fixed matrix (count, outputs). */
static void teach_through_matrix(twin *t, twin_record *r, size_t number, size_t step, const double *vector,
                                 size_t count, double weight) {
    const twin_layer *layer = &t->layers[number];
    const double *matrix = t->tensors[layer->feedback].values;
    for (size_t o = 0; o < layer->outputs; o++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += weight * vector[i] * matrix[i * layer->outputs + o];
        r->layers[number].teaching[step * layer->outputs + o] = sum;
    }
}

/* ---- hidden layers ---- */

/* What decides here is whether an error passes: how near a decision is matters in training alone. */
static void note_margins(twin *t, const twin_layer *layer, const double *potentials, size_t first, size_t second) {
    double edge = fabs(fabs(potentials[second]) - 0.5), distance = fabs(potentials[first] - potentials[second]);
    if (t->settings.surrogate == TWIN_BOXCAR)
        t->margins.surrogate = fmin(t->margins.surrogate, edge);
    if (layer->pool > 1 && distance > 0) /* equal ones are equal in single precision, too: rows without any input */
        t->margins.pool = fmin(t->margins.pool, distance);
}

static size_t winner(twin *t, const twin_layer *layer, const double *potentials, size_t output) {
    size_t height = layer->out_height / layer->pool, width = layer->out_width / layer->pool;
    size_t x = output % width, y = output / width % height, o = output / width / height, best = SIZE_MAX;
    for (size_t dy = 0; dy < layer->pool; dy++)
        for (size_t dx = 0; dx < layer->pool; dx++) {
            size_t n = (o * layer->out_height + y * layer->pool + dy) * layer->out_width + x * layer->pool + dx;
            note_margins(t, layer, potentials, best == SIZE_MAX ? n : best, n);
            if (best == SIZE_MAX || potentials[n] > potentials[best])
                best = n;
        }
    return best;
}

/* dL/d(log tau) of a neuron's unit: by the chain tau -> decay exp(-1/tau) -> u, spikes held. */
static void times_backward(twin *t, const twin_record *r, size_t number, size_t step, size_t n, double error) {
    const twin_layer *layer = &t->layers[number];
    size_t unit = n / (layer->out_height * layer->out_width), at = (unit * t->capacity + step) * layer->inputs;
    for (int k = 0; k < 3; k++) {
        if (layer->log_tau[k] == TWIN_NONE)
            continue;
        twin_tensor *tensor = &t->tensors[layer->log_tau[k]];
        double tau = exp(tensor->values[unit]), slope = exp(-1 / tau) / tau;
        double u = k == 2 ? r->layers[number].refractory_slopes[step * layer->neurons + n]
                          : twin_drive(t, layer, r->layers[number].slopes[k + 1] + at, n);
        tensor->gradients[unit] += error * u * slope;
    }
}

/* The last step that an error of step `step` is taken from by recursions. */
static size_t stretch_end(const twin *t, size_t step, size_t last) {
    size_t length = t->settings.truncation, blank = t->settings.blank;
    size_t end = length > 0 ? blank + ((step - blank) / length + 1) * length - 1 : last;
    return end < last ? end : last;
}

/* What a spike of step `step` does to its neuron's later potentials: the refractory trace and the adaptive threshold
 * take it on, step by step. */
static double held_back(twin *t, const twin_record *r, size_t number, size_t step, size_t last, size_t n) {
    const twin_layer *layer = &t->layers[number];
    const twin_neuron c = twin_neuron_of(t, number, n / (layer->out_height * layer->out_width));
    double sum = 0, refractory = c.gain_r, adaptation = c.gain_a;
    for (size_t later = step + 1; later <= stretch_end(t, step, last); later++) {
        sum -= (refractory + adaptation) * r->layers[number].errors[later * layer->neurons + n];
        refractory *= c.alpha_r, adaptation *= c.alpha_a;
    }
    return sum;
}

/* Under straight-through a spike moves like sigma(u): what it does to the readout's own later potentials. */
static void recur_readout(twin *t, twin_record *r, size_t begin, size_t last) {
    const twin_settings *s = &t->settings;
    const double *self = t->tensors[t->readout_self].values;
    size_t readouts = s->readouts, kf = s->feedback_bases;
    for (size_t step = last + 1; step-- > begin;)
        for (size_t from = 0; from < readouts; from++) {
            double sum = 0, p = 1 / (1 + exp(-r->potentials[step * readouts + from]));
            for (size_t later = step + 1; later <= stretch_end(t, step, last) && later - step <= s->filter_steps;
                 later++)
                for (size_t to = s->lateral ? 0 : from; to < (s->lateral ? readouts : from + 1); to++)
                    for (size_t k = 0; k < kf; k++)
                        sum += t->self_basis[k * s->filter_steps + later - step - 1] *
                               self[(s->lateral ? to * readouts + from : from) * kf + k] *
                               r->errors[later * readouts + to];
            r->errors[step * readouts + from] += p * (1 - p) * sum;
        }
}

/* What a spike of step `step` takes off its neuron's later potentials: v, which is gone. */
static double reset_back(const twin *t, const twin_record *r, size_t number, size_t step, size_t last, size_t n) {
    const twin_layer *layer = &t->layers[number];
    const twin_neuron c = twin_neuron_of(t, number, n / (layer->out_height * layer->out_width));
    double sum = 0, gone = c.alpha_m * (r->layers[number].potentials[step * layer->neurons + n] + c.threshold);
    for (size_t later = step + 1; later <= stretch_end(t, step, last); later++) {
        sum -= gone * r->layers[number].errors[later * layer->neurons + n];
        gone *= c.alpha_m * (1 - r->layers[number].spikes[later * layer->neurons + n]);
    }
    return sum;
}

/* Of a layer that is reset: gradients by the currents of one step, which may be blank. */
static void reset_gradients(twin *t, const twin_record *r, size_t number, size_t step, size_t last) {
    const twin_layer *layer = &t->layers[number];
    const double *input = (number > 0 ? r->layers[number - 1].outputs : r->input) + step * layer->inputs;
    for (size_t n = 0; n < layer->neurons; n++) {
        double error = current_error(t, r, number, step, last, n);
        t->tensors[layer->bias].gradients[n / (layer->out_height * layer->out_width)] += error;
        for (size_t j = 0; j < layer->inputs && error != 0; j++) {
            size_t w = synapse(layer, n, j);
            if (w != SIZE_MAX)
                t->tensors[layer->weight].gradients[w] += error * input[j];
        }
    }
}

static void layer_backward(twin *t, twin_record *r, size_t number, size_t step, size_t last) {
    const twin_layer *layer = &t->layers[number];
    size_t area = layer->out_height * layer->out_width;
    const double *potentials = r->layers[number].potentials + step * layer->neurons;
    double *errors = r->layers[number].errors + step * layer->neurons;
    memset(errors, 0, layer->neurons * sizeof *errors);
    for (size_t o = 0; o < layer->outputs; o++) {
        size_t n = winner(t, layer, potentials, o);
        errors[n] = r->layers[number].teaching[step * layer->outputs + o];
    }
    for (size_t n = 0; n < layer->neurons; n++) {
        if (t->settings.feedback == TWIN_BPTT)
            errors[n] +=
                resets(t, number) ? reset_back(t, r, number, step, last, n) : held_back(t, r, number, step, last, n);
        errors[n] *= surrogate(&t->settings, potentials[n]);
        if (errors[n] == 0 || resets(t, number))
            continue;
        size_t unit = twin_trace_units(t, number) > 1 ? n / area : 0;
        const double *traces = r->layers[number].traces + (unit * t->capacity + step) * layer->inputs;
        t->tensors[layer->bias].gradients[n / area] += errors[n];
        times_backward(t, r, number, step, n, errors[n]);
        for (size_t j = 0; j < layer->inputs; j++) {
            size_t w = synapse(layer, n, j);
            if (w != SIZE_MAX)
                t->tensors[layer->weight].gradients[w] += errors[n] * traces[j];
        }
    }
}

static void teach(twin *t, twin_record *r, size_t number, size_t step, size_t last, const double *target,
                  double weight) {
    const twin_settings *s = &t->settings;
    if (s->feedback == TWIN_DFA)
        teach_through_matrix(t, r, number, step, r->hidden_errors + step * s->readouts, s->readouts, 1);
    else if (s->feedback == TWIN_DRTP)
        teach_through_matrix(t, r, number, step, target, t->outputs, weight);
    else if (number + 1 == s->layer_count)
        teach_through_readout(t, r, number, step, last);
    else
        teach_through_layer(t, r, number + 1, step, last);
}

void twin_backward(twin *t, twin_record *r, size_t begin, bool single, const double *target, double weight) {
    size_t last = single ? begin : r->steps - 1;
    if (t->settings.feedback == TWIN_BPTT && t->settings.straight_through && t->settings.feedback_bases > 0)
        recur_readout(t, r, begin, last);
    for (size_t step = begin; step <= last; step++)
        readout_backward(t, r, step);
    for (size_t i = 0; i < t->settings.readouts && t->settings.gaussian; i++)
        t->tensors[t->readout_deviation].gradients[i] += r->deviation_errors[i];
    for (size_t step = begin; step <= last && t->settings.learns_filters; step++)
        taps_backward(t, r, step);
    for (size_t l = t->settings.layer_count; l-- > 0;) {
        for (size_t step = last + 1; step-- > begin;) { /* bptt reads the errors of later steps */
            teach(t, r, l, step, last, target, weight);
            layer_backward(t, r, l, step, last);
        }
        if (resets(t, l))
            memset(r->layers[l].errors, 0, begin * t->layers[l].neurons * sizeof(double));
        for (size_t step = 0; step <= last && resets(t, l); step++)
            reset_gradients(t, r, l, step, last);
    }
}
