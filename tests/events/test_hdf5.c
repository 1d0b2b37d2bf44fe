/* SPDX-License-Identifier: MIT */
/* Layouts of events in HDF5 files. */
#include "hdf5_recorded.h"

#include <math.h>

#include "core/helper.h"

static void members_of_a_compound_are_columns(void **state) {
    enum { ROWS = 100 };
    (void)state;
    for (size_t size = 1; size <= 256; size *= 16) {
        recorded *r = record(SMALL, size);
        assert_string_equal(r->info.format, "hdf5");
        assert_string_equal(r->info.unit, "microseconds");
        assert_int_equal(r->count, ROWS);
        for (size_t i = 0; i < ROWS; i++)
            has_event(r, i, (int64_t)i * 1000003, (unsigned)(7 * i), 0, i % 3 == 2);
        assert_true(r->info.recordings == 1 && r->info.recording == 0 && r->info.label == -1 && r->info.split == NULL);
        free(r);
    }
}

static void times_are_sought(void **state) {
    (void)state;
    for (int64_t from = 0; from < 100; from++) {
        vdib_packets_options options = {.size = sizeof options, .from_us = from * 1000003, .to_us = 90 * 1000003};
        vdib_packets *packets = NULL;
        vdib_event events[128];
        size_t count = 1, seen = 0;
        options.to_us = from < 90 ? options.to_us : 100 * 1000003;
        int64_t end = from < 90 ? 90 : 100;
        assert_ok(vdib_packets_open(SMALL, &options, &packets));
        for (; count > 0; seen += count) {
            assert_ok(vdib_packets_read(packets, events, 3, &count));
            for (size_t i = 0; i < count; i++)
                assert_int_equal(events[i].t, (from + (int64_t)(seen + i)) * 1000003);
        }
        assert_int_equal(seen, end - from);
        vdib_packets_close(packets);
    }
}

static void numbers_of_recordings_are_checked(void **state) {
    vdib_packets *packets = NULL;
    vdib_events *events = NULL;
    (void)state;
    recorded *r = record(SMALL "#0", 64);
    assert_int_equal(r->count, 100);
    free(r);
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(SMALL "#1", NULL, &packets),
                 "small.h5: holds 1 recording, counted from 0: there is no #1");
    assert_fails(VDIB_ERROR_IO, vdib_packets_open(SMALL "#", NULL, &packets), "small.h5#: cannot be");
    assert_fails(VDIB_ERROR_IO, vdib_packets_open(SMALL "#x1", NULL, &packets), "small.h5#x1: cannot be");
    assert_fails(VDIB_ERROR_FORMAT, vdib_events_open(SMALL "#7", &events), "there is no #7");
    assert_fails(VDIB_ERROR_IO, vdib_events_open("/nowhere/a.h5#7", &events), "/nowhere/a.h5#7: cannot be");
}

static void dsec_adds_its_offset(void **state) {
    static const uint32_t t[] = {5, 1500, 2500, 2501, 9000};
    static const uint16_t x[] = {1, 2, 3, 4, 65535}, y[] = {9, 8, 7, 6, 5};
    static const uint8_t p[] = {0, 1, 1, 2, 0}; /* 2 is none */
    static const uint64_t index[] = {0, 1, 2, 4, 4, 4, 4, 4, 4, 4};
    static const int64_t offset = 7000000000;
    char *folder = support_folder(), path[REFERENCE_PATH];
    (void)state;
    vdib__hdf5_output *output = layout_new(folder, path);
    put_column(output, "/events/t", VDIB_HDF5_UINT32, 5, t);
    put_column(output, "/events/x", VDIB_HDF5_UINT16, 5, x);
    put_column(output, "/events/y", VDIB_HDF5_UINT16, 5, y);
    put_column(output, "/events/p", VDIB_HDF5_UINT8, 5, p);
    put_column(output, "/ms_to_idx", VDIB_HDF5_UINT64, 10, index);
    assert_ok(vdib__hdf5_put_numbers(output, "/t_offset", NULL, VDIB_HDF5_INT64, 0, NULL, &offset));
    assert_ok(vdib__hdf5_finish(output));
    for (size_t size = 1; size < 8; size += 3) {
        recorded *r = record(path, size);
        assert_string_equal(r->info.format, "hdf5-dsec");
        assert_int_equal(r->count, 4);
        has_event(r, 0, offset + 5, 1, 9, 0);
        has_event(r, 2, offset + 2500, 3, 7, 1);
        has_event(r, 3, offset + 9000, 65535, 5, 0);
        assert_true(r->info.damaged == 1 && r->info.width == 65536 && r->info.height == 10);
        free(r);
    }
    vdib_packets_options options = {.size = sizeof options, .strict = true};
    vdib_packets *packets = NULL;
    vdib_event events[8];
    size_t count = 1;
    vdib_status status = VDIB_OK;
    assert_ok(vdib_packets_open(path, &options, &packets));
    while (status == VDIB_OK && count > 0)
        status = vdib_packets_read(packets, events, 8, &count);
    assert_fails(VDIB_ERROR_FORMAT, status, "made.h5: row 3: a row that is no event");
    vdib_packets_close(packets);
    support_folder_remove(folder);
}

