/* SPDX-License-Identifier: MIT */
/* Sets of numbers as text. */
#include "support.h"

#include "core/ranges.h"

static void sets_that_are_none_are_refused(void **state) {
    (void)state;
    static const char *const good[] = {"none", "0", "7,7", "800-999", "3-3", "0-4,6,800-999", "999999999"};
    static const char *const bad[] = {"",     " ",     "None",    "1-",   "-1",  "2-1",        "1,",    ",1",
                                      "1,,2", "1-2-3", "800 999", "1, 2", "0x1", "1000000000", "none,1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(vdib__ranges_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(vdib__ranges_valid(bad[i]));
}

static void sets_hold_their_numbers(void **state) {
    (void)state;
    for (uint64_t n = 0; n < 20; n++) {
        bool held = n == 0 || (n >= 3 && n <= 5) || n == 7 || n == 19;
        assert_int_equal(vdib__ranges_hold("0,3-5,7,19-30", n), held);
        assert_false(vdib__ranges_hold("none", n));
    }
    assert_false(vdib__ranges_hold("0,3-5", UINT64_MAX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_that_are_none_are_refused),
        cmocka_unit_test(sets_hold_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
