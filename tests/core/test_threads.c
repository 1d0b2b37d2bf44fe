/* SPDX-License-Identifier: MIT */
/* Loops of tasks: each is run once, in a slot of its own, by as many threads as there are; nested, side by side,
 * after a fork, with the caller's rounding; and nobody keeps a core busy while nothing is to be done. */
#include "support.h"

#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/threads.h"

enum { MOST = 1000, SLOTS = 8 };

typedef struct record {
    int threads;
    atomic_uint runs[MOST];     /* of each task */
    atomic_uint users[SLOTS];   /* tasks that are in a slot now */
    atomic_uint in_slot[SLOTS]; /* tasks that were */
    atomic_uint wrong;
    unsigned long sum[MOST];
} record;

static void note(const void *context, size_t task, size_t slot) {
    record *r = *(record *const *)context;
    atomic_fetch_add(&r->runs[task], 1);
    if (slot >= (size_t)r->threads || atomic_fetch_add(&r->users[slot], 1) != 0)
        atomic_fetch_add(&r->wrong, 1);
    unsigned long sum = 0;
    for (size_t i = 0; i <= task % 97 * 20; i++)
        sum += i * task;
    r->sum[task] = sum;
    atomic_fetch_add(&r->in_slot[slot], 1);
    atomic_fetch_sub(&r->users[slot], 1);
}

static void check(record *r, int threads, size_t count) {
    memset(r, 0, sizeof *r);
    r->threads = threads > 1 ? threads : 1;
    vdib__parallel(threads, count, note, &r);
    assert_int_equal(atomic_load(&r->wrong), 0);
    for (size_t task = 0; task < MOST; task++)
        assert_int_equal(atomic_load(&r->runs[task]), task < count);
}

static void every_task_runs_once(void **state) {
    (void)state;
    static record r;
    static const size_t counts[] = {0, 1, 2, 3, 7, 64, MOST};
    for (int round = 0; round < 40; round++)
        for (int threads = 0; threads <= SLOTS; threads++)
            for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
                check(&r, threads, counts[c]);
}

static void pause_us(long microseconds) {
    const struct timespec time = {.tv_nsec = microseconds * 1000};
    (void)nanosleep(&time, NULL);
}

/* Two tasks that wait for each other end only if two threads run them. */
static void meet(const void *context, size_t task, size_t slot) {
    atomic_uint *arrived = *(atomic_uint *const *)context;
    (void)task, (void)slot;
    double start = vdib__clock_seconds();
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < 3 && vdib__clock_seconds() - start < 20)
        pause_us(100);
}

static void tasks_run_side_by_side(void **state) {
    (void)state;
    for (int round = 0; round < 5; round++) {
        atomic_uint arrived = 0, *all = &arrived;
        double start = vdib__clock_seconds();
        vdib__parallel(3, 3, meet, &all);
        assert_true(vdib__clock_seconds() - start < 20);
    }
}

static void wait_a_little(const void *context, size_t task, size_t slot) {
    atomic_uint *in_slot = *(atomic_uint *const *)context;
    (void)task;
    atomic_fetch_add(&in_slot[slot], 1);
    pause_us(2000);
}

/* Workers come back after they slept. */
static void workers_wake_up(void **state) {
    (void)state;
    for (int round = 0; round < 5; round++) {
        atomic_uint in_slot[2] = {0}, *all = in_slot;
        pause_us(20000);
        vdib__parallel(2, 20, wait_a_little, &all);
        assert_int_equal(in_slot[0] + in_slot[1], 20);
        assert_true(in_slot[0] > 0 && in_slot[1] > 0);
    }
}

static void inner(const void *context, size_t task, size_t slot) {
    atomic_uint *count = *(atomic_uint *const *)context;
    (void)task;
    atomic_fetch_add(count, slot == 0 ? 1 : 1000000);
}

static void outer(const void *context, size_t task, size_t slot) {
    (void)task, (void)slot;
    vdib__parallel(4, 50, inner, context);
}

/* A loop inside of a task is its thread's own. */
static void loops_nest(void **state) {
    (void)state;
    atomic_uint count = 0, *all = &count;
    vdib__parallel(3, 20, outer, &all);
    assert_int_equal(count, 20 * 50);
}

