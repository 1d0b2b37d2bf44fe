/* SPDX-License-Identifier: MIT */
/* Initial weights from data: layer by layer, every neuron's potentials get a spread and a share of spikes (readout: a
 * mean probability) on the first training examples. All potentials are kept, and looked at as a whole. */
#include "reference/trainer/twin.h"

#include <math.h>
#include <stdlib.h>

/* Potentials (count, neurons) of the data steps of all examples. */
typedef struct seen {
    size_t count, neurons, units, area;
    double *values;
} seen;

/* Runs one example through hidden layers [0, layers), and through the readout if `layers` is one more than there are.
 */
static const twin_record *run_example(twin *t, size_t layers, uint64_t presentation) {
    const twin_settings *s = &t->settings;
    twin_record *r = &t->records[0];
    vdib__key key = twin_key(t, VDIB_STAGE_TRAINING, presentation);
    twin_fetch_shown(t, presentation);
    twin_record_set(t, r, t->example->raster);
    for (size_t step = 0; step < r->steps; step++)
        if (layers > s->layer_count)
            twin_step(t, r, step, &key, NULL);
        else
            for (size_t l = 0; l < layers; l++)
                twin_layer_step(t, r, l, step,
                                l == 0 ? r->input + step * t->inputs
                                       : r->layers[l - 1].outputs + step * t->layers[l - 1].outputs);
    return r;
}

/* The potential of a neuron that is never reset: sums of powers of the decays over all currents so far. */
static double never_reset(const twin *t, const twin_record *r, size_t number, size_t step, size_t neuron) {
    const twin_layer *layer = &t->layers[number];
    const twin_neuron c = t->settings.layers[number].neuron;
    const double *input = number > 0 ? r->layers[number - 1].outputs : r->input;
    double v = 0;
    for (size_t from = 0; from <= step; from++) {
        double response = 0;
        for (size_t k = from; k <= step; k++)
            response += pow(c.beta_s, (double)(k - from)) * pow(c.alpha_m, (double)(step - k));
        v += c.gain_s * c.gain_m * response *
             (twin_drive(t, layer, input + from * layer->inputs, neuron) +
              t->tensors[layer->bias].values[neuron / (layer->out_height * layer->out_width)]);
    }
    return v - c.threshold;
}

/* What drives a neuron without its own past: weights times traces, and the bias. */
static double driven(const twin *t, const twin_record *r, size_t number, size_t step, size_t neuron) {
    const twin_settings *s = &t->settings;
    if (number < s->layer_count && s->layers[number].neuron.resets)
        return never_reset(t, r, number, step, neuron);
    if (number < s->layer_count) {
        const twin_layer *layer = &t->layers[number];
        size_t unit = twin_trace_units(t, number) > 1 ? neuron / (layer->out_height * layer->out_width) : 0;
        return twin_drive(t, layer, r->layers[number].traces + (unit * t->capacity + step) * layer->inputs, neuron) +
               t->tensors[layer->bias].values[neuron / (layer->out_height * layer->out_width)];
    }
    size_t inputs = t->readout_inputs * s->bases;
    double u = t->tensors[t->readout_bias].values[neuron];
    for (size_t jk = 0; jk < inputs; jk++)
        u += t->tensors[t->readout_weight].values[neuron * inputs + jk] * r->traces[step * inputs + jk];
    return u;
}

