/* SPDX-License-Identifier: MIT */
/* The online schedule: one update for every step of a sequence; the loss of step t credits the readout spikes of step t
 * only. The first tau_d steps fill the decoder's window and teach nothing. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "learn/trainer.h"

vdib_status vdib__online_create(const vdib_trainer *trainer, vdib__online **online) {
    const vdib_model *model = trainer->model;
    size_t readouts = model->encoder.readout.neurons;
    vdib__online *o = NULL;
    VDIB_TRY(VDIB_NEW(&o, 1));
    vdib_status status = vdib_example_create(trainer->dataset, &o->example);
    if (status != VDIB_OK)
        goto failed;
    VDIB_TRY_GOTO(vdib__encoder_state_create(&model->encoder, true, &o->state), failed);
    VDIB_TRY_GOTO(vdib__chain_workspace_create(&model->decoder, 1, &o->workspace), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&o->window, model->window * readouts), failed);
    if (!trainer->plan.kind->score)
        VDIB_TRY_GOTO(VDIB_NEW(&o->window_gradient, model->window * readouts), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&o->logit_gradient, model->outputs), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&o->errors, readouts), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&o->hidden_errors, readouts), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&o->target, model->outputs), failed);
    *online = o;
    return VDIB_OK;
failed:
    vdib__online_destroy(o);
    return status;
}

void vdib__online_destroy(vdib__online *online) {
    if (online == NULL)
        return;
    vdib__free(online->target);
    vdib__free(online->hidden_errors);
    vdib__free(online->errors);
    vdib__free(online->logit_gradient);
    vdib__free(online->window_gradient);
    vdib__free(online->window);
    vdib__chain_workspace_destroy(online->workspace);
    vdib__encoder_state_destroy(online->state);
    vdib_example_destroy(online->example);
    vdib__free(online);
}

/* Moves the window on by one step and puts the newest readout spikes at its end. */
static void slide(const vdib_model *model, vdib__online *o) {
    size_t readouts = model->encoder.readout.neurons, kept = (model->window - 1) * readouts;
    memmove(o->window, o->window + readouts, kept * sizeof *o->window);
    memcpy(o->window + kept, vdib__encoder_state_spikes(o->state), readouts * sizeof *o->window);
}

/* Error of the readout (and of dfa's hidden layers) for a step with the given loss; *weight is drtp's. */
static void credit_step(const vdib_trainer *trainer, double loss, float *weight) {
    vdib__online *o = trainer->online;
    const vdib_model *model = trainer->model;
    size_t readouts = model->encoder.readout.neurons;
    const float *probabilities = vdib__encoder_state_probabilities(o->state);
    if (trainer->plan.kind->score) {
        const float *spikes = vdib__encoder_state_spikes(o->state);
        vdib__reinforce_weights(&trainer->plan, &loss, 1, weight);
        vdib__reinforce_errors(*weight, spikes, probabilities, readouts, o->errors);
        float hidden = trainer->plan.hidden_unscaled ? *weight / trainer->plan.score_scale : *weight;
        vdib__reinforce_errors(hidden, spikes, probabilities, readouts, o->hidden_errors);
        return;
    }
    vdib__straight_through_errors(&trainer->plan, 1.0F, o->window_gradient + (model->window - 1) * readouts,
                                  vdib__encoder_state_potentials(o->state), probabilities, readouts, o->errors);
    memcpy(o->hidden_errors, o->errors, readouts * sizeof *o->errors);
    *weight = trainer->plan.distortion_scale;
}

/* Loss, gradients and updates of one scored step. */
static vdib_status learn_step(vdib_trainer *trainer, uint32_t label, vdib__loss *sum, double *total) {
    vdib__online *o = trainer->online;
    vdib_model *model = trainer->model;
    size_t readouts = model->encoder.readout.neurons;
    const float *logits = NULL;
    VDIB_TRY(
        vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, o->workspace, o->window, 1, &logits));
    vdib__loss loss = {.distortion = model->head->distortion(logits, model->outputs, o->example->target, label)};
    vdib__rate_add(model->encoder.level, vdib__encoder_state_potentials(o->state), vdib__encoder_state_spikes(o->state),
                   readouts, model->config->objective.prior_rate, &loss.rate_sampled, &loss.rate);
    double scalar = vdib__loss_total(model, &loss, 1);
    if (!isfinite(scalar))
        return vdib__fail(VDIB_ERROR_NUMERIC,
                          "the loss is not finite in sequence %llu; try a smaller learning.encoder_rate or "
                          "learning.decoder_rate",
                          (unsigned long long)model->examples);
    model->head->gradient(logits, model->outputs, o->example->target, label, trainer->plan.distortion_scale,
                          o->logit_gradient);
    VDIB_TRY(vdib__trainer_decoder_backward(trainer, 1, o->workspace, o->logit_gradient, 1, o->window_gradient));
    float weight = 1.0F;
    credit_step(trainer, scalar, &weight);
    if (model->encoder.credit->target && o->example->target == NULL) {
        memset(o->target, 0, model->outputs * sizeof *o->target);
        o->target[label] = 1.0F;
    }
    VDIB_TRY(vdib__encoder_step_backward(&model->encoder, &model->table, model->parameters, o->state, o->errors,
                                         o->hidden_errors, o->example->target != NULL ? o->example->target : o->target,
                                         weight, trainer->gradients));
    vdib__optimizer_update(&trainer->encoder, 1, model->parameters, trainer->gradients, scalar);
    sum->distortion += loss.distortion;
    sum->rate += loss.rate;
    *total += scalar;
    return VDIB_OK;
}

vdib_status vdib__online_step(vdib_trainer *trainer) {
    vdib__online *o = trainer->online;
    vdib_model *model = trainer->model;
    uint64_t presentation = model->examples;
    VDIB_TRY(vdib__dataset_fetch(trainer->dataset, VDIB_SPLIT_TRAIN, vdib__order_index(&trainer->order, presentation),
                                 model->config->seed, VDIB_STAGE_TRAINING, presentation, o->example));
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
        size_t count = t < blank ? 0 : vdib_raster_at(o->example->raster, t - blank, &channels);
        VDIB_TRY(vdib__encoder_step(&model->encoder, &model->table, model->parameters, o->state, channels, count, &key,
                                    (uint32_t)t, NULL));
        slide(model, o);
        if (t < blank + model->window)
            continue;
        uint32_t label = o->example->step_labels != NULL ? o->example->step_labels[t - blank] : o->example->label;
        VDIB_TRY(learn_step(trainer, label, &sum, &total));
        for (size_t i = 0; i < model->encoder.readout.neurons; i++)
            spikes += vdib__encoder_state_spikes(o->state)[i] != 0.0F;
        scored++;
    }
    model->examples++;
    double n = scored > 0 ? (double)scored : 1.0;
    vdib__averages_add(&trainer->averages, total / n, sum.distortion / n, sum.rate / n / VDIB_LN2,
                       (double)spikes / n / (double)model->encoder.readout.neurons);
    return VDIB_OK;
}
