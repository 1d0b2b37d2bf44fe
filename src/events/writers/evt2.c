/* SPDX-License-Identifier: MIT */
/* Prophesee RAW EVT 2.0: words of 32 bits, little endian. The upper 28 bits of the time are a word of their own, where
 * they change. */

#include "core/alloc.h"
#include "core/error.h"
#include "events/writers/evt.h"

enum { WORD = 4, TIME_HIGH = 0x8, LOW_BITS = 6, TIME_BITS = 34 };

typedef struct evt2 {
    bool timed;
    uint32_t high; /* of the time that was written */
} evt2;

vdib_status vdib__evt_header(vdib__event_output *output, const char *format, const char *version) {
    return vdib__sink_text(&output->sink, "%% evt %s\n%% format %s;height=%zu;width=%zu\n%% geometry %zux%zu\n%% end\n",
                           version, format, output->height, output->width, output->width, output->height);
}

static vdib_status begin_evt2(vdib__event_output *output) {
    evt2 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    output->state = made;
    return vdib__evt_header(output, "EVT2", "2.0");
}

/* Writes events to `at`, where two words for each have room; returns the end. */
static uint8_t *encode(evt2 *s, uint8_t *at, const vdib_event *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t high = (uint32_t)(events[i].t >> LOW_BITS), low = (uint32_t)events[i].t & ((1U << LOW_BITS) - 1);
        if (high != s->high || !s->timed)
            at = vdib__put_little(at, (uint32_t)TIME_HIGH << 28 | high, WORD);
        s->timed = true;
        s->high = high;
        at = vdib__put_little(
            at, (uint32_t)events[i].polarity << 28 | low << 22 | (uint32_t)events[i].x << 11 | events[i].y, WORD);
    }
    return at;
}

static vdib_status put_evt2(vdib__event_output *output, const vdib_event *events, size_t count) {
    enum { MOST = VDIB_SINK_ROOM / (2 * WORD) };
    for (size_t first = 0; first < count;) {
        size_t some = count - first < MOST ? count - first : MOST;
        uint8_t *at = NULL;
        VDIB_TRY(vdib__sink_room(&output->sink, some * 2 * WORD, &at));
        vdib__sink_took(&output->sink, (size_t)(encode(output->state, at, events + first, some) - at));
        first += some;
    }
    return VDIB_OK;
}

extern const vdib__event_writer vdib__writer_evt2;
const vdib__event_writer vdib__writer_evt2 = {
    .name = "evt2",
    .help = "Prophesee RAW, EVT 2.0",
    .endings = ".raw .evt2",
    .passes = true,
    .sized = true,
    .columns = VDIB_EVT_SIDE,
    .rows = VDIB_EVT_SIDE,
    .most_us = (INT64_C(1) << TIME_BITS) - 1,
    .gap_us = UINT64_MAX,
    .lost = "",
    .begin = begin_evt2,
    .put = put_evt2,
    .close = vdib__free,
};
