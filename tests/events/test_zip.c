/* SPDX-License-Identifier: MIT */
/* ZIP archives: arrays of NumPy as columns, and archives of one file. */
#include <zip.h>

#include "core/npz.h"
#include "data/files.h"
#include "events/decode.h"

enum { ROWS = 5, MANY = 30000 };

static const int64_t times[ROWS] = {10, 20, 30, 40, 50};
static const uint32_t xs[ROWS] = {1, 2, 3, 4, 300}, ys[ROWS] = {9, 8, 7, 6, 5};
static const uint8_t ps[ROWS] = {1, 0, 1, 1, 0};

#define ARRAY(name_, type_, count_, data_)                                                                             \
    { .name = (name_), .type = (type_), .rank = 1, .shape = {(count_)}, .data = (data_) }

static const vdib__npz_array t_array = ARRAY("t", VDIB_NPZ_INT64, ROWS, times),
                             x_array = ARRAY("x", VDIB_NPZ_UINT32, ROWS, xs),
                             y_array = ARRAY("y", VDIB_NPZ_UINT32, ROWS, ys),
                             p_array = ARRAY("p", VDIB_NPZ_UINT8, ROWS, ps);

/* ---- NPZ ---- */

static vdib_events_info read_file(const char *path, vdib_event *events, size_t most, size_t *count) {
    vdib_packets *packets = NULL;
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    size_t got = 1;
    assert_ok(vdib_packets_open(path, NULL, &packets));
    for (*count = 0; got > 0; *count += got)
        assert_ok(vdib_packets_read(packets, events + *count, most - *count, &got));
    assert_ok(vdib_packets_describe(packets, &info));
    vdib_packets_close(packets);
    return info;
}

static void columns_are_found_by_their_names(void **state) {
    char path[FILE_PATH];
    vdib_event events[ROWS + 1];
    size_t count = 0;
    static const uint32_t labels[2] = {3, 4};
    const vdib__npz_array arrays[] = {p_array, ARRAY("label", VDIB_NPZ_UINT32, 2, labels), x_array, t_array, y_array};
    assert_ok(vdib__npz_write(files_path(path, *state, "a.npz"), arrays, 5));
    vdib_events_info info = read_file(path, events, ROWS + 1, &count);
    assert_string_equal(info.format, "npz");
    assert_string_equal(info.unit, "microseconds");
    assert_int_equal(count, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(events[i].t == times[i] && events[i].x == xs[i] && events[i].y == ys[i] &&
                    events[i].polarity == ps[i]);
    const vdib__npz_array cochlea[] = {ARRAY("times", VDIB_NPZ_INT64, ROWS, times), x_array};
    assert_ok(vdib__npz_write(path, cochlea, 2)); /* one dimension, all ON */
    info = read_file(path, events, ROWS + 1, &count);
    assert_int_equal(info.on_events, ROWS);
    assert_int_equal(info.height, 1);
    assert_int_equal(info.width, 301);
}

/* Of an archive of more than 64 KiB its end is looked at in several pieces. */
static void large_archives_are_read(void **state) {
    char path[FILE_PATH];
    int64_t *t = malloc(MANY * sizeof *t);
    uint16_t *x = malloc(MANY * sizeof *x);
    vdib_event *events = malloc((MANY + 1) * sizeof *events);
    uint32_t drawn = 1;
    size_t count = 0, size = 0;
    uint8_t *bytes = NULL;
    assert_true(t != NULL && x != NULL && events != NULL);
    for (size_t i = 0; i < MANY; i++) {
        drawn = drawn * 1664525U + 1013904223U;
        t[i] = (i > 0 ? t[i - 1] : 0) + (drawn >> 20);
        x[i] = (uint16_t)(drawn >> 8 & 0x3FF);
    }
    const vdib__npz_array arrays[] = {ARRAY("t", VDIB_NPZ_INT64, MANY, t), ARRAY("x", VDIB_NPZ_UINT16, MANY, x)};
    assert_ok(vdib__npz_write(files_path(path, *state, "a.npz"), arrays, 2));
    assert_ok(vdib__file_read(path, &bytes, &size));
    assert_true(size > 70000);
    (void)read_file(path, events, MANY + 1, &count);
    assert_int_equal(count, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_true(events[i].t == t[i] && events[i].x == x[i]);
    vdib__free(bytes);
    free(t);
    free(x);
    free(events);
}

static void one_array_of_rows_is_read_too(void **state) {
    char path[FILE_PATH];
    vdib_event events[4];
    size_t count = 0;
    static const int64_t rows[3][4] = {{50, 1, 2, 1}, {60, 3, 4, 0}, {70, 5, 6, 1}};
    vdib__npz_array arrays[] = {{.name = "frames", .type = VDIB_NPZ_UINT8, .rank = 2, .shape = {5, 1}, .data = ps},
                                {.name = "arr_0", .type = VDIB_NPZ_INT64, .rank = 2, .shape = {3, 4}, .data = rows}};
    assert_ok(vdib__npz_write(files_path(path, *state, "a.npz"), arrays, 2));
    assert_string_equal(read_file(path, events, 4, &count).format, "npz");
    assert_int_equal(count, 3);
    assert_true(events[1].t == 60 && events[1].x == 3 && events[1].y == 4 && events[1].polarity == 0);
    arrays[0] = arrays[1];
    arrays[0].name = "events"; /* of several, the one that is called so */
    assert_ok(vdib__npz_write(path, arrays, 2));
    read_file(path, events, 4, &count);
    assert_int_equal(count, 3);
}

static void archives_without_events_are_refused(void **state) {
    char path[FILE_PATH];
    vdib_packets *packets = NULL;
    const vdib__npz_array odd[] = {t_array, ARRAY("x", VDIB_NPZ_UINT32, ROWS - 1, xs)}, none[] = {x_array, p_array},
                          scalar[] = {t_array, {.name = "x", .type = VDIB_NPZ_UINT32, .data = xs}};
    files_path(path, *state, "a.npz");
    assert_ok(vdib__npz_write(path, odd, 2));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets),
                 "a.npz (x.npy): has 4 numbers, the array of times 5; save as many of each");
    assert_ok(vdib__npz_write(path, none, 2));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets),
                 "a.npz: has the arrays x, p, but none of events; save an array each");
    assert_ok(vdib__npz_write(path, scalar, 2));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets), "a.npz (x.npy): ");
    assert_ok(vdib__npz_write(path, &t_array, 1));
    files_cut(*state, "a.npz", 100);
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets),
                 "a.npz: cannot be read as a NumPy archive: ");
}

