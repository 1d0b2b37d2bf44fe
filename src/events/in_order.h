/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_IN_ORDER_H
#define VDIB_EVENTS_IN_ORDER_H
/* A stream of events into order of time: events are held until those that follow can no longer come before them. */

#include <stdbool.h>

#include "events/events.h"

/* By how many events one may be late. */
enum { VDIB_IN_ORDER_WINDOW = 65536 };

typedef vdib_status vdib__in_order_deliver(void *user, vdib_event *events, size_t count);

typedef struct vdib__in_order {
    const char *path; /* for messages; borrowed */
    bool whole;       /* everything is held to the end */
    vdib__in_order_deliver *deliver;
    void *user;
    /* private */
    vdib_event *held, *spare; /* (capacity) */
    size_t capacity, count, delivered;
    bool begun;
    bool late;            /* one that is held came after a later one */
    int64_t latest, last; /* times: the latest that came, that of the last event that was delivered */
    size_t moved;         /* events that came after a later one */
} vdib__in_order;

/* Members before `private` are set by the caller, the others are 0. */
vdib_status vdib__in_order_put(vdib__in_order *order, const vdib_event *events, size_t count);
/* Delivers what is held. */
vdib_status vdib__in_order_end(vdib__in_order *order);
void vdib__in_order_free(vdib__in_order *order);

#endif
