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
    bool beyond;     /* one of them is beyond the sensor */
    size_t late, on; /* earlier than the one before; of polarity 1 */
} vdib__event_look;

typedef struct vdib__event_kernels {
    /* Looks at events (count, 1 at least); `previous` is the time before them, most_x and most_y the sensor's last
     * column and row. */
    vdib__event_look (*look)(const vdib_event *events, size_t count, int64_t previous, uint16_t most_x,
                             uint16_t most_y);
    /* Records of DAT of version 2 as events, to whose times `turns` is added. Returns the bits in which any of their
     * time stamps differs from `last`. */
    uint32_t (*dat)(const uint8_t *at, size_t records, uint32_t last, int64_t turns, vdib_event *events);
    /* Words of EVT 2.0 as events, up to the first of another type; returns how many they are. */
    size_t (*evt2)(const uint8_t *at, size_t words, int64_t base, vdib_event *events);
} vdib__event_kernels;

/* Those of the best level; portable ones where VDIB_KERNEL names none that there is. */
const vdib__event_kernels *vdib__event_kernels_choose(void);

/* Those of a level that this machine has. */
const vdib__event_kernels *vdib__event_kernels_of(vdib__kernel_level level);

#endif
