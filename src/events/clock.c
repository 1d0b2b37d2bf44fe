/* SPDX-License-Identifier: MIT */
#include "events/clock.h"

/* How many of the next events have a time below `limit`. */
static size_t count_below(const vdib__event_clock *clock, const vdib_event *next, size_t count, int64_t limit) {
    size_t below = 0;
    for (size_t i = 0; i < count; i++)
        below += next[i].t + clock->shift < limit;
    return below;
}

/* Fewer following events than this decide nothing. */
enum { LEAST_WITNESSES = 3 };

/* An event at `time`, far below the latest: whether the clock started again with it. Moves the clock on if so. */
static bool start_again(vdib__event_clock *clock, int64_t time, const vdib_event *next, size_t count,
                        vdib_events_info *info) {
    size_t below = count_below(clock, next, count, clock->latest - VDIB_CLOCK_JUMP_US);
    bool stays = count >= LEAST_WITNESSES && 4 * below >= 3 * count;
    bool turned = clock->turn_us > 0 && clock->latest - time > clock->turn_us / 2;
    if (turned && (stays || count < LEAST_WITNESSES)) {
        clock->shift += clock->turn_us;
        info->wraps++;
        return true;
    }
    if (!stays)
        return false;
    clock->shift += clock->latest - time;
    info->restarts++;
    return true;
}

/* Whether an event at `time`, far above the latest, is borne out by half of those that follow. */
static bool is_borne_out(const vdib__event_clock *clock, int64_t time, const vdib_event *next, size_t count) {
    return count < LEAST_WITNESSES || 2 * count_below(clock, next, count, time - VDIB_CLOCK_JUMP_US) <= count;
}

int64_t vdib__clock_time(vdib__event_clock *clock, const vdib_event *events, size_t count, vdib_events_info *info) {
    size_t next = count - 1 < VDIB_CLOCK_AHEAD ? count - 1 : VDIB_CLOCK_AHEAD;
    int64_t time = events[0].t + clock->shift;
    if (!clock->started) {
        *clock = (vdib__event_clock){.turn_us = clock->turn_us, .started = true, .latest = time, .previous = time};
        return time;
    }
    int64_t early = time - clock->turn_us;
    if (time < clock->latest - VDIB_CLOCK_JUMP_US) {
        if (start_again(clock, time, events + 1, next, info))
            time = events[0].t + clock->shift;
        if (time > clock->latest)
            clock->latest = time;
    } else if (time <= clock->latest + VDIB_CLOCK_JUMP_US) {
        clock->latest = time > clock->latest ? time : clock->latest;
    } else if (clock->turn_us > 0 && clock->shift >= clock->turn_us && early <= clock->latest &&
               early > clock->latest - VDIB_CLOCK_LATE_US) {
        time = early; /* a late event of the turn before */
    } else if (is_borne_out(clock, time, events + 1, next)) {
        clock->latest = time;
    }
    info->out_of_order += time < clock->previous;
    clock->previous = time;
    return time;
}
