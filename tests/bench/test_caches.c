/* SPDX-License-Identifier: MIT */
/* What is moved to measure a cache fits into it, and fills as much of it as is said. */
#include "support.h"

#include "bench/bench.h"

enum { UNIT_BYTES = VDIB_BENCH_UNIT * sizeof(float) };

static double bytes_of(int level, size_t most) {
    size_t count = vdib__bench_update_count(level, most);
    assert_int_equal(count % VDIB_BENCH_UNIT, 0);
    return (double)count * sizeof(float);
}

static void assert_just_below(double bytes, double limit) {
    assert_true(bytes <= limit && bytes > limit - UNIT_BYTES);
}

static void half_of_a_small_cache_is_moved(void **state) {
    (void)state;
    for (int level = 0; level < 2; level++)
        assert_just_below(bytes_of(level, SIZE_MAX / 64), vdib__bench_cache_bytes(level) / 2);
}

static void four_second_level_caches_measure_the_third(void **state) {
    (void)state;
    assert_just_below(bytes_of(2, SIZE_MAX / 64), 4 * vdib__bench_cache_bytes(1));
}

static void memory_is_measured_with_all_there_is_and_nothing_with_more(void **state) {
    (void)state;
    const size_t most = 1000 * VDIB_BENCH_UNIT + 5;
    assert_int_equal(vdib__bench_update_count(3, most), 1000 * VDIB_BENCH_UNIT);
    for (int level = 0; level < 4; level++)
        assert_true(vdib__bench_update_count(level, 3 * VDIB_BENCH_UNIT) == 3 * VDIB_BENCH_UNIT);
}

static void bytes_are_held_by_the_smallest_cache_that_is_large_enough(void **state) {
    (void)state;
    assert_int_equal(vdib__bench_level_of(1), 0);
    for (int level = 0; level < 3; level++) {
        assert_int_equal(vdib__bench_level_of(vdib__bench_cache_bytes(level)), level);
        assert_int_equal(vdib__bench_level_of(vdib__bench_cache_bytes(level) + 1), level + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_of_a_small_cache_is_moved),
        cmocka_unit_test(four_second_level_caches_measure_the_third),
        cmocka_unit_test(memory_is_measured_with_all_there_is_and_nothing_with_more),
        cmocka_unit_test(bytes_are_held_by_the_smallest_cache_that_is_large_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
