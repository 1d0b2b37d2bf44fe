/* SPDX-License-Identifier: MIT */
/* Shuffled, cut and repeated spikes, against decodings through the public functions. */
#include "eval/spikes_data.h"

#include "core/random.h"
#include "data/blobs.h"
#include "data/inputs.h"
#include "eval/evaluate.h"
#include "eval/metrics.h"
#include "eval/shuffle.h"

/* ---- shuffles of a window ---- */

enum { STEPS = 7, NEURONS = 5 };

static vdib__key key_of(uint64_t example) {
    return (vdib__key){.seed = 3, .stage = VDIB_STAGE_EVALUATION, .example = example};
}

/* Spikes of which every row and column has another number. */
static void make_window(float *window) {
    for (size_t t = 0; t < STEPS; t++)
        for (size_t i = 0; i < NEURONS; i++)
            window[t * NEURONS + i] = t < i + 2 ? 1 : 0;
}

static void shuffles_keep_what_they_should(void **state) {
    (void)state;
    for (uint64_t example = 0; example < 50; example++) {
        float sent[STEPS * NEURONS], times[STEPS * NEURONS], neurons[STEPS * NEURONS];
        const vdib__key key = key_of(example);
        make_window(sent);
        memcpy(times, sent, sizeof sent);
        memcpy(neurons, sent, sizeof sent);
        vdib__shuffle_times(&key, 11, STEPS, NEURONS, times);
        vdib__shuffle_neurons(&key, 11, STEPS, NEURONS, neurons);
        for (size_t i = 0; i < NEURONS; i++) {
            float before = 0, after = 0;
            for (size_t t = 0; t < STEPS; t++) {
                before += sent[t * NEURONS + i];
                after += times[t * NEURONS + i];
            }
            assert_true(before == after);
        }
        for (size_t t = 0; t < STEPS; t++) {
            float before = 0, after = 0;
            for (size_t i = 0; i < NEURONS; i++) {
                before += sent[t * NEURONS + i];
                after += neurons[t * NEURONS + i];
            }
            assert_true(before == after);
        }
    }
}

/* A single spike of one row or column gets to each place as often, and in its neighbour to others at the same time. */
static void permutations_are_uniform_and_independent(void **state) {
    (void)state;
    enum { TRIALS = 7000 };
    size_t times[STEPS] = {0}, neurons[NEURONS] = {0}, together = 0, both = 0;
    for (size_t k = 0; k < TRIALS; k++) {
        const vdib__key key = key_of(k / 10);
        float by_time[STEPS * NEURONS] = {0}, by_neuron[STEPS * NEURONS] = {0};
        by_time[2 * NEURONS + 1] = by_time[2 * NEURONS + 2] = 1;     /* step 2 of neurons 1 and 2 */
        by_neuron[3 * NEURONS + 4] = by_neuron[4 * NEURONS + 4] = 1; /* neuron 4 in steps 3 and 4 */
        vdib__shuffle_times(&key, k % 10, STEPS, NEURONS, by_time);
        vdib__shuffle_neurons(&key, k % 10, STEPS, NEURONS, by_neuron);
        for (size_t t = 0; t < STEPS; t++) {
            times[t] += by_time[t * NEURONS + 1] != 0;
            together += by_time[t * NEURONS + 1] != 0 && by_time[t * NEURONS + 2] != 0;
        }
        for (size_t i = 0; i < NEURONS; i++) {
            neurons[i] += by_neuron[3 * NEURONS + i] != 0;
            both += by_neuron[3 * NEURONS + i] != 0 && by_neuron[4 * NEURONS + i] != 0;
        }
    }
    const double bound = 4.5; /* standard deviations */
    for (size_t t = 0; t < STEPS; t++)
        assert_true(fabs((double)times[t] - TRIALS / 7.0) < bound * sqrt(TRIALS / 7.0 * 6 / 7));
    for (size_t i = 0; i < NEURONS; i++)
        assert_true(fabs((double)neurons[i] - TRIALS / 5.0) < bound * sqrt(TRIALS / 5.0 * 4 / 5));
    assert_true(fabs((double)together - TRIALS / 7.0) < bound * sqrt(TRIALS / 7.0 * 6 / 7));
    assert_true(fabs((double)both - TRIALS / 5.0) < bound * sqrt(TRIALS / 5.0 * 4 / 5));
}

