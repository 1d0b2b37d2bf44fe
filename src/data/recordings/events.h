/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_RECORDINGS_EVENTS_H
#define VDIB_DATA_RECORDINGS_EVENTS_H
/* The events of an item: its part of its recording, on the pixels of the input; held as a whole, or packet by packet
 * where they are too many for that. */

#include "data/dataset_parts.h"
#include "data/recordings/opened.h"
#include "vdib/events.h"

/* A recording as a whole, in order of time. */
typedef struct vdib__whole {
    vdib_event *events; /* (count) */
    size_t count, capacity;
    vdib_events_info info;
} vdib__whole;

/* `unit` of times, or NULL (vdib_packets_options). *more: there are more than `most` events, and none is held; then
 * `info` is that of those before. */
vdib_status vdib__whole_read(vdib__opened *opened, const char *path, const char *unit, size_t most, vdib__whole *whole,
                             bool *more);
void vdib__whole_free(vdib__whole *whole);

/* What becomes of events that are looked at one by one. */
typedef struct vdib__passing {
    int64_t origin;            /* time 0 of the item, by the file's clock */
    int64_t from, to;          /* its times, [from, to), by the file's clock */
    uint64_t events, on;       /* inside these, and read */
    uint64_t cropped, beyond;  /* outside data.crop, outside the sensor */
    int64_t first_us, last_us; /* of those read, since the origin */
} vdib__passing;

/* The times of an item of a recording that begins at first_us. */
vdib__passing vdib__passing_of(const vdib_dataset *dataset, const vdib__item *item, int64_t first_us);
/* Whether an event is read; its pixel is one of the input then. */
bool vdib__passing_take(vdib__passing *passing, const vdib__pixels *pixels, vdib_event *event);

/* The same of a file of any size: raster = its binned events, without any order of them; *report and *densest of these.
 * clip (may be NULL) = those within a span: VDIB_ERROR_DATA if they are more than four times dataset->most_events. */
typedef struct vdib__long_result {
    vdib_events_info info; /* of the file */
    vdib__passing passing;
    vdib_binning_report report;
    uint64_t densest;
} vdib__long_result;
vdib_status vdib__long_read(const vdib_dataset *dataset, const vdib__item *item, vdib_raster *raster, vdib__clip *clip,
                            const vdib__span *span, vdib__long_result *result);

#endif
