/* SPDX-License-Identifier: MIT */
#include "learn/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/products.h"
#include "core/sized.h"
#include "core/text.h"
#include "core/threads.h"
#include "learn/experiment_data.h"
#include "learn/plan.h"
#include "learn/rates.h"
#include "learn/updates.h"

/* Training and validation data must be there before hours are spent, and a class for every update: targets that each
 * step has of its own are none of whole sequences. */
static vdib_status check_data(const vdib_config *config, const vdib_dataset *dataset) {
    bool endless = vdib__dataset_is_endless(dataset);
    if (vdib__target_of(config->data.target)->by_step && !vdib__schedule_of(config->learning.schedule)->by_step)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "data.target is '%s', which is decoded step by step and needs learning.schedule online",
                          config->data.target->name);
    if (!endless && vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) == 0)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: there are no training examples; add some (recordings to Train/<class>/), or name another "
            "folder",
            vdib_dataset_summary(dataset));
    VDIB_TRY(vdib_dataset_look(dataset, VDIB_SPLIT_TRAIN, 0));
    return vdib_dataset_look(dataset, VDIB_SPLIT_VALIDATION, 0);
}

/* What the model takes over from the data that it is trained on: the names of their classes, and the sensor that was
 * found. */
static vdib_status know_data(const vdib_dataset *dataset, vdib_model *model) {
    VDIB_TRY(vdib__model_set_classes(model, vdib__dataset_class_names(dataset)));
    const vdib__pixels *pixels = vdib__dataset_pixels(dataset);
    if (pixels != NULL)
        snprintf(model->config->data.sensor, sizeof model->config->data.sensor, "%zux%zu", pixels->width,
                 pixels->height);
    return VDIB_OK;
}

/* Every class must have neurons that spike for it. */
static vdib_status check_classes(const vdib_model *model) {
    size_t classes = model->geometry.classes, readouts = model->encoder.readout.neurons;
    const vdib__estimator *estimator = vdib__estimator_of(model->config->learning.estimator);
    if (!estimator->reads_label)
        return VDIB_OK;
    if (classes < 2)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "learning.estimator is '%s', which tells classes apart, and the data have %zu; choose another",
            estimator->choice.name, classes);
    if (readouts < classes)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "learning.estimator is '%s', which needs a readout neuron for each of the %zu classes; "
                          "encoder.readouts is %zu",
                          estimator->choice.name, classes, readouts);
    return VDIB_OK;
}

/* Its configuration is that of the data that it learns. */
static vdib_status create_model(const vdib_config *config, const vdib_dataset *dataset, vdib_model **model) {
    vdib_config *fitted = NULL;
    VDIB_TRY(vdib__experiment_fitted(config, dataset, &fitted));
    vdib_status status = vdib_model_create(fitted, vdib_dataset_geometry(dataset), model);
    vdib_config_destroy(fitted);
    return status;
}

vdib_status vdib_trainer_create(const vdib_config *config, const vdib_dataset *dataset, vdib_trainer **trainer) {
    VDIB_REQUIRE(config, dataset, trainer);
    VDIB_TRY(vdib_config_check(config));
    const vdib__augmentation augmentation = vdib__augmentation_of(config);
    VDIB_TRY(vdib__dataset_check_augmentation(dataset, &augmentation));
    VDIB_TRY(check_data(config, dataset));
    vdib_trainer *t = NULL;
    VDIB_TRY(VDIB_NEW(&t, 1));
    for (size_t half = 0; half < 2; half++)
        vdib__divided_init(&t->divided[half]);
    t->dataset = dataset;
    t->augmentation = augmentation;
    t->threads = vdib__threads(0);
    t->example_limit = config->training.examples;
    vdib_status status = create_model(config, dataset, &t->model);
    if (status != VDIB_OK)
        goto failed;
    VDIB_TRY_GOTO(check_classes(t->model), failed);
    VDIB_TRY_GOTO(know_data(dataset, t->model), failed);
    VDIB_TRY_GOTO(vdib__model_copy(t->model, &t->best), failed);
    if (config->learning.average_memory > 0)
        VDIB_TRY_GOTO(vdib__model_copy(t->model, &t->averaged), failed);
    t->schedule = vdib__schedule_of(config->learning.schedule);
    t->plan = vdib__plan_of(t->model, t->schedule->by_step ? 1 : t->model->geometry.steps);
    VDIB_TRY_GOTO(vdib__updates_start(t), failed);
    VDIB_TRY_GOTO(vdib__order_create(dataset, config->seed, &t->order), failed);
    VDIB_TRY_GOTO(VDIB_NEW(&t->gradients, t->model->table.trained), failed);
    VDIB_TRY_GOTO(t->schedule->create(t, &t->scheduled), failed);
    *trainer = t;
    return VDIB_OK;
failed:
    vdib_trainer_destroy(t);
    return status;
}

