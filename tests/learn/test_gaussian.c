/* SPDX-License-Identifier: MIT */
/* readout.type=gaussian: a variational information bottleneck, whose rate is a divergence of normal distributions, and
 * which sends no spikes. */
#include "learn/toy_training.h"

#include <math.h>

#include "learn/objective.h"
#include "model/model.h"

enum { READOUTS = 8, BLANK = 2, DRAWS = 3 };
static const double PI = 3.14159265358979323846, LN2 = 0.69314718055994530942;

static const char *const noisy[] = {"readout.type=gaussian", "readout.feedback_bases=0", "training.examples=400",
                                    "objective.beta=0.001",  "data.blank_steps=2",       NULL};

static vdib_trainer *trainer_of(const char *const *settings, const vdib_dataset *dataset) {
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    toy_set(config, noisy);
    toy_set(config, settings);
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    vdib_config_destroy(config);
    return trainer;
}

static void it_learns_and_sends_no_spikes(void **state) {
    (void)state;
    static const char *const spikes[] = {"spikes_per_example", "spike_density"};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *trainer = trainer_of((const char *const[]){"data.target=class", NULL}, dataset);
    vdib_progress now;
    vdib_evaluation e = {NULL};
    char *json = NULL;
    double value;
    toy_finish(trainer, &now);
    const vdib_model *model = vdib_trainer_model(trainer);
    assert_true(isnan(now.spike_density) && now.rate_bits > 0 && now.validation_rate_bits > 0);
    assert_false(vdib_progress_figure(&now, vdib_figure_find("spike_density"), false, &value));
    assert_int_equal(vdib_model_readouts(model), READOUTS);
    assert_int_equal(vdib_model_row(model), READOUTS);
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &e));
    assert_true(vdib_evaluation_get(&e, "accuracy") >= 0.9);
    assert_true(vdib_evaluation_get(&e, "rate_bits") > 0);
    assert_true(vdib_evaluation_get(&e, "synaptic_operations") > 0);
    for (size_t i = 0; i < 2; i++)
        assert_true(isnan(vdib_evaluation_get(&e, spikes[i])));
    assert_int_equal(vdib_evaluation_warning_count(&e), 0); /* a readout that never spikes is no fault here */
    assert_ok(vdib_evaluation_json(&e, &json));
    assert_non_null(strstr(json, "\"readout\": \"gaussian\""));
    assert_null(strstr(json, "spike_density"));
    assert_null(strstr(json, "\"spikes_per_example"));
    vdib_text_free(json);
    vdib_evaluation_clear(&e);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
}

/* log N(x; mean, deviation^2) */
static double log_normal(double x, double mean, double deviation) {
    double y = (x - mean) / deviation;
    return -0.5 * y * y - log(deviation) - 0.5 * log(2 * PI);
}

/* KL(N(u, s^2) || N(0, 1)) by Simpson's rule over 12 standard deviations to either side. */
static double divergence(double u, double s) {
    enum { PARTS = 2000 };
    double sum = 0, width = 24 * s / PARTS;
    for (int k = 0; k <= PARTS; k++) {
        double x = u - 12 * s + k * width, own = log_normal(x, u, s);
        sum += (k == 0 || k == PARTS ? 1 : k % 2 == 1 ? 4 : 2) * exp(own) * (own - log_normal(x, 0, 1));
    }
    return sum * width / 3;
}

/* A trained model's readout on one test example with its draws. */
typedef struct seen {
    vdib_dataset *dataset;
    vdib_trainer *trainer;
    const vdib_model *model;
    vdib_example *example;
    vdib__batch *batch;
    float log_deviations[READOUTS];
} seen;

static seen look(const char *const *settings) {
    seen s = {.dataset = toy_dataset(true)};
    vdib_progress now;
    const uint64_t index = 0;
    s.trainer = trainer_of(settings, s.dataset);
    toy_finish(s.trainer, &now);
    s.model = vdib_trainer_model(s.trainer);
    assert_ok(vdib_example_create(s.dataset, &s.example));
    assert_ok(vdib_dataset_get(s.dataset, VDIB_SPLIT_TEST, 0, 0, s.example));
    assert_ok(vdib__batch_create(s.model, 1, DRAWS, TOY_STEPS, 1, &s.batch));
    const vdib_raster *input = s.example->raster;
    assert_ok(vdib__batch_forward(s.model, 1, s.batch, &input, 9, VDIB_STAGE_EVALUATION, &index, 1));
    for (size_t i = 0; i < vdib_model_tensor_count(s.model); i++) {
        vdib_tensor_info info = {.size = sizeof info};
        assert_ok(vdib_model_tensor(s.model, i, &info));
        if (strcmp(info.name, "encoder.readout.log_deviation") == 0)
            assert_ok(vdib_model_tensor_get(s.model, i, s.log_deviations));
    }
    return s;
}

