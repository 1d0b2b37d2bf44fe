/* SPDX-License-Identifier: MIT */
/* Training on a toy problem: every rule runs, the same seed gives the same bits for any number of threads and after a
 * resume, and what should be learnt is learnt. */
#include "toy.h"

#include <math.h>

#include "core/alloc.h"
#include "core/file.h"
#include "learn/trainer.h"
#include "model/model.h"
#include "model/safetensors.h"

/* Trains to the limit; returns the model's parameters (malloc'ed). */
static float *train(const vdib_config *config, const vdib_dataset *dataset, size_t threads, vdib_progress *last,
                    size_t *count) {
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_set_threads(trainer, threads));
    do
        assert_ok(vdib_trainer_step(trainer, &progress));
    while (!progress.done);
    const vdib_model *model = vdib_trainer_model(trainer);
    *count = model->table.total;
    float *values = malloc(*count * sizeof *values);
    assert_non_null(values);
    memcpy(values, model->parameters, *count * sizeof *values);
    if (last != NULL)
        *last = progress;
    vdib_trainer_destroy(trainer);
    return values;
}

/* Every combination that a user may set runs, moves the weights and does not depend on threads. */
static void check_settings(const char *const *base, const char *const *more, bool images) {
    vdib_dataset *dataset = toy_dataset(images);
    vdib_config *config = toy_config(base);
    toy_set(config, more);
    if (!images)
        assert_ok(vdib_config_set(config, "data.target=class"));
    size_t count = 0;
    print_message("%s %s\n", base == TOY_PUBLISHED ? "published" : "straight-through",
                  more[0] != NULL ? more[0] : "as it is");
    float *one = train(config, dataset, 1, NULL, &count), *two = train(config, dataset, 2, NULL, &count);
    float *again = train(config, dataset, 3, NULL, &count);
    assert_memory_equal(one, two, count * sizeof *one);
    assert_memory_equal(one, again, count * sizeof *one);
    vdib_model *initial = NULL;
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &initial));
    for (int role = VDIB_TENSOR_ENCODER; role <= VDIB_TENSOR_DECODER; role++)
        assert_memory_not_equal(one + initial->table.role_begin[role],
                                initial->parameters + initial->table.role_begin[role],
                                initial->table.role_count[role] * sizeof *one);
    vdib_model_destroy(initial);
    free(again), free(two), free(one);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

static void rules_run_with_any_number_of_threads(void **state) {
    (void)state;
    static const char *const variants[][4] = {
        {NULL},
        {"learning.credit_assignment=fa", NULL},
        {"learning.credit_assignment=drtp", NULL},
        {"learning.credit_assignment=bp", "readout.feedback=lateral", NULL},
        {"encoder.layers=9,7", "neuron.surrogate=logistic", NULL},
        {"encoder.layers=conv3k3p1m2,6", NULL},
        {"encoder.layers=[]", NULL},
        {"decoder=linear", "decoder.coding=rate", NULL},
        {"decoder=conv", "decoder.random_cuts=0.4", NULL},
        {"readout.learns_filters=true", "learning.filter_rate_scale=0.5", NULL},
        {"objective.reduction=sum", "learning.clip_norm=1", NULL},
        {"channel.type=flips", "channel.probability=0.1", "decoder.spike_dropout=0.2", NULL},
        {"channel.type=packets", "channel.probability=0.3", "decoder=conv", NULL},
        {"learning.average_memory=0.9", "learning.decay=cosine", "learning.warmup_examples=30", NULL},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        check_settings(TOY_PUBLISHED, variants[i], true);
        check_settings(TOY_STRAIGHT, variants[i], true);
    }
    static const char *const batch[] = {"learning.batch_size=4", "learning.baseline=batch",
                                        "learning.encoder_optimizer=adamw", NULL};
    check_settings(TOY_PUBLISHED, batch, true);
    check_settings(TOY_STRAIGHT, variants[0], false);
}

/* Clipping needs all gradients before the first weight moves; what it leaves alone is moved by the same code, to the
 * bit. */
