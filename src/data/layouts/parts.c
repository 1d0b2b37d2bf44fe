/* SPDX-License-Identifier: MIT */
/* Train and Test, perhaps Validation, with the folders of the classes in them: the layout of N-MNIST, and of most data
 * sets of one's own. */

#include "core/alloc.h"
#include "core/error.h"
#include "data/folders.h"
#include "data/layouts.h"

static bool is(const char *folder) {
    return vdib__recordings_folder(folder);
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    char *paths[VDIB_SHARE_OPEN] = {NULL};
    vdib__tree *tree = NULL;
    vdib_status status = vdib__tree_create(&tree);
    for (int share = 0; share < VDIB_SHARE_OPEN && status == VDIB_OK; share++)
        status = vdib__folder_of_share(folder, (vdib__share)share, &paths[share]);
    if (status == VDIB_OK && paths[VDIB_SHARE_TEST] == NULL)
        status =
            vdib__fail(VDIB_ERROR_DATA,
                       "%s: has no folder Test; a model is judged by recordings that it was not trained on: put some "
                       "in Test/<class>/NNNNN.bin",
                       folder);
    for (int share = 0; share < VDIB_SHARE_OPEN && status == VDIB_OK; share++)
        if (paths[share] != NULL) /* without Train, models can still be evaluated */
            status = vdib__tree_add(tree, paths[share], (vdib__share)share);
    if (status == VDIB_OK)
        status = vdib__tree_list(tree, dataset, entries);
    for (int share = 0; share < VDIB_SHARE_OPEN; share++)
        vdib__free(paths[share]);
    vdib__tree_destroy(tree);
    return status;
}

const vdib__layout vdib__layout_parts = {.is = is, .list = list};