static void look_away(seen *s) {
    vdib__batch_destroy(s->batch);
    vdib_example_destroy(s->example);
    vdib_trainer_destroy(s->trainer);
    vdib_dataset_destroy(s->dataset);
}

static void the_decoder_reads_potentials_and_keyed_noise(void **state) {
    (void)state;
    seen s = look((const char *const[]){"decoder.window=4", NULL});
    for (size_t m = 0; m < DRAWS; m++) {
        const vdib__trial *trial = vdib__batch_sample(s.batch, m);
        const vdib__key key = {
            .seed = 9, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_EVALUATION, .sample = (uint8_t)m};
        assert_int_equal(vdib_raster_spikes(trial->readout), 0);
        for (uint32_t t = BLANK; t < BLANK + TOY_STEPS; t++)
            for (uint32_t i = 0; i < READOUTS; i++) {
                double z = (double)trial->potentials[t * READOUTS + i] +
                           exp((double)s.log_deviations[i]) * vdib__random_normal(&key, t, i);
                assert_float_equal(trial->window[(t - BLANK) * READOUTS + i], z, 1e-5 * (1 + fabs(z)));
                if (t >= BLANK + 2)
                    assert_float_equal(s.batch->windows[(m * 4 + t - BLANK - 2) * READOUTS + i], z,
                                       1e-5 * (1 + fabs(z)));
            }
    }
    look_away(&s);
}

static void every_neuron_learns_a_deviation_of_its_own(void **state) {
    (void)state;
    seen s = look((const char *const[]){"readout.initial_deviation=0.25", "objective.beta=0.1", NULL});
    for (size_t i = 0; i < READOUTS; i++) {
        assert_true(fabs((double)s.log_deviations[i] - log(0.25)) > 0.05);
        for (size_t j = 0; j < i; j++)
            assert_true(s.log_deviations[i] != s.log_deviations[j]);
    }
    look_away(&s);
}

static void the_rate_is_the_divergence_from_the_prior(void **state) {
    (void)state;
    seen s = look((const char *const[]){NULL});
    const vdib__trial *trial = s.batch->trials[0];
    const vdib_evaluation_options one = {.size = sizeof one, .examples = 1};
    double rate = 0, sampled = 0;
    vdib_evaluation e = {NULL};
    for (size_t t = BLANK; t < BLANK + TOY_STEPS; t++)
        for (size_t i = 0; i < READOUTS; i++) {
            double u = (double)trial->potentials[t * READOUTS + i], deviation = exp((double)s.log_deviations[i]);
            double z = (double)trial->window[(t - BLANK) * READOUTS + i];
            rate += divergence(u, deviation);
            sampled += log_normal(z, u, deviation) - log_normal(z, 0, 1);
        }
    vdib__loss loss = vdib__loss_measure_rate(s.model, s.batch, 0);
    assert_float_equal(loss.rate, rate, 1e-5 * rate);
    assert_float_equal(loss.rate_sampled, sampled, 1e-4 * fabs(sampled));
    assert_int_equal(loss.spikes, 0);
    assert_ok(vdib_evaluate(s.model, s.dataset, VDIB_SPLIT_TEST, &one, &e));
    assert_float_equal(vdib_evaluation_get(&e, "rate_bits"), rate / LN2, 1e-5 * rate); /* it does not depend on eps */
    vdib_evaluation_clear(&e);
    look_away(&s);
}

static void reconstructions_repeat_by_the_seed(void **state) {
    (void)state;
    seen s = look((const char *const[]){"decoder.window=4", NULL});
    float first[TOY_PIXELS], again[TOY_PIXELS], other[TOY_PIXELS], batched[TOY_PIXELS];
    assert_ok(vdib_model_reconstruct(s.model, s.example->raster, 9, 0, first));
    assert_ok(vdib_model_reconstruct(s.model, s.example->raster, 9, 0, again));
    assert_ok(vdib_model_reconstruct(s.model, s.example->raster, 10, 0, other));
    s.model->head->output(s.batch->logits, TOY_PIXELS, batched);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
    assert_close(first, batched, TOY_PIXELS, 1e-5);
    look_away(&s);
}

