/* SPDX-License-Identifier: MIT */
/* Which way a loop is run, on a made-up machine whose times are given: the faster way is found, also after the
 * machine has changed, and little is spent on finding it. */
#include "support.h"

#include "core/pace.h"

/* Times of a run in microseconds, and every how many runs one with help stalls for how long. */
typedef struct machine {
    double help, alone;
    uint64_t stall_every;
    double stall;
} machine;

typedef struct tally {
    double time; /* us */
    uint64_t runs[VDIB_WAYS];
} tally;

/* Runs the loop `count` times, `gap` us between runs. */
static tally run(vdib__pace *pace, vdib__pace_loop *loop, const machine *m, uint64_t count, double gap,
                 int64_t *clock) {
    tally t = {0};
    for (uint64_t i = 0; i < count; i++) {
        vdib__way way = vdib__pace_way(pace, loop);
        bool stalls = way == VDIB_WITH_HELP && m->stall_every > 0 && i % m->stall_every == m->stall_every - 1;
        double time = way == VDIB_ALONE ? m->alone : m->help + (stalls ? m->stall : 0);
        t.runs[way]++;
        t.time += time;
        *clock += (int64_t)(1000 * (time + gap));
        vdib__pace_note(pace, loop, *clock, (int64_t)(1000 * time), (int64_t)(stalls ? 1000 * m->stall : 0));
    }
    return t;
}

static vdib__pace_loop *fresh(vdib__pace *pace) {
    memset(pace, 0, sizeof *pace);
    return vdib__pace_find(pace, 0x400000, 10, 2);
}

/* On a quiet machine nearly all runs have help, and the first ones all of them. */
static void help_that_helps_is_kept(void **state) {
    (void)state;
    static const machine quiet = {100, 190, 0, 0};
    vdib__pace pace;
    int64_t clock = 0;
    vdib__pace_loop *loop = fresh(&pace);
    assert_int_equal(run(&pace, loop, &quiet, 16, 50, &clock).runs[VDIB_ALONE], 0);
    tally t = run(&pace, loop, &quiet, 5000, 50, &clock);
    assert_true(t.time < 1.04 * 5000 * quiet.help);
    assert_true(t.runs[VDIB_ALONE] > 0);
    t = run(&pace, loop, &quiet, 5000, 50, &clock);
    assert_true(t.time < 1.03 * 5000 * quiet.help);
}

/* Runs that take long are tried one at a time, and not before ten seconds without need. */
static void long_loops_are_tried_once(void **state) {
    (void)state;
    static const machine quiet = {10000, 17000, 0, 0};
    vdib__pace pace;
    int64_t clock = 0;
    vdib__pace_loop *loop = fresh(&pace);
    tally t = run(&pace, loop, &quiet, 400, 140000, &clock); /* a minute */
    assert_in_range(t.runs[VDIB_ALONE], 4, 10);
    assert_true(t.time < 1.02 * 400 * quiet.help);
}

/* The first run, which starts threads, is not held against them. */
static void a_slow_start_is_forgiven(void **state) {
    (void)state;
    static const machine start = {20000, 150, 0, 0}, quiet = {100, 150, 0, 0};
    vdib__pace pace;
    int64_t clock = 0;
    vdib__pace_loop *loop = fresh(&pace);
    (void)run(&pace, loop, &start, 2, 50, &clock);
    assert_true(run(&pace, loop, &quiet, 400, 50, &clock).time < 1.06 * 400 * quiet.help);
}

static void help_that_harms_is_left_out(void **state) {
    (void)state;
    static const machine slow = {300, 150, 0, 0}, stalling = {100, 150, 10, 3000}, even = {100, 101, 0, 0};
    static const machine *const machines[] = {&slow, &stalling, &even};
    for (size_t m = 0; m < 3; m++) {
        vdib__pace pace;
        int64_t clock = 0;
        vdib__pace_loop *loop = fresh(&pace);
        (void)run(&pace, loop, machines[m], 100, 50, &clock);
        tally t = run(&pace, loop, machines[m], 5000, 50, &clock);
        assert_true(t.runs[VDIB_WITH_HELP] < 300);
        assert_true(t.time < 1.08 * 5000 * machines[m]->alone);
    }
}

