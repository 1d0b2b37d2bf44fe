/* SPDX-License-Identifier: MIT */
/* DVS Gesture (Amir et al. 2017) cut into its examples, as it is shared for Tonic: ibmGestureTrain and ibmGestureTest,
 * with userNN_LIGHT/N.npy, N the class from 0 on. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/layouts.h"
#include "data/layouts/gesture.h"

static const char *const FOLDERS[] = {"ibmGestureTrain", "ibmGestureTest"};
static const vdib__share SHARES[] = {VDIB_SHARE_TRAIN, VDIB_SHARE_TEST};
enum { PARTS = sizeof FOLDERS / sizeof FOLDERS[0] };

/* What is listed, and how many files are not. */
typedef struct listing {
    vdib__entries *entries;
    size_t unread;
    char *first; /* of these; owned */
    vdib__share share;
    int depth; /* of folders that may still be looked into */
} listing;

static char *part_of(const char *folder, size_t part) {
    char *path = NULL;
    if (vdib__path_join(folder, FOLDERS[part], &path) == VDIB_OK && !vdib__is_folder(path)) {
        vdib__free(path);
        path = NULL;
    }
    return path;
}

static bool is(const char *folder) {
    bool found = false;
    for (size_t i = 0; i < PARTS && !found; i++) {
        char *path = part_of(folder, i);
        found = path != NULL;
        vdib__free(path);
    }
    return found;
}

/* The class of a name "N.npy"; VDIB_GESTURES: none. */
static size_t class_of(const char *name) {
    size_t digits = strspn(name, "0123456789"), number = 0;
    if (digits == 0 || digits > 2 || !vdib__same_word(name + digits, ".npy"))
        return VDIB_GESTURES;
    for (size_t i = 0; i < digits; i++)
        number = 10 * number + (size_t)(name[i] - '0');
    return number < VDIB_GESTURES ? number : VDIB_GESTURES;
}

static vdib_status take(listing *l, const char *path, const char *name) {
    size_t gesture = class_of(name), number = 0;
    if (gesture == VDIB_GESTURES) {
        l->unread++;
        return l->first == NULL ? vdib__strdup(path, &l->first) : VDIB_OK;
    }
    VDIB_TRY(vdib__entries_class(l->entries, vdib__gestures[gesture], l->share, &number));
    return vdib__entries_take(l->entries, path, number, l->share);
}

/* What is in a part's folder (depth 1), or in a user's (depth 0). */
static vdib_status visit(void *user, const char *path, const char *name) {
    listing *l = user;
    if (!vdib__is_visible(name))
        return VDIB_OK;
    if (l->depth == 0 || !vdib__is_folder(path))
        return take(l, path, name);
    l->depth--;
    vdib_status status = vdib__folder_each(path, visit, l);
    l->depth++;
    return status;
}

/* Without training recordings, models can still be evaluated. */
static vdib_status list_part(listing *l, const char *folder, size_t part) {
    char *path = part_of(folder, part);
    size_t before = l->entries->count;
    if (path == NULL && SHARES[part] != VDIB_SHARE_TEST)
        return VDIB_OK;
    if (path == NULL)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: has %s, but no %s; fetch it from the data set: a model is judged by recordings that it "
                          "was not trained on",
                          folder, FOLDERS[0], FOLDERS[part]);
    l->share = SHARES[part];
    l->depth = 1;
    vdib_status status = vdib__folder_each(path, visit, l);
    if (status == VDIB_OK && l->entries->count == before)
        status =
            vdib__fail(VDIB_ERROR_DATA, "%s: holds no recordings userNN_LIGHT/N.npy, N from 0 to %d; fetch it again",
                       path, VDIB_GESTURES - 1);
    vdib__free(path);
    return status;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    listing l = {.entries = entries};
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < PARTS && status == VDIB_OK; i++)
        status = list_part(&l, folder, i);
    if (status == VDIB_OK && l.unread > 0)
        status = vdib__note(dataset, "%zu file%s not named N.npy, N from 0 to %d, %s not read, the first is %s",
                            l.unread, vdib__s(l.unread), VDIB_GESTURES - 1, l.unread == 1 ? "is" : "are", l.first);
    vdib__free(l.first);
    return status;
}

extern const vdib__layout vdib__layout_gesture_arrays;
const vdib__layout vdib__layout_gesture_arrays = {
    .name = "DVS Gesture in arrays", .split = "split by its folders as published", .is = is, .list = list};