static void threads_and_resumes_do_not_matter(void **state) {
    (void)state;
    static const char *const draws[] = {"learning.draws=2", "learning.credit_assignment=dfa",
                                        "learning.average_memory=0.9", "learning.clip_norm=0.1", NULL};
    vdib_dataset *dataset = toy_dataset(true);
    toy_check_resume(trainer_of(draws, dataset), trainer_of(draws, dataset), trainer_of(draws, dataset));
    vdib_dataset_destroy(dataset);
}

static void refuse(const char *setting, const char *part) {
    vdib_config *config = toy_config(TOY_STRAIGHT);
    toy_set(config, noisy);
    assert_ok(vdib_config_check(config));
    assert_ok(vdib_config_set(config, setting));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), part);
    vdib_config_destroy(config);
}

static void what_needs_spikes_is_refused(void **state) {
    (void)state;
    refuse("readout.feedback_bases=1", "readout.feedback_bases is 1, but readout.type 'gaussian' has no spikes");
    refuse("decoder.spike_dropout=0.1", "decoder.spike_dropout is 0.1, but readout.type 'gaussian' sends no spikes");
    refuse("decoder.random_cuts=0.1", "decoder.random_cuts is 0.1, but readout.type 'gaussian' sends no spikes");
    refuse("encoder.type=counts", "readout.type is 'gaussian', which needs encoder.type spiking");
    refuse("learning.schedule=online", "needs learning.schedule episode");
    refuse("learning.estimator=reinforce", "needs learning.estimator straight-through");
    refuse("objective.rate_term=sampled", "needs objective.rate_term analytic");
    refuse("channel.type=flips", "needs channel.type none");
    refuse("decoder.coding=rate", "needs decoder.coding time");
    refuse("encoder.initialisation=data", "needs encoder.initialisation law");
}

static void calls_that_want_spikes_say_that_there_are_none(void **state) {
    (void)state;
    static const char *const message = "the model has readout.type 'gaussian', which sends no spikes; train one with "
                                       "readout.type=spiking";
    seen s = look((const char *const[]){NULL});
    vdib_shown shown = {.size = sizeof shown};
    const vdib_evaluation_options spikes = {.size = sizeof spikes, .spikes = true};
    const vdib_raster *readout = NULL;
    const uint64_t index = 0;
    vdib_raster *raster = NULL;
    vdib_stream *stream = NULL;
    vdib_batch *batch = NULL;
    vdib_config *channel = toy_config(TOY_STRAIGHT);
    vdib_evaluation e = {NULL};
    float output[TOY_PIXELS];
    vdib_model *model = s.trainer->model;
    const vdib_raster *input = s.example->raster;
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_encode(model, input, 1, 0, &raster), message);
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_decode(model, input, output), message);
    assert_fails(VDIB_ERROR_CONFIG, vdib_stream_create(model, 1, 0, &stream), message);
    assert_fails(VDIB_ERROR_CONFIG, vdib_evaluate(model, s.dataset, VDIB_SPLIT_TEST, &spikes, &e), message);
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_forward(s.trainer, &shown), message);
    assert_ok(vdib_config_set(channel, "channel.type=flips"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_model_set_channel(model, channel), message);
    assert_ok(vdib_batch_create(model, 1, TOY_STEPS, 0, 1, &batch));
    assert_fails(VDIB_ERROR_CONFIG, vdib_batch_encode(batch, &input, 1, 9, &index, &readout), message);
    assert_ok(vdib_batch_encode(batch, &input, 1, 9, &index, NULL)); /* the decoder's windows are there */
    vdib_batch_destroy(batch);
    vdib_config_destroy(channel);
    look_away(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns_and_sends_no_spikes),
        cmocka_unit_test(the_decoder_reads_potentials_and_keyed_noise),
        cmocka_unit_test(every_neuron_learns_a_deviation_of_its_own),
        cmocka_unit_test(the_rate_is_the_divergence_from_the_prior),
        cmocka_unit_test(reconstructions_repeat_by_the_seed),
        cmocka_unit_test(threads_and_resumes_do_not_matter),
        cmocka_unit_test(what_needs_spikes_is_refused),
        cmocka_unit_test(calls_that_want_spikes_say_that_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
