/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_RANGE_H
#define VDIB_EVENTS_RANGE_H
/* A range of time: which of a recording's events are delivered. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/events.h"

/* Events may be so much out of order: one that is so much behind the end of a range ends reading, and what is sought by
 * time is sought so much earlier. */
#define VDIB_RANGE_SLACK_US INT64_C(1000000)

typedef struct vdib__range {
    bool asked;       /* else all events are inside */
    bool relative;    /* counts from the first event; until it is known: */
    bool known;       /* the times below are those of the file's clock */
    bool sought;      /* the place where the range begins was looked for */
    bool passed;      /* an event was far behind the end */
    int64_t from, to; /* microseconds, half-open */
} vdib__range;

/* Both 0: all. VDIB_ERROR_ARGUMENT where the range is empty. */
vdib_status vdib__range_of(int64_t from_us, int64_t to_us, bool relative, vdib__range *range);

/* Keeps the events inside, which are the next ones of the recording, in place; returns how many they are. */
size_t vdib__range_keep(vdib__range *range, vdib_event *events, size_t count);

#endif
