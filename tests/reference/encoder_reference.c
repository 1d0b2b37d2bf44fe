/* SPDX-License-Identifier: MIT */
#include "reference/encoder_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_(name, real) name##_##real
#define JOIN(name, real)  JOIN_(name, real)

typedef JOIN(encoder_reference, REAL) reference;
typedef JOIN(encoder_reference_layer, REAL) layer_run;

static const size_t NONE = (size_t)-1;

static REAL *values(size_t count) {
    REAL *made = calloc(count + 1, sizeof *made);
    if (made == NULL)
        abort();
    return made;
}

static const REAL *tensor(const reference *r, size_t index) {
    return r->parameters + r->table->tensors[index].offset;
}

static REAL *gradient(const reference *r, size_t index) {
    return r->gradients + r->table->tensors[index].offset;
}

static size_t input_count(const reference *r) {
    return r->encoder->layer_count > 0 ? r->encoder->layers[0].inputs : r->encoder->readout.inputs;
}

/* Units that see traces of their own. */
static size_t trace_units(const vdib__lif_layer *layer) {
    return vdib__lif_learns_times(layer) ? layer->out_channels : 1;
}

reference *JOIN(encoder_reference_create, REAL)(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                                const float *parameters, size_t steps, size_t blank) {
    reference *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    r->encoder = encoder, r->table = table, r->steps = steps, r->blank = blank;
    r->parameters = values(table->total), r->gradients = values(table->trained);
    float *file = malloc((table->total + 1) * sizeof *file);
    if (file == NULL)
        abort();
    for (size_t i = 0; i < table->count; i++) {
        size_t offset = table->tensors[i].offset;
        vdib__tensor_to_file(&table->tensors[i], parameters + offset, file);
        for (size_t e = 0; e < table->tensors[i].count; e++)
            r->parameters[offset + e] = (REAL)file[e];
    }
    free(file);
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        r->layers[l] = (layer_run){.traces = values(trace_units(layer) * steps * layer->inputs),
                                   .potentials = values(steps * layer->neurons),
                                   .spikes = values(steps * layer->neurons),
                                   .outputs = values(steps * layer->outputs),
                                   .teaching = values(steps * layer->outputs),
                                   .errors = values(steps * layer->neurons)};
    }
    const vdib__readout *readout = &encoder->readout;
    r->input = values(steps * input_count(r));
    r->readout = values(steps * readout->neurons);
    r->traces = values(steps * readout->inputs * readout->bases);
    r->self_traces = values(steps * readout->neurons * readout->feedback_bases);
    r->potentials = values(steps * readout->neurons);
    return r;
}

void JOIN(encoder_reference_destroy, REAL)(reference *r) {
    for (size_t l = 0; l < r->encoder->layer_count; l++) {
        free(r->layers[l].traces), free(r->layers[l].potentials), free(r->layers[l].spikes);
        free(r->layers[l].outputs), free(r->layers[l].teaching), free(r->layers[l].errors);
    }
    free(r->parameters), free(r->gradients), free(r->input), free(r->readout);
    free(r->traces), free(r->self_traces), free(r->potentials), free(r);
}

void JOIN(encoder_reference_set, REAL)(reference *r, const vdib_raster *input, const float *readout) {
    size_t inputs = input_count(r);
    memset(r->input, 0, r->steps * inputs * sizeof *r->input);
    for (size_t t = r->blank; t < r->steps; t++) {
        const uint32_t *spikes = NULL;
        size_t count = vdib_raster_at(input, t - r->blank, &spikes);
        for (size_t s = 0; s < count; s++)
            r->input[t * inputs + spikes[s]] = 1;
    }
    for (size_t i = 0; i < r->steps * r->encoder->readout.neurons; i++)
        r->readout[i] = (REAL)readout[i];
}

/* ---- the neuron ---- */

/* Choices are known by their names alone: what their rows hold is what this reference is compared with. */
static bool is(const vdib__choice *choice, const char *name) {
    return strcmp(choice->name, name) == 0;
}

