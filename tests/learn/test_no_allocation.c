/* SPDX-License-Identifier: MIT */
/* After the first of each, a trainer's steps, a stream's steps and decodings, and a batch's passes allocate nothing. */
#include "toy.h"
#include "vdib/memory.h"

enum { MOST_DECODERS = 4, STEPS = 30 };

static _Atomic size_t allocations;

static void *allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    allocations++;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void release(void *user, void *block) {
    (void)user;
    free(block);
}

/* Examples with the same number of spikes each, so that no copy of one has to grow. */
static vdib_dataset *even_dataset(void) {
    vdib_geometry geometry = {sizeof(vdib_geometry), 1, 4, 5, TOY_STEPS, TOY_CLASSES, 2, 3, 1};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(TOY_CHANNELS, TOY_STEPS, &raster));
    for (uint32_t i = 0; i < TOY_TRAIN; i++) {
        uint8_t dense[TOY_STEPS * TOY_CHANNELS];
        float target[TOY_PIXELS] = {0};
        target[i % TOY_PIXELS] = 1.0F;
        for (uint32_t k = 0; k < TOY_STEPS * TOY_CHANNELS; k++)
            dense[k] = (k * 7 + i) % 4 == 0;
        assert_ok(vdib_raster_from_dense(raster, dense));
        assert_int_equal(vdib_raster_spikes(raster), TOY_STEPS * TOY_CHANNELS / 4);
        assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, target, i % TOY_CLASSES));
    }
    vdib_raster_destroy(raster);
    return dataset;
}

static const char *const DECODERS[] = {"decoder=linear", "decoder=mlp", "decoder=conv", "decoder=conv2d"};

static void check_training(const char *const *settings, const char *decoder, size_t threads) {
    vdib_config *config = toy_config(settings);
    vdib_dataset *dataset = even_dataset();
    vdib_trainer *trainer = NULL;
    assert_ok(vdib_config_set(config, decoder));
    assert_ok(vdib_config_set(config, "training.validate_every=0"));
    assert_ok(vdib_config_set(config, "training.examples=100000"));
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_set_threads(trainer, threads));
    vdib_progress progress = {.size = sizeof progress};
    assert_ok(vdib_trainer_step(trainer, &progress));
    allocations = 0;
    for (size_t i = 0; i < STEPS; i++)
        assert_ok(vdib_trainer_step(trainer, &progress));
    assert_int_equal(allocations, 0);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

static void trainer_steps(void **state) {
    (void)state;
    for (size_t d = 0; d < MOST_DECODERS; d++)
        for (size_t threads = 1; threads <= 2; threads++) {
            check_training(TOY_PUBLISHED, DECODERS[d], threads);
            check_training(TOY_STRAIGHT, DECODERS[d], threads);
        }
}

/* Clipping by the norm and another number of threads take other ways. */
static void clipped_steps(void **state) {
    (void)state;
    static const char *const SETTINGS[] = {"learning.estimator=straight-through",
                                           "learning.feedback=bp",
                                           "learning.encoder_optimizer=adamw",
                                           "learning.clip_norm=1",
                                           "learning.batch_size=7",
                                           "encoder.layers=[conv2k3s1p1m2,9]",
                                           "readout.feedback=lateral",
                                           NULL};
    check_training(SETTINGS, "decoder=mlp", 3);
}

static void steps_of_several_draws(void **state) {
    (void)state;
    static const char *const SETTINGS[] = {"learning.estimator=rloo",
                                           "learning.draws=3",
                                           "learning.feedback=dfa",
                                           "learning.dfa_normalised=false",
                                           "learning.batch_size=4",
                                           "encoder.layers=[9]",
                                           NULL};
    check_training(SETTINGS, "decoder=mlp", 2);
}

