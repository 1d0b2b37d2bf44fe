/* SPDX-License-Identifier: MIT */
/* CIFAR10-DVS (Li et al. 2017): a folder for each of ten classes, without a split of its authors'. */

#include <string.h>

#include "core/alloc.h"
#include "core/file.h"
#include "data/layouts.h"

static const char *const NAMES[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                    "dog",      "frog",       "horse", "ship", "truck"};
enum { CLASSES = sizeof NAMES / sizeof NAMES[0] };

/* All ten, with recordings in them. */
static bool is(const char *folder) {
    size_t found = 0;
    for (size_t c = 0; c < CLASSES; c++) {
        char *path = NULL;
        found += vdib__path_join(folder, NAMES[c], &path) == VDIB_OK && vdib__is_folder(path);
        vdib__free(path);
    }
    return found == CLASSES && vdib__classes_folder(folder);
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    return vdib__layout_classes.list(dataset, folder, entries);
}

const vdib__layout vdib__layout_cifar10_dvs = {
    .name = "CIFAR10-DVS", .split = "which has no split of its authors'", .is = is, .list = list};