/* Of layer `number` (the readout is the last): what drives it, or its potentials, in all data steps. */
static seen look(twin *t, size_t number, bool bare) {
    const twin_settings *s = &t->settings;
    bool readout = number == s->layer_count;
    size_t size = vdib_dataset_size(t->dataset, VDIB_SPLIT_TRAIN), blank = s->blank;
    size_t examples = size > 0 && size < s->initial_examples ? size : s->initial_examples, used = 0;
    size_t area = readout ? 1 : t->layers[number].out_height * t->layers[number].out_width;
    seen all = {.neurons = readout ? s->readouts : t->layers[number].neurons, .area = area};
    all.units = all.neurons / all.area;
    all.values = twin_numbers(examples * t->capacity * all.neurons);
    for (size_t i = 0; i < examples; i++) {
        twin_margins margins = t->margins;
        const twin_record *r = run_example(t, number + 1, i);
        const double *u = readout ? r->potentials : r->layers[number].potentials;
        if (bare) /* its spikes decide nothing here */
            t->margins = margins;
        for (size_t step = blank; step < r->steps; step++, all.count++)
            for (size_t n = 0; n < all.neurons; n++)
                all.values[used++] = bare ? driven(t, r, number, step, n) : u[step * all.neurons + n];
    }
    return all;
}

/* The mean of a function of all potentials of a unit. */
static double mean_of(const seen *all, size_t unit, double (*of)(double u, double about), double about) {
    double sum = 0;
    for (size_t i = 0; i < all->count; i++)
        for (size_t k = 0; k < all->area; k++)
            sum += of(all->values[i * all->neurons + unit * all->area + k], about);
    return sum / (double)(all->count * all->area);
}

static double itself(double u, double about) {
    return u - about;
}

static double squared(double u, double about) {
    return (u - about) * (u - about);
}

static double spike(double u, double about) {
    return u >= about ? 1 : 0;
}

static double probability(double u, double about) {
    return 1 / (1 + exp(about - u));
}

static double logit(double p) {
    return log(p / (1 - p));
}

static void set_layer(twin *t, size_t number) {
    const twin_settings *s = &t->settings;
    bool readout = number == s->layer_count;
    twin_tensor *weight = &t->tensors[readout ? t->readout_weight : t->layers[number].weight];
    double *bias = t->tensors[readout ? t->readout_bias : t->layers[number].bias].values;
    double mean = readout ? s->prior : s->initial_share;
    double slope = readout ? 1 : s->initial_spread * sqrt(3) / 3.14159265358979323846;
    bool resets = !readout && s->layers[number].neuron.resets;
    const twin_neuron *c = &s->layers[readout ? 0 : number].neuron;
    double threshold = resets ? c->threshold : 0; /* and what a bias does to the potential after many steps */
    double reach = resets ? c->gain_s / (1 - c->beta_s) * c->gain_m / (1 - c->alpha_m) : 1;
    seen all = look(t, number, true);
    bool *set = calloc(all.units + 1, sizeof *set);
    if (set == NULL)
        abort();
    for (size_t unit = 0; unit < all.units; unit++) {
        double middle = mean_of(&all, unit, itself, 0), variance = mean_of(&all, unit, squared, middle);
        size_t count = weight->count / all.units;
        if (!(sqrt(variance) > 1e-12)) /* nothing but rounding */
            continue;
        double factor = s->initial_spread / sqrt(variance);
        set[unit] = true;
        for (size_t e = 0; e < count; e++)
            weight->values[unit * count + e] *= factor;
        bias[unit] = (slope * logit(mean) + threshold - factor * (middle + threshold - reach * bias[unit])) / reach;
    }
    free(all.values);
    for (int round = 0; round < 3; round++) {
        all = look(t, number, false);
        double half = 0.5 / (double)(all.count * all.area);
        for (size_t unit = 0; unit < all.units; unit++) {
            double found = mean_of(&all, unit, readout ? probability : spike, 0);
            if (set[unit])
                bias[unit] += slope * (logit(mean) - logit(fmin(1 - half, fmax(half, found)))) / reach;
        }
        free(all.values);
    }
    free(set);
}

void twin_initialise(twin *t) {
    if (!t->settings.from_data)
        return;
    for (size_t number = 0; number <= t->settings.layer_count; number++)
        set_layer(t, number);
    for (size_t i = 0; i < t->tensor_count; i++)
        for (size_t e = 0; e < t->tensors[i].count; e++)
            t->tensors[i].start[e] = t->tensors[i].average[e] = t->tensors[i].values[e];
}