/* given (layers and readout): those whose weights or biases are no longer those of `before`. */
static bool find_given(const vdib_model *model, const float *before, bool *given) {
    const vdib__encoder *encoder = &model->encoder;
    bool any = false;
    for (size_t l = 0; l <= encoder->layer_count; l++) {
        const bool readout = l == encoder->layer_count;
        const size_t of[2] = {readout ? encoder->readout.weight : encoder->layers[l].weight,
                              readout ? encoder->readout.bias : encoder->layers[l].bias};
        for (size_t i = 0; i < 2; i++) {
            const vdib__tensor *tensor = &model->table.tensors[of[i]];
            given[l] = given[l] || memcmp(model->parameters + tensor->offset, before + tensor->offset,
                                          tensor->count * sizeof *before) != 0;
        }
        any = any || given[l];
    }
    return any;
}

/* Layers were set on data by what those below gave them then; above other weights that is done anew. */
static vdib_status set_others(vdib_trainer *trainer, const float *before) {
    const vdib_model *model = trainer->model;
    bool given[VDIB_ENCODER_LAYERS + 1] = {false};
    if (!vdib__initialisation_of(model->config->encoder.initialisation)->from_data || model->encoder.absent ||
        !find_given(model, before, given))
        return VDIB_OK;
    return vdib__initialise(trainer->model, trainer->dataset, &trainer->order, trainer->threads, trainer->cancelled,
                            trainer->user, given, &trainer->initialised);
}

/* Other weights; those of before if that fails. */
static vdib_status change(vdib_trainer *trainer, vdib_beginning *begin, void *user) {
    vdib_model *model = trainer->model;
    size_t count = model->table.total;
    float *before = NULL;
    VDIB_TRY(VDIB_NEW(&before, count));
    memcpy(before, model->parameters, count * sizeof *before);
    vdib_status status = begin(model, user);
    if (status == VDIB_OK)
        status = vdib__trainer_check_weights(trainer);
    if (status == VDIB_OK)
        status = set_others(trainer, before);
    if (status != VDIB_OK)
        memcpy(model->parameters, before, count * sizeof *before);
    vdib__free(before);
    return status;
}

vdib_status vdib_trainer_begin(vdib_trainer *trainer, vdib_beginning *begin, void *user) {
    VDIB_REQUIRE(trainer);
    if (begin == NULL || trainer->model->examples > 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_trainer_begin: %s",
                          begin == NULL ? "there is no function" : "training has begun already");
    VDIB_TRY(vdib__trainer_initialise(trainer));
    VDIB_TRY(change(trainer, begin, user));
    vdib__model_assign(trainer->best, trainer->model);
    if (trainer->averaged != NULL)
        vdib__model_assign(trainer->averaged, trainer->model);
    return VDIB_OK;
}

void vdib_trainer_destroy(vdib_trainer *trainer) {
    if (trainer == NULL)
        return;
    if (trainer->scheduled != NULL)
        trainer->schedule->destroy(trainer->scheduled);
    vdib__free(trainer->gradients);
    vdib__order_free(&trainer->order);
    vdib__optimizer_free(&trainer->decoder);
    vdib__optimizer_free(&trainer->encoder);
    vdib_model_destroy(trainer->best);
    vdib_model_destroy(trainer->averaged);
    vdib_model_destroy(trainer->model);
    for (size_t half = 0; half < 2; half++)
        vdib__divided_free(&trainer->divided[half]);
    vdib__ranks_destroy(trainer->ranks);
    vdib__free(trainer);
}

