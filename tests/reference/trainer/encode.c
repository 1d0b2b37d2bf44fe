/* SPDX-License-Identifier: MIT */
/* The encoder step by step with the weights of the moment: presynaptic traces, LIF layers, readout. */
#include "reference/trainer/twin.h"

#include <math.h>
#include <string.h>

#include "core/random.h"

static double smaller(double a, double b) {
    return a < b ? a : b;
}

void twin_record_set(const twin *t, twin_record *r, const vdib_raster *raster) {
    const twin_settings *s = &t->settings;
    size_t readouts = s->readouts;
    r->steps = s->blank + vdib_raster_steps(raster);
    memset(r->input, 0, r->steps * t->inputs * sizeof *r->input);
    for (size_t l = 0; l < s->layer_count; l++) {
        memset(r->layers[l].synapse, 0, twin_trace_units(t, l) * t->layers[l].inputs * sizeof(double));
        memset(r->layers[l].slopes[0], 0, twin_trace_units(t, l) * t->layers[l].inputs * sizeof(double));
        memset(r->layers[l].refractory_slope, 0, t->layers[l].neurons * sizeof(double));
        memset(r->layers[l].refractory, 0, t->layers[l].neurons * sizeof(double));
        memset(r->layers[l].adaptation, 0, t->layers[l].neurons * sizeof(double));
        memset(r->layers[l].current, 0, t->layers[l].neurons * sizeof(double));
        memset(r->layers[l].membrane, 0, t->layers[l].neurons * sizeof(double));
    }
    memset(r->errors, 0, r->steps * readouts * sizeof *r->errors);
    memset(r->hidden_errors, 0, r->steps * readouts * sizeof *r->hidden_errors);
    for (size_t step = s->blank; step < r->steps; step++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(raster, step - s->blank, &channels);
        for (size_t i = 0; i < count; i++)
            r->input[step * t->inputs + channels[i]] = 1;
    }
}

static double logistic(double u) {
    return 1 / (1 + exp(-u));
}

/* A function whose derivative is the surrogate. */
static double smooth_theta(const twin_settings *s, double u) {
    if (s->surrogate == TWIN_BOXCAR)
        return u < -0.5 ? 0 : u > 0.5 ? 1 : u + 0.5;
    if (s->surrogate == TWIN_LOGISTIC)
        return logistic(u);
    return u / (1 + s->slope * fabs(u)) + 0.5;
}

/* ---- hidden layers ---- */

size_t twin_trace_units(const twin *t, size_t number) {
    return t->settings.learns[0] ? t->layers[number].out_channels : 1;
}

twin_neuron twin_neuron_of(const twin *t, size_t number, size_t unit) {
    twin_neuron n = t->settings.layers[number].neuron;
    double *const decays[3] = {&n.beta_s, &n.alpha_m, &n.alpha_r};
    for (int k = 0; k < 3; k++)
        if (t->layers[number].log_tau[k] != TWIN_NONE)
            *decays[k] = exp(-1 / exp(t->tensors[t->layers[number].log_tau[k]].values[unit]));
    n.gain_s = twin_gain_of(n.gain, n.beta_s);
    n.gain_m = twin_gain_of(n.gain, n.alpha_m);
    n.gain_r = twin_gain_refractory(n.gain, n.alpha_r);
    return n;
}

/* The traces of all inputs as one unit sees them, and what the unit's decays do to them: with u the unit's p,
 * dp_t/dalpha = alpha dp_{t-1}/dalpha + p_{t-1} + q_{t-1} dg_m/dalpha, and so on. */
static void unit_traces(const twin *t, twin_record *r, size_t number, size_t unit, size_t step, const double *input) {
    const twin_neuron c = twin_neuron_of(t, number, unit);
    size_t inputs = t->layers[number].inputs, at = (unit * t->capacity + step) * inputs;
    double *p = r->layers[number].traces + at, *q = r->layers[number].synapse + unit * inputs;
    double *dq = r->layers[number].slopes[0] + unit * inputs, *dp_beta = r->layers[number].slopes[1] + at;
    double *dp_alpha = r->layers[number].slopes[2] + at;
    double dg_s = twin_gain_slope(c.gain, c.beta_s), dg_m = twin_gain_slope(c.gain, c.alpha_m);
    for (size_t j = 0; j < inputs; j++) {
        double before = step > 0 ? p[(ptrdiff_t)j - (ptrdiff_t)inputs] : 0;
        double beta = step > 0 ? dp_beta[(ptrdiff_t)j - (ptrdiff_t)inputs] : 0;
        double alpha = step > 0 ? dp_alpha[(ptrdiff_t)j - (ptrdiff_t)inputs] : 0;
        p[j] = c.alpha_m * before + c.gain_m * q[j];
        dp_beta[j] = c.alpha_m * beta + c.gain_m * dq[j];
        dp_alpha[j] = c.alpha_m * alpha + before + dg_m * q[j];
        dq[j] = c.beta_s * dq[j] + q[j] + dg_s * input[j];
        q[j] = c.beta_s * q[j] + c.gain_s * input[j];
    }
}

