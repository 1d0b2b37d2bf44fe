/* SPDX-License-Identifier: MIT */
/* A loop is opened by one word, the gate: a bit that says whether workers may still come in, how many threads may take part,
 * and how many workers are inside. Tasks are claimed by a counter. Who finds the counter used up shuts the gate; the caller
 * returns when the gate is shut and nobody is inside, so the memory of one loop is never seen by a worker of another. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "core/threads.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 256, STACK_BYTES = 8 << 20 };

/* ---- waiting ---- */

enum {
    QUIET_SPIN =
        1000000,        /* ns that a waiting thread looks for work if nobody else wants its core: waking one up takes */
                        /* some 50 us on a virtual machine, and a training step has a dozen loops */
    BUSY_SPIN = 4000,   /* ns if somebody does */
    YIELD_LONG = 40000, /* ns: a yield that takes as long gave the core to somebody else */
    BUSY_MEMORY = 100000000, /* ns that this is remembered */
    PAUSES = 64              /* between two looks at the clock, about a microsecond */
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
    size_t count;
    fenv_t environment; /* rounding and the like: the caller's */
    _Alignas(64) atomic_size_t next;
    _Alignas(64) atomic_uint gate;
    _Alignas(64) atomic_uint sleeping; /* workers in `work`; those that are about to count too */
    atomic_bool caller_sleeps, ending;
    _Atomic int64_t busy_until; /* somebody else wanted a core of the team's a short while ago */
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    /* the caller's own */
    bool inside; /* a task of this thread is running: loops in it are run by it alone */
    bool ready;  /* lock and conditions are made */
    size_t workers;
    worker members[MOST_THREADS];
};

static _Thread_local team mine;

typedef bool waiting_for(const team *t, size_t slot);

/* Looks for what is waited for, for a short while. Yielding costs nothing where nobody else wants the core, and says it where
 * somebody does: then the thread has lost the core for a time, and will sleep instead for the next tenth of a second. */
static bool spin(team *t, waiting_for *come, size_t slot) {
    int64_t start = now_ns(), now = start;
    bool busy = now < atomic_load_explicit(&t->busy_until, memory_order_relaxed);
    int64_t limit = start + (busy ? BUSY_SPIN : QUIET_SPIN);
    while (now < limit) {
        for (int i = 0; i < PAUSES; i++) {
            if (come(t, slot))
                return true;
            relax();
        }
        int64_t before = now_ns();
        if (!busy)
            (void)sched_yield();
        now = now_ns();
        if (!busy && now - before > YIELD_LONG) {
            atomic_store_explicit(&t->busy_until, now + BUSY_MEMORY, memory_order_relaxed);
            break;
        }
    }
    return come(t, slot);
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

static void run_tasks(team *t, size_t slot) {
    for (;;) {
        size_t number = atomic_fetch_add_explicit(&t->next, 1, memory_order_relaxed);
        if (number >= t->count)
            return;
        t->task(t->context, number, slot);
    }
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
    run_tasks(t, slot);
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
    mine.inside = true; /* a worker's own team never has members */
    while (!atomic_load(&t->ending)) {
        if (!spin(t, work_has_come, self->slot))
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
    t->ready = false;
}

static void reset(team *t) {
    t->workers = 0;
    t->inside = false;
    atomic_store(&t->gate, 0);
    atomic_store(&t->sleeping, 0);
    atomic_store(&t->caller_sleeps, false);
    atomic_store(&t->ending, false);
    t->ready = pthread_mutex_init(&t->lock, NULL) == 0 && pthread_cond_init(&t->work, NULL) == 0 &&
               pthread_cond_init(&t->done, NULL) == 0;
}

/* A forked child has the calling thread alone: its workers did not come along. */
static void after_fork(void) {
    if (mine.ready)
        reset(&mine);
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

/* This thread's team with so many workers, or as many as can be had; NULL if it can have none. */
static team *team_of(size_t workers) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!mine.ready) {
        (void)pthread_once(&once, make_key);
        if (!has_key || pthread_setspecific(key, &mine) != 0)
            return NULL;
        reset(&mine);
    }
    if (!mine.ready)
        return NULL;
    if (mine.workers < workers)
        start_workers(&mine, workers);
    return mine.workers > 0 ? &mine : NULL;
}

/* ---- loops ---- */

static void open_gate(team *t, size_t threads) {
    atomic_store_explicit(&t->next, 0, memory_order_relaxed);
    atomic_store(&t->gate, OPEN | (unsigned)threads << LIMIT_SHIFT);
    if (atomic_load(&t->sleeping) == 0)
        return;
    pthread_mutex_lock(&t->lock);
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
}

/* Nobody comes in any more, and those who are inside are waited for. */
static void shut_gate(team *t) {
    atomic_fetch_and(&t->gate, ~OPEN);
    if (nobody_is_inside(t, 0) || spin(t, nobody_is_inside, 0))
        return;
    pthread_mutex_lock(&t->lock);
    atomic_store(&t->caller_sleeps,
                 true); /* before the look at the gate, which who leaves changes before it looks here */
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
    team *t = useful > 1 && !mine.inside ? team_of(useful - 1) : NULL;
    if (t == NULL) {
        run_alone(count, task, context);
        return;
    }
    t->task = task;
    t->context = context;
    t->count = count;
    (void)fegetenv(&t->environment);
    t->inside = true;
    open_gate(t, useful);
    run_tasks(t, 0);
    shut_gate(t);
    t->inside = false;
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
    size_t threads = requested != 0 ? requested : cores();
    if (threads < 1)
        threads = 1;
    return threads > MOST_THREADS ? MOST_THREADS : (int)threads;
}
