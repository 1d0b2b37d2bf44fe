/* SPDX-License-Identifier: MIT */
/* Shapes, tensors and their initial values. A tensor's initial values are keyed by its number in the order of adding:
 * encoder layer by layer, readout, decoder. */
#include "reference/trainer/twin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

double *twin_numbers(size_t count) {
    double *made = calloc(count + 1, sizeof *made);
    if (made == NULL)
        abort();
    return made;
}

static int add(twin *t, twin_role role, const char *name, size_t rank, const size_t *shape, double bound) {
    int index = (int)t->tensor_count++;
    if (index == TWIN_TENSORS)
        abort();
    twin_tensor *tensor = &t->tensors[index];
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    tensor->role = role, tensor->rank = rank, tensor->count = 1;
    for (size_t a = 0; a < rank; a++)
        tensor->count *= tensor->shape[a] = shape[a];
    tensor->values = twin_numbers(tensor->count), tensor->start = twin_numbers(tensor->count);
    tensor->gradients = twin_numbers(tensor->count), tensor->average = twin_numbers(tensor->count);
    tensor->first = twin_numbers(tensor->count), tensor->second = twin_numbers(tensor->count);
    tensor->numerator = twin_numbers(tensor->count), tensor->denominator = twin_numbers(tensor->count);
    tensor->slack = twin_numbers(tensor->count);
    tensor->moved = calloc(tensor->count + 1, sizeof *tensor->moved);
    tensor->small = calloc(tensor->count + 1, sizeof *tensor->small);
    if (tensor->moved == NULL || tensor->small == NULL)
        abort();
    vdib__key key = {.seed = t->settings.seed, .purpose = VDIB_PURPOSE_INIT, .example = (uint64_t)index};
    for (size_t e = 0; e < tensor->count; e++)
        tensor->start[e] = tensor->average[e] = tensor->values[e] =
            (double)(float)((2.0 * (double)vdib__random_uniform(&key, 0, (uint32_t)e) - 1.0) * bound);
    return index;
}

/* "<name>.weight" of a shape and "<name>.bias", both uniform in +-bound. */
static void add_pair_of(twin *t, twin_role role, const char *name, size_t rank, const size_t *shape, size_t biases,
                        double bound, int *weight, int *bias) {
    char full[TWIN_NAME];
    snprintf(full, sizeof full, "%.32s.weight", name);
    *weight = add(t, role, full, rank, shape, bound);
    snprintf(full, sizeof full, "%.32s.bias", name);
    *bias = add(t, role, full, 1, &biases, bound);
}

/* A bias for each row of the weight. */
static void add_pair(twin *t, twin_role role, const char *name, size_t rank, const size_t *shape, double bound,
                     int *weight, int *bias) {
    add_pair_of(t, role, name, rank, shape, shape[0], bound, weight, bias);
}

/* ---- encoder ---- */

static void add_layer(twin *t, size_t number, size_t map[3]) {
    const twin_settings *s = &t->settings;
    twin_layer *layer = &t->layers[number];
    bool convolutional = s->layers[number].convolutional;
    *layer = (twin_layer){.convolutional = convolutional,
                          .in_channels = map[0],
                          .in_height = map[1],
                          .in_width = map[2],
                          .inputs = map[0] * map[1] * map[2],
                          .out_channels = s->layers[number].width,
                          .out_height = 1,
                          .out_width = 1,
                          .kernel = s->layers[number].kernel,
                          .stride = s->layers[number].stride,
                          .padding = s->layers[number].padding,
                          .pool = s->layers[number].pool,
                          .feedback = TWIN_NONE,
                          .log_tau = {TWIN_NONE, TWIN_NONE, TWIN_NONE}};
    if (convolutional) {
        layer->out_height = (map[1] + 2 * layer->padding - layer->kernel) / layer->stride + 1;
        layer->out_width = (map[2] + 2 * layer->padding - layer->kernel) / layer->stride + 1;
    }
    layer->neurons = layer->out_channels * layer->out_height * layer->out_width;
    map[0] = layer->out_channels, map[1] = layer->out_height / layer->pool, map[2] = layer->out_width / layer->pool;
    layer->outputs = map[0] * map[1] * map[2];
    size_t dense[2] = {layer->neurons, layer->inputs};
    size_t kernel[4] = {layer->out_channels, layer->in_channels, layer->kernel, layer->kernel};
    size_t fan_in = convolutional ? layer->in_channels * layer->kernel * layer->kernel : layer->inputs;
    char name[TWIN_NAME];
    snprintf(name, sizeof name, "encoder.hidden.%zu", number);
    add_pair(t, TWIN_ENCODER, name, convolutional ? 4 : 2, convolutional ? kernel : dense, 1 / sqrt((double)fan_in),
             &layer->weight, &layer->bias);
    snprintf(name, sizeof name, "feedback.hidden.%zu", number);
    size_t matrix[2] = {s->feedback == TWIN_DFA ? s->readouts : t->outputs, layer->outputs};
    if (s->feedback == TWIN_DFA || s->feedback == TWIN_DRTP)
        layer->feedback = add(t, TWIN_FIXED, name, 2, matrix, sqrt(6.0 / (double)layer->outputs));
    if (s->feedback == TWIN_FA && number > 0)
        layer->feedback =
            add(t, TWIN_FIXED, name, convolutional ? 4 : 2, convolutional ? kernel : dense, 1 / sqrt((double)fan_in));
}

