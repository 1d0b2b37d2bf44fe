/* SPDX-License-Identifier: MIT */
#include "events/stream.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "events/clock.h"
#include "events/columns.h"
#include "events/kernels_events.h"
#include "events/layout.h"
#include "events/recording.h"
#include "events/unpack.h"

enum {
    PACKET = 2048 /* events that are held */
};

/* Events as the reader gave them, which wait for those that follow. */
typedef struct vdib__held {
    vdib_event events[PACKET];
    uint64_t places[PACKET]; /* the bytes at which they begin, or before; set in strict streams alone */
} vdib__held;

struct vdib__event_stream {
    char *path;
    const vdib__event_reader *reader;
    vdib__bytes bytes;
    void *state;        /* of the reader */
    bool ended;         /* the reader has delivered all */
    vdib_status failed; /* what reading failed with: events would be missing behind it */
    bool strict;
    vdib__range range;
    const char *unit; /* of times, as it was asked for; NULL: it was not */
    vdib_events_info info;
    bool sized; /* the format says the sensor's size */
    const vdib__event_kernels *kernels;
    vdib__event_look seen; /* of the events fetched last, where `sized` */
    vdib__event_clock clock;
    int64_t previous;     /* time of the last event that was delivered, where times stay as they are */
    vdib__held *held;     /* NULL: times stay as they are */
    size_t next, ready;   /* held events: from `next` on, `ready` of them */
    vdib__layout *layout; /* NULL: the format has a header */
};

static vdib_status fail_forwards(const vdib__event_stream *s) {
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: files of format %s are not read from their beginning to their end in one go; put it into a "
                      "file of its own, not compressed",
                      s->bytes.path, s->reader->name);
}

static vdib_status check_recording(vdib__event_stream *s) {
    if (s->info.recordings == 0)
        s->info.recordings = 1;
    if (s->info.recording < s->info.recordings)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: holds %zu recording%s, counted from 0: there is no #%zu", s->bytes.path,
                      s->info.recordings, vdib__s(s->info.recordings), s->info.recording);
}

static vdib_status check_unit(const vdib__event_stream *s) {
    vdib__columns none = vdib__columns_none;
    if (s->unit == NULL)
        return VDIB_OK;
    if (!vdib__columns_ask_unit(&none, s->unit))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "'%s' is no unit of times: s, ms, us or ns", s->unit);
    if (s->reader->columns)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_ARGUMENT,
                      "%s: is of format %s, which says the unit of its times; leave out the one that was asked for "
                      "(%s): it is for text, arrays and columns in HDF5",
                      s->bytes.path, s->reader->name, s->unit);
}

static vdib_status open_reader(vdib__event_stream *s, const vdib__event_reader *reader) {
    vdib__event_head head = {.path = s->bytes.name, .called = s->bytes.path, .size = s->bytes.size};
    VDIB_TRY(vdib__bytes_look(&s->bytes, VDIB_EVENTS_HEAD, &head.bytes, &head.count));
    if (head.count == 0 && s->bytes.lost > 0)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s; fetch it again", s->bytes.path, s->bytes.fault);
    if (head.count < VDIB_EVENTS_HEAD)
        head.size = head.count;
    s->reader = reader;
    if (reader == NULL)
        VDIB_TRY(vdib__event_reader_find(&head, &s->reader));
    if (s->reader->seeks && !vdib__bytes_can_seek(&s->bytes))
        VDIB_TRY(vdib__bytes_settle(&s->bytes));
    if (s->reader->seeks && !vdib__bytes_can_seek(&s->bytes))
        return fail_forwards(s);
    if (s->reader->record != 0)
        VDIB_TRY(vdib__layout_create(&s->layout));
    if (s->reader->clock_us != 0)
        VDIB_TRY(VDIB_NEW_UNSET(&s->held, 1));
    VDIB_TRY(check_unit(s));
    s->info.unit = s->unit;
    VDIB_TRY(s->reader->open(&s->bytes, &s->info, &s->state));
    VDIB_TRY(check_recording(s));
    if (s->info.format == NULL)
        s->info.format = s->reader->name;
    s->clock.turn_us = s->reader->clock_us;
    s->sized = s->info.width != 0 && s->info.height != 0;
    s->info.unpacked = s->bytes.settled;
    return VDIB_OK;
}

