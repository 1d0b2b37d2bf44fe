/* SPDX-License-Identifier: MIT */
/* Data sets of recordings in the layout of N-MNIST. */
#include "datasets.h"

#include <unistd.h>

#include "vdib/memory.h"

/* Train: recording n (1 .. 20) of class (n - 1) % 10 has one ON event at (n, 3), 1000 n us. Test: 5 such. */
static void make_recordings(const char *folder) {
    char name[64];
    for (uint8_t n = 1; n <= 20; n++) {
        snprintf(name, sizeof name, "Train/%d/%05d.bin", (n - 1) % 10, n);
        files_recording(folder, name, n, 3, 1000U * n);
    }
    for (uint8_t n = 1; n <= 5; n++) {
        snprintf(name, sizeof name, "Test/%d/%05d.bin", (n - 1) % 10, n);
        files_recording(folder, name, n, 4, 500U);
    }
}

/* Images whose labels are those of make_recordings. */
static void make_images(const char *folder, size_t train, size_t test) {
    files_idx_part(folder, "train", train, 28, 28, 0);
    files_idx_part(folder, "t10k", test, 28, 28, 0);
}

static void recordings_come_in_the_order_of_their_numbers(void **state) {
    make_recordings(*state);
    files_write(*state, "Train/README.txt", "notes", 5);
    files_write(*state, "Train/3/.hidden.bin", "x", 1);
    files_write(*state, "Train/3/notes.txt", "x", 1);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class));
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    assert_int_equal(geometry->input_channels, 2);
    assert_int_equal(geometry->input_height, 34);
    assert_int_equal(geometry->input_width, 34);
    assert_int_equal(geometry->steps, 10);
    assert_int_equal(geometry->classes, 10);
    assert_int_equal(geometry->target_height + geometry->target_width, 0);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 18);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 2);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 5);
    assert_null(vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN));
    assert_non_null(strstr(vdib_dataset_summary(dataset), "18 train, 2 validation, 5 test"));
    vdib_example *example = new_example(dataset);
    for (size_t i = 0; i < 5; i++) {
        const uint32_t *channels = NULL;
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 1, example));
        assert_int_equal(example->label, i);
        assert_int_equal(example->index, i);
        assert_null(example->target);
        assert_null(example->image);
        assert_image_shape(example, 0, 0, 0);
        assert_null(example->step_labels);
        assert_int_equal(vdib_raster_at(example->raster, 0, &channels), 1);
        assert_int_equal(channels[0], (34 + 4) * 34 + i + 1);
        assert_int_equal(vdib_raster_spikes(example->raster), 1);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* The two splits of the training recordings are disjoint, increasing and together everything. */
static void the_splits_share_no_recording(void **state) {
    make_recordings(*state);
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class);
    parameters.steps = 100;
    vdib_dataset *dataset = open_dataset(parameters);
    vdib_example *example = new_example(dataset);
    int seen[21] = {0};
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_VALIDATION; split++) {
        uint32_t last = 0;
        for (size_t i = 0; i < vdib_dataset_size(dataset, (vdib_split)split); i++) {
            assert_ok(vdib_dataset_get(dataset, (vdib_split)split, i, 1, example));
            const uint32_t *channels = NULL;
            size_t t = 0;
            while (vdib_raster_at(example->raster, t, &channels) == 0)
                t++;
            uint32_t number = channels[0] - (34 + 3) * 34;
            assert_int_equal(number, t);
            assert_int_equal(example->label, (number - 1) % 10);
            assert_true(number > last);
            assert_int_equal(seen[number]++, 0);
            last = number;
        }
    }
    for (int n = 1; n <= 20; n++)
        assert_int_equal(seen[n], 1);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void limits_take_as_many_of_every_class(void **state) {
    make_recordings(*state);
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class);
    parameters.train_examples = 7;
    parameters.test_examples = 2;
    vdib_dataset *dataset = open_dataset(parameters);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 6);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 1);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 2);
    vdib_example *example = new_example(dataset);
    for (size_t i = 0; i < 6; i++) {
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 1, example));
        assert_in_range(example->label, 0, 6);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void a_larger_sensor_is_found(void **state) {
    make_recordings(*state);
    files_recording(*state, "Train/0/00021.bin", 50, 40, 0);
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class);
    parameters.polarities = 1;
    parameters.train_examples = 3; /* limits do not change the sensor */
    vdib_dataset *dataset = open_dataset(parameters);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_channels, 1);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_width, 51);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_height, 41);
    vdib_dataset_destroy(dataset);
}

