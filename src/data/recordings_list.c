/* SPDX-License-Identifier: MIT */
/* Folders of recordings in the layout of N-MNIST: Train/<class>/<recording>, Test/<class>/<recording>. */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/folders.h"
#include "data/recordings_classes.h"
#include "events/events.h"

/* What a part holds that is not read. */
typedef struct unread {
    size_t files, folders; /* in the folders of classes: files that are no recordings by their names, and folders */
    size_t strays;         /* recordings beside the folders of classes */
    char *first_file, *first_folder, *first_stray;
} unread;

typedef struct listing {
    char *folders[VDIB_PARTS]; /* NULL: the part is missing */
    vdib__class_folders classes;
    unread unread[VDIB_PARTS];
} listing;

static void listing_free(listing *l) {
    vdib__class_folders_free(&l->classes);
    for (int p = 0; p < VDIB_PARTS; p++) {
        vdib__free(l->unread[p].first_stray);
        vdib__free(l->unread[p].first_folder);
        vdib__free(l->unread[p].first_file);
        vdib__free(l->folders[p]);
    }
}

/* Neither hidden nor what archives leave behind (__MACOSX). */
static bool is_visible(const char *name) {
    return name[0] != '.' && strncmp(name, "__", 2) != 0;
}

/* Counts something that is not read, and keeps the path of the first of its kind. */
static vdib_status pass_over(size_t *count, char **first, const char *path) {
    ++*count;
    return *first == NULL ? vdib__strdup(path, first) : VDIB_OK;
}

/* Class folders of a part become names; recordings beside them are counted. */
static vdib_status collect_classes(listing *l, int part) {
    char **entries = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(l->folders[part], &entries, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        char *path = NULL;
        if (!is_visible(entries[i]))
            continue;
        status = vdib__path_join(l->folders[part], entries[i], &path);
        if (status == VDIB_OK && vdib__is_folder(path))
            status = vdib__class_folders_add(&l->classes, entries[i], part);
        else if (status == VDIB_OK && vdib__events_recording(path))
            status = pass_over(&l->unread[part].strays, &l->unread[part].first_stray, path);
        vdib__free(path);
    }
    vdib__names_free(entries, count);
    return status;
}

/* ---- recordings ---- */

/* NNNNN of a file name "NNNNN.ending"; 0 if that is no number. */
static uint64_t number_of(const char *name) {
    enum { MOST_DIGITS = 9 };
    uint64_t number = 0;
    size_t digits = 0;
    for (; name[digits] >= '0' && name[digits] <= '9'; digits++) {
        if (digits == MOST_DIGITS)
            return 0;
        number = 10 * number + (uint64_t)(name[digits] - '0');
    }
    return digits > 0 && name[digits] == '.' ? number : 0;
}

/* Takes `path`. */
static vdib_status add_item(vdib__part *part, const char *name, char *path, uint32_t label) {
    vdib__item *item = NULL;
    vdib_status status = vdib__part_add(part, &item);
    if (status != VDIB_OK) {
        vdib__free(path);
        return status;
    }
    item->label = label;
    item->number = number_of(name);
    item->path = path;
    return vdib__events_check(path);
}

static vdib_status add_entry(unread *u, vdib__part *part, const char *folder, const char *name, uint32_t label) {
    char *path = NULL;
    if (!is_visible(name))
        return VDIB_OK;
    VDIB_TRY(vdib__path_join(folder, name, &path));
    if (vdib__events_recording(path))
        return add_item(part, name, path, label);
    vdib_status status = vdib__is_folder(path) ? pass_over(&u->folders, &u->first_folder, path)
                                               : pass_over(&u->files, &u->first_file, path);
    vdib__free(path);
    return status;
}

static vdib_status list_class(unread *u, vdib__part *part, const char *folder, uint32_t label) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++)
        status = add_entry(u, part, folder, names[i], label);
    vdib__names_free(names, count);
    return status;
}

/* Whether a file is named like a recording that gzip compressed. */
static bool is_compressed(const char *path) {
    char *plain = NULL;
    size_t length = strlen(path);
    if (length < 3 || !vdib__same_word(path + length - 3, ".gz") || vdib__strdup(path, &plain) != VDIB_OK)
        return false;
    plain[length - 3] = '\0';
    bool compressed = vdib__events_named(plain);
    vdib__free(plain);
    return compressed;
}

