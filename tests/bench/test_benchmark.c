/* SPDX-License-Identifier: MIT */
/* The public face of the benchmarks: what is refused, and stopping. The figures themselves are the program's test's
 * business. */
#include "support.h"

#include "vdib/benchmark.h"

/* How often each callback came, and when to stop. */
typedef struct counts {
    int asked, stop_at, machine, begin, results;
} counts;

static bool stop(void *user) {
    counts *c = user;
    return ++c->asked >= c->stop_at;
}

static void on_machine(void *user, const vdib_machine *machine) {
    assert_int_equal(machine->size, sizeof *machine);
    assert_true(machine->cores >= 1);
    ((counts *)user)->machine++;
}

static void on_begin(void *user, const char *name) {
    assert_non_null(name);
    ((counts *)user)->begin++;
}

static void on_scaling(void *user, const vdib_scaling *point) {
    assert_int_equal(point->size, sizeof *point);
    assert_true(point->seconds > 0);
    ((counts *)user)->results++;
}

static vdib_benchmark_options options_of(counts *c, const char *filter) {
    return (vdib_benchmark_options){.size = sizeof(vdib_benchmark_options),
                                    .filter = filter,
                                    .threads = 1,
                                    .machine = on_machine,
                                    .begin = on_begin,
                                    .scaling = on_scaling,
                                    .cancelled = stop,
                                    .user = c};
}

static void an_unknown_name_lists_what_there_is(void **state) {
    (void)state;
    counts c = {.stop_at = 1};
    const vdib_benchmark_options options = options_of(&c, "no-such-benchmark");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_benchmark_run(&options), "halving");
    assert_int_equal(c.asked, 0);
}

static void nothing_is_measured_when_stopped_at_once(void **state) {
    (void)state;
    counts c = {.stop_at = 1};
    const vdib_benchmark_options options = options_of(&c, NULL);
    assert_fails(VDIB_ERROR_CANCELLED, vdib_benchmark_run(&options), "stopped");
    assert_int_equal(c.asked, 1);
    assert_int_equal(c.begin, 0);
}

/* Asked before the machine, the section, and each of its points: the fourth time, after one point. */
static void stopping_is_heard_between_points(void **state) {
    (void)state;
    counts c = {.stop_at = 4};
    const vdib_benchmark_options options = options_of(&c, "hidden");
    assert_fails(VDIB_ERROR_CANCELLED, vdib_benchmark_run(&options), "stopped");
    assert_int_equal(c.asked, 4);
    assert_int_equal(c.machine, 1);
    assert_int_equal(c.begin, 2);
    assert_int_equal(c.results, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_name_lists_what_there_is),
        cmocka_unit_test(nothing_is_measured_when_stopped_at_once),
        cmocka_unit_test(stopping_is_heard_between_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
