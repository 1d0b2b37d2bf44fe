/* SPDX-License-Identifier: MIT */
/* Metavision (OpenEB) HDF5: events of x, y, p and t in /CD/events, packed by ECF; /CD/indexes has an entry for every
 * 2,000 us, the number and time of the first event at or behind them, counted from the first event; no triggers. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/hdf5.h"
#include "core/text.h"
#include "events/writer.h"

enum {
    CHUNK = 16384,
    MOST_SIDE = 2048, /* x and y have 11 bits in ECF */
    EVENT = 16,
    TRIGGER = 24,
    INDEX_US = 2000,
    ENTRIES = 1024
};

#define EVENTS  "/CD/events"
#define INDEXES "/CD/indexes"

typedef struct entry {
    uint64_t id;
    int64_t ts;
} entry;

typedef struct openeb {
    vdib__hdf5_output *file;
    uint8_t rows[EVENT * CHUNK];
    size_t held; /* events in rows */
    uint64_t written;
    int64_t first_us;
    entry entries[ENTRIES];
    size_t indexes; /* of them that are held */
    uint64_t indexed;
    int64_t next_us; /* time of the next entry, from the first event on */
} openeb;

static void close_openeb(void *state) {
    openeb *s = state;
    if (s != NULL)
        vdib__hdf5_abandon(s->file);
    vdib__free(s);
}

static vdib_status make_index(vdib__hdf5_output *file, const char *path) {
    static const vdib__hdf5_member members[] = {{"id", VDIB_HDF5_UINT64, 0}, {"ts", VDIB_HDF5_INT64, 8}};
    const vdib__hdf5_table table = {.members = 2, .member = members, .row = sizeof(entry), .chunk = CHUNK};
    return vdib__hdf5_make_table(file, path, &table);
}

static vdib_status make_tables(vdib__hdf5_output *file) {
    static const vdib__hdf5_member members[] = {
        {"x", VDIB_HDF5_UINT16, 0}, {"y", VDIB_HDF5_UINT16, 2}, {"p", VDIB_HDF5_INT16, 4}, {"t", VDIB_HDF5_INT64, 8}};
    static const vdib__hdf5_member triggers[] = {
        {"p", VDIB_HDF5_INT16, 0}, {"t", VDIB_HDF5_INT64, 8}, {"id", VDIB_HDF5_INT16, 16}};
    const vdib__hdf5_table events = {
        .members = 4, .member = members, .row = EVENT, .chunk = CHUNK, .storage = VDIB_HDF5_ECF};
    const vdib__hdf5_table none = {.members = 3, .member = triggers, .row = TRIGGER, .chunk = CHUNK};
    VDIB_TRY(vdib__hdf5_make_table(file, EVENTS, &events));
    VDIB_TRY(make_index(file, INDEXES));
    VDIB_TRY(vdib__hdf5_make_table(file, "/EXT_TRIGGER/events", &none));
    return make_index(file, "/EXT_TRIGGER/indexes");
}

static vdib_status begin_openeb(vdib__event_output *output) {
    char geometry[32];
    openeb *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    output->state = made;
    VDIB_TRY(vdib__hdf5_create(output->path, &made->file));
    vdib__format(geometry, sizeof geometry, "%zux%zu", output->width, output->height);
    VDIB_TRY(vdib__hdf5_put_text(made->file, "/", "version", "1.0"));
    VDIB_TRY(vdib__hdf5_put_text(made->file, "/", "format", "ECF"));
    VDIB_TRY(vdib__hdf5_put_text(made->file, "/", "geometry", geometry));
    made->entries[made->indexes++] = (entry){.id = 0, .ts = -1};
    return make_tables(made->file);
}

static vdib_status put_rows(openeb *s) {
    size_t held = s->held;
    s->held = 0;
    if (held == 0)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_append(s->file, EVENTS, EVENT, s->written, s->rows, held));
    s->written += held;
    return VDIB_OK;
}

static vdib_status put_entries(openeb *s) {
    size_t indexes = s->indexes;
    s->indexes = 0;
    if (indexes == 0)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_append(s->file, INDEXES, sizeof(entry), s->indexed, s->entries, indexes));
    s->indexed += indexes;
    return VDIB_OK;
}

/* Entries up to an event at `us` from the first one on. */
static vdib_status put_index(openeb *s, uint64_t number, int64_t us) {
    for (; us >= s->next_us; s->next_us += INDEX_US) {
        if (s->indexes == ENTRIES)
            VDIB_TRY(put_entries(s));
        s->entries[s->indexes++] = (entry){.id = number, .ts = us};
    }
    return VDIB_OK;
}

/* Rows are in the machine's order of bytes. */
static void put_row(uint8_t *row, const vdib_event *event) {
    int16_t p = event->polarity;
    memcpy(row, &event->x, 2);
    memcpy(row + 2, &event->y, 2);
    memcpy(row + 4, &p, 2);
    memcpy(row + 8, &event->t, 8);
}

static vdib_status put_openeb(vdib__event_output *output, const vdib_event *events, size_t count) {
    openeb *s = output->state;
    if (output->events == 0)
        s->first_us = events[0].t;
    for (size_t i = 0; i < count; i++) {
        if (s->held == CHUNK)
            VDIB_TRY(put_rows(s));
        VDIB_TRY(put_index(s, s->written + s->held, events[i].t - s->first_us));
        put_row(s->rows + (size_t)EVENT * s->held++, &events[i]);
    }
    return VDIB_OK;
}

static vdib_status end_openeb(vdib__event_output *output) {
    openeb *s = output->state;
    char offset[32];
    vdib__format(offset, sizeof offset, "%lld", (long long)-s->first_us);
    VDIB_TRY(put_rows(s));
    VDIB_TRY(put_entries(s));
    VDIB_TRY(vdib__hdf5_put_text(s->file, INDEXES, "offset", offset));
    VDIB_TRY(vdib__hdf5_put_text(s->file, "/EXT_TRIGGER/indexes", "offset", offset));
    vdib__hdf5_output *file = s->file;
    s->file = NULL;
    return vdib__hdf5_finish(file);
}

extern const vdib__event_writer vdib__writer_openeb;
const vdib__event_writer vdib__writer_openeb = {
    .name = "openeb",
    .help = "Metavision (OpenEB) HDF5, packed by ECF",
    .endings = ".hdf5",
    .itself = true,
    .sized = true,
    .columns = MOST_SIDE,
    .rows = MOST_SIDE,
    .most_us = INT64_C(9999999999999999),
    .gap_us = UINT64_C(1) << 32, /* 2 million entries of the index */
    .lost = "",
    .begin = begin_openeb,
    .put = put_openeb,
    .end = end_openeb,
    .close = close_openeb,
};
