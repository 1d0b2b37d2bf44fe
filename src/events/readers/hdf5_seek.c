/* SPDX-License-Identifier: MIT */
/* Where in an HDF5 file a time is. */
#include "core/error.h"
#include "events/range.h"
#include "events/readers/hdf5_layout.h"

/* The time of a row, in microseconds; INT64_MIN if it has none. */
static vdib_status time_of(vdib__hdf5_events *events, uint64_t row, int64_t *us) {
    const vdib__hdf5_role *role = &events->role[VDIB_HDF5_T];
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    *us = INT64_MIN;
    vdib_status status =
        vdib__hdf5_read(events->file, events->paths[role->place], &events->infos[role->place], row, 1, arrays);
    if (status != VDIB_OK)
        return vdib__hdf5_is_alive(events->file) ? VDIB_OK : status; /* a damaged chunk is met again */
    const vdib__hdf5_array *array = &arrays[role->column];
    vdib__number number = {.is_real = array->type == VDIB_HDF5_FLOAT32 || array->type == VDIB_HDF5_FLOAT64};
    if (number.is_real)
        number.real = vdib__hdf5_real(array, role->offset);
    else
        number.whole = vdib__hdf5_whole(array, role->offset);
    if (vdib__number_scale(&number, events->columns.power, us, NULL))
        *us += events->offset_us;
    else
        *us = INT64_MIN;
    return VDIB_OK;
}

/* The first row of [first, end) whose time is `us` or later, if times grow. */
static vdib_status by_halves(vdib__hdf5_events *events, int64_t us, uint64_t first, uint64_t end, uint64_t *row) {
    while (first < end) {
        uint64_t middle = first + (end - first) / 2;
        int64_t time = 0;
        VDIB_TRY(time_of(events, middle, &time));
        if (time < us)
            first = middle + 1;
        else
            end = middle;
    }
    *row = first;
    return VDIB_OK;
}

/* Whether a row that the index names is not behind events of the time. */
static vdib_status is_right(vdib__hdf5_events *events, int64_t us, uint64_t rows, uint64_t row, bool *right) {
    int64_t before = INT64_MIN;
    *right = row > 0 && row <= rows;
    if (*right)
        VDIB_TRY(time_of(events, row - 1, &before));
    *right = *right && before < us;
    return VDIB_OK;
}

vdib_status vdib__hdf5_row_of(const vdib__hdf5_layout *layout, vdib__hdf5_events *events, int64_t us, uint64_t *row) {
    uint64_t rows = events->infos[0].rows, end = events->end < rows ? events->end : rows, found = 0;
    bool right = false;
    us = us > INT64_MIN + VDIB_RANGE_SLACK_US ? us - VDIB_RANGE_SLACK_US : us;
    if (layout->seek != NULL)
        VDIB_TRY(layout->seek(events, us, &found));
    VDIB_TRY(is_right(events, us, end, found, &right));
    if (!right)
        return by_halves(events, us, events->first, end, row);
    *row = found;
    return VDIB_OK;
}
