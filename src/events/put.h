/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_PUT_H
#define VDIB_EVENTS_PUT_H
/* Events written in two stores, for formats that are read at the speed of memory. */

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "vdib/events.h"

static_assert(sizeof(vdib_event) == 16 && offsetof(vdib_event, x) == 8 && offsetof(vdib_event, y) == 10 &&
                  offsetof(vdib_event, polarity) == 12,
              "the order of an event's members");

/* x (16 bits), y (16) and polarity (8) as one number, in which x may be counted on. */
static inline uint64_t vdib__place(uint32_t x, uint32_t y, uint32_t polarity) {
    return (uint64_t)(x | y << 16) | (uint64_t)polarity << 32;
}

static inline void vdib__event_put(vdib_event *event, int64_t t, uint64_t place) {
    event->t = t;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy((char *)event + offsetof(vdib_event, x), &place, sizeof place);
#else
    event->x = (uint16_t)place;
    event->y = (uint16_t)(place >> 16);
    event->polarity = (uint8_t)(place >> 32);
#endif
}

#endif