/* W p for one neuron: over the inputs that its weights join. */
double twin_drive(const twin *t, const twin_layer *layer, const double *traces, size_t neuron) {
    const double *weight = t->tensors[layer->weight].values;
    double sum = 0;
    if (!layer->convolutional) {
        for (size_t j = 0; j < layer->inputs; j++)
            sum += weight[neuron * layer->inputs + j] * traces[j];
        return sum;
    }
    size_t x = neuron % layer->out_width, y = neuron / layer->out_width % layer->out_height;
    size_t o = neuron / layer->out_width / layer->out_height, k = layer->kernel;
    for (size_t c = 0; c < layer->in_channels; c++)
        for (size_t ky = 0; ky < k; ky++)
            for (size_t kx = 0; kx < k; kx++) {
                size_t row = y * layer->stride + ky - layer->padding, column = x * layer->stride + kx - layer->padding;
                if (row < layer->in_height && column < layer->in_width) /* padding wraps around to large numbers */
                    sum += weight[((o * layer->in_channels + c) * k + ky) * k + kx] *
                           traces[(c * layer->in_height + row) * layer->in_width + column];
            }
    return sum;
}

/* The output of a pooling window is the spike of its largest potential, the first of equal ones: the OR of all. */
static void pool(const twin_layer *layer, const double *potentials, const double *spikes, double *outputs) {
    size_t height = layer->out_height / layer->pool, width = layer->out_width / layer->pool;
    for (size_t i = 0; i < layer->outputs; i++) {
        size_t x = i % width, y = i / width % height, o = i / width / height, best = layer->neurons;
        for (size_t dy = 0; dy < layer->pool; dy++)
            for (size_t dx = 0; dx < layer->pool; dx++) {
                size_t n = (o * layer->out_height + y * layer->pool + dy) * layer->out_width + x * layer->pool + dx;
                if (best == layer->neurons || potentials[n] > potentials[best])
                    best = n;
            }
        outputs[i] = spikes[best];
    }
}

static double largest_trace(const double *traces, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(traces[i]));
    return largest;
}

/* What single precision may do to a potential that such traces make: random, but the same in every run. */
static double rounding(const twin *t, size_t layer, size_t step, size_t neuron, double scale) {
    vdib__key key = {.purpose = VDIB_PURPOSE_STIMULUS, .example = t->examples, .layer = (uint8_t)layer};
    return t->noise * scale * (2 * (double)vdib__random_uniform(&key, (uint32_t)step, (uint32_t)neuron) - 1);
}

/* Whether a changed weight acts on by spikes that a recursion brings back, as bptt differentiates it. */
static bool moves_on(const twin *t) {
    return t->frozen != NULL && t->settings.feedback == TWIN_BPTT;
}

/* Whether data step `step` is the first of a stretch, over whose beginning no recursion is differentiated. */
static bool begins_stretch(const twin *t, size_t step) {
    size_t length = t->settings.truncation, blank = t->settings.blank;
    return step <= blank || (length > 0 && (step - blank) % length == 0);
}

/* What the own spikes of this stretch do to a potential by differing from those that were held; `moved` is by how much
 * the last one does. */
static double moved_threshold(const twin *t, twin_record *r, size_t number, size_t step, size_t n, twin_neuron c,
                              double moved) {
    double *refractory = &r->layers[number].moved[0][n], *adaptation = &r->layers[number].moved[1][n];
    bool begins = begins_stretch(t, step);
    *refractory = begins ? 0 : c.alpha_r * *refractory - c.gain_r * moved;
    *adaptation = begins ? 0 : c.alpha_a * *adaptation + c.gain_a * moved;
    return *refractory - *adaptation;
}

/* How the resets of this stretch move a potential, by differing from those that were held: what was there before them
 * is missing. `v` is that of the step before, as it was held. */
static double moved_resets(const twin *t, twin_record *r, size_t number, size_t step, size_t n, double alpha,
                           double v) {
    double *moved = &r->layers[number].moved[0][n];
    size_t neurons = t->layers[number].neurons, at = step * neurons + n;
    if (begins_stretch(t, step))
        return *moved = 0;
    double held = t->frozen->layers[number].spikes[at - neurons], now = r->layers[number].spikes[at - neurons];
    return *moved = alpha * (*moved * (1 - held) - v * (now - held));
}

