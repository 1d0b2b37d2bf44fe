/* SPDX-License-Identifier: MIT */
/* Evaluation of whole-sample tasks against figures recomputed through the public functions. */
#include <math.h>

#include "eval/evaluation.h"
#include "eval/judge.h"
#include "eval/metrics.h"
#include "eval/small_data.h"
#include "eval/small_judge.h"
#include "model/model.h"

static char *folder;

static int own_cache(void **state) {
    (void)state;
    folder = support_folder();
    return setenv("VDIB_CACHE", folder, 1);
}

static int remove_cache(void **state) {
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static void assert_double(double got, double want, double bound) {
    assert_close_double(&got, &want, 1, bound);
}

static vdib_evaluation evaluated(const vdib_model *model, const vdib_dataset *dataset, size_t threads,
                                 size_t examples) {
    vdib_evaluation_options options = {
        .size = sizeof(vdib_evaluation_options), .threads = threads, .examples = examples};
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &evaluation));
    return evaluation;
}

/* Checks that rows of the matrix add up to the labels' counts and the diagonal to `accuracy`. */
static void check_confusion(vdib_evaluation evaluation, const uint32_t *labels, double accuracy) {
    size_t right = 0;
    assert_int_equal(vdib_evaluation_classes(&evaluation), SMALL_CLASSES);
    for (uint32_t c = 0; c < SMALL_CLASSES; c++) {
        size_t row = 0, wanted = 0;
        for (size_t said = 0; said < SMALL_CLASSES; said++)
            row += vdib_evaluation_confusion(&evaluation, c, said);
        for (size_t i = 0; i < SMALL_TEST; i++)
            wanted += labels[i] == c;
        assert_int_equal(row, wanted);
        right += vdib_evaluation_confusion(&evaluation, c, c);
    }
    assert_double((double)right / SMALL_TEST, accuracy, 1e-12);
}

