/* SPDX-License-Identifier: MIT */
/* AEDAT 3.0 and 3.1 of cAER: lines that begin with "#", then packets of one kind of events each, little endian. Each
 * has a header of 28 bytes; its events of polarity have 8 bytes: bit 0 whether it is valid, bit 1 the polarity, y and x
 * above, then a time stamp of 31 bits, to which the packet adds the turns. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/reader.h"
#include "events/readers/chips.h"
#include "events/words.h"

enum {
    LINE = 4096,
    HEADER = 28,
    EVENT = 8,     /* bytes of an event of polarity, at least */
    STAMP_AT = 4,  /* where such events have their time stamp */
    POLARITY = 1,  /* the type of packets of such events */
    TURN_BITS = 31 /* of the time stamps */
};

typedef struct aedat3 {
    vdib__bytes *bytes;
    bool old;      /* version 3.0 */
    size_t height; /* 0: unknown */
    uint32_t left; /* events of the packet that were not read, */
    size_t event;  /* their bytes, */
    int64_t turns; /* what their packet adds to their times, */
    uint64_t rest; /* and the bytes of room behind them */
} aedat3;

/* ---- the header ---- */

static bool begins(const char *line, size_t length, const char *with) {
    return length >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static vdib__likeness detect(const vdib__event_head *head) {
    return begins((const char *)head->bytes, head->count, "#!AER-DAT3.") ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

/* Takes the lines. *chip: the only source's, NULL where there are several. */
static vdib_status read_header(aedat3 *s, vdib_events_info *info, const vdib__chip **chip) {
    static const char source[] = "#Source ", format[] = "#Format:";
    const char *line = NULL;
    size_t length = 0, sources = 0;
    for (bool ended = false; !ended;) {
        VDIB_TRY(vdib__bytes_line(s->bytes, LINE, &line, &length));
        if (length == 0) /* whole lines, but not the last one */
            vdib__bytes_blame(s->bytes, s->bytes->offset, VDIB_BYTES_HEADER_CUT, &info->truncated, 1);
        if (length == 0 || line[0] != '#' || vdib__bytes_cut_header(s->bytes, line, length, &info->truncated))
            break;
        s->old |= begins(line, length, "#!AER-DAT3.0");
        if (begins(line, length, format) && !begins(line, length, "#Format: RAW"))
            return vdib__fail(VDIB_ERROR_FORMAT,
                              "%s: byte %llu: its packets are compressed; record it with the format RAW",
                              s->bytes->path, (unsigned long long)s->bytes->offset);
        if (begins(line, length, source) && ++sources == 1)
            *chip = vdib__chip_named(line, length);
        ended = begins(line, length, "#!END-HEADER");
        vdib__bytes_take(s->bytes, length);
    }
    if (sources > 1)
        *chip = NULL;
    return VDIB_OK;
}

static vdib_status open_aedat3(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    aedat3 *made = NULL;
    const vdib__chip *chip = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->bytes = bytes;
    vdib_status status = read_header(made, info, &chip);
    if (status != VDIB_OK) {
        vdib__free(made);
        return status;
    }
    if (chip != NULL) {
        info->width = chip->width;
        info->height = made->height = chip->height;
    }
    *state = made;
    return VDIB_OK;
}

/* ---- packets ---- */

/* The numbers of a packet's header, of 2 and 4 bytes. */
typedef struct packet {
    int16_t type;
    int32_t event, stamp_at, turn, capacity, count;
} packet;

static packet packet_at(const uint8_t *at) {
    return (packet){.type = (int16_t)vdib__little16(at),
                    .event = (int32_t)vdib__little32(at + 4),
                    .stamp_at = (int32_t)vdib__little32(at + 8),
                    .turn = (int32_t)vdib__little32(at + 12),
                    .capacity = (int32_t)vdib__little32(at + 16),
                    .count = (int32_t)vdib__little32(at + 20)};
}

static bool is_sound(const packet *p) {
    return p->type >= 0 && p->event > 0 && p->turn >= 0 && p->count >= 0 && p->capacity >= p->count &&
           (p->type != POLARITY || (p->event >= EVENT && p->stamp_at == STAMP_AT));
}

#define PACKET_CUT "the file ends inside a packet"

/* What cannot be read ends the recording: nothing says where the next packet begins. */
static vdib_status give_up(aedat3 *s, const char *what, vdib_events_info *info) {
    s->left = 0;
    s->rest = 0;
    vdib__bytes_blame(s->bytes, s->bytes->offset, what, &info->damaged, 1);
    return vdib__bytes_skip(s->bytes, VDIB_SIZE_UNKNOWN);
}

/* A packet of another kind, with `room` bytes behind its header. */
static vdib_status leave_out(aedat3 *s, uint64_t room, size_t count, vdib_events_info *info) {
    uint64_t begin = s->bytes->offset;
    info->others += count;
    VDIB_TRY(vdib__bytes_skip(s->bytes, room));
    uint64_t passed = s->bytes->offset - begin;
    if (passed < room)
        vdib__bytes_blame(s->bytes, begin, PACKET_CUT, &info->truncated, passed > 0 ? (size_t)passed : 1);
    return VDIB_OK;
}

/* Takes headers up to that of a packet of polarity; packets of other kinds are skipped. */
static vdib_status next_packet(aedat3 *s, vdib_events_info *info) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    while (s->left == 0) {
        VDIB_TRY(vdib__bytes_skip(s->bytes, s->rest));
        s->rest = 0;
        VDIB_TRY(vdib__bytes_look(s->bytes, HEADER, &at, &ready));
        if (ready < HEADER) {
            vdib__bytes_cut(s->bytes, ready, &info->truncated);
            return VDIB_OK;
        }
        packet p = packet_at(at);
        if (!is_sound(&p))
            return give_up(s, "no header of a packet, with which the recording ends", info);
        vdib__bytes_take(s->bytes, HEADER);
        uint64_t room = (uint64_t)p.capacity * (uint64_t)p.event;
        if (p.type != POLARITY) {
            VDIB_TRY(leave_out(s, room, (size_t)p.count, info));
            continue;
        }
        s->left = (uint32_t)p.count;
        s->event = (size_t)p.event;
        s->turns = (int64_t)p.turn << TURN_BITS;
        s->rest = room - (uint64_t)p.count * (uint64_t)p.event;
    }
    return VDIB_OK;
}

/* One event; returns whether it counts. */
static bool decode(const aedat3 *s, const uint8_t *record, uint64_t at, vdib_events_info *info, vdib_event *event) {
    uint32_t data = vdib__little32(record), stamp = vdib__little32(record + STAMP_AT);
    if ((data & 1) == 0) {
        vdib__bytes_blame(s->bytes, at, "an event that is marked as invalid", &info->dropped, 1);
        return false;
    }
    if (stamp >> TURN_BITS != 0) {
        vdib__bytes_blame(s->bytes, at, "an event whose time stamp is negative", &info->damaged, 1);
        return false;
    }
    *event = (vdib_event){.t = s->turns + stamp,
                          .x = (uint16_t)(s->old ? data >> 18 : data >> 17),
                          .y = (uint16_t)(s->old ? data >> 4 & 0x3FFF : data >> 2 & 0x7FFF),
                          .polarity = (uint8_t)(data >> 1 & 1)};
    if (s->old && event->y < s->height) /* counts from the bottom */
        event->y = (uint16_t)(s->height - 1 - event->y);
    return true;
}

/* Events of a packet, as many as there is room for and as are in memory. */
static vdib_status read_some(aedat3 *s, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    const uint8_t *at = NULL;
    size_t ready = 0, most = VDIB_BYTES_WINDOW / s->event, wanted = capacity < s->left ? capacity : s->left;
    if (most == 0)
        return give_up(s, "events larger than any kind has, with which the recording ends", info);
    VDIB_TRY(vdib__bytes_look(s->bytes, (wanted < most ? wanted : most) * s->event, &at, &ready));
    size_t records = ready / s->event;
    for (size_t i = 0; i < records; i++)
        *count += decode(s, at + i * s->event, s->bytes->offset + i * s->event, info, &events[*count]);
    vdib__bytes_take(s->bytes, records * s->event);
    s->left -= (uint32_t)records;
    if (records > 0)
        return VDIB_OK;
    s->left = 0;
    s->rest = 0;
    return vdib__bytes_give_up(s->bytes, PACKET_CUT, &info->truncated, 1);
}

static vdib_status read_aedat3(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                               size_t *count) {
    aedat3 *s = state;
    *count = 0;
    while (*count == 0) {
        VDIB_TRY(next_packet(s, info));
        if (s->left == 0)
            break;
        VDIB_TRY(read_some(s, info, events, capacity, count));
    }
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_aedat3;
const vdib__event_reader vdib__reader_aedat3 = {
    .name = "aedat3",
    .help = "AEDAT 3",
    .endings = ".aedat",
    .detect = detect,
    .open = open_aedat3,
    .read = read_aedat3,
    .close = vdib__free,
};
