/* SPDX-License-Identifier: MIT */
/* Recordings cut into windows, an example each (data.window_us, data.stride_us). */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/entries.h"
#include "data/recordings/opened.h"
#include "events/stream.h"

/* Microseconds from the first to behind the last event of each recording; 0: it has none. */
typedef struct measuring {
    const vdib__entries *entries;
    vdib__opened *opened;
    const char *unit;   /* of times, or NULL */
    size_t *first;      /* (recordings) number of an entry of each */
    int64_t *durations; /* (recordings) */
    vdib__failure *failure;
} measuring;

static vdib_status measure(vdib__opened *opened, const char *path, const char *unit, int64_t *duration) {
    enum { PACKET = 4096 };
    vdib_event *events = NULL;
    vdib__event_stream *stream = NULL;
    size_t count = 1;
    VDIB_TRY(VDIB_NEW_UNSET(&events, PACKET));
    vdib_status status = vdib__opened_take(opened, path, unit, &stream);
    while (status == VDIB_OK && count > 0)
        status = vdib__event_stream_read(stream, events, PACKET, &count);
    if (status == VDIB_OK) {
        const vdib_events_info *info = vdib__event_stream_info(stream);
        *duration = info->events > 0 ? info->last_us - info->first_us + 1 : 0;
    }
    if (stream != NULL)
        vdib__opened_give(opened, path, stream, status != VDIB_OK);
    vdib__free(events);
    return status;
}

static void measure_task(const void *context, size_t task, size_t slot) {
    const measuring *m = context;
    (void)slot;
    vdib__failure_note(m->failure, task,
                       measure(m->opened, m->entries->all[m->first[task]].path, m->unit, &m->durations[task]));
}

static vdib_status measure_all(const vdib_dataset *dataset, measuring *m) {
    vdib__failure failure;
    m->failure = &failure;
    for (size_t i = m->entries->count; i-- > 0;)
        m->first[m->entries->all[i].recording] = i;
    vdib__failure_init(&failure);
    vdib__parallel(dataset->parameters.threads, m->entries->recordings, measure_task, m);
    return vdib__failure_raise(&failure);
}

/* Windows that fit between two times; one where none does. */
static uint64_t count_windows(int64_t from, int64_t to, const vdib__dataset_parameters *p) {
    return to - from < p->window_us ? 1 : (uint64_t)(to - from - p->window_us) / (uint64_t)p->stride_us + 1;
}

static vdib_status add_window(vdib__entries *cut, const vdib__entry *whole, int64_t from, int64_t to) {
    vdib__entry *entry = NULL;
    VDIB_TRY(vdib__entries_add(cut, whole->path, whole->class_folder, whole->share, &entry));
    entry->from_us = from;
    entry->to_us = to;
    entry->line = whole->line;
    return whole->target != NULL ? vdib__strdup(whole->target, &entry->target) : VDIB_OK;
}

static vdib_status cut_entry(const vdib__dataset_parameters *p, const vdib__entry *whole, int64_t duration,
                             vdib__entries *cut, size_t *shorter) {
    enum { MOST = 1 << 24 };
    int64_t from = whole->from_us == VDIB_FROM_THE_BEGINNING ? 0 : whole->from_us;
    int64_t to = whole->to_us < duration ? whole->to_us : duration;
    uint64_t count = count_windows(from, to, p);
    if (count > MOST - cut->count)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: windows of data.window_us=%lld, data.stride_us=%lld apart, are more than %d in all; "
                          "choose longer ones, further apart",
                          whole->path, (long long)p->window_us, (long long)p->stride_us, MOST);
    *shorter += to - from < p->window_us;
    for (uint64_t i = 0; i < count; i++) {
        int64_t begin = from + (int64_t)i * p->stride_us;
        int64_t end = begin + p->window_us < to ? begin + p->window_us : to;
        VDIB_TRY(add_window(cut, whole, begin, end > begin ? end : begin + 1)); /* of an empty recording */
    }
    return VDIB_OK;
}

static vdib_status cut_all(vdib_dataset *dataset, const vdib__entries *entries, const int64_t *durations,
                           vdib__entries *cut) {
    size_t shorter = 0;
    for (size_t i = 0; i < entries->count; i++)
        VDIB_TRY(
            cut_entry(&dataset->parameters, &entries->all[i], durations[entries->all[i].recording], cut, &shorter));
    VDIB_TRY(vdib__note(dataset, "%zu recording%s cut into %zu window%s of %lld us, %lld us apart", entries->recordings,
                        entries->recordings == 1 ? " is" : "s are", cut->count, vdib__s(cut->count),
                        (long long)dataset->parameters.window_us, (long long)dataset->parameters.stride_us));
    if (shorter == 0)
        return VDIB_OK;
    return vdib__note(dataset, "%zu of %zu %s shorter than a window of %lld us and %s one example each", shorter,
                      entries->count, shorter == 1 ? "is" : "are", (long long)dataset->parameters.window_us,
                      shorter == 1 ? "is" : "are");
}

vdib_status vdib__entries_cut(vdib_dataset *dataset, vdib__entries *entries, bool *several) {
    measuring m = {.entries = entries, .opened = dataset->opened, .unit = dataset->parameters.time_unit};
    vdib__entries cut = {0};
    vdib_status status;
    VDIB_TRY_GOTO(VDIB_NEW(&m.first, entries->recordings), done);
    VDIB_TRY_GOTO(VDIB_NEW(&m.durations, entries->recordings), done);
    VDIB_TRY_GOTO(measure_all(dataset, &m), done);
    VDIB_TRY_GOTO(cut_all(dataset, entries, m.durations, &cut), done);
    cut.classes = entries->classes; /* moved */
    entries->classes = (vdib__class_folders){0};
    vdib__entries_free(entries);
    *entries = cut;
    cut = (vdib__entries){0};
    status = vdib__entries_number(entries, several);
done:
    vdib__entries_free(&cut);
    vdib__free(m.durations);
    vdib__free(m.first);
    return status;
}
