/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_SEEK_H
#define VDIB_EVENTS_SEEK_H
/* A time in a file of records of one size, in which time goes on: its time stamps are looked at in a thousand places,
 * between which their clock may start again once, not oftener. */

#include "events/bytes.h"

typedef struct vdib__seek {
    vdib__bytes *bytes; /* before a record */
    size_t record;      /* bytes */
    int64_t turn_us;    /* after which time stamps start again at 0 */
    /* The first record with a time stamp among at[0..count), which begin with a record: the byte at which it begins;
     * false if there is none. */
    bool (*stamp)(const void *state, const uint8_t *at, size_t count, size_t *begin, int64_t *stamp_us);
    const void *state;
} vdib__seek;

/* Where a time was found. */
typedef struct vdib__sought {
    bool found;       /* else the bytes are where they were */
    int64_t stamp_us; /* of the record at which the bytes are now */
    int64_t turns_us; /* of the clock, since the place before */
} vdib__sought;

/* Goes to a record from which on all events of the time `us` and later come, as far as they are less out of order than
 * ranges allow (range.h). `us` counts from the turn of the clock in which the bytes are. Files that are read as fast
 * from their beginning, and those whose time stamps leave doubt, are left where they are. */
vdib_status vdib__seek_time(const vdib__seek *seek, int64_t us, vdib__sought *sought);

#endif
