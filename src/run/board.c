/* SPDX-License-Identifier: MIT */
#include "run/board.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/png.h"
#include "vdib/dataset.h"

enum {
    MOST_EXAMPLES = 8,      /* in a picture */
    MOST_SAMPLES = 1 << 16, /* of a tensor, evenly spaced */
    MOST_PIXELS = 1 << 20,  /* bytes of a picture before it is packed; larger targets are not shown */
    TAG = VDIB_TENSOR_NAME + 32
};

/* ---- settings ---- */

enum { VALUE = 1024 };

static vdib_status fill_settings(const vdib_config *config, vdib__tensorboard_setting *settings, char (*texts)[VALUE],
                                 size_t count) {
    for (size_t i = 0; i < count; i++) {
        settings[i] = (vdib__tensorboard_setting){vdib_config_key_name(i), texts[i]};
        VDIB_TRY(vdib_config_get(config, settings[i].name, texts[i], VALUE));
    }
    return VDIB_OK;
}

vdib_status vdib__board_begin(vdib__tensorboard *tensorboard, const vdib_config *config) {
    size_t count = vdib_config_key_count();
    vdib__tensorboard_setting *settings = NULL;
    char(*texts)[VALUE] = NULL;
    vdib_status status = VDIB_NEW(&settings, count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&texts, count);
    if (status == VDIB_OK)
        status = fill_settings(config, settings, texts, count);
    if (status == VDIB_OK)
        status = vdib__tensorboard_session_start(tensorboard, settings, count);
    vdib__free(texts);
    vdib__free(settings);
    return status;
}

/* ---- when ---- */

static unsigned bits_of(uint64_t number) {
    unsigned bits = 0;
    for (; number > 0; number >>= 1)
        bits++;
    return bits;
}

bool vdib__board_is_due(uint64_t before, uint64_t now, uint64_t validate_every, bool done) {
    return done || (validate_every > 0 && bits_of(before / validate_every) != bits_of(now / validate_every));
}

/* ---- weights ---- */

static vdib_status show_tensor(vdib__tensorboard *tensorboard, const vdib_model *model, const vdib__tensor *tensor,
                               uint64_t examples) {
    const float *values = model->parameters + tensor->offset;
    size_t apart = (tensor->count + MOST_SAMPLES - 1) / MOST_SAMPLES;
    apart += apart % 2 == 0; /* rows of weights are even numbers long: other columns in each of them */
    size_t count = (tensor->count + apart - 1) / apart;
    float *samples = NULL;
    char tag[TAG];
    VDIB_TRY(VDIB_NEW_UNSET(&samples, count));
    for (size_t i = 0; i < count; i++)
        samples[i] = values[i * apart];
    snprintf(tag, sizeof tag, "weights/%s", tensor->name);
    vdib_status status = vdib__tensorboard_histogram(tensorboard, tag, examples, samples, count);
    vdib__free(samples);
    return status;
}

static vdib_status show_weights(vdib__tensorboard *tensorboard, const vdib_model *model, uint64_t examples) {
    for (size_t i = 0; i < model->table.count; i++)
        if (model->table.tensors[i].role != VDIB_TENSOR_FIXED && model->table.tensors[i].count > 0)
            VDIB_TRY(show_tensor(tensorboard, model, &model->table.tensors[i], examples));
    return VDIB_OK;
}

/* ---- the first validation examples ---- */

/* Some examples and what the model makes of them. */
typedef struct view {
    const vdib_model *model;
    vdib_example *examples[MOST_EXAMPLES];
    const vdib_raster *inputs[MOST_EXAMPLES];
    size_t count;
    vdib__batch *batch;
} view;

static void close_view(view *v) {
    for (size_t i = 0; i < MOST_EXAMPLES; i++)
        vdib_example_destroy(v->examples[i]);
    vdib__batch_destroy(v->batch);
}

static vdib_status open_view(const vdib_trainer *trainer, size_t wanted, view *v) {
    static const uint64_t numbers[MOST_EXAMPLES] = {0, 1, 2, 3, 4, 5, 6, 7};
    uint64_t seed = v->model->config->seed;
    for (size_t i = 0; i < wanted; i++) {
        VDIB_TRY(vdib_example_create(trainer->dataset, &v->examples[i]));
        VDIB_TRY(vdib_dataset_get(trainer->dataset, VDIB_SPLIT_VALIDATION, i, seed, v->examples[i]));
        v->inputs[i] = v->examples[i]->raster;
        if (vdib_raster_steps(v->inputs[i]) != vdib_raster_steps(v->inputs[0]))
            break;
        v->count++;
    }
    size_t steps = vdib_raster_steps(v->inputs[0]);
    size_t room = vdib__batch_room(v->model, v->count, steps);
    v->count = room < v->count ? room : v->count;
    VDIB_TRY(vdib__batch_create(v->model, v->count, 1, steps, trainer->threads, &v->batch));
    return vdib__batch_forward(v->model, trainer->threads, v->batch, v->inputs, seed, VDIB_STAGE_EVALUATION, numbers,
                               v->count);
}

