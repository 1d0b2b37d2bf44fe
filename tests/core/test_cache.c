/* SPDX-License-Identifier: MIT */
/* The cache folder: where it is, and that it stays within its size. */
#include "data/files.h"

#include "core/cache.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static void the_environment_says_where(void **state) {
    char *path = NULL, expected[FILE_PATH];
    setenv("VDIB_CACHE", *state, 1);
    assert_ok(vdib__cache_path("film", 0xABC, "bin", &path));
    snprintf(expected, sizeof expected, "%s/film-0000000000000abc.bin", (const char *)*state);
    assert_string_equal(path, expected);
    vdib__free(path);
    setenv("VDIB_CACHE", "off", 1);
    assert_ok(vdib__cache_path("film", 1, "bin", &path));
    assert_null(path);
    setenv("VDIB_CACHE", "", 1);
    setenv("XDG_CACHE_HOME", *state, 1);
    assert_ok(vdib__cache_path("judge", 1, "safetensors", &path));
    snprintf(expected, sizeof expected, "%s/vdib/judge-0000000000000001.safetensors", (const char *)*state);
    assert_string_equal(path, expected);
    vdib__free(path);
    unsetenv("XDG_CACHE_HOME");
}

/* A sparse file of `size` bytes, used `age` seconds ago. */
static void make_file(const char *folder, const char *name, off_t size, time_t age) {
    char path[FILE_PATH];
    files_write(folder, name, "x", 1);
    assert_int_equal(truncate(files_path(path, folder, name), size), 0);
    const struct timespec then[2] = {{.tv_sec = time(NULL) - age}, {.tv_sec = time(NULL) - age}};
    assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
}

static bool is_there(const char *folder, const char *name) {
    char path[FILE_PATH];
    return vdib__is_file(files_path(path, folder, name));
}

static void what_was_used_longest_ago_goes_first(void **state) {
    char path[FILE_PATH];
    const off_t part = (off_t)(VDIB_CACHE_BYTES / 4);
    make_file(*state, "film-0000000000000001.bin", part, 400);
    make_file(*state, "judge-0000000000000002.safetensors", part, 300);
    make_file(*state, "film-0000000000000003.bin.tmp-77-0", part, 200);
    make_file(*state, "film-0000000000000004.bin", part, 100);
    make_file(*state, "film-00000000000000.bin", 4 * part, 900); /* none of ours */
    make_file(*state, "thesis.txt", 4 * part, 900);
    vdib__cache_used(
        files_path(path, *state, "film-0000000000000001.bin")); /* all four fit; this one is the newest now */
    assert_true(is_there(*state, "judge-0000000000000002.safetensors"));
    make_file(*state, "film-0000000000000005.bin", part + 1, 500);
    vdib__cache_used(files_path(path, *state, "film-0000000000000005.bin"));
    assert_false(is_there(*state, "judge-0000000000000002.safetensors"));
    assert_false(is_there(*state, "film-0000000000000003.bin.tmp-77-0")); /* one byte too much: the next one goes too */
    assert_true(is_there(*state, "film-0000000000000001.bin"));
    assert_true(is_there(*state, "film-0000000000000004.bin"));
    assert_true(is_there(*state, "film-0000000000000005.bin"));
    assert_true(is_there(*state, "film-00000000000000.bin") && is_there(*state, "thesis.txt"));
}

static void hashes_are_those_of_fnv(void **state) {
    (void)state;
    const unsigned char bytes[5] = {'a', 0, 0, 0, 'b'};
    uint64_t expected = (VDIB_HASH_BASIS ^ 'a') * UINT64_C(1099511628211);
    assert_true(vdib__hash(VDIB_HASH_BASIS, bytes, 0) == VDIB_HASH_BASIS);
    assert_true(vdib__hash(VDIB_HASH_BASIS, bytes, 1) == expected);
    assert_true(vdib__hash(VDIB_HASH_BASIS, bytes, 4) == expected); /* a word, little endian here */
    assert_true(vdib__hash(VDIB_HASH_BASIS, bytes, 5) == (expected ^ 'b') * UINT64_C(1099511628211));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(the_environment_says_where),
        files_test(what_was_used_longest_ago_goes_first),
        cmocka_unit_test(hashes_are_those_of_fnv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
