/* SPDX-License-Identifier: MIT */
/* Which file is the target of which recording, by their names. */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/targets/targets.h"

enum { PATH = 4096 };

/* Where a target may stand. */
typedef enum place { BESIDE, IN_TARGETS, MIRRORED, PLACES } place;

/* What was right for the item before is tried first. */
typedef struct search {
    const char *folder;
    place place;
    size_t ending;
} search;

/* The length of a recording's name without its endings: of FILE#N, .bin, .bin.gz and the like. */
static size_t stem_of(const char *name) {
    static const char *const packed[] = {".gz", ".zst", ".bz2", ".xz", ".zip"};
    size_t length = strcspn(name, "#");
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
        size_t ending = strlen(packed[i]);
        char end[8] = "";
        if (length <= ending)
            continue;
        memcpy(end, name + length - ending, ending);
        if (vdib__same_word(end, packed[i])) {
            length -= ending;
            break;
        }
    }
    for (size_t i = length; i > 1; i--)
        if (name[i - 1] == '.')
            return i - 1;
    return length;
}

/* Whether the file is there, its ending of `ending` letters in small letters or, then in the path, in capitals: the
 * first one alone, or all. */
static bool is_there(char *path, size_t length, size_t ending) {
    bool found = vdib__is_file(path);
    for (char *letter = path + length - ending; *letter != '\0' && !found; letter++) {
        bool small = *letter >= 'a' && *letter <= 'z', first = letter == path + length - ending + 1;
        if (small)
            *letter = (char)(*letter - 'a' + 'A');
        found = small && (first || letter[1] == '\0') && vdib__is_file(path);
    }
    return found;
}

/* The path of a target with an ending in a place, where the folder of targets has that name; whether it is there. */
static bool path_in(const search *s, const vdib__item *item, place where, const char *targets, const char *end,
                    char path[PATH]) {
    const char *slash = strrchr(item->path, '/'), *name = slash != NULL ? slash + 1 : item->path;
    int above = slash != NULL ? (int)(slash - item->path) : 1, stem = (int)stem_of(name), length = 0;
    const char *folder = slash != NULL ? item->path : ".";
    size_t root = strlen(s->folder);
    if (where == BESIDE && vdib__picture_is_array(end)) /* such a file beside a recording is a recording */
        return false;
    if (where == BESIDE)
        length = snprintf(path, PATH, "%.*s/%.*s%s", above, folder, stem, name, end);
    else if (where == IN_TARGETS)
        length = snprintf(path, PATH, "%.*s/%s/%.*s%s", above, folder, targets, stem, name, end);
    else if (strncmp(item->path, s->folder, root) == 0 && item->path[root] == '/')
        length = snprintf(path, PATH, "%s/%s%.*s%s", s->folder, targets, (int)(name - item->path - (long)root) + stem,
                          item->path + root, end);
    return length > 0 && length < PATH && is_there(path, (size_t)length, strlen(end));
}

static bool path_of(const search *s, const vdib__item *item, place where, const char *end, char path[PATH]) {
    return path_in(s, item, where, VDIB_TARGETS_FOLDER, end, path) ||
           (where != BESIDE && path_in(s, item, where, "Targets", end, path));
}

static vdib_status find_one(search *s, vdib__item *item, bool *found) {
    char path[PATH];
    *found = path_of(s, item, s->place, vdib__picture_endings[s->ending], path);
    for (int where = BESIDE; where < PLACES && !*found; where++)
        for (size_t e = 0; vdib__picture_endings[e] != NULL && !*found; e++) {
            *found = path_of(s, item, (place)where, vdib__picture_endings[e], path);
            if (*found) {
                s->place = (place)where;
                s->ending = e;
            }
        }
    return *found ? vdib__strdup(path, &item->target_path) : VDIB_OK;
}

vdib_status vdib__targets_find(vdib_dataset *dataset, const char *folder, size_t *found) {
    search s = {.folder = folder};
    *found = 0;
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++) {
            vdib__item *item = &dataset->parts[p].items[i];
            bool has = item->target_path != NULL;
            if (!has && item->path != NULL)
                VDIB_TRY(find_one(&s, item, &has));
            *found += has;
        }
    return VDIB_OK;
}

vdib_status vdib__targets_unread(const char *folder, const vdib__item *item) {
    static const char *const endings[] = {".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp", ".pbm"};
    search s = {.folder = folder};
    char path[PATH];
    for (int where = BESIDE; where < PLACES && item->path != NULL; where++)
        for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++)
            if (path_of(&s, item, (place)where, endings[e], path))
                return vdib__fail(VDIB_ERROR_DATA,
                                  "%s: is no target of %s: targets are read from PNG, PGM, PPM and NPY; convert it",
                                  path, item->path);
    return VDIB_OK;
}