typedef struct gains {
    REAL alpha, beta, alpha_r, tau_m, tau_s, tau_r;
    REAL alpha_a, tau_a;            /* of the adaptive threshold */
    REAL slope_m, slope_s, slope_r; /* derivatives of the gains by their decays */
} gains;

/* From the float constants, so that float and double runs are of the same network. */
static gains gains_with(const vdib__neuron *n, const REAL decays[VDIB_TAUS]) {
    bool unit = is(&n->gain->choice, "unit"), one = is(&n->gain->choice, "one");
    gains g = {
        .beta = decays[VDIB_TAU_SYNAPSE], .alpha = decays[VDIB_TAU_MEMBRANE], .alpha_r = decays[VDIB_TAU_REFRACTORY]};
    g.tau_m = one ? 1 : unit ? 1 - g.alpha : 1 / (1 - g.alpha);
    g.tau_s = one ? 1 : unit ? 1 - g.beta : 1 / (1 - g.beta);
    g.tau_r = unit ? 1 - g.alpha_r : 1;
    g.slope_m = one ? 0 : unit ? -1 : g.tau_m * g.tau_m;
    g.slope_s = one ? 0 : unit ? -1 : g.tau_s * g.tau_s;
    g.slope_r = unit ? -1 : 0;
    g.alpha_a = (REAL)n->adaptation_decay;
    g.tau_a = (REAL)n->adaptation_strength * (1 - g.alpha_a);
    return g;
}

/* Of a neuron or a channel, with its learnt time constants. */
static gains gains_of(const reference *r, const vdib__lif_layer *layer, size_t unit) {
    const vdib__neuron *n = &layer->neuron;
    REAL decays[VDIB_TAUS] = {(REAL)n->synaptic_decay, (REAL)n->membrane_decay, (REAL)n->refractory_decay};
    for (int k = 0; k < VDIB_TAUS; k++)
        if (n->learns[k])
            decays[k] = (REAL)exp(-exp(-(double)tensor(r, layer->log_tau[k])[unit]));
    return gains_with(n, decays);
}

/* The traces (T, NX) that a neuron sees. */
static const REAL *traces_of(const reference *r, size_t number, size_t n) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    size_t unit = trace_units(layer) > 1 ? n / (layer->out_height * layer->out_width) : 0;
    return r->layers[number].traces + unit * r->steps * layer->inputs;
}

static REAL logistic(REAL u) {
    return (REAL)(1.0 / (1.0 + exp(-(double)u)));
}

static REAL magnitude(REAL u) {
    return u < 0 ? -u : u;
}

static REAL surrogate(const vdib__neuron *n, REAL u) {
    if (is(&n->surrogate->choice, "boxcar"))
        return u > (REAL)-0.5 && u <= (REAL)0.5;
    if (is(&n->surrogate->choice, "logistic"))
        return logistic(-magnitude(u)) * logistic(magnitude(u));
    REAL d = (REAL)n->slope * magnitude(u) + 1;
    return 1 / (d * d);
}

static REAL smooth_theta(const vdib__neuron *n, REAL u) {
    if (is(&n->surrogate->choice, "boxcar"))
        return u < (REAL)-0.5 ? 0 : u > (REAL)0.5 ? 1 : u + (REAL)0.5;
    if (is(&n->surrogate->choice, "logistic"))
        return logistic(u);
    return u / (1 + (REAL)n->slope * magnitude(u)) + (REAL)0.5;
}

/* ---- connections ---- */

/* The weight from input j to neuron n as an element of the tensor in file order; NONE if they are not connected. */
static size_t synapse(const vdib__lif_layer *layer, size_t n, size_t j) {
    if (!layer->convolutional)
        return n * layer->inputs + j;
    size_t ox = n % layer->out_width, oy = n / layer->out_width % layer->out_height;
    size_t o = n / layer->out_width / layer->out_height;
    size_t x = j % layer->in_width, y = j / layer->in_width % layer->in_height;
    size_t c = j / layer->in_width / layer->in_height;
    long kx = (long)(x + layer->padding) - (long)(ox * layer->stride);
    long ky = (long)(y + layer->padding) - (long)(oy * layer->stride);
    if (kx < 0 || ky < 0 || kx >= (long)layer->kernel || ky >= (long)layer->kernel)
        return NONE;
    return ((o * layer->in_channels + c) * layer->kernel + (size_t)ky) * layer->kernel + (size_t)kx;
}

