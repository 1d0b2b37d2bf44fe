/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_SOURCE_H
#define VDIB_EVENTS_SOURCE_H
/* Where the bytes of bytes.h come from: a file, a pipe, or what another source is unpacked to. */

#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

/* The size of what does not say how long it is: pipes, compressed files. */
#define VDIB_SIZE_UNKNOWN UINT64_MAX

typedef struct vdib__byte_source {
    void *state; /* NULL: there is no source */
    /* Up to `capacity` bytes: *count, 0 only at the end. *fault: NULL, or what (static) ends the bytes before their
     * end; there are no more then. */
    vdib_status (*read)(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault);
    /* To any byte, not beyond the end; NULL: goes only forwards. */
    vdib_status (*seek)(void *state, uint64_t offset);
    /* The same source once more, from its first byte on; NULL: there is only one. */
    vdib_status (*again)(const void *state, struct vdib__byte_source *made);
    void (*close)(void *state);
} vdib__byte_source;

/* A file, a FIFO, or "-", the standard input. *size: VDIB_SIZE_UNKNOWN of all but files. Waits for a FIFO's writer.
 * VDIB_ERROR_IO names path, reason and remedy. `path` must outlive the source. */
vdib_status vdib__source_open(const char *path, vdib__byte_source *source, uint64_t *size);

/* Whether a path names the standard input. */
int vdib__source_is_input(const char *path);

/* What messages call it. */
#define VDIB_SOURCE_INPUT "standard input"

#endif
