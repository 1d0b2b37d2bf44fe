/* SPDX-License-Identifier: MIT */
/* Prophesee DAT: after the header, where there is one, two bytes, the type of events and their size, then 8 bytes an
 * event, little endian: microseconds (32 bits), x (14), y (14), polarity (4). In version 1 x has 9 bits, y 8 and the
 * polarity 1. */

#include "core/alloc.h"
#include "core/error.h"
#include "events/kernels_events.h"
#include "events/put.h"
#include "events/readers/prophesee.h"
#include "events/seek.h"
#include "events/words.h"

#define HALF_TURN (UINT32_C(1) << 31)

enum {
    RECORD = 8,
    TYPE_2D = 0,  /* events of pixels */
    TYPE_CD = 12, /* the same */
    TYPE_TRIGGER = 14
};

typedef struct dat {
    vdib__bytes *bytes;
    unsigned version, type;
    const vdib__event_kernels *kernels;
    bool begun;
    vdib__dat_clock clock;
    vdib__event_look seen; /* of the events of the last reading, if `looked` */
    bool looked;
} dat;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__prophesee_detect(head, VDIB_PROPHESEE_DAT);
}

/* The version of a file that does not say it, by its first records: in version 1 the upper 14 bits of places are 0. */
static vdib_status find_version(vdib__bytes *bytes, unsigned type, unsigned *version, const char **assumed) {
    enum { LOOKED = 512, FEW = 16 };
    const uint8_t *at = NULL;
    size_t count = 0, low = 0;
    if (*version != 0)
        return VDIB_OK;
    VDIB_TRY(vdib__bytes_look(bytes, (size_t)LOOKED * RECORD, &at, &count));
    count /= RECORD;
    for (size_t i = 0; i < count; i++)
        low += vdib__little32(at + RECORD * i + 4) >> 18 == 0;
    *version = type == TYPE_2D && count >= FEW && low == count ? 1 : 2;
    *assumed = *version == 1 ? "version 1 by its records: its header names none"
                             : "version 2 by its records: its header names none";
    return VDIB_OK;
}

/* Takes the bytes between header and records, the type of events and their size. */
static vdib_status read_type(vdib__bytes *bytes, vdib_events_info *info, unsigned *type) {
    const uint8_t *at = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__bytes_look(bytes, 2, &at, &count));
    if (count < 2) {
        *type = TYPE_2D;
        if (info->truncated == 0) /* else a line before was cut */
            vdib__bytes_blame(bytes, bytes->offset, VDIB_BYTES_HEADER_CUT, &info->truncated, 1);
        vdib__bytes_take(bytes, count);
        return VDIB_OK;
    }
    *type = at[0];
    if (at[1] != RECORD)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %llu: events of a DAT file have 8 bytes, not %u; export it again", bytes->path,
                          (unsigned long long)bytes->offset, at[1]);
    if (*type != TYPE_2D && *type != TYPE_CD && *type != TYPE_TRIGGER)
        return vdib__fail(
            VDIB_ERROR_FORMAT,
            "%s: byte %llu: events are of type %u, which is not read; export those of pixels (type 12, CD)",
            bytes->path, (unsigned long long)bytes->offset, *type);
    vdib__bytes_take(bytes, count);
    return VDIB_OK;
}

static vdib_status open_dat(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    vdib__prophesee header;
    unsigned type = TYPE_2D;
    dat *made = NULL;
    VDIB_TRY(vdib__prophesee_header(bytes, info, &header));
    if (!header.bare)
        VDIB_TRY(read_type(bytes, info, &type));
    if (header.version > 2)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is of version %u of DAT, which is not read; versions 1 and 2 are: export it again",
                          bytes->path, header.version);
    VDIB_TRY(find_version(bytes, type, &header.version, &info->assumed));
    VDIB_TRY(VDIB_NEW(&made, 1));
    *made = (dat){.bytes = bytes, .version = header.version, .type = type, .kernels = vdib__event_kernels_choose()};
    *state = made;
    return VDIB_OK;
}

