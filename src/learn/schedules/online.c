/* SPDX-License-Identifier: MIT */
/* The online schedule: one update for every step of a sequence, or of several side by side; the loss of step t credits
 * the readout spikes of step t only. The first tau_d steps fill the decoder's window and teach nothing. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "learn/objective.h"
#include "learn/task.h"
#include "learn/updates.h"

/* One of the sequences. */
typedef struct sequence {
    vdib_example *example;
    vdib__encoder_state *state;
    vdib__key key;
    float *errors;        /* (NY) */
    float *hidden_errors; /* (NY), NULL unless direct feedback differs from the readout's errors */
    float *target;        /* (outputs) */
    vdib__loss loss;      /* of the step under way */
    double total;
    /* over the scored steps */
    vdib__loss sum;
    double total_sum;
    size_t spikes;
} sequence;

typedef struct online {
    size_t capacity;       /* B */
    size_t count;          /* sequences at hand */
    sequence *sequences;   /* (B) */
    vdib__sample *samples; /* (B) */
    float *weights;        /* (B) */
    vdib__loss *rates;     /* (B) of the step under way: rate and spikes */
    vdib__chain_workspace *workspace;
    float *windows;          /* (B, tau_d, NR) what was received of the last steps */
    float *window_gradients; /* (B, tau_d, NR), NULL unless the estimator reads it */
    float *logit_gradients;  /* (B, outputs) */
    float *gradients;        /* (table.trained) of one sequence; NULL where there is only one */
    /* several ranks divide the sequences */
    vdib__portion own;    /* the sequences that are encoded here, and whose errors are known */
    float *all_gradients; /* (B, parameters of the encoder) of every sequence; NULL: one process */
} online;

static void destroy(void *buffers) {
    online *o = buffers;
    for (size_t i = 0; i < o->capacity && o->sequences != NULL; i++) {
        sequence *s = &o->sequences[i];
        vdib__free(s->target);
        vdib__free(s->hidden_errors);
        vdib__free(s->errors);
        vdib__encoder_state_destroy(s->state);
        vdib_example_destroy(s->example);
    }
    vdib__free(o->all_gradients);
    vdib__free(o->gradients);
    vdib__free(o->logit_gradients);
    vdib__free(o->window_gradients);
    vdib__free(o->windows);
    vdib__chain_workspace_destroy(o->workspace);
    vdib__free(o->rates);
    vdib__free(o->weights);
    vdib__free(o->samples);
    vdib__free(o->sequences);
    vdib__free(o);
}

static vdib_status fill_sequence(const vdib_trainer *trainer, sequence *s) {
    const vdib_model *model = trainer->model;
    size_t readouts = model->encoder.readout.neurons;
    VDIB_TRY(vdib_example_create(trainer->dataset, &s->example));
    VDIB_TRY(vdib__encoder_state_create(&model->encoder, true, &s->state));
    VDIB_TRY(VDIB_NEW(&s->errors, readouts));
    if (trainer->plan.hidden_unscaled)
        VDIB_TRY(VDIB_NEW(&s->hidden_errors, readouts));
    return VDIB_NEW(&s->target, model->outputs);
}

static vdib_status fill_buffers(const vdib_trainer *trainer, online *o) {
    const vdib_model *model = trainer->model;
    size_t size = o->capacity, window = model->window * model->row;
    VDIB_TRY(VDIB_NEW(&o->sequences, size));
    VDIB_TRY(VDIB_NEW(&o->samples, size));
    VDIB_TRY(VDIB_NEW(&o->weights, size));
    VDIB_TRY(VDIB_NEW(&o->rates, size));
    VDIB_TRY(vdib__chain_workspace_create(&model->decoder, size, 1, &o->workspace));
    VDIB_TRY(VDIB_NEW(&o->windows, size * window));
    if (trainer->plan.estimator->reads_gradient)
        VDIB_TRY(VDIB_NEW(&o->window_gradients, size * window));
    VDIB_TRY(VDIB_NEW(&o->logit_gradients, size * model->outputs));
    if (size > 1)
        VDIB_TRY(VDIB_NEW(&o->gradients, model->table.trained));
    for (size_t i = 0; i < size; i++)
        VDIB_TRY(fill_sequence(trainer, &o->sequences[i]));
    return VDIB_OK;
}

