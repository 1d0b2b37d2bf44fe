/* SPDX-License-Identifier: MIT */
/* Prophesee RAW EVT 3.0 (events/evt3.h). */

#include "events/evt3.h"
#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/prophesee.h"
#include "events/readers/vector.h"
#include "events/words.h"

enum {
    WORD = VDIB_EVT3_WORD,
    ADDRESS = 0x7FF, /* bits of x and y */
    WRAP = 2048      /* a clock that ran out goes back by so many units of its upper bits at least */
};

typedef struct evt3 {
    vdib__bytes *bytes;
    bool timed, rowed; /* a time, a row was there */
    bool muted;        /* what comes are measurements */
    bool ready;        /* timed, rowed and not muted */
    uint32_t high;     /* bits 23 to 12 of the time */
    int64_t turns;     /* microseconds of the clock's turns */
    int64_t time;
    uint16_t y;
    uint32_t base; /* x of the next vector's bit 0 */
    uint8_t polarity;
    vdib__vector vector; /* the last one */
} evt3;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__prophesee_detect(head, VDIB_PROPHESEE_EVT3);
}

static vdib_status open_evt3(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    vdib__prophesee header;
    evt3 *made = NULL;
    VDIB_TRY(vdib__prophesee_header(bytes, info, &header));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->bytes = bytes;
    *state = made;
    return VDIB_OK;
}

/* The upper bits of the time; the lower ones are 0 until they are said, where the upper ones changed. */
static void tick(evt3 *s, uint32_t high, vdib_events_info *info) {
    if (s->timed && s->high == high)
        return;
    if (s->timed && s->high >= high + WRAP) {
        s->turns += INT64_C(1) << 24;
        info->wraps++;
    }
    s->timed = true;
    s->high = high;
    s->time = s->turns + ((int64_t)high << 12);
}

/* Whether events have what they need; counts them where they have not. */
static bool is_ready(evt3 *s, size_t events, uint64_t at, vdib_events_info *info) {
    if (s->muted)
        info->others += events;
    else if (!s->timed || !s->rowed)
        vdib__bytes_blame(s->bytes, at, VDIB_PROPHESEE_UNTIMED, &info->untimed, events);
    return s->timed && s->rowed && !s->muted;
}

/* A vector of up to `bits` events. */
static void read_vector(evt3 *s, uint32_t mask, unsigned bits, uint64_t at, vdib_events_info *info) {
    uint32_t base = s->base;
    s->base = base <= ADDRESS ? base + bits : base;
    if (mask == 0)
        return;
    if (!s->ready && !is_ready(s, (size_t)__builtin_popcount(mask), at, info))
        return;
    if (base > ADDRESS)
        vdib__bytes_blame(s->bytes, at, "a vector beyond any sensor", &info->damaged, 1);
    else
        s->vector = (vdib__vector){.mask = mask, .t = s->time, .place = vdib__place(base, s->y, s->polarity)};
}

/* A word that is neither a single event nor a vector. */
static void other_word(evt3 *s, unsigned word, uint64_t at, vdib_events_info *info) {
    switch (word >> 12) {
    case VDIB_EVT3_Y:
        s->y = (uint16_t)(word & ADDRESS);
        s->rowed = true;
        s->muted = false;
        break;
    case VDIB_EVT3_Y_OF_OTHERS:
        s->muted = true;
        break;
    case VDIB_EVT3_BASE_X:
        s->base = word & ADDRESS;
        s->polarity = (uint8_t)(word >> 11 & 1);
        break;
    case VDIB_EVT3_TIME_LOW:
        s->time = s->turns + ((int64_t)s->high << 12 | (word & 0xFFF));
        break;
    case VDIB_EVT3_TIME_HIGH:
        tick(s, word & 0xFFF, info);
        break;
    case VDIB_EVT3_TRIGGER:
    case VDIB_EVT3_IMU:
    case VDIB_EVT3_OTHERS:
        info->others++;
        break;
    case VDIB_EVT3_CONTINUED_4:
    case VDIB_EVT3_CONTINUED_12:
        break;
    default:
        vdib__bytes_blame(s->bytes, at, VDIB_PROPHESEE_DAMAGED, &info->damaged, 1);
    }
}

/* Decodes words as long as there is room for events; returns how many words that were. */
static size_t decode(evt3 *s, const uint8_t *at, size_t words, vdib_events_info *info, vdib_event *events,
                     size_t capacity, size_t *made) {
    size_t i = 0;
    for (; i < words && *made < capacity; i++) {
        unsigned word = vdib__little16(at + WORD * i), type = word >> 12;
        if (type == VDIB_EVT3_X) {
            if (s->ready || is_ready(s, 1, s->bytes->offset + WORD * i, info))
                vdib__event_put(&events[(*made)++], s->time, vdib__place(word & ADDRESS, s->y, word >> 11 & 1));
        } else if (type == VDIB_EVT3_VECTOR_12 || type == VDIB_EVT3_VECTOR_8) {
            unsigned bits = type == VDIB_EVT3_VECTOR_12 ? 12 : 8;
            read_vector(s, word & ((1U << bits) - 1), bits, s->bytes->offset + WORD * i, info);
            *made = capacity - *made >= 12 ? vdib__vector_deliver_12(&s->vector, events, *made)
                                           : vdib__vector_deliver(&s->vector, events, *made, capacity);
        } else {
            other_word(s, word, s->bytes->offset + WORD * i, info);
            s->ready = s->timed && s->rowed && !s->muted;
        }
    }
    return i;
}

static vdib_status read_evt3(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    evt3 *s = state;
    const uint8_t *at = NULL;
    size_t ready = WORD, made = vdib__vector_deliver(&s->vector, events, 0, capacity);
    while (made == 0 && ready >= WORD) {
        VDIB_TRY(vdib__bytes_look(s->bytes, VDIB_BYTES_WINDOW / 2, &at, &ready));
        size_t used = decode(s, at, ready / WORD, info, events, capacity, &made);
        vdib__bytes_take(s->bytes, used * WORD);
    }
    *count = made;
    if (made == 0)
        vdib__bytes_cut(s->bytes, ready, &info->truncated);
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_evt3;
const vdib__event_reader vdib__reader_evt3 = {
    .name = "evt3",
    .help = "EVT 3.0",
    .endings = ".raw",
    .common_endings = true,
    .detect = detect,
    .open = open_evt3,
    .read = read_evt3,
    .close = vdib__free,
};
