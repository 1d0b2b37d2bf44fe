/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_ROSBAG_H
#define VDIB_EVENTS_READERS_ROSBAG_H
/* ROS 1 bags, version 2.0, read forwards, so that neither an index nor a proper end is needed: a line, then records,
 * each a header of fields "name=value" and data. Records lie in chunks, plain or compressed by bzip2 or LZ4;
 * connections say topic and type of the messages that follow.
 *
 *     "#ROSBAG V2.0\n"   (u32 length, (u32 length, name=value)*   u32 length, data)*
 *
 * The records, for events (rosbag_events.c) and pictures (rosbag_frames.c). */

#include "events/readers/payload.h"
#include "vdib/events.h"

/* What a message holds, by its type. */
typedef enum vdib__bag_kind {
    VDIB_BAG_OTHERS,
    VDIB_BAG_EVENTS,  /* dvs_msgs/EventArray, prophesee_event_msgs/EventArray */
    VDIB_BAG_PACKETS, /* event_camera_msgs/EventPacket, event_array_msgs/EventArray */
    VDIB_BAG_IMAGES   /* sensor_msgs/Image */
} vdib__bag_kind;

typedef struct vdib__bag_connection {
    uint32_t id;
    vdib__bag_kind kind;
    char topic[64], type[64]; /* as far as there is room */
} vdib__bag_connection;

enum { VDIB_BAG_PACKINGS = 3 };

typedef struct vdib__bag {
    vdib__bytes *bytes;
    vdib__bytes *from; /* the message's bytes: those of the file, or of the chunk */
    uint64_t left;     /* bytes of the message that were not taken */
    uint64_t at;       /* the byte of the file at which its record, or its chunk, begins */
    /* private */
    uint64_t begin; /* the byte of the file at which the first record begins */
    uint64_t end;   /* that at which the chunk ends; 0: not in one */
    bool ended;
    vdib__payload *payload;                    /* the chunk's */
    vdib__payload payloads[VDIB_BAG_PACKINGS]; /* one a packing, from its first chunk on */
    vdib__bag_connection *connections;         /* (count) */
    size_t count, capacity;
} vdib__bag;

bool vdib__bag_is(const uint8_t *bytes, size_t count);

/* Begins a bag in a place that it does not leave. VDIB_ERROR_FORMAT where it is of another version. */
vdib_status vdib__bag_open(vdib__bytes *bytes, vdib__bag *bag);
void vdib__bag_close(vdib__bag *bag);

/* Reads the connections that stand behind the chunks of a bag that was ended properly, where the bytes can seek; the
 * bag is where it was. Right after it was opened. */
vdib_status vdib__bag_index(vdib__bag *bag);

/* To the first record again. */
vdib_status vdib__bag_rewind(vdib__bag *bag);

/* The number of a connection's topic among those with events, in the order of connections; SIZE_MAX: it has none. NULL:
 * how many there are. */
size_t vdib__bag_topic(const vdib__bag *bag, const vdib__bag_connection *connection);

/* The next message, whose connection is *connection, NULL at the end. What is wrong is counted. */
vdib_status vdib__bag_next(vdib__bag *bag, vdib_events_info *info, const vdib__bag_connection **connection);

/* Takes bytes of the message that were looked at in `from`. */
void vdib__bag_take(vdib__bag *bag, size_t count);

/* Counts a message that is not what its type has. */
void vdib__bag_blame(vdib__bag *bag, vdib_events_info *info);

/* The fields with which messages begin: std_msgs/Header, height, width. */
typedef struct vdib__bag_head {
    int64_t t; /* microseconds */
    uint32_t width, height;
    size_t size; /* bytes */
} vdib__bag_head;

/* Reads the head of at[0..count); false: it is longer. */
bool vdib__bag_head_of(const uint8_t *at, size_t count, vdib__bag_head *head);

/* A text of at[0..count), *size bytes with its length; false: it is longer. */
bool vdib__bag_text(const uint8_t *at, size_t count, const char **text, size_t *length);

/* Says that a bag has no topic of what is looked for, and which it has. */
vdib_status vdib__bag_fail_topics(const vdib__bag *bag, const char *what);

#endif