/* The image of a recording's number, its label included. */
static void check_own_image(const vdib_dataset *dataset, vdib_split split, vdib_example *example) {
    const vdib__images *images = vdib__dataset_images(dataset, split);
    for (size_t i = 0; i < vdib_dataset_size(dataset, split); i++) {
        assert_ok(vdib_dataset_get(dataset, split, i, 1, example));
        assert_ptr_equal(example->image, example->target);
        size_t image = (size_t)(example->image - images->pixels) / 784;
        assert_ptr_equal(images->pixels + image * 784, example->image);
        assert_int_equal(images->labels[image], example->label);
        if (split == VDIB_SPLIT_TEST)
            assert_int_equal(image, i);
    }
}

static void own_images_are_the_targets(void **state) {
    char images[FILE_PATH];
    snprintf(images, sizeof images, "%s/images", (const char *)*state);
    make_recordings(*state);
    make_images(images, 20, 5);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, images, &vdib__input_events, &vdib__target_image));
    assert_int_equal(vdib_dataset_geometry(dataset)->target_height, 28);
    assert_int_equal(vdib_dataset_geometry(dataset)->target_width, 28);
    assert_int_equal(vdib__dataset_images(dataset, VDIB_SPLIT_VALIDATION)->count, 20);
    vdib_example *example = new_example(dataset);
    check_own_image(dataset, VDIB_SPLIT_TRAIN, example);
    check_own_image(dataset, VDIB_SPLIT_VALIDATION, example);
    check_own_image(dataset, VDIB_SPLIT_TEST, example);
    vdib__images judged;
    assert_ok(vdib__dataset_judge_images(dataset, &judged));
    assert_int_equal(judged.chosen_count, 20 - vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION));
    for (size_t i = 0; i < vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION); i++) {
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_VALIDATION, i, 1, example));
        for (size_t j = 0; j < judged.chosen_count; j++)
            assert_ptr_not_equal(judged.pixels + (size_t)judged.chosen[j] * 784, example->image);
    }
    vdib__free(judged.chosen);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* Class 2 is the target for every recording of class 2: its first training image, whatever the limit. */
static void class_images_are_the_first_of_their_class(void **state) {
    make_recordings(*state);
    make_images(*state, 20, 5); /* in the same folder: found without being named */
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class_image);
    parameters.train_examples = 15;
    vdib_dataset *dataset = open_dataset(parameters);
    const vdib__images *train = vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN);
    assert_int_equal(train->count, 20);
    vdib_example *example = new_example(dataset);
    for (size_t i = 0; i < vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN); i++) {
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 1, example));
        assert_ptr_equal(example->target, train->pixels + example->label * 784);
        assert_non_null(example->image);
    }
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 4, 1, example));
    assert_ptr_equal(example->image, vdib__dataset_images(dataset, VDIB_SPLIT_TEST)->pixels + 4 * 784);
    assert_ptr_equal(example->target, train->pixels + 4 * 784);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* Fewer images than recordings do not matter while classes are the targets. */
