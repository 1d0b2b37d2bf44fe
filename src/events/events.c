/* SPDX-License-Identifier: MIT */
/* Whole recordings in memory, in order of time. */

#include "events/events.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/lfs.h"
#include "core/sized.h"
#include "core/text.h"
#include "events/recording.h"
#include "events/sort.h"
#include "events/stream.h"
#include "events/unpack.h"

struct vdib_events {
    vdib_event *array; /* (info.events), in order of time */
    size_t capacity;
    size_t next; /* first event that vdib_events_read has not delivered */
    vdib_events_info info;
};

bool vdib__events_recording(const char *path) {
    for (size_t i = 0; i < vdib__event_reader_count(); i++) {
        const vdib__event_reader *reader = vdib__event_reader_at(i);
        if (!vdib__event_reader_named(reader, path))
            continue;
        vdib__event_stream *stream = NULL;
        bool found = !reader->common_endings || /* a pipe's writer is not waited for */
                     (vdib__is_file(path) && vdib__event_stream_open(path, NULL, &stream) == VDIB_OK);
        vdib__event_stream_close(stream);
        if (found)
            return true;
    }
    return false;
}

static vdib_status sort_by_time(vdib_event **array, size_t count) {
    vdib_event *spare = NULL;
    VDIB_TRY(VDIB_NEW_UNSET(&spare, count));
    vdib__events_sort(array, &spare, count);
    vdib__free(spare);
    return VDIB_OK;
}

/* Appends all events of a stream. `expected` is a guess of how many they are. */
static vdib_status collect(const char *path, vdib__event_stream *stream, size_t expected, vdib_events *events) {
    VDIB_TRY(VDIB_RESERVE(&events->array, &events->capacity, expected));
    for (size_t used = 0, count = 1; count > 0; used += count) {
        enum { PACKET = 4096 };
        if (used > VDIB_EVENTS_MOST)
            return vdib__fail(VDIB_ERROR_FORMAT,
                              "%s: has more than %zu events, too many for a recording as a whole; cut it, or read it "
                              "in packets",
                              path, VDIB_EVENTS_MOST);
        if (events->capacity == used)
            VDIB_TRY(VDIB_RESERVE(&events->array, &events->capacity, used + PACKET));
        VDIB_TRY(vdib__event_stream_read(stream, events->array + used, events->capacity - used, &count));
    }
    events->info = *vdib__event_stream_info(stream);
    return events->info.out_of_order > 0 ? sort_by_time(&events->array, events->info.events) : VDIB_OK;
}

/* The whole content of a stream, which is closed. */
static vdib_status whole(const char *path, vdib__event_stream *stream, uint64_t size, vdib_events **events) {
    enum { BYTES_OF_EVENT = 4, FIRST = 1 << 20 }; /* room for more comes when they are there */
    size_t expected = size / BYTES_OF_EVENT < FIRST ? (size_t)size / BYTES_OF_EVENT : FIRST;
    if (size == VDIB_SIZE_UNKNOWN)
        expected = 0;
    vdib_events *made = NULL;
    vdib_status status = VDIB_NEW(&made, 1);
    if (status == VDIB_OK)
        status = collect(path, stream, expected + 1, made);
    vdib__event_stream_close(stream);
    if (status != VDIB_OK) {
        vdib_events_close(made);
        return status;
    }
    *events = made;
    return VDIB_OK;
}

vdib_status vdib__events_decode(const char *path, const vdib__event_reader *reader, const uint8_t *bytes, size_t size,
                                vdib_events **events) {
    vdib__event_stream *stream = NULL;
    VDIB_TRY(vdib__event_stream_of(path, reader, bytes, size, &stream));
    return whole(path, stream, size, events);
}

/* A format without a header that a name of some length may stand for; NULL: the content must be looked at. */
static const vdib__event_reader *headerless(const char *path) {
    for (size_t i = 0; i < vdib__event_reader_count(); i++)
        if (vdib__event_reader_at(i)->record != 0 && vdib__event_reader_named(vdib__event_reader_at(i), path))
            return vdib__event_reader_at(i);
    return NULL;
}

