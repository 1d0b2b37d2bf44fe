/* SPDX-License-Identifier: MIT */
/* The rate split over steps and neurons, against sums over the probabilities of every example. */
#include <jansson.h>

#include "eval/spikes_data.h"

static double bits(double p, double r0) {
    return (p * log(p / r0) + (1 - p) * log((1 - p) / (1 - r0))) / log(2);
}

static double sum(const double *values, size_t count) {
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += values[i];
    return total;
}

static void a_rate_is_the_sum_over_steps_and_over_neurons(void **state) {
    (void)state;
    enum { NEURONS = 9 };
    const vdib_evaluation_options options = {.threads = 2};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    double by_step[SMALL_STEPS] = {0}, by_neuron[NEURONS] = {0};
    for (size_t i = 0; i < SMALL_TEST; i++) {
        encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, 0);
        for (size_t k = 0; k < SMALL_STEPS * NEURONS; k++) {
            by_step[k / NEURONS] += bits(e->p[k], 0.2) / SMALL_TEST;
            by_neuron[k % NEURONS] += bits(e->p[k], 0.2) / SMALL_TEST;
        }
        encoded_free(e);
    }
    vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
    const double *steps = array_of(&evaluation, "rate_bits_by_step", SMALL_STEPS);
    const double *neurons = array_of(&evaluation, "rate_bits_by_neuron", NEURONS);
    assert_close_double(steps, by_step, SMALL_STEPS, 1e-5);
    assert_close_double(neurons, by_neuron, NEURONS, 1e-5);
    double rate = vdib_evaluation_get(&evaluation, "rate_bits");
    assert_true(rate > 1);
    assert_double(sum(steps, SMALL_STEPS), rate, 1e-11);
    assert_double(sum(neurons, NEURONS), rate, 1e-11);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static void scored_steps_are_split_where_every_step_is_decoded(void **state) {
    (void)state;
    const vdib_evaluation_options options = {.threads = 2};
    world w = make_world();
    double by_step[BLOB_SCORED] = {0}, by_neuron[BLOB_READOUTS] = {0};
    for (size_t s = 0; s < BLOB_TESTS; s++) {
        encoded *e = encode_example(w.model, w.dataset, VDIB_SPLIT_TEST, s, 0);
        assert_int_equal(e->steps, BLOB_WINDOW + BLOB_SCORED);
        for (size_t k = 0; k < BLOB_SCORED * BLOB_READOUTS; k++) {
            double one = bits(e->p[BLOB_WINDOW * BLOB_READOUTS + k], 0.2);
            by_step[k / BLOB_READOUTS] += one / BLOB_TESTS;
            by_neuron[k % BLOB_READOUTS] += one / BLOB_TESTS / BLOB_SCORED;
        }
        encoded_free(e);
    }
    vdib_evaluation evaluation = spikes_evaluated(w.model, w.dataset, &options);
    const double *steps = array_of(&evaluation, "rate_bits_by_step", BLOB_SCORED);
    const double *neurons = array_of(&evaluation, "rate_bits_by_neuron", BLOB_READOUTS);
    assert_close_double(steps, by_step, BLOB_SCORED, 1e-5);
    assert_close_double(neurons, by_neuron, BLOB_READOUTS, 1e-5);
    double rate = vdib_evaluation_get(&evaluation, "rate_bits");
    assert_double(sum(steps, BLOB_SCORED) / BLOB_SCORED, rate, 1e-11);
    assert_double(sum(neurons, BLOB_READOUTS), rate, 1e-11);
    vdib_evaluation_clear(&evaluation);
    free_world(&w);
}

/* "| name | what |" of every array, as docs/method.md has them. */
static void the_document_lists_the_arrays(void **state) {
    (void)state;
    char *table = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&table, &size);
    assert_non_null(stream);
    fputs("| name | values |\n| --- | --- |\n", stream);
    for (size_t a = 0; a < vdib_array_count(); a++)
        fprintf(stream, "| `%s` | %s |\n", vdib_array_name(a), vdib_array_help(a));
    fclose(stream);
    support_check_document(VDIB_TEST_SOURCE "/docs/method.md", "<!-- arrays: made from src/eval/arrays.c -->\n",
                           "<!-- end of arrays -->\n", table, "arrays");
    free(table);
}

static json_t *json_of(const vdib_evaluation *evaluation) {
    char *text = NULL;
    assert_ok(vdib_evaluation_json(evaluation, &text));
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    vdib_text_free(text);
    return object;
}

/* JSON has the arrays that were asked for, value by value; null stands for NaN. */
static void arrays_are_written_where_they_were_asked_for(void **state) {
    (void)state;
    const vdib_evaluation_options options = {.threads = 1, .examples = 6};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation with = spikes_evaluated(model, dataset, &options), without = {NULL};
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &without));
    VDIB_FINDINGS(with)->arrays[VDIB__ARRAY_RATE_BY_STEP].values[2] = NAN;
    json_t *object = json_of(&with), *plain = json_of(&without);
    for (size_t a = 0; a < vdib_array_count(); a++) {
        size_t count = 0;
        const double *values = vdib_evaluation_array(&with, vdib_array_name(a), &count);
        const json_t *list = json_object_get(object, vdib_array_name(a));
        assert_int_equal(json_array_size(list), count);
        for (size_t i = 0; i < count; i++)
            if (isnan(values[i]))
                assert_true(json_is_null(json_array_get(list, i)));
            else
                assert_double(json_number_value(json_array_get(list, i)), values[i], 1e-13);
        assert_null(json_object_get(plain, vdib_array_name(a)));
        assert_null(vdib_evaluation_array(&without, vdib_array_name(a), NULL));
        assert_true(strlen(vdib_array_help(a)) > 10);
    }
    assert_null(vdib_array_name(vdib_array_count()));
    assert_null(vdib_array_help(vdib_array_count()));
    assert_null(vdib_evaluation_array(&with, "nothing", NULL));
    assert_null(vdib_evaluation_array(&with, NULL, NULL));
    assert_null(vdib_evaluation_array(NULL, "rate_bits_by_step", NULL));
    json_decref(object);
    json_decref(plain);
    vdib_evaluation_clear(&with);
    vdib_evaluation_clear(&without);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static void add(const vdib_evaluation *evaluation, char **text) {
    if (*text != NULL)
        vdib_text_free(*text);
    VDIB_FINDINGS(*evaluation)->seconds = VDIB_FINDINGS(*evaluation)->examples_per_second = 1;
    assert_ok(vdib_evaluation_json(evaluation, text));
}

/* The figures and arrays are the same for any number of threads; and the figures are those of an evaluation without. */
static void threads_change_nothing(void **state) {
    (void)state;
    for (int images = 0; images < 2; images++) {
        vdib_dataset *dataset = small_dataset(images);
        vdib_model *model = small_model(images);
        char *texts[2] = {NULL, NULL};
        for (size_t t = 0; t < 2; t++) {
            const vdib_evaluation_options options = {.threads = 1 + 2 * t};
            vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
            add(&evaluation, &texts[t]);
            vdib_evaluation_clear(&evaluation);
        }
        assert_string_equal(texts[0], texts[1]);
        vdib_text_free(texts[0]);
        vdib_text_free(texts[1]);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_the_sum_over_steps_and_over_neurons),
        cmocka_unit_test(scored_steps_are_split_where_every_step_is_decoded),
        cmocka_unit_test(the_document_lists_the_arrays),
        cmocka_unit_test(arrays_are_written_where_they_were_asked_for),
        cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
