/* SPDX-License-Identifier: MIT */
#include "events/events.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"
#include "core/text.h"
#include "data/lfs.h"

enum {
    RECORD = 5,             /* bytes of an event */
    OVERFLOW_ROW = 240,     /* y of an overflow record */
    OVERFLOW_US = 8192,     /* what it adds to the time */
    CLOCK_US = 1 << 23,     /* timestamps have 23 bits */
    WRAP_US = CLOCK_US / 2, /* time that drops by more is taken for a clock that started again */
};

struct vdib_events {
    vdib_event *array; /* (info.events), in order of time */
    size_t next;       /* first event that vdib_events_read has not delivered */
    vdib_events_info info;
};

vdib_status vdib__events_format_of(const char *path, vdib__events_format *format) {
    const char *dot = strrchr(path, '.');
    if (dot != NULL && vdib__same_word(dot, ".bin"))
        *format = VDIB_EVENTS_NMNIST;
    else if (dot != NULL && vdib__same_word(dot, ".bs2"))
        *format = VDIB_EVENTS_SLAYER;
    else
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is no event file by its name; .bin (N-MNIST) and .bs2 (SLAYER) are read", path);
    return VDIB_OK;
}

/* What the content of a file of `size` bytes must not be; bytes: its first `known` ones. */
static vdib_status check_content(const char *path, size_t size, const uint8_t *bytes, size_t known) {
    if (known == size && vdib__is_lfs_pointer(bytes, known))
        return vdib__fail(VDIB_ERROR_FORMAT, VDIB_LFS_MESSAGE, path);
    if (size > VDIB_EVENTS_LARGEST)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: has %zu bytes, a recording at most %zu; it is no recording of this kind, or several in "
                          "one file: split it",
                          path, size, VDIB_EVENTS_LARGEST);
    if (size % RECORD != 0)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: ends inside event %zu (%zu bytes are not a multiple of %d); it was cut short, fetch it "
                          "again",
                          path, size / RECORD, size, RECORD);
    return VDIB_OK;
}

vdib_status vdib__events_check(const char *path) {
    struct stat entry;
    if (stat(path, &entry) != 0 || access(path, R_OK) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read", path);
    if (!S_ISREG(entry.st_mode))
        return vdib__fail(VDIB_ERROR_IO, "%s: is not a regular file", path);
    vdib__events_format format;
    VDIB_TRY(vdib__events_format_of(path, &format));
    size_t size = (size_t)entry.st_size;
    uint8_t *bytes = NULL;
    size_t known = 0;
    if (size < VDIB_LFS_LARGEST)
        VDIB_TRY(vdib__file_read(path, &bytes, &known));
    vdib_status status = check_content(path, size, bytes, known);
    vdib__free(bytes);
    return status;
}

/* The clock of a file: what its 23-bit timestamps leave out. */
typedef struct event_clock {
    int64_t base;     /* added to timestamps, microseconds */
    int64_t previous; /* timestamp of the event before */
} event_clock;

/* Decodes one record; false if it is an overflow record. */
static bool decode_record(vdib__events_format format, const uint8_t *record, event_clock *clock, vdib_event *event,
                          vdib_events_info *info) {
    if (format == VDIB_EVENTS_NMNIST && record[1] == OVERFLOW_ROW) {
        clock->base += OVERFLOW_US;
        info->overflows++;
        return false;
    }
    int64_t stamp = (int64_t)(record[2] & 0x7F) << 16 | (int64_t)record[3] << 8 | record[4];
    if (clock->previous - stamp > WRAP_US) {
        clock->base += CLOCK_US;
        info->wraps++;
    }
    clock->previous = stamp;
    *event =
        (vdib_event){.t = clock->base + stamp, .x = record[0], .y = record[1], .polarity = (uint8_t)(record[2] >> 7)};
    return true;
}

static void take_event(vdib_events *events, const vdib_event *event) {
    vdib_events_info *info = &events->info;
    if (info->events > 0 && event->t < events->array[info->events - 1].t)
        info->out_of_order++;
    info->on_events += event->polarity;
    if (info->width < event->x + 1U)
        info->width = event->x + 1U;
    if (info->height < event->y + 1U)
        info->height = event->y + 1U;
    events->array[info->events++] = *event;
}

/* Stable merge of from[0, middle) and from[middle, count), each in order of time. */
static void merge(const vdib_event *from, size_t middle, size_t count, vdib_event *to) {
    size_t a = 0, b = middle;
    for (size_t i = 0; i < count; i++)
        to[i] = b == count || (a < middle && from[a].t <= from[b].t) ? from[a++] : from[b++];
}

/* Stable sort by time: bottom-up merge sort. */
static vdib_status sort_by_time(vdib_event **array, size_t count) {
    vdib_event *from = *array, *to = NULL;
    VDIB_TRY(VDIB_NEW(&to, count));
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t first = 0; first < count; first += 2 * run) {
            size_t rest = count - first, whole = rest < 2 * run ? rest : 2 * run;
            merge(from + first, whole < run ? whole : run, whole, to + first);
        }
        vdib_event *sorted = to;
        to = from;
        from = sorted;
    }
    vdib__free(to);
    *array = from;
    return VDIB_OK;
}

vdib_status vdib__events_decode(const char *path, vdib__events_format format, const uint8_t *bytes, size_t size,
                                vdib_events **events) {
    VDIB_TRY(check_content(path, size, bytes, size));
    vdib_events *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->info.format = format == VDIB_EVENTS_NMNIST ? "nmnist" : "slayer";
    vdib_status status = VDIB_NEW(&made->array, size / RECORD);
    event_clock clock = {0};
    for (size_t at = 0; status == VDIB_OK && at < size; at += RECORD) {
        vdib_event event;
        if (decode_record(format, bytes + at, &clock, &event, &made->info))
            take_event(made, &event);
    }
    if (status == VDIB_OK && made->info.out_of_order > 0)
        status = sort_by_time(&made->array, made->info.events);
    if (status != VDIB_OK) {
        vdib_events_close(made);
        return status;
    }
    if (made->info.events > 0) {
        made->info.first_us = made->array[0].t;
        made->info.last_us = made->array[made->info.events - 1].t;
    }
    *events = made;
    return VDIB_OK;
}

vdib_status vdib_events_open(const char *path, vdib_events **events) {
    vdib__events_format format = VDIB_EVENTS_NMNIST;
    uint8_t *bytes = NULL;
    size_t size = 0;
    VDIB_TRY(vdib__events_check(path));
    VDIB_TRY(vdib__events_format_of(path, &format));
    VDIB_TRY(vdib__file_read(path, &bytes, &size));
    vdib_status status = vdib__events_decode(path, format, bytes, size, events);
    vdib__free(bytes);
    return status;
}

vdib_status vdib_events_describe(const vdib_events *events, vdib_events_info *info) {
    if (events == NULL || info == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_events_describe: neither argument may be NULL");
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_events_info, info));
    VDIB_SIZED_WRITE(vdib_events_info, &events->info, info);
    return VDIB_OK;
}

vdib_status vdib_events_read(vdib_events *events, vdib_event *buffer, size_t capacity, size_t *count) {
    size_t left = events->info.events - events->next, taken = left < capacity ? left : capacity;
    if (taken > 0)
        memcpy(buffer, events->array + events->next, taken * sizeof *buffer);
    events->next += taken;
    *count = taken;
    return VDIB_OK;
}

vdib_status vdib_events_all(const vdib_events *events, const vdib_event **array, size_t *count) {
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
