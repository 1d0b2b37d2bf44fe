/* SPDX-License-Identifier: MIT */
/* Decoded recordings on disk: what is stored is found, by other programs too, and what is broken is not there. */
#include "data/files.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "core/alloc.h"
#include "data/recordings/store.h"

static vdib__store *open_store(const char *cache, uint64_t settings, uint64_t bound) {
    vdib__store *store = NULL;
    setenv("VDIB_CACHE", cache, 1);
    assert_ok(vdib__store_open(settings, bound, &store));
    assert_non_null(store);
    return store;
}

static size_t count_of(const vdib__store *store) {
    bool full = false;
    return vdib__store_count(store, &full);
}

static vdib__file_key key_of(uint64_t number) {
    return (vdib__file_key){.words = {number * UINT64_C(0x9E3779B97F4A7C15), number}};
}

/* Bytes of record `number`: of another length for each. */
static size_t fill(uint64_t number, uint8_t bytes[1000]) {
    size_t size = (size_t)(number * 37 % 1000);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number + i);
    return size;
}

static void put(vdib__store *store, uint64_t number) {
    uint8_t bytes[1000];
    vdib__file_key key = key_of(number);
    vdib__store_put(store, &key, bytes, fill(number, bytes));
}

static bool has(vdib__store *store, uint64_t number) {
    uint8_t expected[1000], *bytes = NULL;
    size_t size = 0;
    vdib__file_key key = key_of(number);
    if (!vdib__store_get(store, &key, &bytes, &size))
        return false;
    assert_int_equal(size, fill(number, expected));
    assert_memory_equal(bytes, expected, size);
    vdib__free(bytes);
    return true;
}

static void path_of_store(const char *folder, uint64_t settings, char path[FILE_PATH]) {
    snprintf(path, FILE_PATH, "%s/recordings-%016llx.store", folder, (unsigned long long)settings);
}

static void what_is_stored_is_found(void **state) {
    vdib__store *store = open_store(*state, 1, 0), *other = open_store(*state, 2, 0);
    for (uint64_t i = 1; i <= 3000; i++)
        put(store, i);
    for (uint64_t i = 1; i <= 3000; i++)
        assert_true(has(store, i));
    assert_false(has(store, 3001));
    assert_false(has(other, 1)); /* decoded in another way */
    vdib__store_close(store);
    store = open_store(*state, 1, 0);
    assert_int_equal(count_of(store), 3000);
    for (uint64_t i = 1; i <= 3000; i++)
        assert_true(has(store, i));
    vdib__store_close(other);
    vdib__store_close(store);
}

static void two_at_once_share_a_file(void **state) {
    vdib__store *one = open_store(*state, 3, 0), *two = open_store(*state, 3, 0);
    for (uint64_t i = 1; i <= 100; i++)
        put(i % 2 == 0 ? one : two, i);
    for (uint64_t i = 1; i <= 100; i++)
        put(i % 2 == 0 ? two : one, i); /* is there: nothing is added */
    vdib__store *all = open_store(*state, 3, 0);
    assert_int_equal(count_of(all), 100);
    for (uint64_t i = 1; i <= 100; i++)
        assert_true(has(all, i) && has(one, i) && has(two, i));
    vdib__store_close(one);
    vdib__store_close(two);
    vdib__store_close(all);
}

static void *put_many(void *store) {
    for (uint64_t i = 1; i <= 500; i++)
        put(store, i);
    for (uint64_t i = 1; i <= 500; i++)
        if (!has(store, i))
            return store;
    return NULL;
}

static void threads_do_not_meet(void **state) {
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    vdib__store *store = open_store(*state, 4, 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, store), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *missing = NULL;
        assert_int_equal(pthread_join(threads[i], &missing), 0);
        assert_null(missing);
    }
    assert_int_equal(count_of(store), 500);
    vdib__store_close(store);
}

