/* SPDX-License-Identifier: MIT */
/* The online schedule: one update for every step of a sequence; the loss of step t credits the readout spikes of step t
 * only. The first tau_d steps fill the decoder's window and teach nothing. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "learn/objective.h"
#include "learn/updates.h"

typedef struct online {
    vdib_example *example;
    vdib__encoder_state *state;
    vdib__chain_workspace *workspace;
    float *window;          /* (tau_d, NR) what was received of the last steps */
    float *window_gradient; /* (tau_d, NR), NULL unless the estimator reads it */
    float *logit_gradient;  /* (outputs) */
    float *errors;          /* (NY) */
    float *hidden_errors;   /* (NY), NULL unless direct feedback differs from the readout's errors */
    float *target;          /* (outputs) */
} online;

static void destroy(void *buffers) {
    online *o = buffers;
    vdib__free(o->target);
    vdib__free(o->hidden_errors);
    vdib__free(o->errors);
    vdib__free(o->logit_gradient);
    vdib__free(o->window_gradient);
    vdib__free(o->window);
    vdib__chain_workspace_destroy(o->workspace);
    vdib__encoder_state_destroy(o->state);
    vdib_example_destroy(o->example);
    vdib__free(o);
}

static vdib_status fill_buffers(const vdib_trainer *trainer, online *o) {
    const vdib_model *model = trainer->model;
    size_t readouts = model->encoder.readout.neurons;
    VDIB_TRY(vdib_example_create(trainer->dataset, &o->example));
    VDIB_TRY(vdib__encoder_state_create(&model->encoder, true, &o->state));
    VDIB_TRY(vdib__chain_workspace_create(&model->decoder, 1, 1, &o->workspace));
    VDIB_TRY(VDIB_NEW(&o->window, model->window * model->row));
    if (trainer->plan.estimator->reads_gradient)
        VDIB_TRY(VDIB_NEW(&o->window_gradient, model->window * model->row));
    VDIB_TRY(VDIB_NEW(&o->logit_gradient, model->outputs));
    VDIB_TRY(VDIB_NEW(&o->errors, readouts));
    if (trainer->plan.hidden_unscaled)
        VDIB_TRY(VDIB_NEW(&o->hidden_errors, readouts));
    return VDIB_NEW(&o->target, model->outputs);
}

static vdib_status create(const vdib_trainer *trainer, void **buffers) {
    online *o = NULL;
    VDIB_TRY(VDIB_NEW(&o, 1));
    vdib_status status = fill_buffers(trainer, o);
    if (status != VDIB_OK) {
        destroy(o);
        return status;
    }
    *buffers = o;
    return VDIB_OK;
}

/* Moves the window on by one step and puts what is received of data step `step` at its end. */
static void slide(const vdib_model *model, const vdib__key *key, size_t step, online *o) {
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_TRAINING);
    size_t kept = (model->window - 1) * model->row;
    memmove(o->window, o->window + model->row, kept * sizeof *o->window);
    vdib__link_receive(&link, key, step, 1, vdib__encoder_state_spikes(o->state), o->window + kept);
}

/* The gradient of the newest step's spikes, of which the decoder's gradient is what was received; NULL unless the
 * estimator reads it. */
static float *newest_gradient(const vdib_model *model, const vdib__key *key, size_t step, online *o) {
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_TRAINING);
    if (o->window_gradient == NULL)
        return NULL;
    float *newest = o->window_gradient + (model->window - 1) * model->row;
    if (!vdib__link_is_plain(&link))
        vdib__link_back(&link, key, step, 1, newest);
    return newest;
}

/* Errors of a step with the given loss and gradient (NY): one sample of one step, of which the decoder reads the newest
 * row. Returns its weight, which is also the target's under drtp. */
static float credit_step(const vdib_trainer *trainer, online *o, double loss, const float *gradient) {
    const vdib_model *model = trainer->model;
    size_t readouts = model->encoder.readout.neurons;
    float weight = 0.0F;
    const vdib__sample sample = {.potentials = vdib__encoder_state_potentials(o->state),
                                 .probabilities = vdib__encoder_state_probabilities(o->state),
                                 .spikes = vdib__encoder_state_spikes(o->state),
                                 .loss = loss,
                                 .window_gradient = gradient,
                                 .errors = o->errors,
                                 .hidden_errors = o->hidden_errors};
    const vdib__estimate estimate = {.plan = &trainer->plan,
                                     .examples = 1,
                                     .draws = 1,
                                     .steps = 1,
                                     .window = 1,
                                     .readouts = readouts,
                                     .samples = &sample,
                                     .weights = &weight};
    trainer->plan.estimator->weigh(&estimate);
    trainer->plan.estimator->credit(&estimate, &sample, weight);
    return weight;
}

/* The target of a step as the vector that drtp projects: one-hot, or the example's. */
static const float *target_of(const vdib_model *model, online *o, uint32_t label) {
    if (!model->head->classes)
        return o->example->target;
    memset(o->target, 0, model->outputs * sizeof *o->target);
    o->target[label] = 1.0F;
    return o->target;
}

