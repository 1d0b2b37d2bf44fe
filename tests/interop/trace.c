/* SPDX-License-Identifier: MIT */
/* What a model does, number by number, for tests that compare it with other programs:
 *
 *     model-trace MODEL DATA COUNT OUT.npz          the first test examples of data ("-": built-in) through a model
 *     model-trace --small MODEL OUT.npz KEY=VALUE...   makes a small model of every kind of part, and the same of it
 *     model-trace --small-again MODEL OUT.npz       the same of a model file of that shape
 *     model-trace --import FILE.nir MODEL OUT.npz KEY=VALUE...   the same of what is imported; its report is printed
 *
 * Arrays, N examples of T steps, blank ones included: input (N, T, NX); hidden<l>_potentials (N, T, NH),
 * hidden<l>_spikes (N, T, outputs, after pooling); uniform, potentials, probabilities, spikes (N, T, NY), of a Gaussian
 * readout noise and values instead; window (N, tau_d, NR) as received; logits, output (N, outputs). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/npz.h"
#include "core/random.h"
#include "core/raster.h"
#include "model/model.h"
#include "vdib/vdib.h"

enum { MOST_ARRAYS = 40, SMALL_EXAMPLES = 3, SMALL_STEPS = 19 };

static void stop(const char *what) {
    fprintf(stderr, "model-trace: %s: %s\n", what, vdib_last_message());
    exit(1);
}

#define DO(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != VDIB_OK)                                                                                         \
            stop(#call);                                                                                               \
    } while (0)

static void *room(size_t count, size_t size) {
    void *made = calloc(count + 1, size);
    if (made == NULL)
        stop("out of memory");
    return made;
}

/* ---- the arrays of a file ---- */

typedef struct file {
    vdib__npz_array arrays[MOST_ARRAYS];
    size_t count;
} file;

static void *add(file *to, const char *name, vdib__npz_type type, size_t a, size_t b, size_t c) {
    void *data = room(a * b * c, type == VDIB_NPZ_UINT8 ? 1 : sizeof(float));
    to->arrays[to->count++] =
        (vdib__npz_array){.name = strdup(name), .type = type, .rank = 3, .shape = {a, b, c}, .data = data};
    return data;
}

/* (count, steps, width) from `rows_of` each trial. */
static void add_rows(file *to, const char *name, const vdib__batch *batch, size_t count, size_t steps, size_t width,
                     const float *(*rows_of)(const vdib__trial *trial, size_t layer), size_t layer) {
    float *data = add(to, name, VDIB_NPZ_FLOAT32, count, steps, width);
    for (size_t i = 0; i < count; i++)
        memcpy(data + i * steps * width, rows_of(batch->trials[i], layer), steps * width * sizeof *data);
}

static const float *hidden_potentials(const vdib__trial *trial, size_t layer) {
    return trial->layers[layer].potentials;
}
static const float *potentials(const vdib__trial *trial, size_t layer) {
    (void)layer;
    return trial->potentials;
}
static const float *probabilities(const vdib__trial *trial, size_t layer) {
    (void)layer;
    return trial->probabilities;
}
static const float *spikes(const vdib__trial *trial, size_t layer) {
    (void)layer;
    return trial->blank_window;
}
static const float *noise(const vdib__trial *trial, size_t layer) {
    (void)layer;
    return trial->noise;
}

static void add_hidden(file *to, const vdib_model *model, const vdib__batch *batch, size_t count, size_t steps) {
    for (size_t l = 0; l < model->encoder.layer_count; l++) {
        const vdib__lif_layer *layer = &model->encoder.layers[l];
        size_t words = (layer->outputs + 63) / 64;
        char name[64];
        snprintf(name, sizeof name, "hidden%zu_potentials", l);
        add_rows(to, name, batch, count, steps, layer->neurons, hidden_potentials, l);
        snprintf(name, sizeof name, "hidden%zu_spikes", l);
        uint8_t *data = add(to, name, VDIB_NPZ_UINT8, count, steps, layer->outputs);
        for (size_t i = 0; i < count; i++)
            for (size_t t = 0; t < steps; t++)
                for (size_t n = 0; n < layer->outputs; n++)
                    data[(i * steps + t) * layer->outputs + n] =
                        batch->trials[i]->layers[l].spikes[t * words + n / 64] >> n % 64 & 1;
    }
}

