/* SPDX-License-Identifier: MIT */
/* N-Caltech101 (Orchard et al. 2015): Caltech101/<class>/image_NNNN.bin, without a split of its authors'; the files of
 * Caltech101_annotations beside it end in .bin too, and are no recordings. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "data/layouts.h"

static const char FOLDER[] = "Caltech101";

static bool is(const char *folder) {
    char *path = NULL;
    bool found = vdib__path_join(folder, FOLDER, &path) == VDIB_OK && vdib__is_folder(path);
    vdib__free(path);
    return found;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    char *path = NULL;
    VDIB_TRY(vdib__path_join(folder, FOLDER, &path));
    vdib_status status = vdib__layout_classes.list(dataset, path, entries);
    vdib__free(path);
    return status;
}

const vdib__layout vdib__layout_caltech101 = {
    .name = "N-Caltech101", .split = "which has no split of its authors'", .is = is, .list = list};
