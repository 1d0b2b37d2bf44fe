/* SPDX-License-Identifier: MIT */
#include "data/folders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/archives.h"
#include "data/idx.h"
#include "data/layouts.h"
#include "data/manifest/manifest.h"
#include "events/events.h"

enum {
    DEEPEST = 2,       /* levels below the folder given at which data are taken, */
    FURTHER = 8,       /* and at which they are named, */
    MOST_LOOKED = 500, /* if so many entries lead there */
    HIGHEST = 3,       /* levels above the folder given at which its data set is named */
    MOST_NAMED = 3
};

vdib__share vdib__share_of(const char *word) {
    static const char *const words[VDIB_SHARE_OPEN][3] = {[VDIB_SHARE_TRAIN] = {"Train", "Training"},
                                                          [VDIB_SHARE_VALIDATION] = {"Val", "Valid", "Validation"},
                                                          [VDIB_SHARE_TEST] = {"Test", "Testing"}};
    for (int share = 0; share < VDIB_SHARE_OPEN; share++)
        for (size_t i = 0; i < 3 && words[share][i] != NULL; i++)
            if (vdib__same_word(word, words[share][i]))
                return (vdib__share)share;
    return VDIB_SHARE_OPEN;
}

/* As N-MNIST spells it. */
static const char *spelled(vdib__share share) {
    return share == VDIB_SHARE_TRAIN ? "Train" : share == VDIB_SHARE_TEST ? "Test" : "Val";
}

static bool is_folder_in(const char *folder, const char *name) {
    char *path = NULL;
    bool found = vdib__path_join(folder, name, &path) == VDIB_OK && vdib__is_folder(path);
    vdib__free(path);
    return found;
}

vdib_status vdib__folder_of_share(const char *folder, vdib__share share, char **path) {
    char **names = NULL;
    const char *best = NULL, *other = NULL;
    size_t count = 0;
    *path = NULL;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    for (size_t i = 0; i < count; i++) {
        if (vdib__share_of(names[i]) != share || !is_folder_in(folder, names[i]))
            continue;
        other = best;
        best = names[i];
        if (strcmp(best, spelled(share)) == 0) {
            other = NULL;
            break;
        }
    }
    vdib_status status = VDIB_OK;
    if (other != NULL)
        status = vdib__fail(VDIB_ERROR_DATA, "%s: has folders %s and %s; rename the one that is meant to %s", folder,
                            other, best, spelled(share));
    else if (best != NULL)
        status = vdib__path_join(folder, best, path);
    vdib__names_free(names, count);
    return status;
}

bool vdib__recordings_folder(const char *folder) {
    static const vdib__share needed[] = {VDIB_SHARE_TRAIN, VDIB_SHARE_TEST};
    bool found = false;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0] && !found; i++) {
        char *path = NULL;
        found = vdib__folder_of_share(folder, needed[i], &path) != VDIB_OK || path != NULL;
        vdib__free(path);
    }
    return found;
}

static bool holds(const char *folder, bool recordings) {
    return recordings ? vdib__layout_of(folder) != NULL : vdib__idx_folder(folder);
}

/* Folders that hold what is looked for. */
typedef struct finds {
    size_t count;
    size_t left;             /* entries that may still be looked at */
    char *paths[MOST_NAMED]; /* the first of them */
} finds;

static void finds_free(finds *f) {
    for (size_t i = 0; i < MOST_NAMED; i++)
        vdib__free(f->paths[i]);
}

/* Looks into the folders of a folder, `depth` levels deep; what holds data is not looked into any further. */
static vdib_status look_deeper(const char *folder, bool recordings, int depth, finds *f) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK && f->left > 0; i++) {
        char *path = NULL;
        f->left--;
        if (names[i][0] == '.' || vdib__path_join(folder, names[i], &path) != VDIB_OK)
            continue;
        if (vdib__is_folder(path) && holds(path, recordings)) {
            if (f->count < MOST_NAMED) {
                f->paths[f->count] = path;
                path = NULL;
            }
            f->count++;
        } else if (depth > 1 && vdib__is_folder(path)) {
            (void)look_deeper(path, recordings, depth - 1, f); /* a folder that may not be read holds nothing for us */
        }
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return status;
}

static vdib_status look_for_recording(void *user, const char *path, const char *name) {
    bool *found = user;
    *found = *found || (vdib__is_visible(name) && vdib__is_file(path) && vdib__events_recording(path));
    return VDIB_OK;
}

