/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_VECTOR_H
#define VDIB_EVENTS_READERS_VECTOR_H
/* Events of one time and row as the bits of a mask, of EVT 2.1 and 3.0. */

#include "events/put.h"

typedef struct vdib__vector {
    uint32_t mask;  /* events that were not delivered: bit i is x + i */
    int64_t t;      /* of all of them */
    uint64_t place; /* of bit 0 (put.h) */
} vdib__vector;

/* Delivers events as long as there is room for them; returns how many there are then, `made` before. */
static inline size_t vdib__vector_deliver(vdib__vector *v, vdib_event *events, size_t made, size_t capacity) {
    uint32_t mask = v->mask;
    for (; mask != 0 && made < capacity; mask &= mask - 1)
        vdib__event_put(&events[made++], v->t, v->place + (uint32_t)__builtin_ctz(mask));
    v->mask = mask;
    return made;
}

/* The same for a vector of up to 12 events and room for as many, without a branch that depends on them. */
static inline size_t vdib__vector_deliver_12(vdib__vector *v, vdib_event *events, size_t made) {
    /* the bits that are set in 0 to 15, the lowest first, a byte each; and how many they are */
    static const uint32_t bits[16] = {0x0, 0x0,   0x1,   0x100,   0x2,   0x200,   0x201,   0x20100,
                                      0x3, 0x300, 0x301, 0x30100, 0x302, 0x30200, 0x30201, 0x3020100};
    static const uint8_t counts[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    for (uint32_t first = 0; first < 12; first += 4) {
        uint32_t some = v->mask >> first & 15, which = bits[some];
        for (uint32_t i = 0; i < 4; i++)
            vdib__event_put(&events[made + i], v->t, v->place + first + (which >> (8 * i) & 3));
        made += counts[some];
    }
    v->mask = 0;
    return made;
}

#endif
