/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_AEDAT4_H
#define VDIB_EVENTS_READERS_AEDAT4_H
/* AEDAT 4.0 of DV: a line, a FlatBuffer that describes the streams of the recording in XML, then packets of these
 * streams, each a FlatBuffer behind its length, compressed for itself:
 *
 *     "#!AER-DAT4.0\r\n"   length u32, IOHeader   (stream i32, bytes i32, frame)*   file table
 *
 * The header and the packets, for events (aedat4.c) and frames (aedat4_frames.c). */

#include "events/readers/flat.h"
#include "events/readers/payload.h"
#include "vdib/events.h"

/* What a header says of a stream. */
typedef struct vdib__aedat4_stream {
    int32_t id;
    char type[5];         /* "EVTS", "FRME", "IMUS", "TRIG", ... */
    size_t width, height; /* 0: not said */
    char source[64];      /* the camera, as far as there is room */
} vdib__aedat4_stream;

typedef struct vdib__aedat4_header {
    const vdib__packing *packing; /* NULL: none */
    int64_t table;                /* the byte at which the file's table begins and the packets end; -1: there is none */
    vdib__aedat4_stream *streams; /* (count), by id */
    size_t count, capacity;
} vdib__aedat4_header;

/* Whether the first bytes of a file are those of AEDAT 4. */
bool vdib__aedat4_is(const uint8_t *bytes, size_t count);

/* Takes the line and the header. VDIB_ERROR_FORMAT names file, byte and remedy; where the file ends in them, that is
 * counted in *truncated, and there are no streams. *header is freed with vdib__aedat4_header_free. */
vdib_status vdib__aedat4_header_read(vdib__bytes *bytes, vdib__aedat4_header *header, size_t *truncated);
void vdib__aedat4_header_free(vdib__aedat4_header *header);

/* The streams that the XML describes; what is no such description is left out. */
vdib_status vdib__aedat4_describe(const char *xml, size_t length, vdib__aedat4_header *header);

/* The stream of a number; NULL: the header has none. */
const vdib__aedat4_stream *vdib__aedat4_stream_of(const vdib__aedat4_header *header, int32_t id);

/* Stream `index` of those of a type, counted from 0; NULL: there are no more. */
const vdib__aedat4_stream *vdib__aedat4_stream_at(const vdib__aedat4_header *header, const char *type, size_t index);

/* ---- packets ---- */

typedef struct vdib__aedat4_packets {
    vdib__bytes *bytes;
    vdib__aedat4_header header;
    vdib__payload payload; /* of the packet that is being read */
    uint64_t at, end;      /* the bytes of the file at which that begins and ends */
    uint64_t size;         /* of the FlatBuffer, without its length */
    uint64_t begin;        /* the byte at which the packets begin */
    int64_t table;         /* the header's, as far as it is believed; 0: there are no more packets */
} vdib__aedat4_packets;

/* Reads the header. VDIB_ERROR_FORMAT where it has no stream of `type`, says which there are. */
vdib_status vdib__aedat4_open(vdib__bytes *bytes, const char *type, vdib__aedat4_packets *packets, size_t *truncated);
void vdib__aedat4_close(vdib__aedat4_packets *packets);

/* The packets are read from byte `begin` on, at which the bytes are. */
void vdib__aedat4_rewind(vdib__aedat4_packets *packets, uint64_t begin);

/* Begins the next packet that the header knows the stream of: *stream, NULL at the end. The others, and what is wrong,
 * are counted in *info. */
vdib_status vdib__aedat4_next(vdib__aedat4_packets *packets, vdib_events_info *info,
                              const vdib__aedat4_stream **stream);

/* Looks at the beginning of the packet's FlatBuffer, 64 KiB at most: *flat, valid until the payload is read on, and its
 * root table of `type`, 0 where the packet is none; what is wrong with it is counted. */
vdib_status vdib__aedat4_look(vdib__aedat4_packets *packets, vdib_events_info *info, const char *type, vdib__flat *flat,
                              size_t *table);

/* Takes the packet's bytes up to its place `at`, counted as in its FlatBuffer, which were looked at. */
void vdib__aedat4_take(vdib__aedat4_packets *packets, size_t at);

/* Goes forwards to the packet of a stream from which on all events of the time `us` and later come, as far as they are
 * less out of order than ranges allow, by the file's table: *found, false where there is none that can be trusted.
 * (aedat4_table.c) */
vdib_status vdib__aedat4_seek(vdib__aedat4_packets *packets, int32_t stream, int64_t us, bool *found);

/* Takes the table, at which the bytes are, and counts it if the file ends inside of it. (aedat4_table.c) */
vdib_status vdib__aedat4_check_table(vdib__aedat4_packets *packets, vdib_events_info *info);

/* Counts what ended a packet before its end. */
void vdib__aedat4_blame(vdib__aedat4_packets *packets, vdib_events_info *info);

#endif
