/* SPDX-License-Identifier: MIT */
/* MATLAB's files of version 5: variables, structures and matrices, packed or not, in both byte orders. */
#include "events/decode.h"

#include <zlib.h>

enum { INT8 = 1, UINT8 = 2, UINT16 = 4, INT32 = 5, UINT32 = 6, DOUBLE = 9, MATRIX = 14, ZLIB = 15 };
enum { A_STRUCTURE = 2, A_DOUBLE = 6 };

static bool big;    /* endian: what is written */
static size_t base; /* from which elements are padded to multiples of 8 bytes */

static void pad(made_file *file) {
    while ((file->size - base) % 8 != 0)
        put(file, "", 1);
}

static void put_word(made_file *file, uint64_t value, size_t count) {
    if (big)
        put_big(file, value, count);
    else
        put_little(file, value, count);
}

static made_file *mat(const char *text) {
    made_file *file = file_new("events.mat");
    base = 0;
    char header[124];
    memset(header, ' ', sizeof header);
    memcpy(header, text, strlen(text));
    put(file, header, sizeof header);
    put_word(file, 0x0100, 2);
    put_word(file, 0x4D49, 2);
    return file;
}

static void put_element(made_file *file, uint32_t type, const void *bytes, size_t size) {
    put_word(file, type, 4);
    put_word(file, size, 4);
    put(file, bytes, size);
    pad(file);
}

/* Of one to four bytes, in its tag. */
static void put_small(made_file *file, uint32_t type, const char *bytes, size_t size) {
    put_word(file, (uint32_t)size << 16 | type, 4);
    put(file, bytes, size);
    pad(file);
}

/* Where an array begins, whose size is not known yet. */
static size_t begin_array(made_file *file, uint32_t class, uint32_t rows, uint32_t columns, const char *name) {
    size_t at = file->size;
    put_word(file, MATRIX, 4);
    put_word(file, 0, 4);
    put_word(file, UINT32, 4);
    put_word(file, 8, 4);
    put_word(file, class, 4);
    put_word(file, 0, 4);
    put_word(file, INT32, 4);
    put_word(file, 8, 4);
    put_word(file, rows, 4);
    put_word(file, columns, 4);
    if (strlen(name) - 1 < 4)
        put_small(file, INT8, name, strlen(name));
    else
        put_element(file, INT8, name, strlen(name));
    return at;
}

static void end_array(made_file *file, size_t at) {
    size_t size = file->size - at - 8;
    for (size_t i = 0; i < 4; i++)
        file->bytes[at + 4 + i] = (uint8_t)(size >> 8 * (big ? 3 - i : i));
}

static void put_numbers(made_file *file, const char *name, uint32_t type, size_t count, const double *values) {
    size_t at = begin_array(file, A_DOUBLE, (uint32_t)count, 1, name), each = type == DOUBLE   ? 8
                                                                              : type == UINT16 ? 2
                                                                                               : 1;
    put_word(file, type, 4);
    put_word(file, count * each, 4);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, &values[i], sizeof bits);
        put_word(file, type == DOUBLE ? bits : (uint64_t)values[i], each);
    }
    pad(file);
    end_array(file, at);
}

/* What was put from `at` on becomes one packed element. */
static void pack(made_file *file, size_t at) {
    uint8_t packed[4096];
    uLongf size = sizeof packed;
    assert_int_equal(compress(packed, &size, file->bytes + at, (uLong)(file->size - at)), Z_OK);
    file->size = at;
    put_word(file, ZLIB, 4);
    put_word(file, size, 4);
    put(file, packed, size); /* without padding */
}

static const double t[] = {100, 250, 70000}, x[] = {3, 5, 7}, y[] = {4, 6, 8}, p[] = {1, 0, 1};
static const vdib_event three[] = {{100, 3, 4, 1}, {250, 5, 6, 0}, {70000, 7, 8, 1}};

static void put_columns(made_file *file, bool packed) {
    const struct {
        const char *name;
        uint32_t type;
        const double *values;
    } columns[] = {{"x", UINT8, x}, {"y", UINT16, y}, {"ts", DOUBLE, t}, {"pol", UINT8, p}};
    for (size_t i = 0; i < 4; i++) {
        size_t at = base = file->size;
        put_numbers(file, columns[i].name, columns[i].type, 3, columns[i].values);
        if (packed)
            pack(file, at);
    }
}

static const char HEADER[] = "MATLAB 5.0 MAT-file, Platform: GLNXA64";

static void variables_are_columns(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        big = kind % 2 == 1;
        made_file *file = mat(HEADER);
        put_numbers(file, "other", DOUBLE, 2, t);
        put_columns(file, kind / 2 == 1);
        decoded *d = decode(file, "mat5", 3, three);
        assert_string_equal(d->info.unit, "microseconds");
        assert_int_equal(d->info.truncated + d->info.damaged, 0);
        free(d);
    }
    big = false;
}

