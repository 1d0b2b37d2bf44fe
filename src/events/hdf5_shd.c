/* SPDX-License-Identifier: MIT */
/* Spiking Heidelberg Digits and Spiking Speech Commands: a recording is a list of /spikes/times, in seconds, and one of
 * /spikes/units, the channels: x is the channel, y 0, and all are ON. /labels has their classes. */
#include "core/alloc.h"
#include "core/error.h"
#include "events/hdf5_layout.h"

enum { CHANNELS = 700 };
static const char *const times = "/spikes/times", *const units = "/spikes/units", *const classes = "/labels";

static vdib_status detect(vdib__hdf5 *file, bool *is) {
    return vdib__hdf5_all_there(file, (const char *const[]){times, units, NULL}, is);
}

static vdib_status read_labels(vdib__hdf5 *file, int64_t *labels, size_t count) {
    double *numbers = NULL;
    size_t got = 0;
    bool there = false;
    VDIB_TRY(vdib__hdf5_find(file, classes, VDIB_HDF5_IS_DATASET, &there));
    if (there)
        VDIB_TRY(vdib__hdf5_numbers(file, classes, NULL, count, &numbers, &got, NULL));
    for (size_t i = 0; i < count; i++)
        labels[i] = i < got ? (int64_t)numbers[i] : -1;
    vdib__free(numbers);
    return VDIB_OK;
}

static vdib_status read_label(vdib__hdf5_events *events, int64_t *label) {
    vdib__hdf5_info info;
    vdib__hdf5_array array;
    VDIB_TRY(vdib__hdf5_look(events->file, classes, NULL, &info));
    if (info.kind != VDIB_HDF5_IS_DATASET || info.columns != 1 || info.width != 1 || events->recording >= info.rows)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_read(events->file, classes, &info, events->recording, 1, &array));
    *label = array.count == 1 ? vdib__hdf5_whole(&array, 0) : -1;
    return VDIB_OK;
}

static vdib_status open_layout(vdib__hdf5_events *events, vdib_events_info *info) {
    VDIB_TRY(vdib__hdf5_events_dataset(events, VDIB_HDF5_T, times));
    VDIB_TRY(vdib__hdf5_events_dataset(events, VDIB_HDF5_X, units));
    if (!events->infos[0].column[0].lists || !events->infos[1].column[0].lists)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s and %s hold no lists; export it again", events->path, times,
                          units);
    info->recordings = (size_t)events->infos[0].rows;
    info->width = CHANNELS;
    info->height = 1;
    events->first = events->recording;
    events->end = events->first + 1;
    events->columns.unit = "seconds";
    events->columns.power = 6;
    return read_label(events, &info->label);
}

extern const vdib__hdf5_layout vdib__hdf5_layout_shd;
const vdib__hdf5_layout vdib__hdf5_layout_shd = {
    .name = "hdf5-shd", .detect = detect, .open = open_layout, .labels = read_labels};