static void add_readout(twin *t, size_t inputs) {
    const twin_settings *s = &t->settings;
    double bound = sqrt(6.0 / ((double)s->bases * (double)(inputs + s->readouts)));
    size_t weight[3] = {s->readouts, inputs, s->bases}, one[2] = {s->readouts, s->feedback_bases};
    size_t all[3] = {s->readouts, s->readouts, s->feedback_bases};
    t->readout_inputs = inputs;
    t->readout_self = t->readout_feedback = TWIN_NONE;
    t->readout_weight = add(t, TWIN_ENCODER, "encoder.readout.weight", 3, weight, bound);
    if (s->feedback_bases > 0)
        t->readout_self =
            add(t, TWIN_ENCODER, "encoder.readout.feedback", s->lateral ? 3 : 2, s->lateral ? all : one, bound);
    t->readout_bias = add(t, TWIN_ENCODER, "encoder.readout.bias", 1, &s->readouts, bound);
    size_t taps[2] = {s->bases, s->filter_steps};
    t->readout_basis = s->learns_filters ? add(t, TWIN_ENCODER, "encoder.readout.basis", 2, taps, 1) : TWIN_NONE;
    t->readout_deviation = TWIN_NONE;
    if (s->gaussian) {
        t->readout_deviation = add(t, TWIN_ENCODER, "encoder.readout.log_deviation", 1, &s->readouts, 0);
        twin_tensor *tensor = &t->tensors[t->readout_deviation];
        for (size_t e = 0; e < tensor->count; e++)
            tensor->values[e] = tensor->start[e] = tensor->average[e] = (double)(float)log(s->deviation);
    }
    if (s->feedback == TWIN_FA && s->layer_count > 0)
        t->readout_feedback = add(t, TWIN_FIXED, "feedback.readout", 3, weight, bound);
}

/* Logarithms of the learnt time constants in steps, between half a step and ten examples. */
static void add_times(twin *t, size_t number) {
    static const char *const names[3] = {"synapse", "membrane", "refractory"};
    const twin_settings *s = &t->settings;
    const twin_neuron *n = &s->layers[number].neuron;
    const double decays[3] = {n->beta_s, n->alpha_m, n->alpha_r};
    for (int k = 0; k < 3; k++) {
        char name[TWIN_NAME];
        if (!s->learns[k])
            continue;
        snprintf(name, sizeof name, "encoder.hidden.%zu.log_tau_%s", number, names[k]);
        t->layers[number].log_tau[k] = add(t, TWIN_ENCODER, name, 1, &t->layers[number].out_channels, 0);
        twin_tensor *tensor = &t->tensors[t->layers[number].log_tau[k]];
        tensor->apart = true;
        double first = decays[k] > 0 ? log(-1 / log(decays[k])) : s->log_least;
        for (size_t e = 0; e < tensor->count; e++)
            tensor->values[e] = tensor->start[e] = tensor->average[e] = fmin(s->log_most, fmax(s->log_least, first));
    }
}

/* Raised cosines in logarithmic time (Pillow et al. 2008): with n(l) = log(l + tau/10), spacing d and centres n(0) + k
 * d, a_k(l) = (1 + cos(clip(mu pi (n(l) - centre) / d, -pi, pi))) / 2. */
static double *cosines(size_t lags, size_t count, double width) {
    double *basis = twin_numbers(count * lags), shift = (double)lags / 10.0;
    double first = log(shift), last = log((double)lags - 1 + shift);
    double spacing = (last - first) / (double)(count > 1 ? count - 1 : 1);
    for (size_t k = 0; k < count; k++)
        for (size_t lag = 0; lag < lags; lag++) {
            double centre = first + (double)k * spacing;
            double phase = spacing > 0 ? width * PI * (log((double)lag + shift) - centre) / spacing : 0;
            basis[k * lags + lag] = (1 + cos(fmax(-PI, fmin(PI, phase)))) / 2;
        }
    return basis;
}