/* A program that was killed while it added a record. */
static void a_broken_end_is_cut_away(void **state) {
    char path[FILE_PATH];
    path_of_store(*state, 5, path);
    for (int lost = 1; lost < 400; lost += 57) {
        vdib__store *store = open_store(*state, 5, 0);
        size_t before = count_of(store);
        for (uint64_t i = 1; i <= 20; i++)
            put(store, i);
        assert_true(count_of(store) == 20 && (before == 0 || before < 20));
        vdib__store_close(store);
        size_t size = 0;
        uint8_t *content = NULL;
        assert_ok(vdib__file_read(path, &content, &size));
        vdib__free(content);
        assert_int_equal(truncate(path, (off_t)size - lost), 0);
    }
    vdib__store *store = open_store(*state, 5, 0);
    put(store, 50);
    vdib__store_close(store);
    store = open_store(*state, 5, 0);
    assert_true(has(store, 50) && has(store, 1));
    vdib__store_close(store);
}

static void a_damaged_record_is_not_there(void **state) {
    char path[FILE_PATH];
    vdib__store *store = open_store(*state, 6, 0);
    put(store, 7);
    put(store, 9);
    path_of_store(*state, 6, path);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "!", 1, 32 + 48 + 5), 1); /* a byte of the first record's content */
    assert_int_equal(close(file), 0);
    assert_false(has(store, 7));
    assert_true(has(store, 9));
    vdib__store_close(store);
    files_write(*state, "recordings-0000000000000006.store", "something else", 14);
    store = open_store(*state, 6, 0);
    assert_int_equal(count_of(store), 0);
    put(store, 7);
    assert_true(has(store, 7));
    vdib__store_close(store);
}

static void it_grows_to_its_bound(void **state) {
    bool full = false;
    vdib__store *store = open_store(*state, 7, 4096);
    for (uint64_t i = 1; i <= 20; i++)
        put(store, i);
    size_t count = vdib__store_count(store, &full);
    assert_true(full && count > 3 && count < 20);
    assert_true(has(store, 3));
    vdib__store_close(store);
}

/* The key is of the content: another file, another part, a changed file have another one. */
static void keys_are_of_the_content(void **state) {
    char path[FILE_PATH], other[FILE_PATH];
    char content[20000];
    vdib__file_key key, same, changed;
    memset(content, 'a', sizeof content);
    files_write(*state, "one", content, sizeof content);
    content[10000] = 'b';
    files_write(*state, "two", content, sizeof content);
    const struct timespec then[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, files_path(path, *state, "one"), then, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, files_path(other, *state, "two"), then, 0), 0);
    assert_true(vdib__file_key_of(path, "", &key) && vdib__file_key_of(path, "", &same));
    assert_memory_equal(&key, &same, sizeof key);
    assert_true(vdib__file_key_of(other, "", &changed));
    assert_memory_not_equal(&key, &changed, sizeof key);
    assert_true(vdib__file_key_of(path, "3", &changed));
    assert_memory_not_equal(&key, &changed, sizeof key);
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    assert_true(vdib__file_key_of(path, "", &changed));
    assert_memory_not_equal(&key, &changed, sizeof key);
    assert_false(vdib__file_key_of("/nowhere/at/all", "", &key));
    assert_false(vdib__file_key_of("/", "", &key));
}

static void without_a_cache_there_is_no_store(void **state) {
    vdib__store *store = NULL;
    setenv("VDIB_CACHE", "off", 1);
    assert_ok(vdib__store_open(8, 0, &store));
    assert_null(store);
    char path[FILE_PATH];
    files_write(*state, "file", "x", 1);
    setenv("VDIB_CACHE", files_path(path, *state, "file"), 1); /* no folder */
    assert_ok(vdib__store_open(8, 0, &store));
    assert_null(store);
    setenv("VDIB_CACHE", "off", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(what_is_stored_is_found),       files_test(two_at_once_share_a_file),
        files_test(threads_do_not_meet),           files_test(a_broken_end_is_cut_away),
        files_test(a_damaged_record_is_not_there), files_test(it_grows_to_its_bound),
        files_test(keys_are_of_the_content),       files_test(without_a_cache_there_is_no_store)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
