/* SPDX-License-Identifier: MIT */
/* Data sets of coded images: IDX folders and built-in digits. */
#include "datasets.h"

#include "data/coding.h"
#include "data/digits.h"

enum { TRAIN = 30, TEST = 8, HEIGHT = 6, WIDTH = 7, PIXELS = HEIGHT * WIDTH };

static void make_images(const char *folder) {
    files_idx_part(folder, "train", TRAIN, HEIGHT, WIDTH, 0);
    files_idx_part(folder, "t10k", TEST, HEIGHT, WIDTH, 3);
}

static void shapes_are_those_of_the_images(void **state) {
    make_images(*state);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, NULL, &vdib__input_latency, &vdib__target_image));
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    assert_int_equal(geometry->input_channels, 1);
    assert_int_equal(geometry->input_height, HEIGHT);
    assert_int_equal(geometry->input_width, WIDTH);
    assert_int_equal(geometry->target_height, HEIGHT);
    assert_int_equal(geometry->target_width, WIDTH);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 27);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 3);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), TEST);
    vdib_dataset_destroy(dataset);
}

static void examples_are_the_coded_images(void **state) {
    make_images(*state);
    vdib_dataset *rate = open_dataset(parameters_of(*state, *state, &vdib__input_rate, &vdib__target_image));
    vdib_dataset *latency = open_dataset(parameters_of(*state, NULL, &vdib__input_latency, &vdib__target_class));
    vdib_example *example = new_example(rate);
    vdib_raster *wanted = NULL;
    assert_ok(vdib_raster_create(PIXELS, 10, &wanted));
    for (size_t i = 0; i < TEST; i++) {
        const float *image = vdib__dataset_images(rate, VDIB_SPLIT_TEST)->pixels + i * PIXELS;
        vdib__key key = {.seed = 5, .purpose = VDIB_PURPOSE_CODING, .stage = VDIB_STAGE_EVALUATION, .example = i};
        assert_ok(vdib_dataset_get(rate, VDIB_SPLIT_TEST, i, 5, example));
        assert_ok(vdib__code_rate(VDIB_KERNEL_PORTABLE, image, &key, wanted));
        assert_true(same_rasters(example->raster, wanted));
        assert_ptr_equal(example->image, image);
        assert_image_shape(example, 1, HEIGHT, WIDTH);
        assert_ptr_equal(example->target, image);
        assert_int_equal(example->label, (i + 3) % 10);
        assert_ok(vdib_dataset_get(latency, VDIB_SPLIT_TEST, i, 5, example));
        assert_ok(vdib__code_latency(image, wanted));
        assert_true(same_rasters(example->raster, wanted));
        assert_null(example->target);
        assert_int_equal(example->label, (i + 3) % 10);
    }
    vdib_raster_destroy(wanted);
    vdib_example_destroy(example);
    vdib_dataset_destroy(latency);
    vdib_dataset_destroy(rate);
}

/* Noise is fresh at every presentation, and the same again for the same one. */
static void noise_is_keyed_by_the_presentation(void **state) {
    make_images(*state);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, NULL, &vdib__input_rate, &vdib__target_image));
    vdib_example *first = new_example(dataset), *second = new_example(dataset);
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 4, 1, VDIB_STAGE_TRAINING, 4, first));
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 4, 1, VDIB_STAGE_TRAINING, 4, second));
    assert_true(same_rasters(first->raster, second->raster));
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 4, 1, VDIB_STAGE_TRAINING, 31, second));
    assert_false(same_rasters(first->raster, second->raster));
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 4, 2, VDIB_STAGE_TRAINING, 4, second));
    assert_false(same_rasters(first->raster, second->raster));
    assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, 4, 1, VDIB_STAGE_EVALUATION, 4, second));
    assert_false(same_rasters(first->raster, second->raster));
    vdib_example_destroy(second);
    vdib_example_destroy(first);
    vdib_dataset_destroy(dataset);
}

static void sizes_that_differ_are_refused(void **state) {
    char other[FILE_PATH];
    snprintf(other, sizeof other, "%s/other", (const char *)*state);
    make_images(*state);
    files_idx_part(*state, "t10k", TEST, HEIGHT, WIDTH + 1, 0);
    refuse_dataset(parameters_of(*state, NULL, &vdib__input_rate, &vdib__target_image), VDIB_ERROR_DATA,
                   "the t10k images have 6 x 8 pixels, the train images 6 x 7");
    make_images(*state);
    make_images(other);
    files_idx_part(other, "train", TRAIN, WIDTH, HEIGHT, 0);
    files_idx_part(other, "t10k", TEST, WIDTH, HEIGHT, 0);
    refuse_dataset(parameters_of(*state, other, &vdib__input_rate, &vdib__target_image), VDIB_ERROR_DATA,
                   "other: its images have 7 x 6 pixels, those of the data 6 x 7");
    refuse_dataset(parameters_of(*state, "builtin:digits", &vdib__input_rate, &vdib__target_image), VDIB_ERROR_DATA,
                   "both must be of one size");
}

