/* SPDX-License-Identifier: MIT */
/* Spikes of large sensors of SLAYER, `.bs3` (Shrestha and Orchard 2018): seven bytes, big endian: x and y (12 bits
 * each), a channel, which is the polarity, and 24 bits of microseconds. */

#include "core/alloc.h"
#include "core/error.h"
#include "events/reader.h"

enum { RECORD = 7 };

typedef struct slayer3 {
    vdib__bytes *bytes;
} slayer3;

static vdib_status open_slayer3(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    (void)info; /* these files say nothing of the sensor */
    slayer3 *made = NULL;
    VDIB_TRY(vdib__bytes_check_records(bytes, RECORD));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->bytes = bytes;
    *state = made;
    return VDIB_OK;
}

/* Events of channels beyond the two polarities are left out. */
static size_t decode(const uint8_t *at, size_t records, vdib_events_info *info, vdib_event *events) {
    size_t made = 0;
    for (size_t i = 0; i < records; i++, at += RECORD) {
        if (at[3] > 1) {
            info->others++;
            continue;
        }
        events[made++] = (vdib_event){.t = (int64_t)at[4] << 16 | (int64_t)at[5] << 8 | at[6],
                                      .x = (uint16_t)(at[0] << 4 | at[1] >> 4),
                                      .y = (uint16_t)((at[1] & 0x0F) << 8 | at[2]),
                                      .polarity = at[3]};
    }
    return made;
}

static vdib_status read_slayer3(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                                size_t *count) {
    enum { MOST = VDIB_BYTES_WINDOW / RECORD };
    slayer3 *s = state;
    size_t records = 1;
    for (*count = 0; *count == 0 && records > 0;) {
        const uint8_t *at = NULL;
        size_t ready = 0;
        VDIB_TRY(vdib__bytes_look(s->bytes, (capacity < MOST ? capacity : MOST) * RECORD, &at, &ready));
        records = ready / RECORD;
        *count = decode(at, records, info, events);
        vdib__bytes_take(s->bytes, records * RECORD);
        if (records == 0) /* of a file, the size was looked at before */
            vdib__bytes_cut(s->bytes, ready, &info->truncated);
    }
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_slayer3;
const vdib__event_reader vdib__reader_slayer3 = {
    .name = "slayer3",
    .help = "SLAYER, large sensors",
    .endings = ".bs3",
    .record = RECORD,
    .layout = "7 bytes an event (big endian 12 bits of x, 12 of y, 8 of polarity and 24 of microseconds)",
    .clock_us = INT64_C(1) << 24,
    .open = open_slayer3,
    .read = read_slayer3,
    .close = vdib__free,
};
