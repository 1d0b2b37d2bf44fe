/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_EVENTS_H
#define VDIB_EVENTS_EVENTS_H
/* Whole recordings, and the checks that need no decoding. */

#include "events/reader.h"

/* A recording of digits is some 20 kB; larger files of formats without a header (13 million events of five bytes) are
 * not held as a whole. */
#define VDIB_EVENTS_LARGEST ((size_t)64 << 20)

/* The most events that are held as a whole: 1 GiB. */
#define VDIB_EVENTS_MOST ((size_t)1 << 26)

/* Whether a file is a recording as far as its name says, and where other files have such names too its content. */
bool vdib__events_recording(const char *path);

/* The layout by which a file of that name is read where its format has no header, as messages say it; else NULL. */
const char *vdib__events_layout(const char *path);

/* Whether a file may be a whole recording, without decoding it: readable, not too large, of a known format, and of
 * whole records where the format has no header. */
vdib_status vdib__events_check(const char *path);

/* Decodes the content of a file; `path` is for messages. `reader` NULL: whose it is by `path` and content. */
vdib_status vdib__events_decode(const char *path, const vdib__event_reader *reader, const uint8_t *bytes, size_t size,
                                vdib_events **events);

#endif
