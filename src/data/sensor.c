/* SPDX-License-Identifier: MIT */
/* The size of the sensor where files do not say it: what holds the events of up to 100 recordings, except for those few
 * that lie far beyond all others. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/dataset_parts.h"
#include "events/events.h"

/* Sensor of N-MNIST; recordings in which no event lies beyond it are taken for its own. */
enum {
    NMNIST_SIDE = 34,
    PROBES = 100,
    COORDINATES = 65536,
    RARE = 1000, /* at most one event in so many may be left out, and a line beyond the sensor has so many times fewer
                    than one in it */
    NEAR = 8     /* a line that events reach again after fewer empty ones belongs to the sensor */
};

typedef struct probe {
    const vdib__item *item;
    uint32_t width, height; /* largest coordinates plus 1 */
} probe;

typedef struct survey {
    uint64_t *columns, *rows; /* (COORDINATES) events */
    uint64_t events;
    probe probes[PROBES];
    size_t count;
} survey;

static vdib_status look_at(survey *s, const vdib__item *item) {
    vdib_events *events = NULL;
    const vdib_event *array = NULL;
    size_t count = 0;
    probe *p = &s->probes[s->count++];
    p->item = item;
    VDIB_TRY(vdib_events_open(item->path, &events));
    vdib_status status = vdib_events_all(events, &array, &count);
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        s->columns[array[i].x]++;
        s->rows[array[i].y]++;
        p->width = array[i].x >= p->width ? array[i].x + 1U : p->width;
        p->height = array[i].y >= p->height ? array[i].y + 1U : p->height;
    }
    s->events += count;
    vdib_events_close(events);
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
    size_t width = dataset->geometry.input_width, height = dataset->geometry.input_height;
    size_t others_width = NMNIST_SIDE, others_height = NMNIST_SIDE, few = 0;
    const probe *first = NULL;
    for (size_t i = 0; i < s->count; i++) {
        const probe *p = &s->probes[i];
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
    size_t width = dataset->geometry.input_width, height = dataset->geometry.input_height, recordings = 0;
    size_t all_width = reach(s->columns), all_height = reach(s->rows);
    const probe *first = NULL;
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

static vdib_status survey_recordings(vdib_dataset *dataset, survey *s) {
    const vdib__part *part =
        &dataset->parts[dataset->parts[VDIB_PART_TRAIN].count > 0 ? VDIB_PART_TRAIN : VDIB_PART_TEST];
    size_t probes = part->count < PROBES ? part->count : PROBES;
    VDIB_TRY(VDIB_NEW(&s->columns, COORDINATES));
    VDIB_TRY(VDIB_NEW(&s->rows, COORDINATES));
    for (size_t i = 0; i < probes; i++)
        VDIB_TRY(look_at(s, &part->items[i * part->count / probes]));
    dataset->geometry.input_width = choose_side(s->columns, s->events);
    dataset->geometry.input_height = choose_side(s->rows, s->events);
    VDIB_TRY(note_few(dataset, s));
    return note_beyond(dataset, s);
}

vdib_status vdib__sensor_find(vdib_dataset *dataset) {
    dataset->geometry.input_width = dataset->parameters.sensor_width;
    dataset->geometry.input_height = dataset->parameters.sensor_height;
    if (dataset->geometry.input_width != 0 && dataset->geometry.input_height != 0)
        return VDIB_OK;
    survey *s = NULL;
    VDIB_TRY(VDIB_NEW(&s, 1));
    vdib_status status = survey_recordings(dataset, s);
    vdib__free(s->rows);
    vdib__free(s->columns);
    vdib__free(s);
    return status;
}
