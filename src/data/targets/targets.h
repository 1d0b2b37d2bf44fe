/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_TARGETS_TARGETS_H
#define VDIB_DATA_TARGETS_TARGETS_H
/* Targets that are no images of an IDX folder: files beside recordings, files that a manifest names, frames in the
 * recordings themselves. They become the natural images of the data set. */

#include "data/dataset_parts.h"
#include "data/targets/picture.h"

/* What listings pass over where targets are read from files: folders of this name are no classes. */
#define VDIB_TARGETS_FOLDER "targets"

/* Gives every item without one the file of its target, by its recording's name: NAME.png (.pgm, .ppm, .pnm) beside
 * NAME.bin; or, with .npy as well, in a folder `targets` beside it, or in FOLDER/targets in the same place as the
 * recording in FOLDER. *found: how many have one now. (targets_find.c) */
vdib_status vdib__targets_find(vdib_dataset *dataset, const char *folder, size_t *found);

/* VDIB_ERROR_DATA where a picture of a format that is not read (JPEG, BMP, ...) stands where an item's target would. */
vdib_status vdib__targets_unread(const char *folder, const vdib__item *item);

/* Loads the targets of all items from their files, or from the frames of their recordings, as parameters.target says.
 * VDIB_ERROR_DATA where one has none, or another size than the others without data.target_size. (targets.c) */
vdib_status vdib__targets_load(vdib_dataset *dataset, const char *folder);

/* ---- where targets come from: an array of them, each for some items ---- */

typedef struct vdib__target_source {
    const char *path;      /* of a picture, or the recording whose frame it is; borrowed */
    int64_t frame_us;      /* of a frame: the time for which one is wanted, on the file's clock */
    uint32_t label;        /* of the first item */
    vdib__picture picture; /* once it is loaded */
} vdib__target_source;

typedef struct vdib__target_sources {
    vdib__target_source *all; /* (count) */
    size_t count;
    size_t *of; /* (items of the part) the number of each item's source */
} vdib__target_sources;

/* The frames of a part's recordings: the picture nearest in time to the end of each example. (targets_frames.c) */
vdib_status vdib__targets_frames(vdib_dataset *dataset, int part, vdib__target_sources *sources);

/* Makes a picture of the size that parameters ask for, if they do; *resized says whether. */
vdib_status vdib__targets_fit(const vdib_dataset *dataset, vdib__picture *picture, bool *resized);

#endif
