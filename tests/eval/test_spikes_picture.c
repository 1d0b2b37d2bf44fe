/* SPDX-License-Identifier: MIT */
/* The plane of the spikes: its axes are eigenvectors of the examples' products, found again by power iteration. */
#include "eval/spikes_data.h"

enum { NEURONS = 9, CELLS = SMALL_STEPS * NEURONS };

static double dot(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* image (columns) = X^T x, back (rows) = X image. */
static void through(const double *data, size_t rows, size_t columns, const double *x, double *image, double *back) {
    for (size_t c = 0; c < columns; c++) {
        image[c] = 0;
        for (size_t r = 0; r < rows; r++)
            image[c] += data[r * columns + c] * x[r];
    }
    for (size_t r = 0; r < rows; r++)
        back[r] = dot(data + r * columns, image, columns);
}

/* The largest eigenvalue of X X^T orthogonal to `before` (rows), if that is not NULL. */
static double power(const double *data, size_t rows, size_t columns, const double *before) {
    double x[SMALL_TEST], image[CELLS], back[SMALL_TEST], value = 0;
    for (size_t r = 0; r < rows; r++)
        x[r] = sin(1.0 + 2.3 * (double)r);
    for (size_t k = 0; k < 20000; k++) {
        double along = before != NULL ? dot(x, before, rows) / dot(before, before, rows) : 0;
        for (size_t r = 0; r < rows; r++)
            x[r] -= before != NULL ? along * before[r] : 0;
        double length = sqrt(dot(x, x, rows));
        for (size_t r = 0; r < rows; r++)
            x[r] /= length;
        through(data, rows, columns, x, image, back);
        value = dot(x, back, rows);
        memcpy(x, back, rows * sizeof *x);
    }
    return value;
}

/* Axes x and y (rows) of centred data (rows, columns), and the shares of their variance. */
static void check_plane(double *data, size_t columns, const double *x, const double *y, const double *shares) {
    const double *axes[] = {x, y};
    double trace = 0;
    for (size_t c = 0; c < columns; c++) {
        double mean = 0;
        for (size_t r = 0; r < SMALL_TEST; r++)
            mean += data[r * columns + c] / SMALL_TEST;
        for (size_t r = 0; r < SMALL_TEST; r++)
            data[r * columns + c] -= mean;
    }
    trace = dot(data, data, SMALL_TEST * columns);
    for (size_t k = 0; k < 2; k++) {
        double image[CELLS], back[SMALL_TEST], value = dot(axes[k], axes[k], SMALL_TEST), largest = 0;
        assert_double(power(data, SMALL_TEST, columns, k == 0 ? NULL : x), value, 1e-6);
        assert_double(shares[k], value / trace, 1e-9);
        through(data, SMALL_TEST, columns, axes[k], image, back);
        for (size_t r = 0; r < SMALL_TEST; r++) {
            assert_true(fabs(back[r] - value * axes[k][r]) < 1e-8 * value * sqrt(value));
            largest = fabs(axes[k][r]) > fabs(largest) ? axes[k][r] : largest;
        }
        assert_true(largest > 0);
    }
    assert_true(fabs(dot(x, y, SMALL_TEST)) < 1e-9 * trace);
}

static void axes_are_principal_components(void **state) {
    (void)state;
    const vdib_evaluation_options options = {.threads = 2};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
    const double *labels = array_of(&evaluation, "picture_labels", SMALL_TEST);
    const double *shares = array_of(&evaluation, "picture_shares", 4);
    double *time = test_calloc(SMALL_TEST * CELLS, sizeof *time);
    double *counts = test_calloc(SMALL_TEST * NEURONS, sizeof *counts);
    for (size_t i = 0; i < SMALL_TEST; i++) {
        encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, 0);
        assert_true(labels[i] == (double)e->example->label);
        for (size_t k = 0; k < CELLS; k++) {
            time[i * CELLS + k] = e->y[k];
            counts[i * NEURONS + k % NEURONS] += e->y[k];
        }
        encoded_free(e);
    }
    check_plane(time, CELLS, array_of(&evaluation, "picture_time_x", SMALL_TEST),
                array_of(&evaluation, "picture_time_y", SMALL_TEST), shares);
    check_plane(counts, NEURONS, array_of(&evaluation, "picture_counts_x", SMALL_TEST),
                array_of(&evaluation, "picture_counts_y", SMALL_TEST), shares + 2);
    test_free(counts);
    test_free(time);
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* Classes, answers and spikes of each example are those of the confusion matrix, and of the encoder by itself. */
static void every_example_is_told(void **state) {
    (void)state;
    const vdib_evaluation_options options = {.threads = 2};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
    const double *labels = array_of(&evaluation, "label_by_example", SMALL_TEST);
    const double *answers = array_of(&evaluation, "answer_by_example", SMALL_TEST);
    const double *spikes = array_of(&evaluation, "spikes_by_example", SMALL_TEST);
    uint64_t confusion[SMALL_CLASSES * SMALL_CLASSES] = {0};
    for (size_t i = 0; i < SMALL_TEST; i++) {
        encoded *e = encode_example(model, dataset, VDIB_SPLIT_TEST, i, 0);
        double count = 0;
        for (size_t k = 0; k < CELLS; k++)
            count += e->y[k];
        assert_true(spikes[i] == count);
        assert_true(labels[i] == (double)e->example->label);
        confusion[(size_t)labels[i] * SMALL_CLASSES + (size_t)answers[i]]++;
        encoded_free(e);
    }
    assert_int_equal(vdib_evaluation_classes(&evaluation), SMALL_CLASSES);
    for (size_t k = 0; k < (size_t)SMALL_CLASSES * SMALL_CLASSES; k++)
        assert_int_equal(confusion[k], vdib_evaluation_confusion(&evaluation, k / SMALL_CLASSES, k % SMALL_CLASSES));
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* Of many examples 500 are shown, evenly spread. */
static void many_examples_are_spread(void **state) {
    (void)state;
    enum { MANY = 1203 };
    const vdib_evaluation_options options = {.threads = 2, .draws = 1};
    const vdib_geometry geometry = small_geometry(false);
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    small_add(dataset, VDIB_SPLIT_TEST, MANY, false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = spikes_evaluated(model, dataset, &options);
    const double *labels = array_of(&evaluation, "picture_labels", 500);
    for (size_t k = 0; k < 500; k++) {
        size_t i = k * MANY / 500;
        assert_true(labels[k] == (double)((i * i + i / 3) % SMALL_CLASSES));
    }
    vdib_evaluation_clear(&evaluation);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* Neither a single example nor sequences make a picture; an encoder that says nothing makes one point. */
static void there_may_be_nothing_to_see(void **state) {
    (void)state;
    const vdib_evaluation_options one = {.threads = 1, .examples = 1}, all = {.threads = 1};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation evaluation = spikes_evaluated(model, dataset, &one);
    assert_null(vdib_evaluation_array(&evaluation, "picture_labels", NULL));
    vdib_evaluation_clear(&evaluation);
    for (size_t t = 0; t < vdib_model_tensor_count(model); t++) {
        vdib_tensor_info info = {.size = sizeof(vdib_tensor_info)};
        assert_ok(vdib_model_tensor(model, t, &info));
        float *values = test_calloc(info.count, sizeof *values);
        for (size_t i = 0; i < info.count && strcmp(info.name, "encoder.readout.bias") == 0; i++)
            values[i] = -80;
        assert_ok(vdib_model_tensor_set(model, t, values));
        test_free(values);
    }
    evaluation = spikes_evaluated(model, dataset, &all);
    const double *x = array_of(&evaluation, "picture_time_x", SMALL_TEST);
    for (size_t i = 0; i < SMALL_TEST; i++)
        assert_true(x[i] == 0);
    assert_true(array_of(&evaluation, "picture_shares", 4)[0] == 0);
    vdib_evaluation_clear(&evaluation);
    world w = make_world();
    evaluation = spikes_evaluated(w.model, w.dataset, &all);
    assert_null(vdib_evaluation_array(&evaluation, "picture_labels", NULL));
    vdib_evaluation_clear(&evaluation);
    free_world(&w);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_are_principal_components),
        cmocka_unit_test(every_example_is_told),
        cmocka_unit_test(many_examples_are_spread),
        cmocka_unit_test(there_may_be_nothing_to_see),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
