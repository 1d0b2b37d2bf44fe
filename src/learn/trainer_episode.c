/* SPDX-License-Identifier: MIT */
/* The episode schedule: one update for every batch of whole examples. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/threads.h"
#include "learn/trainer.h"

vdib_status vdib__episode_create(const vdib_trainer *trainer, vdib__episode **episode) {
    const vdib_model *model = trainer->model;
    size_t size = model->config->learning.batch_size, readouts = model->encoder.readout.neurons;
    size_t rows = (model->geometry.steps + model->config->data.blank_steps) * readouts;
    vdib__episode *e = NULL;
    VDIB_TRY(VDIB_NEW(&e, 1));
    vdib_status status = vdib__batch_create(model, size, model->geometry.steps, &e->batch);
    if (status != VDIB_OK)
        goto failed;
    VDIB_TRY_GOTO(VDIB_NEW(&e->examples, size), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&e->inputs, size), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&e->presentations, size), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&e->losses, size), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&e->totals, size), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&e->weights, size), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&e->logit_gradients, size * model->outputs), failed);
    if (!trainer->plan.kind->score)
        VDIB_TRY_GOTO(VDIB_NEW(&e->window_gradients, size * model->window * readouts), failed);
    if (trainer->plan.hidden_unscaled) {
        VDIB_TRY_GOTO(VDIB_NEW(&e->hidden_errors, size * rows), failed);
        VDIB_TRY_GOTO(VDIB_NEW(&e->hidden_rows, size), failed);
        for (size_t i = 0; i < size; i++)
            e->hidden_rows[i] = e->hidden_errors + i * rows;
    }
    if (model->encoder.credit->target) {
        VDIB_TRY_GOTO(VDIB_NEW(&e->target_vectors, size * model->outputs), failed);
        VDIB_TRY_GOTO(VDIB_NEW(&e->target_rows, size), failed);
        for (size_t i = 0; i < size; i++)
            e->target_rows[i] = e->target_vectors + i * model->outputs;
    }
    for (size_t i = 0; i < size; i++)
        VDIB_TRY_GOTO(vdib_example_create(trainer->dataset, &e->examples[i]), failed);
    *episode = e;
    return VDIB_OK;
failed:
    vdib__episode_destroy(e, size);
    return status;
}

void vdib__episode_destroy(vdib__episode *episode, size_t batch_size) {
    if (episode == NULL)
        return;
    for (size_t i = 0; i < batch_size && episode->examples != NULL; i++)
        vdib_example_destroy(episode->examples[i]);
    vdib__free(episode->target_rows);
    vdib__free(episode->target_vectors);
    vdib__free(episode->hidden_rows);
    vdib__free(episode->hidden_errors);
    vdib__free(episode->window_gradients);
    vdib__free(episode->logit_gradients);
    vdib__free(episode->weights);
    vdib__free(episode->totals);
    vdib__free(episode->losses);
    vdib__free(episode->presentations);
    vdib__free(episode->inputs);
    vdib__free(episode->examples);
    vdib__batch_destroy(episode->batch);
    vdib__free(episode);
}

/* What the tasks of a step share, which are the examples of the batch. */
typedef struct episode_work {
    vdib_trainer *trainer;
    size_t count;
    size_t first, *indices; /* fetching: the first example at hand, and which ones of the data they are */
    vdib__failure *failure;
} episode_work;

static void fetch_task(const void *context, size_t number, size_t slot) {
    const episode_work *w = context;
    const vdib_trainer *trainer = w->trainer;
    vdib__episode *e = trainer->episode;
    size_t i = w->first + number;
    (void)slot;
    vdib__failure_note(w->failure, i,
                       vdib__dataset_fetch(trainer->dataset, VDIB_SPLIT_TRAIN, w->indices[number],
                                           trainer->model->config->seed, VDIB_STAGE_TRAINING, e->presentations[i],
                                           e->examples[i]));
    e->inputs[i] = e->examples[i]->raster;
}

/* Examples of the next `count` presentations. */
static vdib_status fetch(vdib_trainer *trainer, size_t count) {
    vdib__episode *e = trainer->episode;
    size_t indices[256];
    vdib__failure failure;
    episode_work all = {.trainer = trainer, .indices = indices, .failure = &failure};
    vdib__failure_init(&failure);
    for (; all.first < count; all.first += 256) {
        all.count = count - all.first < 256 ? count - all.first : 256;
        for (size_t i = 0; i < all.count; i++) {
            e->presentations[all.first + i] = trainer->model->examples + all.first + i;
            indices[i] = vdib__order_index(&trainer->order, e->presentations[all.first + i]);
        }
        vdib__parallel(trainer->threads, all.count, fetch_task, &all);
    }
    return vdib__failure_raise(&failure);
}

/* The losses of example i, and their gradient of its logits. */
static void lose_task(const void *context, size_t i, size_t slot) {
    const episode_work *w = context;
    vdib__episode *e = w->trainer->episode;
    const vdib_model *model = w->trainer->model;
    const vdib_example *example = e->examples[i];
    float scale = w->trainer->plan.distortion_scale / (float)w->count;
    (void)slot;
    e->losses[i] = vdib__loss_measure(model, e->batch, i, example->target, example->label);
    e->totals[i] = vdib__loss_total(model, &e->losses[i], e->batch->steps);
    model->head->gradient(e->batch->logits + i * model->outputs, model->outputs, example->target, example->label, scale,
                          e->logit_gradients + i * model->outputs);
}