bool vdib__folder_holds_recordings(const char *folder) {
    bool found = false;
    return vdib__folder_each(folder, look_for_recording, &found) == VDIB_OK && found;
}

/* Whether training and test recordings are told apart in a folder. */
static bool has_both(const char *folder) {
    char *train = NULL, *test = NULL;
    bool both = vdib__folder_of_share(folder, VDIB_SHARE_TRAIN, &train) == VDIB_OK && train != NULL &&
                vdib__folder_of_share(folder, VDIB_SHARE_TEST, &test) == VDIB_OK && test != NULL;
    vdib__free(test);
    vdib__free(train);
    return both;
}

/* Whether `folder` is the Train or Test of a data set, or holds recordings inside of one: the folder above that part is
 * *parent then. */
static bool is_inside(const char *folder, char **parent) {
    char *above = realpath(folder, NULL);
    bool inside = false;
    for (int level = 0; above != NULL && level < HIGHEST && !inside; level++) {
        char *slash = strrchr(above, '/');
        if (slash == above || (level == 1 && !vdib__folder_holds_recordings(folder)))
            break;
        inside = vdib__share_of(slash + 1) != VDIB_SHARE_OPEN;
        *slash = '\0';
        inside = inside && has_both(above);
    }
    inside = inside && vdib__strdup(above, parent) == VDIB_OK;
    free(above);
    return inside;
}

static vdib_status fail_several(const char *given, const char *what, const finds *f) {
    return vdib__fail(VDIB_ERROR_DATA, "%s: %zu of its folders hold %s; give one of them: %s, %s%s%s%s", given,
                      f->count, what, f->paths[0], f->paths[1], f->count > 2 ? ", " : "",
                      f->count > 2 ? f->paths[2] : "", f->count > MOST_NAMED ? ", ..." : "");
}

/* Names a folder further down that holds what is wanted, if one is found soon. */
static bool is_further(const char *given, bool recordings, finds *f) {
    for (int depth = DEEPEST + 1; depth <= FURTHER && f->count == 0; depth++) {
        f->left = MOST_LOOKED;
        (void)look_deeper(given, recordings, depth, f);
    }
    return f->count > 0;
}

/* A folder of recordings that are not in the layout of a data set, or are a part of one. */
static vdib_status fail_layout(const char *given) {
    char *parent = NULL;
    if (is_inside(given, &parent)) {
        (void)vdib__fail(VDIB_ERROR_DATA, "%s: is one part of a data set; give the folder that holds both: %s", given,
                         parent);
        vdib__free(parent);
        return VDIB_ERROR_DATA;
    }
    if (vdib__folder_holds_recordings(given))
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds recordings without a folder for each class; put them in <class>/, or in "
                          "Train/<class>/ and Test/<class>/, and give the folder that holds all, or write a manifest",
                          given);
    return VDIB_OK;
}

/* A folder that holds what the experiment does not read. */
static vdib_status fail_other(const char *folder, vdib__wanted wanted) {
    if (wanted == VDIB_WANTED_RECORDINGS)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds images, but the experiment reads recordings; give a folder with "
                          "Train/<class>/NNNNN.bin and Test/..., or train with data.input=rate or latency",
                          folder);
    if (wanted == VDIB_WANTED_FILMED_IMAGES)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds recordings, but film: films images; give a folder of IDX files, or name the "
                          "recordings without film:",
                          folder);
    return vdib__fail(
        VDIB_ERROR_DATA,
        "%s: holds recordings, but the experiment codes images; give a folder of IDX files, or train with "
        "data.input=events",
        folder);
}

static vdib_status fail_nothing(const char *given, vdib__wanted wanted) {
    bool recordings = wanted == VDIB_WANTED_RECORDINGS;
    bool other = wanted != VDIB_WANTED_NATURAL_IMAGES && holds(given, !recordings);
    if (other)
        return fail_other(given, wanted);
    if (wanted == VDIB_WANTED_NATURAL_IMAGES || wanted == VDIB_WANTED_FILMED_IMAGES)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds no images; put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz and both "
                          "t10k files there",
                          given);
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: holds neither recordings (Train/<class>/NNNNN.bin, Test/...) nor images "
                      "(train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-...); put one of them there",
                      given);
}