/* The neuron of an output's window that has the largest potential, the first of equal ones. */
static size_t winner(const vdib__lif_layer *layer, const REAL *potentials, size_t output) {
    size_t height = layer->out_height / layer->pool, width = layer->out_width / layer->pool;
    size_t x = output % width, y = output / width % height, o = output / width / height, best = NONE;
    for (size_t dy = 0; dy < layer->pool; dy++)
        for (size_t dx = 0; dx < layer->pool; dx++) {
            size_t n = (o * layer->out_height + y * layer->pool + dy) * layer->out_width + x * layer->pool + dx;
            if (best == NONE || potentials[n] > potentials[best])
                best = n;
        }
    return best;
}

/* ---- forward ---- */

static void input_traces(const gains *g, size_t steps, size_t inputs, const REAL *spikes, REAL *traces) {
    for (size_t j = 0; j < inputs; j++) {
        REAL q = 0, p = 0;
        for (size_t t = 0; t < steps; t++) {
            p = g->alpha * p + g->tau_m * q;
            q = g->beta * q + g->tau_s * spikes[t * inputs + j];
            traces[t * inputs + j] = p;
        }
    }
}

static REAL drive(const reference *r, const vdib__lif_layer *layer, const REAL *traces, size_t n) {
    REAL u = tensor(r, layer->bias)[n / (layer->out_height * layer->out_width)];
    for (size_t j = 0; j < layer->inputs; j++) {
        size_t w = synapse(layer, n, j);
        if (w != NONE)
            u += tensor(r, layer->weight)[w] * traces[j];
    }
    return u;
}

static bool recurs(const reference *r) {
    return is(&r->encoder->credit->choice, "bptt");
}

/* The data step after the stretch that step t is in: bptt differentiates no recursion over it. */
static size_t stretch_end(const reference *r, size_t t) {
    size_t length = r->encoder->truncation, begin = t < r->blank ? 0 : t - r->blank;
    size_t end = length > 0 ? r->blank + (begin / length + 1) * length : r->steps;
    return end < r->steps ? end : r->steps;
}

/* What a spike n steps ago does to the potential: by the refractory trace and the adaptive threshold. */
static REAL own_response(const gains *g, size_t n) {
    double refractory = pow((double)g->alpha_r, (double)(n - 1)), adaptation = pow((double)g->alpha_a, (double)(n - 1));
    return -g->tau_r * (REAL)refractory - g->tau_a * (REAL)adaptation;
}

/* How the potential of step t moves with the neuron's own spikes of the stretch, where bptt lets them move. */
static REAL moved_on(const reference *r, const gains *g, size_t number, size_t n, size_t t, const REAL *held) {
    size_t neurons = r->encoder->layers[number].neurons;
    REAL sum = 0;
    for (size_t from = r->blank; from < t; from++)
        if (stretch_end(r, from) > t)
            sum +=
                own_response(g, t - from) * (r->layers[number].spikes[from * neurons + n] - held[from * neurons + n]);
    return sum;
}

#include "reference/reset_reference.h"

static void response_forward(reference *r, size_t number, const REAL *input, bool smooth, const reference *frozen) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    const vdib__neuron *neuron = &layer->neuron;
    layer_run *run = &r->layers[number];
    const REAL *held = frozen != NULL ? frozen->layers[number].spikes : run->spikes;
    for (size_t unit = 0; unit < trace_units(layer); unit++) {
        gains g = gains_of(r, layer, unit);
        input_traces(&g, r->steps, layer->inputs, input, run->traces + unit * r->steps * layer->inputs);
    }
    for (size_t n = 0; n < layer->neurons; n++) {
        gains g = gains_of(r, layer, n / (layer->out_height * layer->out_width));
        REAL refractory = 0, adaptation = 0;
        for (size_t t = 0; t < r->steps; t++) {
            size_t at = t * layer->neurons + n;
            REAL before = t > 0 ? held[at - layer->neurons] : 0;
            refractory = g.alpha_r * refractory - g.tau_r * before;
            adaptation = g.alpha_a * adaptation + g.tau_a * before;
            run->potentials[at] =
                drive(r, layer, traces_of(r, number, n) + t * layer->inputs, n) + refractory - adaptation;
            if (frozen != NULL && recurs(r))
                run->potentials[at] += moved_on(r, &g, number, n, t, held);
            run->spikes[at] = smooth ? smooth_theta(neuron, run->potentials[at]) : run->potentials[at] >= 0;
            if (frozen != NULL && t < r->blank)
                run->spikes[at] = held[at];
        }
    }
}

