/* SPDX-License-Identifier: MIT */
/* Training the encoder for a decoder outside: with a copy of the built-in decoder it is the built-in training to the
 * bit, under every rule; what is missing or wrong is refused. */
#include "learn/toy.h"

#include <math.h>

#include "learn/objective.h"
#include "learn/updates.h"

enum { UPDATES = 12, MOST = 8 /* draws of all examples of a batch */ };

/* A decoder outside: the one of a trainer that does nothing else, with its own weights and optimiser. */
typedef struct outside {
    vdib_trainer *holder;
    vdib__chain_workspace *workspace;
    float logit_gradients[MOST * TOY_PIXELS], targets[MOST * TOY_PIXELS];
    float window_gradients[MOST * TOY_STEPS * 8];
    double losses[MOST];
} outside;

static outside new_outside(const vdib_config *config, const vdib_dataset *dataset) {
    outside o = {0};
    assert_ok(vdib_trainer_create(config, dataset, &o.holder));
    assert_ok(vdib__chain_workspace_create(&o.holder->model->decoder, MOST, 1, &o.workspace));
    return o;
}

static void free_outside(outside *o) {
    vdib__chain_workspace_destroy(o->workspace);
    vdib_trainer_destroy(o->holder);
}

/* Decodes what is shown, and trains. */
static void decode(outside *o, const vdib_shown *shown) {
    const vdib_model *model = o->holder->model;
    size_t outputs = model->outputs;
    size_t count = shown->examples * shown->draws;
    float scale = o->holder->plan.distortion_scale / (float)count;
    double distortion_scale, rate_scale;
    const float *logits = NULL;
    vdib__loss_scales(model, TOY_STEPS, &distortion_scale, &rate_scale);
    assert_ok(vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, o->workspace, shown->windows,
                                  count, &logits));
    for (size_t i = 0; i < count; i++) {
        const vdib_example *example = shown->data[i / shown->draws];
        const float *target = model->head->classes ? NULL : example->target;
        o->losses[i] =
            distortion_scale * model->head->distortion(logits + i * outputs, outputs, target, example->label);
        model->head->gradient(logits + i * outputs, outputs, target, example->label, scale,
                              o->logit_gradients + i * outputs);
        for (size_t p = 0; p < outputs; p++)
            o->targets[i / shown->draws * outputs + p] =
                model->head->classes ? (float)(p == example->label) : target[p];
    }
    vdib__updates_begin(o->holder, shown->examples);
    o->holder->model->examples += shown->examples;
    assert_ok(vdib__update_decoder(o->holder, 1, o->workspace, o->logit_gradients, count, o->window_gradients));
}

/* The tensors of the encoder, and the optimiser's moments through what they do to these. */
static void assert_same_encoder(const vdib_model *got, const vdib_model *want, const vdib_model *before) {
    bool moved = false;
    for (size_t i = 0; i < want->table.count; i++) {
        const vdib__tensor *tensor = &want->table.tensors[i];
        if (tensor->role != VDIB_TENSOR_ENCODER)
            continue;
        size_t bytes = tensor->count * sizeof(float), at = tensor->offset;
        assert_memory_equal(got->parameters + at, want->parameters + at, bytes);
        moved = moved || memcmp(got->parameters + at, before->parameters + at, bytes) != 0;
    }
    assert_true(moved);
}

/* The same configuration with the built-in decoder and with its copy outside. */
static void check(const char *const *settings, bool images) {
    vdib_dataset *dataset = toy_dataset(images);
    vdib_config *config = toy_config(settings);
    assert_ok(vdib_config_set(config, "training.validate_every=0"));
    assert_ok(vdib_config_set(config, images ? "data.target=image" : "data.target=class"));
    vdib_trainer *built_in = NULL, *trainer = NULL;
    vdib_model *before = NULL;
    outside o = new_outside(config, dataset);
    vdib_progress want = {.size = sizeof want}, got = {.size = sizeof got};
    vdib_shown shown = {.size = sizeof shown};
    assert_ok(vdib_trainer_create(config, dataset, &built_in));
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib__model_copy(vdib_trainer_model(trainer), &before));
    assert_ok(vdib_trainer_set_threads(built_in, 2));
    assert_ok(vdib_trainer_set_threads(trainer, 2));
    for (int update = 0; update < UPDATES; update++) {
        const vdib__estimator_plan *plan = &trainer->plan;
        bool score = vdib__choice_is(&plan->estimator->choice, "score"),
             project = trainer->model->encoder.credit->target;
        assert_ok(vdib_trainer_step(built_in, &want));
        assert_ok(vdib_trainer_forward(trainer, &shown));
        assert_int_equal(shown.window, TOY_STEPS);
        assert_int_equal(shown.readouts, 8);
        decode(&o, &shown);
        /* Only what is read is given: the rest is NULL. */
        bool given = score || update % 2 == 0; /* straight-through reports losses where they are given */
        assert_ok(vdib_trainer_backward(trainer, plan->estimator->reads_gradient ? o.window_gradients : NULL,
                                        given ? o.losses : NULL, project ? o.targets : NULL, &got));
        assert_int_equal(got.examples, want.examples);
    }
    assert_same_encoder(vdib_trainer_model(trainer), vdib_trainer_model(built_in), before);
    vdib_model_destroy(before);
    free_outside(&o);
    vdib_trainer_destroy(trainer);
    vdib_trainer_destroy(built_in);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

