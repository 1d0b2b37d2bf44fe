/* SPDX-License-Identifier: MIT */
/* Prophesee DAT, version 2, events of pixels (CD): readers/dat.c says how they lie. No date is written, so that the
 * same events give the same bytes. */

#include "core/error.h"
#include "events/writer.h"

enum { RECORD = 8, TYPE_CD = 12, MOST_SIDE = 1 << 14 };

static vdib_status begin_dat(vdib__event_output *output) {
    static const uint8_t kind[2] = {TYPE_CD, RECORD};
    VDIB_TRY(vdib__sink_text(&output->sink, "%% Data file containing CD events.\n%% Version 2\n"));
    if (output->width != 0)
        VDIB_TRY(vdib__sink_text(&output->sink, "%% Width %zu\n%% Height %zu\n", output->width, output->height));
    VDIB_TRY(vdib__sink_text(&output->sink, "%% end\n"));
    return vdib__sink_put(&output->sink, kind, sizeof kind);
}

static vdib_status put_dat(vdib__event_output *output, const vdib_event *events, size_t count) {
    enum { MOST = VDIB_SINK_ROOM / RECORD };
    for (size_t first = 0; first < count;) {
        size_t some = count - first < MOST ? count - first : MOST;
        uint8_t *at = NULL;
        VDIB_TRY(vdib__sink_room(&output->sink, some * RECORD, &at));
        for (size_t i = first; i < first + some; i++, at += RECORD)
            vdib__put_little(at,
                             (uint64_t)events[i].t | (uint64_t)events[i].x << 32 | (uint64_t)events[i].y << 46 |
                                 (uint64_t)events[i].polarity << 60,
                             RECORD);
        vdib__sink_took(&output->sink, some * RECORD);
        first += some;
    }
    return VDIB_OK;
}

extern const vdib__event_writer vdib__writer_dat;
const vdib__event_writer vdib__writer_dat = {
    .name = "dat",
    .help = "Prophesee DAT 2",
    .endings = ".dat",
    .passes = true,
    .columns = MOST_SIDE,
    .rows = MOST_SIDE,
    .most_us = UINT32_MAX,
    .gap_us = UINT64_MAX,
    .lost = "",
    .begin = begin_dat,
    .put = put_dat,
};
