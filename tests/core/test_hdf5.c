/* SPDX-License-Identifier: MIT */
/* HDF5 files through the helper program: what small.h5 (tests/core/hdf5/make.py) has, and what is said where there is
 * no helper, or a bad one. */
#include "support.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/hdf5_file.h"
#include "hdf5_helper.h"

#define SMALL VDIB_TEST_SOURCE "/tests/core/hdf5/small.h5"
enum { ROWS = 100, PATH = 4096 };

static vdib__hdf5 *open_small(void) {
    vdib__hdf5 *file = NULL;
    assert_ok(vdib__hdf5_open(SMALL, &file));
    return file;
}

static vdib__hdf5_info look(vdib__hdf5 *file, const char *path, size_t columns, vdib__hdf5_type type) {
    vdib__hdf5_info info;
    assert_ok(vdib__hdf5_look(file, path, NULL, &info));
    assert_int_equal(info.kind, VDIB_HDF5_IS_DATASET);
    assert_int_equal(info.columns, columns);
    assert_int_equal(info.column[0].type, type);
    return info;
}

static void shapes_and_types_are_told(void **state) {
    vdib__hdf5 *file = open_small();
    (void)state;
    vdib__hdf5_info info = look(file, "/big", 1, VDIB_HDF5_INT32);
    assert_true(info.rank == 2 && info.shape[0] == 3 && info.shape[1] == 2 && info.rows == 3 && info.width == 2);
    assert_int_equal(info.chunk, 0);
    assert_string_equal(info.column[0].name, "");
    info = look(file, "/scalar", 1, VDIB_HDF5_FLOAT64);
    assert_true(info.rank == 0 && info.rows == 1 && info.width == 1);
    info = look(file, "/lists", 1, VDIB_HDF5_FLOAT32);
    assert_true(info.column[0].lists && info.rows == 3);
    info = look(file, "/packed/events", 3, VDIB_HDF5_INT64);
    assert_true(info.rows == ROWS && info.chunk == 64);
    assert_string_equal(info.column[0].name, "t");
    assert_string_equal(info.column[1].name, "x");
    assert_int_equal(info.column[1].type, VDIB_HDF5_UINT16);
    assert_int_equal(info.column[2].type, VDIB_HDF5_INT8);
    info = look(file, "/nested", 3, VDIB_HDF5_UINT16);
    assert_int_equal(info.column[1].type, VDIB_HDF5_NONE);
    assert_int_equal(look(file, "/empty", 1, VDIB_HDF5_FLOAT32).rows, 0);
    assert_true(vdib__hdf5_has(file, "/packed", VDIB_HDF5_IS_GROUP));
    assert_true(vdib__hdf5_has(file, "/", VDIB_HDF5_IS_GROUP));
    vdib__hdf5_close(file);
}

static void nothing_is_absent(void **state) {
    static const char *const paths[] = {"/none", "/packed/none", "/scalar/none", "/link", "/outside", "/outside/x"};
    vdib__hdf5 *file = open_small();
    vdib__hdf5_info info;
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_ok(vdib__hdf5_look(file, paths[i], NULL, &info));
        assert_int_equal(info.kind, VDIB_HDF5_ABSENT);
    }
    assert_ok(vdib__hdf5_look(file, "/", "none", &info));
    assert_int_equal(info.kind, VDIB_HDF5_ABSENT);
    vdib__hdf5_close(file);
}

static void groups_and_attributes_are_listed(void **state) {
    static const char *const wanted[] = {"big",   "complex", "empty",   "filters", "fixed",  "half",  "link",
                                         "lists", "nested",  "outside", "packed",  "scalar", "texts", "yes"};
    enum { WANTED = sizeof wanted / sizeof *wanted };
    vdib__hdf5 *file = open_small();
    vdib__hdf5_names names = {.count = 0};
    (void)state;
    assert_ok(vdib__hdf5_list(file, "/", false, &names));
    assert_int_equal(names.count, WANTED);
    for (size_t i = 0; i < WANTED; i++) {
        assert_string_equal(names.names[i], wanted[i]);
        bool group = i == 3 || i == 10, other = i == 6 || i == 9;
        assert_int_equal(names.kinds[i], group ? VDIB_HDF5_IS_GROUP : other ? VDIB_HDF5_IS_LINK : VDIB_HDF5_IS_DATASET);
    }
    vdib__hdf5_names_free(&names);
    assert_ok(vdib__hdf5_list(file, "/", true, &names));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.names[0], "geometry");
    assert_string_equal(names.names[1], "pair");
    vdib__hdf5_names_free(&names);
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_list(file, "/none", false, &names), "small.h5: has no /none");
    vdib__hdf5_close(file);
}

