/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_PROPHESEE_H
#define VDIB_EVENTS_READERS_PROPHESEE_H
/* The header that Prophesee's RAW and DAT files share: lines "% key value", at the end perhaps "% end". */

#include "events/reader.h"

typedef enum vdib__prophesee_format {
    VDIB_PROPHESEE_UNKNOWN,
    VDIB_PROPHESEE_DAT,
    VDIB_PROPHESEE_EVT2,
    VDIB_PROPHESEE_EVT21,
    VDIB_PROPHESEE_EVT3
} vdib__prophesee_format;

/* Which half of a 64-bit word comes first. */
typedef enum vdib__prophesee_order {
    VDIB_PROPHESEE_UNSAID,
    VDIB_PROPHESEE_LITTLE, /* the lower half */
    VDIB_PROPHESEE_LEGACY  /* the upper half */
} vdib__prophesee_order;

typedef struct vdib__prophesee {
    vdib__prophesee_format format;
    vdib__prophesee_order order;
    size_t width, height; /* 0: unknown */
    unsigned generation;  /* of the sensor: 3, 4 or 320; 0: unknown */
    unsigned version;     /* of DAT files; 0: not said */
    bool bare;            /* a file that begins with its records or words: it has no header, nor the bytes behind it */
    char other[32];       /* a format that is named and not known; "": there is none */
    const char *assumed;  /* what its lines leave open and the words show, static; NULL: nothing */
} vdib__prophesee;

/* What the first words of a RAW file (count bytes) that has no header are; VDIB_PROPHESEE_UNKNOWN: something else. */
vdib__prophesee_format vdib__prophesee_of_words(const uint8_t *at, size_t count);

/* Whether a file is of that format. */
vdib__likeness vdib__prophesee_detect(const vdib__event_head *head, vdib__prophesee_format format);

/* Takes the header, fills width and height of *info, and counts in info->truncated the bytes of a line in which the
 * file ends. The sensor's size is that of the header, else that of the system named there. */
vdib_status vdib__prophesee_header(vdib__bytes *bytes, vdib_events_info *info, vdib__prophesee *header);

/* The upper bits of the clock of EVT 2.0 and 2.1, 28 of 34, from words TIME_HIGH. */
typedef struct vdib__prophesee_clock {
    bool known;    /* a word TIME_HIGH was there */
    uint32_t high; /* the last of them */
    int64_t base;  /* microseconds, to which the 6 lower bits are added */
} vdib__prophesee_clock;

/* A word TIME_HIGH; adds to info->wraps. */
void vdib__prophesee_tick(vdib__prophesee_clock *clock, uint32_t high, vdib_events_info *info);

/* Goes to the time `us` in words of `word` bytes; `stamp` is that of vdib__seek with `state`, which gives the time of
 * words TIME_HIGH. Adds to info->wraps. */
vdib_status vdib__prophesee_seek(vdib__prophesee_clock *clock, vdib__bytes *bytes, size_t word,
                                 bool (*stamp)(const void *, const uint8_t *, size_t, size_t *, int64_t *),
                                 const void *state, int64_t us, vdib_events_info *info);

/* What messages say of events before the first word TIME_HIGH. */
#define VDIB_PROPHESEE_UNTIMED "an event before the first time stamp"
#define VDIB_PROPHESEE_DAMAGED "a word of no known type"

#endif