static void check_online(const char *batch, const char *baseline) {
    vdib_config *config = NULL;
    vdib_dataset *dataset = NULL;
    vdib_trainer *trainer = NULL;
    assert_ok(vdib_config_load("published/predict", &config));
    static const char *const SETTINGS[] = {"data.steps=30", "encoder.layers=[9,8]", NULL};
    assert_ok(vdib_config_set(config, batch));
    assert_ok(vdib_config_set(config, baseline));
    toy_set(config, SETTINGS);
    assert_ok(vdib_dataset_open(NULL, config, &dataset));
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    vdib_progress progress = {.size = sizeof progress};
    for (size_t i = 0; i < STEPS; i++) /* until the sequence with the most spikes has come */
        assert_ok(vdib_trainer_step(trainer, &progress));
    allocations = 0;
    for (size_t i = 0; i < STEPS; i++)
        assert_ok(vdib_trainer_step(trainer, &progress));
    assert_int_equal(allocations, 0);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

static void online_steps(void **state) {
    (void)state;
    check_online("learning.batch_size=1", "learning.baseline=per-parameter");
    check_online("learning.batch_size=3", "learning.baseline=batch");
}

static void stream_steps(void **state) {
    (void)state;
    for (size_t d = 0; d < MOST_DECODERS; d++) {
        vdib_config *config = toy_config(TOY_STRAIGHT);
        vdib_dataset *dataset = toy_dataset(true);
        vdib_model *model = NULL;
        vdib_stream *stream = NULL;
        float output[TOY_PIXELS];
        assert_ok(vdib_config_set(config, DECODERS[d]));
        assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
        assert_ok(vdib_stream_create(model, 1, 0, &stream));
        allocations = 0;
        vdib_event events[TOY_CHANNELS];
        for (uint32_t t = 0; t < STEPS; t++) {
            uint32_t channels[TOY_CHANNELS];
            for (uint32_t c = 0; c <= t % TOY_CHANNELS; c++) {
                channels[c] = c;
                events[c] = (vdib_event){.t = (int64_t)t * 20000, .x = (uint16_t)(c % 5), .y = (uint16_t)(c / 5)};
            }
            assert_ok(vdib_stream_step(stream, channels, t % TOY_CHANNELS + 1, NULL, NULL));
            assert_ok(vdib_stream_decode(stream, output));
        }
        assert_ok(vdib_stream_reset(stream, 1));
        assert_ok(vdib_stream_push(stream, events, 1, NULL, NULL));
        assert_int_equal(allocations, 0);
        vdib_stream_destroy(stream);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
        vdib_config_destroy(config);
    }
}

static void batches(void **state) {
    (void)state;
    enum { BATCH = 5 };
    for (size_t d = 0; d < MOST_DECODERS; d++) {
        vdib_config *config = toy_config(TOY_STRAIGHT);
        vdib_dataset *dataset = toy_dataset(true);
        vdib_model *model = NULL;
        vdib_batch *batch = NULL;
        vdib_raster *raster = NULL;
        const vdib_raster *rasters[BATCH];
        const uint64_t indices[BATCH] = {0, 1, 2, 3, 4};
        float outputs[BATCH * TOY_PIXELS];
        const float *windows = NULL;
        uint8_t dense[TOY_STEPS * TOY_CHANNELS];
        for (size_t i = 0; i < sizeof dense; i++)
            dense[i] = i % 3 == 0;
        assert_ok(vdib_config_set(config, DECODERS[d]));
        assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
        assert_ok(vdib_raster_create(TOY_CHANNELS, TOY_STEPS, &raster));
        assert_ok(vdib_raster_from_dense(raster, dense));
        for (size_t i = 0; i < BATCH; i++)
            rasters[i] = raster;
        assert_ok(vdib_batch_create(model, BATCH, TOY_STEPS, 0, 2, &batch));
        allocations = 0;
        for (size_t count = 1; count <= BATCH; count++) {
            assert_ok(vdib_batch_encode(batch, rasters, count, 1, indices, NULL));
            assert_ok(vdib_batch_windows(batch, &windows));
            assert_ok(vdib_batch_decode(batch, windows, count, outputs));
        }
        assert_int_equal(allocations, 0);
        vdib_batch_destroy(batch);
        vdib_raster_destroy(raster);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
        vdib_config_destroy(config);
    }
}

int main(void) {
    const vdib_allocator counting = {.size = sizeof counting, .allocate = allocate, .release = release};
    if (vdib_allocator_set(&counting) != VDIB_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trainer_steps), cmocka_unit_test(clipped_steps), cmocka_unit_test(steps_of_several_draws),
        cmocka_unit_test(online_steps),  cmocka_unit_test(stream_steps),  cmocka_unit_test(batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
