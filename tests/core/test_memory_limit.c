/* SPDX-License-Identifier: MIT */
/* The bound on what the library allocates (VDIB_LIMIT_MEMORY): sizes, what is refused and how, and that what is freed
 * can be had again. */
#include "support.h"

#include "core/alloc.h"
#include "core/available.h"
#include "core/json.h"
#include "core/memory_limit.h"

enum { LIMIT = 32 << 20 };

static void sizes_are_read(void **state) {
    static const struct {
        const char *text;
        uint64_t bytes;
    } right[] = {{"1", 1},
                 {"536870912", 536870912},
                 {"3K", 3072},
                 {"512M", UINT64_C(512) << 20},
                 {"1.5G", UINT64_C(1536) << 20},
                 {"2T", UINT64_C(2) << 40}};
    static const char *const wrong[] = {"",        "M",    "0",   "-1",     "1e9",
                                        "1.5",     "1.M",  ".5G", "5 M",    "512m",
                                        "1GB",     "0x10", "inf", "1.5.5G", "99999999999999999999",
                                        "9999999T"};
    uint64_t bytes = 0;
    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        assert_true(vdib__size_parse(right[i].text, &bytes));
        assert_int_equal(bytes, right[i].bytes);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (vdib__size_parse(wrong[i], &bytes))
            fail_msg("'%s' is taken for %llu bytes", wrong[i], (unsigned long long)bytes);
}

static void what_goes_beyond_is_refused(void **state) {
    char *blocks[8] = {NULL}, *none = NULL;
    size_t before = vdib__memory_left(), given = 0;
    (void)state;
    assert_int_equal(vdib__memory_limit(), LIMIT);
    while (given < 8 && VDIB_NEW(&blocks[given], 5 << 20) == VDIB_OK)
        given++;
    assert_true(given >= 4 && given <= 6); /* large blocks are whole pages of 2 MiB */
    assert_fails(VDIB_ERROR_MEMORY, VDIB_NEW(&none, 5 << 20),
                 "needs more than the 32M of --limit-memory (5242880 bytes");
    assert_true(vdib__memory_left() < before);
    for (size_t i = 0; i < given; i++)
        vdib__free(blocks[i]);
    assert_int_equal(vdib__memory_left(), before);
    assert_fails(VDIB_ERROR_MEMORY, VDIB_NEW(&none, (size_t)1 << 40), "--limit-memory");
    for (size_t i = 0; i < 100000; i++) {
        assert_ok(VDIB_NEW(&none, 1000));
        vdib__free(none);
    }
    assert_int_equal(vdib__memory_left(), before);
}

static void what_is_available_is_what_is_left(void **state) {
    const char *limit = NULL;
    (void)state;
    assert_int_equal(vdib__memory_available_under("/nowhere", &limit), vdib__memory_left());
    assert_string_equal(limit, "the limit of --limit-memory");
}

static void json_that_could_grow_beyond_is_refused(void **state) {
    const size_t size = 1 << 20;
    char *text = malloc(size);
    json_error_t problem;
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < size; i++)
        text[i] = (i == 0) ? '[' : i + 1 == size ? ']' : i % 3 == 1 ? '[' : i % 3 == 2 ? ']' : ',';
    assert_null(vdib__json_read(text, size, &problem));
    assert_non_null(strstr(problem.text, "--limit-memory"));
    json_t *read = vdib__json_read("[1]", 3, &problem);
    assert_non_null(read);
    json_decref(read);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(what_goes_beyond_is_refused),
        cmocka_unit_test(what_is_available_is_what_is_left),
        cmocka_unit_test(json_that_could_grow_beyond_is_refused),
    };
    return setenv("VDIB_LIMIT_MEMORY", "32M", 1) == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
