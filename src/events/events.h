/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_EVENTS_H
#define VDIB_DATA_EVENTS_H
/* Decoding of event files, and the checks that need no decoding. */

#include "vdib/events.h"

/* A recording of digits is some 20 kB; files above this limit (13 million events) are refused. */
#define VDIB_EVENTS_LARGEST ((size_t)64 << 20)

/* Files of 5-byte events (Orchard et al. 2015). */
typedef enum vdib__events_format {
    VDIB_EVENTS_NMNIST, /* .bin: a record with y = 240 is no event but adds 8192 us to itself and all that follow */
    VDIB_EVENTS_SLAYER  /* .bs2: the same bytes without that rule */
} vdib__events_format;

/* The format that a file's name says; VDIB_ERROR_FORMAT if none. */
vdib_status vdib__events_format_of(const char *path, vdib__events_format *format);

/* Whether a file may be a whole recording, without decoding it: readable, of a known name, not too large, made of whole
 * records, no Git-LFS pointer. */
vdib_status vdib__events_check(const char *path);

/* Decodes the content of a file; `path` is for messages. */
vdib_status vdib__events_decode(const char *path, vdib__events_format format, const uint8_t *bytes, size_t size,
                                vdib_events **events);

#endif
