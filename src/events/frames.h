/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_FRAMES_H
#define VDIB_EVENTS_FRAMES_H
/* Pictures inside recordings. A format is a row of the table in frames.c. */

#include "events/bytes.h"
#include "vdib/events.h"

typedef struct vdib__frame_reader {
    const char *name; /* as vdib__event_reader's */
    /* Whether the first bytes of a file (count, some thousand at most) are those of this format. */
    bool (*detect)(const uint8_t *bytes, size_t count);
    /* `bytes` is at the beginning of the file and outlives *state. Fills what the format says of width and height.
     * VDIB_ERROR_FORMAT where it has no pictures. */
    vdib_status (*open)(vdib__bytes *bytes, vdib_frames_info *info, void **state);
    /* The next picture, whose pixels stay until the next call; pixels NULL at the end. Counts what is wrong. */
    vdib_status (*next)(void *state, vdib_frames_info *info, vdib_frame *frame);
    void (*close)(void *state); /* NULL is safe */
} vdib__frame_reader;

/* The most pixels that a picture may have, times channels: a claim beyond that is no picture's. */
#define VDIB_FRAME_MOST ((uint64_t)1 << 28)

#endif