static void numbers_have(vdib__hdf5 *file, const char *path, const char *attribute, size_t count,
                         const double *wanted) {
    double *values = NULL;
    size_t got = 0;
    assert_ok(vdib__hdf5_numbers(file, path, attribute, 1000, &values, &got, NULL));
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++)
        assert_true(values[i] == wanted[i]);
    vdib__free(values);
}

static void texts_have(vdib__hdf5 *file, const char *path, size_t count, const char *const *wanted) {
    char **texts = NULL;
    size_t got = 0;
    assert_ok(vdib__hdf5_texts(file, path, NULL, 10, &texts, &got, NULL));
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(texts[i], wanted[i]);
    vdib__free(texts);
}

static void small_things_are_read_as_a_whole(void **state) {
    vdib__hdf5 *file = open_small();
    double value = 0;
    char *text = NULL;
    (void)state;
    numbers_have(file, "/big", NULL, 6, (const double[]){-2, 998, 1998, 2998, 3998, 4998});
    numbers_have(file, "/half", NULL, 3, (const double[]){0.5, 1.2001953125, 65504});
    numbers_have(file, "/yes", NULL, 5, (const double[]){0, 1, 0, 1, 0});
    numbers_have(file, "/empty", NULL, 0, NULL);
    numbers_have(file, "/", "pair", 2, (const double[]){3, -4});
    texts_have(file, "/fixed", 3, (const char *const[]){"ab", "", "cdef"});
    texts_have(file, "/texts", 3, (const char *const[]){"one", "zw\xC3\xB6lf", ""});
    assert_ok(vdib__hdf5_number(file, "/scalar", NULL, &value));
    assert_true(value == 0.1);
    assert_ok(vdib__hdf5_text(file, "/", "geometry", &text));
    assert_string_equal(text, "640x480");
    vdib__free(text);
    vdib__hdf5_close(file);
}

static void what_does_not_fit_is_refused(void **state) {
    vdib__hdf5 *file = open_small();
    vdib__hdf5_info info = look(file, "/big", 1, VDIB_HDF5_INT32);
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    double value = 0, *values = NULL;
    size_t count = 0;
    char *text = NULL, **texts = NULL;
    (void)state;
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_number(file, "/none", NULL, &value), "small.h5: has no /none");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_number(file, "/", "none", &value), "small.h5: has no /@none");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_number(file, "/empty", NULL, &value), "/empty is empty");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_number(file, "/texts", NULL, &value), "/texts holds no numbers");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_number(file, "/complex", NULL, &value), "/complex holds no numbers");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_text(file, "/big", NULL, &text), "/big holds no texts");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_numbers(file, "/big", NULL, 5, &values, &count, NULL),
                 "/big has 6 elements, not 5 at most");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_texts(file, "/fixed", NULL, 2, &texts, &count, NULL), "3 elements");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_read(file, "/big", &info, 2, 2, arrays), "too many");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_look(file, "", NULL, &info), "has 0 bytes");
    info = look(file, "/filters/bitshuffle", 1, VDIB_HDF5_UINT32);
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_read(file, "/filters/bitshuffle", &info, 0, 0, arrays),
                 "filter 32008 (bitshuffle");
    assert_ok(vdib__hdf5_number(file, "/scalar", NULL, &value)); /* it goes on */
    vdib__hdf5_close(file);
}

static void rows_come_in_columns(void **state) {
    vdib__hdf5 *file = open_small();
    vdib__hdf5_info info = look(file, "/packed/events", 3, VDIB_HDF5_INT64);
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    (void)state;
    for (uint64_t first = 0; first < ROWS; first += 33) {
        uint64_t rows = ROWS - first < 33 ? ROWS - first : 33;
        assert_ok(vdib__hdf5_read(file, "/packed/events", &info, first, rows, arrays));
        for (size_t c = 0; c < 3; c++)
            assert_true(arrays[c].count == rows && arrays[c].elements == rows && arrays[c].lengths == NULL);
        for (size_t i = 0; i < rows; i++) {
            int64_t row = (int64_t)(first + i);
            assert_int_equal(vdib__hdf5_whole(&arrays[0], i), row * 1000003);
            assert_int_equal(vdib__hdf5_whole(&arrays[1], i), row * 7);
            assert_int_equal(vdib__hdf5_whole(&arrays[2], i), row % 3 - 1);
            assert_true(vdib__hdf5_real(&arrays[2], i) == (double)(row % 3 - 1));
        }
    }
    vdib__hdf5_close(file);
}

