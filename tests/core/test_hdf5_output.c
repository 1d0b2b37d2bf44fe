/* SPDX-License-Identifier: MIT */
/* HDF5 files that are written: read back they hold what was written, and what cannot be written leaves nothing. What
 * other programs make of such files is compared in tests/interop (test_convert.py, test_nir.py). */
#include "support.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/hdf5.h"
#include "hdf5_helper.h"

enum { PATH = 4096, ROWS = 40000, CHUNK = 16384, ROW = 16 };

typedef struct row {
    uint16_t x, y;
    int16_t p;
    int64_t t;
} row;

static const vdib__hdf5_member members[] = {
    {"x", VDIB_HDF5_UINT16, 0}, {"y", VDIB_HDF5_UINT16, 2}, {"p", VDIB_HDF5_INT16, 4}, {"t", VDIB_HDF5_INT64, 8}};

/* Row i of the tables: places within 1280 x 720, times that stand, step and leap. */
static row row_at(size_t i) {
    return (row){.x = (uint16_t)(i * 7919 % 1280),
                 .y = (uint16_t)(i / 9 % 720),
                 .p = (int16_t)(i / 5 % 2),
                 .t = 5000000000 + (int64_t)(i / 4) * 3 + (int64_t)(i / 1000) * 70000};
}

static void append_rows(vdib__hdf5_output *output, const char *path, vdib__hdf5_storage storage, size_t step) {
    const vdib__hdf5_table table = {.members = 4, .member = members, .row = ROW, .chunk = CHUNK, .storage = storage};
    row *rows = calloc(step, sizeof *rows);
    assert_int_equal(sizeof *rows, ROW);
    assert_non_null(rows);
    assert_ok(vdib__hdf5_make_table(output, path, &table));
    for (size_t first = 0; first < ROWS; first += step) {
        size_t count = ROWS - first < step ? ROWS - first : step;
        for (size_t i = 0; i < count; i++)
            rows[i] = row_at(first + i);
        assert_ok(vdib__hdf5_append(output, path, ROW, first, rows, count));
    }
    free(rows);
}

/* A file with one of everything. */
static void write_file(const char *path) {
    vdib__hdf5_output *output = NULL;
    const float weights[6] = {1.5F, -2, 3, 4, 5, 0.1F};
    const double one = 0.1;
    const int64_t numbers[3] = {INT64_MIN, 0, INT64_MAX};
    const uint64_t shape[2] = {3, 2}, three = 3, none = 0;
    const char *texts[6] = {"input", "lif", "lif", "zw\xC3\xB6lf", "", "output"};
    const vdib__hdf5_table column = {.type = VDIB_HDF5_UINT32, .row = 4, .chunk = 1000, .storage = VDIB_HDF5_GZIP};
    assert_ok(vdib__hdf5_create(path, &output));
    assert_ok(vdib__hdf5_make_group(output, "/node/nodes/empty"));
    assert_ok(vdib__hdf5_make_group(output, "/node"));
    assert_ok(vdib__hdf5_put_numbers(output, "/node/nodes/a/weight", NULL, VDIB_HDF5_FLOAT32, 2, shape, weights));
    assert_ok(vdib__hdf5_put_numbers(output, "/scalar", NULL, VDIB_HDF5_FLOAT64, 0, NULL, &one));
    assert_ok(vdib__hdf5_put_numbers(output, "/numbers", NULL, VDIB_HDF5_INT64, 1, &three, numbers));
    assert_ok(vdib__hdf5_put_numbers(output, "/nothing", NULL, VDIB_HDF5_UINT8, 1, &none, numbers));
    assert_ok(vdib__hdf5_put_texts(output, "/node/edges", NULL, 2, shape, texts));
    assert_ok(vdib__hdf5_put_text(output, "/version", NULL, "1.0"));
    assert_ok(vdib__hdf5_put_text(output, "/", "geometry", "1280x720"));
    assert_ok(vdib__hdf5_put_numbers(output, "/numbers", "offset", VDIB_HDF5_INT64, 0, NULL, &numbers[2]));
    append_rows(output, "/CD/events", VDIB_HDF5_ECF, CHUNK);
    append_rows(output, "/other/events", VDIB_HDF5_ECF, 777);
    append_rows(output, "/plain/events", VDIB_HDF5_PLAIN, 10000);
    assert_ok(vdib__hdf5_make_table(output, "/column", &column));
    for (uint32_t i = 0; i < 2500; i += 100) {
        uint32_t piece[100];
        for (uint32_t k = 0; k < 100; k++)
            piece[k] = (i + k) / 7;
        assert_ok(vdib__hdf5_append(output, "/column", 4, i, piece, 100));
    }
    assert_ok(vdib__hdf5_finish(output));
}