/* What must be so for the bytes not to depend on the number of ranks. */
static vdib_status check_ranks(const vdib_trainer *trainer, size_t count) {
    const vdib_config *config = trainer->model->config;
    if (count > config->learning.batch_size)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "%zu ranks divide the examples of a batch, and learning.batch_size is %zu; start %zu rank%s "
                          "at most, or set a larger learning.batch_size",
                          count, config->learning.batch_size, config->learning.batch_size,
                          vdib__s(config->learning.batch_size));
    if (!vdib__products_are_portable(config->numeric.products))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "several ranks end in the bytes of one only with numeric.products=portable; it is '%s', "
                          "whose sums depend on how many examples a product has",
                          config->numeric.products->name);
    return VDIB_OK;
}

vdib_status vdib_trainer_collect(vdib_trainer *trainer) {
    VDIB_REQUIRE(trainer);
    return vdib__ranks_settle(trainer->ranks, vdib__updates_collect(trainer));
}

vdib_status vdib_trainer_set_ranks(vdib_trainer *trainer, const vdib_ranks *ranks) {
    vdib__ranks *made = NULL;
    VDIB_REQUIRE(trainer, ranks);
    VDIB_TRY(vdib__ranks_create(ranks, &made));
    vdib_status status = VDIB_OK;
    if (vdib__ranks_count(made) > 1)
        status = check_ranks(trainer, vdib__ranks_count(made));
    if (status != VDIB_OK || vdib__ranks_count(made) == 1) {
        vdib__ranks_destroy(made);
        made = NULL;
    }
    if (status == VDIB_OK) {
        vdib__ranks_destroy(trainer->ranks);
        trainer->ranks = made;
    }
    return status;
}

vdib_status vdib_trainer_set_threads(vdib_trainer *trainer, size_t threads) {
    VDIB_REQUIRE(trainer);
    int used = vdib__threads(threads);
    if (trainer->schedule->set_threads != NULL && used != trainer->threads)
        VDIB_TRY(trainer->schedule->set_threads(trainer, trainer->scheduled, used));
    trainer->threads = used;
    return VDIB_OK;
}