static void *host_thread(void *argument) {
    static char mark;
    record *r = calloc(1, sizeof *r);
    bool right = r != NULL;
    for (int round = 0; round < 200 && right; round++) {
        memset(r, 0, sizeof *r);
        r->threads = 3;
        vdib__parallel(3, 100, note, &r);
        right = atomic_load(&r->wrong) == 0;
        for (size_t task = 0; task < 100; task++)
            right = right && atomic_load(&r->runs[task]) == 1;
    }
    free(r);
    return right ? argument : &mark;
}

/* Host threads have teams of their own, which end with them. */
static void host_threads_do_not_meet(void **state) {
    (void)state;
    for (int round = 0; round < 3; round++) {
        pthread_t threads[4];
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, host_thread, NULL), 0);
        for (size_t i = 0; i < 4; i++) {
            void *wrong = &threads;
            assert_int_equal(pthread_join(threads[i], &wrong), 0);
            assert_null(wrong);
        }
    }
}

/* A child has no workers of its parent's, and starts its own. */
static void a_fork_starts_anew(void **state) {
    (void)state;
    static record r;
    check(&r, 3, 100);
    pid_t child = fork();
    if (child == 0) {
        atomic_uint arrived = 0, *all = &arrived;
        (void)alarm(30);
        vdib__parallel(3, 3, meet, &all);
        check(&r, 3, 100);
        _exit(atomic_load(&r.wrong) == 0 && arrived == 3 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    check(&r, 3, 100);
}

static void third(const void *context, size_t task, size_t slot) {
    volatile float one = 1.0F, three = 3.0F;
    (void)slot;
    pause_us(1000);
    (*(float *const *)context)[task] = one / three;
}

/* All threads round as the caller does, also if it changes its mind. */
static void rounding_is_the_callers(void **state) {
    (void)state;
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD};
    float values[20], first[3];
    for (size_t m = 0; m < 6; m++) {
        float *all = values;
        assert_int_equal(fesetround(modes[m % 3]), 0);
        vdib__parallel(2, 20, third, &all);
        for (size_t i = 1; i < 20; i++)
            assert_true(values[i] == values[0]);
        first[m % 3] = values[0];
    }
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    assert_true(first[1] > first[2]);
}

static double processor_seconds(void) {
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* Eight threads that have nothing to do use less than a twentieth of one core. */
static void idle_workers_sleep(void **state) {
    (void)state;
    static record r;
    check(&r, SLOTS, MOST);
    pause_us(50000);
    double start = processor_seconds();
    pause_us(400000);
    assert_true(processor_seconds() - start < 0.02);
}

static atomic_uint handled_elsewhere;
static pthread_t main_thread;

static void handle(int number) {
    (void)number;
    if (!pthread_equal(pthread_self(), main_thread))
        atomic_fetch_add(&handled_elsewhere, 1);
}

static void raise_signal(const void *context, size_t task, size_t slot) {
    (void)context, (void)task, (void)slot;
    (void)kill(getpid(), SIGUSR1);
    pause_us(500);
}

/* The host's handlers run in the host's threads. */
static void signals_are_the_hosts(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = handle}, before;
    main_thread = pthread_self();
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    vdib__parallel(3, 30, raise_signal, NULL);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    assert_int_equal(handled_elsewhere, 0);
}

static void requests_are_bounded(void **state) {
    (void)state;
    assert_int_equal(vdib__threads(1), 1);
    assert_int_equal(vdib__threads(7), 7);
    assert_int_equal(vdib__threads(100000), 256);
    assert_in_range(vdib__threads(0), 1, 256);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),     cmocka_unit_test(tasks_run_side_by_side),
        cmocka_unit_test(workers_wake_up),          cmocka_unit_test(loops_nest),
        cmocka_unit_test(host_threads_do_not_meet), cmocka_unit_test(a_fork_starts_anew),
        cmocka_unit_test(rounding_is_the_callers),  cmocka_unit_test(idle_workers_sleep),
        cmocka_unit_test(signals_are_the_hosts),    cmocka_unit_test(requests_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