/* ---- decodings by the public functions ---- */

/* Sums of what a model scores. */
typedef struct scores {
    double accuracy, judged, mse, distortion;
} scores;

/* Of the small images; there for a test of them alone. */
static vdib__judge *judge;

/* Probabilities or values of a window (steps, neurons) of spikes. */
static void decode(const vdib_model *model, const float *window, size_t steps, float *output) {
    size_t neurons = vdib_model_readouts(model);
    uint8_t dense[MOST_VALUES] = {0};
    vdib_raster *raster = NULL;
    for (size_t k = 0; k < steps * neurons; k++)
        dense[k] = window[k] != 0;
    assert_ok(vdib_raster_create(neurons, steps, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    assert_ok(vdib_model_decode(model, raster, output));
    vdib_raster_destroy(raster);
}

static void score_class(const float *probabilities, uint32_t label, size_t classes, double weight, scores *s) {
    s->accuracy += weight * (vdib__most_probable(probabilities, classes) == label);
    s->distortion -= weight * log(probabilities[label]);
    for (size_t c = 0; c < classes; c++)
        s->mse += weight * pow(probabilities[c] - (c == label), 2) / (double)classes;
}

static void score_image(const float *output, const vdib_example *example, double weight, scores *s) {
    const float *target = example->target;
    s->judged += weight * judged_right(judge, output, example->label);
    s->mse += weight * vdib__mse(output, target, SMALL_PIXELS);
    for (size_t p = 0; p < SMALL_PIXELS; p++)
        s->distortion -= weight * (target[p] * log(output[p]) + (1.0 - target[p]) * log(1.0 - output[p]));
}

static void check(const vdib_evaluation *evaluation, const char *suffix, const scores *want, bool classes) {
    char name[64];
    snprintf(name, sizeof name, "mse_%s", suffix);
    assert_double(vdib_evaluation_get(evaluation, name), want->mse, 1e-5);
    snprintf(name, sizeof name, "distortion_nats_%s", suffix);
    assert_double(vdib_evaluation_get(evaluation, name), want->distortion, 1e-5);
    snprintf(name, sizeof name, "accuracy_%s", suffix);
    if (classes)
        assert_double(vdib_evaluation_get(evaluation, name), want->accuracy, 1e-9);
    else
        assert_true(isnan(vdib_evaluation_get(evaluation, name)));
    snprintf(name, sizeof name, "judge_accuracy_%s", suffix);
    if (classes)
        assert_true(isnan(vdib_evaluation_get(evaluation, name)));
    else
        assert_double(vdib_evaluation_get(evaluation, name), want->judged, 1e-9);
}

static void shuffled_spikes_are_decoded(void **state) {
    (void)state;
    for (int images = 0; images < 2; images++) {
        const vdib_evaluation_options options = {.threads = 2};
        vdib_dataset *dataset = small_dataset(images);
        vdib_model *model = small_model(images);
        judge = images ? small_judge(dataset) : NULL;
        vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
        scores times = {0}, neurons = {0};
        for (size_t i = 0; i < SMALL_TEST; i++) {
            encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, 0);
            const vdib__key key = {.seed = 5, .stage = VDIB_STAGE_EVALUATION, .example = i};
            float one[MOST_VALUES], output[SMALL_PIXELS];
            for (int kind = 0; kind < 2; kind++) {
                memcpy(one, e->y, sizeof one);
                if (kind == 0)
                    vdib__shuffle_times(&key, SMALL_STEPS - 1, SMALL_STEPS, 9, one);
                else
                    vdib__shuffle_neurons(&key, SMALL_STEPS - 1, SMALL_STEPS, 9, one);
                decode(model, one, SMALL_STEPS, output);
                scores *s = kind == 0 ? &times : &neurons;
                if (images)
                    score_image(output, e->example, 1.0 / SMALL_TEST, s);
                else
                    score_class(output, e->example->label, SMALL_CLASSES, 1.0 / SMALL_TEST, s);
            }
            encoded_free(e);
        }
        check(&evaluation, "times_shuffled", &times, !images);
        check(&evaluation, "neurons_shuffled", &neurons, !images);
        double whole = vdib_evaluation_get(&evaluation, "distortion_nats");
        assert_true(fabs(times.distortion - whole) > 1e-3 && fabs(neurons.distortion - whole) > 1e-3 &&
                    fabs(times.distortion - neurons.distortion) > 1e-3);
        vdib__judge_destroy(judge);
        vdib_evaluation_clear(&evaluation);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
    }
}

/* The small model with other settings. */
static vdib_model *changed_model(bool images, const char *const *settings) {
    vdib_geometry geometry = small_geometry(images);
    vdib_model *plain = small_model(images), *model = NULL;
    vdib_config *config = NULL;
    assert_ok(vdib_config_copy(vdib_model_config(plain), &config));
    for (; *settings != NULL; settings++)
        assert_ok(vdib_config_set(config, *settings));
    assert_ok(vdib_model_create(config, &geometry, &model));
    vdib_config_destroy(config);
    vdib_model_destroy(plain);
    return model;
}

/* What reads counts alone loses nothing when times are shuffled, and something when neurons are. */
static void a_decoder_of_counts_does_not_see_times(void **state) {
    (void)state;
    static const char *const settings[] = {"decoder.coding=rate", NULL};
    const vdib_evaluation_options options = {.threads = 1};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = changed_model(false, settings);
    vdib_evaluation e = spikes_evaluated(model, dataset, &options);
    double plain = vdib_evaluation_get(&e, "distortion_nats");
    assert_double(vdib_evaluation_get(&e, "distortion_nats_times_shuffled"), plain, 1e-6);
    assert_double(vdib_evaluation_get(&e, "accuracy_times_shuffled"), vdib_evaluation_get(&e, "accuracy"), 1e-9);
    assert_true(fabs(vdib_evaluation_get(&e, "distortion_nats_neurons_shuffled") - plain) > 1e-4);
    vdib_evaluation_clear(&e);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* Each decoded step's window is shuffled by itself. */
static void windows_of_sequences_are_shuffled(void **state) {
    (void)state;
    const vdib_evaluation_options options = {.threads = 2};
    world w = make_world();
    vdib_evaluation evaluation = spikes_evaluated(w.model, w.dataset, &options);
    double accuracy = 0, mse = 0, distortion = 0;
    const double weight = 1.0 / (BLOB_TESTS * BLOB_SCORED);
    for (size_t s = 0; s < BLOB_TESTS; s++) {
        encoded *e = encode_example(w.model, w.dataset, VDIB_SPLIT_TEST, s, 0);
        const vdib__key key = {.seed = 9, .stage = VDIB_STAGE_EVALUATION, .example = s};
        for (size_t t = BLOB_WINDOW; t < BLOB_WINDOW + BLOB_SCORED; t++) {
            float window[BLOB_WINDOW * BLOB_READOUTS], output[VDIB_BLOB_CLASSES];
            memcpy(window, e->y + (t + 1 - BLOB_WINDOW) * BLOB_READOUTS, sizeof window);
            vdib__shuffle_times(&key, t, BLOB_WINDOW, BLOB_READOUTS, window);
            decode(w.model, window, BLOB_WINDOW, output);
            uint32_t truth = e->example->step_labels[t], said = vdib__most_probable(output, VDIB_BLOB_CLASSES);
            accuracy += weight * (said == truth);
            distortion -= weight * log(output[truth]);
            mse += weight * vdib__class_mse(&vdib__target_units, VDIB_BLOB_CLASSES, said, truth);
        }
        encoded_free(e);
    }
    assert_double(vdib_evaluation_get(&evaluation, "accuracy_times_shuffled"), accuracy, 1e-9);
    assert_double(vdib_evaluation_get(&evaluation, "distortion_nats_times_shuffled"), distortion, 1e-5);
    assert_double(vdib_evaluation_get(&evaluation, "mse_times_shuffled"), mse, 1e-9);
    assert_null(vdib_evaluation_array(&evaluation, "anytime_steps", NULL)); /* a sequence has no beginning */
    vdib_evaluation_clear(&evaluation);
    free_world(&w);
}

/* ---- the first steps alone ---- */

static void the_first_steps_are_decoded(void **state) {
    (void)state;
    static const size_t arrived[] = {1, 2, 4, 5, 6, 7, 8, 10, 11, 12};
    for (int images = 0; images < 2; images++) {
        const vdib_evaluation_options options = {.threads = 2};
        vdib_dataset *dataset = small_dataset(images);
        vdib_model *model = small_model(images);
        judge = images ? small_judge(dataset) : NULL;
        vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
        const double *steps = array_of(&evaluation, "anytime_steps", 10);
        const double *mse = array_of(&evaluation, "anytime_mse", 10);
        const double *distortion = array_of(&evaluation, "anytime_distortion_nats", 10);
        scores s[10] = {{0}};
        for (size_t i = 0; i < SMALL_TEST; i++) {
            encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, 0);
            for (size_t k = 0; k < 10; k++) {
                float one[MOST_VALUES], output[SMALL_PIXELS];
                for (size_t v = 0; v < SMALL_STEPS * 9; v++)
                    one[v] = v < arrived[k] * 9 ? e->y[v] : 0;
                decode(model, one, SMALL_STEPS, output);
                if (images)
                    score_image(output, e->example, 1.0 / SMALL_TEST, &s[k]);
                else
                    score_class(output, e->example->label, SMALL_CLASSES, 1.0 / SMALL_TEST, &s[k]);
            }
            encoded_free(e);
        }
        for (size_t k = 0; k < 10; k++) {
            assert_true(steps[k] == (double)arrived[k]);
            assert_double(mse[k], s[k].mse, 1e-5);
            assert_double(distortion[k], s[k].distortion, 1e-5);
            const double *shares = array_of(&evaluation, images ? "anytime_judge_accuracy" : "anytime_accuracy", 10);
            assert_double(shares[k], images ? s[k].judged : s[k].accuracy, 1e-9);
        }
        const char *accuracy = images ? "judge_accuracy" : "accuracy";
        const double *last = array_of(&evaluation, images ? "anytime_judge_accuracy" : "anytime_accuracy", 10) + 9;
        assert_double(*last, vdib_evaluation_get(&evaluation, accuracy), 1e-9);
        assert_double(mse[9], vdib_evaluation_get(&evaluation, "mse"), 1e-6);
        assert_null(vdib_evaluation_array(&evaluation, images ? "anytime_accuracy" : "anytime_judge_accuracy", NULL));
        vdib__judge_destroy(judge);
        vdib_evaluation_clear(&evaluation);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
    }
}

/* Short windows have a point a step; what has not arrived is 0, marks of lost packets too. */
static void a_window_may_be_short_and_its_channel_may_mark(void **state) {
    (void)state;
    static const char *const settings[] = {"decoder.window=3", "channel.type=packets", "channel.probability=0.4",
                                           "channel.packet_steps=1", NULL};
    enum { ROW = 10, WINDOW = 3 };
    const vdib_evaluation_options options = {.threads = 1};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = changed_model(false, settings);
    vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
    const double *distortion = array_of(&evaluation, "anytime_distortion_nats", 3);
    const double *steps = array_of(&evaluation, "anytime_steps", 3);
    double want[3] = {0};
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_EVALUATION);
    for (size_t i = 0; i < SMALL_TEST; i++) {
        encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, 0);
        const vdib__key key = {.seed = 5, .stage = VDIB_STAGE_EVALUATION, .example = i};
        for (size_t k = 0; k < 3; k++) {
            float received[WINDOW * ROW], output[SMALL_CLASSES];
            uint8_t dense[WINDOW * ROW];
            vdib_raster *raster = NULL;
            vdib__link_receive(&link, &key, SMALL_STEPS - WINDOW, WINDOW, e->y + (SMALL_STEPS - WINDOW) * 9, received);
            for (size_t v = 0; v < WINDOW * ROW; v++)
                dense[v] = v < (k + 1) * ROW && received[v] != 0;
            assert_ok(vdib_raster_create(ROW, WINDOW, &raster));
            assert_ok(vdib_raster_from_dense(raster, dense));
            assert_ok(vdib_model_decode(model, raster, output));
            want[k] -= log(output[e->example->label]) / SMALL_TEST;
            vdib_raster_destroy(raster);
        }
        encoded_free(e);
    }
    for (size_t k = 0; k < 3; k++)
        assert_true(steps[k] == (double)(k + 1));
    assert_close_double(distortion, want, 3, 1e-5);
    assert_double(distortion[2], vdib_evaluation_get(&evaluation, "distortion_nats"), 1e-9);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* ---- several draws ---- */

