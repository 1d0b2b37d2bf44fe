/* SPDX-License-Identifier: MIT */
/* Event Stream 2 (`.es`), events of a DVS: readers/es.c says how they lie. */

#include "core/error.h"
#include "events/writer.h"

enum {
    RECORD = 5,
    LONG = 0xFF,   /* a byte alone: time that passes */
    LONG_US = 127, /* so much of it; an event's own byte holds less */
    MOST_SIDE = 65535
};

/* Longer pauses would be files of nothing but time: 34 MB for an hour. */
#define LONGEST_PAUSE (UINT64_C(1) << 32)

static vdib_status begin_es(vdib__event_output *output) {
    uint8_t header[20] = {'E', 'v', 'e', 'n', 't', ' ', 'S', 't', 'r', 'e', 'a', 'm', 2, 0, 0, 1};
    vdib__put_little(vdib__put_little(header + 16, output->width, 2), output->height, 2);
    return vdib__sink_put(&output->sink, header, sizeof header);
}

/* Time that passes beside what the next event holds. */
static vdib_status put_pause(vdib__sink *sink, uint64_t *passed) {
    while (*passed >= LONG_US) {
        uint8_t *at = NULL;
        uint64_t bytes = *passed / LONG_US, some = bytes < VDIB_SINK_ROOM ? bytes : VDIB_SINK_ROOM;
        VDIB_TRY(vdib__sink_room(sink, (size_t)some, &at));
        memset(at, LONG, (size_t)some);
        vdib__sink_took(sink, (size_t)some);
        *passed -= some * LONG_US;
    }
    return VDIB_OK;
}

static vdib_status put_es(vdib__event_output *output, const vdib_event *events, size_t count) {
    uint64_t last = (uint64_t)output->last_us;
    for (size_t i = 0; i < count; i++) {
        uint64_t passed = (uint64_t)events[i].t - last;
        uint8_t *at = NULL;
        last = (uint64_t)events[i].t;
        if (passed >= LONG_US)
            VDIB_TRY(put_pause(&output->sink, &passed));
        VDIB_TRY(vdib__sink_room(&output->sink, RECORD, &at));
        *at++ = (uint8_t)(passed << 1 | events[i].polarity);
        at = vdib__put_little(at, events[i].x, 2);
        vdib__put_little(at, output->height - 1 - events[i].y, 2); /* from the bottom */
        vdib__sink_took(&output->sink, RECORD);
    }
    return VDIB_OK;
}

extern const vdib__event_writer vdib__writer_es;
const vdib__event_writer vdib__writer_es = {
    .name = "es",
    .help = "Event Stream 2, DVS",
    .endings = ".es",
    .passes = true,
    .sized = true,
    .columns = MOST_SIDE,
    .rows = MOST_SIDE,
    .most_us = INT64_MAX,
    .from_zero = true,
    .gap_us = LONGEST_PAUSE,
    .lost = "",
    .begin = begin_es,
    .put = put_es,
};
