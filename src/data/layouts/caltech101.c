/* SPDX-License-Identifier: MIT */
/* N-Caltech101 (Orchard et al. 2015): Caltech101/<class>/image_NNNN.bin, without a split of its authors'; the files of
 * Caltech101_annotations beside it end in .bin too, and are no recordings. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/layouts.h"

static const char FOLDER[] = "Caltech101", RENAMED[] = "N-Caltech101";

/* The folder of a name, in any case of letters, in a folder; NULL: there is none. */
static char *folder_in(const char *folder, const char *name) {
    char **names = NULL, *path = NULL;
    size_t count = 0;
    if (vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return NULL;
    for (size_t i = 0; i < count && path == NULL; i++)
        if (vdib__same_word(names[i], name) && vdib__path_join(folder, names[i], &path) == VDIB_OK &&
            !vdib__is_folder(path)) {
            vdib__free(path);
            path = NULL;
        }
    vdib__names_free(names, count);
    return path;
}

/* The folder of the classes; NULL: there is none. What was renamed to the data set's name may be all of it. */
static char *find(const char *folder) {
    char *path = folder_in(folder, FOLDER);
    if (path != NULL)
        return path;
    path = folder_in(folder, RENAMED);
    char *inner = path != NULL ? folder_in(path, FOLDER) : NULL;
    if (inner != NULL) {
        vdib__free(path);
        path = NULL; /* found one folder further down */
    }
    vdib__free(inner);
    return path;
}

static bool is(const char *folder) {
    char *path = find(folder);
    bool found = path != NULL;
    vdib__free(path);
    return found;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    char *path = find(folder);
    if (path == NULL)
        return vdib__fail(VDIB_ERROR_IO, "%s: has no folder %s any more", folder, FOLDER);
    vdib_status status = vdib__layout_classes.list(dataset, path, entries);
    vdib__free(path);
    return status;
}

const vdib__layout vdib__layout_caltech101 = {
    .name = "N-Caltech101", .split = "which has no split of its authors'", .is = is, .list = list};