/* No layout of the table has been found: folders of classes alone are taken, the rest is refused. */
static vdib_status take_classes(const char *given, vdib__wanted wanted, char **found) {
    bool recordings = wanted == VDIB_WANTED_RECORDINGS;
    finds f = {.left = MOST_LOOKED};
    vdib_status status = recordings ? fail_layout(given) : VDIB_OK;
    if (status == VDIB_OK && is_further(given, recordings, &f))
        status = vdib__fail(
            VDIB_ERROR_DATA, "%s: its %s are too many folders down; give the folder that holds them: %s%s", given,
            recordings ? "recordings" : "images", f.paths[0], f.count > 1 ? ", or another one like it" : "");
    finds_free(&f);
    if (status != VDIB_OK)
        return status;
    return recordings && vdib__classes_folder(given) ? vdib__strdup(given, found) : fail_nothing(given, wanted);
}

/* A table without recordings: the names of its columns. */
static vdib_status fail_table(const char *file) {
    enum { BEGINNING = 120 };
    char text[BEGINNING] = "";
    uint64_t size = 0;
    FILE *opened = NULL;
    VDIB_TRY(vdib__file_open(file, &opened, &size));
    text[fread(text, 1, sizeof text - 1, opened)] = '\0';
    (void)fclose(opened);
    text[strcspn(text, "\r\n")] = '\0';
    return vdib__fail(VDIB_ERROR_IO,
                      "%s: line 1: names no column path, but '%s'; a manifest names the file of every recording there, "
                      "as in path,split,label,from,to",
                      file, text);
}

vdib_status vdib__folder_fail_file(const char *file) {
    const char *dot = strrchr(file, '.');
    if (dot != NULL && (vdib__same_word(dot, ".csv") || vdib__same_word(dot, ".tsv")))
        return fail_table(file);
    char *folder = NULL, *parent = NULL;
    VDIB_TRY(vdib__strdup(file, &folder));
    char *slash = strrchr(folder, '/');
    if (slash != NULL && slash != folder)
        *slash = '\0';
    bool inside = is_inside(slash != NULL ? folder : ".", &parent);
    (void)vdib__fail(VDIB_ERROR_IO, "%s: is a file; give the folder that holds the data%s%s", file, inside ? ": " : "",
                     inside ? parent : ", or a manifest, whose first line names a column path");
    vdib__free(parent);
    vdib__free(folder);
    return VDIB_ERROR_IO;
}

vdib_status vdib__folder_locate(const char *given, vdib__wanted wanted, char **found) {
    bool recordings = wanted == VDIB_WANTED_RECORDINGS;
    finds f = {.left = SIZE_MAX};
    if (recordings && vdib__is_manifest(given))
        return vdib__strdup(given, found);
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(given, &names, &count)); /* a folder that may not be read is not an empty one */
    vdib__names_free(names, count);
    if (holds(given, recordings))
        return vdib__strdup(given, found);
    vdib_status status = look_deeper(given, recordings, DEEPEST, &f);
    if (status == VDIB_OK && f.count > 1)
        status = fail_several(given, recordings ? "recordings" : "images", &f);
    else if (status == VDIB_OK && f.count == 1)
        status = vdib__strdup(f.paths[0], found);
    else if (status == VDIB_OK)
        status = take_classes(given, wanted, found);
    finds_free(&f);
    return status;
}

static const char *holds_what(const char *folder) {
    char *found = NULL;
    const char *what = NULL;
    if (vdib__folder_locate(folder, VDIB_WANTED_RECORDINGS, &found) == VDIB_OK)
        what = "recordings";
    else if (vdib__folder_locate(folder, VDIB_WANTED_NATURAL_IMAGES, &found) == VDIB_OK)
        what = "images";
    vdib__free(found);
    return what;
}

bool vdib__folder_has_data(const char *folder) {
    return holds_what(folder) != NULL;
}

const char *vdib_dataset_holds(const char *folder) {
    vdib__unpacked unpacked;
    if (folder == NULL || vdib__archives_unpack(folder, vdib__folder_has_data, NULL, NULL, &unpacked) != VDIB_OK)
        return NULL;
    const char *what = holds_what(unpacked.folder != NULL ? unpacked.folder : folder);
    vdib__unpacked_close(&unpacked);
    return what;
}

bool vdib_dataset_is_archive(const char *path) {
    return path != NULL && vdib__archive_is(path);
}
