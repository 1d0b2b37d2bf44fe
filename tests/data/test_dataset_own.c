/* SPDX-License-Identifier: MIT */
/* Data sets of one's own, and the rules of the validation split. */
#include "datasets.h"

#include <math.h>
#include <pthread.h>

#include "core/threads.h"

enum { STEPS = 3, CHANNELS = 2 * 2 * 3, TARGETS = 4, CLASSES = 50000 };

static const vdib_geometry shape = {.size = sizeof(vdib_geometry),
                                    .input_channels = 2,
                                    .input_height = 2,
                                    .input_width = 3,
                                    .steps = STEPS,
                                    .classes = CLASSES,
                                    .target_height = 1,
                                    .target_width = TARGETS};

static vdib_dataset *new_dataset(void) {
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_create(&shape, &dataset));
    return dataset;
}

/* Example n: label n, a spike of channel n % CHANNELS in step n % STEPS, target (n, n, n, n). */
static void add(vdib_dataset *dataset, vdib_split split, size_t n) {
    uint8_t dense[STEPS * CHANNELS] = {0};
    float target[TARGETS] = {(float)n, (float)n, (float)n, (float)n};
    vdib_raster *raster = NULL;
    dense[n % STEPS * CHANNELS + n % CHANNELS] = 1;
    assert_ok(vdib_raster_create(CHANNELS, STEPS, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    assert_ok(vdib_dataset_add(dataset, split, raster, target, (uint32_t)n));
    vdib_raster_destroy(raster);
}

static void classes_have_names(void **state) {
    (void)state;
    vdib_dataset *dataset = new_dataset();
    char name[8];
    static const char *names[CLASSES];
    assert_null(vdib_dataset_class_name(dataset, 0));
    for (size_t c = 0; c < CLASSES; c++)
        names[c] = c == 3 ? "" : "some";
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_set_class_names(dataset, names), "class 3 of");
    assert_null(vdib_dataset_class_name(dataset, 0));
    snprintf(name, sizeof name, "left");
    names[3] = name;
    assert_ok(vdib_dataset_set_class_names(dataset, names));
    snprintf(name, sizeof name, "right"); /* they are copies, and are replaced */
    assert_string_equal(vdib_dataset_class_name(dataset, 3), "left");
    assert_ok(vdib_dataset_set_class_names(dataset, names));
    assert_string_equal(vdib_dataset_class_name(dataset, 3), "right");
    assert_int_equal(vdib_dataset_geometry(dataset)->classes, CLASSES);
    assert_null(vdib_dataset_class_name(dataset, CLASSES));
    vdib_dataset_destroy(dataset);
}

static void examples_are_copies(void **state) {
    (void)state;
    vdib_dataset *dataset = new_dataset();
    for (size_t n = 0; n < 40; n++)
        add(dataset, VDIB_SPLIT_TEST, n);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 40);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 0);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 0);
    assert_null(vdib__dataset_images(dataset, VDIB_SPLIT_TEST));
    vdib_example *example = new_example(dataset);
    for (size_t n = 0; n < 40; n++) {
        const uint32_t *channels = NULL;
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, n, 1, example));
        assert_int_equal(vdib_raster_spikes(example->raster), 1);
        assert_int_equal(vdib_raster_at(example->raster, n % STEPS, &channels), 1);
        assert_int_equal(channels[0], n % CHANNELS);
        assert_int_equal(example->label, n);
        assert_true(example->target[TARGETS - 1] == (float)n);
        assert_null(example->image);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* Sizes, and that both splits are increasing, disjoint and complete. */
static void check_split(const vdib_dataset *dataset, size_t count, size_t validation) {
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), validation);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), count - validation);
    uint8_t *seen = calloc(count + 1, 1);
    assert_non_null(seen);
    vdib_example *example = new_example(dataset);
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_VALIDATION; split++) {
        size_t size = vdib_dataset_size(dataset, (vdib_split)split), next = 0;
        for (size_t i = 0; i < size; i++) {
            assert_ok(vdib_dataset_get(dataset, (vdib_split)split, i, 1, example));
            assert_true(example->label >= next && example->label < count);
            next = example->label + 1;
            assert_int_equal(seen[example->label]++, 0);
        }
    }
    vdib_example_destroy(example);
    free(seen);
}

static void a_tenth_is_for_validation(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 2, 9, 10, 19, 20, 21, 105, 9999, 10000, 12345};
    static const size_t wanted[] = {0, 0, 1, 1, 1, 1, 2, 2, 10, 999, 1000, 1000};
    vdib_dataset *dataset = new_dataset();
    size_t n = 0;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (; n < counts[c]; n++)
            add(dataset, VDIB_SPLIT_TRAIN, n);
        check_split(dataset, counts[c], wanted[c]);
    }
    vdib_dataset_destroy(dataset);
}

