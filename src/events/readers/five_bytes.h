/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_FIVE_BYTES_H
#define VDIB_EVENTS_READERS_FIVE_BYTES_H
/* Events of five bytes without a header, which N-MNIST and SLAYER share: x, y, then 24 bits, big endian: the polarity
 * (1 ON) and 23 bits of microseconds (Orchard et al. 2015). */

#include "core/alloc.h"
#include "events/reader.h"

enum { VDIB_FIVE_BYTES = 5 };

/* The time stamps' 23 bits start again after this time. */
#define VDIB_FIVE_BYTES_CLOCK_US (INT64_C(1) << 23)

/* open and read of a row; every length is checked. */
vdib_status vdib__five_bytes_open(vdib__bytes *bytes, vdib_events_info *info, void **state);
vdib_status vdib__five_bytes_read(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                                  size_t *count);

/* read of a row where a record with y = 240 is no event but adds 8192 us to all that follow. */
vdib_status vdib__five_bytes_read_overflowing(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                                              size_t *count);

/* The row vdib__reader_<symbol>; what follows the symbol is what the format has for itself. */
#define VDIB_FIVE_BYTES_READER(symbol, ...)                                                                            \
    extern const vdib__event_reader vdib__reader_##symbol;                                                             \
    const vdib__event_reader vdib__reader_##symbol = {                                                                 \
        .name = #symbol,                                                                                               \
        .record = VDIB_FIVE_BYTES,                                                                                     \
        .layout = "5 bytes an event (x, y, then big endian 1 bit of polarity and 23 bits of microseconds)",            \
        .clock_us = VDIB_FIVE_BYTES_CLOCK_US,                                                                          \
        .open = vdib__five_bytes_open,                                                                                 \
        .close = vdib__free,                                                                                           \
        __VA_ARGS__}

#endif
