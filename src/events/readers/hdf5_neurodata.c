/* SPDX-License-Identifier: MIT */
/* Neurodata: /train/0, /train/1, ... and /test/0, ... are recordings of columns t (microseconds), x, y, polarity, whose
 * classes are in /train/labels and /test/labels; /stats/train_data has their number and the side of the square sensor.
 * Recordings are counted on from the training ones to the test ones. */
#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/hdf5_layout.h"

static const char *const splits[] = {"train", "test"};
enum { SPLITS = 2, PATH = 64 };

static vdib_status detect(vdib__hdf5 *file, bool *is) {
    return vdib__hdf5_all_there(file, (const char *const[]){"/train/labels", "/train/0", NULL}, is);
}

/* Recordings of a split, by its labels. */
static vdib_status count_of(vdib__hdf5 *file, size_t split, size_t *count) {
    char path[PATH];
    snprintf(path, sizeof path, "/%s/labels", splits[split]);
    return vdib__hdf5_length(file, path, count);
}

static vdib_status read_recordings(vdib__hdf5 *file, vdib__recordings *all) {
    size_t done = 0;
    for (size_t split = 0; split < SPLITS; split++) {
        size_t count = 0;
        char path[PATH];
        snprintf(path, sizeof path, "/%s/labels", splits[split]);
        VDIB_TRY(count_of(file, split, &count));
        count = count < all->count - done ? count : all->count - done;
        VDIB_TRY(vdib__hdf5_labels(file, path, all->labels + done, count));
        for (size_t end = done + count; done < end; done++)
            all->splits[done] = splits[split];
    }
    return VDIB_OK;
}

/* The label of recording `index` of a split, and the side of its sensor. */
static vdib_status describe(vdib__hdf5_events *events, size_t split, size_t index, vdib_events_info *info) {
    vdib__hdf5_info labels;
    vdib__hdf5_array array;
    double *stats = NULL;
    size_t count = 0;
    bool there = false;
    char path[PATH];
    snprintf(path, sizeof path, "/%s/labels", splits[split]);
    VDIB_TRY(vdib__hdf5_look(events->file, path, NULL, &labels));
    if (labels.columns == 1 && labels.width == 1) {
        VDIB_TRY(vdib__hdf5_read(events->file, path, &labels, index, 1, &array));
        info->label = array.count == 1 ? vdib__hdf5_whole(&array, 0) : -1;
    }
    snprintf(path, sizeof path, "/stats/%s_data", splits[split]);
    VDIB_TRY(vdib__hdf5_find(events->file, path, VDIB_HDF5_IS_DATASET, &there));
    if (!there)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_numbers(events->file, path, NULL, 2, &stats, &count, NULL));
    if (count == 2 && stats[1] >= 1 && stats[1] <= UINT16_MAX + 1.0)
        info->width = info->height = (size_t)stats[1];
    vdib__free(stats);
    return VDIB_OK;
}

static vdib_status open_layout(vdib__hdf5_events *events, vdib_events_info *info) {
    size_t counts[SPLITS], place = 0, index = events->recording, split = 0;
    char path[PATH];
    for (size_t i = 0; i < SPLITS; i++)
        VDIB_TRY(count_of(events->file, i, &counts[i]));
    info->recordings = counts[0] + counts[1];
    if (events->recording >= info->recordings)
        return VDIB_OK; /* which is said of any file */
    if (index >= counts[0]) {
        split = 1;
        index -= counts[0];
    }
    snprintf(path, sizeof path, "/%s/%zu", splits[split], index);
    VDIB_TRY(vdib__hdf5_events_add(events, path, &place));
    const vdib__hdf5_info *rows = &events->infos[place];
    if (rows->columns != 1 || rows->rank != 2 || rows->width != VDIB_HDF5_ROLES)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s has no rows of t, x, y, polarity; export it again", events->path,
                          path);
    for (size_t r = 0; r < VDIB_HDF5_ROLES; r++)
        events->role[r] = (vdib__hdf5_role){.present = true, .place = place, .offset = r};
    events->columns.unit = "microseconds";
    info->split = splits[split];
    return describe(events, split, index, info);
}

extern const vdib__hdf5_layout vdib__hdf5_layout_neurodata;
const vdib__hdf5_layout vdib__hdf5_layout_neurodata = {
    .name = "hdf5-neurodata", .detect = detect, .open = open_layout, .recordings = read_recordings};
