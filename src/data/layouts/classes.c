/* SPDX-License-Identifier: MIT */
/* Folders of classes alone: nothing tells training and test recordings apart, so a split is made. */

#include "core/alloc.h"
#include "core/file.h"
#include "data/layouts.h"
#include "events/events.h"

/* How deep is looked for classes, and at how many entries. */
enum { DEEPEST = 8, MOST_LOOKED = 500 };

/* Whether a folder, or one in it, up to `depth` deeper, holds a recording. */
static bool holds_recording(const char *folder, int depth, size_t *left) {
    char **names = NULL;
    size_t count = 0;
    bool found = false;
    if (vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return false;
    for (size_t i = 0; i < count && !found && *left > 0; i++) {
        char *path = NULL;
        --*left;
        if (!vdib__is_visible(names[i]) || vdib__path_join(folder, names[i], &path) != VDIB_OK)
            continue;
        if (vdib__is_folder(path))
            found = depth > 0 && holds_recording(path, depth - 1, left);
        else
            found = depth < DEEPEST && vdib__events_recording(path);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return found;
}

bool vdib__classes_folder(const char *folder) {
    size_t left = MOST_LOOKED;
    return holds_recording(folder, DEEPEST, &left);
}

const vdib__layout vdib__layout_classes = {.is = vdib__classes_folder, .list = vdib__tree_list_open};
