/* SPDX-License-Identifier: MIT */
#include "hdf5/ecf.h"

#include <string.h>

/* A chunk begins with u32 events << 2 | packed_yxp << 1 | packed_xp, and the time of the first event. */
enum { HEADER = 12, PACKED_YXP = 2, PACKED_XP = 1, GROUP = 4 };
/* A run whose count does not fit has the largest count, and 16 bits follow. */
enum { TIME_LONG = 15, ROW_BITS = 5, ROW_LONG = 31, POLARITY_BITS = 7, POLARITY_LONG = 127, MOST_RUN = 65535 };
enum { MOST_X = 2047, MOST_ROW = 2047, MOST_PACKED_ROW = 4095, MASK_BITS = 5 };

/* ---- decoding ---- */

typedef struct source {
    const uint8_t *at, *end;
    bool failed;
} source;

/* `size` bytes, the lowest first. */
static inline uint64_t take(source *s, size_t size) {
    uint64_t value = 0;
    if ((size_t)(s->end - s->at) < size) {
        s->failed = true;
        s->at = s->end;
        return 0;
    }
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&value, s->at, size);
#else
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)s->at[i] << (8 * i);
#endif
    s->at += size;
    return value;
}

bool ecf_count(const uint8_t *bytes, size_t size, size_t *count) {
    source s = {.at = bytes, .end = bytes + size};
    uint64_t head = take(&s, 4);
    *count = (size_t)(head >> 2);
    return size >= HEADER && *count <= ECF_MOST;
}

/* A run of `count` from event `done` on, which must not be longer than there are events. */
static bool fits(const source *s, size_t done, size_t run, size_t count) {
    return !s->failed && run <= count - done;
}

static bool decode_times(source *s, ecf_event *events, size_t count) {
    uint64_t t = take(s, 8), wide = 0;
    unsigned shift = 0;
    for (size_t done = 0; done < count;) {
        uint64_t entry = take(s, 1), run = entry & 15;
        if (entry >> 4 == TIME_LONG) { /* four bits of a large difference */
            if (shift >= 64 || s->failed)
                return false;
            wide |= run << shift;
            shift += 4;
            continue;
        }
        t += wide + (entry >> 4);
        wide = shift = 0;
        if (run == TIME_LONG)
            run = take(s, 2);
        if (!fits(s, done, (size_t)run, count))
            return false;
        for (size_t end = done + (size_t)run; done < end; done++)
            events[done].t = (int64_t)t;
    }
    return true;
}

/* Four values of three quarters of a word (24 of 32 bits, 12 of 16) in three words: the last one is in the low bits of
 * the third, and the first three each in the high bits of a word but for low bits that did not fit, which stand at the
 * end of the word before. */
static bool take_group(source *s, size_t bytes, uint32_t values[GROUP]) {
    const unsigned rest = 2 * (unsigned)bytes; /* bits of a word that a value leaves */
    const uint32_t first = (uint32_t)take(s, bytes), second = (uint32_t)take(s, bytes),
                   third = (uint32_t)take(s, bytes);
    const uint32_t one = (1U << rest) - 1, two = (1U << (2 * rest)) - 1, three = (1U << (3 * rest)) - 1;
    values[0] = first >> rest;
    values[1] = second >> (2 * rest) << rest | (first & one);
    values[2] = third >> (3 * rest) << (2 * rest) | (second & two);
    values[3] = third & three;
    return !s->failed;
}

static bool decode_packed(source *s, bool rows, ecf_event *events, size_t count) {
    for (size_t done = 0; done < count; done += GROUP) {
        uint32_t values[GROUP];
        if (!take_group(s, rows ? 4 : 2, values))
            return false;
        for (size_t i = 0; i < GROUP && done + i < count; i++) {
            events[done + i].p = (int16_t)(values[i] & 1);
            events[done + i].x = (uint16_t)(values[i] >> 1 & MOST_X);
            if (rows)
                events[done + i].y = (uint16_t)(values[i] >> 12);
        }
    }
    return true;
}

