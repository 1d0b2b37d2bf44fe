/* SPDX-License-Identifier: MIT */
/* Bits to send the spikes, against code lengths summed over the spikes of every example. */
#include "core/alloc.h"
#include "eval/spikes_data.h"

enum { NEURONS = 9, CELLS = SMALL_STEPS * NEURONS };

static void check_marginal(size_t limit, const size_t *chosen, size_t count) {
    const vdib_evaluation_options options = {.threads = 2, .marginal_examples = limit};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
    double spikes[CELLS] = {0}, marginal = 0, prior = 0, sent = 0, input = 0;
    for (size_t i = 0; i < count; i++) {
        encoded *e = encode_example(model, dataset, VDIB_SPLIT_TRAIN, chosen != NULL ? chosen[i] : i, 0);
        for (size_t k = 0; k < CELLS; k++)
            spikes[k] += e->y[k];
        encoded_free(e);
    }
    for (size_t i = 0; i < SMALL_TEST; i++) {
        encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, 0);
        for (size_t k = 0; k < CELLS; k++) {
            double p = (spikes[k] + 0.5) / ((double)count + 1);
            marginal -= log2(e->y[k] != 0 ? p : 1 - p) / SMALL_TEST;
            prior -= log2(e->y[k] != 0 ? 0.2 : 0.8) / SMALL_TEST;
            sent += (double)e->y[k] / SMALL_TEST;
        }
        input += (double)vdib_raster_spikes(e->example->raster) / SMALL_TEST;
        encoded_free(e);
    }
    assert_double(vdib_evaluation_get(&evaluation, "bits_marginal"), marginal, 1e-9);
    assert_double(vdib_evaluation_get(&evaluation, "bits_prior"), prior, 1e-6);
    /* 12 steps take 4 bits, 9 neurons 4, 32 inputs 5 */
    assert_double(vdib_evaluation_get(&evaluation, "bits_events"), 8 * sent, 1e-9);
    assert_double(vdib_evaluation_get(&evaluation, "bits_input_events"), 9 * input, 1e-9);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static void codes_are_as_long_as_their_logarithms(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    check_marginal(0, NULL, vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN));
    vdib_dataset_destroy(dataset);
}

/* As many of each class, the first ones. */
static void a_limit_holds_for_what_the_marginal_learns_from(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    size_t *chosen = NULL, count = 0;
    assert_ok(vdib__dataset_choose(dataset, VDIB_SPLIT_TRAIN, 7, &chosen, &count));
    assert_int_equal(count, 7);
    check_marginal(7, chosen, count);
    vdib__free(chosen);
    vdib_dataset_destroy(dataset);
}

/* Sequences have one probability a neuron, and training sequences may have another length. */
static void sequences_have_a_probability_a_neuron(void **state) {
    (void)state;
    enum { LEARNT = 6 };
    const vdib_evaluation_options options = {.threads = 1, .marginal_examples = LEARNT};
    world w = make_world();
    vdib_evaluation evaluation = spikes_evaluated(w.model, w.dataset, &options);
    double spikes[BLOB_READOUTS] = {0}, places = 0, marginal = 0, prior = 0, sent = 0, input = 0;
    for (size_t i = 0; i < LEARNT; i++) {
        encoded *e = encode_example(w.model, w.dataset, VDIB_SPLIT_TRAIN, i, 0);
        places += (double)e->steps;
        for (size_t k = 0; k < e->steps * BLOB_READOUTS; k++)
            spikes[k % BLOB_READOUTS] += e->y[k];
        encoded_free(e);
    }
    for (size_t i = 0; i < BLOB_TESTS; i++) {
        encoded *e = encode_example(w.model, w.dataset, VDIB_SPLIT_TEST, i, 0);
        assert_int_equal(e->steps, BLOB_WINDOW + BLOB_SCORED);
        for (size_t k = 0; k < e->steps * BLOB_READOUTS; k++) {
            double p = (spikes[k % BLOB_READOUTS] + 0.5) / (places + 1);
            marginal -= log2(e->y[k] != 0 ? p : 1 - p) / BLOB_TESTS;
            prior -= log2(e->y[k] != 0 ? 0.2 : 0.8) / BLOB_TESTS;
            sent += (double)e->y[k] / BLOB_TESTS;
        }
        input += (double)vdib_raster_spikes(e->example->raster) / BLOB_TESTS;
        encoded_free(e);
    }
    assert_double(vdib_evaluation_get(&evaluation, "bits_marginal"), marginal, 1e-9);
    assert_double(vdib_evaluation_get(&evaluation, "bits_prior"), prior, 1e-6);
    /* 45 steps take 6 bits, 10 neurons 4, 20 inputs 5 */
    assert_double(vdib_evaluation_get(&evaluation, "bits_events"), 10 * sent, 1e-9);
    assert_double(vdib_evaluation_get(&evaluation, "bits_input_events"), 11 * input, 1e-9);
    vdib_evaluation_clear(&evaluation);
    free_world(&w);
}

static void without_training_examples_there_is_no_marginal(void **state) {
    (void)state;
    const vdib_evaluation_options options = {.threads = 1};
    const vdib_geometry geometry = small_geometry(false);
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    small_add(dataset, VDIB_SPLIT_TEST, 5, false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
    assert_true(isnan(vdib_evaluation_get(&evaluation, "bits_marginal")));
    assert_true(vdib_evaluation_get(&evaluation, "bits_prior") > 0);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_as_long_as_their_logarithms),
        cmocka_unit_test(a_limit_holds_for_what_the_marginal_learns_from),
        cmocka_unit_test(sequences_have_a_probability_a_neuron),
        cmocka_unit_test(without_training_examples_there_is_no_marginal),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
