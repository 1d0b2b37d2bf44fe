/* SPDX-License-Identifier: MIT */
/* The episode schedule: one update for every batch of whole examples. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/threads.h"
#include "learn/lesson.h"
#include "learn/objective.h"
#include "learn/task.h"
#include "learn/updates.h"

/* Buffers of one update; M draws of every example. */
typedef struct episode {
    size_t capacity, draws; /* B, M */
    vdib__batch *batch;
    vdib__lesson *lesson;
    vdib_example **examples;    /* (B) */
    const vdib_raster **inputs; /* (B) */
    uint64_t *presentations;    /* (B) */
    uint32_t *labels;           /* (B) of the examples */
    vdib__loss *losses;         /* (B, M) */
    double *totals;             /* (B, M) */
    float *logit_gradients;     /* (B, M, outputs) */
    /* (B, M, tau_d, NR), later (B, M) each (tau_d, NY) at the same place; NULL unless the estimator reads them */
    float *window_gradients;
    float *target_vectors;     /* (B, outputs) drtp's targets, NULL unless drtp */
    const float **target_rows; /* (B) */
} episode;

static void destroy(void *buffers) {
    episode *e = buffers;
    for (size_t i = 0; i < e->capacity && e->examples != NULL; i++)
        vdib_example_destroy(e->examples[i]);
    vdib__free(e->target_rows);
    vdib__free(e->target_vectors);
    vdib__free(e->window_gradients);
    vdib__free(e->logit_gradients);
    vdib__free(e->totals);
    vdib__free(e->losses);
    vdib__free(e->labels);
    vdib__free(e->presentations);
    vdib__free(e->inputs);
    vdib__free(e->examples);
    vdib__lesson_destroy(e->lesson);
    vdib__batch_destroy(e->batch);
    vdib__free(e);
}

static vdib_status create_targets(const vdib_model *model, episode *e) {
    VDIB_TRY(VDIB_NEW(&e->target_vectors, e->capacity * model->outputs));
    VDIB_TRY(VDIB_NEW(&e->target_rows, e->capacity));
    for (size_t i = 0; i < e->capacity; i++)
        e->target_rows[i] = e->target_vectors + i * model->outputs;
    return VDIB_OK;
}

/* Whether the encoder learns from the gradients of what the decoder reads. */
static bool reads_gradient(const vdib_model *model, const vdib__estimator_plan *plan) {
    return plan->estimator->reads_gradient && !model->encoder.absent;
}

static vdib_status fill_buffers(const vdib_trainer *trainer, episode *e) {
    const vdib_model *model = trainer->model;
    size_t size = e->capacity, samples = size * e->draws, steps = model->geometry.steps;
    VDIB_TRY(vdib__batch_create(model, size, e->draws, steps, trainer->threads, &e->batch));
    VDIB_TRY(vdib__lesson_create(trainer, size, steps, &e->lesson));
    VDIB_TRY(VDIB_NEW(&e->examples, size));
    VDIB_TRY(VDIB_NEW(&e->inputs, size));
    VDIB_TRY(VDIB_NEW(&e->presentations, size));
    VDIB_TRY(VDIB_NEW(&e->labels, size));
    VDIB_TRY(VDIB_NEW(&e->losses, samples));
    VDIB_TRY(VDIB_NEW(&e->totals, samples));
    VDIB_TRY(VDIB_NEW(&e->logit_gradients, samples * model->outputs));
    if (reads_gradient(model, &trainer->plan))
        VDIB_TRY(VDIB_NEW(&e->window_gradients, samples * model->window * model->row));
    if (model->encoder.credit->target)
        VDIB_TRY(create_targets(model, e));
    for (size_t i = 0; i < size; i++)
        VDIB_TRY(vdib_example_create(trainer->dataset, &e->examples[i]));
    return VDIB_OK;
}

/* The arrays above, and the windows of the batch. */
static size_t bytes(const vdib_model *model, const vdib__estimator_plan *plan) {
    size_t size = model->config->learning.batch_size, window = model->window * model->row;
    size_t values = plan->draws * (model->outputs + window + (reads_gradient(model, plan) ? window : 0)) +
                    (model->encoder.credit->target ? model->outputs : 0);
    return size * values * sizeof(float) + vdib__lesson_bytes(model, plan, size, model->geometry.steps);
}

