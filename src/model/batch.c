/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"
#include "core/threads.h"
#include "model/model.h"

enum { ROOM_FLOATS = 32 << 20 };

/* A trial with its draws. */
static vdib_status create_trial(const vdib_model *model, size_t draws, size_t steps, vdib__trial **trial) {
    size_t blank = model->config->data.blank_steps;
    VDIB_TRY(vdib__trial_create(&model->encoder, blank + steps, blank, trial));
    return vdib__trial_add_draws(&model->encoder, draws, *trial);
}

vdib_status vdib__batch_create(const vdib_model *model, size_t capacity, size_t draws, size_t steps, int threads,
                               vdib__batch **batch) {
    if (steps < model->window)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "an example of %zu step%s is shorter than the decoder's window of %zu",
                          steps, vdib__s(steps), model->window);
    vdib__batch *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->capacity = capacity;
    made->draws = draws;
    made->steps = steps;
    vdib_status status = VDIB_NEW(&made->trials, capacity);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->keys, capacity);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->windows, capacity * draws * model->window * model->row);
    if (status == VDIB_OK)
        status = vdib__batch_set_threads(model, made, threads);
    for (size_t i = 0; i < capacity && status == VDIB_OK; i++)
        status = create_trial(model, draws, steps, &made->trials[i]);
    if (status != VDIB_OK) {
        vdib__batch_destroy(made);
        return status;
    }
    *batch = made;
    return VDIB_OK;
}

vdib_status vdib__batch_set_threads(const vdib_model *model, vdib__batch *batch, int threads) {
    vdib__encoder_workspace *encoder = NULL;
    vdib__chain_workspace *decoder = NULL;
    size_t steps = model->config->data.blank_steps + batch->steps;
    VDIB_TRY(vdib__encoder_workspace_create(&model->encoder, batch->capacity, steps, threads, &encoder));
    vdib_status status =
        vdib__chain_workspace_create(&model->decoder, batch->capacity * batch->draws, threads, &decoder);
    if (status != VDIB_OK) {
        vdib__encoder_workspace_destroy(encoder);
        return status;
    }
    vdib__encoder_workspace_destroy(batch->encoder_workspace);
    vdib__chain_workspace_destroy(batch->workspace);
    batch->encoder_workspace = encoder;
    batch->workspace = decoder;
    return VDIB_OK;
}

size_t vdib__batch_room(const vdib_model *model, size_t wanted, size_t steps) {
    size_t floats = model->encoder.absent
                        ? model->window * model->row
                        : vdib__trial_floats(&model->encoder, model->config->data.blank_steps + steps);
    size_t room = ROOM_FLOATS / floats;
    return room < 1 ? 1 : room < wanted ? room : wanted;
}

void vdib__batch_destroy(vdib__batch *batch) {
    if (batch == NULL)
        return;
    for (size_t i = 0; i < batch->capacity && batch->trials != NULL; i++)
        vdib__trial_destroy(batch->trials[i]);
    vdib__chain_workspace_destroy(batch->workspace);
    vdib__encoder_workspace_destroy(batch->encoder_workspace);
    vdib__free(batch->windows);
    vdib__free(batch->keys);
    vdib__free(batch->trials);
    vdib__free(batch);
}

typedef struct receiving {
    const vdib_model *model;
    vdib__batch *batch;
    vdib__link link;
} receiving;

/* Tasks: samples of the batch. */
static void receive_task(const void *context, size_t i, size_t slot) {
    const receiving *r = context;
    const vdib_model *model = r->model;
    size_t first = r->batch->steps - model->window;
    (void)slot;
    const vdib__key key = vdib__batch_key(r->batch, i);
    vdib__link_receive(&r->link, &key, first, model->window,
                       vdib__batch_sample(r->batch, i)->window + first * model->encoder.readout.neurons,
                       r->batch->windows + i * model->window * model->row);
}

/* Tasks: examples of a batch without an encoder. */
static void count_task(const void *context, size_t i, size_t slot) {
    const receiving *r = context;
    (void)slot;
    vdib__counts_fill(r->batch->trials[i]->input, r->model->window,
                      r->batch->windows + i * r->model->window * r->model->row);
}

