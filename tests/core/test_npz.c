/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <zip.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/npz.h"

typedef struct fixture {
    char *path, *file;
} fixture;

static int make_folder(void **state) {
    fixture *made = test_calloc(1, sizeof *made);
    made->path = support_folder();
    assert_ok(vdib__path_join(made->path, "out.npz", &made->file));
    *state = made;
    return 0;
}

static int remove_folder(void **state) {
    fixture *made = *state;
    support_folder_remove(made->path);
    vdib__free(made->file);
    test_free(made);
    return 0;
}

static const float floats[6] = {1.5F, -2, 0, 3.25F, 1e-30F, 7};
static const uint8_t bytes[3] = {0, 1, 255};
static const uint32_t words[4] = {0, 1, 7, 4000000000U};
static const int64_t longs[1] = {INT64_MIN};

static const vdib__npz_array arrays[] = {
    {"reconstruction", VDIB_NPZ_FLOAT32, 2, {2, 3}, floats},
    {"spikes", VDIB_NPZ_UINT8, 4, {1, 1, 3, 1}, bytes},
    {"label", VDIB_NPZ_UINT32, 1, {4}, words},
    {"number", VDIB_NPZ_INT64, 0, {0}, longs},
    {"nothing", VDIB_NPZ_FLOAT32, 2, {0, 5}, NULL},
};
enum { ARRAYS = sizeof arrays / sizeof arrays[0] };

/* The member's bytes (malloc'ed). */
static uint8_t *member(zip_t *zip, const char *name, size_t *size) {
    zip_stat_t entry;
    assert_int_equal(zip_stat(zip, name, 0, &entry), 0);
    zip_file_t *file = zip_fopen(zip, name, 0);
    assert_non_null(file);
    uint8_t *content = malloc(entry.size + 1);
    assert_non_null(content);
    assert_int_equal(zip_fread(file, content, entry.size), entry.size);
    assert_int_equal(zip_fclose(file), 0); /* checks the CRC */
    *size = entry.size;
    return content;
}

static void check_member(zip_t *zip, const char *name, const char *dictionary, const void *data, size_t data_size) {
    size_t size = 0;
    uint8_t *content = member(zip, name, &size);
    assert_int_equal(size, 128 + data_size);
    assert_memory_equal(content, "\x93NUMPY\x01\x00\x76\x00", 10);
    assert_memory_equal(content + 10, dictionary, strlen(dictionary));
    for (size_t i = 10 + strlen(dictionary); i < 127; i++)
        assert_int_equal(content[i], ' ');
    assert_int_equal(content[127], '\n');
    if (data_size > 0)
        assert_memory_equal(content + 128, data, data_size);
    free(content);
}

static void members_are_npy(void **state) {
    fixture *folder = *state;
    assert_ok(vdib__npz_write(folder->file, arrays, ARRAYS));
    zip_t *zip = zip_open(folder->file, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    assert_non_null(zip);
    assert_int_equal(zip_get_num_entries(zip, 0), ARRAYS);
    check_member(zip, "reconstruction.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", floats,
                 sizeof floats);
    check_member(zip, "spikes.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 3, 1), }", bytes,
                 sizeof bytes);
    check_member(zip, "label.npy", "{'descr': '<u4', 'fortran_order': False, 'shape': (4,), }", words, sizeof words);
    check_member(zip, "number.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (), }", longs, sizeof longs);
    check_member(zip, "nothing.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }", NULL, 0);
    zip_close(zip);
}

static void same_arrays_give_same_bytes(void **state) {
    fixture *folder = *state;
    uint8_t *first = NULL, *second = NULL;
    size_t first_size = 0, second_size = 0;
    setenv("TZ", "Asia/Tokyo", 1);
    assert_ok(vdib__npz_write(folder->file, arrays, ARRAYS));
    assert_ok(vdib__file_read(folder->file, &first, &first_size));
    setenv("TZ", "America/Lima", 1);
    assert_ok(vdib__npz_write(folder->file, arrays, ARRAYS));
    assert_ok(vdib__file_read(folder->file, &second, &second_size));
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    vdib__free(first);
    vdib__free(second);
}

static void large_array(void **state) {
    fixture *folder = *state;
    enum { LARGE = 300000 };
    uint32_t *values = malloc(LARGE * sizeof *values);
    assert_non_null(values);
    for (uint32_t i = 0; i < LARGE; i++)
        values[i] = i * 2654435761U;
    vdib__npz_array array = {"values", VDIB_NPZ_UINT32, 2, {3, LARGE / 3}, values};
    assert_ok(vdib__npz_write(folder->file, &array, 1));
    zip_t *zip = zip_open(folder->file, ZIP_RDONLY, NULL);
    assert_non_null(zip);
    check_member(zip, "values.npy", "{'descr': '<u4', 'fortran_order': False, 'shape': (3, 100000), }", values,
                 LARGE * sizeof *values);
    zip_close(zip);
    free(values);
}

/* The file from before a failed write is still there, and nothing else is. */
static void failures_keep_the_old_file(void **state) {
    fixture *folder = *state;
    const vdib__npz_array twice[] = {arrays[2], arrays[2]};
    const vdib__npz_array unnamed = {"", VDIB_NPZ_UINT8, 1, {3}, bytes};
    const vdib__npz_array outside = {"../up", VDIB_NPZ_UINT8, 1, {3}, bytes};
    const vdib__npz_array high = {"high", VDIB_NPZ_UINT8, 5, {3, 1, 1, 1}, bytes};
    assert_ok(vdib__file_write(folder->file, "old", 3));
    assert_fails(VDIB_ERROR_IO, vdib__npz_write(folder->file, twice, 2), "out.npz: cannot be written");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__npz_write(folder->file, &unnamed, 1), "array 0 is not written");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__npz_write(folder->file, &outside, 1), "array 0 is not written");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__npz_write(folder->file, &high, 1), "array 0 is not written");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__npz_write(folder->file, NULL, 0), "without arrays");
    uint8_t *kept = NULL;
    size_t size = 0, count = 0;
    assert_ok(vdib__file_read(folder->file, &kept, &size));
    assert_int_equal(size, 3);
    assert_memory_equal(kept, "old", 3);
    vdib__free(kept);
    char **names = NULL;
    assert_ok(vdib__folder_list(folder->path, &names, &count));
    assert_int_equal(count, 1);
    vdib__names_free(names, count);
}

static void unwritable_place(void **state) {
    (void)state;
    assert_fails(VDIB_ERROR_IO, vdib__npz_write("/nowhere/at/all/out.npz", arrays, ARRAYS), "/nowhere/at/all/out.npz");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_are_npy, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(same_arrays_give_same_bytes, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(large_array, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(failures_keep_the_old_file, make_folder, remove_folder),
        cmocka_unit_test(unwritable_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
