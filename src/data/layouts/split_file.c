/* SPDX-License-Identifier: MIT */
/* A file of many recordings that says which of them are for training and for the test: neurodata, N-TIDIGITS. It is
 * named itself, or is the only HDF5 file of a folder. */
#include <string.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/text.h"
#include "data/layouts.h"
#include "data/layouts/several.h"
#include "events/recording.h"
#include "events/unpack.h"

static bool is_hdf5(const char *name) {
    static const char *const endings[] = {".h5", ".hdf5"};
    const size_t length = vdib__unpacked_length(name);
    for (size_t i = 0; i < 2; i++) {
        const size_t ending = strlen(endings[i]);
        if (length > ending && strncmp(name + length - ending, endings[i], ending) == 0)
            return true;
    }
    return false;
}

/* Whether a file has training and test recordings. */
static bool has_splits(const char *file) {
    vdib__recordings all = {0};
    bool train = false, test = false;
    if (vdib__recordings_of(file, &all) != VDIB_OK)
        return false;
    for (size_t i = 0; i < all.count && !(train && test); i++) {
        train = train || (all.splits[i] != NULL && strcmp(all.splits[i], "train") == 0);
        test = test || (all.splits[i] != NULL && strcmp(all.splits[i], "test") == 0);
    }
    vdib__recordings_free(&all);
    return train && test;
}

/* HDF5 files, the first of them (owned), and folders beside them. */
typedef struct search {
    char *file;
    size_t files, folders;
} search;

static vdib_status look(void *user, const char *path, const char *name) {
    search *s = user;
    if (!vdib__is_visible(name))
        return VDIB_OK;
    if (vdib__is_folder(path)) {
        s->folders++;
    } else if (is_hdf5(name)) {
        s->files++;
        return s->file == NULL ? vdib__strdup(path, &s->file) : VDIB_OK;
    }
    return VDIB_OK;
}

/* The file that is meant; NULL: there is none. Freed with vdib__free. */
static vdib_status find(const char *path, char **file) {
    search s = {.file = NULL};
    *file = NULL;
    if (vdib__is_file(path))
        return is_hdf5(path) ? vdib__strdup(path, file) : VDIB_OK;
    vdib_status status = vdib__folder_each(path, look, &s);
    if (status == VDIB_OK && s.files == 1 && s.folders == 0) {
        *file = s.file;
        s.file = NULL;
    }
    vdib__free(s.file);
    return status;
}

static bool is(const char *path) {
    char *file = NULL;
    bool found = find(path, &file) == VDIB_OK && file != NULL && has_splits(file);
    vdib__free(file);
    return found;
}

bool vdib__is_split_file(const char *path) {
    return vdib__is_file(path) && is(path);
}

static vdib_status list(vdib_dataset *dataset, const char *path, vdib__entries *entries) {
    char *file = NULL;
    vdib_status status = find(path, &file);
    if (status == VDIB_OK)
        status = vdib__several_list(dataset, entries, file, VDIB_SHARE_OPEN);
    vdib__free(file);
    return status;
}

extern const vdib__layout vdib__layout_split_file;
const vdib__layout vdib__layout_split_file = {
    .name = "a file of many recordings, as neurodata", .split = "split as the file says", .is = is, .list = list};
