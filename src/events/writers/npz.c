/* SPDX-License-Identifier: MIT */
/* NPZ with an array for each of t, x, y and p, as SpikingJelly has it. */

#include "core/error.h"
#include "core/npz_columns.h"
#include "events/writer.h"

enum { COLUMNS = 4, SOME = 1024 };

static vdib_status begin_npz(vdib__event_output *output) {
    static const char *const names[COLUMNS] = {"t", "x", "y", "p"};
    static const vdib__npz_type types[COLUMNS] = {VDIB_NPZ_INT64, VDIB_NPZ_UINT16, VDIB_NPZ_UINT16, VDIB_NPZ_UINT8};
    vdib__npz_columns *made = NULL;
    const vdib__writer *file = &output->sink.file;
    VDIB_TRY(vdib__npz_columns_begin(file->stream != NULL ? file->path : NULL, names, types, COLUMNS, &made));
    output->state = made;
    return VDIB_OK;
}

static vdib_status put_npz(vdib__event_output *output, const vdib_event *events, size_t count) {
    int64_t t[SOME];
    uint16_t x[SOME], y[SOME];
    uint8_t p[SOME];
    for (size_t first = 0, some = 0; first < count; first += some) {
        some = count - first < SOME ? count - first : SOME;
        for (size_t i = 0; i < some; i++) {
            t[i] = events[first + i].t;
            x[i] = events[first + i].x;
            y[i] = events[first + i].y;
            p[i] = events[first + i].polarity;
        }
        const void *const columns[COLUMNS] = {t, x, y, p};
        for (size_t c = 0; c < COLUMNS; c++)
            VDIB_TRY(vdib__npz_columns_put(output->state, c, columns[c], some));
    }
    return VDIB_OK;
}

static vdib_status end_npz(vdib__event_output *output) {
    return vdib__npz_columns_end(output->state, &output->sink.file);
}

extern const vdib__event_writer vdib__writer_npz;
const vdib__event_writer vdib__writer_npz = {
    .name = "npz",
    .help = "NumPy archive of t, x, y, p",
    .endings = ".npz",
    .columns = 1 << 16,
    .rows = 1 << 16,
    .negative = true,
    .most_us = INT64_C(9999999999999999), /* as in csv.c */
    .gap_us = UINT64_MAX,
    .lost = "the sensor's size",
    .begin = begin_npz,
    .put = put_npz,
    .end = end_npz,
    .close = vdib__npz_columns_free,
};