static vdib_status open_stream(const char *path, const char *unit, const vdib__event_reader *reader,
                               const uint8_t *content, size_t size, vdib__event_stream **stream) {
    vdib__event_stream *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->info.size = sizeof made->info;
    made->kernels = vdib__event_kernels_choose();
    made->info.label = -1;
    made->unit = unit;
    vdib_status status = content == NULL ? vdib__recording_path(path, &made->path, &made->info.recording)
                                         : vdib__strdup(path, &made->path);
    if (status == VDIB_OK && content == NULL)
        status = vdib__bytes_open(made->path, &made->bytes);
    else if (status == VDIB_OK)
        vdib__bytes_of(made->path, content, size, &made->bytes);
    if (status == VDIB_OK && reader == NULL)
        status = vdib__bytes_unpack(&made->bytes);
    if (status == VDIB_OK)
        status = open_reader(made, reader);
    if (status != VDIB_OK) {
        vdib__event_stream_close(made);
        return status;
    }
    *stream = made;
    return VDIB_OK;
}

vdib_status vdib__event_stream_open(const char *path, const char *unit, vdib__event_stream **stream) {
    return open_stream(path, unit, NULL, NULL, 0, stream);
}

vdib_status vdib__event_stream_of(const char *path, const vdib__event_reader *reader, const uint8_t *content,
                                  size_t size, vdib__event_stream **stream) {
    static const uint8_t none = 0;
    return open_stream(path, NULL, reader, content != NULL ? content : &none, size, stream);
}

vdib_status vdib__event_stream_recordings(vdib__event_stream *stream, vdib__recordings *all) {
    vdib__recordings made = {.count = stream->info.recordings, .unpacked = stream->info.unpacked};
    vdib_status status = VDIB_NEW(&made.labels, made.count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made.splits, made.count);
    for (size_t i = 0; status == VDIB_OK && i < made.count; i++)
        made.labels[i] = made.count == 1 ? stream->info.label : -1;
    if (status == VDIB_OK && stream->reader->recordings != NULL)
        status = stream->reader->recordings(stream->state, &made);
    if (status != VDIB_OK)
        vdib__recordings_free(&made);
    else
        *all = made;
    return status;
}

vdib_status vdib__event_stream_select(vdib__event_stream *s, size_t recording) {
    const vdib_events_info before = s->info;
    s->info.recording = recording;
    vdib_status status = check_recording(s);
    if (status != VDIB_OK || s->reader->select == NULL) {
        s->info = before;
        return status; /* the only one */
    }
    s->info = (vdib_events_info){
        .size = before.size, .recording = recording, .label = -1, .unit = s->unit, .unpacked = before.unpacked};
    s->bytes.fault = NULL;
    VDIB_TRY(s->reader->select(s->state, &s->info));
    s->sized = s->info.width != 0 && s->info.height != 0;
    s->ended = false;
    s->failed = VDIB_OK;
    return VDIB_OK;
}

void vdib__event_stream_close(vdib__event_stream *stream) {
    if (stream == NULL)
        return;
    if (stream->reader != NULL && stream->state != NULL)
        stream->reader->close(stream->state);
    vdib__bytes_close(&stream->bytes);
    vdib__free(stream->held);
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
        s->bytes.path, s->reader->name, said, s->reader->layout);
}

void vdib__event_stream_be_strict(vdib__event_stream *stream) {
    stream->strict = true;
}

void vdib__event_stream_limit(vdib__event_stream *stream, const vdib__range *range) {
    stream->range = *range;
}

static vdib_status refuse(const vdib__event_stream *s, uint64_t at, const char *what) {
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: %s %llu: %s; record or export it again, or read it without strict, which counts such things",
                      s->bytes.path, s->reader->place != NULL ? s->reader->place : "byte", (unsigned long long)at,
                      what);
}

/* ---- the sensor ---- */

static bool is_beyond(const vdib_events_info *info, const vdib_event *event) {
    return event->x >= info->width || event->y >= info->height;
}

