/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READER_H
#define VDIB_EVENTS_READER_H
/* A reader of one format of event files, as a row of the table in readers.c.
 *
 * A file goes through three hands, each in memory of fixed size, however large it is:
 *
 *     bytes.h    the file's bytes             --look, take-->
 *     reader.h   events as the file has them  --read-------->
 *     stream.h   events on one clock, with counts of what was wrong
 *
 * events.c holds whole recordings, sorted by time. */

#include <stdbool.h>
#include <stdint.h>

#include "events/bytes.h"
#include "events/kernels_events.h"
#include "events/recording.h"
#include "vdib/events.h"

/* What a reader is shown of a file before one is chosen. */
enum { VDIB_EVENTS_HEAD = 4096 };
typedef struct vdib__event_head {
    const char *path;     /* whose ending says what is inside */
    const char *called;   /* what messages call it */
    uint64_t size;        /* bytes of the file; VDIB_SIZE_UNKNOWN of longer ones that do not say it */
    const uint8_t *bytes; /* (count) its first ones */
    size_t count;         /* VDIB_EVENTS_HEAD, or `size` if that is less */
} vdib__event_head;

/* How sure a reader is that a file is its own. */
typedef enum vdib__likeness {
    VDIB_LIKENESS_NONE,
    VDIB_LIKENESS_NAME,    /* nothing but the ending of the file's name says so: formats without a header */
    VDIB_LIKENESS_CONTENT, /* the content says so, whatever the name */
    VDIB_LIKENESS_UNSEEN   /* there was no memory to look, which the thread's message says */
} vdib__likeness;

typedef struct vdib__event_reader {
    const char *name; /* as `vdib info` says it: "nmnist" */
    const char *help; /* what it is, one line without a full stop */
    const char
        *endings; /* of names of such files, with blanks between them; for lists and, without a header, for detection */
    bool common_endings; /* other files end so too: in a folder of recordings the content must agree */
    /* Bytes of a record of a format without a header, whose files can only be told from others by what their events
     * look like: stream.h refuses those that look like none. 0: the format has a header. */
    unsigned record;
    const char *layout; /* of these records, as messages say it: "5 bytes an event: ..."; NULL: it has a header */
    /* Goes to bytes before and behind (vdib__bytes_seek), as an index asks for: pipes and compressed files, which are
     * read forwards, are refused. */
    bool seeks;
    /* A row of numbers an event, whose unit of time `open` takes from info->unit where it is not NULL (asked for by the
     * user), before names and numbers. Of others the format says it: asking is refused. */
    bool columns;
    const char *place; /* what offsets count, in messages: "row"; NULL: bytes */
    /* Microseconds after which the clock of the file starts again at 0, because its time stamps have no more bits: the
     * stream adds the turns, and tells restarts from late events by the events that follow (clock.h). 0: `read`
     * delivers times, which stay as they are. */
    int64_t clock_us;

    vdib__likeness (*detect)(const vdib__event_head *head); /* NULL: by nothing but the ending of the name */
    /* Reads the header. `bytes` is at the beginning of the file and outlives *state; its size may be unknown. Fills
     * what the format says of width, height; of files of several recordings reads the one that info->recording says,
     * and fills recordings, label, split. */
    vdib_status (*open)(vdib__bytes *bytes, vdib_events_info *info, void **state);
    /* Delivers up to `capacity` events (1 at least) as the file has them: *count, 0 only at the end. Adds to the counts
     * of *info that only the format can know (others, overflows, wraps), and to those of what is wrong through
     * vdib__bytes_blame. VDIB_ERROR_FORMAT names file, byte and remedy, where nothing more can be read. */
    vdib_status (*read)(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count);
    /* NULL, or what the events of the last `read` are together, if decoding them has shown it: saves the stream a pass
     * over them. */
    bool (*seen)(const void *state, vdib__event_look *seen);
    /* Goes forwards to a place from which on all events of the time `us` (of the file's clock) and later are read, as
     * far as they are less out of order than ranges allow (range.h); adds the turns that it passes to info->wraps.
     * Before `read` or after it, on bytes that can seek. NULL: events before are read and left out. */
    vdib_status (*seek)(void *state, vdib_events_info *info, int64_t us);
    /* NULL, or of files of several recordings: goes to the beginning of the one that info->recording says (it is
     * there), as `open` does, without opening the file anew. */
    vdib_status (*select)(void *state, vdib_events_info *info);
    /* NULL, or of these: fills labels and splits of all->count recordings, and the names of classes. */
    vdib_status (*recordings)(void *state, vdib__recordings *all);
    /* NULL is safe. */
    void (*close)(void *state);
} vdib__event_reader;

/* The table, in the order in which readers are asked. */
size_t vdib__event_reader_count(void);
const vdib__event_reader *vdib__event_reader_at(size_t index);

/* The reader of a file. VDIB_ERROR_FORMAT says what it is instead, where that is known, and what is read. */
vdib_status vdib__event_reader_find(const vdib__event_head *head, const vdib__event_reader **reader);

/* Whether the ending of a name is among a reader's, whatever the case of its letters; that of a compressed file comes
 * before ".gz" and the like. */
bool vdib__event_reader_named(const vdib__event_reader *reader, const char *path);

#endif
