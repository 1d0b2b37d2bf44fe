/* SPDX-License-Identifier: MIT */
/* Training on augmented examples: what every presentation shows, under both schedules, with any number of threads and
 * after a resume. */
#include "toy.h"

#include "data/dataset.h"
#include "learn/experiment_data.h"
#include "model/model.h"

static const char *const AUGMENTED[] = {
    "augment.shift=1",    "augment.rotation=20",        "augment.scale=0.2",          "augment.shear=0.1",
    "augment.flip=0.5",   "augment.time_shift_us=3000", "augment.time_jitter_us=500", "augment.drop=0.3",
    "augment.noise_hz=5", "augment.time_scale=0.2",     "data.step_us=2000",          NULL};
static const char *const ONLINE[] = {"learning.schedule=online", "decoder.window=3", "learning.batch_size=1", NULL};

static vdib_config *config_of(bool online, bool augmented) {
    vdib_config *config = toy_config(TOY_STRAIGHT);
    if (online)
        toy_set(config, ONLINE);
    if (augmented)
        toy_set(config, AUGMENTED);
    assert_ok(vdib_config_set(config, "training.examples=36")); /* one epoch */
    assert_ok(vdib_config_set(config, "training.validate_every=0"));
    return config;
}

/* Every key goes to its own member. */
static void keys_are_what_is_drawn_from(void **state) {
    (void)state;
    static const char *const keys[] = {"augment.shift=1",
                                       "augment.rotation=2",
                                       "augment.scale=0.3",
                                       "augment.shear=0.4",
                                       "augment.flip=0.5",
                                       "augment.drop=0.6",
                                       "augment.polarity_swap=0.7",
                                       "augment.time_shift_us=8",
                                       "augment.time_scale=0.9",
                                       "augment.time_jitter_us=10",
                                       "augment.noise_hz=11",
                                       "data.step_us=12",
                                       "augment.moves_target=false",
                                       NULL};
    vdib_config *config = NULL;
    assert_ok(vdib_config_create(&config));
    vdib__augmentation a = vdib__augmentation_of(config);
    assert_true(vdib__augmentation_is_none(&a) && a.moves_target && a.step_us == 3750);
    toy_set(config, keys);
    a = vdib__augmentation_of(config);
    assert_true(a.shift == 1 && a.rotation == 2 && a.scale == 0.3 && a.shear == 0.4 && a.flip == 0.5);
    assert_true(a.drop == 0.6 && a.polarity_swap == 0.7 && a.time_shift == 8 && a.time_scale == 0.9);
    assert_true(a.time_jitter == 10 && a.noise_hz == 11 && a.step_us == 12 && !a.moves_target);
    vdib_config_destroy(config);
}

/* The data of an epoch as they are shown: example i is example i of `dataset` augmented as at its presentation. */
static vdib_dataset *shown_data(const vdib_config *config, const vdib_dataset *dataset) {
    vdib_geometry geometry = *vdib_dataset_geometry(dataset);
    vdib__augmentation augmentation = vdib__augmentation_of(config);
    size_t train = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), validation = TOY_TRAIN - train;
    vdib_dataset *shown = NULL;
    vdib_example *example = NULL, *plain = NULL;
    vdib__order order;
    uint64_t presentation[TOY_TRAIN] = {0};
    assert_int_equal(validation, vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION));
    assert_ok(vdib__order_create(dataset, 1, &order));
    for (uint64_t p = 0; p < train; p++)
        presentation[vdib__order_index(&order, p)] = p;
    assert_ok(vdib_example_create(dataset, &example));
    assert_ok(vdib_example_create(dataset, &plain));
    assert_ok(vdib_dataset_create(&geometry, &shown));
    /* in the order of the training examples, among which the split finds the same ones */
    size_t next[2] = {0, 0};
    for (size_t i = 0; i < TOY_TRAIN; i++) {
        bool is_train = false;
        uint8_t added[TOY_STEPS * TOY_CHANNELS], found[TOY_STEPS * TOY_CHANNELS];
        if (next[0] < train) {
            /* the original examples are told apart by their spikes */
            assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, next[0], 1, plain));
            vdib_raster_to_dense(plain->raster, found);
            vdib__key key = {.seed = 5, .purpose = VDIB_PURPOSE_STIMULUS, .example = i};
            for (uint32_t k = 0; k < TOY_STEPS * TOY_CHANNELS; k++) {
                bool own = (k % TOY_CHANNELS) / (TOY_CHANNELS / TOY_CLASSES) == i % TOY_CLASSES;
                added[k] = vdib__random_uniform(&key, 0, k) < (own ? 0.4F : 0.05F);
            }
            is_train = memcmp(added, found, sizeof added) == 0;
        }
        if (is_train)
            assert_ok(
                vdib__dataset_fetch_augmented(dataset, next[0], 1, presentation[next[0]], &augmentation, example));
        else
            assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_VALIDATION, next[1], 1, example));
        next[is_train ? 0 : 1]++;
        assert_ok(vdib_dataset_add(shown, VDIB_SPLIT_TRAIN, example->raster, example->target, example->label));
    }
    assert_int_equal(next[0], train);
    vdib__order_free(&order);
    vdib_example_destroy(plain);
    vdib_example_destroy(example);
    return shown;
}

