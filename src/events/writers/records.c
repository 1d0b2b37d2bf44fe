/* SPDX-License-Identifier: MIT */
/* Records without a header, big endian, of N-MNIST (Orchard et al. 2015) and SLAYER (Shrestha and Orchard 2018):
 * readers/nmnist.c, slayer.c, slayer1.c and slayer3.c there say how they lie. */

#include "core/error.h"
#include "events/writer.h"

enum {
    FIVE = 5,
    SEVEN = 7,
    TIME_BITS = 23,
    LONG_TIME_BITS = 24,
    OVERFLOW_ROW = 240 /* is none: in N-MNIST's files it says that the clock has turned */
};

/* Two bytes of place, then the polarity and 23 bits of microseconds. */
static uint8_t *put_five(uint8_t *at, const vdib_event *event, unsigned place) {
    at = vdib__put_big(at, place, 2);
    return vdib__put_big(at, (uint64_t)event->polarity << TIME_BITS | (uint64_t)event->t, 3);
}

static uint8_t *put_plane(uint8_t *at, const vdib_event *event) {
    return put_five(at, event, (unsigned)event->x << 8 | event->y);
}

static uint8_t *put_line(uint8_t *at, const vdib_event *event) {
    return put_five(at, event, event->x);
}

/* 12 bits of x and of y, the polarity, 24 bits of microseconds. */
static uint8_t *put_seven(uint8_t *at, const vdib_event *event) {
    at = vdib__put_big(at, (uint32_t)event->x << 12 | event->y, 3);
    *at++ = event->polarity;
    return vdib__put_big(at, (uint64_t)event->t, 3);
}

static vdib_status put_each(vdib__event_output *output, const vdib_event *events, size_t count,
                            uint8_t *(*put_one)(uint8_t *at, const vdib_event *event)) {
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = NULL;
        VDIB_TRY(vdib__sink_room(&output->sink, SEVEN, &at));
        vdib__sink_took(&output->sink, (size_t)(put_one(at, &events[i]) - at));
    }
    return VDIB_OK;
}

static vdib_status put_planes(vdib__event_output *output, const vdib_event *events, size_t count) {
    return put_each(output, events, count, put_plane);
}

static vdib_status put_lines(vdib__event_output *output, const vdib_event *events, size_t count) {
    return put_each(output, events, count, put_line);
}

static vdib_status put_sevens(vdib__event_output *output, const vdib_event *events, size_t count) {
    return put_each(output, events, count, put_seven);
}

/* The row vdib__writer_<symbol>. */
#define RECORDS(symbol, help_, ending, columns_, rows_, bits, put_)                                                    \
    extern const vdib__event_writer vdib__writer_##symbol;                                                             \
    const vdib__event_writer vdib__writer_##symbol = {.name = #symbol,                                                 \
                                                      .help = (help_),                                                 \
                                                      .endings = (ending),                                             \
                                                      .passes = true,                                                  \
                                                      .columns = (columns_),                                           \
                                                      .rows = (rows_),                                                 \
                                                      .most_us = (INT64_C(1) << (bits)) - 1,                           \
                                                      .gap_us = UINT64_MAX,                                            \
                                                      .lost = "the sensor's size",                                     \
                                                      .put = (put_)}

RECORDS(nmnist, "N-MNIST", ".bin", 1 << 8, OVERFLOW_ROW, TIME_BITS, put_planes);
RECORDS(slayer, "SLAYER", ".bs2", 1 << 8, 1 << 8, TIME_BITS, put_planes);
RECORDS(slayer1, "SLAYER, one dimension (y is 0)", ".bs1", 1 << 16, 1, TIME_BITS, put_lines);
RECORDS(slayer3, "SLAYER, large sensors", ".bs3", 1 << 12, 1 << 12, LONG_TIME_BITS, put_sevens);