static void a_norm_that_no_gradient_reaches_changes_no_bit(void **state) {
    (void)state;
    static const char *const rules[] = {"adam", "adamw"};
    static const char *const variants[][4] = {
        {"learning.batch_size=4", "learning.estimator=straight-through", NULL},
        {"learning.batch_size=1", "learning.estimator=reinforce", NULL},
        {"learning.batch_size=4", "learning.estimator=reinforce", NULL},
        {"learning.batch_size=1", "learning.schedule=online", "decoder.window=3", NULL},
        {"learning.batch_size=3", "learning.schedule=online", "decoder.window=3", NULL},
        {"learning.batch_size=3", "encoder.layers=conv3k3p1m2,6", NULL},
    };
    vdib_dataset *dataset = toy_dataset(true);
    for (size_t i = 0; i < 2 * sizeof variants / sizeof variants[0]; i++) {
        float *values[2];
        size_t count = 0;
        for (int clips = 0; clips < 2; clips++) {
            char encoder[64], decoder[64];
            vdib_config *config = toy_config(TOY_STRAIGHT);
            const char *const more[] = {encoder, decoder, clips ? "learning.clip_norm=1e6" : "learning.clip_norm=0",
                                        "learning.average_memory=0.8", NULL};
            snprintf(encoder, sizeof encoder, "learning.encoder_optimizer=%s", rules[i % 2]);
            snprintf(decoder, sizeof decoder, "learning.decoder_optimizer=%s", rules[i % 2]);
            toy_set(config, variants[i / 2]);
            toy_set(config, more);
            values[clips] = train(config, dataset, 2, NULL, &count);
            vdib_config_destroy(config);
        }
        assert_memory_equal(values[0], values[1], count * sizeof *values[0]);
        free(values[1]), free(values[0]);
    }
    vdib_dataset_destroy(dataset);
}

/* Speed counts from where it was taken to, and what was shown before is not learnt from. */
static void a_trainer_taken_back_starts_anew(void **state) {
    (void)state;
    char *folder = support_folder(), start[4096], later[4096];
    snprintf(start, sizeof start, "%s/start.safetensors", folder);
    snprintf(later, sizeof later, "%s/later.safetensors", folder);
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    vdib_shown shown = {.size = sizeof shown};
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_checkpoint(trainer, start));
    do
        assert_ok(vdib_trainer_step(trainer, &progress));
    while (progress.examples < 50);
    assert_ok(vdib_trainer_checkpoint(trainer, later));
    vdib_trainer_destroy(trainer);
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_resume(trainer, later));
    assert_ok(vdib_trainer_forward(trainer, &shown));
    assert_ok(vdib_trainer_resume(trainer, start));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_backward(trainer, NULL, NULL, NULL, NULL), "nothing was shown");
    assert_ok(vdib_trainer_step(trainer, &progress));
    assert_true(progress.examples < 50);
    assert_true(progress.examples_per_second > 0 && progress.examples_per_second < 1e9);
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

static void a_resumed_trainer_ends_in_the_same_bits(void **state) {
    (void)state;
    const char *const *bases[] = {TOY_PUBLISHED, TOY_STRAIGHT};
    char *folder = support_folder(), path[4096];
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
    for (size_t b = 0; b < 4; b++) { /* each also with an average of the weights, and with filters that learn */
        vdib_dataset *dataset = toy_dataset(true);
        vdib_config *config = toy_config(bases[b / 2]);
        assert_ok(vdib_config_set(config, b % 2 == 0 ? "learning.average_memory=0" : "learning.average_memory=0.97"));
        assert_ok(vdib_config_set(config, b % 2 == 0 ? "readout.learns_filters=true" : "readout.learns_filters=false"));
        size_t count = 0;
        float *whole = train(config, dataset, 1, NULL, &count);
        vdib_trainer *first = NULL, *second = NULL;
        vdib_progress progress = {.size = sizeof(vdib_progress)};
        assert_ok(vdib_trainer_create(config, dataset, &first));
        do
            assert_ok(vdib_trainer_step(first, &progress));
        while (progress.examples < 50);
        assert_ok(vdib_trainer_checkpoint(first, path));
        vdib_trainer_destroy(first);
        assert_ok(vdib_trainer_create(config, dataset, &second));
        assert_ok(vdib_trainer_resume(second, path));
        do
            assert_ok(vdib_trainer_step(second, &progress));
        while (!progress.done);
        assert_memory_equal(vdib_trainer_model(second)->parameters, whole, count * sizeof *whole);
        assert_int_equal(vdib_model_examples(vdib_trainer_model(second)), 120);
        vdib_trainer_destroy(second);
        free(whole);
        vdib_config_destroy(config);
        vdib_dataset_destroy(dataset);
    }
    support_folder_remove(folder);
}

enum { NOT_FINITE = 6, DAMAGES = 8 };

static float *copy_parameters(const vdib_trainer *trainer, size_t count) {
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    memcpy(values, vdib_trainer_model(trainer)->parameters, count * sizeof *values);
    return values;
}

