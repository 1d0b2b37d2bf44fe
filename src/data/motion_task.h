/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_MOTION_TASK_H
#define VDIB_DATA_MOTION_TASK_H
/* builtin:motion: two bars cross the two halves of a sensor, one after the other. Which half comes first, and the way
 * that each bar goes, are the class; how many events a pixel has says nothing about it. */

#include "data/dataset_parts.h"

enum {
    VDIB_MOTION_CLASSES = 8, /* 4 * (right half first) + 2 * (left bar goes left) + (right bar goes left) */
    VDIB_MOTION_SIDE = 16,   /* pixels of the sensor's sides unless data.sensor says otherwise */
    VDIB_MOTION_US = 300000  /* all events are before it */
};

/* Example `number` on a sensor of width x height pixels: events (4 * width * height at most) in no order, *count of
 * them. Its class is number % VDIB_MOTION_CLASSES. A pure function of its arguments. */
void vdib__motion_draw(size_t width, size_t height, uint64_t number, vdib_event *events, size_t *count);

/* Opens the task: geometry, examples and summary. */
vdib_status vdib__motion_open(vdib_dataset *dataset);

#endif