vdib_status vdib__batch_encode(const vdib_model *model, int threads, vdib__batch *batch,
                               const vdib_raster *const *inputs, uint64_t seed, vdib__stage stage,
                               const uint64_t *presentations, size_t count) {
    for (size_t i = 0; i < count; i++) {
        batch->trials[i]->input = inputs[i];
        batch->keys[i] =
            (vdib__key){.seed = seed, .purpose = VDIB_PURPOSE_READOUT, .stage = stage, .example = presentations[i]};
    }
    VDIB_TRY(vdib__encoder_forward(&model->encoder, &model->table, model->parameters, threads, batch->encoder_workspace,
                                   batch->trials, batch->keys, NULL, count));
    const receiving all = {.model = model, .batch = batch, .link = vdib__model_link(model, stage)};
    if (vdib__link_is_plain(&all.link) && !model->encoder.absent)
        threads = 1; /* copies */
    vdib__parallel(threads, count * batch->draws, model->encoder.absent ? count_task : receive_task, &all);
    return VDIB_OK;
}

vdib_status vdib__batch_forward(const vdib_model *model, int threads, vdib__batch *batch,
                                const vdib_raster *const *inputs, uint64_t seed, vdib__stage stage,
                                const uint64_t *presentations, size_t count) {
    VDIB_TRY(vdib__batch_encode(model, threads, batch, inputs, seed, stage, presentations, count));
    return vdib__chain_forward(&model->decoder, &model->table, model->parameters, threads, batch->workspace,
                               batch->windows, count * batch->draws, &batch->logits);
}

/* A raster of another shape than the model's inputs is refused before it can be read. */
static vdib_status check_input(const vdib_model *model, const vdib_raster *raster) {
    const vdib_geometry *geometry = &model->geometry;
    size_t channels = geometry->input_channels * geometry->input_height * geometry->input_width;
    if (raster->channels != channels)
        return vdib__fail(VDIB_ERROR_DATA, "the raster has %zu channel%s, the model reads %zu (%zu x %zu x %zu)",
                          raster->channels, vdib__s(raster->channels), channels, geometry->input_channels,
                          geometry->input_height, geometry->input_width);
    return VDIB_OK;
}

bool vdib__model_sends_spikes(const vdib_model *model) {
    return !model->encoder.absent && !model->encoder.readout.gaussian;
}

vdib_status vdib__model_check_spiking(const char *what, const vdib_model *model) {
    const vdib_config *config = model->config;
    const char *key = model->encoder.absent ? "encoder.type" : "readout.type";
    const vdib__choice *choice = model->encoder.absent ? config->encoder.type : config->readout.type;
    if (vdib__model_sends_spikes(model))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_CONFIG, "%s: the model has %s '%s', which sends no spikes; train one with %s=spiking",
                      what, key, choice->name, key);
}

/* Runs the encoder on one raster. */
static vdib_status run_trial(const vdib_model *model, const vdib_raster *raster, uint64_t seed, uint64_t index,
                             vdib__trial **trial) {
    size_t blank = model->config->data.blank_steps;
    vdib__trial *made = NULL;
    vdib__encoder_workspace *workspace = NULL;
    VDIB_TRY(check_input(model, raster));
    VDIB_TRY(vdib__trial_create(&model->encoder, blank + raster->steps, blank, &made));
    made->input = raster;
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_EVALUATION, .example = index};
    vdib_status status = vdib__encoder_workspace_create(&model->encoder, 1, blank + raster->steps, 1, &workspace);
    if (status == VDIB_OK)
        status = vdib__encoder_forward(&model->encoder, &model->table, model->parameters, 1, workspace, &made, &key,
                                       NULL, 1);
    vdib__encoder_workspace_destroy(workspace);
    if (status != VDIB_OK) {
        vdib__trial_destroy(made);
        return status;
    }
    *trial = made;
    return VDIB_OK;
}

vdib_status vdib_model_encode(const vdib_model *model, const vdib_raster *raster, uint64_t seed, uint64_t index,
                              vdib_raster **readout) {
    VDIB_REQUIRE(model, raster, readout);
    VDIB_TRY(vdib__model_check_spiking("encoding", model));
    vdib__trial *trial = NULL;
    vdib_raster *spikes = NULL;
    VDIB_TRY(run_trial(model, raster, seed, index, &trial));
    vdib_status status = vdib_raster_create(model->encoder.readout.neurons, raster->steps, &spikes);
    if (status == VDIB_OK)
        status = vdib__raster_copy(trial->readout, spikes);
    vdib__trial_destroy(trial);
    if (status != VDIB_OK) {
        vdib_raster_destroy(spikes);
        return status;
    }
    *readout = spikes;
    return VDIB_OK;
}

