/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_STREAM_H
#define VDIB_EVENTS_STREAM_H
/* An event file as packets in memory of fixed size: found by its content, put on one clock, with counts of what was
 * wrong. */

#include "events/range.h"
#include "events/reader.h"

typedef struct vdib__event_stream vdib__event_stream;

/* Opens a file; nothing but its beginning is read. `path` is copied. `unit` of times, borrowed, is that of
 * vdib_packets_options: NULL: by names and numbers; VDIB_ERROR_ARGUMENT if it is none, or the format says the unit. */
vdib_status vdib__event_stream_open(const char *path, const char *unit, vdib__event_stream **stream);

/* The same with borrowed content. `reader` NULL: whose it is by `path` and content. */
vdib_status vdib__event_stream_of(const char *path, const vdib__event_reader *reader, const uint8_t *content,
                                  size_t size, vdib__event_stream **stream);

/* What is wrong in the file is refused from here on, with its byte, instead of being counted. Before the first read. */
void vdib__event_stream_be_strict(vdib__event_stream *stream);

/* Only events of a range of time (range.h) are delivered and counted from here on; what is wrong is counted as far as
 * the file is read. Before the first read. */
void vdib__event_stream_limit(vdib__event_stream *stream, const vdib__range *range);

/* Delivers up to `capacity` events in the order of the file, on one clock (clock.h): *count, 0 only at the end. Events
 * of a file without a header that look like none (time that goes back again and again, one event over and over) are
 * refused with VDIB_ERROR_FORMAT, as soon as that is plain, at the end at the latest. */
vdib_status vdib__event_stream_read(vdib__event_stream *stream, vdib_event *events, size_t capacity, size_t *count);

/* What is known so far; complete after the last event. The times are those of the first event and of the latest. */
const vdib_events_info *vdib__event_stream_info(const vdib__event_stream *stream);

/* What the file says of all its recordings (recording.h). */
vdib_status vdib__event_stream_recordings(vdib__event_stream *stream, vdib__recordings *all);

/* Begins another recording of the same file, which costs less than opening it anew. VDIB_ERROR_FORMAT if there is none
 * of this number. Not of streams with a range. */
vdib_status vdib__event_stream_select(vdib__event_stream *stream, size_t recording);

/* NULL is safe. */
void vdib__event_stream_close(vdib__event_stream *stream);

#endif