static void has_rows(vdib__hdf5 *file, const char *path) {
    vdib__hdf5_info info;
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    assert_ok(vdib__hdf5_look(file, path, NULL, &info));
    assert_true(info.rows == ROWS && info.columns == 4 && info.chunk == CHUNK);
    assert_ok(vdib__hdf5_read(file, path, &info, 0, ROWS, arrays));
    for (size_t i = 0; i < ROWS; i++) {
        row want = row_at(i);
        assert_int_equal(vdib__hdf5_whole(&arrays[0], i), want.x);
        assert_int_equal(vdib__hdf5_whole(&arrays[1], i), want.y);
        assert_int_equal(vdib__hdf5_whole(&arrays[2], i), want.p);
        assert_int_equal(vdib__hdf5_whole(&arrays[3], i), want.t);
    }
}

static void check_arrays(vdib__hdf5 *file) {
    static const double weights[6] = {1.5, -2, 3, 4, 5, 0.1F};
    double *values = NULL, value = 0;
    char **texts = NULL, *text = NULL;
    size_t count = 0;
    vdib__hdf5_info info;
    assert_ok(vdib__hdf5_numbers(file, "/node/nodes/a/weight", NULL, 6, &values, &count, &info));
    assert_true(count == 6 && info.rank == 2 && info.shape[0] == 3 && info.shape[1] == 2);
    for (size_t i = 0; i < 6; i++)
        assert_true(values[i] == weights[i]);
    vdib__free(values);
    assert_ok(vdib__hdf5_number(file, "/scalar", NULL, &value));
    assert_true(value == 0.1);
    assert_ok(vdib__hdf5_number(file, "/numbers", "offset", &value));
    assert_true(value == 0x1p63);
    assert_ok(vdib__hdf5_numbers(file, "/column", NULL, 2500, &values, &count, &info));
    assert_true(count == 2500 && info.chunk == 1000);
    for (size_t i = 0; i < count; i++)
        assert_true(values[i] == (double)(i / 7));
    vdib__free(values);
    assert_ok(vdib__hdf5_texts(file, "/node/edges", NULL, 6, &texts, &count, &info));
    assert_true(count == 6 && info.shape[0] == 3);
    assert_string_equal(texts[3], "zw\xC3\xB6lf");
    assert_string_equal(texts[4], "");
    assert_string_equal(texts[5], "output");
    vdib__free(texts);
    assert_ok(vdib__hdf5_text(file, "/", "geometry", &text));
    assert_string_equal(text, "1280x720");
    vdib__free(text);
    assert_true(vdib__hdf5_has(file, "/node/nodes/empty", VDIB_HDF5_IS_GROUP));
    assert_ok(vdib__hdf5_look(file, "/nothing", NULL, &info));
    assert_true(info.kind == VDIB_HDF5_IS_DATASET && info.rows == 0);
}

static void what_is_written_is_read_back(void **state) {
    char *folder = support_folder(), path[PATH];
    vdib__hdf5 *file = NULL;
    (void)state;
    assert_true(snprintf(path, sizeof path, "%s/made.h5", folder) > 0);
    write_file(path);
    assert_ok(vdib__hdf5_open(path, &file));
    check_arrays(file);
    has_rows(file, "/CD/events");
    has_rows(file, "/other/events");
    has_rows(file, "/plain/events");
    vdib__hdf5_close(file);
    support_folder_remove(folder);
}