/* ---- decoder ---- */

static twin_stage *stage(twin *t, twin_stage_kind kind, size_t inputs, size_t outputs) {
    twin_stage *s = &t->stages[t->stage_count++];
    *s = (twin_stage){.kind = kind, .inputs = inputs, .outputs = outputs};
    s->output = twin_numbers(outputs), s->output_gradient = twin_numbers(outputs);
    return s;
}

static size_t last_outputs(const twin *t) {
    return t->stage_count > 0 ? t->stages[t->stage_count - 1].outputs : t->settings.window * t->settings.row;
}

static void add_affine(twin *t, const char *name, size_t outputs) {
    size_t inputs = last_outputs(t), shape[2] = {outputs, inputs};
    twin_stage *s = stage(t, TWIN_AFFINE, inputs, outputs);
    add_pair(t, TWIN_DECODER, name, 2, shape, 1 / sqrt((double)inputs), &s->weight, &s->bias);
}

static void add_relu(twin *t) {
    stage(t, TWIN_RELU, last_outputs(t), last_outputs(t));
}

static size_t places(size_t extent, size_t stride) {
    return (extent + 2 - 3) / stride + 1;
}

/* Kernel 3, padding 1. map: (channels, height, width) of the input, then of the output. */
static void add_convolution(twin *t, const char *name, bool plane, size_t channels, size_t stride, size_t map[3]) {
    decoder_reference_maps m = {.in_channels = map[0],
                                .in_height = map[1],
                                .in_width = map[2],
                                .out_channels = channels,
                                .out_height = plane ? places(map[1], stride) : 1,
                                .out_width = places(map[2], stride),
                                .kernel_height = plane ? 3 : 1,
                                .kernel_width = 3,
                                .stride = stride,
                                .padding_height = plane ? 1 : 0,
                                .padding_width = 1};
    size_t square[4] = {channels, map[0], 3, 3}, line[3] = {channels, map[0], 3};
    size_t fan_in = map[0] * (plane ? 9 : 3);
    twin_stage *s = stage(t, TWIN_CONVOLUTION, map[0] * map[1] * map[2], m.out_channels * m.out_height * m.out_width);
    s->maps = m;
    add_pair(t, TWIN_DECODER, name, plane ? 4 : 3, plane ? square : line, 1 / sqrt((double)fan_in), &s->weight,
             &s->bias);
    map[0] = m.out_channels, map[1] = m.out_height, map[2] = m.out_width;
}

/* Kernel 4, stride 2, padding 1: maps of twice the size, cut to height x width. */
static void add_raising(twin *t, const char *name, const size_t from[3], const size_t to[3]) {
    decoder_reference_maps m = {.in_channels = from[0],
                                .in_height = from[1],
                                .in_width = from[2],
                                .out_channels = to[0],
                                .out_height = to[1],
                                .out_width = to[2],
                                .kernel_height = 4,
                                .kernel_width = 4,
                                .stride = 2,
                                .padding_height = 1,
                                .padding_width = 1};
    size_t shape[4] = {from[0], to[0], 4, 4};
    twin_stage *s = stage(t, TWIN_RAISING, from[0] * from[1] * from[2], to[0] * to[1] * to[2]);
    s->maps = m;
    add_pair_of(t, TWIN_DECODER, name, 4, shape, to[0], 1 / sqrt(4.0 * (double)from[0]), &s->weight, &s->bias);
}

/* Maps of 16, 32, 64, 64, ... channels, each half as large as the one before, from the image down; the last has a
 * side of 6 to 11, or the image has less than 24. */
static void add_image(twin *t, const vdib_geometry *g) {
    enum { MOST = 5 };
    size_t maps[MOST + 1][3] = {{g->target_channels, g->target_height, g->target_width}}, count = 0;
    do {
        size_t channels = count == 0 ? 16 : 2 * maps[count][0];
        maps[count + 1][0] = channels < 64 ? channels : 64;
        maps[count + 1][1] = (maps[0][1] + ((size_t)2 << count) - 1) / ((size_t)2 << count);
        maps[count + 1][2] = (maps[0][2] + ((size_t)2 << count) - 1) / ((size_t)2 << count);
        count++;
    } while (count < MOST && fmin((double)maps[0][1], (double)maps[0][2]) / exp2((double)count + 1) >= 6);
    if (t->settings.hidden != 0) {
        add_affine(t, "decoder.fc1", t->settings.hidden);
        add_relu(t);
    }
    add_affine(t, "decoder.fc2", maps[count][0] * maps[count][1] * maps[count][2]);
    for (size_t number = 1; count > 0; number++, count--) {
        char name[TWIN_NAME];
        snprintf(name, sizeof name, "decoder.up%zu", number);
        add_relu(t);
        add_raising(t, name, maps[count], maps[count - 1]);
    }
}