static bool decode_rows(source *s, ecf_event *events, size_t count) {
    for (size_t done = 0; done < count;) {
        uint64_t entry = take(s, 2), run = entry & ROW_LONG;
        if (run == ROW_LONG)
            run = take(s, 2);
        if (!fits(s, done, (size_t)run, count))
            return false;
        for (size_t end = done + (size_t)run; done < end; done++)
            events[done].y = (uint16_t)(entry >> ROW_BITS);
    }
    return true;
}

/* A column, and which of the five after it have an event too. */
static bool decode_columns(source *s, ecf_event *events, size_t count) {
    for (size_t done = 0; done < count;) {
        uint64_t entry = take(s, 2);
        uint16_t x = (uint16_t)(entry >> MASK_BITS);
        if (s->failed)
            return false;
        events[done++].x = x;
        for (unsigned j = 0; j < MASK_BITS; j++) {
            if ((entry >> (MASK_BITS - 1 - j) & 1) == 0)
                continue;
            if (done == count)
                return false;
            events[done++].x = (uint16_t)(x + 1 + j);
        }
    }
    return true;
}

static bool decode_polarities(source *s, ecf_event *events, size_t count) {
    for (size_t done = 0; done < count;) {
        uint64_t entry = take(s, 1), run = entry & POLARITY_LONG;
        if (run == POLARITY_LONG)
            run = take(s, 2);
        if (!fits(s, done, (size_t)run, count))
            return false;
        for (size_t end = done + (size_t)run; done < end; done++)
            events[done].p = (int16_t)(entry >> POLARITY_BITS);
    }
    return true;
}

bool ecf_decode(const uint8_t *bytes, size_t size, ecf_event *events, size_t count) {
    source s = {.at = bytes, .end = bytes + size};
    uint64_t head = take(&s, 4);
    if (head >> 2 != count)
        return false;
    for (size_t i = 0; i < count; i++)
        events[i].unused = 0;
    if (!decode_times(&s, events, count))
        return false;
    if ((head & PACKED_YXP) != 0)
        return decode_packed(&s, true, events, count);
    if (!decode_rows(&s, events, count))
        return false;
    if ((head & PACKED_XP) != 0)
        return decode_packed(&s, false, events, count);
    return decode_columns(&s, events, count) && decode_polarities(&s, events, count);
}

/* ---- encoding ---- */

typedef struct sink {
    uint8_t *at;
} sink;

static void give(sink *s, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++)
        s->at[i] = (uint8_t)(value >> (8 * i));
    s->at += size;
}

size_t ecf_bound(size_t count) {
    /* A time takes up to 16 bytes for its difference and 3 for its run; rows 4, columns 2 and polarities 3, or 12 bytes
     * for four events. */
    return HEADER + 19 * count + 9 * count + 12;
}

/* How many events from `first` on have the same value, MOST_RUN at most. */
#define RUN(length, events, first, count, member)                                                                      \
    do {                                                                                                               \
        (length) = 1;                                                                                                  \
        while ((first) + (length) < (count) && (length) < MOST_RUN &&                                                  \
               (events)[(first) + (length)].member == (events)[(first)].member)                                        \
            (length)++;                                                                                                \
    } while (0)

static void encode_times(sink *s, const ecf_event *events, size_t count) {
    int64_t before = events[0].t;
    size_t run = 0;
    for (size_t done = 0; done < count; done += run) {
        uint64_t step = (uint64_t)events[done].t - (uint64_t)before;
        before = events[done].t;
        RUN(run, events, done, count, t);
        if (step >= TIME_LONG)
            for (; step > 0; step >>= 4)
                give(s, TIME_LONG << 4 | (step & 15), 1);
        give(s, step << 4 | (run < TIME_LONG ? run : TIME_LONG), 1);
        if (run >= TIME_LONG)
            give(s, run, 2);
    }
}

static void give_group(sink *s, size_t bytes, const uint32_t v[GROUP]) {
    const unsigned rest = 2 * (unsigned)bytes;
    const uint32_t one = (1U << rest) - 1, two = (1U << (2 * rest)) - 1;
    give(s, v[0] << rest | (v[1] & one), bytes);
    give(s, v[1] >> rest << (2 * rest) | (v[2] & two), bytes);
    give(s, v[2] >> (2 * rest) << (3 * rest) | v[3], bytes);
}