/* Neurons that are reset: a synapse, a membrane, and the potential 0 after every spike. */
static void reset_step(twin *t, twin_record *r, size_t number, size_t step, const double *input) {
    const twin_layer *layer = &t->layers[number];
    size_t area = layer->out_height * layer->out_width;
    const double *held = t->frozen != NULL ? t->frozen->layers[number].spikes : r->layers[number].spikes;
    for (size_t n = 0; n < layer->neurons; n++) {
        const twin_neuron c = twin_neuron_of(t, number, n / area);
        size_t at = step * layer->neurons + n;
        double *current = &r->layers[number].current[n], *v = &r->layers[number].membrane[n];
        double moved = moves_on(t) ? moved_resets(t, r, number, step, n, c.alpha_m, *v) : 0;
        double drive = twin_drive(t, layer, input, n) + t->tensors[layer->bias].values[n / area];
        *current += (c.beta_s - 1) * *current + c.gain_s * drive;
        *v = c.alpha_m * (step > 0 ? (1 - held[at - layer->neurons]) * *v : 0) + c.gain_m * *current;
        if (t->noise > 0) /* of the sum, or of the threshold that is taken off */
            *v += rounding(t, number, step, n, fmax(c.threshold, fabs(*v)));
        double u = *v + moved - c.threshold;
        r->layers[number].potentials[at] = u;
        r->layers[number].spikes[at] = t->smooth ? smooth_theta(&t->settings, u) : u > 0 ? 1 : 0;
        if (t->frozen != NULL && step < t->settings.blank)
            r->layers[number].spikes[at] = held[at];
        t->margins.threshold = smaller(t->margins.threshold, fabs(u));
    }
}

static void response_step(twin *t, twin_record *r, size_t number, size_t step, const double *input) {
    const twin_settings *s = &t->settings;
    const twin_layer *layer = &t->layers[number];
    size_t at = step * layer->neurons, area = layer->out_height * layer->out_width;
    double *potentials = r->layers[number].potentials, *spikes = r->layers[number].spikes;
    size_t units = twin_trace_units(t, number);
    for (size_t unit = 0; unit < units; unit++)
        unit_traces(t, r, number, unit, step, input);
    const double *held = t->frozen != NULL ? t->frozen->layers[number].spikes : spikes;
    for (size_t n = 0; n < layer->neurons; n++) {
        double *refractory = &r->layers[number].refractory[n], *adaptation = &r->layers[number].adaptation[n];
        const twin_neuron c = twin_neuron_of(t, number, n / area);
        const double *traces =
            r->layers[number].traces + ((units > 1 ? n / area : 0) * t->capacity + step) * layer->inputs;
        double before = step > 0 ? held[at - layer->neurons + n] : 0; /* the neuron's own last spike */
        double *slope = &r->layers[number].refractory_slope[n];
        *slope = c.alpha_r * *slope + *refractory + (c.gain == TWIN_GAIN_UNIT ? before : 0);
        r->layers[number].refractory_slopes[at + n] = *slope;
        *refractory = c.alpha_r * *refractory - c.gain_r * before;
        *adaptation = c.alpha_a * *adaptation + c.gain_a * before;
        double u =
            twin_drive(t, layer, traces, n) + t->tensors[layer->bias].values[n / area] + *refractory - *adaptation;
        if (moves_on(t))
            u += moved_threshold(t, r, number, step, n, c, step > 0 ? spikes[at - layer->neurons + n] - before : 0);
        if (t->noise > 0)
            u += rounding(t, number, step, n, largest_trace(traces, layer->inputs));
        potentials[at + n] = u;
        spikes[at + n] = t->smooth ? smooth_theta(s, u) : u >= 0 ? 1 : 0;
        if (t->frozen != NULL && step < s->blank)
            spikes[at + n] = held[at + n];
        t->margins.threshold = smaller(t->margins.threshold, fabs(u));
    }
}

void twin_layer_step(twin *t, twin_record *r, size_t number, size_t step, const double *input) {
    const twin_layer *layer = &t->layers[number];
    size_t at = step * layer->neurons;
    if (t->settings.layers[number].neuron.resets)
        reset_step(t, r, number, step, input);
    else
        response_step(t, r, number, step, input);
    pool(layer, r->layers[number].potentials + at, r->layers[number].spikes + at,
         r->layers[number].outputs + step * layer->outputs);
}

/* ---- readout ---- */

/* sum over lags of basis(lag) signal(step - lag), for one of `count` interleaved signals. */
static double filtered(const double *basis, size_t lags, const double *signal, size_t count, size_t step) {
    double sum = 0;
    for (size_t lag = 0; lag < lags && lag <= step; lag++)
        sum += basis[lag] * signal[(step - lag) * count];
    return sum;
}