static void class_images_need_no_image_of_each_recording(void **state) {
    make_recordings(*state);
    make_images(*state, 12, 2);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class_image));
    vdib_example *example = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 1, 1, example));
    assert_ptr_equal(example->image, example->target);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void class_images_of_built_in_digits_are_the_default(void **state) {
    make_recordings(*state);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class_image));
    const vdib__images *train = vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN);
    assert_int_equal(train->count, 4000);
    vdib_example *example = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 3, 1, example));
    assert_ptr_equal(example->target, train->pixels + 3 * 784);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void images_that_are_not_the_recorded_ones_are_refused(void **state) {
    char images[FILE_PATH];
    snprintf(images, sizeof images, "%s/images", (const char *)*state);
    make_recordings(*state);
    refuse_dataset(parameters_of(*state, NULL, &vdib__input_events, &vdib__target_image), VDIB_ERROR_DATA,
                   "do not show built-in digits");
    refuse_dataset(parameters_of(*state, "builtin:digits", &vdib__input_events, &vdib__target_image), VDIB_ERROR_DATA,
                   "--images");
    make_images(images, 19, 5);
    refuse_dataset(parameters_of(*state, images, &vdib__input_events, &vdib__target_image), VDIB_ERROR_DATA,
                   "00020.bin: recording NNNNN shows image NNNNN - 1, but");
    make_images(images, 20, 4);
    refuse_dataset(parameters_of(*state, images, &vdib__input_events, &vdib__target_image), VDIB_ERROR_DATA,
                   "has 4 t10k images");
    files_idx_part(images, "train", 20, 28, 28, 1);
    refuse_dataset(parameters_of(*state, images, &vdib__input_events, &vdib__target_image), VDIB_ERROR_DATA,
                   "is of class 0, but image 0 of");
    files_idx_part(images, "train", 5, 28, 28, 0);
    refuse_dataset(parameters_of(*state, images, &vdib__input_events, &vdib__target_class_image), VDIB_ERROR_DATA,
                   "no training image shows class 5");
    make_images(images, 20, 5);
    files_recording(*state, "Train/3/first.bin", 1, 1, 1);
    refuse_dataset(parameters_of(*state, images, &vdib__input_events, &vdib__target_image), VDIB_ERROR_DATA,
                   "first.bin");
}

static void damaged_recordings_are_found_at_opening(void **state) {
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class);
    char path[FILE_PATH];
    make_recordings(*state);
    files_cut(*state, "Test/1/00002.bin", 3); /* one of five */
    refuse_dataset(parameters, VDIB_ERROR_FORMAT, "Test/1/00002.bin");
    make_recordings(*state);
    assert_int_equal(truncate(files_path(path, *state, "Test/1/00002.bin"), ((off_t)64 << 20) + 5), 0);
    refuse_dataset(parameters, VDIB_ERROR_FORMAT, "00002.bin: has 67108869 bytes");
    make_recordings(*state);
    files_write(*state, "Test/1/00002.bin", "version https://git-lfs.github.com/spec/v1\n", 43);
    refuse_dataset(parameters, VDIB_ERROR_FORMAT, "Git-LFS pointer");
}

/* Files that cannot be read are left out and said, as long as they are a tenth at most. */
static void few_unreadable_files_are_left_out(void **state) {
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class);
    char *notes = NULL;
    make_recordings(*state);
    files_cut(*state, "Train/7/00018.bin", 4);
    files_write(*state, "Train/0/00011.bin", "version https://git-lfs.github.com/spec/v1\n", 43);
    vdib_dataset *dataset = open_dataset(parameters);
    size_t read = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) + vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION);
    assert_int_equal(read, 18);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TRAIN, VDIB_COUNT_UNREADABLE_FILES), 2);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_UNREADABLE_FILES), 0);
    assert_ok(vdib_dataset_notes(dataset, &notes));
    assert_non_null(strstr(notes, "2 files of training recordings cannot be read and are left out; the first is /"));
    assert_non_null(strstr(notes, "Train/0/00011.bin: "));
    vdib__free(notes);
    vdib_dataset_destroy(dataset);
    files_cut(*state, "Train/1/00012.bin", 4); /* three of 20 */
    refuse_dataset(parameters, VDIB_ERROR_FORMAT, "(3 of 20 files cannot be read)");
}