static void add_decoder(twin *t) {
    const twin_settings *s = &t->settings;
    size_t line[3] = {s->window, 1, s->row}, plane[3] = {1, s->window, s->row};
    if (s->counts)
        stage(t, TWIN_COUNT, s->window * s->row, s->row);
    if (s->first)
        stage(t, TWIN_FIRST, s->window * s->row, s->row);
    if (s->decoder == TWIN_LINEAR) {
        add_affine(t, "decoder.fc", t->outputs);
    } else if (s->decoder == TWIN_MLP) {
        add_affine(t, "decoder.fc1", s->hidden != 0 ? s->hidden : last_outputs(t) / 2);
        add_relu(t);
        add_affine(t, "decoder.fc2", t->outputs);
    } else if (s->decoder == TWIN_CONV) {
        add_convolution(t, "decoder.conv1", false, s->window / 2, 2, line);
        add_convolution(t, "decoder.conv2", false, 20, 2, line);
        add_relu(t);
        add_affine(t, "decoder.fc", t->outputs);
    } else if (s->decoder == TWIN_UPCONV) {
        add_image(t, vdib_dataset_geometry(t->dataset));
    } else {
        add_convolution(t, "decoder.conv1", true, 64, 2, plane);
        add_convolution(t, "decoder.conv2", true, 32, 1, plane);
        add_relu(t);
        add_convolution(t, "decoder.conv3", true, 8, 2, plane);
        add_relu(t);
        add_affine(t, "decoder.fc1", 2048);
        add_relu(t);
        add_affine(t, "decoder.fc2", t->outputs);
    }
}

/* ---- all of it ---- */

static void make_record(const twin *t, twin_record *r) {
    size_t steps = t->capacity, readouts = t->settings.readouts;
    r->input = twin_numbers(steps * t->inputs);
    for (size_t l = 0; l < t->settings.layer_count; l++) {
        const twin_layer *layer = &t->layers[l];
        size_t units = twin_trace_units(t, l);
        r->layers[l].synapse = twin_numbers(units * layer->inputs),
        r->layers[l].refractory = twin_numbers(layer->neurons);
        r->layers[l].adaptation = twin_numbers(layer->neurons);
        r->layers[l].current = twin_numbers(layer->neurons), r->layers[l].membrane = twin_numbers(layer->neurons);
        r->layers[l].moved[0] = twin_numbers(layer->neurons), r->layers[l].moved[1] = twin_numbers(layer->neurons);
        r->layers[l].traces = twin_numbers(units * steps * layer->inputs);
        r->layers[l].slopes[0] = twin_numbers(units * layer->inputs);
        r->layers[l].slopes[1] = twin_numbers(units * steps * layer->inputs);
        r->layers[l].slopes[2] = twin_numbers(units * steps * layer->inputs);
        r->layers[l].refractory_slope = twin_numbers(layer->neurons);
        r->layers[l].refractory_slopes = twin_numbers(steps * layer->neurons);
        r->layers[l].potentials = twin_numbers(steps * layer->neurons);
        r->layers[l].spikes = twin_numbers(steps * layer->neurons);
        r->layers[l].outputs = twin_numbers(steps * layer->outputs);
        r->layers[l].teaching = twin_numbers(steps * layer->outputs);
        r->layers[l].errors = twin_numbers(steps * layer->neurons);
    }
    r->read = twin_numbers(steps * t->readout_inputs);
    r->traces = twin_numbers(steps * t->readout_inputs * t->settings.bases);
    r->self_traces = twin_numbers(steps * readouts * t->settings.feedback_bases);
    r->potentials = twin_numbers(steps * readouts), r->spikes = twin_numbers(steps * readouts);
    r->errors = twin_numbers(steps * readouts), r->hidden_errors = twin_numbers(steps * readouts);
    r->noise = twin_numbers(steps * readouts), r->deviation_errors = twin_numbers(readouts);
}

