/* SPDX-License-Identifier: MIT */
/* Tables of choices: names and tags are whole words. */
#include "support.h"

#include "core/choice.h"

typedef struct animal {
    vdib__choice choice;
    int legs;
} animal;

static const animal cat = {.choice = {.name = "cat", .help = "purrs", .tags = "furry small"}, .legs = 4};
static const animal bird = {.choice = {.name = "blue-bird", .help = "sings"}, .legs = 2};
static const vdib__choice *const rows[] = {&cat.choice, &bird.choice};
static const vdib__choices animals = VDIB_CHOICES(rows);

static void finding(void **state) {
    (void)state;
    assert_int_equal(animals.count, 2);
    assert_ptr_equal(vdib__choice_find(&animals, "cat"), &cat);
    assert_ptr_equal(vdib__choice_find(&animals, "blue-bird"), &bird);
    assert_int_equal(((const animal *)vdib__choice_find(&animals, "blue-bird"))->legs, 2);
    assert_null(vdib__choice_find(&animals, "bird"));
    assert_null(vdib__choice_find(&animals, "ca"));
    assert_null(vdib__choice_find(&animals, "cats"));
    assert_null(vdib__choice_find(&animals, ""));
}

static void words(void **state) {
    (void)state;
    assert_true(vdib__choice_word("one two", "one"));
    assert_true(vdib__choice_word("one two", "two"));
    assert_true(vdib__choice_word("one", "one"));
    assert_false(vdib__choice_word("one two", "tw"));
    assert_false(vdib__choice_word("one two", "one two"));
    assert_false(vdib__choice_word("one two", ""));
    assert_false(vdib__choice_word("", "one"));
    assert_false(vdib__choice_word(NULL, "one"));
}

static void names_and_tags(void **state) {
    (void)state;
    assert_true(vdib__choice_is(&cat.choice, "dog cat"));
    assert_true(vdib__choice_is(&cat.choice, "small"));
    assert_true(vdib__choice_is(&cat.choice, "tall furry"));
    assert_false(vdib__choice_is(&cat.choice, "fur"));
    assert_false(vdib__choice_is(&cat.choice, "purrs"));
    assert_false(vdib__choice_is(&bird.choice, "furry small blue"));
    assert_true(vdib__choice_is(&bird.choice, "blue-bird"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finding),
        cmocka_unit_test(words),
        cmocka_unit_test(names_and_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
