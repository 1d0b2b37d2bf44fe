/* SPDX-License-Identifier: MIT */
/* What training takes in memory, before anything large is allocated. Arrays whose sizes are known stand beside what
 * allocates them (vdib__..._bytes). What the encoder allocates for a trial and for a pass is a line in the number of
 * steps, a x + b: both are made for two small numbers of steps, counted, and the line is drawn on. */
#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "core/threads.h"
#include "learn/experiment_data.h"
#include "learn/plan.h"
#include "learn/updates.h"
#include "learn/walk.h"

/* Numbers of steps that are tried; beyond the first the encoder's scratch is a line (VDIB_TILE_STEPS). */
enum { FEW_STEPS = 256, MORE_STEPS = 512 };

/* Bytes that an example's input takes for each of its spikes: in its raster, and as changes by step and by channel. */
enum { SPIKE_BYTES = 40 };

/* Sums and products that stay at the largest number instead of going around. */
static size_t plus(size_t a, size_t b) {
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static size_t times(size_t a, size_t b) {
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

/* Bytes of a trial with its draws, or of the scratch of a pass over `count` trials. */
static vdib_status count_trial(const vdib_model *model, size_t draws, size_t steps, size_t *bytes) {
    vdib__trial *trial = NULL;
    size_t before = vdib__allocated(), blank = steps > 1 ? 1 : 0;
    VDIB_TRY(vdib__trial_create(&model->encoder, steps, blank, &trial));
    vdib_status status = vdib__trial_add_draws(&model->encoder, draws, trial);
    *bytes = vdib__allocated() - before;
    vdib__trial_destroy(trial);
    return status;
}

static vdib_status count_scratch(const vdib_model *model, size_t count, size_t steps, int threads, size_t *bytes) {
    vdib__encoder_workspace *workspace = NULL;
    size_t before = vdib__allocated();
    VDIB_TRY(vdib__encoder_workspace_create(&model->encoder, count, steps, threads, &workspace));
    *bytes = vdib__allocated() - before;
    vdib__encoder_workspace_destroy(workspace);
    return VDIB_OK;
}

/* The line through two points, at `steps`. */
static size_t extended(size_t few, size_t more, size_t steps) {
    return plus(more, times(more - few, (steps - MORE_STEPS) / (MORE_STEPS - FEW_STEPS) + 1));
}

/* What the encoder needs to run `count` examples at once with so many draws of each, `threads` sharing a pass. */
static vdib_status encoder_bytes(const vdib_model *model, size_t count, size_t draws, size_t steps, int threads,
                                 size_t *bytes) {
    size_t trial[2] = {0, 0}, scratch[2] = {0, 0};
    bool whole = steps <= MORE_STEPS;
    const size_t tried[2] = {FEW_STEPS, whole ? steps : MORE_STEPS};
    for (int i = whole ? 1 : 0; i < 2; i++) {
        VDIB_TRY(count_trial(model, draws, tried[i], &trial[i]));
        VDIB_TRY(count_scratch(model, count, tried[i], threads, &scratch[i]));
    }
    size_t one = whole ? trial[1] : extended(trial[0], trial[1], steps);
    size_t shared = whole ? scratch[1] : extended(scratch[0], scratch[1], steps);
    *bytes = plus(times(one, count), shared);
    return VDIB_OK;
}

/* The spikes of an example: those of the first one. */
static vdib_status input_bytes(const vdib_dataset *dataset, vdib_split split, size_t *bytes) {
    vdib_example *example = NULL;
    *bytes = 0;
    if (vdib_dataset_size(dataset, split) == 0)
        return VDIB_OK;
    VDIB_TRY(vdib_example_create(dataset, &example));
    vdib_status status = vdib_dataset_get(dataset, split, 0, 0, example);
    if (status == VDIB_OK)
        *bytes = times(vdib_raster_spikes(example->raster), SPIKE_BYTES);
    vdib_example_destroy(example);
    return status;
}

/* What augmenting an example takes beside its spikes: counted at the second of two that are alike, since the data may
 * keep what the first has read. */
static vdib_status augmented_bytes(const vdib_model *model, const vdib_dataset *dataset, size_t *bytes) {
    const vdib__augmentation augmentation = vdib__augmentation_of(model->config);
    *bytes = 0;
    if (vdib__augmentation_is_none(&augmentation) || vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) == 0)
        return VDIB_OK;
    vdib_status status = VDIB_OK;
    for (int i = 0; i < 2 && status == VDIB_OK; i++) {
        vdib_example *example = NULL;
        VDIB_TRY(vdib_example_create(dataset, &example));
        size_t before = vdib__allocated();
        status = vdib__dataset_fetch_augmented(dataset, 0, model->config->seed, 0, &augmentation, example);
        *bytes = vdib__allocated() - before;
        vdib_example_destroy(example);
    }
    return status;
}

static size_t weight_copies(const vdib_model *model, const vdib__optimizer *encoder, const vdib__optimizer *decoder) {
    size_t weights = times(model->table.total, sizeof(float)), trained = times(model->table.trained, sizeof(float));
    size_t optimizers = plus(vdib__optimizer_bytes(encoder), vdib__optimizer_bytes(decoder));
    /* best model, averaged model, gradients, and one more while a model is written or evaluated */
    size_t models = model->config->learning.average_memory > 0 ? 3 : 2;
    return plus(plus(times(weights, models), trained), optimizers);
}

/* Steps of an example that is evaluated, without the blank ones. */
static size_t walked_steps(const vdib_model *model) {
    bool by_step = vdib__target_of(model->config->data.target)->by_step;
    return by_step ? plus(vdib__config_warmup_steps(model->config), vdib__config_test_steps(model->config))
                   : model->geometry.steps;
}

/* Examples that a walk over the larger of validation and test runs at once. */
static size_t walked(const vdib_model *model, const vdib_dataset *dataset) {
    size_t validation = vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION);
    size_t test = vdib_dataset_size(dataset, VDIB_SPLIT_TEST), most = validation > test ? validation : test;
    return most > 0 ? vdib__walk_together(model, walked_steps(model), most) : 0;
}