vdib_status vdib_trainer_set_limits(vdib_trainer *trainer, uint64_t examples, uint64_t epochs, double seconds) {
    VDIB_REQUIRE(trainer);
    if (!(seconds >= 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a limit of seconds is 0 or more");
    if (epochs != 0 && vdib_dataset_size(trainer->dataset, VDIB_SPLIT_TRAIN) == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "endless training data have no epochs; limit the examples instead");
    trainer->example_limit = examples;
    trainer->epoch_limit = epochs;
    trainer->second_limit = seconds;
    return VDIB_OK;
}

vdib_status vdib_trainer_on_cancel(vdib_trainer *trainer, vdib_cancelled *cancelled, void *user) {
    VDIB_REQUIRE(trainer);
    trainer->cancelled = cancelled;
    trainer->user = user;
    return VDIB_OK;
}

uint64_t vdib__trainer_limit(const vdib_trainer *trainer) {
    uint64_t limit = trainer->example_limit;
    uint64_t by_epochs;
    if (__builtin_mul_overflow(trainer->epoch_limit, vdib_dataset_size(trainer->dataset, VDIB_SPLIT_TRAIN), &by_epochs))
        by_epochs = UINT64_MAX;
    if (by_epochs != 0 && (limit == 0 || by_epochs < limit))
        limit = by_epochs;
    return limit;
}

static void set_course(vdib_config *config, uint64_t warmup, uint64_t end) {
    config->learning.warmup_examples = warmup;
    config->learning.decay_examples = end;
}

void vdib__trainer_set_course(vdib_trainer *trainer, uint64_t warmup, uint64_t end) {
    set_course(trainer->model->config, warmup, end);
    set_course(trainer->best->config, warmup, end);
    if (trainer->averaged != NULL)
        set_course(trainer->averaged->config, warmup, end);
}

vdib_status vdib__trainer_fix_course(vdib_trainer *trainer) {
    uint64_t warmup = 0, end = 0;
    VDIB_TRY(vdib__rates_end(trainer->model->config, vdib__trainer_limit(trainer), &warmup, &end));
    vdib__trainer_set_course(trainer, warmup, end);
    return VDIB_OK;
}

const vdib_model *vdib__trainer_result(const vdib_trainer *trainer) {
    return trainer->averaged != NULL ? trainer->averaged : trainer->model;
}

void vdib__trainer_count(vdib_trainer *trainer, uint64_t examples) {
    trainer->model->examples += examples;
    if (trainer->averaged != NULL)
        trainer->averaged->examples = trainer->model->examples;
}

double vdib__trainer_seconds(const vdib_trainer *trainer) {
    double here = trainer->started > 0 ? vdib__clock_seconds() - trainer->started : 0;
    return trainer->seconds_before + here;
}

/* By this process's clock; of several ranks by all of theirs, as trainer->time_is_up holds. */
static bool time_is_up(const vdib_trainer *trainer) {
    return trainer->second_limit > 0 && vdib__trainer_seconds(trainer) >= trainer->second_limit;
}

bool vdib__trainer_is_done(const vdib_trainer *trainer) {
    uint64_t limit = vdib__trainer_limit(trainer);
    return (limit != 0 && trainer->model->examples >= limit) ||
           (trainer->ranks != NULL ? trainer->time_is_up : time_is_up(trainer));
}

/* The weights are looked at now and then: a model that is no longer finite must not be saved as if it were. */
vdib_status vdib__trainer_check_weights(const vdib_trainer *trainer) {
    const vdib_model *model = trainer->model;
    for (size_t i = 0; i < model->table.count; i++) {
        const vdib__tensor *tensor = &model->table.tensors[i];
        for (size_t k = 0; k < tensor->count; k++)
            if (!isfinite(model->parameters[tensor->offset + k]))
                return vdib__fail(
                    VDIB_ERROR_NUMERIC,
                    "%s has a weight that is not finite after %llu example%s; try smaller learning rates or "
                    "learning.clip_norm",
                    tensor->name, (unsigned long long)model->examples, vdib__s(model->examples));
    }
    return VDIB_OK;
}

static vdib_status validate(vdib_trainer *trainer, bool *improved) {
    VDIB_TRY(vdib__trainer_check_weights(trainer));
    VDIB_TRY(vdib__validate(trainer, &trainer->validation));
    *improved = !trainer->has_best || trainer->validation.loss < trainer->best_loss;
    if (*improved) {
        vdib__model_assign(trainer->best, vdib__trainer_result(trainer));
        trainer->best_loss = trainer->validation.loss;
        trainer->has_best = true;
    }
    return VDIB_OK;
}

/* Whether a validation falls due between two counts of examples, or training ends here. */
static bool validation_due(const vdib_trainer *trainer, uint64_t before, bool done) {
    size_t every = trainer->model->config->training.validate_every;
    if (vdib_dataset_size(trainer->dataset, VDIB_SPLIT_VALIDATION) == 0)
        return false;
    return done || (every != 0 && before / every != trainer->model->examples / every);
}

void vdib__trainer_report(const vdib_trainer *trainer, vdib_progress *progress) {
    size_t size = vdib_dataset_size(trainer->dataset, VDIB_SPLIT_TRAIN);
    const vdib__averages *averages = &trainer->averages;
    double seconds = vdib__trainer_seconds(trainer), here = seconds - trainer->seconds_before;
    progress->examples = trainer->model->examples;
    progress->limit = vdib__trainer_limit(trainer);
    progress->epochs = size != 0 ? (double)progress->examples / (double)size : 0;
    progress->loss = averages->loss;
    progress->distortion_nats = averages->distortion;
    progress->rate_bits = trainer->model->encoder.absent ? NAN : averages->rate_bits;
    progress->spike_density = vdib__model_sends_spikes(trainer->model) ? averages->density : NAN;
    progress->seconds = seconds;
    progress->examples_per_second = here > 0 ? (double)(progress->examples - trainer->examples_before) / here : 0;
    double left = progress->limit > progress->examples && progress->examples_per_second > 0
                      ? (double)(progress->limit - progress->examples) / progress->examples_per_second
                      : 0;
    if (trainer->second_limit > 0 && (progress->limit == 0 || trainer->second_limit - seconds < left))
        left = trainer->second_limit > seconds ? trainer->second_limit - seconds : 0;
    progress->seconds_left = left;
    progress->validation_loss = trainer->validation.loss;
    progress->validation_distortion_nats = trainer->validation.distortion;
    progress->validation_rate_bits = trainer->model->encoder.absent ? NAN : trainer->validation.rate_bits;
    progress->encoder_learning_rate = trainer->learning_rates[0];
    progress->decoder_learning_rate = trainer->learning_rates[1];
}

/* Examples of the next update: a whole batch, less at the limit. */
uint64_t vdib__trainer_next_count(const vdib_trainer *trainer) {
    uint64_t size = trainer->model->config->learning.batch_size, limit = vdib__trainer_limit(trainer);
    uint64_t left = limit != 0 ? limit - trainer->model->examples : size;
    return left < size ? left : size;
}

uint64_t vdib__trainer_step_begin(const vdib_trainer *trainer) {
    return trainer->validation_pending ? trainer->step_began : trainer->model->examples;
}

/* An update, unless it was made before a validation that was stopped or failed, and what falls due after it. */
static vdib_status step(vdib_trainer *trainer, vdib_progress *now) {
    trainer->step_began = vdib__trainer_step_begin(trainer);
    if (!trainer->validation_pending) {
        VDIB_TRY(trainer->schedule->step(trainer, trainer->scheduled, vdib__trainer_next_count(trainer)));
        if (trainer->ranks != NULL && trainer->second_limit > 0)
            VDIB_TRY(vdib__ranks_any(trainer->ranks, time_is_up(trainer), &trainer->time_is_up));
    }
    now->done = vdib__trainer_is_done(trainer);
    now->validated = validation_due(trainer, trainer->step_began, now->done);
    if (now->done || now->validated)
        VDIB_TRY(vdib__updates_collect(trainer));
    if (!now->validated)
        return now->done ? vdib__trainer_check_weights(trainer) : VDIB_OK;
    vdib_status status = validate(trainer, &now->improved);
    trainer->validation_pending =
        status != VDIB_OK && status != VDIB_ERROR_NUMERIC; /* weights that are not finite stay so */
    return status;
}

static void start_clock(vdib_trainer *trainer) {
    if (trainer->started > 0)
        return;
    trainer->started = vdib__clock_seconds();
    trainer->examples_before = trainer->model->examples;
}

vdib_status vdib__trainer_initialise(vdib_trainer *trainer) {
    const vdib_config *config = trainer->model->config;
    if (trainer->is_initialised)
        return VDIB_OK;
    start_clock(trainer);
    if (vdib__initialisation_of(config->encoder.initialisation)->from_data)
        VDIB_TRY(vdib__initialise(trainer->model, trainer->dataset, &trainer->order, trainer->threads,
                                  trainer->ranks == NULL ? trainer->cancelled : NULL, trainer->user, NULL,
                                  &trainer->initialised));
    if (trainer->averaged != NULL) /* an average begins where training does */
        vdib__model_assign(trainer->averaged, trainer->model);
    trainer->is_initialised = true;
    return VDIB_OK;
}

/* Ranks stop together, if one of them is asked to. */
static vdib_status check_cancelled(const vdib_trainer *trainer, bool *cancelled) {
    bool asked = trainer->cancelled != NULL && trainer->cancelled(trainer->user);
    return vdib__ranks_any(trainer->ranks, asked, cancelled);
}

vdib_status vdib__trainer_begin(vdib_trainer *trainer) {
    bool cancelled = false;
    VDIB_TRY(vdib__trainer_fix_course(trainer));
    start_clock(trainer);
    VDIB_TRY(check_cancelled(trainer, &cancelled));
    if (cancelled)
        return vdib__fail(VDIB_ERROR_CANCELLED, "training was stopped after %llu example%s",
                          (unsigned long long)trainer->model->examples, vdib__s(trainer->model->examples));
    return vdib__trainer_initialise(trainer);
}

vdib_status vdib_trainer_step(vdib_trainer *trainer, vdib_progress *progress) {
    VDIB_REQUIRE(trainer);
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_progress, progress));
    vdib_status begun = vdib__trainer_begin(trainer);
    VDIB_TRY(begun == VDIB_ERROR_CANCELLED ? begun : vdib__ranks_settle(trainer->ranks, begun));
    trainer->shown = 0;
    vdib_progress now = {.size = sizeof(vdib_progress)};
    if (trainer->validation_pending || !vdib__trainer_is_done(trainer))
        VDIB_TRY(vdib__ranks_settle(trainer->ranks, step(trainer, &now)));
    else
        now.done = true;
    vdib__trainer_report(trainer, &now);
    VDIB_SIZED_WRITE(vdib_progress, &now, progress);
    return VDIB_OK;
}

const vdib_model *vdib_trainer_model(const vdib_trainer *trainer) {
    return trainer != NULL ? vdib__trainer_result(trainer) : NULL;
}

const vdib_model *vdib_trainer_best(const vdib_trainer *trainer) {
    return trainer != NULL && trainer->has_best ? trainer->best : NULL;
}
