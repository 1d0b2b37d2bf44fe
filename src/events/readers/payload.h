/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_PAYLOAD_H
#define VDIB_EVENTS_READERS_PAYLOAD_H
/* Stretches of a file that are compressed each for itself (packets of AEDAT 4, chunks of ROS bags), as bytes one after
 * the other, in memory of fixed size:
 *
 *     open;  begin, read `inner` through bytes.h, end;  begin, ...;  close
 */

#include "events/bytes.h"
#include "events/packings/packing.h"

typedef struct vdib__payload {
    vdib__bytes inner; /* what the stretch is unpacked to; offset 0 is its first byte */
    bool cut;          /* the file ended inside the stretch, where `inner` ends then */
    bool damaged;      /* beyond the end of `inner` the stretch is not what its packing has */
    /* private */
    const vdib__packing *packing; /* NULL: the stretch is as it is */
    vdib__codec codec;
    bool begun;  /* the codec is there */
    bool inside; /* the first bytes of the stretch are those of its packing */
    vdib__bytes *outer;
    uint64_t left; /* bytes of the stretch that are in the file still */
    bool ended;    /* all was delivered */
} vdib__payload;

/* Makes a payload of a file, which must outlive it. `packing` NULL: nothing is compressed. VDIB_ERROR_FORMAT where this
 * build cannot unpack it. *payload must stay where it is. */
vdib_status vdib__payload_open(const vdib__packing *packing, vdib__bytes *outer, vdib__payload *payload);

/* The next `packed` bytes of the file are a stretch. */
vdib_status vdib__payload_begin(vdib__payload *payload, uint64_t packed);

/* Skips what is left of the stretch in the file. */
vdib_status vdib__payload_end(vdib__payload *payload);

/* An empty one is safe. */
void vdib__payload_close(vdib__payload *payload);

#endif