static void a_copy_of_the_decoder_outside_is_the_decoder_inside(void **state) {
    (void)state;
    static const char *const rules[][8] = {
        {"learning.estimator=straight-through", "learning.encoder_optimizer=adam", "learning.batch_size=4", NULL},
        {"learning.estimator=straight-through", "learning.decay=cosine", "learning.decay_examples=30",
         "learning.warmup_examples=9", "learning.batch_size=4", "objective.beta_warmup_examples=20", NULL},
        {"learning.estimator=straight-through", "objective.reduction=sum", "learning.encoder_learning_rate=0.0001",
         NULL},
        {"learning.estimator=reinforce", "learning.baseline=batch", "learning.batch_size=4", NULL},
        {"learning.estimator=reinforce", "learning.baseline=none", "learning.batch_size=3", "data.blank_steps=2", NULL},
        {"learning.estimator=reinforce", "learning.baseline=per-parameter", "learning.batch_size=1",
         "learning.dfa_normalised=false", "learning.baseline_memory=0.1", NULL},
        {"learning.estimator=reinforce", "learning.encoder_optimizer=adamw", "learning.clip_norm=0.1", NULL},
        {"learning.estimator=rloo", "learning.draws=3", "learning.batch_size=2", NULL},
        {"learning.estimator=straight-through", "learning.draws=2", "objective.rate_term=sampled", NULL},
    };
    static const char *const feedbacks[] = {"dfa", "fa", "drtp", "bp"};
    size_t index = 0;
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        for (size_t f = 0; f < 4; f++) {
            const char *settings[8] = {NULL};
            char feedback[64];
            size_t count = 0;
            snprintf(feedback, sizeof feedback, "learning.credit_assignment=%s", feedbacks[f]);
            while (rules[r][count] != NULL) {
                settings[count] = rules[r][count];
                count++;
            }
            settings[count] = feedback;
            vdib_config *config = toy_config(settings);
            bool legal = vdib_config_check(config) == VDIB_OK;
            vdib_config_destroy(config);
            if (legal)
                check(settings, index++ % 3 != 2);
        }
    assert_true(index >= 20); /* most combinations are legal */
}

/* What is given to backward is what the figures report. */
static void figures_report_the_losses_given(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    vdib_shown shown = {.size = sizeof shown};
    vdib_progress progress = {.size = sizeof progress};
    const float gradients[MOST * TOY_STEPS * 8] = {0};
    const double losses[MOST] = {1, 2, 3, 6};
    double rate = 0;
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_set_limits(trainer, 10, 0, 0));
    assert_ok(vdib_trainer_forward(trainer, &shown));
    assert_int_equal(shown.examples, 4);
    for (size_t i = 0; i < 4; i++)
        rate += shown.rate_terms[i] / 4;
    assert_true(rate > 0);
    assert_ok(vdib_trainer_backward(trainer, gradients, losses, NULL, &progress));
    assert_int_equal(progress.examples, 4);
    assert_true(progress.distortion_nats >= 1 && progress.distortion_nats <= 6);
    assert_true(progress.loss > progress.distortion_nats);
    assert_false(progress.done);
    assert_ok(vdib_trainer_forward(trainer, &shown));
    assert_ok(vdib_trainer_backward(trainer, gradients, losses, NULL, &progress));
    assert_ok(vdib_trainer_forward(trainer, &shown));
    assert_int_equal(shown.examples, 2); /* up to the limit */
    assert_ok(vdib_trainer_backward(trainer, gradients, losses, NULL, &progress));
    assert_true(progress.done);
    assert_int_equal(progress.examples, 10);
    assert_ok(vdib_trainer_forward(trainer, &shown));
    assert_int_equal(shown.examples, 0);
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

