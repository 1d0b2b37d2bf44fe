/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_WRITERS_AEDAT4_H
#define VDIB_EVENTS_WRITERS_AEDAT4_H
/* The FlatBuffers of AEDAT 4.0 that are written, each behind its length (4 bytes). */

#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

/* A packet in the file's table. */
typedef struct vdib__aedat4_entry {
    uint64_t offset; /* of its frame, behind the packet's 8 bytes */
    uint32_t size;   /* of the frame */
    uint32_t events;
    int64_t first_us, last_us;
} vdib__aedat4_entry;

/* Before the events of a packet. */
enum { VDIB_AEDAT4_PACKET_HEAD = 32 };
void vdib__aedat4_packet_head(uint8_t head[VDIB_AEDAT4_PACKET_HEAD], uint32_t events);

/* The header: *bytes (*size), freed with vdib__free; the position of the table is at VDIB_AEDAT4_TABLE_AT of them. */
enum { VDIB_AEDAT4_TABLE_AT = 40 };
vdib_status vdib__aedat4_header_write(int compression, const char *xml, uint8_t **bytes, size_t *size);

/* The table of the packets of stream 0: *bytes (*size), freed with vdib__free. */
vdib_status vdib__aedat4_table_write(const vdib__aedat4_entry *entries, size_t count, uint8_t **bytes, size_t *size);

#endif