/* What is sought is so on the clock of the recording, offset and all, without an index, too. */
static void times_of_dsec_are_sought_with_their_offset(void **state) {
    enum { ROWS = 60 };
    static const int64_t offset = 50000000;
    uint32_t t[ROWS];
    uint16_t x[ROWS];
    char *folder = support_folder(), path[REFERENCE_PATH];
    (void)state;
    for (uint32_t i = 0; i < ROWS; i++) {
        t[i] = 1500000 * i;
        x[i] = (uint16_t)i;
    }
    vdib__hdf5_output *output = layout_new(folder, path);
    put_column(output, "/events/t", VDIB_HDF5_UINT32, ROWS, t);
    put_column(output, "/events/x", VDIB_HDF5_UINT16, ROWS, x);
    put_column(output, "/events/y", VDIB_HDF5_UINT16, ROWS, x);
    put_column(output, "/events/p", VDIB_HDF5_UINT16, ROWS, (const uint16_t[ROWS]){1});
    assert_ok(vdib__hdf5_put_numbers(output, "/t_offset", NULL, VDIB_HDF5_INT64, 0, NULL, &offset));
    assert_ok(vdib__hdf5_finish(output));
    vdib_packets_options options = {
        .size = sizeof options, .from_us = offset + 20 * 1500000, .to_us = offset + 23 * 1500000};
    vdib_packets *packets = NULL;
    vdib_event events[8];
    size_t count = 0;
    assert_ok(vdib_packets_open(path, &options, &packets));
    assert_ok(vdib_packets_read(packets, events, 8, &count));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_true(events[i].x == 20 + i && events[i].t == offset + (int64_t)(1500000 * (20 + i)));
    vdib_packets_close(packets);
    support_folder_remove(folder);
}

static void columns_must_be_as_long_as_each_other(void **state) {
    static const uint16_t x[] = {1, 2, 3};
    char *folder = support_folder(), path[REFERENCE_PATH];
    vdib_packets *packets = NULL;
    (void)state;
    vdib__hdf5_output *output = layout_new(folder, path);
    put_column(output, "/events/t", VDIB_HDF5_UINT16, 3, x);
    put_column(output, "/events/x", VDIB_HDF5_UINT16, 2, x);
    put_column(output, "/events/y", VDIB_HDF5_UINT16, 3, x);
    put_column(output, "/events/p", VDIB_HDF5_UINT16, 3, x);
    assert_ok(vdib__hdf5_finish(output));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets),
                 "made.h5: /events/x has 2 rows, /events/t has 3; export it again");
    output = layout_new(folder, path);
    put_column(output, "/weights", VDIB_HDF5_UINT16, 3, x);
    assert_ok(vdib__hdf5_finish(output));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets), "made.h5: is an HDF5 file, but no");
    assert_null(packets);
    support_folder_remove(folder);
}

