/* SPDX-License-Identifier: MIT */
/* Gradients through the encoder for a loss of the program's: vdib/gradient.h. */
#include "vdib/gradient.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/error.h"
#include "core/mathematics.h"
#include "core/sized.h"
#include "core/threads.h"
#include "learn/adam.h"
#include "learn/objective.h"

/* ---- what an encoding made ---- */

/* log p(y) = (log p(y) - log q0(y)) + log q0(y), where q0 counts spikes alone. */
static double log_p_of(const vdib_batch *batch, const vdib__loss *loss) {
    double r0 = batch->model->config->objective.prior_probability, spikes = (double)loss->spikes;
    double all = (double)batch->model->encoder.readout.neurons * (double)batch->batch->steps;
    return loss->rate_sampled + spikes * vdib__log(r0) + (all - spikes) * vdib__log(1.0 - r0);
}

/* Tasks: draws. */
static void score_task(const void *context, size_t i, size_t slot) {
    const vdib_batch *batch = context;
    const vdib__loss loss = vdib__loss_measure_rate(batch->model, batch->batch, i);
    (void)slot;
    batch->log_p[i] = log_p_of(batch, &loss);
    batch->rates[i] = loss.rate;
    batch->rates_sampled[i] = loss.rate_sampled;
}

static vdib_status check_encoded(const char *function, const vdib_batch *batch) {
    VDIB_TRY(vdib__model_check_spiking(function, batch->model));
    if (batch->encoded == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: nothing has been encoded yet; call vdib_batch_present", function);
    return VDIB_OK;
}

vdib_status vdib_batch_encoded(vdib_batch *batch, vdib_encoded *encoded) {
    VDIB_REQUIRE(batch);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_encoded, encoded));
    VDIB_TRY(check_encoded("vdib_batch_encoded", batch));
    size_t draws = batch->batch->draws, samples = batch->encoded * draws;
    vdib__parallel(batch->threads, samples, score_task, batch);
    for (size_t i = 0; i < samples; i++)
        if (!isfinite(batch->log_p[i]) || !isfinite(batch->rates[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC,
                              "vdib_batch_encoded: log p(y) of example %zu is not finite, and so is a weight; try a "
                              "smaller learning rate",
                              i / draws);
    const vdib_encoded made = {.size = sizeof made,
                               .examples = batch->encoded,
                               .draws = draws,
                               .steps = batch->batch->steps,
                               .readouts = batch->model->encoder.readout.neurons,
                               .window = batch->model->window,
                               .row = batch->model->row,
                               .windows = batch->batch->windows,
                               .log_p = batch->log_p,
                               .rates = batch->rates,
                               .rates_sampled = batch->rates_sampled};
    VDIB_SIZED_WRITE(vdib_encoded, &made, encoded);
    return VDIB_OK;
}

vdib_status vdib_batch_spikes(const vdib_batch *batch, size_t example, size_t draw, const float **spikes) {
    VDIB_REQUIRE(batch, spikes);
    VDIB_TRY(check_encoded("vdib_batch_spikes", batch));
    if (example >= batch->encoded || draw >= batch->batch->draws)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_batch_spikes: draw %zu of example %zu; there are %zu of %zu", draw,
                          example, batch->batch->draws, batch->encoded);
    *spikes = vdib__batch_sample(batch->batch, example * batch->batch->draws + draw)->window;
    return VDIB_OK;
}

/* ---- the way back ---- */

/* What the tasks of a way back share, which are draws. */
typedef struct returning {
    const vdib_batch *batch;
    const vdib_errors *errors;
    const float *window_gradients; /* (B, M), rows of `stride` floats: each (tau_d, NY); NULL: 0 */
    size_t stride;
    float prior_logit; /* logit r0 */
} returning;

/* errors (count) = p (1 - p) (through + rate (u - logit r0)) + score (y - p); through NULL: 0. */
typedef struct terms {
    const float *through;
    float rate, score, prior_logit;
} terms;