/* A file that is damaged after opening is found when it is fetched. */
static void damage_after_opening_is_found_at_fetching(void **state) {
    make_recordings(*state);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class));
    files_cut(*state, "Test/2/00003.bin", 2);
    vdib_example *example = new_example(dataset);
    assert_fails(VDIB_ERROR_FORMAT, vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 2, 1, example), "00003.bin");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 5, 1, example), "it has 5");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_get(dataset, (vdib_split)3, 0, 1, example), "split 3");
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void folders_that_are_no_data_are_refused(void **state) {
    char path[FILE_PATH];
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class);
    refuse_dataset(parameters, VDIB_ERROR_DATA, "holds neither recordings (Train/<class>/NNNNN.bin");
    files_path(path, *state, "Train/0/x");
    refuse_dataset(parameters, VDIB_ERROR_DATA, "has no folder Test");
    files_path(path, *state, "Test/0/x");
    refuse_dataset(parameters, VDIB_ERROR_DATA, "Train: holds no recordings");
    files_recording(*state, "Train/0/00001.bin", 0, 0, 0);
    refuse_dataset(parameters, VDIB_ERROR_DATA, "Test: holds no recordings");
    files_recording(*state, "Test/0/00001.bin", 0, 0, 0);
    parameters.data = "/nowhere/at/all";
    refuse_dataset(parameters, VDIB_ERROR_IO, "/nowhere/at/all: there is no such folder");
    files_write(*state, "file", "x", 1);
    parameters.data = files_path(path, *state, "file");
    refuse_dataset(parameters, VDIB_ERROR_IO, "is a file");
    parameters.data = "builtin:letters";
    refuse_dataset(parameters, VDIB_ERROR_DATA, "builtin:digits and builtin:motion are there");
}

static void test_recordings_alone_can_be_evaluated(void **state) {
    files_recording(*state, "Test/6/00001.bs2", 1, 1, 1);
    vdib_dataset *dataset = open_dataset(parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 0);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 0);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 1);
    vdib_dataset_destroy(dataset);
}

/* An allocator that fails from a given call on. */
typedef struct counter {
    size_t calls, held, allowed;
} counter;

static void *counted_allocate(void *user, size_t size, size_t alignment) {
    counter *c = user;
    if (c->calls++ >= c->allowed)
        return NULL;
    c->held++;
    return aligned_alloc(alignment, size);
}

static void counted_release(void *user, void *block) {
    ((counter *)user)->held--;
    free(block);
}

static vdib_status open_and_fetch(const vdib__dataset_parameters *parameters) {
    vdib_dataset *dataset = NULL;
    vdib_example *example = NULL;
    vdib_status status = vdib__dataset_open(parameters, &dataset);
    if (status == VDIB_OK)
        status = vdib_example_create(dataset, &example);
    if (status == VDIB_OK)
        status = vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 0, 1, example);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
    return status;
}

/* Whichever allocation fails, it is reported and nothing leaks. Some only serve to choose between kinds of folders:
 * then another message may come first. */
static void running_out_of_memory_leaks_nothing(void **state) {
    files_recording(*state, "Train/1/00002.bin", 1, 1, 1);
    files_recording(*state, "Test/0/00001.bin", 1, 1, 1);
    make_images(*state, 10, 1);
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_image);
    vdib_status status = VDIB_ERROR_MEMORY;
    size_t allowed = 0;
    for (; status != VDIB_OK; allowed++) {
        counter c = {.allowed = allowed};
        vdib_allocator allocator = {sizeof(vdib_allocator), counted_allocate, counted_release, &c};
        assert_ok(vdib_allocator_set(&allocator));
        status = open_and_fetch(&parameters);
        assert_ok(vdib_allocator_set(NULL));
        assert_int_equal(c.held, 0);
        assert_true(status == VDIB_OK || status == VDIB_ERROR_MEMORY || status == VDIB_ERROR_DATA);
    }
    assert_true(allowed > 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(recordings_come_in_the_order_of_their_numbers),
        files_test(the_splits_share_no_recording),
        files_test(limits_take_as_many_of_every_class),
        files_test(a_larger_sensor_is_found),
        files_test(own_images_are_the_targets),
        files_test(class_images_are_the_first_of_their_class),
        files_test(class_images_need_no_image_of_each_recording),
        files_test(class_images_of_built_in_digits_are_the_default),
        files_test(images_that_are_not_the_recorded_ones_are_refused),
        files_test(damaged_recordings_are_found_at_opening),
        files_test(few_unreadable_files_are_left_out),
        files_test(damage_after_opening_is_found_at_fetching),
        files_test(folders_that_are_no_data_are_refused),
        files_test(test_recordings_alone_can_be_evaluated),
        files_test(running_out_of_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
