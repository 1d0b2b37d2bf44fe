/* SPDX-License-Identifier: MIT */
/* encoder.type=counts: an ordinary network is trained and evaluated; no rate, no spikes, no encoder. */
#include "learn/toy_training.h"

#include <math.h>

static const char *const counting[] = {"encoder.type=counts", "encoder.bins=2", "decoder.hidden=16",
                                       "training.examples=200", NULL};

static vdib_trainer *trainer_of(const char *const *settings, const vdib_dataset *dataset) {
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    toy_set(config, counting);
    toy_set(config, settings);
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    vdib_config_destroy(config);
    return trainer;
}

static void it_learns_without_rate_or_spikes(void **state) {
    (void)state;
    static const char *const class[] = {"data.target=class", NULL};
    static const char *const without[] = {"rate_bits", "rate_bits_sampled", "spikes_per_example", "spike_density",
                                          "synaptic_operations"};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *trainer = trainer_of(class, dataset);
    vdib_progress now;
    vdib_evaluation e = {NULL};
    char *json = NULL;
    toy_finish(trainer, &now);
    const vdib_model *model = vdib_trainer_model(trainer);
    assert_true(isnan(now.rate_bits) && isnan(now.spike_density) && isnan(now.validation_rate_bits));
    assert_float_equal(now.loss, now.distortion_nats, 1e-12); /* no price of a rate */
    assert_int_equal(vdib_model_readouts(model), 0);
    assert_int_equal(vdib_model_window(model), 2);
    assert_int_equal(vdib_model_row(model), TOY_CHANNELS);
    assert_int_equal(vdib_model_layers(model), 0);
    assert_int_equal(vdib_model_tensor_count(model), 4); /* the decoder's two layers */
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &e));
    assert_true(vdib_evaluation_get(&e, "accuracy") >= 0.9);
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        assert_true(isnan(vdib_evaluation_get(&e, without[i])));
    assert_true(vdib_evaluation_get(&e, "input_spikes_per_example") > 0);
    assert_int_equal(vdib_evaluation_warning_count(&e), 0);
    assert_ok(vdib_evaluation_json(&e, &json));
    assert_non_null(strstr(json, "\"encoder\": \"counts\""));
    assert_null(strstr(json, "rate_bits"));
    vdib_text_free(json);
    vdib_evaluation_clear(&e);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
}

/* The decoder by hand, on counts by hand. */
static void what_is_decoded_is_the_network_on_the_roots_of_counts(void **state) {
    enum { HIDDEN = 16, BINS = 2 };
    (void)state;
    static const char *const gaussian[] = {"decoder.head=gaussian", NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *trainer = trainer_of(gaussian, dataset);
    vdib_progress now;
    vdib_example *example = NULL;
    toy_finish(trainer, &now);
    const vdib_model *model = vdib_trainer_model(trainer);
    double counts[BINS * TOY_CHANNELS] = {0}, hidden[HIDDEN];
    float first[HIDDEN * BINS * TOY_CHANNELS], bias[HIDDEN], second[TOY_PIXELS * HIDDEN], end[TOY_PIXELS],
        got[TOY_PIXELS];
    assert_ok(vdib_example_create(dataset, &example));
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 3, 0, example));
    for (size_t t = 0; t < TOY_STEPS; t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(example->raster, t, &channels);
        for (size_t k = 0; k < count; k++)
            counts[(t < TOY_STEPS / 2 ? 0 : TOY_CHANNELS) + channels[k]] += 1;
    }
    assert_ok(vdib_model_tensor_get(model, 0, first));
    assert_ok(vdib_model_tensor_get(model, 1, bias));
    assert_ok(vdib_model_tensor_get(model, 2, second));
    assert_ok(vdib_model_tensor_get(model, 3, end));
    for (size_t h = 0; h < HIDDEN; h++) {
        hidden[h] = (double)bias[h];
        for (size_t i = 0; i < BINS * TOY_CHANNELS; i++)
            hidden[h] += (double)first[h * BINS * TOY_CHANNELS + i] * sqrt(counts[i]);
        hidden[h] = fmax(hidden[h], 0);
    }
    assert_ok(vdib_model_reconstruct(model, example->raster, 7, 3, got));
    for (size_t o = 0; o < TOY_PIXELS; o++) {
        double want = (double)end[o];
        for (size_t h = 0; h < HIDDEN; h++)
            want += (double)second[o * HIDDEN + h] * hidden[h];
        assert_float_equal(got[o], want, 1e-5);
    }
    vdib_example_destroy(example);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
}

static void threads_and_resumes_do_not_matter(void **state) {
    (void)state;
    static const char *const adamw[] = {"learning.decoder_optimizer=adamw", "learning.average_memory=0.9", NULL};
    vdib_dataset *dataset = toy_dataset(true);
    toy_check_resume(trainer_of(adamw, dataset), trainer_of(adamw, dataset), trainer_of(adamw, dataset));
    vdib_dataset_destroy(dataset);
}

static void refuse(const char *setting, const char *part) {
    vdib_config *config = toy_config(TOY_STRAIGHT);
    toy_set(config, counting);
    assert_ok(vdib_config_check(config));
    assert_ok(vdib_config_set(config, setting));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), part);
    vdib_config_destroy(config);
}

static void what_needs_spikes_is_refused(void **state) {
    (void)state;
    refuse("decoder.window=3", "decoder.window is 3");
    refuse("decoder.spike_dropout=0.1", "sends no spikes");
    refuse("decoder.random_cuts=0.1", "counts in all steps");
    refuse("encoder.bins=7", "encoder.bins is 7; with decoder.type 'mlp' it takes 1 to the 6 of data.steps");
    refuse("decoder.type=conv", "encoder.bins is 2; with decoder.type 'conv' it takes 4 to the 6");
    refuse("learning.schedule=online", "encoder.type is 'counts', which needs learning.schedule episode");
    refuse("learning.draws=2", "nothing is drawn");
    refuse("channel.type=flips", "channel.type none");
    refuse("decoder.coding=rate", "encoder.bins=1");
    refuse("encoder.initialisation=data", "no weights to set");
    refuse("data.target=units", "data.input");
}

static void calls_that_want_spikes_say_that_there_are_none(void **state) {
    (void)state;
    static const char *const none[] = {NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *trainer = trainer_of(none, dataset);
    const vdib_model *model = vdib_trainer_model(trainer);
    vdib_shown shown = {.size = sizeof shown};
    vdib_raster *raster = NULL, *readout = NULL;
    vdib_stream *stream = NULL;
    float output[TOY_PIXELS];
    assert_ok(vdib_raster_create(TOY_CHANNELS, TOY_STEPS, &raster));
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_encode(model, raster, 1, 0, &readout), "encoding: the model");
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_decode(model, raster, output), "sends no spikes");
    assert_fails(VDIB_ERROR_CONFIG, vdib_stream_create(model, 1, 0, &stream), "a stream: the model");
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_forward(trainer, &shown), "vdib_trainer_forward");
    vdib_raster_destroy(raster);
    assert_ok(vdib_raster_create(TOY_CHANNELS + 1, TOY_STEPS, &raster));
    assert_fails(VDIB_ERROR_DATA, vdib_model_reconstruct(model, raster, 1, 0, output), "21 channels");
    vdib_raster_destroy(raster);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns_without_rate_or_spikes),
        cmocka_unit_test(what_is_decoded_is_the_network_on_the_roots_of_counts),
        cmocka_unit_test(threads_and_resumes_do_not_matter),
        cmocka_unit_test(what_needs_spikes_is_refused),
        cmocka_unit_test(calls_that_want_spikes_say_that_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