/* Seconds in columns that are called otherwise, deep in the file. */
static void names_of_other_programs_are_known(void **state) {
    static const double ts[] = {0.5, 0.5000014, 2};
    static const int16_t xs[] = {1, -2, 3}, ps[] = {-1, 1, 1};
    char *folder = support_folder(), path[REFERENCE_PATH];
    (void)state;
    vdib__hdf5_output *output = layout_new(folder, path);
    put_column(output, "/a/more/ts", VDIB_HDF5_FLOAT64, 3, ts);
    put_column(output, "/a/more/xs", VDIB_HDF5_INT16, 3, xs);
    put_column(output, "/a/more/ys", VDIB_HDF5_INT16, 3, ps);
    put_column(output, "/a/more/ps", VDIB_HDF5_INT16, 3, ps);
    assert_ok(vdib__hdf5_finish(output));
    recorded *r = record(path, 2);
    assert_string_equal(r->info.unit, "seconds");
    assert_int_equal(r->info.recordings, 1);
    assert_int_equal(r->info.damaged, 2); /* a column of -2, a row of -1 */
    assert_int_equal(r->count, 1);
    has_event(r, 0, 2000000, 3, 1, 1);
    free(r);
    support_folder_remove(folder);
}

/* Several cameras: each group, and each dataset of events by itself, is a recording; what has no polarity is another
 * sensor. */
static void cameras_are_recordings_of_one_file(void **state) {
    enum { ROWS = 9 };
    static const char *const groups[] = {"left", "right", "speed"};
    char path[REFERENCE_PATH], one[REFERENCE_PATH + 8], column[32];
    (void)state;
    char *folder = support_folder();
    vdib__hdf5_output *output = layout_new(folder, path);
    for (uint64_t g = 0; g < 3; g++)
        for (size_t c = g == 2 ? 1 : 0; c < 4; c++) {
            uint64_t values[ROWS];
            for (uint64_t i = 0; i < ROWS; i++)
                values[i] = c == 0 ? i % 2 : c == 1 ? 100 * i + g : c == 2 ? i + 3 * g : 5;
            snprintf(column, sizeof column, "/car/%s/%c", groups[g], "ptxy"[c]);
            put_column(output, column, VDIB_HDF5_UINT64, ROWS, values);
        }
    int32_t rows[2][4 * ROWS];
    const uint64_t shape[2] = {ROWS, 4};
    for (int32_t i = 0; i < ROWS; i++)
        for (int32_t d = 0; d < 2; d++) {
            const int32_t row[4] = {1000 * i, 20 + d, i, i % 2};
            memcpy(rows[d] + (size_t)(4 * i), row, sizeof row);
        }
    assert_ok(vdib__hdf5_put_numbers(output, "/zoo/one", NULL, VDIB_HDF5_INT32, 2, shape, rows[0]));
    assert_ok(vdib__hdf5_put_numbers(output, "/zoo/two", NULL, VDIB_HDF5_INT32, 2, shape, rows[1]));
    assert_ok(vdib__hdf5_finish(output));
    for (size_t n = 0; n < 4; n++) {
        snprintf(one, sizeof one, "%s#%zu", path, n);
        recorded *r = record(one, 4);
        assert_true(r->info.recordings == 4 && r->info.recording == n && r->count == ROWS);
        for (size_t i = 0; i < ROWS && n < 2; i++)
            has_event(r, i, (int64_t)(100 * i + n), (unsigned)(i + 3 * n), 5, i % 2 == 1);
        for (size_t i = 0; i < ROWS && n >= 2; i++)
            has_event(r, i, (int64_t)(1000 * i), (unsigned)(18 + n), (unsigned)i, i % 2 == 1);
        free(r);
    }
    support_folder_remove(folder);
}

