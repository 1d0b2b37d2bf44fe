/* SPDX-License-Identifier: MIT */
/* A loop is opened by one word, the gate: a bit that says whether workers may still come in, how many threads may
 * take part, and how many workers are inside. Tasks are claimed one by one from the shares of the threads. Who finds
 * all shares used up shuts the gate; the caller returns when the gate is shut and nobody is inside, so no worker of
 * one loop sees another. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "core/threads.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/available.h"
#include "core/pace.h"

enum { MOST_THREADS = 256, STACK_BYTES = 8 << 20 };

/* ---- waiting ---- */

/* In nanoseconds. QUIET_SPIN: how long a waiting thread looks for work if nobody else wants its core. Waking one up
 * takes some 50 us on a virtual machine, and a training step has a dozen loops. BUSY_SPIN: how long if somebody
 * does, the usual gap between two loops. LONGEST_TASK: a caller that waits for others' tasks sleeps after twice the
 * time of one, at most of this one. YIELD_LONG: a yield that takes as long gave the core to somebody else, which is
 * remembered for BUSY_MEMORY. */
enum {
    QUIET_SPIN = 1000000,
    BUSY_SPIN = 50000,
    LONGEST_TASK = 500000,
    YIELD_LONG = 40000,
    BUSY_MEMORY = 100000000,
    PAUSES = 64 /* between two looks at the clock, about a microsecond */
};

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- a team: one host thread and its workers ---- */

/* The gate: OPEN, the number of threads that may take part, the number of workers inside. */
static const unsigned OPEN = 1U << 31;
enum { LIMIT_SHIFT = 16, LIMIT = MOST_THREADS * 2 - 1, INSIDE = (1 << LIMIT_SHIFT) - 1 };

/* Tasks [next, end) of a loop. Every slot has a share of its own, always the same one of the same loop, and helps
 * with the others' when that is used up: what a task writes is then mostly still in the cache of the core that reads
 * or writes it next. */
typedef struct share {
    _Alignas(64) atomic_size_t next;
    size_t end;
} share;

typedef struct team team;
typedef struct worker {
    team *of;
    size_t slot;
    pthread_t thread;
} worker;

struct team {
    /* written by the caller before it opens the gate, read inside */
    vdib__task *task;
    const void *context;
    size_t threads;     /* that may take part: so many shares */
    fenv_t environment; /* rounding and the like: the caller's */
    _Alignas(64) atomic_uint gate;
    _Alignas(64) atomic_uint sleeping; /* workers in `work`; those that are about to count too */
    atomic_bool caller_sleeps, ending;
    _Atomic int64_t busy_until; /* somebody else wanted a core of the team's a short while ago */
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    /* the caller's own */
    size_t workers;
    vdib__pace pace;
    worker members[MOST_THREADS];
    share shares[MOST_THREADS];
};

static _Thread_local team *mine;  /* made when it is first wanted */
static _Thread_local bool inside; /* a task of this thread is running: loops in it are run by it alone */

typedef bool waiting_for(const team *t, size_t slot);

/* Looks for what is waited for, for a short while: `briefly` ns at least. Then it yields the core again and again,
 * which costs nothing where nobody else wants it. Where somebody does, the thread has lost the core for a time, as
 * the clock tells; for the next tenth of a second the team's threads do not look for longer than `briefly`, but
 * sleep. */
static bool spin(team *t, waiting_for *come, size_t slot, int64_t briefly) {
    int64_t start = now_ns(), now = start;
    bool busy = now < atomic_load_explicit(&t->busy_until, memory_order_relaxed), found = false;
    int64_t limit = start + (busy ? briefly : QUIET_SPIN);
    while (now < limit && !found) {
        for (int i = 0; i < PAUSES && !found; i++) {
            found = come(t, slot);
            relax();
        }
        int64_t before = now_ns();
        now = before;
        if (busy || found || before - start < briefly)
            continue;
        (void)sched_yield();
        now = now_ns();
        if (now - before > YIELD_LONG) {
            atomic_store_explicit(&t->busy_until, now + BUSY_MEMORY, memory_order_relaxed);
            break;
        }
    }
    return found || come(t, slot);
}

/* ---- workers ---- */