static vdib_status create(const vdib_trainer *trainer, void **buffers) {
    episode *e = NULL;
    VDIB_TRY(VDIB_NEW(&e, 1));
    e->capacity = trainer->model->config->learning.batch_size;
    e->draws = trainer->plan.draws;
    vdib_status status = fill_buffers(trainer, e);
    if (status != VDIB_OK) {
        destroy(e);
        return status;
    }
    *buffers = e;
    return VDIB_OK;
}

/* What the tasks of a step share, which are the examples of the batch. */
typedef struct episode_work {
    const vdib_trainer *trainer;
    episode *buffers;
    size_t count;           /* examples of the batch, of all ranks */
    size_t first, *indices; /* the first example, or draw, at hand; fetching: which ones of the data they are */
    vdib__failure *failure;
} episode_work;

static void fetch_task(const void *context, size_t number, size_t slot) {
    const episode_work *w = context;
    const vdib_trainer *trainer = w->trainer;
    episode *e = w->buffers;
    size_t i = w->first + number;
    (void)slot;
    vdib__failure_note(w->failure, i,
                       vdib__dataset_fetch_augmented(trainer->dataset, w->indices[number], trainer->model->config->seed,
                                                     e->presentations[i], &trainer->augmentation, e->examples[i]));
    e->inputs[i] = e->examples[i]->raster;
    e->labels[i] = e->examples[i]->label;
}

/* Examples of the next presentations, as far as they are in this rank's part. */
static vdib_status fetch(vdib_trainer *trainer, episode *e, vdib__portion part) {
    size_t indices[256];
    vdib__failure failure;
    episode_work all = {.trainer = trainer, .buffers = e, .first = part.begin, .indices = indices, .failure = &failure};
    vdib__failure_init(&failure);
    for (size_t count; all.first < part.end; all.first += count) {
        count = part.end - all.first < 256 ? part.end - all.first : 256;
        for (size_t i = 0; i < count; i++) {
            e->presentations[all.first + i] = trainer->model->examples + all.first + i;
            indices[i] = vdib__order_index(&trainer->order, e->presentations[all.first + i]);
        }
        vdib__parallel(trainer->threads, count, fetch_task, &all);
    }
    return vdib__failure_raise(&failure);
}

/* Fetches and encodes what this rank has of the batch. */
static vdib_status encode(vdib_trainer *trainer, episode *e, vdib__portion part) {
    const vdib_model *model = trainer->model;
    vdib__batch own = *e->batch;
    own.trials += part.begin;
    own.keys += part.begin;
    own.windows += part.begin * e->draws * model->window * model->row;
    VDIB_TRY(fetch(trainer, e, part));
    if (vdib__portion_size(part) == 0)
        return VDIB_OK;
    return vdib__batch_encode(model, trainer->threads, &own, e->inputs + part.begin, model->config->seed,
                              VDIB_STAGE_TRAINING, e->presentations + part.begin, vdib__portion_size(part));
}

static vdib_status forward(vdib_trainer *trainer, episode *e, size_t count) {
    const vdib_model *model = trainer->model;
    vdib__batch *batch = e->batch;
    VDIB_TRY(encode(trainer, e, vdib__own_portion(trainer->ranks, count)));
    if (trainer->ranks == NULL)
        return vdib__chain_forward(&model->decoder, &model->table, model->parameters, trainer->threads,
                                   batch->workspace, batch->windows, count * e->draws, &batch->logits);
    return vdib__chain_forward_divided(&model->decoder, &model->table, model->parameters, trainer->threads,
                                       batch->workspace, trainer->ranks, e->draws, batch->windows, count * e->draws,
                                       &batch->logits);
}

/* The draws of a part of the examples. */
static vdib__portion draws_of(const episode *e, vdib__portion part) {
    return (vdib__portion){part.begin * e->draws, part.end * e->draws};
}

/* Tasks: draws. Their losses, and the gradients of their logits. */
static void lose_task(const void *context, size_t number, size_t slot) {
    const episode_work *w = context;
    episode *e = w->buffers;
    size_t i = w->first + number;
    const vdib_model *model = w->trainer->model;
    const vdib_example *example = e->examples[i / e->draws];
    const float *logits = e->batch->logits + i * model->outputs;
    float scale = w->trainer->plan.distortion_scale / (float)(w->count * e->draws),
          *gradient = e->logit_gradients + i * model->outputs;
    (void)slot;
    e->losses[i] = vdib__loss_measure(model, e->batch, i, example->target, example->label);
    model->head->gradient(logits, model->outputs, example->target, example->label, scale, gradient);
    vdib__loss_smooth(model, logits, example->label, scale, &e->losses[i], gradient);
    e->totals[i] = vdib__loss_total_at(model, w->trainer->plan.beta, &e->losses[i], e->batch->steps);
}

