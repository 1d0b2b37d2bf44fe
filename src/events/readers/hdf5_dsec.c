/* SPDX-License-Identifier: MIT */
/* DSEC, and RVT's and TUM-VIE's files of the same layout: /events/{x,y,p,t} in microseconds, to which /t_offset is
 * added; /ms_to_idx, the first event of every millisecond. Some have /events/height and /events/width. */
#include <math.h>

#include "core/error.h"
#include "events/readers/hdf5_layout.h"

enum { INDEX_US = 1000 };
#define MOST_OFFSET 0x1p61

static vdib_status detect(vdib__hdf5 *file, bool *is) {
    static const char *const columns[] = {"/events/t", "/events/x", "/events/y", "/events/p", NULL};
    vdib__hdf5_info time = {.columns = 0};
    VDIB_TRY(vdib__hdf5_all_there(file, columns, is));
    if (*is)
        VDIB_TRY(vdib__hdf5_look(file, "/events/t", NULL, &time));
    /* Seconds are of other programs. */
    *is = *is && time.columns == 1 && time.column[0].type != VDIB_HDF5_FLOAT32 &&
          time.column[0].type != VDIB_HDF5_FLOAT64;
    return VDIB_OK;
}

static vdib_status read_size(vdib__hdf5 *file, vdib_events_info *info) {
    double width = 0, height = 0;
    VDIB_TRY(vdib__hdf5_number_if_there(file, "/events/width", &width));
    VDIB_TRY(vdib__hdf5_number_if_there(file, "/events/height", &height));
    if (width >= 1 && height >= 1 && width <= UINT16_MAX + 1.0 && height <= UINT16_MAX + 1.0) {
        info->width = (size_t)width;
        info->height = (size_t)height;
    }
    return VDIB_OK;
}

static vdib_status open_layout(vdib__hdf5_events *events, vdib_events_info *info) {
    double offset = NAN;
    bool indexed = false;
    VDIB_TRY(vdib__hdf5_events_dataset(events, VDIB_HDF5_T, "/events/t"));
    VDIB_TRY(vdib__hdf5_events_dataset(events, VDIB_HDF5_X, "/events/x"));
    VDIB_TRY(vdib__hdf5_events_dataset(events, VDIB_HDF5_Y, "/events/y"));
    VDIB_TRY(vdib__hdf5_events_dataset(events, VDIB_HDF5_P, "/events/p"));
    VDIB_TRY(vdib__hdf5_number_if_there(events->file, "/t_offset", &offset));
    VDIB_TRY(vdib__hdf5_number_if_there(events->file, "/events/t_offset", &offset));
    VDIB_TRY(vdib__hdf5_find(events->file, "/ms_to_idx", VDIB_HDF5_IS_DATASET, &indexed));
    if (indexed || !isnan(offset)) /* else other programs may have written it, in any unit */
        events->columns.unit = "microseconds";
    offset = isnan(offset) ? 0 : offset;
    if (!(offset < MOST_OFFSET && offset > -MOST_OFFSET))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: /t_offset is no time in microseconds; export it again", events->path);
    events->offset_us = (int64_t)offset;
    return read_size(events->file, info);
}

static vdib_status seek(vdib__hdf5_events *events, int64_t us, uint64_t *row) {
    vdib__hdf5_info index;
    vdib__hdf5_array array;
    VDIB_TRY(vdib__hdf5_look(events->file, "/ms_to_idx", NULL, &index));
    if (index.kind != VDIB_HDF5_IS_DATASET || index.columns != 1 || index.rank != 1 || index.rows == 0 ||
        us - events->offset_us < INDEX_US)
        return VDIB_OK;
    uint64_t at = (uint64_t)(us - events->offset_us) / INDEX_US;
    at = at < index.rows ? at : index.rows - 1;
    VDIB_TRY(vdib__hdf5_read(events->file, "/ms_to_idx", &index, at, 1, &array));
    int64_t first = array.count > 0 ? vdib__hdf5_whole(&array, 0) : 0;
    *row = first > 0 ? (uint64_t)first : 0;
    return VDIB_OK;
}

extern const vdib__hdf5_layout vdib__hdf5_layout_dsec;
const vdib__hdf5_layout vdib__hdf5_layout_dsec = {
    .name = "hdf5-dsec", .detect = detect, .open = open_layout, .seek = seek};
