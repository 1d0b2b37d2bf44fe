/* SPDX-License-Identifier: MIT */
/* Events of AEDAT 4: packets EVTS of one stream, each a vector of events of 16 bytes: time in microseconds (8), x (2),
 * y (2), polarity (1), and three bytes of nothing. Recording N of a file is stream N of these, by their numbers. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/put.h"
#include "events/reader.h"
#include "events/readers/aedat4.h"
#include "events/words.h"

enum { EVENT = 16, ELEMENTS = 0 /* the field of packets that have several of what they hold */ };

typedef struct aedat4 {
    vdib__aedat4_packets packets;
    int32_t stream;  /* the number of the stream that is read */
    uint64_t left;   /* events of the packet that were not read */
    uint64_t behind; /* bytes of the packet's FlatBuffer behind them */
} aedat4;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__aedat4_is(head->bytes, head->count) ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

static void close_aedat4(void *state) {
    aedat4 *s = state;
    if (s != NULL)
        vdib__aedat4_close(&s->packets);
    vdib__free(s);
}

/* The stream that is read, and what the header says of it. */
static void choose_stream(aedat4 *s, vdib_events_info *info) {
    const vdib__aedat4_header *header = &s->packets.header;
    const vdib__aedat4_stream *stream = vdib__aedat4_stream_at(header, "EVTS", info->recording);
    for (info->recordings = 0; vdib__aedat4_stream_at(header, "EVTS", info->recordings) != NULL;)
        info->recordings++;
    if (stream == NULL)
        return;
    s->stream = stream->id;
    info->width = stream->width;
    info->height = stream->height;
}

static vdib_status open_aedat4(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    aedat4 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__aedat4_open(bytes, "EVTS", &made->packets, &info->truncated);
    if (status != VDIB_OK) {
        vdib__free(made);
        return status;
    }
    choose_stream(made, info);
    *state = made;
    return VDIB_OK;
}

static vdib_status select_aedat4(void *state, vdib_events_info *info) {
    aedat4 *s = state;
    VDIB_TRY(vdib__bytes_seek(s->packets.bytes, s->packets.begin));
    vdib__aedat4_rewind(&s->packets, s->packets.begin);
    s->left = 0;
    choose_stream(s, info);
    return VDIB_OK;
}

/* Counts what a packet of another stream holds. */
static vdib_status count_others(aedat4 *s, vdib_events_info *info, const char *type) {
    static const char *const several[] = {"EVTS", "IMUS", "TRIG"};
    for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
        vdib__flat flat;
        size_t table = 0;
        uint64_t count = 0;
        if (strcmp(type, several[i]) != 0)
            continue;
        VDIB_TRY(vdib__aedat4_look(&s->packets, info, type, &flat, &table));
        (void)vdib__flat_vector(&flat, table, ELEMENTS, strcmp(type, "EVTS") == 0 ? EVENT : 4, &count);
        if (table != 0 && flat.wrong)
            vdib__aedat4_blame(&s->packets, info);
        info->others += (size_t)count;
        return VDIB_OK;
    }
    info->others++;
    return VDIB_OK;
}

/* The beginning of a packet of events. */
static vdib_status begin_events(aedat4 *s, vdib_events_info *info) {
    vdib__flat flat;
    size_t table = 0;
    uint64_t count = 0;
    VDIB_TRY(vdib__aedat4_look(&s->packets, info, "EVTS", &flat, &table));
    uint64_t first = vdib__flat_vector(&flat, table, ELEMENTS, EVENT, &count);
    if (table != 0 && flat.wrong)
        vdib__aedat4_blame(&s->packets, info);
    if (flat.wrong || count == 0)
        return VDIB_OK;
    vdib__aedat4_take(&s->packets, (size_t)first);
    s->left = count;
    s->behind = flat.whole - first - count * EVENT;
    return VDIB_OK;
}

/* Behind the events: the packet must end where its length says, and its frame be whole. */
static vdib_status end_events(aedat4 *s, vdib_events_info *info) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    if (s->behind < VDIB_BYTES_WINDOW)
        VDIB_TRY(vdib__bytes_look(&s->packets.payload.inner, (size_t)s->behind + 1, &at, &ready));
    if (ready != s->behind || s->packets.payload.damaged)
        vdib__aedat4_blame(&s->packets, info);
    return VDIB_OK;
}

/* Whether x and y of an event are such: the format has signs, places have none. */
static bool is_sound(const uint8_t *at) {
    return ((at[9] | at[11]) & 0x80) == 0;
}

static vdib_status read_some(aedat4 *s, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    enum { MOST = VDIB_BYTES_WINDOW / EVENT };
    const uint8_t *at = NULL;
    size_t ready = 0, wanted = capacity < MOST ? capacity : MOST, made = 0;
    wanted = wanted < s->left ? wanted : (size_t)s->left;
    VDIB_TRY(vdib__bytes_look(&s->packets.payload.inner, wanted * EVENT, &at, &ready));
    size_t records = ready / EVENT;
    for (size_t i = 0; i < records; i++, at += EVENT) {
        vdib__event_put(&events[made], (int64_t)vdib__little64(at),
                        vdib__place(vdib__little16(at + 8), vdib__little16(at + 10), at[12] != 0));
        made += is_sound(at);
    }
    if (made < records)
        vdib__bytes_blame(s->packets.bytes, s->packets.at, "an event whose place is negative", &info->damaged,
                          records - made);
    vdib__bytes_take(&s->packets.payload.inner, records * EVENT);
    s->left -= records;
    *count = made;
    if (records < wanted) { /* the frame ends before */
        s->left = 0;
        vdib__aedat4_blame(&s->packets, info);
        return VDIB_OK;
    }
    return s->left == 0 ? end_events(s, info) : VDIB_OK;
}

static vdib_status read_aedat4(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                               size_t *count) {
    aedat4 *s = state;
    const vdib__aedat4_stream *stream = NULL;
    *count = 0;
    while (*count == 0) {
        if (s->left > 0) {
            VDIB_TRY(read_some(s, info, events, capacity, count));
            continue;
        }
        VDIB_TRY(vdib__aedat4_next(&s->packets, info, &stream));
        if (stream == NULL)
            break;
        VDIB_TRY(stream->id == s->stream ? begin_events(s, info) : count_others(s, info, stream->type));
    }
    return VDIB_OK;
}

static vdib_status seek_aedat4(void *state, vdib_events_info *info, int64_t us) {
    aedat4 *s = state;
    bool found = false;
    (void)info;
    VDIB_TRY(vdib__aedat4_seek(&s->packets, s->stream, us, &found));
    s->left = found ? 0 : s->left;
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_aedat4;
const vdib__event_reader vdib__reader_aedat4 = {
    .name = "aedat4",
    .help = "AEDAT 4",
    .endings = ".aedat4",
    .detect = detect,
    .open = open_aedat4,
    .read = read_aedat4,
    .seek = seek_aedat4,
    .select = select_aedat4,
    .close = close_aedat4,
};
