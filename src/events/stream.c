/* SPDX-License-Identifier: MIT */
#include "events/stream.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/clock.h"
#include "events/layout.h"

enum {
    PACKET = 2048 /* events that are held */
};

struct vdib__event_stream {
    char *path;
    const vdib__event_reader *reader;
    vdib__bytes bytes;
    void *state; /* of the reader */
    bool ended;  /* the reader has delivered all */
    vdib_events_info info;
    bool sized; /* the format says the sensor's size */
    vdib__event_clock clock;
    /* events as the reader gave them: held[next .. next + ready) */
    vdib_event held[PACKET];
    size_t next, ready;
    vdib__layout *layout; /* NULL: the format has a header */
};

static vdib_status open_reader(vdib__event_stream *s, const vdib__event_reader *reader) {
    vdib__event_head head = {.path = s->path, .size = s->bytes.size};
    VDIB_TRY(vdib__bytes_look(&s->bytes, VDIB_EVENTS_HEAD, &head.bytes, &head.count));
    s->reader = reader;
    if (reader == NULL)
        VDIB_TRY(vdib__event_reader_find(&head, &s->reader));
    if (s->reader->record != 0)
        VDIB_TRY(VDIB_NEW(&s->layout, 1));
    VDIB_TRY(s->reader->open(&s->bytes, &s->info, &s->state));
    s->info.format = s->reader->name;
    s->clock.turn_us = s->reader->clock_us;
    s->sized = s->info.width != 0 && s->info.height != 0;
    return VDIB_OK;
}

static vdib_status open_stream(const char *path, const vdib__event_reader *reader, const uint8_t *content, size_t size,
                               vdib__event_stream **stream) {
    vdib__event_stream *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->info.size = sizeof made->info;
    vdib_status status = vdib__strdup(path, &made->path);
    if (status == VDIB_OK && content == NULL)
        status = vdib__bytes_open(made->path, &made->bytes);
    else if (status == VDIB_OK)
        vdib__bytes_of(made->path, content, size, &made->bytes);
    if (status == VDIB_OK)
        status = open_reader(made, reader);
    if (status != VDIB_OK) {
        vdib__event_stream_close(made);
        return status;
    }
    *stream = made;
    return VDIB_OK;
}

vdib_status vdib__event_stream_open(const char *path, vdib__event_stream **stream) {
    return open_stream(path, NULL, NULL, 0, stream);
}

vdib_status vdib__event_stream_of(const char *path, const vdib__event_reader *reader, const uint8_t *content,
                                  size_t size, vdib__event_stream **stream) {
    static const uint8_t none = 0;
    return open_stream(path, reader, content != NULL ? content : &none, size, stream);
}

void vdib__event_stream_close(vdib__event_stream *stream) {
    if (stream == NULL)
        return;
    if (stream->reader != NULL && stream->state != NULL)
        stream->reader->close(stream->state);
    vdib__bytes_close(&stream->bytes);
    vdib__free(stream->layout);
    vdib__free(stream->path);
    vdib__free(stream);
}

const vdib_events_info *vdib__event_stream_info(const vdib__event_stream *stream) {
    return &stream->info;
}

/* Formats without a header can only be told by what their events look like. */
static vdib_status judge_layout(const vdib__event_stream *s) {
    char said[VDIB_LAYOUT_SAID];
    if (s->layout == NULL || !vdib__layout_is_other(s->layout, s->ended, said))
        return VDIB_OK;
    return vdib__fail(
        VDIB_ERROR_FORMAT,
        "%s: does not look like a recording of format %s: %s; it is of another layout, or not in order of "
        "time: convert it to %s, sorted by time",
        s->path, s->reader->name, said, s->reader->layout);
}

/* Fills what is held, as far as there are events. */
static vdib_status hold(vdib__event_stream *s) {
    if (s->ready > 0)
        memmove(s->held, s->held + s->next, s->ready * sizeof *s->held);
    s->next = 0;
    while (!s->ended && s->ready < PACKET) {
        size_t count = 0;
        VDIB_TRY(s->reader->read(s->state, &s->info, s->held + s->ready, PACKET - s->ready, &count));
        s->ended = count == 0;
        if (s->layout != NULL)
            vdib__layout_look(s->layout, s->held + s->ready, count);
        s->ready += count;
        VDIB_TRY(judge_layout(s));
    }
    return VDIB_OK;
}

static void take_event(vdib__event_stream *s, vdib_event *event) {
    vdib_events_info *info = &s->info;
    *event = s->held[s->next];
    event->t = vdib__clock_time(&s->clock, s->held + s->next, s->ready, info);
    s->next++;
    s->ready--;
    if (info->events == 0 || event->t < info->first_us)
        info->first_us = event->t;
    if (info->events == 0 || event->t > info->last_us)
        info->last_us = event->t;
    info->events++;
    info->on_events += event->polarity;
    if (s->sized)
        return;
    if (info->width < event->x + 1U)
        info->width = event->x + 1U;
    if (info->height < event->y + 1U)
        info->height = event->y + 1U;
}

vdib_status vdib__event_stream_read(vdib__event_stream *stream, vdib_event *events, size_t capacity, size_t *count) {
    size_t made = 0;
    while (made < capacity) {
        if (!stream->ended && stream->ready <= VDIB_CLOCK_AHEAD)
            VDIB_TRY(hold(stream));
        if (stream->ready == 0)
            break;
        take_event(stream, &events[made++]);
    }
    *count = made;
    return VDIB_OK;
}