static void draws_are_averaged(void **state) {
    (void)state;
    enum { DRAWS = 3 };
    for (int images = 0; images < 2; images++) {
        const vdib_evaluation_options options = {.threads = 2, .draws = DRAWS};
        vdib_dataset *dataset = small_dataset(images);
        vdib_model *model = small_model(images);
        judge = images ? small_judge(dataset) : NULL;
        vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
        scores one = {0}, all = {0};
        for (size_t i = 0; i < SMALL_TEST; i++) {
            float mean[SMALL_PIXELS] = {0}, output[SMALL_PIXELS];
            size_t outputs = vdib_model_outputs(model);
            for (size_t m = 0; m < DRAWS; m++) {
                encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, m);
                decode(model, e->y, SMALL_STEPS, output);
                for (size_t o = 0; o < outputs; o++)
                    mean[o] += output[o] / DRAWS;
                if (images)
                    score_image(output, e->example, 1.0 / SMALL_TEST / DRAWS, &one);
                else
                    score_class(output, e->example->label, SMALL_CLASSES, 1.0 / SMALL_TEST / DRAWS, &one);
                if (images && m + 1 == DRAWS)
                    score_image(mean, e->example, 1.0 / SMALL_TEST, &all);
                else if (m + 1 == DRAWS)
                    score_class(mean, e->example->label, SMALL_CLASSES, 1.0 / SMALL_TEST, &all);
                encoded_free(e);
            }
        }
        assert_true(vdib_evaluation_get(&evaluation, "draws") == DRAWS);
        check(&evaluation, "one_draw", &one, !images);
        check(&evaluation, "draws_averaged", &all, !images);
        assert_true(all.distortion < one.distortion - 1e-4); /* Jensen */
        vdib__judge_destroy(judge);
        vdib_evaluation_clear(&evaluation);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
    }
}