static void layer_forward(reference *r, size_t number, const REAL *input, bool smooth, const reference *frozen) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    layer_run *run = &r->layers[number];
    if (resets(layer))
        reset_forward(r, number, input, smooth, frozen);
    else
        response_forward(r, number, input, smooth, frozen);
    for (size_t t = 0; t < r->steps; t++)
        for (size_t i = 0; i < layer->outputs; i++)
            run->outputs[t * layer->outputs + i] =
                run->spikes[t * layer->neurons + winner(layer, run->potentials + t * layer->neurons, i)];
}

/* a_k(lag): a parameter if the filters learn. */
static REAL tap(reference *r, size_t k, size_t lag) {
    const vdib__readout *readout = &r->encoder->readout;
    size_t at = k * readout->filter_steps + lag;
    return readout->learns_filters ? tensor(r, readout->taps)[at] : (REAL)readout->basis[at];
}

/* (basis * signal)_t for one of `count` interleaved signals; nothing before step 0. */
static REAL filtered(const float *basis, size_t lags, const REAL *signal, size_t count, size_t t) {
    REAL sum = 0;
    for (size_t lag = 0; lag < lags && lag <= t; lag++)
        sum += (REAL)basis[lag] * signal[(t - lag) * count];
    return sum;
}

/* Place of f[to, from, k] in file order; NONE if neurons see only themselves and these two differ. */
static size_t self_synapse(const vdib__readout *readout, size_t to, size_t from, size_t k) {
    if (readout->lateral)
        return (to * readout->neurons + from) * readout->feedback_bases + k;
    return to == from ? to * readout->feedback_bases + k : NONE;
}

static void readout_traces(reference *r, const REAL *input) {
    const vdib__readout *readout = &r->encoder->readout;
    for (size_t t = 0; t < r->steps; t++) {
        for (size_t j = 0; j < readout->inputs; j++)
            for (size_t k = 0; k < readout->bases; k++) {
                REAL sum = 0;
                for (size_t lag = 0; lag < readout->filter_steps && lag <= t; lag++)
                    sum += tap(r, k, lag) * input[(t - lag) * readout->inputs + j];
                r->traces[(t * readout->inputs + j) * readout->bases + k] = sum;
            }
        for (size_t i = 0; i < readout->neurons && t > 0; i++)
            for (size_t k = 0; k < readout->feedback_bases; k++)
                r->self_traces[(t * readout->neurons + i) * readout->feedback_bases + k] =
                    filtered(readout->feedback_basis + k * readout->filter_steps, readout->filter_steps, r->readout + i,
                             readout->neurons, t - 1);
    }
}

static void readout_forward(reference *r, const REAL *input) {
    const vdib__readout *readout = &r->encoder->readout;
    size_t inputs = readout->inputs * readout->bases, kf = readout->feedback_bases;
    readout_traces(r, input);
    for (size_t t = 0; t < r->steps; t++)
        for (size_t i = 0; i < readout->neurons; i++) {
            REAL u = tensor(r, readout->bias)[i];
            for (size_t jk = 0; jk < inputs; jk++)
                u += tensor(r, readout->weight)[i * inputs + jk] * r->traces[t * inputs + jk];
            for (size_t from = 0; from < readout->neurons; from++)
                for (size_t k = 0; k < kf; k++) {
                    size_t f = self_synapse(readout, i, from, k);
                    if (f != NONE)
                        u += tensor(r, readout->feedback)[f] * r->self_traces[(t * readout->neurons + from) * kf + k];
                }
            r->potentials[t * readout->neurons + i] = u;
        }
}

