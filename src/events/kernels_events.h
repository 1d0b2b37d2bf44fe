/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_KERNELS_EVENTS_H
#define VDIB_EVENTS_KERNELS_EVENTS_H
/* The inner loops of reading events, compiled once a kernel level; every level gives the same bits. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel_level.h"
#include "vdib/events.h"

/* What some events are together. */
typedef struct vdib__event_look {
    size_t late;   /* events earlier than the one before, from the second one on */
    size_t on;     /* events of polarity 1 */
    uint16_t x, y; /* the greatest of them */
} vdib__event_look;

/* The clock of a DAT file. */
typedef struct vdib__dat_clock {
    uint32_t last; /* time stamp before */
    int64_t turns; /* microseconds of its turns: what is added to time stamps */
} vdib__dat_clock;

typedef struct vdib__event_kernels {
    vdib__event_look (*look)(const vdib_event *events, size_t count);
    /* Records of DAT of version 2 as events, and what they are together. Returns the bits in which any of their time
     * stamps differs from clock->last. */
    uint32_t (*dat)(const uint8_t *at, size_t records, const vdib__dat_clock *clock, vdib_event *events,
                    vdib__event_look *seen);
    /* Words of EVT 2.0 as events, up to the first of another type; returns how many they are. */
    size_t (*evt2)(const uint8_t *at, size_t words, int64_t base, vdib_event *events);
} vdib__event_kernels;

/* Those of the best level; portable ones where VDIB_KERNEL names none that there is. */
const vdib__event_kernels *vdib__event_kernels_choose(void);

/* Those of a level that this machine has. */
const vdib__event_kernels *vdib__event_kernels_of(vdib__kernel_level level);

#endif