/* A camera's matrices, and where something was, stand before events by their names, and are none. */
static void what_stands_beside_events_is_none(void **state) {
    static const double matrix[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    static const uint64_t t[] = {5, 6}, x[] = {1, 2}, y[] = {3, 4}, p[] = {1, 0};
    static const char *const columns[] = {"/events/t", "/events/x", "/events/y", "/events/p", "/body/t", "/body/x"};
    const uint64_t *const values[] = {t, x, y, p, x, t};
    char path[REFERENCE_PATH];
    (void)state;
    char *folder = support_folder();
    vdib__hdf5_output *output = layout_new(folder, path);
    for (uint64_t rows = 3; rows <= 4; rows++)
        assert_ok(vdib__hdf5_put_numbers(output, rows == 3 ? "/a/P" : "/a/T", NULL, VDIB_HDF5_FLOAT64, 2,
                                         (const uint64_t[]){rows, 4}, matrix));
    for (size_t c = 0; c < 6; c++)
        put_column(output, columns[c], VDIB_HDF5_UINT64, 2, values[c]);
    assert_ok(vdib__hdf5_finish(output));
    recorded *r = record(path, 100);
    assert_true(r->count == 2 && r->info.recordings == 1);
    for (size_t i = 0; i < 2; i++)
        has_event(r, i, (int64_t)t[i], (unsigned)x[i], (unsigned)y[i], p[i] == 1);
    free(r);
    support_folder_remove(folder);
}

static void put_events(vdib__hdf5_output *output, const char *path, uint64_t rows) {
    static const int32_t events[][4] = {{0, 1, 2, 0}, {1000, 3, 2, 1}, {2000, 4, 2, 0}, {3000, 5, 2, 1}};
    const uint64_t shape[2] = {rows, 4};
    assert_ok(vdib__hdf5_put_numbers(output, path, NULL, VDIB_HDF5_INT32, 2, shape, events));
}

/* Behind the first recording, groups and datasets that cannot be read are no recordings, and those behind them are. */
static void what_cannot_be_read_beside_recordings_is_passed_over(void **state) {
    char path[REFERENCE_PATH], one[REFERENCE_PATH + 8], name[600] = "/c/";
    (void)state;
    char *folder = support_folder();
    vdib__hdf5_output *output = layout_new(folder, path);
    put_events(output, "/a/e", 4);
    put_column(output, "/b/t", VDIB_HDF5_UINT64, 2, (const uint64_t[]){1, 2});
    put_column(output, "/b/x", VDIB_HDF5_UINT64, 1, (const uint64_t[]){1});
    memset(name + strlen(name), 'n', 520);
    put_events(output, name, 4);
    put_events(output, "/c/o", 3);
    name[1] = 'd', name[2] = 'n';
    memcpy(name + 521, "/e", 3);
    put_events(output, name, 4);
    put_events(output, "/e/e", 2);
    assert_ok(vdib__hdf5_finish(output));
    for (size_t n = 0; n < 3; n++) {
        snprintf(one, sizeof one, "%s#%zu", path, n);
        recorded *r = record(one, 4);
        assert_true(r->info.recordings == 3 && r->count == 4 - n);
        assert_string_equal(r->info.assumed, "its recordings that can be read: some datasets or groups cannot");
        free(r);
    }
    support_folder_remove(folder);
}

/* 64 groups and 64 datasets of one are looked into; where there are more, it is said. */
static void recordings_beyond_the_first_are_said(void **state) {
    static const struct {
        const char *end;
        unsigned made, recordings;
        bool cut;
    } cases[] = {{"/e", 63, 63, false}, {"/e", 64, 63, true}, {"", 64, 64, false}, {"", 65, 64, true}};
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char path[REFERENCE_PATH], name[16];
        char *folder = support_folder();
        vdib__hdf5_output *output = layout_new(folder, path);
        for (unsigned i = 0; i < cases[c].made; i++) {
            snprintf(name, sizeof name, "/g%02u%s", i, cases[c].end);
            put_events(output, name, 4);
        }
        assert_ok(vdib__hdf5_finish(output));
        recorded *r = record(path, 4);
        assert_int_equal(r->info.recordings, cases[c].recordings);
        assert_int_equal(r->info.assumed != NULL, cases[c].cut);
        free(r);
        support_folder_remove(folder);
    }
}

