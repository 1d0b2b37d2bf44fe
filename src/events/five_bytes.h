/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_FIVE_BYTES_H
#define VDIB_EVENTS_FIVE_BYTES_H
/* Events of five bytes without a header, which N-MNIST and SLAYER share: x, y, then 24 bits, big endian: the polarity
 * (1 ON) and 23 bits of microseconds (Orchard et al. 2015). */

#include "events/reader.h"

enum { VDIB_FIVE_BYTES = 5 };

/* The time stamps' 23 bits start again after this time. */
#define VDIB_FIVE_BYTES_CLOCK_US (INT64_C(1) << 23)

/* VDIB_LIKENESS_NAME where the name ends like the reader's. */
vdib__likeness vdib__five_bytes_detect(const vdib__event_reader *reader, const vdib__event_head *head);

/* open and close of a row; every length is checked. */
vdib_status vdib__five_bytes_open(vdib__bytes *bytes, vdib_events_info *info, void **state);
void vdib__five_bytes_close(void *state);

/* read of a row; with `overflows`, a record with y = 240 is no event but adds 8192 us to all that follow. */
vdib_status vdib__five_bytes_read(void *state, bool overflows, vdib_events_info *info, vdib_event *events,
                                  size_t capacity, size_t *count);

#endif
