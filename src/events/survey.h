/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_SURVEY_H
#define VDIB_EVENTS_SURVEY_H
/* What is learnt of a recording by reading it once before: how large its sensor is, and which of its pixels are hot. */

#include "vdib/convert.h"

/* Sides up to which pixels are counted one by one: 64 MiB. */
enum { VDIB_SURVEY_SIDE = 4096 };

typedef struct vdib__survey {
    size_t width, height; /* that hold all events */
    uint32_t *counts;     /* (rows, columns) events of each pixel; NULL: not counted */
    size_t columns, rows;
} vdib__survey;

/* Pixels of a sensor of this size (0: not known) are counted from here on. `path` is for messages. */
vdib_status vdib__survey_count(vdib__survey *survey, const char *path, size_t width, size_t height);

vdib_status vdib__survey_look(vdib__survey *survey, const char *path, const vdib_event *events, size_t count);

/* The hot pixels by the rule of vdib_conversion::hot_pixels: *pixels (*count, 3), column, row and events, in order of
 * rows, freed with vdib__free. */
vdib_status vdib__survey_hot(const vdib__survey *survey, uint64_t **pixels, size_t *count);

void vdib__survey_free(vdib__survey *survey);

#endif