/* Vectors of MATLAB lie: an event a column. So do matrices of four columns, of which it stores the transpose. */
static void columns_that_lie_are_read(void **state) {
    enum { COUNT = 300 };
    static const uint64_t vector[] = {1, COUNT}, matrix[] = {4, COUNT};
    static double values[4][COUNT]; /* t x y p */
    static const char *const names[] = {"/TD/ts", "/TD/x", "/TD/y", "/TD/p"};
    char *folder = support_folder(), path[REFERENCE_PATH];
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        values[0][i] = 1000.0 + 37 * (double)i;
        values[1][i] = (double)(i % 17 + 2);
        values[2][i] = (double)(i % 13 + 5);
        values[3][i] = (double)(i % 2 + 1);
    }
    for (int whole = 0; whole < 2; whole++) {
        vdib__hdf5_output *output = layout_new(folder, path);
        for (size_t r = 0; r < 4 && !whole; r++)
            assert_ok(vdib__hdf5_put_numbers(output, names[r], NULL, VDIB_HDF5_FLOAT64, 2, vector, values[r]));
        if (whole)
            assert_ok(vdib__hdf5_put_numbers(output, "/TD", NULL, VDIB_HDF5_FLOAT64, 2, matrix, values));
        assert_ok(vdib__hdf5_finish(output));
        for (size_t size = 1; size < 100; size += 49) {
            recorded *r = record(path, size);
            assert_int_equal(r->count, COUNT);
            assert_int_equal(r->info.damaged, 0);
            assert_string_equal(r->info.polarities, "1 and 2: 1 is OFF, 2 is ON");
            for (size_t i = 0; i < COUNT; i++)
                has_event(r, i, 1000 + 37 * (int64_t)i, (unsigned)(i % 17 + 2), (unsigned)(i % 13 + 5), i % 2);
            free(r);
        }
        vdib_packets_options options = {.size = sizeof options, .from_us = 5000, .to_us = 6000};
        vdib_packets *packets = NULL;
        vdib_event events[64];
        size_t count = 0;
        assert_ok(vdib_packets_open(path, &options, &packets));
        assert_ok(vdib_packets_read(packets, events, 64, &count));
        assert_int_equal(count, 27);
        assert_int_equal(events[0].t, 5033);
        vdib_packets_close(packets);
    }
    static const uint64_t shorter[] = {1, COUNT - 1};
    vdib_packets *packets = NULL;
    vdib__hdf5_output *output = layout_new(folder, path);
    assert_ok(vdib__hdf5_put_numbers(output, names[0], NULL, VDIB_HDF5_FLOAT64, 2, vector, values[0]));
    assert_ok(vdib__hdf5_put_numbers(output, names[1], NULL, VDIB_HDF5_FLOAT64, 2, shorter, values[1]));
    assert_ok(vdib__hdf5_finish(output));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets),
                 "made.h5: /TD/x has 299 numbers, the columns before have 300; export it again");
    support_folder_remove(folder);
}

/* Places of rectified events have fractions; times of single precision are milliseconds. */
/* Rows of three and of five numbers are events where no other dataset is, and their values say which is what. */
static void rows_of_three_and_of_five_numbers(void **state) {
    enum { COUNT = 40, WIDEST = 5 };
    static int32_t values[COUNT * WIDEST], shown[COUNT * 4];
    static const size_t order[2][WIDEST] = {{1, 2, 0}, {1, 2, 0, 3, 4}}; /* of t x y p and 7 */
    char *folder = support_folder(), path[REFERENCE_PATH];
    (void)state;
    for (int kind = 0; kind < 6; kind++) { /* as rows, as columns, beside others */
        const size_t wide = kind % 2 == 0 ? 3 : WIDEST;
        const bool lies = kind / 2 == 1, beside = kind / 2 == 2;
        for (size_t i = 0; i < COUNT; i++) {
            const int32_t event[WIDEST] = {1000 + 50 * (int32_t)i, (int32_t)(7 * i % 11), (int32_t)(5 * i % 13),
                                           (int32_t)(i % 2), 7};
            for (size_t c = 0; c < wide; c++)
                values[lies ? c * COUNT + i : i * wide + c] = event[order[kind % 2][c]];
            memcpy(shown + 4 * i, event, 4 * sizeof *event);
            shown[4 * i] = 7 + (int32_t)i; /* other times */
        }
        const uint64_t shape[2] = {lies ? wide : COUNT, lies ? COUNT : wide}, four[2] = {COUNT, 4};
        vdib__hdf5_output *output = layout_new(folder, path);
        assert_ok(vdib__hdf5_put_numbers(output, "/a", NULL, VDIB_HDF5_INT32, 2, shape, values));
        if (beside)
            assert_ok(vdib__hdf5_put_numbers(output, "/z/events", NULL, VDIB_HDF5_INT32, 2, four, shown));
        assert_ok(vdib__hdf5_finish(output));
        recorded *r = record(path, 100);
        assert_int_equal(r->count, COUNT);
        assert_int_equal(r->info.recordings, 1);
        assert_int_equal(r->info.unpolarized, wide == 3 && !beside ? COUNT : 0);
        for (size_t i = 0; i < COUNT; i++)
            has_event(r, i, beside ? 7 + (int64_t)i : 1000 + 50 * (int64_t)i, (unsigned)(7 * i % 11),
                      (unsigned)(5 * i % 13), wide == 3 && !beside ? 1 : i % 2);
        free(r);
    }
    support_folder_remove(folder);
}

