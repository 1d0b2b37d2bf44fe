/* SPDX-License-Identifier: MIT */
#include "data/manifest/archived.h"

#include <string.h>
#include <sys/stat.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "data/archives.h"

/* What stands behind a folder or archive in a path; NULL: it does not lead there. */
static const char *behind(const char *path, const char *place) {
    size_t length = strlen(place);
    return strncmp(path, place, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static bool is_there(const char *path) {
    struct stat entry;
    return stat(path, &entry) == 0;
}

/* Cuts a path to the longest part that is there; false: it is there as a whole (FILE#N as its file), or not at all. */
static bool cut_to_existing(char *path) {
    char *hash = strrchr(path, '#'), *slash = NULL;
    bool whole = is_there(path);
    if (!whole && hash != NULL && strchr(hash, '/') == NULL) {
        *hash = '\0';
        whole = is_there(path);
    }
    while (!whole && (slash = strrchr(path, '/')) != NULL && slash != path) {
        *slash = '\0';
        if (is_there(path))
            return true;
    }
    return false;
}

/* The path `rest` below what was unpacked takes the place of *path. */
static vdib_status lead_into(const vdib__unpacked *unpacked, const char *rest, char **path) {
    char *inside = NULL;
    VDIB_TRY(vdib__path_join(unpacked->folder, rest, &inside));
    vdib__free(*path);
    *path = inside;
    return VDIB_OK;
}

static vdib_status unpack(vdib_dataset *dataset, const char *place, char **path) {
    vdib__unpacked unpacked = {.folder = NULL};
    if (vdib__is_folder(place) && !vdib__archives_may_hold(place, behind(*path, place)))
        return VDIB_OK; /* a path that leads nowhere */
    VDIB_TRY(vdib__dataset_unpack(dataset, place, &unpacked));
    if (unpacked.folder == NULL)
        return VDIB_OK;
    if (dataset->unpacked.folder != NULL) {
        vdib__unpacked_close(&unpacked);
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: leads into a second archive, after %s; list files of one archive, or unpack them", *path,
                          dataset->unpacked.given);
    }
    dataset->unpacked = unpacked;
    return lead_into(&unpacked, behind(*path, place), path);
}

vdib_status vdib__archived_find(vdib_dataset *dataset, char **path) {
    const vdib__unpacked *unpacked = &dataset->unpacked;
    char *place = NULL;
    if (unpacked->folder != NULL && behind(*path, unpacked->given) != NULL)
        return lead_into(unpacked, behind(*path, unpacked->given), path);
    VDIB_TRY(vdib__strdup(*path, &place));
    vdib_status status = cut_to_existing(place) ? unpack(dataset, place, path) : VDIB_OK;
    vdib__free(place);
    return status;
}

const char *vdib__archived_rest(const vdib_dataset *dataset, const char *path) {
    const char *rest = dataset->unpacked.folder != NULL ? behind(path, dataset->unpacked.folder) : NULL;
    return rest != NULL ? rest - 1 : NULL;
}