/* A walk over validation or test examples: a batch of them, or as many sequences, each with scratch of its own. */
static vdib_status walk_bytes(const vdib_model *model, const vdib_dataset *dataset, int threads, size_t *bytes) {
    bool by_step = vdib__target_of(model->config->data.target)->by_step;
    size_t count = walked(model, dataset), encoder = 0, steps = model->config->data.blank_steps + walked_steps(model);
    *bytes = 0;
    if (count == 0)
        return VDIB_OK;
    VDIB_TRY(encoder_bytes(model, by_step ? 1 : count, 1, steps, by_step ? 1 : threads, &encoder));
    size_t decoder = vdib__chain_workspace_bytes(&model->decoder, by_step ? 1 : count, by_step ? 1 : threads);
    size_t windows = times(model->window, model->row * sizeof(float));
    *bytes = by_step ? times(plus(encoder, decoder), count) : plus(plus(encoder, decoder), times(windows, count));
    return VDIB_OK;
}

/* Bytes of the state of a sequence that is learnt step by step, which does not grow with its steps. */
static vdib_status count_state(const vdib_model *model, size_t *bytes) {
    vdib__encoder_state *state = NULL;
    size_t before = vdib__allocated();
    VDIB_TRY(vdib__encoder_state_create(&model->encoder, true, &state));
    *bytes = vdib__allocated() - before;
    vdib__encoder_state_destroy(state);
    return VDIB_OK;
}

/* One update: a batch, or sequences step by step. */
static vdib_status update_bytes(const vdib_model *model, int threads, size_t *bytes) {
    const vdib_config *config = model->config;
    const vdib__schedule *schedule = vdib__schedule_of(config->learning.schedule);
    const vdib__estimator_plan plan = vdib__plan_of(model, schedule->by_step ? 1 : model->geometry.steps);
    size_t count = config->learning.batch_size, encoder = 0;
    if (schedule->by_step)
        VDIB_TRY(count_state(model, &encoder));
    else
        VDIB_TRY(encoder_bytes(model, count, plan.draws, model->geometry.steps + config->data.blank_steps, threads,
                               &encoder));
    encoder = schedule->by_step ? times(encoder, count) : encoder;
    size_t decoder = vdib__chain_workspace_bytes(&model->decoder, count * plan.draws, schedule->by_step ? 1 : threads);
    *bytes = plus(plus(encoder, decoder), schedule->bytes != NULL ? schedule->bytes(model, &plan) : 0);
    return VDIB_OK;
}

/* Examples that initialisation from data looks at together; nothing is validated at that time. */
static vdib_status initialisation_bytes(const vdib_model *model, int threads, size_t *bytes) {
    size_t steps = model->geometry.steps, count = vdib__initialise_together(model, steps);
    *bytes = 0;
    if (!vdib__initialisation_of(model->config->encoder.initialisation)->from_data)
        return VDIB_OK;
    VDIB_TRY(encoder_bytes(model, count, 1, steps + model->config->data.blank_steps, threads, bytes));
    size_t decoder = vdib__chain_workspace_bytes(&model->decoder, count, threads);
    size_t windows = times(times(model->window, model->encoder.readout.neurons * sizeof(float)), count);
    *bytes = plus(*bytes, plus(decoder, windows));
    return VDIB_OK;
}

static vdib_status estimate(const vdib_model *model, const vdib_dataset *dataset, int threads,
                            vdib_training_need *need) {
    const vdib__optimizer encoder = vdib__updates_optimizer(model, true);
    const vdib__optimizer decoder = vdib__updates_optimizer(model, false);
    size_t input = 0, augmented = 0, initial = 0;
    need->weights = times(model->table.total, sizeof(float));
    need->copies = weight_copies(model, &encoder, &decoder);
    VDIB_TRY(update_bytes(model, threads, &need->batch));
    VDIB_TRY(walk_bytes(model, dataset, threads, &need->validation));
    VDIB_TRY(initialisation_bytes(model, threads, &initial));
    VDIB_TRY(input_bytes(dataset, VDIB_SPLIT_TRAIN, &input));
    VDIB_TRY(augmented_bytes(model, dataset, &augmented));
    if (initial > 0)
        initial = plus(initial, times(plus(input, augmented), vdib__initialise_together(model, model->geometry.steps)));
    need->batch = plus(need->batch, times(plus(input, augmented), model->config->learning.batch_size));
    VDIB_TRY(input_bytes(dataset, VDIB_SPLIT_TEST, &input));
    need->validation = plus(need->validation, times(input, walked(model, dataset)));
    need->validation = need->validation > initial ? need->validation : initial;
    need->total = plus(plus(need->weights, need->copies), plus(need->batch, need->validation));
    return VDIB_OK;
}

vdib_status vdib_training_memory(const vdib_config *config, const vdib_dataset *dataset, size_t threads,
                                 vdib_training_need *need) {
    vdib_training_need made = {.size = sizeof(vdib_training_need)};
    vdib_model *model = NULL;
    VDIB_REQUIRE(config, dataset);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_training_need, need));
    VDIB_TRY(vdib__model_outline(config, vdib_dataset_geometry(dataset), &model));
    vdib_status status = estimate(model, dataset, vdib__threads(threads), &made);
    vdib_model_destroy(model);
    if (status == VDIB_OK)
        VDIB_SIZED_WRITE(vdib_training_need, &made, need);
    return status;
}
