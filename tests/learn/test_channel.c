/* SPDX-License-Identifier: MIT */
/* A channel in training, evaluation and streams: what was sent counts, what is received is decoded; a trained model
 * behind another channel. */
#include "learn/toy.h"

#include <math.h>

#include "learn/trainer.h"

typedef struct trained {
    vdib_dataset *dataset;
    vdib_config *config;
    vdib_trainer *trainer;
    const vdib_model *model;
} trained;

static trained train(const char *const *settings) {
    trained t = {.dataset = toy_dataset(true), .config = toy_config(TOY_STRAIGHT)};
    vdib_progress now = {.size = sizeof now};
    toy_set(t.config, settings);
    assert_ok(vdib_config_check(t.config));
    assert_ok(vdib_trainer_create(t.config, t.dataset, &t.trainer));
    assert_ok(vdib_trainer_set_threads(t.trainer, 2));
    do
        assert_ok(vdib_trainer_step(t.trainer, &now));
    while (!now.done);
    t.model = vdib_trainer_model(t.trainer);
    return t;
}

static void drop(trained *t) {
    vdib_trainer_destroy(t->trainer);
    vdib_config_destroy(t->config);
    vdib_dataset_destroy(t->dataset);
}

typedef struct figures {
    double distortion, rate, spikes;
} figures;

static figures evaluate(const vdib_model *model, const vdib_dataset *dataset) {
    vdib_evaluation e = {NULL};
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &e));
    figures f = {vdib_evaluation_get(&e, "distortion_nats"), vdib_evaluation_get(&e, "rate_bits"),
                 vdib_evaluation_get(&e, "spikes_per_example")};
    vdib_evaluation_clear(&e);
    return f;
}

/* A copy of the model behind the channel of `settings`. */
static vdib_model *behind(const vdib_model *model, const char *const *settings) {
    vdib_config *config = NULL;
    vdib_model *copy = NULL;
    assert_ok(vdib_config_copy(vdib_model_config(model), &config));
    toy_set(config, settings);
    assert_ok(vdib__model_copy(model, &copy));
    assert_ok(vdib_model_set_channel(copy, config));
    vdib_config_destroy(config);
    return copy;
}

/* The channel of evaluations is between encoder and decoder alone. */
static void what_was_sent_counts_and_what_is_received_is_decoded(void **state) {
    (void)state;
    static const char *const flips[] = {"channel.type=flips", "channel.probability=0.05", "training.examples=1000",
                                        NULL};
    static const char *const clean[] = {"channel.probability=0", NULL};
    static const char *const own[] = {"channel.evaluation_probability=0", NULL};
    static const char *const worse[] = {"channel.probability=0.5", NULL};
    trained t = train(flips);
    vdib_model *models[] = {behind(t.model, clean), behind(t.model, own), behind(t.model, worse)};
    figures as_trained = evaluate(t.model, t.dataset), f[3];
    for (size_t i = 0; i < 3; i++) {
        f[i] = evaluate(models[i], t.dataset);
        assert_true(f[i].rate == as_trained.rate && f[i].spikes == as_trained.spikes);
    }
    assert_true(f[0].distortion == f[1].distortion && f[0].distortion != as_trained.distortion);
    assert_true(f[2].distortion > as_trained.distortion + 0.5); /* half of the bits flipped say nothing */
    for (size_t i = 0; i < 3; i++)
        vdib_model_destroy(models[i]);
    drop(&t);
}

