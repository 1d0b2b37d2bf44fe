/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_PACE_H
#define VDIB_CORE_PACE_H
/* Which loops are faster with other threads' help, and which are faster if the calling thread runs them alone: found by
 * measuring, loop by loop.
 *
 * Help can do harm: beside other programs a helper may lose its core in the middle of a task that the caller then
 * waits for, and on cores without a common cache what one core wrote is slow to reach for the other. Nothing that a
 * program can ask for says so in advance, but training repeats the same loops for ever: the time of each with help
 * and alone is compared. A loop begins with help and keeps it while nothing looks wrong; now and then, the more
 * seldom the longer that changes nothing, it is tried the other way. And since loops leave each other's memory in
 * one cache or another, all of them alone are compared with each the faster way, window of time by window of time.
 * No result depends on any of this. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum vdib__way { VDIB_WITH_HELP, VDIB_ALONE, VDIB_WAYS } vdib__way;

/* What is known of one loop. All zeros: nothing. */
typedef struct vdib__pace_loop {
    uint64_t name;
    vdib__way way;              /* chosen */
    bool is_new;                /* at the last trial */
    double time[VDIB_WAYS];     /* mean of the latest runs, ns; 0: not known */
    double usual;               /* a mean of the first runs with help: how much work a run is; 0: not known yet */
    double time_then;           /* that of the chosen way at the last trial; 0: there was none */
    uint32_t runs;              /* of the chosen way since the last trial */
    uint32_t interval;          /* of runs between trials */
    uint32_t stalls;            /* runs since the last trial at whose end the caller waited long */
    uint32_t trial_runs, to_go; /* of the trial at hand; 0: there is none */
    double trial_time;          /* of its runs so far */
    int64_t last_trial;         /* when it was, ns */
} vdib__pace_loop;

enum { VDIB_PACE_LOOPS = 128 };

/* The loops of one caller. All zeros to begin with. */
typedef struct vdib__pace {
    vdib__pace_loop loops[VDIB_PACE_LOOPS];
    uint64_t before; /* the loop before this one */
    /* The window at hand: runs in it, when it began, the time of its loops, and what that usually is. */
    uint32_t runs;
    uint32_t strange;      /* those of loops that are new among them */
    int64_t start, latest; /* and when the latest run ended */
    double time, usual;
    vdib__pace_loop all; /* windows as runs of one loop, their times in units of what is usual */
} vdib__pace;

/* The loop of this function, number of tasks and number of threads that comes after the loop before. */
vdib__pace_loop *vdib__pace_find(vdib__pace *pace, uint64_t function, size_t count, size_t threads);

/* How to run it this time. */
vdib__way vdib__pace_way(const vdib__pace *pace, const vdib__pace_loop *loop);

/* It was run that way until `now`, in `time` ns, at the end of which the caller waited for `waited` ns. */
void vdib__pace_note(vdib__pace *pace, vdib__pace_loop *loop, int64_t now, int64_t time, int64_t waited);

#endif
