/* SPDX-License-Identifier: MIT */
/* Which file of a folder is which, whatever its spelling. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/idx.h"

/* Whether a name is PART-KIND-idxN-TYPE or PART-KIND.idxN-TYPE, with or without .gz. */
static bool is_named(const char *name, const char *part, const char *kind) {
    static const char *const types[] = {"ubyte", "byte", "short", "int", "float", "double"};
    for (int spelling = 0; spelling < 4 * VDIB_IDX_RANK; spelling++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            char candidate[64];
            snprintf(candidate, sizeof candidate, "%s-%s%cidx%d-%s%s", part, kind, spelling % 2 == 0 ? '-' : '.',
                     1 + spelling / 4, types[t], spelling / 2 % 2 == 0 ? "" : ".gz");
            if (vdib__same_word(candidate, name))
                return true;
        }
    return false;
}

/* How good a name is where several fit: plain before .gz, small letters before others. */
static int preference(const char *name) {
    size_t length = strlen(name);
    int capitals = 0;
    for (const char *at = name; *at != '\0'; at++)
        capitals += *at >= 'A' && *at <= 'Z';
    return 2 * (capitals > 0) + (length > 3 && vdib__same_word(name + length - 3, ".gz"));
}

/* The better of a file `name` of the folder and the one that *path names already. */
static vdib_status take_better(const char *folder, const char *name, char **path) {
    char *candidate = NULL;
    const char *before = *path != NULL ? strrchr(*path, '/') + 1 : NULL;
    if (before != NULL && preference(before) <= preference(name))
        return VDIB_OK;
    VDIB_TRY(vdib__path_join(folder, name, &candidate));
    if (!vdib__is_file(candidate)) {
        vdib__free(candidate);
        return VDIB_OK;
    }
    vdib__free(*path);
    *path = candidate;
    return VDIB_OK;
}

vdib_status vdib__idx_find(const char *folder, const char *part, const char *kind, char **path) {
    char **names = NULL;
    size_t count = 0;
    bool test = strcmp(part, "t10k") == 0;
    *path = NULL;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++)
        if (is_named(names[i], part, kind) || (test && is_named(names[i], "test", kind)))
            status = take_better(folder, names[i], path);
    vdib__names_free(names, count);
    return status;
}

bool vdib__idx_folder(const char *folder) {
    char *path = NULL;
    bool found = vdib__idx_find(folder, "train", "images", &path) == VDIB_OK && path != NULL;
    vdib__free(path);
    return found;
}