/* Reconstructing, decoding what is received by hand, a stream and an evaluation agree. */
static void check_one_example(const trained *t, size_t index) {
    vdib_example *example = NULL;
    vdib_raster *readout = NULL, *received = NULL;
    vdib_stream *stream = NULL;
    float output[TOY_PIXELS], again[TOY_PIXELS], rows[TOY_STEPS * 9], sent[TOY_STEPS * 8] = {0};
    uint8_t dense[TOY_STEPS * 9];
    const vdib__link link = vdib__model_link(t->model, VDIB_STAGE_EVALUATION);
    const vdib__key key = {.seed = 1, .stage = VDIB_STAGE_EVALUATION, .example = index};
    size_t row = vdib_model_row(t->model);
    assert_ok(vdib_example_create(t->dataset, &example));
    assert_ok(vdib_dataset_get(t->dataset, VDIB_SPLIT_TEST, index, 1, example));
    assert_ok(vdib_model_reconstruct(t->model, example->raster, 1, index, output));
    assert_ok(vdib_model_encode(t->model, example->raster, 1, index, &readout));
    assert_int_equal(vdib_raster_channels(readout), 8); /* no mark is sent */
    for (size_t s = 0; s < TOY_STEPS; s++) {
        const uint32_t *neurons = NULL;
        size_t count = vdib_raster_at(readout, s, &neurons);
        for (size_t i = 0; i < count; i++)
            sent[s * 8 + neurons[i]] = 1.0F;
    }
    vdib__link_receive(&link, &key, 0, TOY_STEPS, sent, rows);
    for (size_t i = 0; i < TOY_STEPS * row; i++)
        dense[i] = rows[i] != 0.0F;
    assert_ok(vdib_raster_create(row, TOY_STEPS, &received));
    assert_ok(vdib_raster_from_dense(received, dense));
    assert_ok(vdib_model_decode(t->model, received, again));
    assert_memory_equal(again, output, sizeof output);
    assert_ok(vdib_stream_create(t->model, 1, index, &stream));
    for (size_t s = 0; s < TOY_STEPS; s++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(example->raster, s, &channels);
        assert_ok(vdib_stream_step(stream, channels, count, NULL, NULL));
    }
    assert_ok(vdib_stream_decode(stream, again));
    assert_memory_equal(again, output, sizeof output);
    vdib_stream_destroy(stream);
    vdib_raster_destroy(received);
    vdib_raster_destroy(readout);
    vdib_example_destroy(example);
}

static void all_ways_to_decode_have_the_same_channel(void **state) {
    (void)state;
    static const char *const channels[][4] = {
        {"channel.type=flips", "channel.probability=0.2", NULL},
        {"channel.type=erasures", "channel.probability=0.4", "decoder.window=4", NULL},
        {"channel.type=packets", "channel.probability=0.4", "channel.packet_steps=2", NULL}};
    for (size_t c = 0; c < 3; c++) {
        trained t = train(channels[c]);
        size_t changed = 0;
        double sum = 0;
        for (size_t i = 0; i < TOY_TEST; i++) {
            vdib_example *example = NULL;
            float output[TOY_PIXELS], sent[TOY_PIXELS];
            vdib_raster *readout = NULL;
            check_one_example(&t, i);
            assert_ok(vdib_example_create(t.dataset, &example));
            assert_ok(vdib_dataset_get(t.dataset, VDIB_SPLIT_TEST, i, 1, example));
            assert_ok(vdib_model_reconstruct(t.model, example->raster, 1, i, output));
            assert_ok(vdib_model_encode(t.model, example->raster, 1, i, &readout));
            assert_ok(vdib_model_decode(t.model, readout, sent)); /* nothing comes between */
            changed += memcmp(output, sent, sizeof sent) != 0;
            for (size_t p = 0; p < TOY_PIXELS; p++)
                sum -= log(example->target[p] != 0.0F ? (double)output[p] : 1 - (double)output[p]);
            vdib_raster_destroy(readout);
            vdib_example_destroy(example);
        }
        assert_true(changed >= TOY_TEST / 2);
        assert_float_equal(evaluate(t.model, t.dataset).distortion, sum / TOY_TEST, 1e-3);
        drop(&t);
    }
}

/* What everything is lost of is decoded alike, and the decoder is told where packets were. */
static void a_channel_that_loses_all_leaves_one_answer(void **state) {
    (void)state;
    static const char *const all[] = {"channel.type=erasures", "channel.evaluation_probability=1", NULL};
    trained t = train(all);
    vdib_raster *nothing = NULL;
    float want[TOY_PIXELS], got[TOY_PIXELS];
    assert_ok(vdib_raster_create(8, TOY_STEPS, &nothing));
    assert_ok(vdib_model_decode(t.model, nothing, want));
    for (size_t i = 0; i < TOY_TEST; i++) {
        vdib_example *example = NULL;
        assert_ok(vdib_example_create(t.dataset, &example));
        assert_ok(vdib_dataset_get(t.dataset, VDIB_SPLIT_TEST, i, 1, example));
        assert_ok(vdib_model_reconstruct(t.model, example->raster, 1, i, got));
        assert_memory_equal(got, want, sizeof got);
        vdib_example_destroy(example);
    }
    vdib_raster_destroy(nothing);
    drop(&t);
}

