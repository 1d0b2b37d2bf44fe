/* SPDX-License-Identifier: MIT */
/* CSV: a line of names, which also says the sensor's size where it is known, then t, x, y and polarity of an event a
 * line, in whole microseconds. */

#include "core/error.h"
#include "events/writer.h"

enum { LONGEST = 40 }; /* "-9223372036854775808,65535,65535,1\n" has 35 bytes */

/* Up to the year 2286: whole numbers from 10^17 on are read as nanoseconds (columns.c). */
#define MOST_US INT64_C(9999999999999999)

static vdib_status begin_csv(vdib__event_output *output) {
    if (output->width == 0)
        return vdib__sink_text(&output->sink, "t,x,y,on\n");
    return vdib__sink_text(&output->sink, "t,x@%zu,y@%zu,on\n", output->width, output->height);
}

/* A number and the letter behind it; returns the end. */
static uint8_t *put_number(uint8_t *at, uint64_t number, char behind) {
    uint8_t digits[20];
    size_t count = 0;
    do
        digits[count++] = (uint8_t)('0' + number % 10);
    while ((number /= 10) != 0);
    while (count > 0)
        *at++ = digits[--count];
    *at++ = (uint8_t)behind;
    return at;
}

static uint8_t *put_event(uint8_t *at, const vdib_event *event) {
    uint64_t time = (uint64_t)event->t;
    if (event->t < 0) {
        *at++ = '-';
        time = -time;
    }
    at = put_number(at, time, ',');
    at = put_number(at, event->x, ',');
    at = put_number(at, event->y, ',');
    return put_number(at, event->polarity, '\n');
}

static vdib_status put_csv(vdib__event_output *output, const vdib_event *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = NULL;
        VDIB_TRY(vdib__sink_room(&output->sink, LONGEST, &at));
        vdib__sink_took(&output->sink, (size_t)(put_event(at, &events[i]) - at));
    }
    return VDIB_OK;
}

extern const vdib__event_writer vdib__writer_csv;
const vdib__event_writer vdib__writer_csv = {
    .name = "csv",
    .help = "CSV",
    .endings = ".csv .txt",
    .passes = true,
    .columns = 1 << 16,
    .rows = 1 << 16,
    .negative = true,
    .most_us = MOST_US,
    .gap_us = UINT64_MAX,
    .lost = "",
    .begin = begin_csv,
    .put = put_csv,
};
