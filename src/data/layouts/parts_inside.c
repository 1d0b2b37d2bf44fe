/* SPDX-License-Identifier: MIT */
/* A folder for each class, with Train and Test, perhaps Validation, and the recordings in these. */

#include "core/alloc.h"
#include "core/file.h"
#include "data/folders.h"
#include "data/layouts.h"

/* Whether a folder is one of a class, with recordings for training or for the test. */
static bool is_class(const char *folder) {
    static const vdib__share shares[] = {VDIB_SHARE_TRAIN, VDIB_SHARE_TEST};
    bool found = false;
    for (size_t i = 0; i < 2 && !found; i++) {
        char *path = NULL;
        found = vdib__folder_of_share(folder, shares[i], &path) == VDIB_OK && path != NULL &&
                vdib__folder_holds_recordings(path);
        vdib__free(path);
    }
    return found;
}

/* Folders that are of a class, and others. */
typedef struct tally {
    size_t classes, others;
} tally;

static vdib_status count_class(void *user, const char *path, const char *name) {
    tally *t = user;
    if (t->others > 0 || !vdib__is_visible(name) || !vdib__is_folder(path))
        return VDIB_OK;
    *(is_class(path) ? &t->classes : &t->others) += 1;
    return VDIB_OK;
}

/* Each visible folder is one of a class, and there are two at least. */
static bool is(const char *folder) {
    tally t = {0, 0};
    return vdib__folder_each(folder, count_class, &t) == VDIB_OK && t.others == 0 && t.classes >= 2;
}

typedef struct listing {
    vdib__tree *tree;
    const char *folder;
} listing;

static vdib_status add_class(void *user, const char *path, const char *name) {
    const listing *l = user;
    vdib_status status = VDIB_OK;
    for (int share = 0; share < VDIB_SHARE_OPEN && status == VDIB_OK; share++) {
        char *part = NULL;
        if (!vdib__is_visible(name) || !vdib__is_folder(path))
            break;
        status = vdib__folder_of_share(path, (vdib__share)share, &part);
        if (status == VDIB_OK && part != NULL)
            status = vdib__tree_add_class(l->tree, l->folder, (vdib__share)share, part, name);
        vdib__free(part);
    }
    return status;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    listing l = {.folder = folder};
    vdib_status status = vdib__tree_create(&l.tree);
    if (status == VDIB_OK)
        status = vdib__folder_each(folder, add_class, &l);
    if (status == VDIB_OK)
        status = vdib__tree_list(l.tree, dataset, entries);
    vdib__tree_destroy(l.tree);
    return status;
}

extern const vdib__layout vdib__layout_parts_inside;
const vdib__layout vdib__layout_parts_inside = {
    .name = "folders of classes with Train and Test inside", .split = "split by these", .is = is, .list = list};
