/* SPDX-License-Identifier: MIT */
/* The rule of sizes (vdib.h): programs compiled for an earlier or a later version of a struct. */
#include "support.h"

#include <string.h>

#include "core/sized.h"

/* A struct as three versions of a library know it. */
typedef struct first {
    size_t size;
    uint32_t a;
    uint32_t b;
} first;

typedef struct thing {
    size_t size;
    uint32_t a;
    uint32_t b;
    double c;
} thing;

typedef struct later {
    size_t size;
    uint32_t a;
    uint32_t b;
    double c;
    uint64_t d;
} later;

static void earlier_program_gives_fewer_members(void **state) {
    (void)state;
    first given = {.size = sizeof(first), .a = 1, .b = 2};
    thing copy;
    memset(&copy, 0xFF, sizeof copy);
    assert_ok(vdib__sized_read("thing", &given, sizeof(first), &copy, sizeof copy));
    assert_int_equal(copy.size, sizeof(thing));
    assert_int_equal(copy.a, 1);
    assert_int_equal(copy.b, 2);
    assert_true(copy.c == 0);
}

static void earlier_program_receives_fewer_members(void **state) {
    (void)state;
    struct {
        first room;
        uint64_t guard;
    } old = {.room = {.size = sizeof(first)}, .guard = 77};
    const thing made = {.size = sizeof(thing), .a = 1, .b = 2, .c = 3};
    assert_ok(vdib__sized_check("thing", &old.room, sizeof(first)));
    vdib__sized_write(&made, sizeof made, sizeof(first), &old.room);
    assert_int_equal(old.room.size, sizeof(first));
    assert_int_equal(old.room.a, 1);
    assert_int_equal(old.room.b, 2);
    assert_int_equal(old.guard, 77); /* nothing beyond its size is touched */
}

static void later_program_may_not_set_what_is_unknown(void **state) {
    (void)state;
    later given = {.size = sizeof(later), .a = 1, .b = 2, .c = 3};
    thing copy = {.a = 9};
    assert_ok(vdib__sized_read("thing", &given, sizeof(first), &copy, sizeof copy));
    assert_int_equal(copy.size, sizeof(thing));
    assert_true(copy.c == 3);
    given.d = 1;
    copy.a = 9;
    assert_fails(VDIB_ERROR_UNSUPPORTED, vdib__sized_read("thing", &given, sizeof(first), &copy, sizeof copy),
                 "later version");
    assert_int_equal(copy.a, 9);
}

static void later_program_receives_zeros(void **state) {
    (void)state;
    later given;
    memset(&given, 0xFF, sizeof given);
    given.size = sizeof given;
    const thing made = {.size = sizeof(thing), .a = 1, .b = 2, .c = 3};
    assert_ok(vdib__sized_check("thing", &given, sizeof(first)));
    vdib__sized_write(&made, sizeof made, sizeof(first), &given);
    assert_int_equal(given.size, sizeof(later));
    assert_int_equal(given.b, 2);
    assert_true(given.c == 3);
    assert_int_equal(given.d, 0);
}

static void sizes_that_were_not_set_are_refused(void **state) {
    (void)state;
    const size_t bad[] = {1, sizeof(size_t), (size_t)1 << 17, (size_t)-1};
    thing given = {.a = 1}, copy;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        given.size = bad[i];
        assert_fails(VDIB_ERROR_ARGUMENT, VDIB_SIZED_CHECK(thing, &given), ".size = sizeof(thing)");
        assert_fails(VDIB_ERROR_ARGUMENT, VDIB_SIZED_READ(thing, &given, &copy), ".size = sizeof(thing)");
    }
    assert_fails(VDIB_ERROR_ARGUMENT, VDIB_SIZED_CHECK(thing, NULL), "thing");
    assert_fails(VDIB_ERROR_ARGUMENT, VDIB_SIZED_READ(thing, NULL, &copy), "thing");
}

/* {0} of a program that was written before structs had sizes: the members of the first version, and nothing beyond
 * them. */
static void size_0_is_the_first_version(void **state) {
    (void)state;
    struct {
        first room;
        uint64_t guard;
    } old = {.room = {.a = 5, .b = 6}, .guard = 77};
    thing copy = {.c = 9};
    assert_ok(vdib__sized_read("thing", &old.room, sizeof(first), &copy, sizeof copy));
    assert_true(copy.size == sizeof(thing) && copy.a == 5 && copy.b == 6 && copy.c == 0);
    const thing made = {.size = sizeof(thing), .a = 1, .b = 2, .c = 3};
    assert_ok(vdib__sized_check("thing", &old.room, sizeof(first)));
    vdib__sized_write(&made, sizeof made, sizeof(first), &old.room);
    assert_true(old.room.size == 0 && old.room.a == 1 && old.room.b == 2 && old.guard == 77);
    thing unset = {.a = 4};
    assert_ok(VDIB_SIZED_READ(thing, &unset, &copy));
    assert_int_equal(copy.a, 4);
}

static void null_is_every_default_where_it_is_legal(void **state) {
    (void)state;
    const thing *none = NULL;
    thing copy = {.a = 9};
    assert_ok(VDIB_SIZED_READ_OPTIONAL(thing, none, &copy));
    assert_int_equal(copy.size, sizeof(thing));
    assert_int_equal(copy.a, 0);
    assert_ok(VDIB_SIZED_CHECK_OPTIONAL(thing, none));
    VDIB_SIZED_WRITE(thing, &copy, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earlier_program_gives_fewer_members),
        cmocka_unit_test(earlier_program_receives_fewer_members),
        cmocka_unit_test(later_program_may_not_set_what_is_unknown),
        cmocka_unit_test(later_program_receives_zeros),
        cmocka_unit_test(sizes_that_were_not_set_are_refused),
        cmocka_unit_test(size_0_is_the_first_version),
        cmocka_unit_test(null_is_every_default_where_it_is_legal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