/* x and y may stand in one dataset. */
static void places_may_be_pairs(void **state) {
    static const int64_t t[] = {5, 6, 7};
    static const uint16_t xy[] = {1, 2, 3, 4, 5, 6};
    static const uint8_t p[] = {1, 0, 1};
    char *folder = support_folder(), path[REFERENCE_PATH];
    (void)state;
    for (uint64_t wide = 2; wide < 4; wide++) {
        const uint64_t rows = 6 / wide, shape[] = {rows, wide};
        vdib_packets *packets = NULL;
        vdib__hdf5_output *output = layout_new(folder, path);
        put_column(output, "/events/t", VDIB_HDF5_INT64, rows, t);
        put_column(output, "/events/p", VDIB_HDF5_UINT8, rows, p);
        assert_ok(vdib__hdf5_put_numbers(output, "/events/xy", NULL, VDIB_HDF5_UINT16, 2, shape, xy));
        assert_ok(vdib__hdf5_finish(output));
        if (wide == 3) {
            assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets), "has no rows of x and y");
            continue;
        }
        recorded *r = record(path, 100);
        assert_int_equal(r->count, 3);
        for (size_t i = 0; i < 3; i++)
            has_event(r, i, t[i], xy[2 * i], xy[2 * i + 1], p[i]);
        free(r);
    }
    support_folder_remove(folder);
}

static void fractions_are_rounded_and_counted(void **state) {
    static const float x[] = {1.25F, 2.5F, -0.75F, 3}, y[] = {4, 5.4F, 6, 7}, t[] = {0.217F, 1.5F, 2.25F, 300.125F};
    static const uint8_t p[] = {0, 1, 1, 0};
    char *folder = support_folder(), path[REFERENCE_PATH];
    (void)state;
    vdib__hdf5_output *output = layout_new(folder, path);
    put_column(output, "/events/t", VDIB_HDF5_FLOAT32, 4, t);
    put_column(output, "/events/x", VDIB_HDF5_FLOAT32, 4, x);
    put_column(output, "/events/y", VDIB_HDF5_FLOAT32, 4, y);
    put_column(output, "/events/p", VDIB_HDF5_UINT8, 4, p);
    assert_ok(vdib__hdf5_finish(output));
    recorded *r = record(path, 2);
    assert_string_equal(r->info.unit, "milliseconds");
    assert_int_equal(r->count, 3);
    assert_int_equal(r->info.rounded, 2);
    assert_int_equal(r->info.damaged, 1);
    has_event(r, 0, 217, 1, 4, 0);
    has_event(r, 1, 1500, 3, 5, 1);
    has_event(r, 2, 300125, 3, 7, 0);
    free(r);
    static const uint16_t one = 5;
    vdib_packets *packets = NULL;
    output = layout_new(folder, path);
    assert_ok(vdib__hdf5_put_numbers(output, "/events/t", NULL, VDIB_HDF5_UINT16, 0, NULL, &one));
    assert_ok(vdib__hdf5_put_numbers(output, "/events/x", NULL, VDIB_HDF5_UINT16, 0, NULL, &one));
    assert_ok(vdib__hdf5_finish(output));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets), "/events/t is one value, no column");
    output = layout_new(folder, path);
    assert_ok(vdib__hdf5_put_numbers(output, "/rectify_map", NULL, VDIB_HDF5_FLOAT32, 1, &(uint64_t){4}, x));
    assert_ok(vdib__hdf5_finish(output));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_open(path, NULL, &packets), "it is a map of DSEC");
    support_folder_remove(folder);
}