/* Natural images of another folder are the judge's; what is coded stays the target. */
static void judged_images_may_come_from_elsewhere(void **state) {
    char other[FILE_PATH];
    snprintf(other, sizeof other, "%s/other", (const char *)*state);
    make_images(*state);
    files_idx_part(other, "train", 40, HEIGHT, WIDTH, 7);
    files_idx_part(other, "t10k", TEST, HEIGHT, WIDTH, 7);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, other, &vdib__input_rate, &vdib__target_image));
    assert_int_equal(vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN)->count, 40);
    vdib_example *example = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 2, 1, example));
    assert_ptr_equal(example->target, example->image);
    for (size_t p = 0; p < PIXELS; p++)
        assert_true(example->target[p] == (float)((14 + p) % 256) / 255.0F);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* A judge learns from every natural training image but those behind validation examples. */
static void validation_images_are_no_lesson_for_the_judge(void **state) {
    char other[FILE_PATH];
    snprintf(other, sizeof other, "%s/other", (const char *)*state);
    make_images(*state);
    files_idx_part(other, "train", 40, HEIGHT, WIDTH, 7);
    files_idx_part(other, "t10k", TEST, HEIGHT, WIDTH, 7);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, NULL, &vdib__input_rate, &vdib__target_class));
    vdib_example *example = new_example(dataset);
    vdib__images images;
    bool expected[TRAIN] = {false};
    for (size_t i = 0; i < vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN); i++) {
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 1, example));
        expected[(size_t)(example->image - vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN)->pixels) / PIXELS] = true;
    }
    assert_ok(vdib__dataset_judge_images(dataset, &images));
    assert_int_equal(images.count, TRAIN);
    assert_int_equal(images.chosen_count, 27);
    assert_ptr_equal(images.pixels, vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN)->pixels);
    for (size_t i = 0; i < images.chosen_count; i++) {
        assert_true(expected[images.chosen[i]]);
        assert_true(i == 0 || images.chosen[i] > images.chosen[i - 1]);
    }
    vdib__free(images.chosen);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
    dataset = open_dataset(parameters_of(*state, other, &vdib__input_rate, &vdib__target_image));
    assert_ok(vdib__dataset_judge_images(dataset, &images));
    assert_int_equal(images.chosen_count, 40); /* images from elsewhere: no example shows one of them */
    vdib__free(images.chosen);
    vdib_dataset_destroy(dataset);
}

static void wrong_kinds_of_data_are_refused(void **state) {
    char recordings[FILE_PATH], images[FILE_PATH];
    snprintf(recordings, sizeof recordings, "%s/recordings", (const char *)*state);
    snprintf(images, sizeof images, "%s/images", (const char *)*state);
    files_recording(recordings, "Train/0/00001.bin", 0, 0, 0);
    files_recording(recordings, "Test/0/00001.bin", 0, 0, 0);
    refuse_dataset(parameters_of(*state, NULL, &vdib__input_rate, &vdib__target_image), VDIB_ERROR_DATA,
                   "holds neither");
    refuse_dataset(parameters_of(recordings, NULL, &vdib__input_rate, &vdib__target_image), VDIB_ERROR_DATA,
                   "holds recordings, but the experiment codes images");
    make_images(images);
    refuse_dataset(parameters_of(images, NULL, &vdib__input_events, &vdib__target_class), VDIB_ERROR_DATA,
                   "holds images, but the experiment reads recordings");
    refuse_dataset(parameters_of(images, recordings, &vdib__input_rate, &vdib__target_image), VDIB_ERROR_DATA,
                   "recordings: holds no images");
    refuse_dataset(parameters_of(images, "/nowhere", &vdib__input_rate, &vdib__target_image), VDIB_ERROR_IO,
                   "/nowhere");
    files_cut(images, "train-images-idx3-ubyte", 500);
    refuse_dataset(parameters_of(images, NULL, &vdib__input_rate, &vdib__target_image), VDIB_ERROR_FORMAT,
                   "train-images-idx3-ubyte: its header promises");
}

static void built_in_digits_are_the_default(void **state) {
    (void)state;
    float drawn[784];
    vdib__dataset_parameters parameters = parameters_of(NULL, NULL, &vdib__input_latency, &vdib__target_image);
    parameters.train_examples = 20;
    parameters.threads = 3;
    vdib_dataset *dataset = open_dataset(parameters);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 18);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 500);
    const vdib__images *train = vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN);
    assert_int_equal(train->count, 4000); /* the judge's images do not follow the limit */
    vdib_example *example = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 17, 1, example));
    assert_int_equal(example->label, 7);
    assert_int_equal(vdib__digit_draw(0, 1000017, drawn), 7);
    assert_memory_equal(example->target, drawn, sizeof drawn);
    vdib__digit_draw(0, 3999, drawn);
    assert_memory_equal(train->pixels + 3999 * 784, drawn, sizeof drawn);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
    parameters.train_examples = 4001;
    dataset = open_dataset(parameters);
    assert_int_equal(vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN)->count, 4001);
    vdib_dataset_destroy(dataset);
    parameters.train_examples = 1000001;
    refuse_dataset(parameters, VDIB_ERROR_DATA, "at most 1000000 training images");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(shapes_are_those_of_the_images),
        files_test(examples_are_the_coded_images),
        files_test(noise_is_keyed_by_the_presentation),
        files_test(sizes_that_differ_are_refused),
        files_test(judged_images_may_come_from_elsewhere),
        files_test(wrong_kinds_of_data_are_refused),
        files_test(validation_images_are_no_lesson_for_the_judge),
        cmocka_unit_test(built_in_digits_are_the_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