static bool may_enter(unsigned gate, size_t slot) {
    return (gate & OPEN) != 0 && slot < (gate >> LIMIT_SHIFT & LIMIT);
}

static bool work_has_come(const team *t, size_t slot) {
    return may_enter(atomic_load_explicit(&t->gate, memory_order_relaxed), slot) ||
           atomic_load_explicit(&t->ending, memory_order_relaxed);
}

static bool nobody_is_inside(const team *t, size_t slot) {
    (void)slot;
    return (atomic_load_explicit(&t->gate, memory_order_acquire) & INSIDE) == 0;
}

static size_t run_tasks(team *t, size_t slot) {
    size_t done = 0;
    for (size_t i = 0; i < t->threads; i++) {
        share *from = &t->shares[(slot + i) % t->threads];
        while (atomic_load_explicit(&from->next, memory_order_relaxed) < from->end) {
            size_t number = atomic_fetch_add_explicit(&from->next, 1, memory_order_relaxed);
            if (number >= from->end)
                break;
            t->task(t->context, number, slot);
            done++;
        }
    }
    return done;
}

static void leave(team *t) {
    atomic_fetch_and(&t->gate, ~OPEN);
    unsigned before = atomic_fetch_sub(&t->gate, 1);
    if ((before & INSIDE) == 1 && atomic_load(&t->caller_sleeps)) {
        pthread_mutex_lock(&t->lock);
        pthread_cond_signal(&t->done);
        pthread_mutex_unlock(&t->lock);
    }
}

/* Takes part in the loop that is open, if there is one. */
static void take_part(team *t, size_t slot) {
    unsigned gate = atomic_load(&t->gate);
    do
        if (!may_enter(gate, slot))
            return;
    while (!atomic_compare_exchange_weak(&t->gate, &gate, gate + 1));
    (void)fesetenv(&t->environment);
    (void)run_tasks(t, slot);
    leave(t);
}

static void sleep_until_work(team *t, size_t slot) {
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->sleeping,
                     1); /* before the look at the gate, which the caller opens before it looks who sleeps */
    while (!may_enter(atomic_load(&t->gate), slot) && !atomic_load(&t->ending))
        pthread_cond_wait(&t->work, &t->lock);
    atomic_fetch_sub(&t->sleeping, 1);
    pthread_mutex_unlock(&t->lock);
}

static void *work(void *argument) {
    worker *self = argument;
    team *t = self->of;
    inside = true;
    while (!atomic_load(&t->ending)) {
        if (!spin(t, work_has_come, self->slot, BUSY_SPIN))
            sleep_until_work(t, self->slot);
        take_part(t, self->slot);
    }
    return NULL;
}

/* ---- the life of a team ---- */

static pthread_key_t key; /* its destructor ends the team of a host thread that ends */
static bool has_key;

static void end_team(void *argument) {
    team *t = argument;
    pthread_mutex_lock(&t->lock);
    atomic_store(&t->ending, true);
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
    for (size_t i = 0; i < t->workers; i++)
        (void)pthread_join(t->members[i].thread, NULL);
    t->workers = 0;
    pthread_cond_destroy(&t->work);
    pthread_cond_destroy(&t->done);
    pthread_mutex_destroy(&t->lock);
    free(t);
    mine = NULL;
}

static bool reset(team *t) {
    t->workers = 0;
    atomic_store(&t->gate, 0);
    atomic_store(&t->sleeping, 0);
    atomic_store(&t->caller_sleeps, false);
    atomic_store(&t->ending, false);
    return pthread_mutex_init(&t->lock, NULL) == 0 && pthread_cond_init(&t->work, NULL) == 0 &&
           pthread_cond_init(&t->done, NULL) == 0;
}

/* A forked child has the calling thread alone: its workers did not come along. */
static void after_fork(void) {
    if (mine != NULL)
        (void)reset(mine);
}

static void make_key(void) {
    has_key = pthread_key_create(&key, end_team) == 0 && pthread_atfork(NULL, NULL, after_fork) == 0;
}

static bool start_worker(team *t, const pthread_attr_t *attributes) {
    worker *w = &t->members[t->workers];
    *w = (worker){.of = t, .slot = t->workers + 1};
    if (pthread_create(&w->thread, attributes, work, w) != 0)
        return false;
    t->workers++;
    return true;
}