/* What the events (count) that the reader has just delivered are together. */
static vdib__event_look look_at(const vdib__event_stream *s, const vdib_event *events, size_t count) {
    vdib__event_look seen;
    bool known = s->reader->seen != NULL && s->reader->seen(s->state, &seen);
    return known ? seen : s->kernels->look(events, count);
}

/* Leaves out events beyond the sensor that the format states; returns how many are left. */
static size_t keep_inside(vdib__event_stream *s, uint64_t at, vdib_event *events, size_t count) {
    size_t kept = 0;
    if (count == 0)
        return 0;
    s->seen = look_at(s, events, count);
    if (s->seen.x < s->info.width && s->seen.y < s->info.height)
        return count;
    for (size_t i = 0; i < count; i++)
        if (!is_beyond(&s->info, &events[i]))
            events[kept++] = events[i];
    vdib__bytes_blame(&s->bytes, at, "an event beyond the sensor", &s->info.outside, count - kept);
    if (kept > 0)
        s->seen = s->kernels->look(events, kept);
    return kept;
}

/* Bytes that ended early are no whole record, as far as anybody knows. */
static void count_lost(vdib__event_stream *s) {
    s->info.truncated += s->bytes.lost;
    s->bytes.lost = 0;
}

/* The reader's next events, *count, 0 only at the end; one at a time where the place of what is wrong is asked. */
static vdib_status fetch(vdib__event_stream *s, vdib_event *events, size_t capacity, uint64_t *at, size_t *count) {
    do {
        *at = s->bytes.offset;
        VDIB_TRY(s->reader->read(s->state, &s->info, events, s->strict ? 1 : capacity, count));
        s->ended = *count == 0;
        if (s->ended)
            count_lost(s);
        if (s->sized)
            *count = keep_inside(s, *at, events, *count);
        if (s->strict && s->bytes.fault != NULL)
            return refuse(s, s->bytes.fault_at, s->bytes.fault);
    } while (*count == 0 && !s->ended);
    return VDIB_OK;
}

static void widen(vdib_events_info *info, uint16_t x, uint16_t y) {
    info->width = x >= info->width ? x + 1U : info->width;
    info->height = y >= info->height ? y + 1U : info->height;
}

/* ---- formats whose times stay as they are ---- */

/* The least and the latest time of events that are out of order. */
static void widen_time(vdib_events_info *info, const vdib_event *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        info->first_us = events[i].t < info->first_us ? events[i].t : info->first_us;
        info->last_us = events[i].t > info->last_us ? events[i].t : info->last_us;
    }
}

/* What events (1 at least) say of their recording. */
static void account(vdib__event_stream *s, const vdib_event *events, size_t count) {
    vdib_events_info *info = &s->info;
    vdib__event_look seen = s->range.asked ? s->kernels->look(events, count) /* some of them were left out */
                            : s->sized     ? s->seen
                                           : look_at(s, events, count);
    seen.late += info->events > 0 && events[0].t < s->previous;
    if (info->events == 0)
        info->first_us = info->last_us = events[0].t;
    s->previous = events[count - 1].t;
    if (seen.late > 0 || s->previous < info->last_us)
        widen_time(info, events, count);
    else
        info->last_us = s->previous;
    info->out_of_order += seen.late;
    info->on_events += seen.on;
    info->events += count;
    if (!s->sized)
        widen(info, seen.x, seen.y);
}

/* Goes to where the range begins, as soon as that is known. */
static vdib_status seek_range(vdib__event_stream *s) {
    if (!s->range.known || s->range.sought || s->reader->seek == NULL || s->range.from < 0)
        return VDIB_OK;
    s->range.sought = true;
    return vdib__bytes_can_seek(&s->bytes) ? s->reader->seek(s->state, &s->info, s->range.from) : VDIB_OK;
}

static vdib_status read_as_it_is(vdib__event_stream *s, vdib_event *events, size_t capacity, size_t *count) {
    size_t made = 0, more = 0;
    while (made < capacity && !s->ended) {
        uint64_t at = 0;
        size_t late = s->info.out_of_order;
        if (s->range.asked)
            VDIB_TRY(seek_range(s));
        bool first = s->range.asked && !s->range.known; /* whose time says where the range begins */
        VDIB_TRY(fetch(s, events + made, first ? 1 : capacity - made, &at, &more));
        more = vdib__range_keep(&s->range, events + made, more);
        s->ended |= s->range.passed;
        if (more > 0)
            account(s, events + made, more);
        if (s->strict && s->info.out_of_order > late)
            return refuse(s, at, "an event earlier than the one before");
        made += more;
    }
    *count = made;
    return VDIB_OK;
}