/* Input j of the readout in step t: outputs of the last hidden layer, then those of the sensor if it is joined. */
static REAL read_by_readout(const reference *r, size_t t, size_t j) {
    size_t layers = r->encoder->layer_count, sensor = input_count(r);
    size_t first = layers > 0 ? r->encoder->layers[layers - 1].outputs : 0;
    return j < first ? r->layers[layers - 1].outputs[t * first + j] : r->input[t * sensor + j - first];
}

void JOIN(encoder_reference_forward, REAL)(reference *r, bool smooth, const reference *frozen) {
    const REAL *input = r->input;
    for (size_t l = 0; l < r->encoder->layer_count; l++) {
        layer_forward(r, l, input, smooth, frozen);
        input = r->layers[l].outputs;
    }
    size_t inputs = r->encoder->readout.inputs;
    REAL *read = values(r->steps * inputs);
    for (size_t t = 0; t < r->steps; t++)
        for (size_t j = 0; j < inputs; j++)
            read[t * inputs + j] = read_by_readout(r, t, j);
    readout_forward(r, read);
    free(read);
}

/* ---- backward: the data steps' errors ---- */

/* A tap's gradient: every error times what the inputs of `lag` steps before brought through V. */
static void taps_backward(reference *r, const float *errors) {
    const vdib__readout *readout = &r->encoder->readout;
    for (size_t k = 0; k < readout->bases; k++)
        for (size_t lag = 0; lag < readout->filter_steps; lag++)
            for (size_t t = r->blank > lag ? r->blank : lag; t < r->steps; t++)
                for (size_t i = 0; i < readout->neurons; i++)
                    for (size_t j = 0; j < readout->inputs; j++)
                        gradient(r, readout->taps)[k * readout->filter_steps + lag] +=
                            (REAL)errors[t * readout->neurons + i] *
                            tensor(r, readout->weight)[(i * readout->inputs + j) * readout->bases + k] *
                            read_by_readout(r, t - lag, j);
}

static void readout_backward(reference *r, const float *errors) {
    const vdib__readout *readout = &r->encoder->readout;
    size_t inputs = readout->inputs * readout->bases, kf = readout->feedback_bases, neurons = readout->neurons;
    for (size_t t = r->blank; t < r->steps; t++)
        for (size_t i = 0; i < neurons; i++) {
            REAL error = (REAL)errors[t * neurons + i];
            gradient(r, readout->bias)[i] += error;
            for (size_t jk = 0; jk < inputs; jk++)
                gradient(r, readout->weight)[i * inputs + jk] += error * r->traces[t * inputs + jk];
            for (size_t from = 0; from < neurons; from++)
                for (size_t k = 0; k < kf; k++) {
                    size_t f = self_synapse(readout, i, from, k);
                    if (f != NONE)
                        gradient(r, readout->feedback)[f] += error * r->self_traces[(t * neurons + from) * kf + k];
                }
        }
}

/* dL/dh of the last hidden layer: what a spike of step t does through V and the bases in steps t .. t + tau - 1. */
static void teach_through_readout(reference *r, size_t number, const float *errors) {
    const vdib__readout *readout = &r->encoder->readout;
    size_t tau = readout->filter_steps, bases = readout->bases, outputs = r->encoder->layers[number].outputs;
    const REAL *weight = tensor(r, is(&r->encoder->credit->choice, "fa") ? readout->fixed : readout->weight);
    for (size_t t = r->blank; t < r->steps; t++)
        for (size_t j = 0; j < outputs; j++) {
            REAL sum = 0;
            for (size_t lag = 0; lag < tau && t + lag < r->steps; lag++)
                for (size_t i = 0; i < readout->neurons; i++)
                    for (size_t k = 0; k < bases; k++)
                        sum += weight[(i * readout->inputs + j) * bases + k] * tap(r, k, lag) *
                               (REAL)errors[(t + lag) * readout->neurons + i];
            r->layers[number].teaching[t * outputs + j] = sum;
        }
}

