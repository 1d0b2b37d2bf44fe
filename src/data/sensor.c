/* SPDX-License-Identifier: MIT */
/* The size of the sensor: what the files say, or what holds the events of up to 100 recordings, except for those few
 * that lie far beyond all others. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/dataset_parts.h"
#include "data/entries.h"
#include "data/recordings/opened.h"
#include "events/stream.h"

/* Sensor of N-MNIST; recordings in which no event lies beyond it are taken for its own. */
enum {
    NMNIST_SIDE = 34,
    COORDINATES = 65536,
    RARE = 1000, /* at most one event in so many may be left out, and a line beyond the sensor has so many times fewer
                    than one in it */
    NEAR = 8     /* a line that events reach again after fewer empty ones belongs to the sensor */
};

typedef struct survey {
    uint64_t *columns, *rows; /* (COORDINATES) events of recordings whose files do not say the sensor's size */
    uint64_t events;
    vdib__probe *probes; /* (VDIB_PROBES) */
    size_t count;
    bool timed; /* the events' times are asked for, too */
} survey;

static void count_pixels(survey *s, vdib__probe *p, const vdib_event *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        s->columns[events[i].x]++;
        s->rows[events[i].y]++;
        p->width = events[i].x >= p->width ? events[i].x + 1U : p->width;
        p->height = events[i].y >= p->height ? events[i].y + 1U : p->height;
    }
    s->events += count;
}

/* All events of an open recording. */
static vdib_status read_probe(const vdib_dataset *dataset, survey *s, vdib__probe *p, vdib__event_stream *stream) {
    enum { PACKET = 4096 };
    vdib_event *events = NULL;
    size_t count = 1;
    VDIB_TRY(VDIB_NEW_UNSET(&events, PACKET));
    vdib_status status = VDIB_OK;
    while (status == VDIB_OK && count > 0) {
        status = vdib__event_stream_read(stream, events, PACKET, &count);
        if (status == VDIB_OK && !p->stated)
            count_pixels(s, p, events, count);
    }
    vdib__free(events);
    VDIB_TRY(status);
    const vdib_events_info *info = vdib__event_stream_info(stream);
    int64_t origin = dataset->parameters.from_first_event || p->item->cut ? info->first_us : 0;
    p->read = info->events > 0;
    p->first_us = info->first_us - origin;
    p->last_us = info->last_us - origin;
    return VDIB_OK;
}

/* The item's recording, of a part that part alone: a stream of a range can be of no other recording. */
static vdib_status open_probe(const vdib_dataset *dataset, const vdib__item *item, vdib__event_stream **stream) {
    const char *unit = dataset->parameters.time_unit;
    vdib__range range;
    if (!item->cut)
        return vdib__opened_take(dataset->opened, item->path, unit, stream);
    VDIB_TRY(vdib__range_of(item->from_us, item->to_us, true, &range));
    VDIB_TRY(vdib__event_stream_open(item->path, unit, stream));
    vdib__event_stream_limit(*stream, &range);
    return VDIB_OK;
}

static vdib_status look_at(const vdib_dataset *dataset, survey *s, const vdib__item *item) {
    vdib__event_stream *stream = NULL;
    vdib__probe *p = &s->probes[s->count++];
    *p = (vdib__probe){.item = item};
    VDIB_TRY(open_probe(dataset, item, &stream));
    const vdib_events_info *info = vdib__event_stream_info(stream); /* before the first event: what the file says */
    p->stated = info->width != 0 && info->height != 0;
    p->width = (uint32_t)info->width;
    p->height = (uint32_t)info->height;
    vdib_status status = !p->stated || s->timed ? read_probe(dataset, s, p, stream) : VDIB_OK;
    if (item->cut)
        vdib__event_stream_close(stream);
    else
        vdib__opened_give(dataset->opened, item->path, stream, status != VDIB_OK);
    return status;
}

static size_t reach(const uint64_t *lines) {
    size_t last = COORDINATES;
    while (last > 0 && lines[last - 1] == 0)
        last--;
    return last;
}

/* The smallest number of lines such that those beyond are hit so rarely that the events there must be damaged. */
static size_t dense_lines(const uint64_t *lines, uint64_t events, size_t all) {
    uint64_t inside = 0;
    size_t dense = 0;
    for (; dense < all; dense++) {
        uint64_t outside = events - inside;
        if (dense > 0 && outside * RARE <= events && all - dense > NEAR &&
            outside * RARE * dense <= inside * (all - dense))
            break;
        inside += lines[dense];
    }
    uint64_t least = 2 + inside / (dense > 0 ? dense : 1) / (10 * RARE);
    for (size_t next = dense; next < all && next < dense + NEAR; next++)
        if (lines[next] >= least)
            dense = next + 1;
    return dense;
}

/* Lines of the sensor along one axis; `dense` far below `all` leaves the rest to damaged events. */
static size_t choose_side(const uint64_t *lines, uint64_t events) {
    size_t all = reach(lines), dense = dense_lines(lines, events, all);
    dense = dense > NMNIST_SIDE ? dense : NMNIST_SIDE;
    all = all > NMNIST_SIDE ? all : NMNIST_SIDE;
    return all >= dense + NEAR && all >= dense + dense / 4 ? dense : all;
}

