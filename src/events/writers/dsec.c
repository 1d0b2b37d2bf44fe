/* SPDX-License-Identifier: MIT */
/* HDF5 of DSEC (and RVT): /events/x, y, p and t, packed by DEFLATE; t counts from the first event, whose time is
 * /t_offset; /ms_to_idx[i] is the first event at or behind i ms. /events/width and height are the sensor's size. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/hdf5.h"
#include "events/writer.h"

enum { CHUNK = 16384, INDEX_US = 1000, ENTRIES = 1024 };

#define INDEX "/ms_to_idx"

typedef struct dsec {
    vdib__hdf5_output *file;
    uint16_t x[CHUNK], y[CHUNK];
    uint8_t p[CHUNK];
    uint32_t t[CHUNK];
    size_t held;
    uint64_t written;
    int64_t first_us, last_us;
    uint64_t entries[ENTRIES];
    size_t indexes;
    uint64_t indexed;
} dsec;

static void close_dsec(void *state) {
    dsec *s = state;
    if (s != NULL)
        vdib__hdf5_abandon(s->file);
    vdib__free(s);
}

static vdib_status make_column(vdib__hdf5_output *file, const char *path, vdib__hdf5_type type) {
    const vdib__hdf5_table table = {
        .type = type, .row = vdib__hdf5_size(type), .chunk = CHUNK, .storage = VDIB_HDF5_GZIP};
    return vdib__hdf5_make_table(file, path, &table);
}

static vdib_status put_number(vdib__hdf5_output *file, const char *path, int64_t number) {
    return vdib__hdf5_put_numbers(file, path, NULL, VDIB_HDF5_INT64, 0, NULL, &number);
}

static vdib_status begin_dsec(vdib__event_output *output) {
    dsec *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    output->state = made;
    VDIB_TRY(vdib__hdf5_create(output->path, &made->file));
    VDIB_TRY(make_column(made->file, "/events/p", VDIB_HDF5_UINT8));
    VDIB_TRY(make_column(made->file, "/events/t", VDIB_HDF5_UINT32));
    VDIB_TRY(make_column(made->file, "/events/x", VDIB_HDF5_UINT16));
    VDIB_TRY(make_column(made->file, "/events/y", VDIB_HDF5_UINT16));
    VDIB_TRY(make_column(made->file, INDEX, VDIB_HDF5_UINT64));
    if (output->width == 0)
        return VDIB_OK;
    VDIB_TRY(put_number(made->file, "/events/height", (int64_t)output->height));
    return put_number(made->file, "/events/width", (int64_t)output->width);
}

static vdib_status put_rows(dsec *s) {
    size_t held = s->held;
    s->held = 0;
    if (held == 0)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_append(s->file, "/events/p", sizeof *s->p, s->written, s->p, held));
    VDIB_TRY(vdib__hdf5_append(s->file, "/events/t", sizeof *s->t, s->written, s->t, held));
    VDIB_TRY(vdib__hdf5_append(s->file, "/events/x", sizeof *s->x, s->written, s->x, held));
    VDIB_TRY(vdib__hdf5_append(s->file, "/events/y", sizeof *s->y, s->written, s->y, held));
    s->written += held;
    return VDIB_OK;
}

static vdib_status put_entries(dsec *s) {
    size_t indexes = s->indexes;
    s->indexes = 0;
    if (indexes == 0)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_append(s->file, INDEX, sizeof *s->entries, s->indexed, s->entries, indexes));
    s->indexed += indexes;
    return VDIB_OK;
}

/* Entries of all milliseconds up to `us`, which begin at or before event `number`. */
static vdib_status put_index(dsec *s, uint64_t number, int64_t us) {
    while ((int64_t)(s->indexed + s->indexes) * INDEX_US <= us) {
        if (s->indexes == ENTRIES)
            VDIB_TRY(put_entries(s));
        s->entries[s->indexes++] = number;
    }
    return VDIB_OK;
}

static vdib_status put_dsec(vdib__event_output *output, const vdib_event *events, size_t count) {
    dsec *s = output->state;
    if (output->events == 0)
        s->first_us = events[0].t;
    if ((uint64_t)events[count - 1].t - (uint64_t)s->first_us > UINT32_MAX)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: is longer than the 4294967295 us (71 minutes) that a file of DSEC holds; cut the "
                          "recording (--from, --to), or choose another format",
                          output->path);
    for (size_t i = 0; i < count; i++) {
        if (s->held == CHUNK)
            VDIB_TRY(put_rows(s));
        s->last_us = events[i].t - s->first_us;
        VDIB_TRY(put_index(s, s->written + s->held, s->last_us));
        s->x[s->held] = events[i].x;
        s->y[s->held] = events[i].y;
        s->p[s->held] = events[i].polarity;
        s->t[s->held++] = (uint32_t)s->last_us;
    }
    return VDIB_OK;
}

static vdib_status end_dsec(vdib__event_output *output) {
    dsec *s = output->state;
    uint64_t events = s->written + s->held;
    VDIB_TRY(put_rows(s));
    VDIB_TRY(put_index(s, events, s->last_us + INDEX_US)); /* the millisecond behind the last event */
    VDIB_TRY(put_entries(s));
    VDIB_TRY(put_number(s->file, "/t_offset", s->first_us));
    vdib__hdf5_output *file = s->file;
    s->file = NULL;
    return vdib__hdf5_finish(file);
}

extern const vdib__event_writer vdib__writer_dsec;
const vdib__event_writer vdib__writer_dsec = {
    .name = "dsec",
    .help = "HDF5 of DSEC, packed by DEFLATE",
    .endings = ".h5",
    .itself = true,
    .columns = 1 << 16,
    .rows = 1 << 16,
    .negative = true,
    .most_us = INT64_C(8999999999999999),
    .gap_us = UINT32_MAX,
    .lost = "",
    .begin = begin_dsec,
    .put = put_dsec,
    .end = end_dsec,
    .close = close_dsec,
};
