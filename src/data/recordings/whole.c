/* SPDX-License-Identifier: MIT */
#include "core/alloc.h"
#include "core/error.h"
#include "data/entries.h"
#include "data/recordings/events.h"
#include "events/sort.h"

/* Room for more comes when they are there. */
enum { FIRST = 8192 };

static vdib_status sort(vdib__whole *whole) {
    vdib_event *spare = NULL;
    VDIB_TRY(VDIB_NEW_UNSET(&spare, whole->count));
    vdib__events_sort(&whole->events, &spare, whole->count);
    vdib__free(spare);
    whole->capacity = whole->count;
    return VDIB_OK;
}

static vdib_status read_stream(vdib__event_stream *stream, size_t most, vdib__whole *whole, bool *more) {
    for (size_t count = 1; count > 0 && !*more; whole->count += count) {
        if (whole->count == whole->capacity)
            VDIB_TRY(VDIB_RESERVE(&whole->events, &whole->capacity, whole->count + FIRST));
        VDIB_TRY(vdib__event_stream_read(stream, whole->events + whole->count, whole->capacity - whole->count, &count));
        *more = whole->count + count > most;
    }
    whole->info = *vdib__event_stream_info(stream);
    return !*more && whole->info.out_of_order > 0 ? sort(whole) : VDIB_OK;
}

vdib_status vdib__whole_read(vdib__opened *opened, const char *path, const char *unit, size_t most, vdib__whole *whole,
                             bool *more) {
    vdib__event_stream *stream = NULL;
    *whole = (vdib__whole){.count = 0};
    *more = false;
    VDIB_TRY(vdib__opened_take(opened, path, unit, &stream));
    vdib_status status = read_stream(stream, most, whole, more);
    vdib__opened_give(opened, path, stream, status != VDIB_OK);
    if (status != VDIB_OK || *more)
        vdib__whole_free(whole);
    return status;
}

void vdib__whole_free(vdib__whole *whole) {
    vdib__free(whole->events);
    whole->events = NULL;
    whole->count = whole->capacity = 0;
}

vdib__passing vdib__passing_of(const vdib_dataset *dataset, const vdib__item *item, int64_t first_us) {
    vdib__passing p = {.from = INT64_MIN, .to = INT64_MAX};
    bool begins = item->cut && item->from_us != VDIB_FROM_THE_BEGINNING;
    if (item->cut || dataset->parameters.from_first_event)
        p.origin = first_us + (begins ? item->from_us : 0);
    if (begins)
        p.from = p.origin;
    if (item->cut && item->to_us != VDIB_TO_THE_END)
        p.to = first_us + item->to_us;
    return p;
}

bool vdib__passing_take(vdib__passing *p, const vdib__pixels *pixels, vdib_event *event) {
    if (event->t < p->from || event->t >= p->to)
        return false;
    vdib__pixel place = vdib__pixels_map(pixels, &event->x, &event->y);
    p->cropped += place == VDIB_PIXEL_CROPPED;
    p->beyond += place == VDIB_PIXEL_BEYOND;
    if (place != VDIB_PIXEL_READ)
        return false;
    int64_t since = event->t - p->origin;
    p->first_us = p->events == 0 || since < p->first_us ? since : p->first_us;
    p->last_us = p->events == 0 || since > p->last_us ? since : p->last_us;
    p->events++;
    p->on += event->polarity != 0;
    return true;
}
