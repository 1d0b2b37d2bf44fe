/* SPDX-License-Identifier: MIT */
/* Data sets that vdib makes itself: filmed digits and drifting blobs. */
#include "datasets.h"

#include "data/blobs.h"
#include "data/camera.h"
#include "data/digits.h"

static vdib__dataset_parameters filmed(size_t train, size_t test, int threads) {
    vdib__dataset_parameters parameters =
        parameters_of("builtin:digits", NULL, &vdib__input_events, &vdib__target_image);
    parameters.steps = 30;
    parameters.step_us = 10000;
    parameters.train_examples = train;
    parameters.test_examples = test;
    parameters.threads = threads;
    return parameters;
}

static void recordings_show_their_digits(void **state) {
    (void)state;
    vdib_dataset *dataset = open_dataset(filmed(12, 5, 2));
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    assert_int_equal(geometry->input_channels, 2);
    assert_int_equal(geometry->input_height, 34);
    assert_int_equal(geometry->input_width, 34);
    assert_int_equal(geometry->target_height, 28);
    vdib_example *example = new_example(dataset);
    vdib__camera camera = vdib__camera_saccades();
    vdib_binning binning = {
        .size = sizeof(vdib_binning), .width = 34, .height = 34, .polarities = 2, .steps = 30, .step_us = 10000};
    vdib_raster *wanted = NULL;
    assert_ok(vdib_raster_create(2 * 34 * 34, 30, &wanted));
    for (size_t i = 0; i < 5; i++) {
        vdib_event *events = NULL;
        size_t count = 0;
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 9, example));
        assert_int_equal(example->label, i);
        assert_ptr_equal(example->image, example->target);
        assert_ok(vdib__camera_record(&camera, example->image, 28, 28, 0, 1000000 + i, &events, &count));
        assert_ok(vdib_raster_bin(wanted, events, count, &binning, NULL));
        assert_true(vdib_raster_spikes(wanted) > 0);
        assert_true(same_rasters(example->raster, wanted));
        vdib__free(events);
    }
    vdib_raster_destroy(wanted);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void threads_do_not_change_recordings(void **state) {
    (void)state;
    vdib_dataset *one = open_dataset(filmed(12, 6, 1)), *three = open_dataset(filmed(12, 6, 3));
    vdib_example *first = new_example(one), *second = new_example(three);
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++)
        for (size_t i = 0; i < vdib_dataset_size(one, (vdib_split)split); i++) {
            assert_ok(vdib_dataset_get(one, (vdib_split)split, i, 1, first));
            assert_ok(vdib_dataset_get(three, (vdib_split)split, i, 2, second));
            assert_true(same_rasters(first->raster, second->raster));
        }
    vdib_example_destroy(second);
    vdib_example_destroy(first);
    vdib_dataset_destroy(three);
    vdib_dataset_destroy(one);
}

static void circular_motion_has_its_own_sensor(void **state) {
    (void)state;
    vdib__dataset_parameters parameters = filmed(2, 1, 1);
    parameters.motion = &vdib__motion_circle;
    parameters.polarities = 1;
    parameters.target = &vdib__target_class;
    vdib_dataset *dataset = open_dataset(parameters);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_channels, 1);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_width, 26);
    assert_int_equal(vdib_dataset_geometry(dataset)->target_width, 0);
    vdib_dataset_destroy(dataset);
}

static vdib__dataset_parameters blobs(void) {
    vdib__dataset_parameters parameters = parameters_of(NULL, NULL, &vdib__input_blobs, &vdib__target_units);
    parameters.steps = 20;
    parameters.test_steps = 50;
    parameters.warmup_steps = 5;
    parameters.delta = -2;
    return parameters;
}

static void blob_sequences_have_their_shapes(void **state) {
    (void)state;
    vdib_dataset *dataset = open_dataset(blobs());
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    assert_int_equal(geometry->input_channels * geometry->input_height, 1);
    assert_int_equal(geometry->input_width, 20);
    assert_int_equal(geometry->steps, 25);
    assert_int_equal(geometry->classes, 210);
    assert_int_equal(geometry->target_width, 0);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 0);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 20);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 20);
    vdib_example *example = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, 12345, 1, example));
    assert_int_equal(vdib_raster_steps(example->raster), 25);
    assert_non_null(example->step_labels);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_VALIDATION, 19, 1, example));
    assert_int_equal(vdib_raster_steps(example->raster), 55);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 19, 1, example));
    assert_int_equal(vdib_raster_steps(example->raster), 55);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 20, 1, example), "has 20");
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* Training sequences follow (seed, presentation); validation and test sequences are fixed, and not the same ones. */
static void blob_sequences_are_keyed(void **state) {
    (void)state;
    vdib_dataset *dataset = open_dataset(blobs());
    vdib_example *first = new_example(dataset), *second = new_example(dataset);
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 3, 1, VDIB_STAGE_TRAINING, 3, first));
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 4, 1, VDIB_STAGE_TRAINING, 4, second));
    assert_false(same_rasters(first->raster, second->raster));
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 3, 2, VDIB_STAGE_TRAINING, 3, second));
    assert_false(same_rasters(first->raster, second->raster));
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 3, 1, VDIB_STAGE_TRAINING, 3, second));
    assert_true(same_rasters(first->raster, second->raster));
    assert_memory_equal(first->step_labels, second->step_labels, 25 * sizeof *first->step_labels);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 3, 1, first));
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 3, 2, second));
    assert_true(same_rasters(first->raster, second->raster));
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_VALIDATION, 3, 1, second));
    assert_false(same_rasters(first->raster, second->raster));
    vdib_example_destroy(second);
    vdib_example_destroy(first);
    vdib_dataset_destroy(dataset);
}

static void blobs_read_no_folder(void **state) {
    vdib__dataset_parameters parameters = blobs();
    parameters.data = *state;
    refuse_dataset(parameters, VDIB_ERROR_DATA, "leave the data out");
    parameters = blobs();
    parameters.target = &vdib__target_class;
    refuse_dataset(parameters, VDIB_ERROR_DATA, "data.input=blobs does not go with data.target=class");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_show_their_digits),       cmocka_unit_test(threads_do_not_change_recordings),
        cmocka_unit_test(circular_motion_has_its_own_sensor), cmocka_unit_test(blob_sequences_have_their_shapes),
        cmocka_unit_test(blob_sequences_are_keyed),           files_test(blobs_read_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