static void back_task(const void *context, size_t number, size_t slot) {
    const episode_work *w = context;
    const vdib_model *model = w->trainer->model;
    episode *e = w->buffers;
    size_t i = w->first + number;
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_TRAINING);
    (void)slot;
    const vdib__key key = vdib__batch_key(e->batch, i);
    vdib__link_back(&link, &key, e->batch->steps - model->window, model->window,
                    e->window_gradients + i * model->window * model->row);
}

/* The gradients of what was received become those of what was sent. */
static void bring_back(const vdib_trainer *trainer, episode *e, size_t count) {
    vdib__portion own = draws_of(e, vdib__own_portion(trainer->ranks, count));
    const episode_work all = {.trainer = trainer, .buffers = e, .count = count, .first = own.begin};
    const vdib__link link = vdib__model_link(trainer->model, VDIB_STAGE_TRAINING);
    if (e->window_gradients != NULL && !vdib__link_is_plain(&link))
        vdib__parallel(trainer->threads, vdib__portion_size(own), back_task, &all);
}

static vdib_status check_targets(vdib_trainer *trainer, const episode *e, vdib__portion part) {
    for (size_t i = part.begin; i < part.end; i++)
        VDIB_TRY(vdib__task_check_target(trainer->model, e->examples[i],
                                         vdib__order_index(&trainer->order, e->presentations[i])));
    return VDIB_OK;
}