static void channels_that_do_not_fit_are_refused(void **state) {
    (void)state;
    static const char *const none[] = {NULL}, *const packets[] = {"channel.type=packets", "channel.probability=0.1",
                                                                  NULL};
    trained plain = train(none), told = train(packets);
    vdib_model *model = NULL;
    vdib_config *config = NULL;
    assert_int_equal(vdib_model_row(plain.model), 8);
    assert_int_equal(vdib_model_row(told.model), 9);
    assert_int_equal(vdib_model_readouts(told.model), 8);
    assert_ok(vdib__model_copy(plain.model, &model));
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_set_channel(model, told.config), "channel.type is 'packets'");
    vdib_model_destroy(model);
    assert_ok(vdib__model_copy(told.model, &model));
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_set_channel(model, plain.config), "channel.type is 'none'");
    assert_ok(vdib_config_copy(told.config, &config));
    assert_ok(vdib_config_set(config, "channel.evaluation_probability=0.3"));
    assert_ok(vdib_model_set_channel(model, config));
    assert_ok(vdib_config_set(config, "channel.probability=0.2"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_set_channel(model, config), "channel.evaluation_probability is 0.3");
    assert_true(vdib__model_link(model, VDIB_STAGE_EVALUATION).probability == 0.3F);
    assert_true(vdib__model_link(model, VDIB_STAGE_TRAINING).probability == 0.1F);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_set_channel(NULL, config), "NULL");
    assert_ok(vdib_config_set(config, "channel.type=none"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), "channel.probability is 0.2");
    assert_ok(vdib_config_set(config, "channel.probability=0"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), "channel.evaluation_probability is 0.3");
    assert_ok(vdib_config_set(config, "channel.evaluation_probability=0"));
    assert_ok(vdib_config_check(config));
    vdib_config_destroy(config);
    vdib_model_destroy(model);
    drop(&told), drop(&plain);
}

/* Dropout is of training alone. */
static void dropout_is_of_training_alone(void **state) {
    (void)state;
    static const char *const drops[] = {"decoder.spike_dropout=0.5", NULL}, *const none[] = {NULL};
    trained t = train(drops), without = train(none);
    assert_true(vdib__model_link(t.model, VDIB_STAGE_TRAINING).dropout == 0.5F);
    const vdib__link link = vdib__model_link(t.model, VDIB_STAGE_EVALUATION);
    assert_true(vdib__link_is_plain(&link));
    assert_memory_not_equal(t.model->parameters, without.model->parameters, t.model->table.total * sizeof(float));
    drop(&without), drop(&t);
}

/* Cuts too; and they take examples with an end. */
static void cuts_are_of_training_alone(void **state) {
    (void)state;
    static const char *const cuts[] = {"decoder.random_cuts=0.5", NULL}, *const none[] = {NULL};
    trained t = train(cuts), without = train(none);
    assert_true(vdib__model_link(t.model, VDIB_STAGE_TRAINING).cuts == 0.5F);
    const vdib__link link = vdib__model_link(t.model, VDIB_STAGE_EVALUATION);
    assert_true(vdib__link_is_plain(&link));
    assert_memory_not_equal(t.model->parameters, without.model->parameters, t.model->table.total * sizeof(float));
    vdib_config *config = NULL;
    assert_ok(vdib_config_load("published/predict", &config));
    assert_ok(vdib_config_set(config, "decoder.random_cuts=0.25"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), "decoder.random_cuts is 0.25");
    vdib_config_destroy(config);
    drop(&without), drop(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_counts_and_what_is_received_is_decoded),
        cmocka_unit_test(all_ways_to_decode_have_the_same_channel),
        cmocka_unit_test(a_channel_that_loses_all_leaves_one_answer),
        cmocka_unit_test(channels_that_do_not_fit_are_refused),
        cmocka_unit_test(dropout_is_of_training_alone),
        cmocka_unit_test(cuts_are_of_training_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