/* Times that fall, negative polarities and places beyond 11 bits are nothing that the code of events can express. */
static void what_the_code_cannot_express_is_stored_as_it_is(void **state) {
    const vdib__hdf5_table table = {.members = 4, .member = members, .row = ROW, .chunk = 4, .storage = VDIB_HDF5_ECF};
    const row rows[] = {{.x = 5, .y = 6, .p = 1, .t = 100},
                        {.x = 2048, .y = 4097, .p = -1, .t = 50},
                        {.x = 65535, .y = 0, .p = 0, .t = -7},
                        {.x = 1, .y = 2, .p = 1, .t = 8},
                        {.x = 9, .y = 8, .p = 1, .t = INT64_MAX}};
    char *folder = support_folder(), path[PATH];
    vdib__hdf5_output *output = NULL;
    vdib__hdf5 *file = NULL;
    vdib__hdf5_info info;
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    (void)state;
    assert_true(snprintf(path, sizeof path, "%s/made.h5", folder) > 0);
    assert_ok(vdib__hdf5_create(path, &output));
    assert_ok(vdib__hdf5_make_table(output, "/CD/events", &table));
    assert_ok(vdib__hdf5_append(output, "/CD/events", ROW, 0, rows, 5));
    assert_ok(vdib__hdf5_finish(output));
    assert_ok(vdib__hdf5_open(path, &file));
    assert_ok(vdib__hdf5_look(file, "/CD/events", NULL, &info));
    assert_ok(vdib__hdf5_read(file, "/CD/events", &info, 0, 5, arrays));
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(vdib__hdf5_whole(&arrays[0], i), rows[i].x);
        assert_int_equal(vdib__hdf5_whole(&arrays[1], i), rows[i].y);
        assert_int_equal(vdib__hdf5_whole(&arrays[2], i), rows[i].p);
        assert_int_equal(vdib__hdf5_whole(&arrays[3], i), rows[i].t);
    }
    vdib__hdf5_close(file);
    support_folder_remove(folder);
}

static void what_fails_leaves_nothing(void **state) {
    char *folder = support_folder(), path[PATH], **names = NULL;
    const uint64_t three = 3;
    const float values[3] = {1, 2, 3};
    size_t count = 0;
    vdib__hdf5_output *output = NULL;
    (void)state;
    assert_true(snprintf(path, sizeof path, "%s/made.h5", folder) > 0);
    assert_ok(vdib__hdf5_create(path, &output));
    assert_ok(vdib__hdf5_put_numbers(output, "/a", NULL, VDIB_HDF5_FLOAT32, 1, &three, values));
    assert_fails(VDIB_ERROR_IO, vdib__hdf5_put_numbers(output, "/a", NULL, VDIB_HDF5_FLOAT32, 1, &three, values),
                 "made.h5: /a cannot be made");
    assert_fails(VDIB_ERROR_IO, vdib__hdf5_put_text(output, "/none", "b", "c"), "made.h5: /none@b cannot be made");
    assert_fails(VDIB_ERROR_IO, vdib__hdf5_append(output, "/a", 4, 3, values, 3), "/a cannot be written");
    assert_fails(VDIB_ERROR_IO, vdib__hdf5_append(output, "/none", 4, 3, values, 3), "/none cannot be opened");
    vdib__hdf5_abandon(output);
    assert_ok(vdib__hdf5_create(path, &output));
    vdib__hdf5_abandon(output);
    vdib__hdf5_abandon(NULL);
    assert_ok(vdib__folder_list(folder, &names, &count));
    assert_int_equal(count, 0);
    vdib__names_free(names, count);
    assert_true(snprintf(path, sizeof path, "%s/none/made.h5", folder) > 0);
    assert_fails(VDIB_ERROR_IO, vdib__hdf5_create(path, &output), "none/made.h5");
    support_folder_remove(folder);
}

int main(void) {
    if (!hdf5_helper_is_here())
        return HDF5_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_the_code_cannot_express_is_stored_as_it_is),
        cmocka_unit_test(what_fails_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
