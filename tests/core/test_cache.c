/* SPDX-License-Identifier: MIT */
/* The cache folder: where it is, and that it stays within its size. */
#include "data/files.h"

#include "core/cache.h"
#include "core/cache_claim.h"

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

/* Makes a thing of `size` bytes under a key, or claims it; `made` says which is expected. */
static vdib__cache_claim claim(uint64_t key, uint64_t size, bool made) {
    vdib__cache_claim claimed;
    assert_ok(vdib__cache_claim_open("archive", key, "data", &claimed));
    assert_int_equal(claimed.making != NULL, made);
    if (made) {
        assert_ok(vdib__file_write(claimed.making, "content", 7));
        claimed.size = size;
        claimed.facts[1] = key;
        assert_ok(vdib__cache_claim_keep(&claimed));
    }
    assert_null(claimed.making);
    assert_true(claimed.size == size && claimed.facts[1] == key);
    assert_true(vdib__is_file(claimed.path));
    return claimed;
}

/* Times of files have steps of some milliseconds. */
static void wait_a_little(void) {
    const struct timespec time = {.tv_nsec = 30000000};
    (void)nanosleep(&time, NULL);
}

static void what_is_unpacked_stays_as_long_as_it_is_used(void **state) {
    char path[FILE_PATH];
    vdib__cache_claim claims[3];
    assert_int_equal(setenv("VDIB_CACHE", *state, 1), 0);
    assert_int_equal(setenv("VDIB_UNPACKED_BYTES", "250", 1), 0);
    for (uint64_t key = 0; key < 3; key++)
        claims[key] = claim(key, 100, true);
    assert_true(is_there(*state, "archive-0000000000000000.data")); /* more than the bound, but in use */
    vdib__cache_claim_close(&claims[0]);
    wait_a_little();
    vdib__cache_claim again = claim(1, 100, false); /* of two in use, and one that is not, that one goes */
    assert_false(is_there(*state, "archive-0000000000000000.data"));
    assert_false(is_there(*state, "archive-0000000000000000.data.lock"));
    assert_true(is_there(*state, "archive-0000000000000002.data"));
    vdib__cache_claim_close(&again);
    vdib__cache_claim_close(&claims[1]);
    vdib__cache_claim_close(&claims[2]);
    wait_a_little();
    claims[0] = claim(3, 100, true); /* number 1 was used later than number 2 */
    assert_true(is_there(*state, "archive-0000000000000001.data"));
    assert_false(is_there(*state, "archive-0000000000000002.data"));
    vdib__cache_claim_close(&claims[0]);
    assert_ok(vdib__cache_claim_open("archive", 9, "data", &claims[0])); /* not made after all */
    assert_ok(vdib__folder_make(files_path(path, claims[0].making, "deep")));
    vdib__cache_claim_close(&claims[0]);
    assert_false(is_there(*state, "archive-0000000000000009.data.lock"));
    assert_false(vdib__is_folder(files_path(path, *state, "archive-0000000000000009.data.unpacking")));
    assert_int_equal(setenv("VDIB_UNPACKED_BYTES", "many", 1), 0);
    assert_true(vdib__unpacked_bound() == VDIB_UNPACKED_BYTES);
    assert_int_equal(unsetenv("VDIB_UNPACKED_BYTES"), 0);
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
        files_test(what_is_unpacked_stays_as_long_as_it_is_used),
        cmocka_unit_test(hashes_are_those_of_fnv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