static void neurodata_has_two_splits(void **state) {
    static const uint32_t rows[] = {10, 1, 2, 1, 20, 3, 4, 0, 30, 5, 6, 1};
    static const uint64_t two[2] = {2, 4}, three[2] = {3, 4};
    static const uint8_t labels[] = {4, 9};
    static const int64_t stats[] = {2, 26};
    char *folder = support_folder(), path[REFERENCE_PATH], one[REFERENCE_PATH + 32];
    (void)state;
    vdib__hdf5_output *output = layout_new(folder, path);
    put_column(output, "/train/labels", VDIB_HDF5_UINT8, 2, labels);
    put_column(output, "/test/labels", VDIB_HDF5_UINT8, 1, labels + 1);
    put_column(output, "/stats/train_data", VDIB_HDF5_INT64, 2, stats);
    assert_ok(vdib__hdf5_put_numbers(output, "/train/0", NULL, VDIB_HDF5_UINT32, 2, two, rows));
    assert_ok(vdib__hdf5_put_numbers(output, "/train/1", NULL, VDIB_HDF5_UINT32, 2, three, rows));
    assert_ok(vdib__hdf5_put_numbers(output, "/test/0", NULL, VDIB_HDF5_UINT32, 2, two, rows + 4));
    assert_ok(vdib__hdf5_finish(output));
    for (size_t i = 0; i < 3; i++) {
        snprintf(one, sizeof one, "%s#%zu", path, i);
        recorded *r = record(one, 2);
        assert_int_equal(r->count, i == 1 ? 3 : 2);
        has_event(r, 1, i == 2 ? 30 : 20, i == 2 ? 5 : 3, i == 2 ? 6 : 4, i == 2);
        assert_string_equal(r->info.split, i < 2 ? "train" : "test");
        assert_true(r->info.recordings == 3 && r->info.label == (i == 0 ? 4 : 9));
        assert_int_equal(r->info.width, i < 2 ? 26 : 6);
        free(r);
    }
    support_folder_remove(folder);
}

/* A recording is two lists of its own; what was spoken stands in its name. */
static void spoken_digits_are_named_lists(void **state) {
    static const char *const names[] = {"man-ah-o", "man-ah-31", "woman-ae-z"};
    static const double times[] = {0.0001, 0.00025, 0.3};
    static const uint8_t channels[] = {5, 63, 0};
    static const uint64_t two = 2, one = 1;
    char *folder = support_folder(), path[REFERENCE_PATH], name[64];
    (void)state;
    vdib__hdf5_output *output = layout_new(folder, path);
    for (uint64_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "/%s_addresses/%s", i < 2 ? "train" : "test", names[i]);
        put_column(output, name, VDIB_HDF5_UINT8, i + 1, channels);
        snprintf(name, sizeof name, "/%s_timestamps/%s", i < 2 ? "train" : "test", names[i]);
        put_column(output, name, VDIB_HDF5_FLOAT64, i + 1, times);
    }
    assert_ok(vdib__hdf5_put_texts(output, "/train_labels", NULL, 1, &two, names));
    assert_ok(vdib__hdf5_put_texts(output, "/test_labels", NULL, 1, &one, names + 2));
    assert_ok(vdib__hdf5_finish(output));
    for (size_t i = 0; i < 3; i++) {
        static const int64_t labels[] = {0, -1, 10};
        char numbered[REFERENCE_PATH + 32];
        snprintf(numbered, sizeof numbered, "%s#%zu", path, i);
        recorded *r = record(numbered, 2);
        assert_int_equal(r->count, i + 1);
        has_event(r, i, i == 0 ? 100 : i == 1 ? 250 : 300000, channels[i], 0, 1);
        assert_string_equal(r->info.format, "hdf5-ntidigits");
        assert_string_equal(r->info.split, i < 2 ? "train" : "test");
        assert_true(r->info.recordings == 3 && r->info.label == labels[i]);
        assert_true(r->info.width == 64 && r->info.height == 1 && r->info.unpolarized == 0);
        free(r);
    }
    support_folder_remove(folder);
}