/* Losses, the decoder's gradients and update; with straight-through also the gradients of the windows. */
static vdib_status decode(vdib_trainer *trainer, size_t count) {
    vdib__episode *e = trainer->episode;
    const episode_work all = {.trainer = trainer, .count = count};
    vdib__parallel(trainer->threads, count, lose_task, &all);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(e->totals[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC,
                              "the loss is not finite at example %llu; try a smaller learning.encoder_rate or "
                              "learning.decoder_rate, or learning.clip_norm",
                              (unsigned long long)e->presentations[i]);
    return vdib__trainer_decoder_backward(trainer, trainer->threads, e->batch->workspace, e->logit_gradients, count,
                                          e->window_gradients);
}

/* The target as the vector that drtp projects: the image, or the class as one-hot. */
static void fill_target(const vdib_model *model, const vdib_example *example, float *target) {
    if (example->target != NULL) {
        memcpy(target, example->target, model->outputs * sizeof *target);
        return;
    }
    memset(target, 0, model->outputs * sizeof *target);
    target[example->label] = 1.0F;
}

/* The readout's errors of example i (data steps; blank steps stay 0), and what dfa or drtp want beside them. */
static void credit(const vdib_trainer *trainer, size_t i, size_t count) {
    vdib__episode *e = trainer->episode;
    const vdib_model *model = trainer->model;
    vdib__trial *trial = e->batch->trials[i];
    size_t readouts = model->encoder.readout.neurons, blank = trial->blank_steps * readouts;
    size_t rows = e->batch->steps * readouts, window = model->window * readouts;
    const float *probabilities = trial->probabilities + blank, *potentials = trial->potentials + blank;
    float *errors = trial->errors + blank;
    if (trainer->plan.kind->score) {
        vdib__reinforce_errors(e->weights[i], trial->window, probabilities, rows, errors);
        if (e->hidden_errors != NULL)
            vdib__reinforce_errors(e->weights[i] / trainer->plan.score_scale, trial->window, probabilities, rows,
                                   e->hidden_errors + i * (blank + rows) + blank);
    } else {
        size_t before = rows - window; /* steps that the decoder does not read */
        float scale = 1.0F / (float)count;
        vdib__straight_through_errors(&trainer->plan, scale, NULL, potentials, probabilities, before, errors);
        vdib__straight_through_errors(&trainer->plan, scale, e->window_gradients + i * window, potentials + before,
                                      probabilities + before, window, errors + before);
        e->weights[i] = trainer->plan.distortion_scale / (float)count;
    }
    if (e->target_vectors != NULL)
        fill_target(model, e->examples[i], e->target_vectors + i * model->outputs);
}

static void credit_task(const void *context, size_t i, size_t slot) {
    const episode_work *w = context;
    (void)slot;
    credit(w->trainer, i, w->count);
}

static void take_encoder(void *user, const vdib__gradient_piece *piece) {
    vdib_trainer *trainer = user;
    vdib__optimizer_take(&trainer->encoder, trainer->model->parameters, piece);
}

/* The encoder's gradients; its update is made while they are formed, or afterwards if their norm is clipped. */
static vdib_status encode_backward(vdib_trainer *trainer, size_t count) {
    vdib__episode *e = trainer->episode;
    vdib_model *model = trainer->model;
    vdib__gradient_sink sink = {.take = take_encoder, .user = trainer};
    bool piecewise = vdib__optimizer_takes_pieces(&trainer->encoder);
    if (trainer->plan.kind->score)
        vdib__reinforce_weights(&trainer->plan, e->totals, count, e->weights);
    const episode_work all = {.trainer = trainer, .count = count};
    vdib__parallel(trainer->threads, count, credit_task, &all);
    if (piecewise)
        vdib__optimizer_begin(&trainer->encoder, e->totals[0]);
    VDIB_TRY(vdib__encoder_backward(&model->encoder, &model->table, model->parameters, trainer->threads,
                                    e->batch->trials, e->hidden_rows, e->target_rows, e->weights, count,
                                    piecewise ? &sink : NULL, trainer->gradients));
    if (piecewise)
        vdib__optimizer_end(&trainer->encoder);
    else
        vdib__optimizer_update(&trainer->encoder, trainer->threads, model->parameters, trainer->gradients,
                               e->totals[0]);
    return VDIB_OK;
}

vdib_status vdib__episode_step(vdib_trainer *trainer, uint64_t count) {
    vdib__episode *e = trainer->episode;
    VDIB_TRY(fetch(trainer, count));
    VDIB_TRY(vdib__batch_forward(trainer->model, trainer->threads, e->batch, e->inputs, trainer->model->config->seed,
                                 VDIB_STAGE_TRAINING, e->presentations, count));
    VDIB_TRY(decode(trainer, count));
    VDIB_TRY(encode_backward(trainer, count));
    trainer->model->examples += count;
    double neurons_steps = (double)trainer->model->encoder.readout.neurons * (double)e->batch->steps;
    for (size_t i = 0; i < count; i++)
        vdib__averages_add(&trainer->averages, e->totals[i], e->losses[i].distortion, e->losses[i].rate / VDIB_LN2,
                           (double)e->losses[i].spikes / neurons_steps);
    return VDIB_OK;
}
