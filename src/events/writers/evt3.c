/* SPDX-License-Identifier: MIT */
/* Prophesee RAW EVT 3.0 (events/evt3.h). Events of one time, row and polarity whose x grows become vectors where these
 * are shorter. */

#include "events/evt3.h"
#include "core/alloc.h"
#include "core/error.h"
#include "events/writers/evt.h"

enum {
    VECTOR = 32,      /* columns of the vectors behind a base: 12, 12 and 8, as cameras write them */
    VECTOR_WORDS = 4, /* and their words, with the base: as many single events take no more */
    TURN = 1 << 12,   /* of the upper 12 bits of the clock */
    STRIDE = 1 << 10  /* of these: a clock that runs on without events is seen to turn */
};

/* Times up to 2^40 us, 12 days: the turns of the clock take 8 bytes in 16.8 s. */
#define MOST_US ((INT64_C(1) << 40) - 1)

typedef struct evt3 {
    bool timed, rowed;
    int64_t high; /* bits from 12 on of the time that was written, turns counted */
    uint16_t low, y;
    /* Events that may become a vector, whatever packets they came in. */
    vdib_event first;
    uint32_t mask; /* bit i: there is one at first.x + i; 0: there are none */
} evt3;

static vdib_status begin_evt3(vdib__event_output *output) {
    evt3 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    output->state = made;
    return vdib__evt_header(output, "EVT3", "3.0");
}

static uint8_t *word(uint8_t *at, unsigned type, unsigned payload) {
    return vdib__put_little(at, type << 12 | payload, VDIB_EVT3_WORD);
}

/* Lets the clock run to less than two strides before `high`, from 0 or the time that was written. */
static vdib_status run_clock(vdib__sink *sink, evt3 *s, int64_t high) {
    if (!s->timed && high < TURN)
        return VDIB_OK;
    if (!s->timed)
        s->high = -STRIDE;
    while (high - s->high >= 2 * STRIDE) {
        uint8_t *at = NULL;
        s->high += STRIDE;
        s->timed = true;
        VDIB_TRY(vdib__sink_room(sink, VDIB_EVT3_WORD, &at));
        word(at, VDIB_EVT3_TIME_HIGH, (unsigned)s->high % TURN);
        vdib__sink_took(sink, VDIB_EVT3_WORD);
    }
    return VDIB_OK;
}

static uint8_t *put_time(evt3 *s, uint8_t *at, int64_t time) {
    int64_t high = time >> 12;
    uint16_t low = (uint16_t)(time & 0xFFF);
    bool changed = !s->timed || high != s->high;
    if (changed)
        at = word(at, VDIB_EVT3_TIME_HIGH, (unsigned)high % TURN);
    if (changed || low != s->low)
        at = word(at, VDIB_EVT3_TIME_LOW, low);
    s->timed = true;
    s->high = high;
    s->low = low;
    return at;
}

static uint8_t *put_row(evt3 *s, uint8_t *at, uint16_t y) {
    if (!s->rowed || s->y != y)
        at = word(at, VDIB_EVT3_Y, y);
    s->rowed = true;
    s->y = y;
    return at;
}

static uint8_t *put_columns(uint8_t *at, const vdib_event *first, uint32_t mask) {
    unsigned polarity = (unsigned)first->polarity << 11;
    if (__builtin_popcount(mask) <= VECTOR_WORDS) {
        for (; mask != 0; mask &= mask - 1)
            at = word(at, VDIB_EVT3_X, polarity | (first->x + (unsigned)__builtin_ctz(mask)));
        return at;
    }
    at = word(at, VDIB_EVT3_BASE_X, polarity | first->x);
    at = word(at, VDIB_EVT3_VECTOR_12, mask & 0xFFF);
    at = word(at, VDIB_EVT3_VECTOR_12, mask >> 12 & 0xFFF);
    return word(at, VDIB_EVT3_VECTOR_8, mask >> 24);
}

/* Writes the events that were kept. */
static vdib_status put_kept(vdib__event_output *output) {
    enum { MOST = 3 + VECTOR_WORDS }; /* two words of time, one of the row */
    evt3 *s = output->state;
    uint8_t *at = NULL;
    if (s->mask == 0)
        return VDIB_OK;
    if (!s->timed || (s->first.t >> 12) - s->high >= 2 * STRIDE)
        VDIB_TRY(run_clock(&output->sink, s, s->first.t >> 12));
    VDIB_TRY(vdib__sink_room(&output->sink, MOST * VDIB_EVT3_WORD, &at));
    uint8_t *end = put_columns(put_row(s, put_time(s, at, s->first.t), s->first.y), &s->first, s->mask);
    vdib__sink_took(&output->sink, (size_t)(end - at));
    s->mask = 0;
    return VDIB_OK;
}

/* Whether an event goes into one vector with those that are kept, behind them. */
static bool continues(const evt3 *s, const vdib_event *event) {
    unsigned place = event->x - s->first.x;
    return (event->t == s->first.t) & (event->y == s->first.y) & (event->polarity == s->first.polarity) &
               (place < VECTOR) &&
           s->mask >> place == 0;
}

static vdib_status put_evt3(vdib__event_output *output, const vdib_event *events, size_t count) {
    evt3 *s = output->state;
    for (size_t i = 0; i < count; i++) {
        if (s->mask != 0 && continues(s, &events[i])) {
            s->mask |= UINT32_C(1) << (events[i].x - s->first.x);
            continue;
        }
        VDIB_TRY(put_kept(output));
        s->first = events[i];
        s->mask = 1;
    }
    return VDIB_OK;
}

extern const vdib__event_writer vdib__writer_evt3;
const vdib__event_writer vdib__writer_evt3 = {
    .name = "evt3",
    .help = "Prophesee RAW, EVT 3.0",
    .endings = ".raw .evt3",
    .passes = true,
    .sized = true,
    .columns = VDIB_EVT_SIDE,
    .rows = VDIB_EVT_SIDE,
    .most_us = MOST_US,
    .gap_us = UINT64_MAX,
    .lost = "",
    .begin = begin_evt3,
    .put = put_evt3,
    .end = put_kept,
    .close = vdib__free,
};