/* A part has folders, but no recordings in them. */
static vdib_status fail_without_recordings(const unread *u, const char *folder) {
    if (u->first_stray != NULL)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: stands beside the folders of the classes; a recording's class is its folder, put it into "
            "<class>/",
            u->first_stray);
    if (u->first_folder != NULL)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds no recordings where they are read; those of a class lie in its folder itself, not "
                          "in folders of it such as %s: move them up",
                          folder, u->first_folder);
    if (u->first_file != NULL && is_compressed(u->first_file))
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds compressed recordings, %s, which are not read; unpack them (gunzip -r %s)", folder,
                          u->first_file, folder);
    if (u->first_file != NULL)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds no recordings that are read: %s is none by its name%s; convert what it holds to "
                          "a format that is read (docs/data.md), for example N-MNIST's .bin",
                          folder, u->first_file, u->files > 1 ? ", and so are all others" : "");
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: holds no recordings; put them there as <class>/NNNNN.bin, or in another format that is read",
                      folder);
}

/* All recordings of a part, labelled by the number of their class's folder. */
static vdib_status list_part(listing *l, vdib_dataset *dataset, int part) {
    for (size_t c = 0; c < l->classes.count; c++) {
        const vdib__class_folder *class_folder = &l->classes.all[c];
        char *path = NULL;
        if (!class_folder->in[part])
            continue;
        VDIB_TRY(vdib__path_join(l->folders[part], class_folder->name, &path));
        vdib_status status = list_class(&l->unread[part], &dataset->parts[part], path, (uint32_t)class_folder->same);
        vdib__free(path);
        VDIB_TRY(status);
    }
    return dataset->parts[part].count > 0 ? VDIB_OK : fail_without_recordings(&l->unread[part], l->folders[part]);
}

static vdib_status note_some(vdib_dataset *dataset, size_t count, const char *noun, const char *where,
                             const char *first) {
    if (count == 0)
        return VDIB_OK;
    return vdib__note(dataset, "%zu %s%s %s %s not read, %s%s", count, noun, vdib__s(count), where,
                      count == 1 ? "is" : "are", count == 1 ? "" : "the first is ", first);
}

/* Says what is not read of both parts. */
static vdib_status note_unread(vdib_dataset *dataset, const unread all[VDIB_PARTS]) {
    const unread *train = &all[VDIB_PART_TRAIN], *test = &all[VDIB_PART_TEST];
    const char *file = train->first_file != NULL ? train->first_file : test->first_file;
    const char *folder = train->first_folder != NULL ? train->first_folder : test->first_folder;
    const char *stray = train->first_stray != NULL ? train->first_stray : test->first_stray;
    VDIB_TRY(note_some(dataset, train->files + test->files, "file",
                       "in the folders of the classes, not named like recordings,", file));
    VDIB_TRY(note_some(dataset, train->folders + test->folders, "folder", "inside the folders of the classes", folder));
    return note_some(dataset, train->strays + test->strays, "recording", "beside the folders of the classes", stray);
}

static int compare_items(const void *a, const void *b) {
    const vdib__item *first = a, *second = b;
    if (first->number != second->number)
        return first->number < second->number ? -1 : 1;
    if (first->label != second->label)
        return first->label < second->label ? -1 : 1;
    return strcmp(first->path, second->path);
}

static vdib_status list(vdib_dataset *dataset, const char *folder, listing *l) {
    for (int p = 0; p < VDIB_PARTS; p++)
        VDIB_TRY(vdib__folder_of_part(folder, p, &l->folders[p]));
    if (l->folders[VDIB_PART_TEST] == NULL)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: has no folder Test; a model is judged by recordings that it was not trained on: put some "
            "in Test/<class>/NNNNN.bin",
            folder);
    for (int p = 0; p < VDIB_PARTS; p++)
        if (l->folders[p] != NULL)
            VDIB_TRY(collect_classes(l, p));
    VDIB_TRY(vdib__class_folders_settle(dataset, folder, &l->classes));
    for (int p = 0; p < VDIB_PARTS; p++)
        if (l->folders[p] != NULL) /* without Train, models can still be evaluated */
            VDIB_TRY(list_part(l, dataset, p));
    VDIB_TRY(vdib__class_folders_label(dataset, folder, &l->classes));
    for (int p = 0; p < VDIB_PARTS; p++)
        if (dataset->parts[p].count > 0)
            qsort(dataset->parts[p].items, dataset->parts[p].count, sizeof *dataset->parts[p].items, compare_items);
    return note_unread(dataset, l->unread);
}

vdib_status vdib__recordings_list(vdib_dataset *dataset, const char *folder) {
    listing l = {0};
    vdib_status status = list(dataset, folder, &l);
    listing_free(&l);
    return status;
}
