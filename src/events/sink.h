/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_SINK_H
#define VDIB_EVENTS_SINK_H
/* The bytes of a file that is being written, through a buffer of fixed size: the counterpart of bytes.h. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/file.h"

/* The most bytes that can be made room for at once. */
enum { VDIB_SINK_ROOM = 1 << 16 };

typedef struct vdib__sink {
    vdib__writer file; /* a file, a pipe or memory */
    uint64_t offset;   /* of the next byte, from the beginning of the file */
    uint8_t *buffer;   /* (VDIB_SINK_ROOM), of which `used` are to be written */
    size_t used;
} vdib__sink;

/* path NULL: memory; `origin` names the file in messages. */
vdib_status vdib__sink_open(vdib__sink *sink, const char *path, const char *origin);

/* Room for `count` bytes, at most VDIB_SINK_ROOM: *at, which are written with vdib__sink_took. Valid until the next
 * call. */
vdib_status vdib__sink_room(vdib__sink *sink, size_t count, uint8_t **at);
static inline void vdib__sink_took(vdib__sink *sink, size_t count) {
    sink->used += count;
    sink->offset += count;
}

vdib_status vdib__sink_put(vdib__sink *sink, const void *bytes, size_t size);
vdib_status vdib__sink_text(vdib__sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes over bytes that were written, of a file or memory. */
vdib_status vdib__sink_patch(vdib__sink *sink, uint64_t offset, const void *bytes, size_t size);

/* Writes what is in the buffer. */
vdib_status vdib__sink_flush(vdib__sink *sink);

/* Ends the file: it is there as a whole, or not at all. Afterwards the sink is as new. */
vdib_status vdib__sink_commit(vdib__sink *sink);
/* The bytes of memory, freed with vdib__free. */
vdib_status vdib__sink_take(vdib__sink *sink, uint8_t **bytes, size_t *size);
void vdib__sink_abandon(vdib__sink *sink);

/* Numbers by their order of bytes. */
static inline uint8_t *vdib__put_little(uint8_t *at, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
    return at + bytes;
}
static inline uint8_t *vdib__put_big(uint8_t *at, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    return at + bytes;
}

#endif