static void lists_have_lengths(void **state) {
    vdib__hdf5 *file = open_small();
    vdib__hdf5_info info = look(file, "/lists", 1, VDIB_HDF5_FLOAT32);
    vdib__hdf5_array array;
    (void)state;
    assert_ok(vdib__hdf5_read(file, "/lists", &info, 0, 3, &array));
    assert_true(array.elements == 3 && array.count == 3);
    assert_true(array.lengths[0] == 2 && array.lengths[1] == 0 && array.lengths[2] == 1);
    assert_true(vdib__hdf5_real(&array, 0) == 0.25 && vdib__hdf5_real(&array, 1) == 0.5);
    assert_true(vdib__hdf5_real(&array, 2) == 2);
    assert_ok(vdib__hdf5_read(file, "/lists", &info, 2, 1, &array));
    assert_true(array.elements == 1 && array.count == 1 && vdib__hdf5_whole(&array, 0) == 2);
    vdib__hdf5_close(file);
}

static void filters_are_undone(void **state) {
    static const char *const paths[] = {"/filters/lzf", "/filters/lz4", "/filters/bzip2", "/filters/zstd",
                                        "/filters/blosc"};
    vdib__hdf5 *file = open_small();
    double wanted[ROWS];
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        wanted[i] = (double)(i / 3);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        numbers_have(file, paths[i], NULL, ROWS, wanted);
    vdib__hdf5_close(file);
}

static void beginnings_are_recognised(void **state) {
    uint8_t bytes[4096] = {0};
    static const uint8_t signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    (void)state;
    assert_false(vdib__hdf5_is(bytes, sizeof bytes));
    for (size_t at = 0; at <= 2048; at = at == 0 ? 512 : 2 * at) {
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes + at, signature, sizeof signature);
        assert_true(vdib__hdf5_is(bytes, sizeof bytes));
        assert_true(vdib__hdf5_is(bytes, at + sizeof signature));
        assert_false(vdib__hdf5_is(bytes, at + sizeof signature - 1));
    }
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes + 256, signature, sizeof signature);
    assert_false(vdib__hdf5_is(bytes, sizeof bytes));
}

/* ---- what is no file, and helpers that are none ---- */

static void other_files_are_refused(void **state) {
    char *folder = support_folder(), path[PATH];
    vdib__hdf5 *file = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    (void)state;
    assert_true(snprintf(path, sizeof path, "%s/cut.h5", folder) > 0);
    assert_fails(VDIB_ERROR_IO, vdib__hdf5_open(path, &file), "cut.h5: cannot be opened");
    assert_fails(VDIB_ERROR_IO, vdib__hdf5_open(folder, &file), "it is a folder");
    assert_ok(vdib__file_read(SMALL, &bytes, &size));
    assert_ok(vdib__file_write(path, bytes, size / 2));
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_open(path, &file), "cut.h5: cannot be opened as an HDF5 file");
    assert_non_null(strstr(vdib_last_message(), "fetch or export it again"));
    assert_ok(vdib__file_write(path, "nothing", 7));
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_open(path, &file), "cut.h5: cannot be opened as an HDF5 file");
    assert_null(file);
    vdib__free(bytes);
    support_folder_remove(folder);
}

/* A helper of our own: a shell script. */
static void use_helper(const char *path, const char *script) {
    assert_ok(vdib__file_write(path, script, strlen(script)));
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(setenv("VDIB_HDF5_HELPER", path, 1), 0);
}