/* Checkpoints between updates, and a batch that was shown and not learnt from. */
static void a_resumed_training_goes_on_as_before(void **state) {
    (void)state;
    char *folder = support_folder(), path[512];
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL, *resumed = NULL;
    vdib_shown shown = {.size = sizeof shown};
    float gradients[MOST * TOY_STEPS * 8];
    char want[VDIB_MODEL_DIGEST], got[VDIB_MODEL_DIGEST];
    for (size_t i = 0; i < sizeof gradients / sizeof *gradients; i++)
        gradients[i] = (float)(i % 7) - 3.0F;
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_create(config, dataset, &resumed));
    for (int update = 0; update < 6; update++) {
        assert_ok(vdib_trainer_forward(trainer, &shown));
        if (update == 3) { /* shown, not learnt from */
            assert_ok(vdib_trainer_checkpoint(trainer, path));
            assert_ok(vdib_trainer_resume(resumed, path));
        }
        assert_ok(vdib_trainer_backward(trainer, gradients, NULL, NULL, NULL));
    }
    for (int update = 3; update < 6; update++) {
        assert_ok(vdib_trainer_forward(resumed, &shown));
        assert_ok(vdib_trainer_backward(resumed, gradients, NULL, NULL, NULL));
    }
    assert_ok(vdib_model_digest(vdib_trainer_model(trainer), want));
    assert_ok(vdib_model_digest(vdib_trainer_model(resumed), got));
    assert_string_equal(got, want);
    vdib_trainer_destroy(resumed);
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

static vdib_trainer *new_trainer(const vdib_dataset *dataset, const char *const *settings) {
    vdib_config *config = toy_config(settings);
    vdib_trainer *trainer = NULL;
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    vdib_config_destroy(config);
    return trainer;
}

static void what_is_missing_or_wrong_is_refused(void **state) {
    (void)state;
    static const char *const drtp[] = {"learning.estimator=straight-through", "learning.credit_assignment=drtp", NULL};
    static const char *const online[] = {"learning.schedule=online", "learning.baseline=none", "decoder.window=3",
                                         NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *straight = new_trainer(dataset, TOY_STRAIGHT), *score = new_trainer(dataset, TOY_PUBLISHED);
    vdib_trainer *project = new_trainer(dataset, drtp), *step = new_trainer(dataset, online);
    vdib_shown shown = {.size = sizeof shown};
    float gradients[MOST * TOY_STEPS * 8] = {0}, targets[MOST * TOY_PIXELS] = {0};
    double losses[MOST] = {0};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_backward(straight, gradients, losses, NULL, NULL), "forward first");
    assert_ok(vdib_trainer_forward(straight, &shown));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_backward(straight, NULL, losses, NULL, NULL),
                 "needs window_gradients");
    gradients[TOY_STEPS * 8] = NAN;
    assert_fails(VDIB_ERROR_NUMERIC, vdib_trainer_backward(straight, gradients, NULL, NULL, NULL), "window 1");
    gradients[TOY_STEPS * 8] = 0;
    losses[2] = INFINITY;
    assert_fails(VDIB_ERROR_NUMERIC, vdib_trainer_backward(straight, gradients, losses, NULL, NULL), "loss 2");
    losses[2] = 0;
    assert_ok(vdib_trainer_backward(straight, gradients, losses, NULL, NULL)); /* after all */
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_backward(straight, gradients, losses, NULL, NULL), "forward first");
    assert_ok(vdib_trainer_forward(straight, &shown));
    assert_ok(vdib_trainer_step(straight, NULL)); /* takes the batch for itself */
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_backward(straight, gradients, losses, NULL, NULL), "forward first");
    assert_ok(vdib_trainer_forward(score, &shown));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_backward(score, gradients, NULL, NULL, NULL), "needs losses");
    assert_ok(vdib_trainer_forward(project, &shown));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_backward(project, gradients, NULL, NULL, NULL), "needs targets");
    targets[3] = NAN;
    assert_fails(VDIB_ERROR_NUMERIC, vdib_trainer_backward(project, gradients, NULL, targets, NULL), "target 0");
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_forward(step, &shown), "learning.schedule=episode");
    vdib_trainer_destroy(step);
    vdib_trainer_destroy(project);
    vdib_trainer_destroy(score);
    vdib_trainer_destroy(straight);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_of_the_decoder_outside_is_the_decoder_inside),
        cmocka_unit_test(figures_report_the_losses_given),
        cmocka_unit_test(a_resumed_training_goes_on_as_before),
        cmocka_unit_test(what_is_missing_or_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