/* response[n]: the membrane trace n steps after a single spike. */
static void impulse_response(const gains *g, size_t steps, REAL *response) {
    REAL q = g->tau_s, p = 0;
    for (size_t n = 0; n < steps; n++) {
        response[n] = p;
        p = g->alpha * p + g->tau_m * q;
        q = g->beta * q;
    }
}

/* dL/dh of the layer below `above`: through its weights and the response of its traces in later steps. */
static void teach_through_layer(reference *r, size_t above) {
    const vdib__lif_layer *layer = &r->encoder->layers[above];
    const REAL *weight = tensor(r, is(&r->encoder->credit->choice, "fa") ? layer->fixed : layer->weight);
    memset(r->layers[above - 1].teaching, 0, r->steps * layer->inputs * sizeof(REAL));
    REAL *response = values(r->steps);
    for (size_t n = 0; n < layer->neurons; n++) {
        gains g = gains_of(r, layer, n / (layer->out_height * layer->out_width));
        impulse_response(&g, r->steps, response);
        for (size_t t = r->blank; t < r->steps; t++) {
            REAL sum = resets(layer) ? current_error(r, above, n, t) : 0;
            for (size_t later = t + 1; later < r->steps && !resets(layer); later++)
                sum += response[later - t] * r->layers[above].errors[later * layer->neurons + n];
            for (size_t j = 0; j < layer->inputs; j++) {
                size_t w = synapse(layer, n, j);
                if (w != NONE)
                    r->layers[above - 1].teaching[t * layer->inputs + j] += weight[w] * sum;
            }
        }
    }
    free(response);
}

/* What the decays do to the impulse responses: of the membrane trace n steps after a single spike, of the refractory
 * trace n steps after the neuron's own. Sums of powers, term by term. */
static REAL response_slope(const gains *g, int tau, size_t n) {
    REAL sum = 0, slope = 0, gain = g->tau_s * g->tau_m;
    if (n == 0)
        return 0;
    if (tau == VDIB_TAU_REFRACTORY) {
        REAL power = (REAL)pow((double)g->alpha_r, (double)(n - 1));
        REAL below = n > 1 ? (REAL)(n - 1) * (REAL)pow((double)g->alpha_r, (double)n - 2) : 0;
        return -(g->slope_r * power + g->tau_r * below);
    }
    for (size_t a = 0; a < n; a++) { /* alpha^a beta^(n - 1 - a) */
        double alpha = (double)g->alpha, beta = (double)g->beta, x = (double)a, y = (double)(n - 1 - a);
        sum += (REAL)(pow(alpha, x) * pow(beta, y));
        if (tau == VDIB_TAU_MEMBRANE)
            slope += (REAL)(x > 0 ? x * pow(alpha, x - 1) * pow(beta, y) : 0);
        else
            slope += (REAL)(y > 0 ? y * pow(beta, y - 1) * pow(alpha, x) : 0);
    }
    REAL gain_slope = tau == VDIB_TAU_MEMBRANE ? g->tau_s * g->slope_m : g->tau_m * g->slope_s;
    return gain_slope * sum + gain * slope;
}

/* The gradient of log tau of a neuron's unit from all errors of the neuron: convolutions of what drove it. */
static void times_backward(reference *r, size_t number, int tau, size_t n, const REAL *input) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    size_t unit = n / (layer->out_height * layer->out_width);
    gains g = gains_of(r, layer, unit);
    double inverse = exp(-(double)tensor(r, layer->log_tau[tau])[unit]), sum = 0;
    REAL *driven = values(r->steps), *slopes = values(r->steps);
    for (size_t t = 0; t < r->steps; t++) {
        slopes[t] = response_slope(&g, tau, t);
        driven[t] = tau == VDIB_TAU_REFRACTORY
                        ? r->layers[number].spikes[t * layer->neurons + n]
                        : drive(r, layer, input + t * layer->inputs, n) - tensor(r, layer->bias)[unit];
    }
    for (size_t t = r->blank; t < r->steps; t++)
        for (size_t lag = 1; lag <= t; lag++)
            sum += (double)r->layers[number].errors[t * layer->neurons + n] * (double)slopes[lag] *
                   (double)driven[t - lag];
    gradient(r, layer->log_tau[tau])[unit] += (REAL)(sum * exp(-inverse) * inverse);
    free(driven), free(slopes);
}