/* Loss, gradients and updates of one scored step. */
static vdib_status learn_step(vdib_trainer *trainer, online *o, const vdib__key *key, size_t step, uint32_t label,
                              vdib__loss *sum, double *total) {
    vdib_model *model = trainer->model;
    size_t readouts = model->encoder.readout.neurons;
    const float *logits = NULL;
    VDIB_TRY(
        vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, o->workspace, o->window, 1, &logits));
    vdib__loss loss = {.distortion = model->head->distortion(logits, model->outputs, o->example->target, label)};
    vdib__rate_add(model->encoder.level, vdib__encoder_state_potentials(o->state), vdib__encoder_state_spikes(o->state),
                   readouts, model->config->objective.prior_probability, &loss.rate_sampled, &loss.rate);
    model->head->gradient(logits, model->outputs, o->example->target, label, trainer->plan.distortion_scale,
                          o->logit_gradient);
    vdib__loss_smooth(model, logits, label, trainer->plan.distortion_scale, &loss, o->logit_gradient);
    double scalar = vdib__loss_total_at(model, trainer->plan.beta, &loss, 1);
    if (!isfinite(scalar))
        return vdib__fail(VDIB_ERROR_NUMERIC,
                          "the loss is not finite in sequence %llu; try a smaller learning.encoder_learning_rate or "
                          "learning.decoder_learning_rate",
                          (unsigned long long)model->examples);
    VDIB_TRY(vdib__update_decoder(trainer, 1, o->workspace, o->logit_gradient, 1, o->window_gradient));
    float weight = credit_step(trainer, o, scalar, newest_gradient(model, key, step, o));
    const float *target = model->encoder.credit->target ? target_of(model, o, label) : NULL;
    VDIB_TRY(vdib__encoder_step_backward(&model->encoder, &model->table, model->parameters, o->state, o->errors,
                                         o->hidden_errors, target, weight, trainer->gradients));
    vdib__optimizer_update(&trainer->encoder, 1, model->parameters, trainer->gradients, scalar);
    sum->distortion += loss.distortion;
    sum->rate += loss.rate;
    *total += scalar;
    return VDIB_OK;
}

/* One sequence: `count` is at least 1. */
static vdib_status step(vdib_trainer *trainer, void *buffers, uint64_t count) {
    online *o = buffers;
    (void)count;
    vdib_model *model = trainer->model;
    uint64_t presentation = model->examples;
    vdib__updates_begin(trainer, 1);
    VDIB_TRY(vdib__dataset_fetch_augmented(trainer->dataset, vdib__order_index(&trainer->order, presentation),
                                           model->config->seed, presentation, &trainer->augmentation, o->example));
    vdib__key key = {.seed = model->config->seed,
                     .purpose = VDIB_PURPOSE_READOUT,
                     .stage = VDIB_STAGE_TRAINING,
                     .example = presentation};
    size_t blank = model->config->data.blank_steps, steps = vdib_raster_steps(o->example->raster), scored = 0,
           spikes = 0;
    vdib__loss sum = {0};
    double total = 0;
    vdib__encoder_state_reset(o->state);
    for (size_t t = 0; t < blank + steps; t++) {
        const uint32_t *channels = NULL;
        size_t active = t < blank ? 0 : vdib_raster_at(o->example->raster, t - blank, &channels);
        VDIB_TRY(vdib__encoder_step(&model->encoder, &model->table, model->parameters, o->state, channels, active, &key,
                                    (uint32_t)t, NULL));
        if (t >= blank)
            slide(model, &key, t - blank, o);
        if (t < blank + model->window)
            continue;
        uint32_t label = o->example->step_labels != NULL ? o->example->step_labels[t - blank] : o->example->label;
        VDIB_TRY(learn_step(trainer, o, &key, t - blank, label, &sum, &total));
        for (size_t i = 0; i < model->encoder.readout.neurons; i++)
            spikes += vdib__encoder_state_spikes(o->state)[i] != 0.0F;
        scored++;
    }
    vdib__trainer_count(trainer, 1);
    double n = scored > 0 ? (double)scored : 1.0;
    vdib__averages_add(&trainer->averages, total / n, sum.distortion / n, sum.rate / n / VDIB_LN2,
                       (double)spikes / n / (double)model->encoder.readout.neurons);
    return VDIB_OK;
}

static const vdib__need needs[] = {{.key = "learning.batch_size", .least = 1, .most = 1},
                                   {.key = "learning.draws", .least = 1, .most = 1},
                                   {.key = "decoder.window", .least = 1, .below = "data.steps"},
                                   {0}};

const vdib__schedule vdib__schedule_online = {
    .choice = {.name = "online",
               .help = "one update for every time step, whose loss credits that step's spikes",
               .needs = needs},
    .by_step = true,
    .create = create,
    .destroy = destroy,
    .step = step};