/* ---- formats with a clock ---- */

/* Fills what is held, as far as there are events. */
static vdib_status hold(vdib__event_stream *s) {
    vdib__held *held = s->held;
    if (s->ready > 0) {
        memmove(held->events, held->events + s->next, s->ready * sizeof *held->events);
        if (s->strict)
            memmove(held->places, held->places + s->next, s->ready * sizeof *held->places);
    }
    s->next = 0;
    while (!s->ended && s->ready < PACKET) {
        size_t count = 0;
        VDIB_TRY(fetch(s, held->events + s->ready, PACKET - s->ready, &held->places[s->ready], &count));
        if (s->layout != NULL)
            vdib__layout_look(s->layout, held->events + s->ready, count);
        s->ready += count;
        VDIB_TRY(judge_layout(s));
    }
    return VDIB_OK;
}

/* The next one that is held; false if it is outside the range. */
static bool take_event(vdib__event_stream *s, vdib_event *event) {
    vdib_events_info *info = &s->info;
    *event = s->held->events[s->next];
    event->t = vdib__clock_time(&s->clock, s->held->events + s->next, s->ready, info);
    s->next++;
    s->ready--;
    if (vdib__range_keep(&s->range, event, 1) == 0)
        return false;
    if (info->events == 0 || event->t < info->first_us)
        info->first_us = event->t;
    if (info->events == 0 || event->t > info->last_us)
        info->last_us = event->t;
    info->events++;
    info->on_events += event->polarity;
    if (!s->sized)
        widen(info, event->x, event->y);
    return true;
}

static vdib_status read_on_clock(vdib__event_stream *s, vdib_event *events, size_t capacity, size_t *count) {
    size_t made = 0;
    while (made < capacity && !s->range.passed) {
        if (!s->ended && s->ready <= VDIB_CLOCK_AHEAD)
            VDIB_TRY(hold(s));
        if (s->ready == 0)
            break;
        uint64_t at = s->strict ? s->held->places[s->next] : 0;
        made += take_event(s, &events[made]);
        if (s->strict && s->info.restarts > 0)
            return refuse(s, at, "a clock that starts again without having run out");
        if (s->strict && s->info.out_of_order > 0)
            return refuse(s, at, "an event earlier than the one before");
    }
    *count = made;
    return VDIB_OK;
}

/* What speaks against a unit that was recognised; NULL: nothing. */
static const char *doubt(const vdib__event_stream *s) {
    enum { FEW = 100, SHORT_US = 1000 };
    const vdib_events_info *info = &s->info;
    double us = (double)info->last_us - (double)info->first_us, events = (double)info->events;
    if (info->unit_by == NULL || info->unit_by != vdib__columns_by_numbers || s->range.asked)
        return NULL;
    if (info->events >= FEW && us < SHORT_US)
        return "all events would come within a millisecond";
    if (info->events >= FEW && us > 1e6 * events)
        return "less than one event would come in a second";
    return NULL;
}

/* What the numbers said of the unit stands, unless the whole recording says more. */
static void add_doubt(vdib__event_stream *s) {
    const char *found = doubt(s);
    s->info.unit_doubt = found != NULL ? found : s->info.unit_doubt;
}

static vdib_status read_on(vdib__event_stream *s, vdib_event *events, size_t capacity, size_t *count) {
    return s->held != NULL ? read_on_clock(s, events, capacity, count) : read_as_it_is(s, events, capacity, count);
}

vdib_status vdib__event_stream_read(vdib__event_stream *stream, vdib_event *events, size_t capacity, size_t *count) {
    if (stream->failed != VDIB_OK)
        return vdib__fail(stream->failed, VDIB_BYTES_FAILED, stream->bytes.path, vdib_status_text(stream->failed));
    stream->failed = read_on(stream, events, capacity, count);
    if (stream->failed == VDIB_OK && *count == 0)
        add_doubt(stream);
    return stream->failed;
}