/* The checkpoint `from` with one thing wrong in it, at `to`. */
static void damage(const char *from, const char *to, int which) {
    static const char *const spoilt[DAMAGES] = {"counters",       "scalars", "best", "encoder.first",
                                                "decoder.second", "model",   "best", "validation_pending"};
    static const uint64_t begun[2] = {4, 4};
    float *values = NULL;
    vdib__safetensors *file = NULL;
    vdib__safetensors_entry entries[32];
    size_t count = 0;
    assert_ok(vdib__safetensors_open(from, &file));
    for (size_t i = 0; i < vdib__safetensors_count(file); i++) {
        const vdib__safetensors_tensor *tensor = vdib__safetensors_at(file, i);
        assert_int_equal(tensor->rank, 1);
        entries[count] = (vdib__safetensors_entry){
            .name = tensor->name, .dtype = tensor->dtype, .rank = 1, .shape = {tensor->count}, .data = tensor->bytes};
        if (strcmp(tensor->name, spoilt[which]) == 0 && which != NOT_FINITE)
            entries[count].shape[0]--; /* an element is lost */
        else if (strcmp(tensor->name, spoilt[which]) == 0) {
            assert_non_null(values = malloc(tensor->count * sizeof *values));
            memcpy(values, tensor->bytes, tensor->count * sizeof *values);
            values[tensor->count - 1] = NAN;
            entries[count].data = values;
        }
        count++;
    }
    if (which == DAMAGES - 1)
        entries[count++] = (vdib__safetensors_entry){
            .name = spoilt[which], .dtype = VDIB_DTYPE_U64, .rank = 1, .shape = {2}, .data = begun};
    const vdib__safetensors_text texts[] = {{"vdib_checkpoint", vdib__safetensors_metadata(file, "vdib_checkpoint")},
                                            {"vdib_config", vdib__safetensors_metadata(file, "vdib_config")}};
    assert_ok(vdib__safetensors_write(to, entries, count, texts, 2));
    vdib__safetensors_close(file);
    free(values);
}

/* The checkpoint `from` without its last bytes, at `to`. */
static void cut(const char *from, const char *to) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(from, &bytes, &size));
    assert_ok(vdib__file_write(to, bytes, size - 8));
    vdib__free(bytes);
}

