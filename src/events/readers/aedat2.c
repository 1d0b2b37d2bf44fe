/* SPDX-License-Identifier: MIT */
/* AEDAT 1.0 and 2.0 of jAER: lines that begin with "#", then an event's address (16 bits in 1.0, 32 in 2.0) and time
 * stamp (32 bits, signed), big endian. The sensor says what an address means; its x and y count from the corner at the
 * bottom right. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "events/reader.h"
#include "events/readers/chips.h"
#include "events/words.h"

enum {
    LINE = 4096, /* bytes of a header's line that are looked at in one piece */
    OLD_RECORD = 6,
    RECORD = 8,
    DVS_SPECIAL = 0x8000,   /* an external input of the DVS128 */
    DAVIS_SPECIAL = 0x0400, /* of a DAVIS */
    COCHLEA_BITS = 0x3FF
};

#define NO_PIXEL UINT32_C(0x80000000) /* a sample of a frame, a measurement */

static const vdib__chip dvs128 = {"dvs128", VDIB_ADDRESSES_DVS128, 128, 128};

typedef struct aedat2 {
    vdib__bytes *bytes;
    size_t record; /* bytes */
    const vdib__chip *chip;
    bool named, guessed; /* the header names a sensor; which it is was guessed */
    bool begun;
    uint32_t last; /* time stamp */
    uint64_t time; /* microseconds, in two's complement */
} aedat2;

/* ---- the header ---- */

static bool begins(const char *line, size_t length, const char *with) {
    return length >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

/* Files of version 1.0 have no line that says so; other text has such lines too. */
static vdib__likeness detect(const vdib__event_head *head) {
    const char *line = (const char *)head->bytes, *dot = strrchr(head->path, '.');
    if (begins(line, head->count, "#!AER-DAT1.") || begins(line, head->count, "#!AER-DAT2."))
        return VDIB_LIKENESS_CONTENT;
    bool magic = memcmp(line, "#!AER-DAT", head->count < 9 ? head->count : 9) == 0; /* as far as the file goes */
    bool commented = head->count > 0 && line[0] == '#' && !magic;
    return commented && dot != NULL && vdib__same_word(dot, ".aedat") ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

/* Events may begin with the byte of "#" too; then a 0 follows soon. */
static bool is_header(const char *line, size_t length) {
    return length > 0 && line[0] == '#' && memchr(line, '\0', length) == NULL;
}

static void read_line(aedat2 *s, const char *line, size_t length) {
    static const char chip[] = "# AEChip:";
    if (begins(line, length, "#!AER-DAT2."))
        s->record = RECORD;
    if (!begins(line, length, chip))
        return;
    const char *name = line + length;
    while (name > line + sizeof chip - 1 && name[-1] != '.' && name[-1] != ' ')
        name--;
    s->chip = vdib__chip_named(name, (size_t)(line + length - name));
    s->named = true;
}

static vdib_status read_header(aedat2 *s, vdib_events_info *info) {
    const char *line = NULL;
    size_t length = 0;
    for (bool inside = false, ended = false; !ended;) {
        VDIB_TRY(vdib__bytes_line(s->bytes, LINE, &line, &length));
        if (length == 0 || (!inside && !is_header(line, length)))
            break;
        if (vdib__bytes_cut_header(s->bytes, line, length, &info->truncated))
            break;
        if (!inside)
            read_line(s, line, length);
        ended = !inside && begins(line, length, "#End Of ASCII Header");
        inside = line[length - 1] != '\n'; /* the rest of a long line is no line */
        vdib__bytes_take(s->bytes, length);
    }
    return VDIB_OK;
}

/* ---- sensors that the header does not name ---- */

/* The smallest DAVIS that has such places. */
static const vdib__chip *davis_with(uint32_t x, uint32_t y) {
    static const char *const names[] = {"davis240", "davis346", "davis640"};
    const vdib__chip *chip = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        chip = vdib__chip_named(names[i], strlen(names[i]));
        if (x < chip->width && y < chip->height)
            break;
    }
    return chip;
}

/* Only a DAVIS has addresses above 16 bits. */
static vdib_status guess_chip(aedat2 *s) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    uint32_t x = 0, y = 0;
    bool davis = false;
    if (s->chip != NULL)
        return VDIB_OK;
    VDIB_TRY(vdib__bytes_look(s->bytes, VDIB_BYTES_WINDOW / 2, &at, &ready));
    for (size_t i = 0; s->record == RECORD && i < ready / RECORD; i++) {
        uint32_t address = vdib__big32(at + i * RECORD);
        davis |= (address & 0x7FFF0000) != 0;
        if ((address & (NO_PIXEL | DAVIS_SPECIAL)) != 0)
            continue;
        x = (address >> 12 & 0x3FF) > x ? address >> 12 & 0x3FF : x;
        y = (address >> 22 & 0x1FF) > y ? address >> 22 & 0x1FF : y;
    }
    s->chip = davis ? davis_with(x, y) : &dvs128;
    s->guessed = true;
    return VDIB_OK;
}

