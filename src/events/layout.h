/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_LAYOUT_H
#define VDIB_EVENTS_LAYOUT_H
/* Files without a header can only be told from those of another layout by what their events look like: time stamps of
 * a clock grow, and carry from their lower bits into the upper ones. */

#include "events/reader.h"

enum {
    VDIB_LAYOUT_EARLY = 8192, /* steps from event to event from which on a file is judged before its end */
    VDIB_LAYOUT_SAID = 128
};

/* What the first events of a file are like. */
typedef struct vdib__layout {
    bool begun; /* `last` is an event */
    vdib_event last;
    uint64_t steps, back, far_back, repeated; /* from event to event */
    uint64_t carries, lone; /* steps that change the time's bits from 16 on, and leave bits 8 to 15 as they were */
    uint64_t tops, upper;   /* new largest values of the bits from 16 on; events whose bit 15 is set */
    int64_t top;            /* the largest of them */
    bool x_moved, y_fell, y_rose;
    bool grown; /* time was seen to grow, or is not judged any more */
    size_t count;
    int64_t times[VDIB_LAYOUT_EARLY]; /* (count) of the first events, without the steps that go far back */
} vdib__layout;

/* *layout of no events, which vdib__free releases. */
vdib_status vdib__layout_create(vdib__layout **layout);

/* Looks at events as the file has them. */
void vdib__layout_look(vdib__layout *layout, const vdib_event *events, size_t count);

/* Whether what was seen is no recording, and what of it says so; `ended`: nothing follows. */
bool vdib__layout_is_other(vdib__layout *layout, bool ended, char said[VDIB_LAYOUT_SAID]);

#endif
