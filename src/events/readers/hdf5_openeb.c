/* SPDX-License-Identifier: MIT */
/* Metavision (OpenEB): /CD/events, a compound of x, y, p, t in microseconds; /CD/indexes, an entry every 2,000 us;
 * triggers, which are counted. */
#include <stdlib.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/hdf5_layout.h"

enum { INDEX_US = 2000 };

static vdib_status detect(vdib__hdf5 *file, bool *is) {
    vdib__hdf5_info info = {.columns = 0};
    VDIB_TRY(vdib__hdf5_all_there(file, (const char *const[]){"/CD/events", NULL}, is));
    if (*is)
        VDIB_TRY(vdib__hdf5_look(file, "/CD/events", NULL, &info));
    *is = *is && info.columns > 1 && info.rank == 1;
    return VDIB_OK;
}

/* "640x480" in the attribute geometry, which some programs leave out. */
static vdib_status read_geometry(vdib__hdf5 *file, vdib_events_info *info) {
    vdib__hdf5_info attribute;
    char *text = NULL, *end = NULL;
    VDIB_TRY(vdib__hdf5_look(file, "/", "geometry", &attribute));
    if (attribute.kind != VDIB_HDF5_IS_DATASET || attribute.column[0].type != VDIB_HDF5_TEXT)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_text(file, "/", "geometry", &text));
    unsigned long width = strtoul(text, &end, 10), height = *end == 'x' ? strtoul(end + 1, &end, 10) : 0;
    if (*end == '\0' && width - 1 <= UINT16_MAX && height - 1 <= UINT16_MAX) {
        info->width = width;
        info->height = height;
    }
    vdib__free(text);
    return VDIB_OK;
}

static vdib_status open_layout(vdib__hdf5_events *events, vdib_events_info *info) {
    vdib__hdf5_info triggers;
    size_t place = 0;
    VDIB_TRY(vdib__hdf5_events_add(events, "/CD/events", &place));
    if (!vdib__hdf5_events_member(events, VDIB_HDF5_T, place, "t") ||
        !vdib__hdf5_events_member(events, VDIB_HDF5_X, place, "x") ||
        !vdib__hdf5_events_member(events, VDIB_HDF5_Y, place, "y") ||
        !vdib__hdf5_events_member(events, VDIB_HDF5_P, place, "p"))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: /CD/events has no members x, y, p, t; export it again", events->path);
    events->columns.unit = "microseconds";
    VDIB_TRY(read_geometry(events->file, info));
    VDIB_TRY(vdib__hdf5_look(events->file, "/EXT_TRIGGER/events", NULL, &triggers));
    if (triggers.kind == VDIB_HDF5_IS_DATASET)
        info->others += (size_t)triggers.rows;
    return VDIB_OK;
}

/* Entry i of the index is the first event at or behind the time i x 2,000 us, counted from -offset. Entry 0 is none. */
static vdib_status seek(vdib__hdf5_events *events, int64_t us, uint64_t *row) {
    vdib__hdf5_info index;
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    double offset = 0;
    VDIB_TRY(vdib__hdf5_look(events->file, "/CD/indexes", NULL, &index));
    if (index.kind != VDIB_HDF5_IS_DATASET || index.columns < 2 || index.rows < 2)
        return VDIB_OK;
    vdib_status status = vdib__hdf5_number(events->file, "/CD/indexes", "offset", &offset);
    if (status != VDIB_OK)
        return vdib__hdf5_is_alive(events->file) ? VDIB_OK : status;
    double entry = ((double)us + offset) / INDEX_US;
    if (!(entry >= 2))
        return VDIB_OK;
    uint64_t at = entry < (double)index.rows ? (uint64_t)entry - 1 : index.rows - 1;
    VDIB_TRY(vdib__hdf5_read(events->file, "/CD/indexes", &index, at, 1, arrays));
    int64_t id = vdib__hdf5_whole(&arrays[0], 0);
    *row = id > 0 ? (uint64_t)id : 0;
    return VDIB_OK;
}

extern const vdib__hdf5_layout vdib__hdf5_layout_openeb;
const vdib__hdf5_layout vdib__hdf5_layout_openeb = {
    .name = "hdf5-openeb", .detect = detect, .open = open_layout, .seek = seek};