/* The arrays above; what a state allocates does not grow with the steps. */
static size_t bytes(const vdib_model *model, const vdib__estimator_plan *plan) {
    size_t size = model->config->learning.batch_size, window = model->window * model->row;
    size_t values = 2 * model->outputs + window * (plan->estimator->reads_gradient ? 2 : 1);
    return (size * values + (size > 1 ? model->table.trained : 0)) * sizeof(float);
}

static vdib_status create(const vdib_trainer *trainer, void **buffers) {
    online *o = NULL;
    VDIB_TRY(VDIB_NEW(&o, 1));
    o->capacity = trainer->model->config->learning.batch_size;
    vdib_status status = fill_buffers(trainer, o);
    if (status != VDIB_OK) {
        destroy(o);
        return status;
    }
    *buffers = o;
    return VDIB_OK;
}

/* ---- a step of all sequences ---- */

/* Moves the windows on by one step and puts what is received of data step `step` at their ends. */
static void slide(const vdib_model *model, size_t step, online *o) {
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_TRAINING);
    size_t kept = (model->window - 1) * model->row;
    for (size_t i = o->own.begin; i < o->own.end; i++) {
        float *window = o->windows + i * model->window * model->row;
        memmove(window, window + model->row, kept * sizeof *window);
        vdib__link_receive(&link, &o->sequences[i].key, step, 1, vdib__encoder_state_spikes(o->sequences[i].state),
                           window + kept);
    }
}

/* The gradient of the newest step's spikes of a sequence, of which the decoder's gradient is what was received; NULL
 * unless the estimator reads it. */
static float *newest_gradient(const vdib_model *model, size_t step, online *o, size_t i) {
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_TRAINING);
    if (o->window_gradients == NULL)
        return NULL;
    float *newest = o->window_gradients + (i * model->window + model->window - 1) * model->row;
    if (!vdib__link_is_plain(&link))
        vdib__link_back(&link, &o->sequences[i].key, step, 1, newest);
    return newest;
}

static uint32_t label_of(const vdib_example *example, size_t step) {
    return example->step_labels != NULL ? example->step_labels[step] : example->label;
}

/* The target of a step as the vector that drtp projects: one-hot, or the example's. */
static const float *target_of(const vdib_model *model, sequence *s, uint32_t label) {
    if (!model->head->classes)
        return s->example->target;
    memset(s->target, 0, model->outputs * sizeof *s->target);
    s->target[label] = 1.0F;
    return s->target;
}

/* Rate and spikes of the sequences that are encoded here; with several ranks of all, and all windows. */
static vdib_status measure_rates(const vdib_trainer *trainer, online *o) {
    const vdib_model *model = trainer->model;
    size_t neurons = model->encoder.readout.neurons;
    const vdib__rows rows[] = {{o->rates, sizeof *o->rates},
                               {o->windows, model->window * model->row * sizeof *o->windows}};
    for (size_t i = o->own.begin; i < o->own.end; i++) {
        const vdib__encoder_state *state = o->sequences[i].state;
        const float *spikes = vdib__encoder_state_spikes(state);
        o->rates[i] = (vdib__loss){0};
        vdib__rate_add(model->encoder.level, vdib__encoder_state_potentials(state), spikes, neurons,
                       model->config->objective.prior_probability, &o->rates[i].rate_sampled, &o->rates[i].rate);
        for (size_t k = 0; k < neurons; k++)
            o->rates[i].spikes += spikes[k] != 0.0F;
    }
    return vdib__ranks_share(trainer->ranks, o->count, rows, sizeof rows / sizeof *rows);
}

/* The loss of a sequence's step, and its share of the gradient of the logits. */
static vdib_status lose(const vdib_trainer *trainer, online *o, size_t i, size_t step, const float *logits) {
    const vdib_model *model = trainer->model;
    sequence *s = &o->sequences[i];
    uint32_t label = label_of(s->example, step);
    float scale = trainer->plan.distortion_scale / (float)o->count, *gradient = o->logit_gradients + i * model->outputs;
    s->loss = o->rates[i];
    s->loss.distortion = model->head->distortion(logits, model->outputs, s->example->target, label);
    model->head->gradient(logits, model->outputs, s->example->target, label, scale, gradient);
    vdib__loss_smooth(model, logits, label, scale, &s->loss, gradient);
    s->total = vdib__loss_total_at(model, trainer->plan.beta, &s->loss, 1);
    if (!isfinite(s->total))
        return vdib__fail(VDIB_ERROR_NUMERIC,
                          "the loss is not finite in sequence %llu; try a smaller learning.encoder_learning_rate or "
                          "learning.decoder_learning_rate",
                          (unsigned long long)s->key.example);
    return VDIB_OK;
}

