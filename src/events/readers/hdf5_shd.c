/* SPDX-License-Identifier: MIT */
/* Spiking Heidelberg Digits and Spiking Speech Commands: a recording is a list of /spikes/times, in seconds, and one of
 * /spikes/units, the channels: x is the channel, y 0, and all are ON. /labels has their classes. */
#include "core/error.h"
#include "events/readers/hdf5_layout.h"

enum { CHANNELS = 700 };
static const char *const times = "/spikes/times", *const units = "/spikes/units", *const classes = "/labels",
                         *const names = "/extra/keys";

static vdib_status detect(vdib__hdf5 *file, bool *is) {
    return vdib__hdf5_all_there(file, (const char *const[]){times, units, NULL}, is);
}

/* /extra/keys has the names of the classes. */
static vdib_status read_recordings(vdib__hdf5 *file, vdib__recordings *all) {
    enum { MOST_CLASSES = 65536 };
    vdib__hdf5_info info;
    VDIB_TRY(vdib__hdf5_labels(file, classes, all->labels, all->count));
    VDIB_TRY(vdib__hdf5_look(file, names, NULL, &info));
    if (info.kind != VDIB_HDF5_IS_DATASET || info.columns != 1 || info.column[0].type != VDIB_HDF5_TEXT)
        return VDIB_OK;
    return vdib__hdf5_texts(file, names, NULL, MOST_CLASSES, &all->names, &all->classes, NULL);
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
    .name = "hdf5-shd", .unsigned_events = true, .detect = detect, .open = open_layout, .recordings = read_recordings};