/* Of each readout neuron the mean of its probabilities over the data steps of the examples. */
static vdib_status show_rates(vdib__tensorboard *tensorboard, const view *v, uint64_t examples) {
    size_t neurons = v->model->encoder.readout.neurons;
    double *sums = NULL;
    float *means = NULL;
    vdib_status status = VDIB_NEW(&sums, neurons);
    if (status == VDIB_OK)
        status = VDIB_NEW(&means, neurons);
    double seen = 0;
    for (size_t i = 0; i < v->count && status == VDIB_OK; i++) {
        const vdib__trial *trial = v->batch->trials[i];
        for (size_t t = trial->blank_steps; t < trial->steps; t++, seen++)
            for (size_t n = 0; n < neurons; n++)
                sums[n] += (double)trial->probabilities[t * neurons + n];
    }
    for (size_t n = 0; n < neurons && status == VDIB_OK; n++)
        means[n] = (float)(sums[n] / seen);
    if (status == VDIB_OK)
        status = vdib__tensorboard_histogram(tensorboard, "validation/readout_probability", examples, means, neurons);
    vdib__free(means);
    vdib__free(sums);
    return status;
}

/* ---- pictures ---- */

/* Tiles side by side, targets above outputs. */
typedef struct sheet {
    size_t channels, height, width; /* of a tile */
    size_t columns;
    uint8_t *pixels; /* (2 height, columns width, channels) */
} sheet;

/* A picture (channels, height, width) of values in [0, 1] as a tile. */
static void put_tile(const sheet *s, size_t row, size_t column, const float *values) {
    size_t area = s->height * s->width, across = s->columns * s->width;
    for (size_t c = 0; c < s->channels; c++)
        for (size_t y = 0; y < s->height; y++)
            for (size_t x = 0; x < s->width; x++) {
                float value = values[c * area + y * s->width + x];
                float bounded = value > 0.0F ? value < 1.0F ? value : 1.0F : 0.0F; /* NaN: 0 */
                s->pixels[((row * s->height + y) * across + column * s->width + x) * s->channels + c] =
                    (uint8_t)(bounded * 255.0F + 0.5F);
            }
}

static vdib_status fill_sheet(const view *v, const sheet *s) {
    size_t outputs = v->model->outputs;
    float *output = NULL;
    VDIB_TRY(VDIB_NEW(&output, outputs));
    for (size_t i = 0; i < s->columns; i++) {
        v->model->head->output(v->batch->logits + i * outputs, outputs, output);
        put_tile(s, 0, i, v->examples[i]->target);
        put_tile(s, 1, i, output);
    }
    vdib__free(output);
    return VDIB_OK;
}

/* How many examples a picture has room for; 0: the targets are no pictures, or too large. */
static size_t columns_of(const view *v) {
    const vdib_geometry *g = &v->model->geometry;
    size_t channels = v->model->outputs / (g->target_height * g->target_width);
    bool pictures = !v->model->head->classes && v->examples[0]->target != NULL && g->target_height > 1 &&
                    (channels == 1 || channels == 3);
    size_t room = MOST_PIXELS / (2 * v->model->outputs);
    return !pictures ? 0 : room < v->count ? room : v->count;
}

static vdib_status write_sheet(vdib__tensorboard *tensorboard, const sheet *s, uint64_t examples) {
    uint8_t *png = NULL;
    size_t size = 0, height = 2 * s->height, width = s->columns * s->width;
    VDIB_TRY(vdib__png_encode(s->channels == 3 ? VDIB_PNG_RGB : VDIB_PNG_GRAY, s->pixels, height, width, &png, &size));
    const vdib__tensorboard_picture picture = {.height = (uint32_t)height,
                                               .width = (uint32_t)width,
                                               .channels = (uint32_t)s->channels,
                                               .png = png,
                                               .png_size = size};
    vdib_status status = vdib__tensorboard_image(tensorboard, "validation/reconstructions", examples, &picture);
    vdib__free(png);
    return status;
}

static vdib_status show_pictures(vdib__tensorboard *tensorboard, const view *v, uint64_t examples) {
    const vdib_geometry *g = &v->model->geometry;
    if (v->model->head->classes || g->target_height * g->target_width == 0)
        return VDIB_OK;
    sheet s = {.channels = v->model->outputs / (g->target_height * g->target_width),
               .height = g->target_height,
               .width = g->target_width,
               .columns = columns_of(v)};
    if (s.columns == 0)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&s.pixels, 2 * v->model->outputs * s.columns));
    vdib_status status = fill_sheet(v, &s);
    if (status == VDIB_OK)
        status = write_sheet(tensorboard, &s, examples);
    vdib__free(s.pixels);
    return status;
}

static vdib_status show_examples(vdib__tensorboard *tensorboard, const vdib_trainer *trainer, const vdib_model *model,
                                 uint64_t examples) {
    view v = {.model = model};
    size_t wanted = vdib_dataset_size(trainer->dataset, VDIB_SPLIT_VALIDATION);
    if (wanted == 0)
        return VDIB_OK;
    vdib_status status = open_view(trainer, wanted < MOST_EXAMPLES ? wanted : MOST_EXAMPLES, &v);
    if (status == VDIB_OK && vdib__model_sends_spikes(model))
        status = show_rates(tensorboard, &v, examples);
    if (status == VDIB_OK)
        status = show_pictures(tensorboard, &v, examples);
    close_view(&v);
    return status;
}

vdib_status vdib__board_show(vdib__tensorboard *tensorboard, const vdib_trainer *trainer, uint64_t examples) {
    const vdib_model *model = vdib__trainer_result(trainer);
    VDIB_TRY(show_weights(tensorboard, model, examples));
    return show_examples(tensorboard, trainer, model, examples);
}