/* dL/dh_t = vector_t (count) times the layer's fixed matrix (count, outputs); `stride` 0: the same vector in every
 * step. */
static void teach_through_matrix(reference *r, size_t number, const float *vector, size_t count, size_t stride,
                                 float weight) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    const REAL *matrix = tensor(r, layer->fixed);
    for (size_t t = r->blank; t < r->steps; t++)
        for (size_t o = 0; o < layer->outputs; o++) {
            REAL sum = 0;
            for (size_t i = 0; i < count; i++)
                sum += (REAL)weight * (REAL)vector[t * stride + i] * matrix[i * layer->outputs + o];
            r->layers[number].teaching[t * layer->outputs + o] = sum;
        }
}

/* What a spike of step t does to its neuron's later potentials. */
static REAL later_errors(const reference *r, size_t number, size_t n, size_t t) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    gains g = gains_of(r, layer, n / (layer->out_height * layer->out_width));
    REAL sum = 0;
    for (size_t later = t + 1; later < stretch_end(r, t); later++)
        sum += own_response(&g, later - t) * r->layers[number].errors[later * layer->neurons + n];
    return sum;
}

static void layer_backward(reference *r, size_t number) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    layer_run *run = &r->layers[number];
    memset(run->errors, 0, r->steps * layer->neurons * sizeof *run->errors);
    for (size_t t = r->steps; t-- > r->blank;) {
        const REAL *potentials = run->potentials + t * layer->neurons;
        REAL *errors = run->errors + t * layer->neurons;
        for (size_t o = 0; o < layer->outputs; o++) {
            size_t n = winner(layer, potentials, o);
            errors[n] = run->teaching[t * layer->outputs + o];
        }
        for (size_t n = 0; n < layer->neurons; n++) {
            if (recurs(r))
                errors[n] += resets(layer) ? reset_later_errors(r, number, n, t) : later_errors(r, number, n, t);
            errors[n] *= surrogate(&layer->neuron, potentials[n]);
            if (resets(layer))
                continue;
            gradient(r, layer->bias)[n / (layer->out_height * layer->out_width)] += errors[n];
            for (size_t j = 0; j < layer->inputs; j++) {
                size_t w = synapse(layer, n, j);
                if (w != NONE)
                    gradient(r, layer->weight)[w] += errors[n] * traces_of(r, number, n)[t * layer->inputs + j];
            }
        }
    }
    const REAL *input = number > 0 ? r->layers[number - 1].outputs : r->input;
    if (resets(layer))
        reset_gradients(r, number, input);
    for (int tau = 0; tau < VDIB_TAUS; tau++)
        for (size_t n = 0; n < layer->neurons && layer->neuron.learns[tau]; n++)
            times_backward(r, number, tau, n, input);
}

void JOIN(encoder_reference_backward, REAL)(reference *r, const float *errors, const float *hidden_errors,
                                            const float *target, float target_weight) {
    const vdib__encoder *encoder = r->encoder;
    size_t neurons = encoder->readout.neurons;
    memset(r->gradients, 0, r->table->trained * sizeof *r->gradients);
    readout_backward(r, errors);
    if (r->encoder->readout.learns_filters)
        taps_backward(r, errors);
    for (size_t l = encoder->layer_count; l-- > 0;) {
        if (is(&encoder->credit->choice, "dfa"))
            teach_through_matrix(r, l, hidden_errors != NULL ? hidden_errors : errors, neurons, neurons, 1);
        else if (is(&encoder->credit->choice, "drtp"))
            teach_through_matrix(r, l, target, encoder->targets, 0, target_weight);
        else if (l + 1 == encoder->layer_count)
            teach_through_readout(r, l, errors);
        else
            teach_through_layer(r, l + 1);
        layer_backward(r, l);
    }
}
