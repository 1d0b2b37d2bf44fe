/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_WRITER_H
#define VDIB_EVENTS_WRITER_H
/* A writer of one format of event files, as a row of the table in writers.c: the counterpart of reader.h.
 *
 *     write.c    events are checked against what the format holds
 *     writer.h   events as the file has them  --begin, put, end-->
 *     sink.h     the file's bytes */

#include <stdbool.h>
#include <stdint.h>

#include "events/sink.h"
#include "vdib/convert.h"

/* A file that is being written. */
typedef struct vdib__event_output {
    vdib__sink sink;      /* empty where the row writes its file itself */
    const char *path;     /* that file, or what messages call the sink; borrowed */
    size_t width, height; /* of the sensor; 0: not known */
    size_t events;        /* before those at hand */
    int64_t last_us;      /* time of the last of these */
    void *state;          /* of the row; its `begin` makes it */
} vdib__event_output;

typedef struct vdib__event_writer {
    const char *name;    /* that of the format's reader, where there is one */
    const char *help;    /* what it is, one line without a full stop */
    const char *endings; /* of names of such files, with blanks between them */
    bool passes;         /* is written from front to back, so that it may go into a pipe */
    bool sized;          /* needs the sensor's size */
    bool itself; /* writes the file output->path itself, complete or not at all, and gives it its name in `end` */
    /* What it holds: sides of a sensor, times from 0 (or from any time, where `negative`) to `most_us`, and at most
     * `gap_us` between two events, where `from_zero` also from 0 to the first. */
    uint32_t columns, rows;
    bool negative, from_zero;
    int64_t most_us;
    uint64_t gap_us;
    const char *lost; /* what a recording may have and such a file has not, for lists; "" for nothing */

    /* Writes what stands before the events. NULL: nothing. */
    vdib_status (*begin)(vdib__event_output *output);
    /* Writes events (1 at least) that the format holds, in order of time and not before those that were put. */
    vdib_status (*put)(vdib__event_output *output, const vdib_event *events, size_t count);
    /* Writes what stands behind the events. NULL: nothing. */
    vdib_status (*end)(vdib__event_output *output);
    /* Frees output->state, which may be NULL. NULL: there is none. */
    void (*close)(void *state);
} vdib__event_writer;

/* The table. */
size_t vdib__event_writer_count(void);
const vdib__event_writer *vdib__event_writer_at(size_t index);

/* The rows that parts name. */
extern const vdib__event_writer vdib__writer_nmnist;

/* The row of a format's name, or where that is NULL of the ending of a path. VDIB_ERROR_ARGUMENT lists what there is.
 */
vdib_status vdib__event_writer_find(const char *format, const char *path, const vdib__event_writer **writer);

/* Whether a file may be written there: a pipe only where the format passes through one, and no file that exists unless
 * it is to be replaced. */
vdib_status vdib__event_writer_check(const vdib__event_writer *row, const char *path, bool replace);

/* A recording as the bytes of a file: *bytes (*size), freed with vdib__free; VDIB_ERROR_UNSUPPORTED of a row that
 * writes its file itself. `origin` names it in messages. */
vdib_status vdib__events_encode(const vdib__event_writer *writer, const char *origin, size_t width, size_t height,
                                const vdib_event *events, size_t count, uint8_t **bytes, size_t *size);

#endif