static void fill_errors(const vdib__trial *trial, size_t begin, size_t count, const terms *given) {
    size_t blank = (size_t)(trial->window - trial->blank_window);
    const float *u = trial->potentials + blank + begin, *p = trial->probabilities + blank + begin;
    const float *y = trial->window + begin;
    float *errors = trial->errors + blank + begin;
    for (size_t i = 0; i < count; i++) {
        float through = given->through != NULL ? given->through[i] : 0.0F;
        errors[i] = p[i] * (1.0F - p[i]) * (through + given->rate * (u[i] - given->prior_logit));
    }
    for (size_t i = 0; i < count && given->score != 0.0F; i++)
        errors[i] += given->score * (y[i] - p[i]);
}

static void error_task(const void *context, size_t i, size_t slot) {
    const returning *r = context;
    const vdib_model *model = r->batch->model;
    vdib__trial *trial = vdib__batch_sample(r->batch->batch, i);
    size_t neurons = model->encoder.readout.neurons, all = r->batch->batch->steps * neurons;
    size_t read = model->window * neurons;
    terms given = {.rate = r->errors->rates != NULL ? (float)r->errors->rates[i] : 0.0F,
                   .score = r->errors->log_p != NULL ? (float)r->errors->log_p[i] : 0.0F,
                   .prior_logit = r->prior_logit};
    (void)slot;
    fill_errors(trial, 0, all - read, &given); /* steps that the decoder does not read */
    given.through = r->window_gradients != NULL ? r->window_gradients + i * r->stride : NULL;
    fill_errors(trial, all - read, read, &given);
    if (r->window_gradients != NULL && model->encoder.credit->recurrent)
        vdib__encoder_recur(&model->encoder, &model->table, model->parameters, trial);
}

/* Tasks: draws, whose gradients by what was received become those by what was sent. */
static void link_task(const void *context, size_t i, size_t slot) {
    const returning *r = context;
    const vdib_model *model = r->batch->model;
    const vdib__link link = vdib__model_link(model, r->batch->stage);
    const vdib__key key = vdib__batch_key(r->batch->batch, i);
    float *gradient = r->batch->window_gradients + i * r->stride;
    (void)slot;
    memcpy(gradient, r->errors->windows + i * r->stride, r->stride * sizeof *gradient);
    vdib__link_back(&link, &key, r->batch->batch->steps - model->window, model->window, gradient);
}