static void free_record(const twin *t, twin_record *r) {
    for (size_t l = 0; l < t->settings.layer_count; l++) {
        free(r->layers[l].synapse), free(r->layers[l].refractory), free(r->layers[l].adaptation),
            free(r->layers[l].moved[0]), free(r->layers[l].moved[1]), free(r->layers[l].traces);
        free(r->layers[l].current), free(r->layers[l].membrane);
        free(r->layers[l].slopes[0]), free(r->layers[l].slopes[1]), free(r->layers[l].slopes[2]);
        free(r->layers[l].refractory_slope), free(r->layers[l].refractory_slopes);
        free(r->layers[l].potentials), free(r->layers[l].spikes), free(r->layers[l].outputs);
        free(r->layers[l].teaching), free(r->layers[l].errors);
    }
    free(r->input), free(r->read), free(r->traces), free(r->self_traces), free(r->potentials), free(r->spikes),
        free(r->errors);
    free(r->hidden_errors), free(r->noise), free(r->deviation_errors);
}

twin *twin_create(const twin_settings *settings, const vdib_dataset *dataset) {
    twin *t = calloc(1, sizeof *t);
    if (t == NULL)
        abort();
    const vdib_geometry *g = vdib_dataset_geometry(dataset);
    size_t map[3] = {g->input_channels, g->input_height, g->input_width};
    t->settings = *settings, t->dataset = dataset, t->share = 1, t->price = settings->price;
    t->inputs = map[0] * map[1] * map[2];
    t->capacity = settings->blank + g->steps + settings->test_steps;
    t->outputs =
        settings->head == TWIN_CATEGORICAL ? g->classes : g->target_channels * g->target_height * g->target_width;
    for (size_t l = 0; l < settings->layer_count; l++)
        add_layer(t, l, map);
    t->last_outputs = map[0] * map[1] * map[2];
    if (!settings->absent)
        add_readout(t, t->last_outputs + (settings->skip && settings->layer_count > 0 ? t->inputs : 0));
    for (size_t l = 0; l < settings->layer_count; l++)
        add_times(t, l);
    t->basis = cosines(settings->filter_steps, settings->bases, settings->basis_width);
    for (size_t i = 0; i < settings->bases * settings->filter_steps && settings->learns_filters; i++) {
        twin_tensor *taps = &t->tensors[t->readout_basis];
        taps->start[i] = taps->average[i] = taps->values[i] = (double)(float)t->basis[i];
    }
    t->self_basis = cosines(settings->filter_steps, settings->feedback_bases, settings->basis_width);
    add_decoder(t);
    t->window = twin_numbers(settings->window * settings->row);
    t->window_gradient = twin_numbers(settings->window * settings->row);
    t->received = twin_numbers(settings->window * settings->row);
    t->slopes = twin_numbers(settings->window * settings->readouts);
    for (size_t i = 0; i < settings->window * settings->readouts; i++)
        t->slopes[i] = 1;
    t->margins = (twin_margins){.threshold = 1, .draw = 1, .surrogate = 1, .relu = 1, .pool = 1};
    t->records = calloc(settings->batch_size * settings->draws, sizeof *t->records);
    if (t->records == NULL || vdib_example_create(dataset, &t->example) != VDIB_OK)
        abort();
    for (size_t i = 0; i < settings->batch_size * settings->draws; i++)
        make_record(t, &t->records[i]);
    return t;
}

void twin_destroy(twin *t) {
    for (size_t i = 0; i < t->settings.batch_size * t->settings.draws; i++)
        free_record(t, &t->records[i]);
    for (size_t i = 0; i < t->tensor_count; i++) {
        twin_tensor *tensor = &t->tensors[i];
        free(tensor->values), free(tensor->start), free(tensor->gradients), free(tensor->first), free(tensor->second);
        free(tensor->average), free(tensor->numerator), free(tensor->denominator), free(tensor->moved),
            free(tensor->slack), free(tensor->small);
    }
    for (size_t i = 0; i < t->stage_count; i++)
        free(t->stages[i].output), free(t->stages[i].output_gradient);
    vdib_example_destroy(t->example);
    free(t->records), free(t->basis), free(t->self_basis), free(t->received), free(t->slopes), free(t->window),
        free(t->window_gradient);
    free(t);
}

twin_tensor *twin_find(twin *t, const char *name) {
    for (size_t i = 0; i < t->tensor_count; i++)
        if (strcmp(t->tensors[i].name, name) == 0)
            return &t->tensors[i];
    fprintf(stderr, "the twin has no tensor %s\n", name);
    abort();
}