/* Stalls that cost less than help brings change nothing. */
static void rare_stalls_are_borne(void **state) {
    (void)state;
    static const machine busy = {100, 190, 100, 3000};
    vdib__pace pace;
    int64_t clock = 0;
    vdib__pace_loop *loop = fresh(&pace);
    (void)run(&pace, loop, &busy, 200, 50, &clock);
    tally t = run(&pace, loop, &busy, 10000, 50, &clock);
    assert_true(t.runs[VDIB_ALONE] < 2000);
    assert_true(t.time < 1.1 * 10000 * (busy.help + busy.stall / 100));
}

/* Other programs come and go. */
static void a_change_is_noticed(void **state) {
    (void)state;
    static const machine quiet = {100, 190, 0, 0}, busy = {100, 400, 4, 3000};
    vdib__pace pace;
    int64_t clock = 0;
    vdib__pace_loop *loop = fresh(&pace);
    for (int round = 0; round < 3; round++) {
        (void)run(&pace, loop, &quiet, 3000, 50, &clock);
        assert_true(run(&pace, loop, &quiet, 2000, 50, &clock).time < 1.03 * 2000 * quiet.help);
        (void)run(&pace, loop, &busy, 300, 50, &clock);
        assert_true(run(&pace, loop, &busy, 2000, 50, &clock).time < 1.15 * 2000 * busy.alone);
    }
}

/* A step of three loops, each of which leaves the others' memory in the wrong caches when it has help: with help
 * each is faster than alone after loops that had help, but all of them alone are faster still. Then another trainer,
 * for which help is right. */
static void all_alone_may_be_best(void **state) {
    (void)state;
    static const double help[2] = {100, 100},
                        alone[2][2] = {{110, 70}, {190, 190}}; /* after loops with help, and alone */
    vdib__pace pace = {0};
    int64_t clock = 0;
    for (uint64_t trainer = 0; trainer < 2; trainer++) {
        double time = 0, before = 0;
        vdib__way latest = VDIB_WITH_HELP;
        for (uint64_t i = 0; i < 30000; i++) {
            vdib__pace_loop *loop = vdib__pace_find(&pace, 0x401000 + 64 * (3 * trainer + i % 3), 10, 2);
            vdib__way way = vdib__pace_way(&pace, loop);
            double took = way == VDIB_ALONE ? alone[trainer][latest] : help[trainer];
            latest = way;
            clock += (int64_t)(1000 * took);
            vdib__pace_note(&pace, loop, clock, (int64_t)(1000 * took), 0);
            time += took;
            before += i == 14999 ? time : 0;
        }
        assert_true((time - before) / 15000 < 1.03 * (trainer == 0 ? 70 : 100));
    }
}

/* A loop is known by its function, its tasks, its threads and the loop before it. */
static void loops_are_told_apart(void **state) {
    (void)state;
    enum { LOOPS = 5 };
    vdib__pace pace = {0};
    vdib__pace_loop *first[LOOPS], *again[LOOPS];
    for (int round = 0; round < 3; round++) {
        vdib__pace_loop **found = round < 2 ? first : again;
        found[0] = vdib__pace_find(&pace, 0x401000, 10, 2);
        found[1] = vdib__pace_find(&pace, 0x401000, 12, 2);
        found[2] = vdib__pace_find(&pace, 0x402040, 12, 2);
        found[3] = vdib__pace_find(&pace, 0x402040, 12, 2);
        found[4] = vdib__pace_find(&pace, 0x402040, 12, 3);
    }
    for (int i = 0; i < LOOPS; i++) {
        assert_ptr_equal(first[i], again[i]);
        for (int k = 0; k < i; k++)
            assert_ptr_not_equal(first[i], first[k]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_that_helps_is_kept),  cmocka_unit_test(long_loops_are_tried_once),
        cmocka_unit_test(a_slow_start_is_forgiven), cmocka_unit_test(help_that_harms_is_left_out),
        cmocka_unit_test(rare_stalls_are_borne),    cmocka_unit_test(a_change_is_noticed),
        cmocka_unit_test(loops_are_told_apart),     cmocka_unit_test(all_alone_may_be_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
