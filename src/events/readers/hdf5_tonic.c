/* SPDX-License-Identifier: MIT */
/* Tonic's cache on disk: a sample is the members of /data, of which the first that holds events is read, and its target
 * /target/0, the class where it is a whole number. */
#include <math.h>

#include "core/error.h"
#include "events/readers/hdf5_layout.h"

static vdib_status detect(vdib__hdf5 *file, bool *is) {
    bool target = false;
    VDIB_TRY(vdib__hdf5_find(file, "/data", VDIB_HDF5_IS_GROUP, is));
    VDIB_TRY(vdib__hdf5_find(file, "/target", VDIB_HDF5_IS_GROUP, &target));
    *is = *is && target;
    return VDIB_OK;
}

static vdib_status open_layout(vdib__hdf5_events *events, vdib_events_info *info) {
    vdib__hdf5_info target;
    double label = -1;
    bool found = false;
    VDIB_TRY(vdib__hdf5_events_in_group(events, "/data", &found));
    if (!found)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is of tonic's cache, but holds no events (frames, or tensors); make the cache without "
                          "the transform to frames",
                          events->path);
    VDIB_TRY(vdib__hdf5_look(events->file, "/target/0", NULL, &target));
    if (target.kind == VDIB_HDF5_IS_DATASET && target.rows * target.width == 1 && target.columns == 1 &&
        target.column[0].type != VDIB_HDF5_TEXT && target.column[0].type != VDIB_HDF5_NONE && !target.column[0].lists)
        VDIB_TRY(vdib__hdf5_number(events->file, "/target/0", NULL, &label));
    if (label >= 0 && label == floor(label) && label < 0x1p53)
        info->label = (int64_t)label;
    return VDIB_OK;
}

extern const vdib__hdf5_layout vdib__hdf5_layout_tonic;
const vdib__hdf5_layout vdib__hdf5_layout_tonic = {.name = "hdf5-tonic", .detect = detect, .open = open_layout};
