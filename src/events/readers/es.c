/* SPDX-License-Identifier: MIT */
/* Event Stream 2 (`.es`): "Event Stream", three bytes of version, the type of the events, the sensor's width and height
 * (16 bits each, little endian; not where events have no place), then events of a time that passed and what they carry.
 * y counts from the bottom. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/reader.h"
#include "events/words.h"

enum {
    SIGNATURE = 12,
    TYPE_AT = 15,
    SHORT_HEADER = 16, /* without width and height */
    HEADER = 20,
    MOST_EVENT = 16, /* bytes of an event, of generic ones without what they carry */
    LOOKED = VDIB_BYTES_WINDOW / 2,
};

typedef enum type { GENERIC, DVS, ATIS, DISPLAY, COLOUR } type;

typedef struct es {
    vdib__bytes *bytes;
    type type;
    uint64_t time;
    size_t width, height;
} es;

static const char signature[] = "Event Stream";

static vdib__likeness detect(const vdib__event_head *head) {
    return head->count >= SIGNATURE && memcmp(head->bytes, signature, SIGNATURE) == 0 ? VDIB_LIKENESS_CONTENT
                                                                                      : VDIB_LIKENESS_NONE;
}

static vdib_status check_header(const vdib__bytes *bytes, const uint8_t *at, size_t ready) {
    if (ready < SHORT_HEADER)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: ends inside its header; fetch it again", bytes->path,
                          ready);
    if (at[SIGNATURE] != 2)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %d: is of version %u.%u.%u of Event Stream; version 2 is read: convert it",
                          bytes->path, SIGNATURE, at[SIGNATURE], at[SIGNATURE + 1], at[SIGNATURE + 2]);
    if (at[TYPE_AT] > COLOUR || at[TYPE_AT] == DISPLAY)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %d: its events are of type %u; those of a DVS (1) or an ATIS (2) are read",
                          bytes->path, TYPE_AT, at[TYPE_AT]);
    if (at[TYPE_AT] != GENERIC && ready < HEADER)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: ends inside its header; fetch it again", bytes->path,
                          ready);
    return VDIB_OK;
}

static vdib_status open_es(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    es *made = NULL;
    VDIB_TRY(vdib__bytes_look(bytes, HEADER, &at, &ready));
    VDIB_TRY(check_header(bytes, at, ready));
    VDIB_TRY(VDIB_NEW(&made, 1));
    *made = (es){.bytes = bytes, .type = (type)at[TYPE_AT]};
    if (made->type != GENERIC) {
        info->width = made->width = vdib__little16(at + SHORT_HEADER);
        info->height = made->height = vdib__little16(at + SHORT_HEADER + 2);
    }
    vdib__bytes_take(bytes, made->type == GENERIC ? SHORT_HEADER : HEADER);
    *state = made;
    return VDIB_OK;
}

/* ---- one event at a time ---- */

/* What a piece of the file is. */
typedef enum piece { CUT, TIME, PIXEL, OTHER } piece;

/* A DVS's event, or time that passes: byte 0 is the time that passed (7 bits) and the polarity. */
static piece dvs(es *s, const uint8_t *at, size_t ready, size_t *used, vdib_event *event) {
    enum { BYTES = 5, RESET = 0xFE, LONG = 0xFF };
    *used = at[0] >= RESET ? 1 : BYTES;
    if (*used > ready)
        return CUT;
    s->time += at[0] == RESET ? 0U : at[0] >> 1;
    *event = (vdib_event){.polarity = at[0] & 1};
    return *used == 1 ? TIME : PIXEL;
}

/* An ATIS's: the time that passed (6 bits), the polarity, and whether it is a measurement of light. */
static piece atis(es *s, const uint8_t *at, size_t ready, size_t *used, vdib_event *event) {
    enum { BYTES = 5, LONG = 0xFC, LONG_US = 63 };
    *used = at[0] >= LONG ? 1 : BYTES;
    if (*used > ready)
        return CUT;
    s->time += at[0] >= LONG ? (at[0] & 3U) * LONG_US : at[0] >> 2;
    *event = (vdib_event){.polarity = at[0] >> 1 & 1};
    return *used == 1 ? TIME : (at[0] & 1) != 0 ? OTHER : PIXEL;
}

static piece colour(es *s, const uint8_t *at, size_t ready, size_t *used) {
    enum { BYTES = 8, RESET = 0xFE, LONG_US = 254 };
    *used = at[0] >= RESET ? 1 : BYTES;
    if (*used > ready)
        return CUT;
    s->time += at[0] == RESET ? 0U : at[0] > RESET ? LONG_US : at[0];
    return *used == 1 ? TIME : OTHER;
}

