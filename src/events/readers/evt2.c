/* SPDX-License-Identifier: MIT */
/* Prophesee RAW EVT 2.0: words of 32 bits, little endian, whose upper 4 bits are the type. Types 0 and 1 are OFF and ON
 * events: time (lower 6 bits), x (11), y (11). Type 8 has the upper 28 bits of the time. */

#include "core/alloc.h"
#include "core/error.h"
#include "events/kernels_events.h"
#include "events/readers/prophesee.h"
#include "events/words.h"

enum { WORD = 4, TYPE_ON = 1, TYPE_TIME_HIGH = 0x8, TYPE_TRIGGER = 0xA, TYPE_IMU = 0xD, TYPE_OTHER, TYPE_CONTINUED };

typedef struct evt2 {
    vdib__bytes *bytes;
    vdib__prophesee_clock clock;
    const vdib__event_kernels *kernels;
} evt2;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__prophesee_detect(head, VDIB_PROPHESEE_EVT2);
}

static vdib_status open_evt2(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    vdib__prophesee header;
    evt2 *made = NULL;
    VDIB_TRY(vdib__prophesee_header(bytes, info, &header));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->bytes = bytes;
    made->kernels = vdib__event_kernels_choose();
    *state = made;
    return VDIB_OK;
}

/* A word that is no event, or none with a time; `at` is its byte. */
static void other_word(evt2 *s, uint32_t word, uint64_t at, vdib_events_info *info) {
    switch (word >> 28) {
    case TYPE_TIME_HIGH:
        vdib__prophesee_tick(&s->clock, word & 0x0FFFFFFF, info);
        break;
    case TYPE_TRIGGER:
    case TYPE_IMU:
    case TYPE_OTHER:
        info->others++;
        break;
    case TYPE_CONTINUED:
        break;
    case 0:
    case TYPE_ON:
        vdib__bytes_blame(s->bytes, at, VDIB_PROPHESEE_UNTIMED, &info->untimed, 1);
        break;
    default:
        vdib__bytes_blame(s->bytes, at, VDIB_PROPHESEE_DAMAGED, &info->damaged, 1);
    }
}

/* Returns the number of events. */
static size_t decode(evt2 *s, const uint8_t *at, size_t words, vdib_events_info *info, vdib_event *events) {
    size_t made = 0;
    for (size_t i = 0; i < words; i++) {
        size_t run = s->clock.known ? s->kernels->evt2(at + WORD * i, words - i, s->clock.base, events + made) : 0;
        made += run;
        i += run;
        if (i < words)
            other_word(s, vdib__little32(at + WORD * i), s->bytes->offset + WORD * i, info);
    }
    return made;
}

static vdib_status read_evt2(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    enum { MOST = VDIB_BYTES_WINDOW / WORD };
    evt2 *s = state;
    const uint8_t *at = NULL;
    size_t ready = 0, words = 1;
    for (*count = 0; *count == 0 && words > 0;) {
        VDIB_TRY(vdib__bytes_look(s->bytes, (capacity < MOST ? capacity : MOST) * WORD, &at, &ready));
        words = ready / WORD;
        *count = decode(s, at, words, info, events);
        vdib__bytes_take(s->bytes, words * WORD);
    }
    if (*count == 0)
        vdib__bytes_cut(s->bytes, ready, &info->truncated);
    return VDIB_OK;
}

static bool stamp_of(const void *state, const uint8_t *at, size_t count, size_t *begin, int64_t *stamp_us) {
    (void)state;
    for (*begin = 0; *begin + WORD <= count; *begin += WORD)
        if (vdib__little32(at + *begin) >> 28 == TYPE_TIME_HIGH) {
            *stamp_us = (int64_t)(vdib__little32(at + *begin) & 0x0FFFFFFF) << 6;
            return true;
        }
    return false;
}

static vdib_status seek_evt2(void *state, vdib_events_info *info, int64_t us) {
    evt2 *s = state;
    return vdib__prophesee_seek(&s->clock, s->bytes, WORD, stamp_of, s, us, info);
}

extern const vdib__event_reader vdib__reader_evt2;
const vdib__event_reader vdib__reader_evt2 = {
    .name = "evt2",
    .help = "Prophesee RAW EVT 2.0",
    .endings = ".raw",
    .common_endings = true,
    .detect = detect,
    .open = open_evt2,
    .read = read_evt2,
    .seek = seek_evt2,
    .close = vdib__free,
};
