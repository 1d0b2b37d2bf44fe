/* SPDX-License-Identifier: MIT */
/* A folder for each class, with Train and Test, perhaps Validation, and the recordings in these. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/folders.h"
#include "data/layouts.h"
#include "events/events.h"

/* Whether recordings are right in a folder. */
static bool holds_recordings(const char *folder) {
    char **names = NULL;
    size_t count = 0;
    bool found = false;
    if (vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return false;
    for (size_t i = 0; i < count && !found; i++) {
        char *path = NULL;
        if (!vdib__is_visible(names[i]) || vdib__path_join(folder, names[i], &path) != VDIB_OK)
            continue;
        found = vdib__is_file(path) && vdib__events_recording(path);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return found;
}

/* Whether a folder is one of a class, with recordings for training or for the test. */
static bool is_class(const char *folder) {
    static const vdib__share shares[] = {VDIB_SHARE_TRAIN, VDIB_SHARE_TEST};
    bool found = false;
    for (size_t i = 0; i < 2 && !found; i++) {
        char *path = NULL;
        found = vdib__folder_of_share(folder, shares[i], &path) == VDIB_OK && path != NULL && holds_recordings(path);
        vdib__free(path);
    }
    return found;
}

/* Each visible folder is one of a class, and there are two at least. */
static bool is(const char *folder) {
    char **names = NULL;
    size_t count = 0, classes = 0;
    bool all = vdib__folder_list(folder, &names, &count) == VDIB_OK;
    for (size_t i = 0; i < count && all; i++) {
        char *path = NULL;
        if (!vdib__is_visible(names[i]) || vdib__path_join(folder, names[i], &path) != VDIB_OK)
            continue;
        bool deeper = vdib__is_folder(path);
        all = !deeper || is_class(path);
        classes += deeper;
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return all && classes >= 2;
}

/* Adds what is right in a folder; *unread: how much of it is no recording. */
static vdib_status list_folder(vdib__entries *entries, const char *folder, size_t number, vdib__share share,
                               size_t *unread) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        char *path = NULL;
        if (!vdib__is_visible(names[i]))
            continue;
        status = vdib__path_join(folder, names[i], &path);
        bool recording = status == VDIB_OK && vdib__events_recording(path);
        if (recording)
            status = vdib__entries_take(entries, path, number, share);
        *unread += !recording;
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return status;
}

static vdib_status list_class(vdib__entries *entries, const char *folder, const char *name, size_t *unread) {
    vdib_status status = VDIB_OK;
    for (int share = 0; share < VDIB_SHARE_OPEN && status == VDIB_OK; share++) {
        char *path = NULL;
        size_t number = 0;
        status = vdib__folder_of_share(folder, (vdib__share)share, &path);
        if (status == VDIB_OK && path != NULL)
            status = vdib__entries_class(entries, name, (vdib__share)share, &number);
        if (status != VDIB_OK && path != NULL)
            status = vdib__fail_prefix(status, "%s", folder);
        if (status == VDIB_OK && path != NULL)
            status = list_folder(entries, path, number, (vdib__share)share, unread);
        vdib__free(path);
    }
    return status;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    char **names = NULL;
    size_t count = 0, unread = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        char *path = NULL;
        if (!vdib__is_visible(names[i]))
            continue;
        status = vdib__path_join(folder, names[i], &path);
        if (status == VDIB_OK && vdib__is_folder(path))
            status = list_class(entries, path, names[i], &unread);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    if (status == VDIB_OK && unread > 0)
        status = vdib__note(dataset, "%s: %zu file%s or folder%s among the recordings %s not read", folder, unread,
                            vdib__s(unread), vdib__s(unread), unread == 1 ? "is" : "are");
    return status;
}

extern const vdib__layout vdib__layout_parts_inside;
const vdib__layout vdib__layout_parts_inside = {
    .name = "folders of classes with Train and Test inside", .split = "split by these", .is = is, .list = list};