const double *twin_basis(const twin *t) {
    return t->settings.learns_filters ? t->tensors[t->readout_basis].values : t->basis;
}

static double readout_potential(const twin *t, const twin_record *r, size_t step, size_t i) {
    const twin_settings *s = &t->settings;
    size_t inputs = t->readout_inputs * s->bases, kf = s->feedback_bases;
    double u = t->tensors[t->readout_bias].values[i];
    for (size_t jk = 0; jk < inputs; jk++)
        u += t->tensors[t->readout_weight].values[i * inputs + jk] * r->traces[step * inputs + jk];
    for (size_t k = 0; k < kf; k++) {
        const double *self = t->tensors[t->readout_self].values, *traces = r->self_traces + step * s->readouts * kf;
        if (!s->lateral)
            u += self[i * kf + k] * traces[i * kf + k];
        for (size_t from = 0; from < s->readouts && s->lateral; from++)
            u += self[(i * s->readouts + from) * kf + k] * traces[from * kf + k];
    }
    return u;
}

/* c_k * y of neuron i up to the step before: of the spikes as they were held, and of how those of this stretch move. */
static double own_trace(const twin *t, const twin_record *r, size_t step, size_t i, size_t k) {
    const twin_settings *s = &t->settings;
    const double *basis = t->self_basis + k * s->filter_steps;
    const double *held = t->frozen != NULL ? t->frozen->spikes : r->spikes;
    double sum = step == 0 ? 0 : filtered(basis, s->filter_steps, held + i, s->readouts, step - 1);
    for (size_t back = step; moves_on(t) && !begins_stretch(t, back) && step - back < s->filter_steps; back--) {
        size_t at = (back - 1) * s->readouts + i;
        sum += basis[step - back] * (r->spikes[at] - held[at]);
    }
    return sum;
}

double twin_deviation(const twin *t, size_t i) {
    return exp(t->tensors[t->readout_deviation].values[i]);
}

static void readout_step(twin *t, twin_record *r, size_t step, const double *input, const vdib__key *key,
                         const double *forced) {
    const twin_settings *s = &t->settings;
    size_t readouts = s->readouts, kf = s->feedback_bases;
    for (size_t j = 0; j < t->readout_inputs; j++)
        for (size_t k = 0; k < s->bases; k++)
            r->traces[(step * t->readout_inputs + j) * s->bases + k] =
                filtered(twin_basis(t) + k * s->filter_steps, s->filter_steps, input + j, t->readout_inputs, step);
    for (size_t i = 0; i < readouts; i++)
        for (size_t k = 0; k < kf; k++)
            r->self_traces[(step * readouts + i) * kf + k] = own_trace(t, r, step, i, k);
    for (size_t i = 0; i < readouts; i++) {
        size_t at = step * readouts + i;
        r->potentials[at] = readout_potential(t, r, step, i);
        if (t->noise > 0)
            r->potentials[at] += rounding(t, t->settings.layer_count, step, i, 1 + fabs(r->potentials[at]));
        if (s->gaussian) {
            r->noise[at] = vdib__random_normal(key, (uint32_t)step, (uint32_t)i);
            r->spikes[at] = r->potentials[at] + twin_deviation(t, i) * r->noise[at];
            continue;
        }
        if (forced != NULL) {
            r->spikes[at] = forced[i];
            if (moves_on(t) && s->straight_through && step >= s->blank) /* spikes move like sigma(u) */
                r->spikes[at] += logistic(r->potentials[at]) - logistic(t->frozen->potentials[at]);
            continue;
        }
        double drawn = (double)vdib__random_uniform(key, (uint32_t)step, (uint32_t)i), p = logistic(r->potentials[at]);
        r->spikes[at] = drawn < p ? 1 : 0;
        t->margins.draw = smaller(t->margins.draw, fabs(drawn - p));
    }
}

void twin_step(twin *t, twin_record *r, size_t step, const vdib__key *key, const double *forced) {
    const double *input = r->input; /* (T, inputs) of the layer */
    size_t width = t->inputs;
    for (size_t l = 0; l < t->settings.layer_count; l++) {
        twin_layer_step(t, r, l, step, input + step * width);
        input = r->layers[l].outputs;
        width = t->layers[l].outputs;
    }
    /* what the readout reads: the outputs of the last layer, then the input if it is joined */
    double *read = r->read + step * t->readout_inputs;
    memcpy(read, input + step * width, t->last_outputs * sizeof *read);
    for (size_t j = t->last_outputs; j < t->readout_inputs; j++)
        read[j] = r->input[step * t->inputs + j - t->last_outputs];
    readout_step(t, r, step, r->read, key, forced);
}
