/* SPDX-License-Identifier: MIT */
#include "core/pace.h"

/* Runs that are not counted at first: threads are started, memory is touched for the first time. */
enum { WARM_UP = 2 };

/* From LONG_RUN ns on a run is long: disturbances average out in it. A mean is over so many runs (stalls are rare
 * and long), a trial has so many. */
enum { LONG_RUN = 3000000, MEMORY = 64, LONG_MEMORY = 8, TRIAL = 4, LONG_TRIAL = 1 };

/* Runs until the first trial, and until a new choice is looked at again; a trial that changes nothing doubles the
 * interval, up to the longest. Trials that something calls for have as many runs between them, and a quarter of the
 * interval. */
enum { FIRST_INTERVAL = 16, LONGEST_INTERVAL = 1024, LEAST_INTERVAL = 8 };

/* What calls for a trial: so many runs at whose end the caller waited for so large a share of it; a mean that is as
 * many times what it was; so many ns without one. */
enum { STALLS = 3 };
static const double LONG_WAIT = 0.25, CHANGE = 1.4;
static const int64_t PATIENCE = 10000000000;

/* Help must bring the time down to this share. */
static const double GAIN = 0.97;

/* A window has so many runs, several training steps, and so many ns, or fewer runs in which more time passes. Half
 * of it must be loops, and nothing else may take so long between two of them. */
enum { WINDOW_RUNS = 64, WINDOW = 20000000, FEW_RUNS = 16, LONG_WINDOW = 250000000, GAP = 20000000 };
static const double LOOPS_SHARE = 0.5;

/* Runs after which it is known what is usual. */
enum { USUAL = 6 };

/* Places in the table where a loop may be found. */
enum { PLACES = 8 };

vdib__pace_loop *vdib__pace_find(vdib__pace *pace, uint64_t function, size_t count, size_t threads) {
    uint64_t own = function ^ (uint64_t)count << 40 ^ (uint64_t)threads << 32;
    uint64_t name = (own ^ pace->before >> 9) * 0x9E3779B97F4A7C15U | 1;
    vdib__pace_loop *loop = NULL;
    pace->before = own;
    for (uint64_t i = 0; i < PLACES; i++) {
        loop = &pace->loops[((name >> 40) + i) % VDIB_PACE_LOOPS];
        if (loop->name == name)
            return loop;
        if (loop->name == 0)
            break;
    }
    *loop = (vdib__pace_loop){.name = name, .interval = FIRST_INTERVAL}; /* a free place, or somebody else's */
    return loop;
}

static vdib__way other(vdib__way way) {
    return way == VDIB_ALONE ? VDIB_WITH_HELP : VDIB_ALONE;
}

static vdib__way way_of(const vdib__pace_loop *loop) {
    return loop->to_go > 0 ? other(loop->way) : loop->way;
}

vdib__way vdib__pace_way(const vdib__pace *pace, const vdib__pace_loop *loop) {
    return way_of(&pace->all) == VDIB_ALONE && loop->usual > 0 ? VDIB_ALONE : way_of(loop);
}

static bool differ(double a, double b) {
    return a > CHANGE * b || b > CHANGE * a;
}

static bool trial_is_due(const vdib__pace_loop *loop, int64_t now) {
    uint32_t least = loop->interval / 4 > LEAST_INTERVAL ? loop->interval / 4 : LEAST_INTERVAL;
    if (loop->runs >= (loop->is_new ? FIRST_INTERVAL : loop->interval))
        return true;
    if (loop->runs < least)
        return false;
    return loop->stalls >= STALLS || now - loop->last_trial > PATIENCE ||
           (loop->time_then > 0 && differ(loop->time[loop->way], loop->time_then));
}

/* Chooses anew. Trials become frequent again only if a new choice turns out right when it is looked at again; a way
 * back is as if nothing had changed. */
static void end_trial(vdib__pace_loop *loop, int64_t now) {
    double *known = &loop->time[other(loop->way)], time = loop->trial_time / loop->trial_runs;
    *known = *known > 0 && !differ(*known, time) ? (*known + time) / 2 : time;
    vdib__way better = loop->time[VDIB_WITH_HELP] <= GAIN * loop->time[VDIB_ALONE] ? VDIB_WITH_HELP : VDIB_ALONE;
    bool changes = better != loop->way;
    if (loop->is_new && !changes)
        loop->interval = FIRST_INTERVAL;
    else if (loop->is_new == changes && loop->interval < LONGEST_INTERVAL)
        loop->interval *= 2;
    loop->is_new = changes && !loop->is_new;
    loop->way = better;
    loop->time_then = loop->time[better];
    loop->runs = loop->stalls = 0;
    loop->last_trial = now;
}

static void note(vdib__pace_loop *loop, int64_t now, int64_t time, int64_t waited) {
    if (loop->to_go > 0) {
        loop->trial_time += (double)time;
        if (--loop->to_go == 0)
            end_trial(loop, now);
        return;
    }
    bool first = loop->time_then <= 0; /* no trial yet */
    loop->runs++;
    if (first && loop->runs <= WARM_UP) {
        loop->last_trial = now;
        return;
    }
    double *mean = &loop->time[loop->way];
    uint32_t memory = time > LONG_RUN ? LONG_MEMORY : MEMORY;
    *mean += ((double)time - *mean) / (first && loop->runs - WARM_UP < memory ? loop->runs - WARM_UP : memory);
    if (loop->way == VDIB_WITH_HELP && (double)waited > LONG_WAIT * (double)time)
        loop->stalls++;
    if (trial_is_due(loop, now)) {
        loop->trial_runs = loop->to_go = *mean > LONG_RUN ? LONG_TRIAL : TRIAL;
        loop->trial_time = 0;
    }
}

static void begin_window(vdib__pace *pace, int64_t now) {
    pace->start = now;
    pace->runs = 0;
    pace->strange = 0;
    pace->time = pace->usual = 0;
}

/* A window that is over counts as a run of MEGA ns if it took its usual time. */
static void end_window(vdib__pace *pace, int64_t now) {
    enum { MEGA = 1000000000 };
    double wall = (double)(now - pace->start);
    if (pace->all.interval == 0 || pace->strange > pace->runs / 2)
        pace->all = (vdib__pace_loop){.interval = FIRST_INTERVAL}; /* another kind of work */
    if (pace->strange == 0 && pace->time > LOOPS_SHARE * wall)
        note(&pace->all, now, (int64_t)(MEGA * wall / pace->usual), 0);
    begin_window(pace, now);
}

void vdib__pace_note(vdib__pace *pace, vdib__pace_loop *loop, int64_t now, int64_t time, int64_t waited) {
    if (now - time - pace->latest > GAP)
        begin_window(pace, now - time);
    pace->latest = now;
    if (way_of(&pace->all) == VDIB_WITH_HELP || loop->usual <= 0)
        note(loop, now, time, waited);
    if (loop->usual <= 0 && loop->runs >= USUAL)
        loop->usual = loop->time[VDIB_WITH_HELP];
    pace->strange += loop->usual <= 0;
    pace->time += (double)time;
    pace->usual += loop->usual;
    uint32_t wanted = now - pace->start >= LONG_WINDOW ? FEW_RUNS : WINDOW_RUNS;
    if (++pace->runs >= wanted && now - pace->start >= WINDOW)
        end_window(pace, now);
}