static void add_readout(file *to, const vdib_model *model, const vdib__batch *batch, size_t count, size_t steps) {
    size_t neurons = model->encoder.readout.neurons;
    add_rows(to, "potentials", batch, count, steps, neurons, potentials, 0);
    if (model->encoder.readout.gaussian) {
        add_rows(to, "noise", batch, count, steps, neurons, noise, 0);
        add_rows(to, "values", batch, count, steps, neurons, spikes, 0);
        return;
    }
    add_rows(to, "probabilities", batch, count, steps, neurons, probabilities, 0);
    add_rows(to, "spikes", batch, count, steps, neurons, spikes, 0);
    float *uniform = add(to, "uniform", VDIB_NPZ_FLOAT32, count, steps, neurons);
    for (size_t i = 0; i < count * steps * neurons; i++)
        uniform[i] = vdib__random_uniform(&batch->keys[i / neurons / steps], (uint32_t)(i / neurons % steps),
                                          (uint32_t)(i % neurons));
}

static void add_input(file *to, const vdib_raster *const *inputs, size_t count, size_t blank) {
    size_t steps = blank + inputs[0]->steps, channels = inputs[0]->channels;
    uint8_t *data = add(to, "input", VDIB_NPZ_UINT8, count, steps, channels);
    for (size_t i = 0; i < count; i++)
        for (size_t t = 0; t < inputs[i]->steps; t++)
            for (size_t s = inputs[i]->offsets[t]; s < inputs[i]->offsets[t + 1]; s++)
                data[(i * steps + blank + t) * channels + inputs[i]->indices[s]] = 1;
}

static void trace(const vdib_model *model, const vdib_raster *const *inputs, size_t count, const char *path) {
    size_t blank = model->config->data.blank_steps, steps = blank + inputs[0]->steps, outputs = model->outputs;
    uint64_t *numbers = room(count, sizeof *numbers);
    vdib__batch *batch = NULL;
    file made = {.count = 0};
    for (size_t i = 0; i < count; i++)
        numbers[i] = i;
    DO(vdib__batch_create(model, count, 1, inputs[0]->steps, 1, &batch));
    DO(vdib__batch_forward(model, 1, batch, inputs, model->config->seed, VDIB_STAGE_EVALUATION, numbers, count));
    add_input(&made, inputs, count, blank);
    if (!model->encoder.absent) {
        add_hidden(&made, model, batch, count, steps);
        add_readout(&made, model, batch, count, steps);
    }
    float *windows = add(&made, "window", VDIB_NPZ_FLOAT32, count, model->window, model->row);
    memcpy(windows, batch->windows, count * model->window * model->row * sizeof *windows);
    float *logits = add(&made, "logits", VDIB_NPZ_FLOAT32, count, 1, outputs);
    float *output = add(&made, "output", VDIB_NPZ_FLOAT32, count, 1, outputs);
    memcpy(logits, batch->logits, count * outputs * sizeof *logits);
    for (size_t i = 0; i < count; i++)
        model->head->output(batch->logits + i * outputs, outputs, output + i * outputs);
    DO(vdib__npz_write(path, made.arrays, made.count));
    for (size_t i = 0; i < made.count; i++) {
        free((void *)made.arrays[i].name);
        free((void *)made.arrays[i].data);
    }
    vdib__batch_destroy(batch);
    free(numbers);
}

/* ---- models ---- */

static void trace_model(const char *path, const char *data, size_t count, const char *out) {
    vdib_model *model = NULL;
    vdib_dataset *dataset = NULL;
    DO(vdib_model_load(path, &model));
    DO(vdib_dataset_open_model(strcmp(data, "-") == 0 ? NULL : data, NULL, model, 1, &dataset));
    vdib_example **examples = room(count, sizeof *examples);
    const vdib_raster **inputs = room(count, sizeof *inputs);
    for (size_t i = 0; i < count; i++) {
        DO(vdib_example_create(dataset, &examples[i]));
        DO(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, model->config->seed, examples[i]));
        inputs[i] = examples[i]->raster;
    }
    trace(model, inputs, count, out);
    for (size_t i = 0; i < count; i++)
        vdib_example_destroy(examples[i]);
    free(inputs);
    free(examples);
    vdib_dataset_destroy(dataset);
    vdib_model_destroy(model);
}