static vdib_status check_floats(const char *what, const float *values, size_t count, size_t width) {
    for (size_t i = 0; values != NULL && i < count * width; i++)
        if (!isfinite(values[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC, "vdib_batch_backward: %s %zu is not finite", what, i / width);
    return VDIB_OK;
}

static vdib_status check_doubles(const char *what, const double *values, size_t count) {
    for (size_t i = 0; values != NULL && i < count; i++)
        if (!isfinite(values[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC, "vdib_batch_backward: %s %zu is not finite", what, i);
    return VDIB_OK;
}

static vdib_status check_errors(const vdib_batch *batch, const vdib_errors *errors) {
    const vdib_model *model = batch->model;
    size_t samples = batch->encoded * batch->batch->draws;
    VDIB_TRY(check_encoded("vdib_batch_backward", batch));
    VDIB_TRY(check_floats("the gradient of window", errors->windows, samples, model->window * model->row));
    VDIB_TRY(check_doubles("the derivative by log p(y)", errors->log_p, samples));
    VDIB_TRY(check_doubles("the derivative by the rate", errors->rates, samples));
    if (!model->encoder.credit->target || model->encoder.layer_count == 0)
        return VDIB_OK;
    if (errors->targets == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_batch_backward: learning.credit_assignment=%s needs targets",
                          model->encoder.credit->choice.name);
    VDIB_TRY(check_floats("target", errors->targets, batch->encoded, model->outputs));
    return check_floats("the weight of target", errors->target_weights, batch->encoded, 1);
}

/* What drtp projects. */
static void set_targets(vdib_batch *batch, const vdib_errors *errors) {
    const vdib_model *model = batch->model;
    double scale = 0, rate_scale = 0;
    vdib__loss_scales(model, batch->batch->steps, &scale, &rate_scale);
    for (size_t i = 0; i < batch->encoded; i++) {
        batch->target_rows[i] = errors->targets + i * model->outputs;
        batch->target_weights[i] =
            errors->target_weights != NULL ? errors->target_weights[i] : (float)scale / (float)batch->encoded;
    }
}

/* Brings the errors back; every gradient goes to `sink`, or if that is NULL into `gradients`, which is scratch else. */
static vdib_status bring_back(vdib_batch *batch, const vdib_errors *errors, const vdib__gradient_sink *sink,
                              float *gradients) {
    vdib_errors given;
    VDIB_TRY(VDIB_SIZED_READ(vdib_errors, errors, &given));
    VDIB_TRY(check_errors(batch, &given));
    const vdib_model *model = batch->model;
    const vdib__link link = vdib__model_link(model, batch->stage);
    double r0 = model->config->objective.prior_probability;
    returning all = {.batch = batch,
                     .errors = &given,
                     .window_gradients = given.windows,
                     .stride = model->window * model->row,
                     .prior_logit = (float)(vdib__log(r0) - vdib__log(1.0 - r0))};
    size_t samples = batch->encoded * batch->batch->draws;
    bool targets = batch->target_rows != NULL && model->encoder.layer_count > 0;
    if (given.windows != NULL && !vdib__link_is_plain(&link)) {
        vdib__parallel(batch->threads, samples, link_task, &all);
        all.window_gradients = batch->window_gradients;
    }
    vdib__parallel(batch->threads, samples, error_task, &all);
    if (targets)
        set_targets(batch, &given);
    return vdib__encoder_backward(&model->encoder, &model->table, model->parameters, batch->threads,
                                  batch->batch->encoder_workspace, NULL, batch->batch->trials, NULL,
                                  targets ? batch->target_rows : NULL, targets ? batch->target_weights : NULL,
                                  batch->encoded, sink, gradients);
}

vdib_status vdib_batch_backward(vdib_batch *batch, const vdib_errors *errors, float *gradients) {
    VDIB_REQUIRE(batch, gradients);
    return bring_back(batch, errors, NULL, gradients);
}

/* ---- an update on the way back ---- */

/* Arrays are laid out as all parameters are. */
typedef struct learning {
    vdib__adam adam;
    float *parameters, *first, *second;
} learning;

static void learn_piece(void *user, const vdib__gradient_piece *piece) {
    static const float none[VDIB_SILENT_PIECE];
    const learning *l = user;
    for (size_t row = 0; row < piece->rows; row++) {
        size_t at = piece->offset + row * piece->stride;
        bool silent = piece->silent != NULL && piece->silent[row];
        size_t some = silent ? VDIB_SILENT_PIECE : piece->width;
        for (size_t done = 0; done < piece->width; done += some) {
            size_t count = piece->width - done < some ? piece->width - done : some;
            vdib__adam_move(&l->adam, l->parameters + at + done, silent ? none : piece->values + row * piece->width,
                            l->first + at + done, l->second + at + done, count);
        }
    }
}

vdib_status vdib_batch_update(vdib_batch *batch, vdib_model *model, const vdib_errors *errors, const vdib_adam *adam,
                              float *first, float *second, float *scratch) {
    VDIB_REQUIRE(batch, model, adam, first, second, scratch);
    learning all = {.parameters = model->parameters, .first = first, .second = second};
    if (batch->model != model)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_batch_update: the batch was made for another model");
    VDIB_TRY(vdib__adam_begin("vdib_batch_update", adam, &all.adam));
    const vdib__gradient_sink sink = {.take = learn_piece, .user = &all};
    VDIB_TRY(bring_back(batch, errors, &sink, scratch));
    batch->encoded = 0; /* by weights that are no more */
    return vdib_model_parameters_changed(model, NULL);
}