/* The trainer that refused one goes on as if it had never been asked: its weights, moments, counts and averages. */
static void a_refused_checkpoint_changes_nothing(void **state) {
    char *folder = support_folder(), path[4096], bad[4096];
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    size_t count = 0;
    (void)state;
    assert_ok(vdib_config_set(config, "learning.decoder_optimizer=adam"));
    float *whole = train(config, dataset, 1, NULL, &count);
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
    snprintf(bad, sizeof bad, "%s/bad.safetensors", folder);
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    while (progress.examples < 60)
        assert_ok(vdib_trainer_step(trainer, &progress));
    assert_ok(vdib_trainer_checkpoint(trainer, path));
    vdib_trainer_destroy(trainer);
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    progress.examples = 0;
    for (int which = 0; which <= DAMAGES; which++) {
        if (which < DAMAGES)
            damage(path, bad, which);
        else
            cut(path, bad);
        assert_ok(vdib_trainer_step(trainer, &progress));
        float *before = copy_parameters(trainer, count);
        assert_fails(which == NOT_FINITE ? VDIB_ERROR_NUMERIC : VDIB_ERROR_FORMAT, vdib_trainer_resume(trainer, bad),
                     which == NOT_FINITE ? "bad.safetensors: best: element" : "bad.safetensors");
        assert_memory_equal(vdib_trainer_model(trainer)->parameters, before, count * sizeof *before);
        free(before);
    }
    do
        assert_ok(vdib_trainer_step(trainer, &progress));
    while (!progress.done);
    assert_memory_equal(vdib_trainer_model(trainer)->parameters, whole, count * sizeof *whole);
    vdib_trainer_destroy(trainer);
    free(whole);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

/* With an average it is the averaged model that is given, validated, chosen and written; the weights themselves are
 * trained as without it. */
static void the_averaged_model_is_what_training_gives(void **state) {
    (void)state;
    char *folder = support_folder(), path[4096];
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *plain = NULL, *averaging = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    vdib_run *run = NULL;
    size_t bytes = 0;
    assert_ok(vdib_trainer_create(config, dataset, &plain));
    assert_ok(vdib_config_set(config, "learning.average_memory=0.95"));
    assert_ok(vdib_trainer_create(config, dataset, &averaging));
    bytes = plain->model->table.total * sizeof(float);
    assert_ptr_equal(vdib_trainer_model(plain), plain->model);
    assert_memory_equal(vdib_trainer_model(averaging)->parameters, plain->model->parameters, bytes);
    do { /* the first validation */
        assert_ok(vdib_trainer_step(plain, &progress));
        assert_ok(vdib_trainer_step(averaging, &progress));
    } while (!progress.validated);
    assert_memory_equal(averaging->model->parameters, plain->model->parameters, bytes);
    assert_memory_not_equal(vdib_trainer_model(averaging)->parameters, plain->model->parameters, bytes);
    assert_memory_equal(vdib_trainer_best(averaging)->parameters, vdib_trainer_model(averaging)->parameters, bytes);
    assert_int_equal(vdib_model_examples(vdib_trainer_best(averaging)), progress.examples);
    vdib_evaluation figures = {NULL};
    assert_ok(vdib_evaluate(vdib_trainer_model(averaging), dataset, VDIB_SPLIT_VALIDATION, NULL, &figures));
    assert_float_equal(vdib_evaluation_get(&figures, "distortion_nats"), progress.validation_distortion_nats, 1e-9);
    vdib_evaluation_clear(&figures);
    do
        assert_ok(vdib_trainer_step(averaging, &progress));
    while (!progress.done);
    const vdib_run_options options = {.size = sizeof options, .dataset = dataset};
    snprintf(path, sizeof path, "%s/run", folder);
    assert_ok(vdib_run_create(path, config, &options, &run));
    do
        assert_ok(vdib_run_step(run, &progress));
    while (!progress.done);
    assert_memory_equal(vdib_run_model(run)->parameters, vdib_trainer_model(averaging)->parameters, bytes);
    vdib_run_destroy(run);
    static const char *const files[] = {"model", "best"};
    for (int best = 0; best < 2; best++) {
        vdib_model *written = NULL;
        snprintf(path, sizeof path, "%s/run/%s.safetensors", folder, files[best]);
        assert_ok(vdib_model_load(path, &written));
        const vdib_model *want = best ? vdib_trainer_best(averaging) : vdib_trainer_model(averaging);
        assert_memory_equal(written->parameters, want->parameters, bytes);
        vdib_model_destroy(written);
    }
    vdib_trainer_destroy(averaging), vdib_trainer_destroy(plain);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

static void straight_through_learns_the_toy_problem(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    size_t count = 0;
    assert_ok(vdib_config_set(config, "training.examples=2000"));
    free(train(config, dataset, 2, &progress, &count));
    assert_true(progress.validated);
    /* chance: 6 ln 2 = 4.16 nats */
    assert_true(progress.validation_distortion_nats < 0.5);
    assert_true(progress.rate_bits > 0);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

static void limits_end_training(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_set_limits(trainer, 10, 3, 0)); /* the first limit reached counts; 10 is not a whole batch */
    do
        assert_ok(vdib_trainer_step(trainer, &progress));
    while (!progress.done);
    assert_int_equal(progress.examples, 10);
    assert_ok(vdib_trainer_set_limits(trainer, 0, 1, 0));
    do
        assert_ok(vdib_trainer_step(trainer, &progress));
    while (!progress.done);
    assert_int_equal(progress.examples, vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_set_limits(trainer, 0, 0, -1), "0 or more");
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

static bool always(void *user) {
    return *(bool *)user;
}

static void a_caller_can_cancel(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    bool stop = false;
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_on_cancel(trainer, always, &stop));
    assert_ok(vdib_trainer_step(trainer, &progress));
    stop = true;
    assert_fails(VDIB_ERROR_CANCELLED, vdib_trainer_step(trainer, &progress), "after 4 examples");
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

static void a_diverging_run_says_so(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    assert_ok(vdib_config_set(config, "decoder=linear"));
    assert_ok(vdib_config_set(config, "learning.decoder_optimizer=sgd"));
    assert_ok(vdib_config_set(config, "learning.decoder_learning_rate=100"));
    assert_ok(vdib_config_set(config, "data.target=image"));
    assert_ok(vdib_config_set(config, "decoder.head=gaussian"));
    assert_ok(vdib_config_set(config, "training.examples=100000"));
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    vdib_status status = VDIB_OK;
    while (status == VDIB_OK && !progress.done)
        status = vdib_trainer_step(trainer, &progress);
    assert_int_equal(status, VDIB_ERROR_NUMERIC);
    support_assert_message("try", __FILE__, __LINE__);
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_run_with_any_number_of_threads),
        cmocka_unit_test(a_norm_that_no_gradient_reaches_changes_no_bit),
        cmocka_unit_test(a_trainer_taken_back_starts_anew),
        cmocka_unit_test(a_resumed_trainer_ends_in_the_same_bits),
        cmocka_unit_test(a_refused_checkpoint_changes_nothing),
        cmocka_unit_test(the_averaged_model_is_what_training_gives),
        cmocka_unit_test(straight_through_learns_the_toy_problem),
        cmocka_unit_test(limits_end_training),
        cmocka_unit_test(a_caller_can_cancel),
        cmocka_unit_test(a_diverging_run_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