/* Spikes of about 30 %. */
static vdib_raster *small_raster(size_t channels, uint64_t number) {
    const vdib__key key = {.seed = 8, .purpose = VDIB_PURPOSE_STIMULUS, .example = number};
    uint8_t *dense = room(SMALL_STEPS, channels);
    vdib_raster *raster = NULL;
    for (uint32_t i = 0; i < SMALL_STEPS * channels; i++)
        dense[i] = vdib__random_uniform(&key, 0, i) < 0.3F;
    DO(vdib_raster_create(channels, SMALL_STEPS, &raster));
    DO(vdib_raster_from_dense(raster, dense));
    free(dense);
    return raster;
}

/* Weights move away from where training begins: learnt filters from raised cosines, time constants from each other. */
static void shake(vdib_model *model) {
    const vdib__key key = {.seed = 9, .purpose = VDIB_PURPOSE_STIMULUS};
    for (size_t i = 0; i < model->table.total; i++)
        model->parameters[i] += 0.3F * (vdib__random_uniform(&key, 0, (uint32_t)i) - 0.5F);
}

static void trace_again(const char *path, const char *out) {
    vdib_raster *inputs[SMALL_EXAMPLES];
    vdib_model *model = NULL;
    DO(vdib_model_load(path, &model));
    for (size_t i = 0; i < SMALL_EXAMPLES; i++)
        inputs[i] = small_raster(2 * 7 * 6, i);
    trace(model, (const vdib_raster *const *)inputs, SMALL_EXAMPLES, out);
    for (size_t i = 0; i < SMALL_EXAMPLES; i++)
        vdib_raster_destroy(inputs[i]);
    vdib_model_destroy(model);
}

static const vdib_geometry SMALL = {.size = sizeof SMALL,
                                    .input_channels = 2,
                                    .input_height = 7,
                                    .input_width = 6,
                                    .steps = SMALL_STEPS,
                                    .classes = 3,
                                    .target_height = 4,
                                    .target_width = 3};

static void trace_small(const char *path, const char *out, char **settings, size_t setting_count) {
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    DO(vdib_config_create(&config));
    for (size_t i = 0; i < setting_count; i++)
        DO(vdib_config_set(config, settings[i]));
    DO(vdib_model_create(config, &SMALL, &model));
    shake(model);
    DO(vdib_model_save(model, path));
    vdib_model_destroy(model);
    vdib_config_destroy(config);
    trace_again(path, out);
}

/* What an import makes of a NIR file, its report printed. */
static void trace_import(const char *graph, const char *path, const char *out, char **settings, size_t setting_count) {
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    vdib_import *import = NULL;
    char *text = NULL;
    DO(vdib_config_create(&config));
    for (size_t i = 0; i < setting_count; i++)
        DO(vdib_config_set(config, settings[i]));
    DO(vdib_import_open(graph, &import));
    DO(vdib_import_configure(import, config));
    DO(vdib_export_report_json(vdib_import_report(import), &text));
    puts(text);
    DO(vdib_model_create(config, &SMALL, &model));
    DO(vdib_import_apply(import, model));
    DO(vdib_model_save(model, path));
    vdib_text_free(text);
    vdib_import_destroy(import);
    vdib_model_destroy(model);
    vdib_config_destroy(config);
    trace_again(path, out);
}

int main(int argc, char **argv) {
    if (argc >= 4 && strcmp(argv[1], "--small") == 0)
        trace_small(argv[2], argv[3], argv + 4, (size_t)argc - 4);
    else if (argc >= 5 && strcmp(argv[1], "--import") == 0)
        trace_import(argv[2], argv[3], argv[4], argv + 5, (size_t)argc - 5);
    else if (argc == 4 && strcmp(argv[1], "--small-again") == 0)
        trace_again(argv[2], argv[3]);
    else if (argc == 5)
        trace_model(argv[1], argv[2], strtoul(argv[3], NULL, 10), argv[4]);
    else
        return 2;
    return 0;
}