/* What the decoder makes of a window (tau_d, NR). */
static vdib_status decode_window(const vdib_model *model, const float *window, float *output) {
    vdib__chain_workspace *workspace = NULL;
    const float *logits = NULL;
    VDIB_TRY(vdib__chain_workspace_create(&model->decoder, 1, 1, &workspace));
    vdib_status status =
        vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, workspace, window, 1, &logits);
    if (status == VDIB_OK)
        model->head->output(logits, model->outputs, output);
    vdib__chain_workspace_destroy(workspace);
    return status;
}

/* The last steps of a raster as rows of `width` values: made (steps, width). */
static vdib_status last_rows(const vdib_raster *raster, size_t steps, size_t width, float **made) {
    float *window = NULL;
    VDIB_TRY(VDIB_NEW(&window, steps * width));
    size_t first = raster->steps - steps;
    for (size_t t = first; t < raster->steps; t++)
        for (size_t s = raster->offsets[t]; s < raster->offsets[t + 1]; s++)
            window[(t - first) * width + raster->indices[s]] = 1.0F;
    *made = window;
    return VDIB_OK;
}

vdib_status vdib_model_decode(const vdib_model *model, const vdib_raster *readout, float *output) {
    VDIB_REQUIRE(model, readout, output);
    size_t readouts = model->encoder.readout.neurons;
    VDIB_TRY(vdib__model_check_spiking("decoding spikes", model));
    if ((readout->channels != readouts && readout->channels != model->row) || readout->steps < model->window)
        return vdib__fail(VDIB_ERROR_DATA,
                          "the decoder reads the last %zu step%s of %zu readout neuron%s, not %zu step%s of %zu",
                          model->window, vdib__s(model->window), readouts, vdib__s(readouts), readout->steps,
                          vdib__s(readout->steps), readout->channels);
    float *window = NULL;
    VDIB_TRY(last_rows(readout, model->window, model->row, &window));
    vdib_status status = decode_window(model, window, output);
    vdib__free(window);
    return status;
}

/* The window that arrives of what was sent. */
static vdib_status receive(const vdib_model *model, const vdib_raster *readout, const vdib__key *key, float **made) {
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_EVALUATION);
    float *sent = NULL, *received = NULL;
    VDIB_TRY(last_rows(readout, model->window, link.readouts, &sent));
    vdib_status status = VDIB_NEW(&received, model->window * model->row);
    if (status == VDIB_OK)
        vdib__link_receive(&link, key, readout->steps - model->window, model->window, sent, received);
    vdib__free(sent);
    *made = received;
    return status;
}

/* The same of a model without an encoder. */
static vdib_status reconstruct_counts(const vdib_model *model, const vdib_raster *raster, float *output) {
    float *window = NULL;
    VDIB_TRY(check_input(model, raster));
    VDIB_TRY(VDIB_NEW(&window, model->window * model->row));
    vdib__counts_fill(raster, model->window, window);
    vdib_status status = decode_window(model, window, output);
    vdib__free(window);
    return status;
}

/* And of one with a Gaussian readout. */
static vdib_status reconstruct_gaussian(const vdib_model *model, const vdib_raster *raster, uint64_t seed,
                                        uint64_t index, float *output) {
    vdib__trial *trial = NULL;
    VDIB_TRY(run_trial(model, raster, seed, index, &trial));
    vdib_status status = decode_window(model, trial->window + (raster->steps - model->window) * model->row, output);
    vdib__trial_destroy(trial);
    return status;
}

vdib_status vdib_model_reconstruct(const vdib_model *model, const vdib_raster *raster, uint64_t seed, uint64_t index,
                                   float *output) {
    VDIB_REQUIRE(model, raster, output);
    const vdib__key key = {.seed = seed, .stage = VDIB_STAGE_EVALUATION, .example = index};
    vdib_raster *readout = NULL;
    float *window = NULL;
    if (raster->steps < model->window)
        return vdib__fail(VDIB_ERROR_DATA, "the decoder reads the last %zu step%s, the raster has %zu", model->window,
                          vdib__s(model->window), raster->steps);
    if (model->encoder.absent)
        return reconstruct_counts(model, raster, output);
    if (model->encoder.readout.gaussian)
        return reconstruct_gaussian(model, raster, seed, index, output);
    VDIB_TRY(vdib_model_encode(model, raster, seed, index, &readout));
    vdib_status status = receive(model, readout, &key, &window);
    if (status == VDIB_OK)
        status = decode_window(model, window, output);
    vdib__free(window);
    vdib_raster_destroy(readout);
    return status;
}