static void bad_helpers_are_survived(void **state) {
    char *folder = support_folder(), path[PATH], *before = getenv("VDIB_HDF5_HELPER");
    vdib__hdf5 *file = NULL;
    (void)state;
    before = before != NULL ? strdup(before) : NULL;
    assert_true(snprintf(path, sizeof path, "%s/helper", folder) > 0);
    setenv("VDIB_HDF5_HELPER", path, 1);
    assert_fails(VDIB_ERROR_UNSUPPORTED, vdib__hdf5_open(SMALL, &file), "which VDIB_HDF5_HELPER in the environment");
    use_helper(path, "#!/bin/sh\nexit 0\n");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_open(SMALL, &file), "small.h5: the helper program for HDF5 ended");
    use_helper(path, "#!/bin/sh\nkill -SEGV $$\n");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_open(SMALL, &file), "small.h5: libhdf5 crashed on it");
    assert_non_null(strstr(vdib_last_message(), "by signal 11"));
    use_helper(path, "#!/bin/sh\nkill -ALRM $$\n");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_open(SMALL, &file), "small.h5: the helper program for HDF5 found no");
    use_helper(path, "#!/bin/sh\nprintf '\\000\\000\\000\\000\\004\\000\\000\\000\\377\\000\\000\\000' >&3\nsleep 9\n");
    assert_fails(VDIB_ERROR_VERSION, vdib__hdf5_open(SMALL, &file), "of another version");
    use_helper(path, "#!/bin/sh\nprintf '\\000\\000\\000\\000\\377\\377\\377\\377' >&3\nsleep 9\n");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_open(SMALL, &file), "answered nothing sensible");
    use_helper(path, "#!/bin/sh\nprintf '\\001\\000\\000\\000\\003\\000\\000\\000a\\nb' >&3\nsleep 9\n");
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_open(SMALL, &file), "small.h5: a?b");
    static const char *const bad[] = {"foo", "0", "-1", "86401", "1.5", "9 s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("VDIB_HDF5_SECONDS", bad[i], 1);
        assert_fails(VDIB_ERROR_CONFIG, vdib__hdf5_open(SMALL, &file), "use a whole number of seconds, 1 to 86400");
        assert_non_null(strstr(vdib_last_message(), bad[i]));
    }
    setenv("VDIB_HDF5_SECONDS", "1", 1);
    use_helper(path, "#!/bin/sh\nexec sleep 30\n");
    time_t begun = time(NULL);
    assert_fails(VDIB_ERROR_FORMAT, vdib__hdf5_open(SMALL, &file), "found no answer within 1 s");
    assert_true(time(NULL) - begun < 10);
    assert_null(file);
    unsetenv("VDIB_HDF5_SECONDS");
    unsetenv("VDIB_HDF5_HELPER");
    if (before != NULL)
        setenv("VDIB_HDF5_HELPER", before, 1);
    free(before);
    support_folder_remove(folder);
}

static void many_files_are_open_at_once(void **state) {
    enum { FILES = 20 };
    vdib__hdf5 *files[FILES];
    double value = 0;
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        files[i] = open_small();
    for (size_t i = 0; i < FILES; i++) {
        assert_ok(vdib__hdf5_number(files[i], "/scalar", NULL, &value));
        assert_true(value == 0.1);
    }
    for (size_t i = 0; i < FILES; i++)
        vdib__hdf5_close(files[i]);
    vdib__hdf5_close(NULL);
}

/* The rest of the line of a file that begins so; "" if there is none. */
static void line_of(pid_t process, const char *name, const char *begin, char rest[PATH]) {
    char path[64], line[PATH];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)process, name);
    FILE *stream = fopen(path, "r");
    rest[0] = '\0';
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL)
        if (strncmp(line, begin, strlen(begin)) == 0)
            snprintf(rest, PATH, "%s", line + strlen(begin));
    if (stream != NULL)
        fclose(stream);
}

/* What the system lets a helper do that waits to be asked: as it says itself. */
static void the_helper_is_limited(void **state) {
    vdib__hdf5 *file = open_small();
    char rest[PATH];
    (void)state;
    line_of(file->helper.process, "limits", "Max file size", rest);
    assert_true(rest[0] != '\0');
    assert_int_equal(strtoul(rest, NULL, 10), 0);
    assert_null(strstr(rest, "unlimited"));
    line_of(file->helper.process, "limits", "Max open files", rest);
    assert_int_equal(strtoul(rest, NULL, 10), VDIB_HDF5_FILE + 1);
    line_of(file->helper.process, "status", "Seccomp:", rest);
    if (strtoul(rest, NULL, 10) != 2)
        printf("calls of the system are not limited here: sanitizers, or a container that forbids it\n");
    else {
        line_of(file->helper.process, "limits", "Max address space", rest);
        assert_int_equal(strtoul(rest, NULL, 10), 2UL << 30);
        line_of(file->helper.process, "status", "NoNewPrivs:", rest);
        assert_int_equal(strtoul(rest, NULL, 10), 1);
    }
    vdib__hdf5_close(file);
}

int main(void) {
    if (!hdf5_helper_is_here())
        return HDF5_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_and_types_are_told),
        cmocka_unit_test(nothing_is_absent),
        cmocka_unit_test(groups_and_attributes_are_listed),
        cmocka_unit_test(small_things_are_read_as_a_whole),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(rows_come_in_columns),
        cmocka_unit_test(lists_have_lengths),
        cmocka_unit_test(filters_are_undone),
        cmocka_unit_test(beginnings_are_recognised),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(bad_helpers_are_survived),
        cmocka_unit_test(many_files_are_open_at_once),
        cmocka_unit_test(the_helper_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