/* Long columns: through several buffers, and damaged in the middle. */
static void damaged_columns_end_early(void **state) {
    char path[FILE_PATH];
    static int64_t t[MANY];
    static uint32_t x[MANY];
    static vdib_event events[MANY + 1];
    uint8_t *bytes = NULL;
    size_t count = 0, size = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        t[i] = 3 * (int64_t)i;
        x[i] = i * i % 1000;
    }
    const vdib__npz_array arrays[] = {ARRAY("t", VDIB_NPZ_INT64, MANY, t), ARRAY("x", VDIB_NPZ_UINT32, MANY, x)};
    assert_ok(vdib__npz_write(files_path(path, *state, "a.npz"), arrays, 2));
    size_t before = vdib__allocated();
    assert_int_equal(read_file(path, events, MANY + 1, &count).damaged, 0);
    assert_true(vdib__allocated() - before < 1 << 20);
    assert_int_equal(count, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_true(events[i].t == t[i] && events[i].x == x[i]);
    assert_ok(vdib__file_read(path, &bytes, &size));
    memset(bytes + size / 4, 0x55, 50);
    files_write(*state, "a.npz", bytes, size);
    vdib__free(bytes);
    vdib_events_info info = read_file(path, events, MANY + 1, &count);
    assert_true(info.truncated > 0); /* at the latest, the checksum tells */
}

/* ---- other archives ---- */

/* An archive of files (name, content, name, content, ...). */
static const char *archive(char path[FILE_PATH], const char *folder, size_t count, const char *const *files) {
    zip_t *zip = zip_open(files_path(path, folder, "a.zip"), ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    for (size_t i = 0; i < 2 * count; i += 2) {
        if (files[i + 1] == NULL)
            assert_true(zip_dir_add(zip, files[i], 0) >= 0);
        else
            assert_true(zip_file_add(zip, files[i], zip_source_buffer(zip, files[i + 1], strlen(files[i + 1]), 0), 0) >=
                        0);
    }
    assert_int_equal(zip_close(zip), 0);
    return path;
}

static void an_archive_of_one_file_is_that_file(void **state) {
    char path[FILE_PATH];
    vdib_event events[8];
    size_t count = 0;
    static const char *const files[] = {
        "rec",           NULL,   "rec/a.csv",  "1,2,3,1\n2,3,4,0\n", "__MACOSX/rec/._a.csv", "junk",
        "rec/.DS_Store", "junk", "Readme.txt", "1,2,3,1\n",          "rec/licence",          "junk",
        "rec/paper.PDF", "junk"};
    vdib_events_info info = read_file(archive(path, *state, 7, files), events, 8, &count);
    assert_string_equal(info.format, "text");
    assert_int_equal(count, 2);
    static const char *const records[] = {"1.bin", "\1\2\x81\1\1\3\4\1\1\2"}; /* known by its name inside */
    info = read_file(archive(path, *state, 1, records), events, 8, &count);
    assert_string_equal(info.format, "nmnist");
    assert_int_equal(count, 2);
    assert_int_equal(events[1].t, 0x010102);
}

static void archives_of_several_files_are_refused(void **state) {
    char path[FILE_PATH];
    vdib_packets *packets = NULL;
    static const char *const files[] = {"a.csv", "1,2,3,1\n", "b\nc.csv", "1,2,3,1\n"}, *const odd[] = {"b\nc.csv",
                                                                                                        "no events\n"};
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(archive(path, *state, 2, files), NULL, &packets),
                 "a.zip: is an archive of 2 files, not of one recording");
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(archive(path, *state, 1, odd), NULL, &packets),
                 "a.zip (b?c.csv): is no text of events");
    files_write(*state, "a.zip", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets),
                 "a.zip: is an archive of 0 files, not of one recording; pack it again");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(columns_are_found_by_their_names),
        files_test(one_array_of_rows_is_read_too),
        files_test(large_archives_are_read),
        files_test(archives_without_events_are_refused),
        files_test(damaged_columns_end_early),
        files_test(an_archive_of_one_file_is_that_file),
        files_test(archives_of_several_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
