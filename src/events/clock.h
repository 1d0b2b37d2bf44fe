/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_CLOCK_H
#define VDIB_EVENTS_CLOCK_H
/* One clock for a recording. The time stamps of a file may start again because they have no more bits (a turn) or
 * because the sensor was reset (a restart), and single events may be late, early or damaged. These are told apart by
 * the events that follow: a clock that started again stays where it is, a late event is followed by events of the time
 * before. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/events.h"

enum {
    VDIB_CLOCK_AHEAD = 8,        /* following events that are asked */
    VDIB_CLOCK_JUMP_US = 20000,  /* smaller steps are never a restart nor a damaged time */
    VDIB_CLOCK_LATE_US = 1 << 20 /* how late an event of the turn before may be */
};

typedef struct vdib__event_clock {
    int64_t turn_us;  /* length of a turn, 0: time stamps do not start again */
    bool started;     /* an event was seen */
    int64_t shift;    /* added to time stamps */
    int64_t latest;   /* largest time that other events bear out */
    int64_t previous; /* time of the event before */
} vdib__event_clock;

/* The time of events[0] of `count` (1 or more, up to 1 + VDIB_CLOCK_AHEAD of interest; fewer only at the end), whose t
 * are time stamps. Adds to info->wraps, restarts, out_of_order. */
int64_t vdib__clock_time(vdib__event_clock *clock, const vdib_event *events, size_t count, vdib_events_info *info);

#endif