/* Errors of the sequences: samples of one step each, of which the decoder reads the newest row. Leaves their weights,
 * which are also those of the targets under drtp. */
static void credit_step(const vdib_trainer *trainer, online *o, size_t step) {
    for (size_t i = 0; i < o->count; i++) {
        sequence *s = &o->sequences[i];
        o->samples[i] = (vdib__sample){.potentials = vdib__encoder_state_potentials(s->state),
                                       .probabilities = vdib__encoder_state_probabilities(s->state),
                                       .spikes = vdib__encoder_state_spikes(s->state),
                                       .loss = s->total,
                                       .label = label_of(s->example, step),
                                       .window_gradient = newest_gradient(trainer->model, step, o, i),
                                       .errors = s->errors,
                                       .hidden_errors = s->hidden_errors};
    }
    const vdib__estimate estimate = {.plan = &trainer->plan,
                                     .examples = o->count,
                                     .draws = 1,
                                     .steps = 1,
                                     .window = 1,
                                     .readouts = trainer->model->encoder.readout.neurons,
                                     .samples = o->samples,
                                     .weights = o->weights};
    trainer->plan.estimator->weigh(&estimate);
    for (size_t i = o->own.begin; i < o->own.end; i++)
        trainer->plan.estimator->credit(&estimate, &o->samples[i], o->weights[i]);
}

/* The encoder's gradients of one sequence. */
static vdib_status step_gradient(const vdib_trainer *trainer, online *o, size_t i, size_t step, float *gradients) {
    const vdib_model *model = trainer->model;
    sequence *s = &o->sequences[i];
    const float *target = model->encoder.credit->target ? target_of(model, s, label_of(s->example, step)) : NULL;
    return vdib__encoder_step_backward(&model->encoder, &model->table, model->parameters, s->state, s->errors,
                                       s->hidden_errors, target, o->weights[i], gradients);
}

/* Of all sequences where several ranks divide them: each makes those of its own, and all are added in their order. */
static vdib_status gather_gradients(vdib_trainer *trainer, online *o, size_t step) {
    vdib_model *model = trainer->model;
    size_t begin = model->table.role_begin[VDIB_TENSOR_ENCODER], count = model->table.role_count[VDIB_TENSOR_ENCODER];
    const vdib__rows rows = {o->all_gradients, count * sizeof *o->all_gradients};
    for (size_t i = o->own.begin; i < o->own.end; i++) {
        VDIB_TRY(step_gradient(trainer, o, i, step, o->gradients));
        memcpy(o->all_gradients + i * count, o->gradients + begin, count * sizeof *o->gradients);
    }
    VDIB_TRY(vdib__ranks_share(trainer->ranks, o->count, &rows, 1));
    memcpy(trainer->gradients + begin, o->all_gradients, count * sizeof *o->gradients);
    for (size_t i = 1; i < o->count; i++)
        for (size_t k = 0; k < count; k++)
            trainer->gradients[begin + k] += o->all_gradients[i * count + k];
    return VDIB_OK;
}

/* The encoder's gradients: a sum over the sequences, in their order. */
static vdib_status add_gradients(vdib_trainer *trainer, online *o, size_t step) {
    vdib_model *model = trainer->model;
    size_t begin = model->table.role_begin[VDIB_TENSOR_ENCODER], count = model->table.role_count[VDIB_TENSOR_ENCODER];
    if (trainer->ranks != NULL)
        return gather_gradients(trainer, o, step);
    for (size_t i = 0; i < o->count; i++) {
        float *made = i == 0 ? trainer->gradients : o->gradients;
        VDIB_TRY(step_gradient(trainer, o, i, step, made));
        for (size_t k = begin; k < begin + count && i > 0; k++)
            trainer->gradients[k] += made[k];
    }
    return VDIB_OK;
}

