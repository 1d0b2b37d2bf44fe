/* SPDX-License-Identifier: MIT */
/* N-Cars (Sironi et al. 2018): n-cars_train and n-cars_test, each with cars and background. */

#include "core/alloc.h"
#include "core/file.h"
#include "data/layouts.h"

static const char *const FOLDERS[] = {"n-cars_train", "n-cars_test"};
static const vdib__share SHARES[] = {VDIB_SHARE_TRAIN, VDIB_SHARE_TEST};

static bool is(const char *folder) {
    size_t found = 0;
    for (size_t i = 0; i < 2; i++) {
        char *path = NULL;
        found += vdib__path_join(folder, FOLDERS[i], &path) == VDIB_OK && vdib__is_folder(path);
        vdib__free(path);
    }
    return found == 2;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    vdib__tree *tree = NULL;
    vdib_status status = vdib__tree_create(&tree);
    for (size_t i = 0; i < 2 && status == VDIB_OK; i++) {
        char *path = NULL;
        status = vdib__path_join(folder, FOLDERS[i], &path);
        if (status == VDIB_OK)
            status = vdib__tree_add(tree, path, SHARES[i]);
        vdib__free(path);
    }
    if (status == VDIB_OK)
        status = vdib__tree_list(tree, dataset, entries);
    vdib__tree_destroy(tree);
    return status;
}

const vdib__layout vdib__layout_cars = {.name = "N-Cars",
                                        .split = "split by its folders as published",
                                        .columns = 120,
                                        .rows = 100,
                                        .is = is,
                                        .list = list};