/* Where one recording in ten at most needs a larger sensor than all others, it may be of another one. */
static vdib_status note_few(vdib_dataset *dataset, const survey *s) {
    size_t width = dataset->parameters.pixels.width, height = dataset->parameters.pixels.height;
    size_t others_width = NMNIST_SIDE, others_height = NMNIST_SIDE, few = 0;
    const vdib__probe *first = NULL;
    for (size_t i = 0; i < s->count; i++) {
        const vdib__probe *p = &s->probes[i];
        if ((width > NMNIST_SIDE && 2 * p->width > width + NMNIST_SIDE) ||
            (height > NMNIST_SIDE && 2 * p->height > height + NMNIST_SIDE)) {
            first = first == NULL ? p : first;
            few++;
        } else {
            others_width = p->width > others_width ? p->width : others_width;
            others_height = p->height > others_height ? p->height : others_height;
        }
    }
    if (few == 0 || 10 * few > s->count)
        return VDIB_OK;
    return vdib__note(
        dataset,
        "the sensor is taken for %zu x %zu pixels because of %zu of %zu recording%s, the first is %s; %zu x %zu hold "
        "the others: data.sensor says which it is",
        width, height, few, s->count, vdib__s(s->count), first->item->path, others_width, others_height);
}

/* Names the recordings with events beyond the sensor. */
static vdib_status note_beyond(vdib_dataset *dataset, const survey *s) {
    size_t width = dataset->parameters.pixels.width, height = dataset->parameters.pixels.height, recordings = 0;
    size_t all_width = reach(s->columns), all_height = reach(s->rows);
    const vdib__probe *first = NULL;
    for (size_t i = 0; i < s->count; i++)
        if (s->probes[i].width > width || s->probes[i].height > height) {
            first = first == NULL ? &s->probes[i] : first;
            recordings++;
        }
    if (recordings == 0)
        return VDIB_OK;
    return vdib__note(
        dataset,
        "the sensor is taken for %zu x %zu pixels; %zu of %zu recording%s have a few events far beyond, which are "
        "dropped as damaged, the first is %s (up to x %u, y %u): data.sensor=%zux%zu keeps them",
        width, height, recordings, s->count, vdib__s(s->count), first->item->path, (unsigned)first->width - 1,
        (unsigned)first->height - 1, all_width > width ? all_width : width, all_height > height ? all_height : height);
}

/* Files may be of several sensors. */
static vdib_status note_stated(vdib_dataset *dataset, const survey *s, size_t stated) {
    const vdib__probe *first = NULL, *other = NULL;
    for (size_t i = 0; i < s->count; i++) {
        const vdib__probe *p = &s->probes[i];
        first = first == NULL && p->stated ? p : first;
        if (p->stated && (p->width != first->width || p->height != first->height) && other == NULL)
            other = p;
    }
    if (other == NULL)
        return VDIB_OK;
    return vdib__note(dataset,
                      "%zu of %zu recordings say their sensor's size, and not the same: %s has %u x %u pixels, %s %u x "
                      "%u; the sensor is taken for the largest, %zu x %zu",
                      stated, s->count, first->item->path, (unsigned)first->width, (unsigned)first->height,
                      other->item->path, (unsigned)other->width, (unsigned)other->height,
                      dataset->parameters.pixels.width, dataset->parameters.pixels.height);
}

/* The largest of what files say and of what holds the events of the others. */
static vdib_status conclude(vdib_dataset *dataset, const survey *s) {
    vdib__pixels *pixels = &dataset->parameters.pixels;
    size_t stated = 0;
    pixels->width = pixels->height = 0;
    for (size_t i = 0; i < s->count; i++) {
        const vdib__probe *p = &s->probes[i];
        stated += p->stated;
        pixels->width = p->stated && p->width > pixels->width ? p->width : pixels->width;
        pixels->height = p->stated && p->height > pixels->height ? p->height : pixels->height;
    }
    if (stated > 0)
        VDIB_TRY(note_stated(dataset, s, stated));
    if (stated == s->count && stated > 0)
        return VDIB_OK;
    size_t width = choose_side(s->columns, s->events), height = choose_side(s->rows, s->events);
    width = width > dataset->least_columns ? width : dataset->least_columns;
    height = height > dataset->least_rows ? height : dataset->least_rows;
    pixels->width = width > pixels->width ? width : pixels->width;
    pixels->height = height > pixels->height ? height : pixels->height;
    if (stated > 0)
        return VDIB_OK;
    VDIB_TRY(note_few(dataset, s));
    return note_beyond(dataset, s);
}

static vdib_status survey_recordings(vdib_dataset *dataset, survey *s) {
    const vdib__part *part =
        &dataset->parts[dataset->parts[VDIB_PART_TRAIN].count > 0 ? VDIB_PART_TRAIN : VDIB_PART_TEST];
    size_t probes = part->count < VDIB_PROBES ? part->count : VDIB_PROBES;
    VDIB_TRY(VDIB_NEW(&s->columns, COORDINATES));
    VDIB_TRY(VDIB_NEW(&s->rows, COORDINATES));
    for (size_t i = 0; i < probes; i++)
        VDIB_TRY(look_at(dataset, s, &part->items[i * part->count / probes]));
    return dataset->parameters.sensor_width == 0 ? conclude(dataset, s) : VDIB_OK;
}

vdib_status vdib__sensor_find(vdib_dataset *dataset, vdib__probe *probes, size_t *count) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    dataset->parameters.pixels.width = p->sensor_width;
    dataset->parameters.pixels.height = p->sensor_height;
    *count = 0;
    if (p->sensor_width != 0 && p->sensor_height != 0 && !p->fit_window)
        return VDIB_OK;
    survey s = {.probes = probes, .timed = p->fit_window};
    vdib_status status = survey_recordings(dataset, &s);
    *count = s.count;
    vdib__free(s.rows);
    vdib__free(s.columns);
    return status;
}
