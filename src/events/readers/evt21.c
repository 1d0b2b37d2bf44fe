/* SPDX-License-Identifier: MIT */
/* Prophesee RAW EVT 2.1: words of 64 bits. Bits 63 to 60 are the type. Types 0 and 1 are OFF and ON events of up to 32
 * pixels of a row: time (lower 6 bits), x (11), y (11), then 32 bits, of which bit i stands for (x + i, y). Type 8 has
 * the upper 28 bits of the time. The halves of a word are little endian; the header says which comes first. */

#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/prophesee.h"
#include "events/readers/vector.h"
#include "events/words.h"

enum { WORD = 8, TYPE_ON = 1, TYPE_TIME_HIGH = 0x8, TYPE_TRIGGER = 0xA, TYPE_OTHERS = 0xE, TYPE_CONTINUED };

typedef struct evt21 {
    vdib__bytes *bytes;
    bool legacy; /* the upper half comes first */
    vdib__prophesee_clock clock;
    vdib__vector vector; /* of the last word */
} evt21;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__prophesee_detect(head, VDIB_PROPHESEE_EVT21);
}

static uint64_t word_at(const uint8_t *at, bool legacy) {
    uint64_t first = vdib__little32(at), second = vdib__little32(at + 4);
    return legacy ? first << 32 | second : second << 32 | first;
}

static bool is_known(unsigned type) {
    return type <= TYPE_ON || type == TYPE_TIME_HIGH || type == TYPE_TRIGGER || type >= TYPE_OTHERS;
}

/* How many words speak against an order of the halves: types that there are not, times that go back; all of them where
 * there is no time. */
static size_t count_odd(const uint8_t *at, size_t words, bool legacy) {
    uint64_t high = 0;
    size_t odd = 0, times = 0;
    for (size_t i = 0; i < words; i++) {
        uint64_t word = word_at(at + WORD * i, legacy);
        unsigned type = (unsigned)(word >> 60);
        odd += !is_known(type);
        if (type != TYPE_TIME_HIGH)
            continue;
        times++;
        odd += (word >> 32 & 0x0FFFFFFF) < high;
        high = word >> 32 & 0x0FFFFFFF;
    }
    return times > 0 ? odd : words;
}

/* The order of the halves: what the header says, else what makes sense. */
static vdib_status find_order(vdib__bytes *bytes, const vdib__prophesee *header, bool *legacy) {
    enum { LOOKED = 4096 };
    const uint8_t *at = NULL;
    size_t ready = 0;
    *legacy = header->order == VDIB_PROPHESEE_LEGACY;
    if (header->order != VDIB_PROPHESEE_UNSAID)
        return VDIB_OK;
    VDIB_TRY(vdib__bytes_look(bytes, LOOKED * WORD, &at, &ready));
    *legacy = count_odd(at, ready / WORD, true) <= count_odd(at, ready / WORD, false);
    return VDIB_OK;
}

static vdib_status open_evt21(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    vdib__prophesee header;
    evt21 *made = NULL;
    bool legacy = false;
    VDIB_TRY(vdib__prophesee_header(bytes, info, &header));
    VDIB_TRY(find_order(bytes, &header, &legacy));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->bytes = bytes;
    made->legacy = legacy;
    *state = made;
    return VDIB_OK;
}

/* A word that is no event, or none with a time; `at` is its byte. */
static void other_word(evt21 *s, uint64_t word, uint64_t at, vdib_events_info *info) {
    switch (word >> 60) {
    case TYPE_TIME_HIGH:
        vdib__prophesee_tick(&s->clock, (uint32_t)(word >> 32 & 0x0FFFFFFF), info);
        break;
    case TYPE_TRIGGER:
    case TYPE_OTHERS:
        info->others++;
        break;
    case TYPE_CONTINUED:
        break;
    case 0:
    case TYPE_ON:
        vdib__bytes_blame(s->bytes, at, VDIB_PROPHESEE_UNTIMED, &info->untimed,
                          (size_t)__builtin_popcount((uint32_t)word));
        break;
    default:
        vdib__bytes_blame(s->bytes, at, VDIB_PROPHESEE_DAMAGED, &info->damaged, 1);
    }
}

static vdib_status read_evt21(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    evt21 *s = state;
    const uint8_t *at = NULL;
    size_t ready = WORD, made = vdib__vector_deliver(&s->vector, events, 0, capacity);
    while (made == 0 && ready >= WORD) {
        VDIB_TRY(vdib__bytes_look(s->bytes, VDIB_BYTES_WINDOW / 2, &at, &ready));
        size_t used = 0;
        for (; ready - used >= WORD && made < capacity; used += WORD) {
            uint64_t word = word_at(at + used, s->legacy);
            if (word >> 60 > TYPE_ON || !s->clock.known) {
                other_word(s, word, s->bytes->offset + used, info);
                continue;
            }
            s->vector =
                (vdib__vector){.mask = (uint32_t)word,
                               .t = s->clock.base + (int64_t)(word >> 54 & 0x3F),
                               .place = vdib__place(word >> 43 & 0x7FF, word >> 32 & 0x7FF, (uint32_t)(word >> 60))};
            made = vdib__vector_deliver(&s->vector, events, made, capacity);
        }
        vdib__bytes_take(s->bytes, used);
    }
    *count = made;
    if (made == 0)
        vdib__bytes_cut(s->bytes, ready, &info->truncated);
    return VDIB_OK;
}

static bool stamp_of(const void *state, const uint8_t *at, size_t count, size_t *begin, int64_t *stamp_us) {
    const evt21 *s = state;
    for (*begin = 0; *begin + WORD <= count; *begin += WORD) {
        uint64_t word = word_at(at + *begin, s->legacy);
        if (word >> 60 != TYPE_TIME_HIGH)
            continue;
        *stamp_us = (int64_t)(word >> 32 & 0x0FFFFFFF) << 6;
        return true;
    }
    return false;
}

static vdib_status seek_evt21(void *state, vdib_events_info *info, int64_t us) {
    evt21 *s = state;
    s->vector.mask = 0;
    return vdib__prophesee_seek(&s->clock, s->bytes, WORD, stamp_of, s, us, info);
}

extern const vdib__event_reader vdib__reader_evt21;
const vdib__event_reader vdib__reader_evt21 = {
    .name = "evt21",
    .help = "EVT 2.1",
    .endings = ".raw",
    .common_endings = true,
    .detect = detect,
    .open = open_evt21,
    .read = read_evt21,
    .seek = seek_evt21,
    .close = vdib__free,
};