/* shd.h5 of make.py: the third recording has a channel more than times, and one that is beyond the sensor. */
static void spiking_digits_are_lists(void **state) {
    (void)state;
    recorded *r = record(VDIB_TEST_SOURCE "/tests/core/hdf5/shd.h5", 2);
    assert_string_equal(r->info.format, "hdf5-shd");
    assert_true(r->count == 3 && r->info.recordings == 3 && r->info.label == 7);
    has_event(r, 2, 500000, 2, 0, 1);
    free(r);
    r = record(VDIB_TEST_SOURCE "/tests/core/hdf5/shd.h5#1", 2);
    assert_true(r->count == 0 && r->info.label == 0);
    free(r);
    r = record(VDIB_TEST_SOURCE "/tests/core/hdf5/shd.h5#2", 2);
    assert_true(r->count == 2 && r->info.truncated == 1 && r->info.label == 3);
    has_event(r, 0, 1000, 600, 0, 1);
    has_event(r, 1, 1250000, 601, 0, 1);
    free(r);
    vdib__recordings all = {.count = 0};
    assert_ok(vdib__recordings_of(VDIB_TEST_SOURCE "/tests/core/hdf5/shd.h5#2", &all));
    assert_true(all.count == 3 && all.labels[0] == 7 && all.labels[2] == 3 && all.classes == 2);
    assert_string_equal(all.names[1], "null");
    vdib__recordings_free(&all);
}

/* claims.h5 of make.py: libhdf5 would make up the rest of a million million events. */
static void rows_that_are_not_stored_are_no_events(void **state) {
    (void)state;
    recorded *r = record(VDIB_TEST_SOURCE "/tests/core/hdf5/claims.h5", 50);
    assert_string_equal(r->info.format, "hdf5-dsec");
    assert_true(r->count == 64 && r->info.truncated == 1);
    has_event(r, 63, 63, 63, 63, 1);
    free(r);
    vdib_packets_options options = {.size = sizeof options, .strict = true};
    vdib_packets *packets = NULL;
    vdib_event event;
    size_t count = 0;
    assert_ok(vdib_packets_open(VDIB_TEST_SOURCE "/tests/core/hdf5/claims.h5", &options, &packets));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_read(packets, &event, 1, &count), "claims.h5: row 64: rows that are");
    vdib_packets_close(packets);
}

int main(void) {
    if (!hdf5_helper_is_here())
        return HDF5_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_a_compound_are_columns),
        cmocka_unit_test(times_are_sought),
        cmocka_unit_test(numbers_of_recordings_are_checked),
        cmocka_unit_test(dsec_adds_its_offset),
        cmocka_unit_test(times_of_dsec_are_sought_with_their_offset),
        cmocka_unit_test(cameras_are_recordings_of_one_file),
        cmocka_unit_test(what_stands_beside_events_is_none),
        cmocka_unit_test(what_cannot_be_read_beside_recordings_is_passed_over),
        cmocka_unit_test(recordings_beyond_the_first_are_said),
        cmocka_unit_test(columns_that_lie_are_read),
        cmocka_unit_test(rows_of_three_and_of_five_numbers),
        cmocka_unit_test(places_may_be_pairs),
        cmocka_unit_test(fractions_are_rounded_and_counted),
        cmocka_unit_test(columns_must_be_as_long_as_each_other),
        cmocka_unit_test(names_of_other_programs_are_known),
        cmocka_unit_test(neurodata_has_two_splits),
        cmocka_unit_test(spoken_digits_are_named_lists),
        cmocka_unit_test(spiking_digits_are_lists),
        cmocka_unit_test(rows_that_are_not_stored_are_no_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
