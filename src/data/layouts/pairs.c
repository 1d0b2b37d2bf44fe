/* SPDX-License-Identifier: MIT */
/* Recordings with their targets beside them, or with frames inside, in one folder: no classes, a split is made. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/layouts.h"
#include "data/targets/targets.h"
#include "events/events.h"

/* What the names in a folder show. */
typedef struct sight {
    bool recordings, targets, framed;
} sight;

static bool may_have_frames(const char *name) {
    static const char *const endings[] = {".aedat4", ".bag"};
    size_t length = strlen(name);
    for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++) {
        size_t ending = strlen(endings[e]);
        if (length > ending && vdib__same_word(name + length - ending, endings[e]))
            return true;
    }
    return false;
}

static void look(const char *folder, const char *name, sight *s) {
    char *path = NULL;
    if (!vdib__is_visible(name) || vdib__path_join(folder, name, &path) != VDIB_OK)
        return;
    bool is_folder = vdib__is_folder(path);
    s->targets = s->targets || (is_folder ? vdib__same_word(name, VDIB_TARGETS_FOLDER) : vdib__picture_is_named(name));
    s->recordings = s->recordings || (!is_folder && vdib__events_recording(path));
    s->framed = s->framed || (!is_folder && may_have_frames(name));
    vdib__free(path);
}

static bool is(const char *folder) {
    char **names = NULL;
    size_t count = 0;
    sight s = {false, false, false};
    if (vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return false;
    for (size_t i = 0; i < count && !(s.recordings && (s.targets || s.framed)); i++)
        look(folder, names[i], &s);
    vdib__names_free(names, count);
    return s.recordings && (s.targets || s.framed);
}

extern const vdib__layout vdib__layout_pairs;
const vdib__layout vdib__layout_pairs = {.is = is, .list = vdib__tree_list_open};