static void image_figures_equal_their_recomputation(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(true);
    vdib_model *model = small_model(true);
    vdib_evaluation evaluation = evaluated(model, dataset, 2, 0);
    double mse = 0, psnr = 0, ssim = 0, distortion = 0;
    uint32_t labels[SMALL_TEST];
    for (size_t i = 0; i < SMALL_TEST; i++) {
        float target[SMALL_PIXELS], output[SMALL_PIXELS];
        labels[i] = small_reconstruct(model, dataset, i, target, output);
        double error = vdib__mse(output, target, SMALL_PIXELS);
        mse += error / SMALL_TEST;
        psnr += vdib__psnr(error) / SMALL_TEST;
        ssim += vdib__ssim(output, target, SMALL_SIDE, SMALL_SIDE) / SMALL_TEST;
        for (size_t p = 0; p < SMALL_PIXELS; p++)
            distortion -= (target[p] * log(output[p]) + (1.0 - target[p]) * log(1.0 - output[p])) / SMALL_TEST;
    }
    assert_int_equal(VDIB_FINDINGS(evaluation)->examples, SMALL_TEST);
    assert_int_equal(VDIB_FINDINGS(evaluation)->steps, 0);
    assert_int_equal(VDIB_FINDINGS(evaluation)->seed, 5);
    /* batches and single examples go through matrix products of different shapes */
    assert_double(VDIB_FINDINGS(evaluation)->mse, mse, 1e-6);
    assert_double(VDIB_FINDINGS(evaluation)->psnr, psnr, 1e-6);
    assert_double(VDIB_FINDINGS(evaluation)->ssim, ssim, 1e-6);
    assert_double(VDIB_FINDINGS(evaluation)->distortion_nats, distortion, 1e-5);
    assert_double(VDIB_FINDINGS(evaluation)->distortion_nats_per_output, distortion / SMALL_PIXELS, 1e-5);
    assert_true(isnan(VDIB_FINDINGS(evaluation)->accuracy) && isnan(VDIB_FINDINGS(evaluation)->constant_mse) &&
                isnan(VDIB_FINDINGS(evaluation)->mse_standard_error));
    check_confusion(evaluation, labels, VDIB_FINDINGS(evaluation)->judge_accuracy);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* Vectors of three values: errors, and variances of targets, of each of them. */
static void errors_of_vectors_are_those_of_each_value(void **state) {
    (void)state;
    enum { VALUES = 3 };
    static const char *const settings[] = {"seed=5", "data.steps=12", "decoder=linear", "decoder.head=gaussian"};
    vdib_geometry geometry = small_geometry(true);
    geometry.target_height = 1;
    geometry.target_width = VALUES;
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    small_add(dataset, VDIB_SPLIT_TEST, SMALL_TEST, true);
    vdib_model *model = small_model_of(settings, sizeof settings / sizeof *settings, NULL, true, &geometry);
    vdib_evaluation evaluation = evaluated(model, dataset, 2, 0);
    double errors[VALUES] = {0}, means[VALUES] = {0}, squares[VALUES] = {0};
    for (size_t i = 0; i < SMALL_TEST; i++) {
        float target[VALUES], output[VALUES];
        (void)small_reconstruct(model, dataset, i, target, output);
        for (size_t v = 0; v < VALUES; v++) {
            errors[v] += (output[v] - target[v]) * (output[v] - target[v]) / SMALL_TEST;
            means[v] += target[v] / SMALL_TEST;
            squares[v] += target[v] * target[v] / SMALL_TEST;
        }
    }
    size_t counts[2] = {0};
    const double *found = vdib_evaluation_array(&evaluation, "mse_by_output", &counts[0]);
    const double *variances = vdib_evaluation_array(&evaluation, "target_variance_by_output", &counts[1]);
    assert_true(counts[0] == VALUES && counts[1] == VALUES);
    for (size_t v = 0; v < VALUES; v++) {
        assert_double(found[v], errors[v], 1e-5);
        assert_double(variances[v], squares[v] - means[v] * means[v], 1e-5);
    }
    assert_double((found[0] + found[1] + found[2]) / VALUES, VDIB_FINDINGS(evaluation)->mse, 1e-9);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static void the_judge_is_that_of_the_training_targets(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(true);
    vdib_model *model = small_model(true);
    vdib_evaluation evaluation = evaluated(model, dataset, 1, 0);
    vdib__judge *judge = small_judge(dataset);
    size_t right = 0, right_original = 0;
    for (size_t i = 0; i < SMALL_TEST; i++) {
        float target[SMALL_PIXELS], output[SMALL_PIXELS];
        uint32_t said = 0, label = small_reconstruct(model, dataset, i, target, output);
        assert_ok(vdib__judge_label(judge, 1, output, 1, &said));
        right += said == label;
        assert_ok(vdib__judge_label(judge, 1, target, 1, &said));
        right_original += said == label;
    }
    assert_double(VDIB_FINDINGS(evaluation)->judge_accuracy, (double)right / SMALL_TEST, 1e-12);
    assert_double(VDIB_FINDINGS(evaluation)->judge_accuracy_original, (double)right_original / SMALL_TEST, 1e-12);
    assert_true(VDIB_FINDINGS(evaluation)->judge_accuracy_original >
                0.9); /* bars are easy: a judge that learnt nothing is found out */
    vdib__judge_destroy(judge);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static void class_figures_equal_their_recomputation(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = evaluated(model, dataset, 2, 0);
    double right = 0, distortion = 0, mse = 0;
    uint32_t labels[SMALL_TEST];
    for (size_t i = 0; i < SMALL_TEST; i++) {
        float output[SMALL_CLASSES];
        labels[i] = small_reconstruct(model, dataset, i, NULL, output);
        right += vdib__most_probable(output, SMALL_CLASSES) == labels[i];
        distortion -= log(output[labels[i]]) / SMALL_TEST;
        for (uint32_t c = 0; c < SMALL_CLASSES; c++)
            mse += (output[c] - (c == labels[i])) * (output[c] - (c == labels[i])) / SMALL_CLASSES / SMALL_TEST;
    }
    assert_double(VDIB_FINDINGS(evaluation)->accuracy, right / SMALL_TEST, 1e-12);
    assert_double(VDIB_FINDINGS(evaluation)->distortion_nats, distortion, 1e-5);
    assert_double(VDIB_FINDINGS(evaluation)->distortion_nats_per_output, distortion, 1e-5);
    assert_double(VDIB_FINDINGS(evaluation)->mse, mse, 1e-5);
    assert_true(isnan(VDIB_FINDINGS(evaluation)->judge_accuracy) &&
                isnan(VDIB_FINDINGS(evaluation)->judge_accuracy_original));
    assert_true(isnan(VDIB_FINDINGS(evaluation)->psnr) && isnan(VDIB_FINDINGS(evaluation)->ssim));
    check_confusion(evaluation, labels, VDIB_FINDINGS(evaluation)->accuracy);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static void spikes_are_those_of_the_encoder(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = evaluated(model, dataset, 1, 0);
    vdib_example *example = NULL;
    double spikes = 0, input = 0;
    assert_ok(vdib_example_create(dataset, &example));
    for (size_t i = 0; i < SMALL_TEST; i++) {
        vdib_raster *readout = NULL;
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 5, example));
        assert_ok(vdib_model_encode(model, example->raster, 5, i, &readout));
        spikes += (double)vdib_raster_spikes(readout) / SMALL_TEST;
        input += (double)vdib_raster_spikes(example->raster) / SMALL_TEST;
        vdib_raster_destroy(readout);
    }
    assert_true(spikes > 1);
    assert_double(VDIB_FINDINGS(evaluation)->spikes_per_example, spikes, 1e-12);
    assert_double(VDIB_FINDINGS(evaluation)->spike_density, spikes / (9 * SMALL_STEPS), 1e-12);
    assert_double(VDIB_FINDINGS(evaluation)->input_spikes_per_example, input, 1e-12);
    /* each input spike reaches the 14 hidden neurons; hidden spikes add 9 each */
    assert_true(VDIB_FINDINGS(evaluation)->synaptic_operations >= 14 * input);
    assert_true(VDIB_FINDINGS(evaluation)->synaptic_operations <= 14 * input + 9.0 * 14 * SMALL_STEPS);
    assert_true(VDIB_FINDINGS(evaluation)->seconds > 0);
    assert_double(VDIB_FINDINGS(evaluation)->examples_per_second, SMALL_TEST / VDIB_FINDINGS(evaluation)->seconds,
                  1e-9);
    vdib_example_destroy(example);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* With every weight of the readout 0, each neuron fires with sigma(b) whatever happens: the rate is known. */
static void the_rate_of_constant_neurons_is_analytic(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    const double bias = -1.25, p = 1 / (1 + exp(-bias)), r0 = 0.2;
    for (size_t t = 0; t < vdib_model_tensor_count(model); t++) {
        vdib_tensor_info info = {.size = sizeof(vdib_tensor_info)};
        assert_ok(vdib_model_tensor(model, t, &info));
        if (strncmp(info.name, "encoder.readout.", 16) != 0)
            continue;
        float *values = test_calloc(info.count, sizeof *values);
        for (size_t i = 0; i < info.count && strcmp(info.name, "encoder.readout.bias") == 0; i++)
            values[i] = (float)bias;
        assert_ok(vdib_model_tensor_set(model, t, values));
        test_free(values);
    }
    vdib_evaluation evaluation = evaluated(model, dataset, 1, 0);
    double kl = (p * log(p / r0) + (1 - p) * log((1 - p) / (1 - r0))) / log(2);
    double on = log(p / r0) / log(2), off = log((1 - p) / (1 - r0)) / log(2),
           spikes = VDIB_FINDINGS(evaluation)->spikes_per_example;
    assert_double(VDIB_FINDINGS(evaluation)->rate_bits, 9 * SMALL_STEPS * kl, 1e-5);
    assert_double(VDIB_FINDINGS(evaluation)->rate_bits_sampled, spikes * on + (9 * SMALL_STEPS - spikes) * off, 1e-5);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* The same but for the time that they took. */
static void assert_same_figures(vdib_evaluation a, vdib_evaluation b) {
    char *texts[2] = {NULL, NULL};
    VDIB_FINDINGS(a)->seconds = VDIB_FINDINGS(b)->seconds = 1;
    VDIB_FINDINGS(a)->examples_per_second = VDIB_FINDINGS(b)->examples_per_second = 1;
    assert_ok(vdib_evaluation_json(&a, &texts[0]));
    assert_ok(vdib_evaluation_json(&b, &texts[1]));
    assert_string_equal(texts[0], texts[1]);
    vdib_text_free(texts[0]);
    vdib_text_free(texts[1]);
    vdib_evaluation_clear(&b);
}

static void threads_change_no_figure(void **state) {
    (void)state;
    for (int images = 0; images < 2; images++) {
        vdib_dataset *dataset = small_dataset(images);
        vdib_model *model = small_model(images);
        vdib_evaluation one = evaluated(model, dataset, 1, 0);
        assert_same_figures(one, evaluated(model, dataset, 2, 0));
        assert_same_figures(one, evaluated(model, dataset, 5, 0));
        vdib_evaluation_clear(&one);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
    }
}

static void a_limit_takes_examples_evenly_over_the_classes(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = evaluated(model, dataset, 2, 3);
    static const size_t chosen[3] = {0, 1, 3}; /* labels are 0, 1, 0, 2, ... */
    double distortion = 0;
    for (size_t i = 0; i < 3; i++) {
        float output[SMALL_CLASSES];
        uint32_t label = small_reconstruct(model, dataset, chosen[i], NULL, output);
        assert_int_equal(label, i);
        distortion -= log(output[label]) / 3;
    }
    assert_int_equal(VDIB_FINDINGS(evaluation)->examples, 3);
    assert_double(VDIB_FINDINGS(evaluation)->distortion_nats, distortion, 1e-5);
    vdib_evaluation_clear(&evaluation);
    evaluation = evaluated(model, dataset, 1, 1000);
    assert_int_equal(VDIB_FINDINGS(evaluation)->examples, SMALL_TEST);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static bool second_batch(void *user) {
    return ++*(int *)user == 2;
}

static void a_cancelled_evaluation_says_so_and_writes_nothing(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    int calls = 0;
    vdib_evaluation_options options = {
        .size = sizeof(vdib_evaluation_options), .cancelled = second_batch, .user = &calls};
    vdib_evaluation evaluation = {NULL};
    assert_fails(VDIB_ERROR_CANCELLED, vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &evaluation),
                 "32 of 37 test examples");
    assert_null(evaluation.findings);
    char counted[64]; /* what is counted first are the training examples that the marginal is learnt from */
    snprintf(counted, sizeof counted, "32 of %zu training examples", vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN));
    calls = 0;
    options.spikes = true;
    assert_fails(VDIB_ERROR_CANCELLED, vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &evaluation), counted);
    assert_null(evaluation.findings);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static void data_of_other_shapes_are_refused(void **state) {
    (void)state;
    vdib_model *classes = small_model(false), *images = small_model(true);
    vdib_geometry wide = small_geometry(true), empty = small_geometry(false);
    vdib_dataset *other = NULL, *none = NULL;
    vdib_evaluation evaluation = {NULL};
    wide.input_width = 5;
    wide.target_height = 20;
    assert_ok(vdib_dataset_create(&wide, &other));
    assert_ok(vdib_dataset_create(&empty, &none));
    assert_fails(VDIB_ERROR_DATA, vdib_evaluate(classes, other, VDIB_SPLIT_TEST, NULL, &evaluation), "2 x 4 x 5");
    assert_fails(VDIB_ERROR_DATA, vdib_evaluate(images, other, VDIB_SPLIT_TEST, NULL, &evaluation), "20 x 16");
    assert_fails(VDIB_ERROR_DATA, vdib_evaluate(images, none, VDIB_SPLIT_TEST, NULL, &evaluation), "16 x 16");
    assert_fails(VDIB_ERROR_DATA, vdib_evaluate(classes, none, VDIB_SPLIT_TEST, NULL, &evaluation), "test split");
    assert_fails(VDIB_ERROR_DATA, vdib_evaluate(classes, none, VDIB_SPLIT_TRAIN, NULL, &evaluation), "training split");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_evaluate(classes, none, (vdib_split)7, NULL, &evaluation), "split 7");
    vdib_dataset_destroy(none);
    vdib_dataset_destroy(other);
    vdib_model_destroy(images);
    vdib_model_destroy(classes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_figures_equal_their_recomputation),
        cmocka_unit_test(errors_of_vectors_are_those_of_each_value),
        cmocka_unit_test(the_judge_is_that_of_the_training_targets),
        cmocka_unit_test(class_figures_equal_their_recomputation),
        cmocka_unit_test(spikes_are_those_of_the_encoder),
        cmocka_unit_test(the_rate_of_constant_neurons_is_analytic),
        cmocka_unit_test(threads_change_no_figure),
        cmocka_unit_test(a_limit_takes_examples_evenly_over_the_classes),
        cmocka_unit_test(a_cancelled_evaluation_says_so_and_writes_nothing),
        cmocka_unit_test(data_of_other_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