/* An event of any bytes: the time that passed, their number in groups of 7 bits, the bytes, which are left out. */
static piece generic(es *s, const uint8_t *at, size_t ready, size_t *used, uint64_t *behind) {
    enum { RESET = 0xFE, LONG_US = 254, MOST_GROUPS = 9 };
    *used = 1;
    *behind = 0;
    s->time += at[0] == RESET ? 0U : at[0] > RESET ? LONG_US : at[0];
    if (at[0] >= RESET)
        return TIME;
    for (bool more = true; more; ++*used) {
        if (*used >= ready || *used > MOST_GROUPS)
            return CUT;
        *behind |= (uint64_t)(at[*used] >> 1) << 7 * (*used - 1);
        more = (at[*used] & 1) != 0;
    }
    return OTHER;
}

/* The place of a pixel's event, from the top; false if it is beyond the sensor. */
static bool place(es *s, const uint8_t *at, uint64_t offset, vdib_events_info *info, vdib_event *event) {
    event->t = (int64_t)s->time;
    event->x = vdib__little16(at + 1);
    event->y = vdib__little16(at + 3);
    if (event->x >= s->width || event->y >= s->height) {
        vdib__bytes_blame(s->bytes, offset, "an event beyond the sensor", &info->outside, 1);
        return false;
    }
    event->y = (uint16_t)(s->height - 1 - event->y);
    return true;
}

static piece next_piece(es *s, const uint8_t *at, size_t ready, size_t *used, uint64_t *behind, vdib_event *event) {
    *behind = 0;
    switch (s->type) {
    case DVS:
        return dvs(s, at, ready, used, event);
    case ATIS:
        return atis(s, at, ready, used, event);
    case COLOUR:
        return colour(s, at, ready, used);
    default:
        return generic(s, at, ready, used, behind);
    }
}

#define RECORD_CUT "the file ends inside a record"

/* The file ends inside an event that begins at `used` of the bytes ahead. */
static vdib_status cut(es *s, size_t used, vdib_events_info *info) {
    vdib__bytes_take(s->bytes, used);
    return vdib__bytes_give_up(s->bytes, RECORD_CUT, &info->truncated, 0);
}

/* Leaves out an event of any bytes, `behind` of which follow the next `length`. */
static vdib_status leave_out(es *s, size_t length, uint64_t behind, vdib_events_info *info) {
    uint64_t begin = s->bytes->offset;
    vdib__bytes_take(s->bytes, length);
    VDIB_TRY(vdib__bytes_skip(s->bytes, behind));
    uint64_t passed = s->bytes->offset - begin;
    if (passed - length == behind)
        info->others++;
    else
        vdib__bytes_blame(s->bytes, begin, RECORD_CUT, &info->truncated, (size_t)passed);
    return VDIB_OK;
}

/* Reads what is in memory, as long as there is room for events; *ended where nothing is. */
static vdib_status read_some(es *s, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count,
                             bool *ended) {
    const uint8_t *at = NULL;
    size_t ready = 0, used = 0, room = LOOKED - MOST_EVENT;
    VDIB_TRY(vdib__bytes_look(s->bytes, LOOKED, &at, &ready));
    *ended = ready == 0;
    room = ready < LOOKED ? ready : room; /* events do not end behind what is in memory, but at the end of the file */
    while (used < room && *count < capacity) {
        uint64_t offset = s->bytes->offset + used, behind = 0;
        size_t length = 0;
        piece found = next_piece(s, at + used, ready - used, &length, &behind, &events[*count]);
        if (found == CUT)
            return cut(s, used, info);
        if (behind > 0) {
            vdib__bytes_take(s->bytes, used);
            return leave_out(s, length, behind, info);
        }
        info->others += found == OTHER;
        *count += found == PIXEL && place(s, at + used, offset, info, &events[*count]);
        used += length;
    }
    vdib__bytes_take(s->bytes, used);
    return VDIB_OK;
}

static vdib_status read_es(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    es *s = state;
    *count = 0;
    for (bool ended = false; *count < capacity && !ended;)
        VDIB_TRY(read_some(s, info, events, capacity, count, &ended));
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_es;
const vdib__event_reader vdib__reader_es = {
    .name = "es",
    .help = "Event Stream",
    .endings = ".es",
    .detect = detect,
    .open = open_es,
    .read = read_es,
    .close = vdib__free,
};