/* The first of the permutation of (seed 0, SPLIT) are chosen: a rule of the documentation that other programs may
 * follow. */
static void seed_0_chooses(void **state) {
    (void)state;
    enum { COUNT = 60 };
    uint32_t order[COUNT];
    vdib__key key = {.seed = 0, .purpose = VDIB_PURPOSE_SPLIT};
    vdib__random_permutation(&key, order, COUNT);
    vdib_dataset *dataset = new_dataset();
    for (size_t n = 0; n < COUNT; n++)
        add(dataset, VDIB_SPLIT_TRAIN, n);
    vdib_example *example = new_example(dataset);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 6);
    for (size_t i = 0; i < 6; i++) {
        bool chosen = false;
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_VALIDATION, i, 77, example));
        for (size_t k = 0; k < 6; k++)
            chosen = chosen || order[k] == example->label;
        assert_true(chosen);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* NULL if all is right. */
static void *read_all(void *argument) {
    vdib_dataset *dataset = argument;
    vdib_example *example = NULL;
    size_t wrong = vdib_example_create(dataset, &example) != VDIB_OK;
    wrong += vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) != 450;
    for (size_t i = 0; i < 450; i++) {
        wrong += vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 1, example) != VDIB_OK;
        wrong += !(example->target[0] == (float)example->label);
    }
    vdib_example_destroy(example);
    return wrong == 0 ? NULL : argument;
}

/* The split is made by whichever thread asks first. */
static void threads_may_read_at_once(void **state) {
    (void)state;
    vdib_dataset *dataset = new_dataset();
    for (size_t n = 0; n < 500; n++)
        add(dataset, VDIB_SPLIT_TRAIN, n);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, dataset), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong = dataset;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    vdib_dataset_destroy(dataset);
}

static void bad_examples_are_refused(void **state) {
    (void)state;
    vdib_dataset *dataset = new_dataset();
    float target[TARGETS] = {0, 1, 2, 3}, bad[TARGETS] = {0, 1, NAN, 3};
    vdib_raster *raster = NULL, *narrow = NULL, *brief = NULL;
    assert_ok(vdib_raster_create(CHANNELS, STEPS, &raster));
    assert_ok(vdib_raster_create(CHANNELS - 1, STEPS, &narrow));
    assert_ok(vdib_raster_create(CHANNELS, STEPS - 1, &brief));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_add(dataset, VDIB_SPLIT_VALIDATION, raster, target, 0),
                 "taken from the training examples");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, narrow, target, 0), "3 x 12");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, brief, target, 0), "2 steps");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, target, CLASSES),
                 "below 50000");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, NULL, 0), "not be NULL");
    assert_fails(VDIB_ERROR_NUMERIC, vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, bad, 0), "value 2");
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 0);
    assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, target, CLASSES - 1));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 1);
    vdib_raster_destroy(brief);
    vdib_raster_destroy(narrow);
    vdib_dataset_destroy(dataset);
    vdib__dataset_parameters parameters = parameters_of(NULL, NULL, &vdib__input_blobs, &vdib__target_units);
    dataset = open_dataset(parameters);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, target, 0),
                 "vdib_dataset_create");
    vdib_raster_destroy(raster);
    vdib_dataset_destroy(dataset);
}

static void refuse_shape(vdib_geometry geometry, const char *part) {
    vdib_dataset *dataset = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_create(&geometry, &dataset), part);
    assert_null(dataset);
}

static void bad_shapes_are_refused(void **state) {
    (void)state;
    vdib_geometry geometry = shape;
    geometry.input_height = 0;
    refuse_shape(geometry, "2 x 0 x 3");
    geometry.input_height = SIZE_MAX;
    refuse_shape(geometry, "product");
    geometry = shape;
    geometry.steps = 0;
    refuse_shape(geometry, "0 steps");
    geometry.steps = 1U << 24;
    refuse_shape(geometry, "16777216 steps");
    geometry = shape;
    geometry.classes = 0;
    refuse_shape(geometry, "0 classes");
    geometry = shape;
    geometry.target_height = 0;
    refuse_shape(geometry, "target of 0 x 4");
    vdib_dataset_destroy(NULL);
    vdib_example_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_have_names),        cmocka_unit_test(examples_are_copies),
        cmocka_unit_test(a_tenth_is_for_validation), cmocka_unit_test(seed_0_chooses),
        cmocka_unit_test(threads_may_read_at_once),  cmocka_unit_test(bad_examples_are_refused),
        cmocka_unit_test(bad_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