/* TD.x, TD.y, TD.p, TD.ts, among other things. */
static void fields_of_a_structure_are_columns(void **state) {
    (void)state;
    static const char fields[] = "note\0x\0\0\0\0y\0\0\0\0p\0\0\0\0ts\0\0"; /* 5 bytes each */
    for (int kind = 0; kind < 2; kind++) {
        made_file *file = mat(HEADER);
        size_t first = file->size, at = begin_array(file, A_STRUCTURE, 1, 1, "TD");
        put_small(file, INT32, "\5\0\0\0", 4);
        put_element(file, INT8, fields, 25);
        size_t note = begin_array(file, 4, 1, 2, ""); /* text */
        put_small(file, 16, "hi", 2);
        end_array(file, note);
        static const double polarities[] = {2, 1, 2};
        put_numbers(file, "", UINT8, 3, x);
        put_numbers(file, "", UINT8, 3, y);
        put_numbers(file, "", UINT8, 3, polarities);
        put_numbers(file, "", DOUBLE, 3, t);
        end_array(file, at);
        if (kind == 1)
            pack(file, first);
        decoded *d = decode(file, "mat5", 3, three);
        assert_string_equal(d->info.polarities, "1 and 2: 1 is OFF, 2 is ON");
        free(d);
    }
}

/* One matrix of rows, whose values say what they are. */
static void rows_of_a_matrix(void **state) {
    enum { COUNT = 20 };
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        double values[4][COUNT];
        vdib_event events[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            events[i] = (vdib_event){900 + 40 * (int64_t)i, (uint16_t)(7 * i % 11), (uint16_t)(5 * i % 13), i % 2};
            values[0][i] = events[i].x;
            values[1][i] = events[i].y;
            values[2][i] = (double)events[i].t;
            values[3][i] = events[i].polarity;
        }
        made_file *file = mat(HEADER);
        size_t first = file->size, at = begin_array(file, A_DOUBLE, COUNT, 4, "events");
        put_word(file, DOUBLE, 4);
        put_word(file, sizeof values, 4);
        put(file, values, sizeof values);
        end_array(file, at);
        if (kind == 1)
            pack(file, first);
        decoded *d = decode(file, "mat5", COUNT, events);
        assert_string_equal(d->info.columns, "x y t p");
        free(d);
    }
}

static void what_is_cut_is_counted(void **state) {
    (void)state;
    made_file *file = mat(HEADER);
    put_columns(file, false);
    size_t whole = file->size;
    for (size_t size = 128; size < whole; size++) {
        vdib__event_stream *stream = NULL;
        vdib_event events[8];
        size_t count = 0;
        vdib_status status = vdib__event_stream_of(file->path, NULL, file->bytes, size, &stream);
        if (status != VDIB_OK) { /* without times */
            assert_int_equal(status, VDIB_ERROR_FORMAT);
            continue;
        }
        assert_ok(vdib__event_stream_read(stream, events, 8, &count));
        bool between = size == whole - 64; /* behind a whole variable: nothing says that another one followed */
        const vdib_events_info *info = vdib__event_stream_info(stream);
        if (info->truncated == 0 && !between && info->events < 3)
            fail_msg("%zu of %zu bytes: %zu events, and nothing is said", size, whole, count);
        vdib__event_stream_close(stream);
    }
    free(file);
    file = mat(HEADER);
    size_t at = file->size;
    put_numbers(file, "t", DOUBLE, 3, t);
    pack(file, at);
    file->size -= 6;
    refuse(again(file), false, "ends inside a variable; fetch it again");
    free(file);
}

/* An array without its kind is none, and not of the kind of the one before. */
static void arrays_without_flags_are_passed_over(void **state) {
    enum { TAG = 8, FLAGS = 8, WHOLE = 4 };
    static const uint8_t column[] = {0, 0, 0, 0, 0, 0, 8, 64, 0, 0, 0, 0, 0, 0, 16, 64};
    (void)state;
    made_file *file = mat(HEADER);
    put_numbers(file, "other", DOUBLE, 3, t);
    for (size_t i = 0; i < WHOLE; i++) {
        size_t at = begin_array(file, A_DOUBLE, 2, 1, i == 0 ? "t" : i == 1 ? "x" : i == 2 ? "y" : "p");
        memset(file->bytes + at + TAG + 4, 0, 4); /* of no bytes */
        memmove(file->bytes + at + 2 * TAG, file->bytes + at + 2 * TAG + FLAGS, file->size - at - 2 * TAG - FLAGS);
        file->size -= FLAGS;
        put_element(file, DOUBLE, column, sizeof column);
        end_array(file, at);
    }
    refuse(file, false, "holds no vectors t and x of events, nor one matrix of rows, but other;");
}

static void what_is_no_recording_is_refused(void **state) {
    (void)state;
    made_file *file = mat(HEADER);
    put_numbers(file, "weights", DOUBLE, 3, t);
    put_numbers(file, "bias", DOUBLE, 2, t);
    refuse(file, false, "holds no vectors t and x of events, nor one matrix of rows, but weights, bias; save vectors");
    file = mat(HEADER);
    put_numbers(file, "t", DOUBLE, 3, t);
    put_numbers(file, "x", DOUBLE, 2, x);
    refuse(file, false, "x has 2 numbers, the times are 3; save as many of each");
    file = mat("MATLAB 7.3 MAT-file");
    refuse(file, false, "is no event file by its name or content");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_columns),
        cmocka_unit_test(fields_of_a_structure_are_columns),
        cmocka_unit_test(rows_of_a_matrix),
        cmocka_unit_test(what_is_cut_is_counted),
        cmocka_unit_test(arrays_without_flags_are_passed_over),
        cmocka_unit_test(what_is_no_recording_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