static vdib_status check_finite(const episode *e, vdib__portion own) {
    for (size_t i = own.begin; i < own.end; i++)
        if (!isfinite(e->totals[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC,
                              "the loss is not finite at example %llu; try a smaller learning.encoder_learning_rate or "
                              "learning.decoder_learning_rate, or learning.clip_norm",
                              (unsigned long long)e->presentations[i / e->draws]);
    return VDIB_OK;
}

/* Losses, and the gradients of the logits: all ranks have those of all draws afterwards. */
static vdib_status lose(vdib_trainer *trainer, episode *e, size_t count) {
    vdib__portion part = vdib__own_portion(trainer->ranks, count), own = draws_of(e, part);
    const episode_work all = {.trainer = trainer, .buffers = e, .count = count, .first = own.begin};
    const vdib__rows rows[] = {{e->losses, e->draws * sizeof *e->losses},
                               {e->totals, e->draws * sizeof *e->totals},
                               {e->logit_gradients, e->draws * trainer->model->outputs * sizeof *e->logit_gradients}};
    VDIB_TRY(check_targets(trainer, e, part));
    vdib__parallel(trainer->threads, vdib__portion_size(own), lose_task, &all);
    VDIB_TRY(check_finite(e, own));
    return vdib__ranks_share(trainer->ranks, count, rows, sizeof rows / sizeof *rows);
}

/* Losses, the decoder's gradients and update; for estimators that read them, also the gradients of the windows. */
static vdib_status decode(vdib_trainer *trainer, episode *e, size_t count) {
    VDIB_TRY(lose(trainer, e, count));
    VDIB_TRY(vdib__update_decoder(trainer, trainer->threads, e->batch->workspace, e->logit_gradients, count * e->draws,
                                  e->window_gradients));
    bring_back(trainer, e, count);
    return VDIB_OK;
}

/* The targets as the vectors that drtp projects: the image, or the class as one-hot. */
static void fill_targets(const vdib_model *model, episode *e, vdib__portion part) {
    size_t outputs = model->outputs;
    for (size_t i = part.begin; i < part.end && e->target_vectors != NULL; i++) {
        const vdib_example *example = e->examples[i];
        float *target = e->target_vectors + i * outputs;
        memset(target, 0, outputs * sizeof *target);
        if (model->head->classes)
            target[example->label] = 1.0F;
        else
            memcpy(target, example->target, outputs * sizeof *target);
    }
}

/* Running averages of an example: means over its draws. */
static void average(vdib_trainer *trainer, const episode *e, size_t example) {
    double neurons_steps = (double)trainer->model->encoder.readout.neurons * (double)e->batch->steps;
    double total = 0, distortion = 0, rate = 0, spikes = 0, draws = (double)e->draws;
    for (size_t i = example * e->draws; i < (example + 1) * e->draws; i++) {
        total += e->totals[i];
        distortion += e->losses[i].distortion;
        rate += e->losses[i].rate;
        spikes += (double)e->losses[i].spikes;
    }
    vdib__averages_add(&trainer->averages, total / draws, distortion / draws, rate / draws / VDIB_LN2,
                       neurons_steps > 0 ? spikes / draws / neurons_steps : 0.0);
}

/* The encoder learns, where there is one, and its examples are counted. */
static vdib_status give_lesson(vdib_trainer *trainer, episode *e, const vdib__lesson_terms *terms) {
    size_t count = terms->examples;
    if (!trainer->model->encoder.absent)
        VDIB_TRY(vdib__lesson_give(e->lesson, trainer, e->batch, terms));
    vdib__trainer_count(trainer, count);
    for (size_t i = 0; i < count; i++)
        average(trainer, e, i);
    return VDIB_OK;
}

static vdib_status step(vdib_trainer *trainer, void *buffers, uint64_t wanted) {
    episode *e = buffers;
    size_t count = (size_t)wanted;
    vdib__updates_begin(trainer, count);
    VDIB_TRY(forward(trainer, e, count));
    VDIB_TRY(decode(trainer, e, count));
    fill_targets(trainer->model, e, vdib__own_portion(trainer->ranks, count));
    const vdib__lesson_terms terms = {.examples = count,
                                      .losses = e->totals,
                                      .window_gradients = e->window_gradients,
                                      .labels = e->labels,
                                      .targets = e->target_rows};
    return give_lesson(trainer, e, &terms);
}

/* ---- around a decoder of the program's ---- */

static vdib_status show(vdib_trainer *trainer, void *buffers, size_t count, vdib_shown *shown) {
    episode *e = buffers;
    const vdib_model *model = trainer->model;
    vdib__updates_begin(trainer, count);
    VDIB_TRY(encode(trainer, e, (vdib__portion){0, count}));
    for (size_t i = 0; i < count * e->draws; i++) {
        e->losses[i] = vdib__loss_measure_rate(model, e->batch, i);
        e->totals[i] = vdib__loss_rate_term(model, trainer->plan.beta, &e->losses[i], e->batch->steps);
    }
    shown->examples = count;
    shown->draws = e->draws;
    shown->windows = e->batch->windows;
    shown->rate_terms = e->totals;
    shown->data = (const vdib_example *const *)e->examples;
    return VDIB_OK;
}

static vdib_status learn(vdib_trainer *trainer, void *buffers, size_t count, const vdib__outside *outside) {
    episode *e = buffers;
    size_t outputs = trainer->model->outputs;
    vdib__updates_begin(trainer, count);
    for (size_t i = 0; i < count * e->draws && outside->losses != NULL; i++) {
        e->losses[i].distortion = outside->losses[i];
        e->totals[i] = outside->losses[i] + e->totals[i]; /* its rate term is there */
    }
    size_t window = trainer->model->window * trainer->model->row;
    if (e->window_gradients != NULL)
        memcpy(e->window_gradients, outside->window_gradients, count * e->draws * window * sizeof *e->window_gradients);
    bring_back(trainer, e, count);
    for (size_t i = 0; i < count && e->target_vectors != NULL; i++)
        memcpy(e->target_vectors + i * outputs, outside->targets + i * outputs, outputs * sizeof *outside->targets);
    const vdib__lesson_terms terms = {.examples = count,
                                      .losses = e->totals,
                                      .window_gradients = e->window_gradients,
                                      .labels = e->labels,
                                      .targets = e->target_rows};
    return give_lesson(trainer, e, &terms);
}

static vdib_status set_threads(const vdib_trainer *trainer, void *buffers, int threads) {
    episode *e = buffers;
    return vdib__batch_set_threads(trainer->model, e->batch, threads);
}

const vdib__schedule vdib__schedule_episode = {
    .choice = {.name = "episode", .help = "one update for a batch of examples"},
    .create = create,
    .bytes = bytes,
    .destroy = destroy,
    .set_threads = set_threads,
    .step = step,
    .show = show,
    .learn = learn};
