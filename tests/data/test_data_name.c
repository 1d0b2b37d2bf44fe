/* SPDX-License-Identifier: MIT */
/* What --data may say. */
#include "files.h"

#include <limits.h>
#include <unistd.h>

#include "data/data_name.h"

static void check(const char *text, vdib__data_kind kind, const char *folder, const char *mixed) {
    vdib__data_name name;
    assert_ok(vdib__data_name_parse(text, &name));
    assert_int_equal(name.kind, kind);
    assert_int_equal(name.folder != NULL, folder != NULL);
    assert_int_equal(name.mixed != NULL, mixed != NULL);
    if (folder != NULL)
        assert_string_equal(name.folder, folder);
    if (mixed != NULL)
        assert_string_equal(name.mixed, mixed);
    vdib__data_name_free(&name);
}

static void names_are_taken_apart(void **state) {
    (void)state;
    check(NULL, VDIB_DATA_DIGITS, NULL, NULL);
    check("builtin:digits", VDIB_DATA_DIGITS, NULL, NULL);
    check("builtin:motion", VDIB_DATA_MOTION, NULL, NULL);
    check("film:mnist", VDIB_DATA_FILM, "mnist", NULL);
    check("film:a+b", VDIB_DATA_FILM, "a+b", NULL);
    check("nmnist", VDIB_DATA_FOLDER, "nmnist", NULL);
    check("a+b", VDIB_DATA_FOLDER, "a+b", NULL);
    check("nmnist+film:mnist", VDIB_DATA_FOLDER, "nmnist", "mnist");
    check("a+film:b+film:c", VDIB_DATA_FOLDER, "a+film:b", "c");
    check("nmnist+builtin:digits", VDIB_DATA_FOLDER, "nmnist", "builtin:digits");
    check("nmnist+builtin:digits2", VDIB_DATA_FOLDER, "nmnist+builtin:digits2", NULL);
}

static void names_that_mean_nothing_are_refused(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"film:", "names no folder of images"},
        {"nmnist+film:", "names no folder of images"},
        {"+film:mnist", "+film:mnist: names no recordings before the +"},
        {"+builtin:digits", "+builtin:digits: names no recordings before the +"},
        {"builtin:letters", "builtin:letters: there are no such built-in data; builtin:digits and builtin:motion"},
        {"builtin:digit", "no such built-in data"},
        {"builtin:motion2", "no such built-in data"},
        {"film:mnist+film:mnist", "what stands before the + is none"},
        {"builtin:digits+film:mnist", "what stands before the + is none"},
        {"builtin:motion+builtin:digits", "what stands before the + is none"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        vdib__data_name name;
        assert_fails(VDIB_ERROR_DATA, vdib__data_name_parse(bad[i][0], &name), bad[i][1]);
        assert_null(strchr(vdib_last_message(), '\n'));
    }
}

static void check_absolute(const char *text, const char *expected) {
    char *made = NULL;
    assert_ok(vdib__data_name_absolute(text, &made));
    assert_string_equal(made, expected);
    vdib__free(made);
}

static void folders_become_absolute(void **state) {
    char top[PATH_MAX], before[PATH_MAX], expected[3 * PATH_MAX], *made = NULL;
    files_write(*state, "a/x", "x", 1);
    files_write(*state, "b/x", "x", 1);
    assert_non_null(realpath(*state, top));
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(*state), 0);
    snprintf(expected, sizeof expected, "%s/a", top);
    check_absolute("a", expected);
    check_absolute("./a/../a/", expected);
    snprintf(expected, sizeof expected, "film:%s/b", top);
    check_absolute("film:b", expected);
    snprintf(expected, sizeof expected, "%s/a+film:%s/b", top, top);
    check_absolute("a+film:b", expected);
    snprintf(expected, sizeof expected, "%s/a+film:missing", top);
    check_absolute("a+film:missing", expected);
    snprintf(expected, sizeof expected, "%s/a+builtin:digits", top);
    check_absolute("a+builtin:digits", expected);
    snprintf(expected, sizeof expected, "%s/a", top);
    check_absolute(expected, expected);
    check_absolute("missing", "missing");
    check_absolute("builtin:digits", "builtin:digits");
    check_absolute("builtin:motion", "builtin:motion");
    check_absolute("film:", "film:"); /* opening says what is wrong */
    assert_ok(vdib__data_name_absolute(NULL, &made));
    assert_null(made);
    assert_int_equal(chdir(before), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_taken_apart),
        cmocka_unit_test(names_that_mean_nothing_are_refused),
        cmocka_unit_test_setup_teardown(folders_become_absolute, files_setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