static vdib_status open_aedat2(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    aedat2 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    *made = (aedat2){.bytes = bytes, .record = OLD_RECORD};
    vdib_status status = read_header(made, info);
    if (status == VDIB_OK)
        status = guess_chip(made);
    if (status != VDIB_OK) {
        vdib__free(made);
        return status;
    }
    if (made->guessed)
        info->assumed = made->named ? "the sensor by its addresses: the one that its header names is not known"
                                    : "the sensor by its addresses: its header names none";
    info->width = made->chip->width;
    info->height = made->chip->height;
    *state = made;
    return VDIB_OK;
}

/* ---- events ---- */

/* Time goes on by the difference to the time stamp before, which may be negative. */
static int64_t time_of(aedat2 *s, uint32_t stamp, vdib_events_info *info) {
    int32_t step = (int32_t)(stamp - s->last);
    if (!s->begun)
        s->time = (uint64_t)(int64_t)(int32_t)stamp;
    else {
        s->time += (uint64_t)(int64_t)step;
        info->wraps += step > 0 && (int32_t)stamp < (int32_t)s->last;
    }
    s->begun = true;
    s->last = stamp;
    return (int64_t)s->time;
}

/* What an address is: a pixel's (true), or counted. x and y of *event still count from the other corner. */
static bool is_pixel(const aedat2 *s, uint32_t address, uint64_t at, vdib_events_info *info, vdib_event *event) {
    bool davis = s->chip->addresses == VDIB_ADDRESSES_DAVIS;
    if ((address & (NO_PIXEL | (davis ? DAVIS_SPECIAL : DVS_SPECIAL))) != 0) {
        info->others++;
        return false;
    }
    if (davis) {
        event->x = (uint16_t)(address >> 12 & 0x3FF);
        event->y = (uint16_t)(address >> 22 & 0x1FF);
        event->polarity = (uint8_t)(address >> 11 & 1);
        return true;
    }
    if (address > UINT16_MAX) {
        vdib__bytes_blame(s->bytes, at, "an address of more than 16 bits", &info->damaged, 1);
        return false;
    }
    event->x = (uint16_t)(address >> 1 & 0x7F);
    event->y = (uint16_t)(address >> 8 & 0x7F);
    event->polarity = (uint8_t)(~address & 1);
    return true;
}

/* A silicon cochlea has no pixels: x is the channel, y the neuron (those of the other filter 4 further), polarity the
 * ear. */
static bool is_spike(uint32_t address, vdib_events_info *info, vdib_event *event) {
    if (address > COCHLEA_BITS) {
        info->others++; /* samples of its microphones' amplifiers */
        return false;
    }
    event->x = (uint16_t)(address >> 2 & 0x3F);
    event->y = (uint16_t)((address >> 8 & 3) + 4 * (address & 1));
    event->polarity = (uint8_t)(address >> 1 & 1);
    return true;
}

/* Decodes records; returns the number of events. */
static size_t decode(aedat2 *s, const uint8_t *record, size_t records, vdib_events_info *info, vdib_event *events) {
    size_t made = 0;
    bool heard = s->chip->addresses == VDIB_ADDRESSES_COCHLEA;
    for (size_t i = 0; i < records; i++, record += s->record) {
        uint32_t address = s->record == RECORD ? vdib__big32(record) : vdib__big16(record);
        uint64_t at = s->bytes->offset + i * s->record;
        vdib_event event = {.t = time_of(s, vdib__big32(record + s->record - 4), info)};
        if (!(heard ? is_spike(address, info, &event) : is_pixel(s, address, at, info, &event)))
            continue;
        if (!heard && (event.x >= s->chip->width || event.y >= s->chip->height)) {
            vdib__bytes_blame(s->bytes, at, "an event beyond the sensor", &info->outside, 1);
            continue;
        }
        if (!heard) {
            event.x = (uint16_t)(s->chip->width - 1 - event.x);
            event.y = (uint16_t)(s->chip->height - 1 - event.y);
        }
        events[made++] = event;
    }
    return made;
}

static vdib_status read_aedat2(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                               size_t *count) {
    aedat2 *s = state;
    const uint8_t *at = NULL;
    size_t most = VDIB_BYTES_WINDOW / s->record, ready = 0, records = 1;
    for (*count = 0; *count == 0 && records > 0;) {
        VDIB_TRY(vdib__bytes_look(s->bytes, (capacity < most ? capacity : most) * s->record, &at, &ready));
        records = ready / s->record;
        *count = decode(s, at, records, info, events);
        vdib__bytes_take(s->bytes, records * s->record);
    }
    if (*count == 0)
        vdib__bytes_cut(s->bytes, ready, &info->truncated);
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_aedat2;
const vdib__event_reader vdib__reader_aedat2 = {
    .name = "aedat2",
    .help = "AEDAT 1.0 and 2.0",
    .endings = ".aedat",
    .detect = detect,
    .open = open_aedat2,
    .read = read_aedat2,
    .close = vdib__free,
};