/* Parameters (malloc'ed) after training to the limit; `resumed`: by two trainers, the second from a checkpoint. */
static float *train(const vdib_config *config, const vdib_dataset *dataset, size_t threads, bool resumed,
                    vdib_progress *progress) {
    vdib_trainer *trainer = NULL, *second = NULL;
    *progress = (vdib_progress){.size = sizeof *progress};
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_set_threads(trainer, threads));
    if (resumed) {
        char *folder = support_folder(), path[4096];
        snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
        for (int i = 0; i < 3; i++)
            assert_ok(vdib_trainer_step(trainer, progress));
        assert_ok(vdib_trainer_checkpoint(trainer, path));
        assert_ok(vdib_trainer_create(config, dataset, &second));
        assert_ok(vdib_trainer_resume(second, path));
        vdib_trainer_destroy(trainer);
        trainer = second;
        support_folder_remove(folder);
    }
    while (!progress->done)
        assert_ok(vdib_trainer_step(trainer, progress));
    const vdib_model *model = vdib_trainer_model(trainer);
    float *values = malloc(model->table.total * sizeof *values);
    assert_non_null(values);
    memcpy(values, model->parameters, model->table.total * sizeof *values);
    vdib_trainer_destroy(trainer);
    return values;
}

static size_t parameters_of(const vdib_config *config, const vdib_dataset *dataset) {
    vdib_model *model = NULL;
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    size_t count = model->table.total;
    vdib_model_destroy(model);
    return count;
}

/* An epoch on augmented examples is an epoch on what was shown: bytes and validation are the same. */
static void training_shows_augmented_examples(void **state) {
    (void)state;
    for (int online = 0; online < 2; online++) {
        vdib_dataset *dataset = toy_dataset(true);
        vdib_config *augmented = config_of(online, true), *plain = config_of(online, false);
        vdib_dataset *shown = shown_data(augmented, dataset);
        size_t bytes = parameters_of(plain, dataset) * sizeof(float);
        vdib_progress got_progress, want_progress, other_progress;
        float *got = train(augmented, dataset, 1, false, &got_progress);
        float *want = train(plain, shown, 1, false, &want_progress);
        float *other = train(plain, dataset, 1, false, &other_progress);
        assert_memory_equal(got, want, bytes);
        assert_memory_not_equal(got, other, bytes);
        assert_true(got_progress.loss == want_progress.loss && got_progress.loss != other_progress.loss);
        assert_true(got_progress.validated && got_progress.validation_loss == want_progress.validation_loss);
        free(other), free(want), free(got);
        vdib_dataset_destroy(shown);
        vdib_config_destroy(plain);
        vdib_config_destroy(augmented);
        vdib_dataset_destroy(dataset);
    }
}

static void threads_and_resumes_change_nothing(void **state) {
    (void)state;
    for (int online = 0; online < 2; online++) {
        vdib_dataset *dataset = toy_dataset(true);
        vdib_config *config = config_of(online, true);
        size_t bytes = parameters_of(config, dataset) * sizeof(float);
        vdib_progress progress;
        assert_ok(vdib_config_set(config, "training.examples=80"));
        float *want = train(config, dataset, 1, false, &progress);
        float *threads = train(config, dataset, 3, false, &progress);
        float *resumed = train(config, dataset, 1, true, &progress);
        assert_memory_equal(threads, want, bytes);
        assert_memory_equal(resumed, want, bytes);
        free(resumed), free(threads), free(want);
        vdib_config_destroy(config);
        vdib_dataset_destroy(dataset);
    }
}

static void what_cannot_be_augmented_is_refused(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = config_of(false, false);
    vdib_trainer *trainer = NULL;
    assert_ok(vdib_config_set(config, "augment.polarity_swap=0.5"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_create(config, dataset, &trainer),
                 "augment.polarity_swap is 0.5, but the data have 1 channel a pixel");
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_what_is_drawn_from),
        cmocka_unit_test(training_shows_augmented_examples),
        cmocka_unit_test(threads_and_resumes_change_nothing),
        cmocka_unit_test(what_cannot_be_augmented_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