/* Formats without a header alone: any large file might be one of those. */
static vdib_status check_size(const char *path, uint64_t size) {
    if (headerless(path) != NULL && size != VDIB_SIZE_UNKNOWN && size > VDIB_EVENTS_LARGEST)
        return vdib__fail(
            VDIB_ERROR_FORMAT,
            "%s: has %llu byte%s, a recording at most %zu; it is no recording of this kind, or several in one file: "
            "split it",
            path, (unsigned long long)size, vdib__s(size), VDIB_EVENTS_LARGEST);
    return VDIB_OK;
}

/* Of a readable, regular file; of a pipe too, if `streams` says so. */
static vdib_status size_of_file(const char *path, bool streams, uint64_t *size) {
    struct stat entry;
    *size = VDIB_SIZE_UNKNOWN;
    if (streams && vdib__source_is_input(path))
        return VDIB_OK;
    if (stat(path, &entry) != 0 || access(path, R_OK) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read", path);
    if (streams && S_ISFIFO(entry.st_mode))
        return VDIB_OK;
    VDIB_TRY(vdib__file_check_kind(path, entry.st_mode));
    *size = (uint64_t)entry.st_size;
    return VDIB_OK;
}

/* The same of a recording in a file. */
static vdib_status size_of(const char *path, bool streams, uint64_t *size) {
    char *plain = NULL;
    size_t recording = 0;
    VDIB_TRY(vdib__recording_path(path, &plain, &recording));
    vdib_status status = size_of_file(plain, streams, size);
    vdib__free(plain);
    return status;
}

const char *vdib__events_layout(const char *path) {
    const vdib__event_reader *reader = headerless(path);
    return reader != NULL ? reader->layout : NULL;
}

vdib_status vdib__events_check(const char *path) {
    uint64_t size = 0;
    VDIB_TRY(size_of(path, false, &size));
    VDIB_TRY(check_size(path, size));
    const vdib__event_reader *reader = headerless(path);
    bool packed = vdib__unpacked_length(path) < strlen(path);
    if (reader != NULL && !packed && size % reader->record == 0 && size >= VDIB_LFS_LARGEST)
        return VDIB_OK;
    vdib__event_stream *stream = NULL;
    vdib_status status = vdib__event_stream_open(path, NULL, &stream);
    vdib__event_stream_close(stream);
    return status;
}

vdib_status vdib_events_open(const char *path, vdib_events **events) {
    return vdib_events_open_unit(path, NULL, events);
}

vdib_status vdib_events_open_unit(const char *path, const char *unit, vdib_events **events) {
    vdib__event_stream *stream = NULL;
    uint64_t size = 0;
    VDIB_REQUIRE(path, events);
    VDIB_TRY(size_of(path, true, &size));
    VDIB_TRY(check_size(path, size));
    VDIB_TRY(vdib__event_stream_open(path, unit, &stream));
    return whole(path, stream, size, events);
}

vdib_status vdib_events_describe(const vdib_events *events, vdib_events_info *info) {
    if (events == NULL || info == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_events_describe: neither argument may be NULL");
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_events_info, info));
    VDIB_SIZED_WRITE(vdib_events_info, &events->info, info);
    return VDIB_OK;
}

vdib_status vdib_events_read(vdib_events *events, vdib_event *buffer, size_t capacity, size_t *count) {
    VDIB_REQUIRE(events, count);
    if (capacity > 0)
        VDIB_REQUIRE(buffer);
    size_t left = events->info.events - events->next, taken = left < capacity ? left : capacity;
    if (taken > 0)
        memcpy(buffer, events->array + events->next, taken * sizeof *buffer);
    events->next += taken;
    *count = taken;
    return VDIB_OK;
}

vdib_status vdib_events_all(const vdib_events *events, const vdib_event **array, size_t *count) {
    VDIB_REQUIRE(events, array, count);
    *array = events->array;
    *count = events->info.events;
    return VDIB_OK;
}

void vdib_events_close(vdib_events *events) {
    if (events == NULL)
        return;
    vdib__free(events->array);
    vdib__free(events);
}
