/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_STEPS_H
#define VDIB_EVENTS_STEPS_H
/* What a conversion does to events: those that are left out and counted, and where the others go. */

#include "vdib/convert.h"

/* The sensor's pixels that are left out. */
typedef struct vdib__hot {
    size_t width, height;
    bool *pixels; /* (height, width); NULL: none */
} vdib__hot;

/* A place (x, y) goes to (ax x + bx y + cx, ay x + by y + cy) / divisor. */
typedef struct vdib__move {
    int32_t ax, bx, cx, ay, by, cy;
    uint32_t divisor;
} vdib__move;

typedef struct vdib__steps {
    vdib_conversion asked;
    vdib__hot hot;
    bool moved;
    vdib__move move;
    size_t width, height;  /* of the sensor before; 0: not known */
    size_t made_w, made_h; /* and after */
    int64_t *last_us;      /* (2, made_h, made_w) of the event last kept, where there is a refractory time */
    bool begun;            /* an event was written: */
    int64_t zero_us;       /* times count from there */
    vdib_conversion_report *report;
} vdib__steps;

/* Whether the steps need the sensor's size. */
bool vdib__steps_need_size(const vdib_conversion *asked);

/* VDIB_ERROR_ARGUMENT for what is out of range by itself. */
vdib_status vdib__steps_check(const vdib_conversion *asked);

/* For a sensor of this size (0: not known), which `steps->asked` and the size so far allow. `path` is for messages. */
vdib_status vdib__steps_begin(vdib__steps *steps, const char *path, size_t width, size_t height);

/* Of events as they come: leaves out events in place and moves the others; returns how many are left. */
size_t vdib__steps_place(vdib__steps *steps, vdib_event *events, size_t count);

/* Of events in order of time: those that a refractory time leaves, with times from the first one on. */
size_t vdib__steps_time(vdib__steps *steps, vdib_event *events, size_t count);

void vdib__steps_free(vdib__steps *steps);

#endif