/* Losses, gradients and updates of one scored step. */
static vdib_status learn_step(vdib_trainer *trainer, online *o, size_t step) {
    vdib_model *model = trainer->model;
    const float *logits = NULL;
    VDIB_TRY(measure_rates(trainer, o));
    VDIB_TRY(vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, o->workspace, o->windows,
                                 o->count, &logits));
    for (size_t i = 0; i < o->count; i++)
        VDIB_TRY(lose(trainer, o, i, step, logits + i * model->outputs));
    VDIB_TRY(vdib__update_decoder(trainer, 1, o->workspace, o->logit_gradients, o->count, o->window_gradients));
    credit_step(trainer, o, step);
    VDIB_TRY(add_gradients(trainer, o, step));
    vdib__optimizer_update(&trainer->encoder, 1, model->parameters, trainer->gradients, o->sequences[0].total);
    for (size_t i = 0; i < o->count; i++) {
        sequence *s = &o->sequences[i];
        s->sum.distortion += s->loss.distortion;
        s->sum.rate += s->loss.rate;
        s->total_sum += s->total;
        s->spikes += s->loss.spikes;
    }
    return VDIB_OK;
}

/* ---- sequences ---- */

/* The next `count` sequences, all of as many steps, at their beginning. */
static vdib_status fetch(vdib_trainer *trainer, online *o, size_t count) {
    o->count = count;
    o->own = vdib__own_portion(trainer->ranks, count);
    if (trainer->ranks != NULL && o->all_gradients == NULL)
        VDIB_TRY(VDIB_NEW(&o->all_gradients, o->capacity * trainer->model->table.role_count[VDIB_TENSOR_ENCODER]));
    for (size_t i = 0; i < count; i++) {
        sequence *s = &o->sequences[i];
        uint64_t presentation = trainer->model->examples + i, seed = trainer->model->config->seed;
        size_t index = vdib__order_index(&trainer->order, presentation);
        VDIB_TRY(vdib__dataset_fetch_augmented(trainer->dataset, index, seed, presentation, &trainer->augmentation,
                                               s->example));
        VDIB_TRY(vdib__task_check_target(trainer->model, s->example, index));
        s->key = (vdib__key){
            .seed = seed, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_TRAINING, .example = presentation};
        s->sum = (vdib__loss){0};
        s->total_sum = 0;
        s->spikes = 0;
        vdib__encoder_state_reset(s->state);
    }
    return VDIB_OK;
}

/* Step t, blank steps included, of every encoder that is run here. */
static vdib_status encode(const vdib_model *model, online *o, size_t t, size_t blank) {
    for (size_t i = o->own.begin; i < o->own.end; i++) {
        sequence *s = &o->sequences[i];
        const uint32_t *channels = NULL;
        size_t active = t < blank ? 0 : vdib_raster_at(s->example->raster, t - blank, &channels);
        VDIB_TRY(vdib__encoder_step(&model->encoder, &model->table, model->parameters, s->state, channels, active,
                                    &s->key, (uint32_t)t, NULL));
    }
    return VDIB_OK;
}

static void count_sequences(vdib_trainer *trainer, const online *o, size_t scored) {
    double n = scored > 0 ? (double)scored : 1.0;
    vdib__trainer_count(trainer, o->count);
    for (size_t i = 0; i < o->count; i++) {
        const sequence *s = &o->sequences[i];
        vdib__averages_add(&trainer->averages, s->total_sum / n, s->sum.distortion / n, s->sum.rate / n / VDIB_LN2,
                           (double)s->spikes / n / (double)trainer->model->encoder.readout.neurons);
    }
}

/* `wanted` sequences, at least 1. */
static vdib_status step(vdib_trainer *trainer, void *buffers, uint64_t wanted) {
    online *o = buffers;
    vdib_model *model = trainer->model;
    size_t blank = model->config->data.blank_steps, scored = 0;
    vdib__updates_begin(trainer, wanted);
    VDIB_TRY(fetch(trainer, o, (size_t)wanted));
    size_t steps = vdib_raster_steps(o->sequences[0].example->raster);
    for (size_t t = 0; t < blank + steps; t++) {
        VDIB_TRY(encode(model, o, t, blank));
        if (t >= blank)
            slide(model, t - blank, o);
        if (t < blank + model->window)
            continue;
        VDIB_TRY(learn_step(trainer, o, t - blank));
        scored++;
    }
    count_sequences(trainer, o, scored);
    return VDIB_OK;
}

static const vdib__need needs[] = {{.key = "learning.draws", .least = 1, .most = 1},
                                   {.key = "decoder.window", .least = 1, .below = "data.steps"},
                                   {0}};

const vdib__schedule vdib__schedule_online = {
    .choice = {.name = "online",
               .help = "one update for every time step, whose loss credits that step's spikes",
               .needs = needs},
    .by_step = true,
    .create = create,
    .bytes = bytes,
    .destroy = destroy,
    .step = step};
