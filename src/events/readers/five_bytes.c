/* SPDX-License-Identifier: MIT */
#include "events/readers/five_bytes.h"

#include "core/alloc.h"
#include "core/error.h"

enum {
    OVERFLOW_ROW = 240, /* y of an overflow record */
    OVERFLOW_US = 8192, /* what it adds to the time */
};

typedef struct five_bytes {
    vdib__bytes *bytes;
    int64_t added; /* by overflow records, microseconds */
} five_bytes;

vdib_status vdib__five_bytes_open(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    (void)info; /* these files say nothing of the sensor */
    five_bytes *made = NULL;
    VDIB_TRY(vdib__bytes_check_records(bytes, VDIB_FIVE_BYTES));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->bytes = bytes;
    *state = made;
    return VDIB_OK;
}

static vdib_status read_events(five_bytes *s, bool overflows, vdib_events_info *info, vdib_event *events,
                               size_t capacity, size_t *count) {
    enum { MOST = VDIB_BYTES_WINDOW / VDIB_FIVE_BYTES };
    size_t made = 0;
    for (size_t records = 1; made == 0 && records > 0;) { /* again where all were overflow records */
        const uint8_t *record = NULL;
        size_t ready = 0, wanted = capacity < MOST ? capacity : MOST;
        VDIB_TRY(vdib__bytes_look(s->bytes, wanted * VDIB_FIVE_BYTES, &record, &ready));
        records = ready / VDIB_FIVE_BYTES;
        for (size_t i = 0; i < records; i++, record += VDIB_FIVE_BYTES) {
            if (overflows && record[1] == OVERFLOW_ROW) {
                s->added += OVERFLOW_US;
                info->overflows++;
                continue;
            }
            int64_t stamp = (int64_t)(record[2] & 0x7F) << 16 | (int64_t)record[3] << 8 | record[4];
            events[made++] = (vdib_event){
                .t = s->added + stamp, .x = record[0], .y = record[1], .polarity = (uint8_t)(record[2] >> 7)};
        }
        vdib__bytes_take(s->bytes, records * VDIB_FIVE_BYTES);
        if (records == 0) /* of a file, the size was looked at before */
            vdib__bytes_cut(s->bytes, ready, &info->truncated);
    }
    *count = made;
    return VDIB_OK;
}

vdib_status vdib__five_bytes_read(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                                  size_t *count) {
    return read_events(state, false, info, events, capacity, count);
}

vdib_status vdib__five_bytes_read_overflowing(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                                              size_t *count) {
    return read_events(state, true, info, events, capacity, count);
}