/* One draw is that of the evaluation, sequences and what a channel does to it included. */
static void the_first_draw_is_the_evaluations(void **state) {
    (void)state;
    static const char *const settings[] = {"channel.type=flips", "channel.probability=0.2", NULL};
    const vdib_evaluation_options options = {.threads = 2, .draws = 1};
    world w = make_world();
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = changed_model(false, settings);
    vdib_evaluation evaluations[2] = {spikes_evaluated(model, dataset, &options),
                                      spikes_evaluated(w.model, w.dataset, &options)};
    for (size_t k = 0; k < 2; k++) {
        static const char *const names[] = {"accuracy", "mse", "distortion_nats"};
        for (size_t n = 0; n < 3; n++) {
            char name[64];
            double plain = vdib_evaluation_get(&evaluations[k], names[n]);
            snprintf(name, sizeof name, "%s_one_draw", names[n]);
            assert_double(vdib_evaluation_get(&evaluations[k], name), plain, 1e-6);
            snprintf(name, sizeof name, "%s_draws_averaged", names[n]);
            assert_double(vdib_evaluation_get(&evaluations[k], name), plain, 1e-5);
        }
        vdib_evaluation_clear(&evaluations[k]);
    }
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
    free_world(&w);
}

/* As sequences are long, a batch of draws holds fewer of them than a walk's: every one is there all the same. */
static void draws_of_sequences_are_averaged(void **state) {
    (void)state;
    enum { DRAWS = 2 };
    const vdib_evaluation_options options = {.threads = 2, .draws = DRAWS};
    world w = make_world();
    vdib_evaluation evaluation = spikes_evaluated(w.model, w.dataset, &options);
    double one = 0, all = 0;
    const double weight = 1.0 / (BLOB_TESTS * BLOB_SCORED);
    for (size_t s = 0; s < BLOB_TESTS; s++) {
        encoded *e[DRAWS] = {encode_example(w.model, w.dataset, VDIB_SPLIT_TEST, s, 0),
                             encode_example(w.model, w.dataset, VDIB_SPLIT_TEST, s, 1)};
        for (size_t t = BLOB_WINDOW; t < BLOB_WINDOW + BLOB_SCORED; t++) {
            uint32_t truth = e[0]->example->step_labels[t];
            double mean = 0;
            for (size_t m = 0; m < DRAWS; m++) {
                float output[VDIB_BLOB_CLASSES];
                decode(w.model, e[m]->y + (t + 1 - BLOB_WINDOW) * BLOB_READOUTS, BLOB_WINDOW, output);
                one -= weight * log(output[truth]) / DRAWS;
                mean += output[truth] / DRAWS;
            }
            all -= weight * log(mean);
        }
        encoded_free(e[0]);
        encoded_free(e[1]);
    }
    assert_double(vdib_evaluation_get(&evaluation, "distortion_nats_one_draw"), one, 1e-5);
    assert_double(vdib_evaluation_get(&evaluation, "distortion_nats_draws_averaged"), all, 1e-5);
    vdib_evaluation_clear(&evaluation);
    free_world(&w);
}

static void draws_are_refused_where_they_mean_nothing(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = {NULL};
    vdib_evaluation_options options = {.size = sizeof options, .draws = 4};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &evaluation),
                 "options.spikes");
    options.draws = 0;
    options.marginal_examples = 7;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &evaluation),
                 "options.marginal_examples is 7");
    options.marginal_examples = 0;
    options.spikes = true;
    options.draws = 256;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &evaluation),
                 "at most 255");
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffles_keep_what_they_should),
        cmocka_unit_test(permutations_are_uniform_and_independent),
        cmocka_unit_test(shuffled_spikes_are_decoded),
        cmocka_unit_test(a_decoder_of_counts_does_not_see_times),
        cmocka_unit_test(windows_of_sequences_are_shuffled),
        cmocka_unit_test(the_first_steps_are_decoded),
        cmocka_unit_test(a_window_may_be_short_and_its_channel_may_mark),
        cmocka_unit_test(draws_are_averaged),
        cmocka_unit_test(the_first_draw_is_the_evaluations),
        cmocka_unit_test(draws_of_sequences_are_averaged),
        cmocka_unit_test(draws_are_refused_where_they_mean_nothing),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
