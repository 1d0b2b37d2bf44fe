/* SPDX-License-Identifier: MIT */
/* Files of many recordings that say themselves how they are split, as data sets. */
#include "datasets.h"

#include "core/hdf5.h"
#include "hdf5_helper.h"

static void path_in(const char *folder, const char *name, char path[512]) {
    assert_true(snprintf(path, 512, "%s/%s", folder, name) < 512);
}

/* neurodata: six training recordings of two classes and two of the test, of one event each. */
static void write_neurodata(const char *path) {
    static const uint8_t labels[] = {3, 7, 3, 7, 3, 7, 3, 7};
    static const uint64_t one[] = {1, 4}, six = 6, two = 2;
    vdib__hdf5_output *output = NULL;
    assert_ok(vdib__hdf5_create(path, &output));
    for (uint32_t i = 0; i < 8; i++) {
        const uint32_t event[] = {100, 1 + i, 2, 1};
        char name[32];
        snprintf(name, sizeof name, "/%s/%u", i < 6 ? "train" : "test", i < 6 ? i : i - 6);
        assert_ok(vdib__hdf5_put_numbers(output, name, NULL, VDIB_HDF5_UINT32, 2, one, event));
    }
    assert_ok(vdib__hdf5_put_numbers(output, "/train/labels", NULL, VDIB_HDF5_UINT8, 1, &six, labels));
    assert_ok(vdib__hdf5_put_numbers(output, "/test/labels", NULL, VDIB_HDF5_UINT8, 1, &two, labels + 6));
    assert_ok(vdib__hdf5_finish(output));
}

static vdib__dataset_parameters parameters(const char *data) {
    return parameters_of(data, NULL, &vdib__input_events, &vdib__target_class);
}

static void check(const char *data) {
    vdib_dataset *dataset = open_dataset(parameters(data));
    assert_true(notes_say(dataset, "laid out as a file of many recordings, as neurodata, split as the file says"));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) + vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION),
                     6);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 2);
    vdib_example *example = new_example(dataset);
    for (size_t i = 0; i < 2; i++) {
        const uint32_t *channels = NULL;
        const size_t columns = vdib_dataset_geometry(dataset)->input_width,
                     rows = vdib_dataset_geometry(dataset)->input_height;
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 1, example));
        assert_int_equal(vdib_raster_at(example->raster, 0, &channels), 1);
        assert_int_equal(channels[0], (rows + 2) * columns + 7 + i);
        assert_int_equal(example->label, i == 0 ? 3 : 7);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void a_file_with_a_split_of_its_own_is_a_data_set(void **state) {
    char path[512], other[512];
    path_in(*state, "mnist_dvs_events.hdf5", path);
    write_neurodata(path);
    files_write(*state, "README.txt", "no data", 7);
    check(path);   /* named itself */
    check(*state); /* the only one of its folder */
    path_in(*state, "other.hdf5", other);
    write_neurodata(other);
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "holds recordings without a folder for each class");
    assert_int_equal(remove(other), 0);
    check(*state);
}

/* Of N-TIDIGITS, sequences of digits have no class and are left out, which is said. */
static void recordings_without_a_class_are_left_out(void **state) {
    static const char *const names[] = {"man-a-1", "man-a-z", "man-a-o", "man-a-12", "woman-b-1", "woman-b-z"};
    static const double times[] = {0.0001, 0.0002};
    static const uint8_t channels[] = {5, 63};
    static const uint64_t two = 2, four = 4;
    char path[512], name[64];
    vdib__hdf5_output *output = NULL;
    path_in(*state, "n-tidigits.hdf5", path);
    assert_ok(vdib__hdf5_create(path, &output));
    for (size_t i = 0; i < 6; i++) {
        const char *split = i < 4 ? "train" : "test";
        snprintf(name, sizeof name, "/%s_addresses/%s", split, names[i]);
        assert_ok(vdib__hdf5_put_numbers(output, name, NULL, VDIB_HDF5_UINT8, 1, &two, channels));
        snprintf(name, sizeof name, "/%s_timestamps/%s", split, names[i]);
        assert_ok(vdib__hdf5_put_numbers(output, name, NULL, VDIB_HDF5_FLOAT64, 1, &two, times));
    }
    assert_ok(vdib__hdf5_put_texts(output, "/train_labels", NULL, 1, &four, names));
    assert_ok(vdib__hdf5_put_texts(output, "/test_labels", NULL, 1, &two, names + 4));
    assert_ok(vdib__hdf5_finish(output));
    vdib_dataset *dataset = open_dataset(parameters(path));
    assert_true(notes_say(dataset, "n-tidigits.hdf5: 1 recordings of which it says no class or no split are left out"));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) + vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION),
                     3);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 2);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_width, 64);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    if (!hdf5_helper_is_here())
        return HDF5_SKIPPED;
    const struct CMUnitTest tests[] = {
        files_test(a_file_with_a_split_of_its_own_is_a_data_set),
        files_test(recordings_without_a_class_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