static void encode_packed(sink *s, bool rows, const ecf_event *events, size_t count) {
    for (size_t done = 0; done < count; done += GROUP) {
        uint32_t values[GROUP] = {0};
        for (size_t i = 0; i < GROUP && done + i < count; i++) {
            const ecf_event *e = &events[done + i];
            values[i] = (uint32_t)(rows ? e->y : 0) << 12 | (uint32_t)e->x << 1 | (uint32_t)e->p;
        }
        give_group(s, rows ? 4 : 2, values);
    }
}

static void encode_rows(sink *s, const ecf_event *events, size_t count) {
    size_t run = 0;
    for (size_t done = 0; done < count; done += run) {
        RUN(run, events, done, count, y);
        give(s, (uint64_t)events[done].y << ROW_BITS | (run < ROW_LONG ? run : ROW_LONG), 2);
        if (run >= ROW_LONG)
            give(s, run, 2);
    }
}

static void encode_columns(sink *s, const ecf_event *events, size_t count) {
    for (size_t done = 0; done < count;) {
        uint64_t x = events[done++].x, entry = x << MASK_BITS;
        for (unsigned j = 0; j < MASK_BITS && done < count && events[done].x > x; j++) {
            if (events[done].x != x + 1 + j)
                continue;
            entry |= 1U << (MASK_BITS - 1 - j);
            done++;
        }
        give(s, entry, 2);
    }
}

static void encode_polarities(sink *s, const ecf_event *events, size_t count) {
    size_t run = 0;
    for (size_t done = 0; done < count; done += run) {
        RUN(run, events, done, count, p);
        give(s, (uint64_t)events[done].p << POLARITY_BITS | (run < POLARITY_LONG ? run : POLARITY_LONG), 1);
        if (run >= POLARITY_LONG)
            give(s, run, 2);
    }
}

/* Whether the code has room for the events; *narrow: rows of 11 bits. */
static bool expressible(const ecf_event *events, size_t count, bool *narrow) {
    *narrow = true;
    for (size_t i = 0; i < count; i++) {
        const ecf_event *e = &events[i];
        if (e->x > MOST_X || e->y > MOST_PACKED_ROW || (e->p != 0 && e->p != 1) || (i > 0 && e->t < events[i - 1].t))
            return false;
        *narrow = *narrow && e->y <= MOST_ROW;
    }
    return count > 0 && count <= ECF_MOST;
}

/* The places in the way that a flag of the header says; returns the bytes. */
static size_t encode_places(unsigned flag, const ecf_event *events, size_t count, uint8_t *bytes) {
    sink s = {.at = bytes};
    if (flag == PACKED_YXP) {
        encode_packed(&s, true, events, count);
        return (size_t)(s.at - bytes);
    }
    encode_rows(&s, events, count);
    if (flag == PACKED_XP) {
        encode_packed(&s, false, events, count);
    } else {
        encode_columns(&s, events, count);
        encode_polarities(&s, events, count);
    }
    return (size_t)(s.at - bytes);
}

size_t ecf_encode(const ecf_event *events, size_t count, uint8_t *bytes) {
    static const unsigned flags[] = {PACKED_YXP, PACKED_XP, 0};
    bool narrow = false;
    if (!expressible(events, count, &narrow))
        return 0;
    sink s = {.at = bytes + 4};
    give(&s, (uint64_t)events[0].t, 8);
    encode_times(&s, events, count);
    unsigned best = PACKED_YXP;
    size_t least = encode_places(best, events, count, s.at);
    for (size_t i = 1; narrow && i < sizeof flags / sizeof *flags; i++) {
        size_t size = encode_places(flags[i], events, count, s.at);
        if (size < least) {
            least = size;
            best = flags[i];
        }
    }
    s.at += encode_places(best, events, count, s.at);
    sink head = {.at = bytes};
    give(&head, (uint64_t)count << 2 | best, 4);
    return (size_t)(s.at - bytes);
}