static uint64_t place_of(uint32_t word) {
    return vdib__place(word & 0x3FFF, word >> 14 & 0x3FFF, word >> 28 & 1);
}

static uint64_t old_place_of(uint32_t word) {
    return vdib__place(word & 0x1FF, word >> 9 & 0xFF, word >> 17 & 1);
}

/* Records among which the clock does not turn: the uppermost bit of their time stamps is that of the last one before.
 * False if it is not. */
static bool decode_steadily(dat *s, const uint8_t *at, size_t records, vdib_event *events) {
    if (s->kernels->dat(at, records, &s->clock, events, &s->seen) >> 31 != 0)
        return false;
    if (records > 0)
        s->clock.last = vdib__little32(at + RECORD * (records - 1));
    return true;
}

/* Records of version 1, or among which the clock may turn. */
static void decode_each(dat *s, const uint8_t *at, size_t records, vdib_events_info *info, vdib_event *events) {
    for (size_t i = 0; i < records; i++) {
        uint32_t stamp = vdib__little32(at + RECORD * i), word = vdib__little32(at + RECORD * i + 4);
        if (stamp < s->clock.last && s->clock.last - stamp > HALF_TURN) {
            s->clock.turns += INT64_C(1) << 32;
            info->wraps++;
        }
        s->clock.last = stamp;
        vdib__event_put(&events[i], s->clock.turns + stamp, s->version == 1 ? old_place_of(word) : place_of(word));
    }
}

static void decode(dat *s, const uint8_t *at, size_t records, vdib_events_info *info, vdib_event *events) {
    if (!s->begun && records > 0)
        s->clock.last = vdib__little32(at);
    s->begun |= records > 0;
    s->looked = s->version != 1 && decode_steadily(s, at, records, events);
    if (!s->looked)
        decode_each(s, at, records, info, events);
}

static vdib_status read_dat(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    enum { MOST = VDIB_BYTES_WINDOW / RECORD };
    dat *s = state;
    const uint8_t *at = NULL;
    size_t ready = 0, records = 0;
    *count = 0;
    do {
        VDIB_TRY(vdib__bytes_look(s->bytes, (capacity < MOST ? capacity : MOST) * RECORD, &at, &ready));
        records = ready / RECORD;
        if (s->type == TYPE_TRIGGER)
            info->others += records;
        else
            decode(s, at, records, info, events);
        vdib__bytes_take(s->bytes, records * RECORD);
    } while (s->type == TYPE_TRIGGER && records > 0);
    *count = records;
    if (records == 0)
        vdib__bytes_cut(s->bytes, ready, &info->truncated);
    return VDIB_OK;
}

static bool seen_in_dat(const void *state, vdib__event_look *seen) {
    const dat *s = state;
    *seen = s->seen;
    return s->looked;
}

static bool stamp_of(const void *state, const uint8_t *at, size_t count, size_t *begin, int64_t *stamp_us) {
    (void)state;
    *begin = 0;
    *stamp_us = count >= RECORD ? (int64_t)vdib__little32(at) : 0;
    return count >= RECORD;
}

static vdib_status seek_dat(void *state, vdib_events_info *info, int64_t us) {
    dat *s = state;
    const vdib__seek seek = {
        .bytes = s->bytes, .record = RECORD, .turn_us = INT64_C(1) << 32, .stamp = stamp_of, .state = s};
    vdib__sought sought;
    VDIB_TRY(vdib__seek_time(&seek, us - s->clock.turns, &sought));
    if (!sought.found)
        return VDIB_OK;
    s->begun = true;
    s->clock.last = (uint32_t)sought.stamp_us;
    s->clock.turns += sought.turns_us;
    info->wraps += (size_t)(sought.turns_us >> 32);
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_dat;
const vdib__event_reader vdib__reader_dat = {
    .name = "dat",
    .help = "Prophesee DAT",
    .endings = ".dat",
    .common_endings = true,
    .detect = detect,
    .open = open_dat,
    .read = read_dat,
    .seen = seen_in_dat,
    .seek = seek_dat,
    .close = vdib__free,
};