/* Workers block every signal: the host's handlers run in the host's threads. */
static void start_workers(team *t, size_t wanted) {
    sigset_t all, before;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (t->workers < wanted && start_worker(t, &attributes))
        continue;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
}

/* From the C library's memory: it outlives every object of the library's, and may outlive the host's allocator. */
static team *new_team(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_key);
    team *t = has_key ? aligned_alloc(_Alignof(team), sizeof *t) : NULL;
    if (t == NULL)
        return NULL;
    memset(t, 0, sizeof *t);
    if (reset(t) && pthread_setspecific(key, t) == 0)
        return t;
    free(t);
    return NULL;
}

/* This thread's team with so many workers, or as many as can be had; NULL if it can have none. */
static team *team_of(size_t workers) {
    if (mine == NULL)
        mine = new_team();
    if (mine == NULL)
        return NULL;
    if (mine->workers < workers)
        start_workers(mine, workers);
    return mine->workers > 0 ? mine : NULL;
}

/* ---- loops ---- */

static void open_gate(team *t, size_t threads, size_t count) {
    t->threads = threads;
    for (size_t i = 0; i < threads; i++) {
        atomic_store_explicit(&t->shares[i].next, count * i / threads, memory_order_relaxed);
        t->shares[i].end = count * (i + 1) / threads;
    }
    atomic_store(&t->gate, OPEN | (unsigned)threads << LIMIT_SHIFT);
    if (atomic_load(&t->sleeping) == 0)
        return;
    pthread_mutex_lock(&t->lock);
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
}

/* Nobody comes in any more, and those who are inside are waited for. */
static void shut_gate(team *t, int64_t task) {
    atomic_fetch_and(&t->gate, ~OPEN);
    if (nobody_is_inside(t, 0) || spin(t, nobody_is_inside, 0, 2 * (task < LONGEST_TASK ? task : LONGEST_TASK)))
        return;
    pthread_mutex_lock(&t->lock);
    /* Before the look at the gate, which who leaves changes before it looks here. */
    atomic_store(&t->caller_sleeps, true);
    while ((atomic_load(&t->gate) & INSIDE) != 0)
        pthread_cond_wait(&t->done, &t->lock);
    atomic_store(&t->caller_sleeps, false);
    pthread_mutex_unlock(&t->lock);
}

static void run_alone(size_t count, vdib__task *task, const void *context) {
    for (size_t i = 0; i < count; i++)
        task(context, i, 0);
}

void vdib__parallel(int threads, size_t count, vdib__task *task, const void *context) {
    size_t useful = threads < 1 ? 1 : (size_t)(threads < MOST_THREADS ? threads : MOST_THREADS);
    useful = useful < count ? useful : count;
    team *t = useful > 1 && !inside ? team_of(useful - 1) : NULL;
    if (t == NULL) {
        run_alone(count, task, context);
        return;
    }
    vdib__pace_loop *loop = vdib__pace_find(&t->pace, (uint64_t)(uintptr_t)task, count, useful);
    int64_t start = now_ns(), finished = start;
    inside = true;
    if (vdib__pace_way(&t->pace, loop) == VDIB_ALONE) {
        run_alone(count, task, context);
        finished = now_ns();
    } else {
        t->task = task;
        t->context = context;
        (void)fegetenv(&t->environment);
        open_gate(t, useful, count);
        size_t done = run_tasks(t, 0);
        finished = now_ns();
        shut_gate(t, (finished - start) / (int64_t)(done > 0 ? done : 1));
    }
    inside = false;
    int64_t end = now_ns();
    vdib__pace_note(&t->pace, loop, end, end - start, end - finished);
}

/* ---- how many ---- */

static size_t cores(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (size_t)CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

int vdib__threads(size_t requested) {
    size_t threads = requested;
    if (requested == 0) {
        size_t there = cores(), allowed = vdib__cores_allowed();
        threads = allowed < there ? allowed : there;
    }
    if (threads < 1)
        threads = 1;
    return threads > MOST_THREADS ? MOST_THREADS : (int)threads;
}
