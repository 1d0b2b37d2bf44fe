/* SPDX-License-Identifier: MIT */
/* Folders of classes at any depth: the outermost folder that holds recordings is a class, with all below it. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/layouts.h"
#include "data/targets/targets.h"
#include "events/events.h"

enum { DEEPEST = 8, FOLDERS = 4 };

/* What a folder holds that is not read. */
typedef struct unread {
    size_t files;    /* in the folders of classes: files that are no recordings by their names */
    size_t strays;   /* recordings beside the folders of classes */
    size_t pictures; /* files named like targets, where targets are read from files */
    size_t hidden;   /* files and folders that are hidden or stand beside files on some systems (vdib__is_visible) */
    char *first_file, *first_stray, *first_hidden;
} unread;

/* A folder of one share. */
typedef struct part {
    char *path;
    vdib__share share;
    unread unread;
    bool has_targets; /* targets are read from files: pictures are passed over, and folders of that name */
} part;

typedef struct class_place {
    char *path;
    const char *relative; /* the end of path that is below the part's folder */
    char *name;           /* of the class; NULL: a folder of the path names it */
    size_t part;
} class_place;

struct vdib__tree {
    part parts[FOLDERS];
    size_t part_count;
    class_place *places; /* (count) */
    size_t count, capacity;
    bool has_targets; /* targets are read from files */
};

vdib_status vdib__tree_create(vdib__tree **tree) {
    return VDIB_NEW(tree, 1);
}

static void free_place(class_place *place) {
    vdib__free(place->name);
    vdib__free(place->path);
}

void vdib__tree_destroy(vdib__tree *tree) {
    if (tree == NULL)
        return;
    for (size_t i = 0; i < tree->count; i++)
        free_place(&tree->places[i]);
    vdib__free(tree->places);
    for (size_t i = 0; i < tree->part_count; i++) {
        vdib__free(tree->parts[i].unread.first_hidden);
        vdib__free(tree->parts[i].unread.first_stray);
        vdib__free(tree->parts[i].unread.first_file);
        vdib__free(tree->parts[i].path);
    }
    vdib__free(tree);
}

bool vdib__is_visible(const char *name) {
    return name[0] != '.' && strncmp(name, "__", 2) != 0;
}

/* Counts something that is not read, and keeps the path of the first of its kind. */
static vdib_status pass_over(size_t *count, char **first, const char *path) {
    ++*count;
    return *first == NULL ? vdib__strdup(path, first) : VDIB_OK;
}

/* ---- where the classes are ---- */

static vdib_status add_place(vdib__tree *t, size_t part_number, const char *path) {
    size_t root = strlen(t->parts[part_number].path);
    VDIB_TRY(VDIB_RESERVE(&t->places, &t->capacity, t->count + 1));
    class_place *place = &t->places[t->count];
    *place = (class_place){.part = part_number};
    VDIB_TRY(vdib__strdup(path, &place->path));
    place->relative = place->path + root + strspn(place->path + root, "/");
    t->count++;
    return VDIB_OK;
}

static bool holds_recording(const char *folder, char **names, size_t count) {
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) {
        char *path = NULL;
        if (!vdib__is_visible(names[i]) || vdib__path_join(folder, names[i], &path) != VDIB_OK)
            continue;
        found = vdib__events_recording(path);
        vdib__free(path);
    }
    return found;
}

static vdib_status walk(vdib__tree *t, size_t part_number, const char *folder, int depth);

/* What a folder that is no class holds: further folders, and, where classes are expected, recordings beside them. */
static vdib_status walk_entry(vdib__tree *t, size_t part_number, const char *folder, const char *name, int depth) {
    unread *u = &t->parts[part_number].unread;
    char *path = NULL;
    VDIB_TRY(vdib__path_join(folder, name, &path));
    vdib_status status = VDIB_OK;
    if (!vdib__is_visible(name))
        status = pass_over(&u->hidden, &u->first_hidden, path);
    else if (vdib__is_folder_below(path))
        status = walk(t, part_number, path, depth + 1);
    else if (depth == 0 && vdib__events_recording(path))
        status = pass_over(&u->strays, &u->first_stray, path);
    vdib__free(path);
    return status;
}

/* A folder right below the part's is a class even without a recording, which will be said of it. */
static vdib_status walk(vdib__tree *t, size_t part_number, const char *folder, int depth) {
    char **names = NULL;
    size_t count = 0, before = t->count, hidden = t->parts[part_number].unread.hidden;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    if (depth > 0 && holds_recording(folder, names, count)) {
        status = add_place(t, part_number, folder);
    } else {
        for (size_t i = 0; i < count && status == VDIB_OK && depth < DEEPEST; i++)
            status = walk_entry(t, part_number, folder, names[i], depth);
        if (status == VDIB_OK && depth == 1 && t->count == before) {
            t->parts[part_number].unread.hidden = hidden; /* its files are listed once more */
            status = add_place(t, part_number, folder);
        }
    }
    vdib__names_free(names, count);
    return status;
}

vdib_status vdib__tree_add(vdib__tree *t, const char *folder, vdib__share share) {
    part *p = &t->parts[t->part_count];
    *p = (part){.share = share};
    VDIB_TRY(vdib__strdup(folder, &p->path));
    return walk(t, t->part_count++, folder, 0);
}

vdib_status vdib__tree_add_class(vdib__tree *t, const char *folder, vdib__share share, const char *path,
                                 const char *name) {
    size_t number = 0;
    while (number < t->part_count && t->parts[number].share != share)
        number++;
    if (number == t->part_count) {
        t->parts[number] = (part){.share = share};
        VDIB_TRY(vdib__strdup(folder, &t->parts[number].path));
        t->part_count++;
    }
    VDIB_TRY(add_place(t, number, path));
    return vdib__strdup(name, &t->places[t->count - 1].name);
}

/* ---- what they are called ---- */

/* The folder of a path that has so many behind it, and its length; NULL: there is none. */
static const char *component(const char *path, size_t behind, size_t *length) {
    const char *end = path + strlen(path), *begin;
    for (;; behind--) {
        for (begin = end; begin > path && begin[-1] != '/'; begin--)
            ;
        *length = (size_t)(end - begin);
        if (behind == 0 || begin == path)
            break;
        end = begin - 1;
    }
    return behind == 0 ? begin : NULL;
}

static bool same_name(const class_place *a, const class_place *b, size_t behind) {
    size_t lengths[2];
    const char *first = component(a->relative, behind, &lengths[0]);
    const char *second = component(b->relative, behind, &lengths[1]);
    return lengths[0] == lengths[1] && strncmp(first, second, lengths[0]) == 0;
}

/* Whether a folder's name numbers a recording session (session0, run_2, Trial 03), who was recorded (user07), or is a
 * date (2024-01-31). */
static bool numbers_a_session(const class_place *place, size_t behind) {
    static const char *const words[] = {"session", "run",     "trial", "take", "recording",   "rec", "sequence",
                                        "seq",     "subject", "user",  "day",  "participant", "rep", "repetition"};
    enum { LONGEST = 16, DATE = 6 };
    char word[LONGEST] = "";
    size_t length = 0, letters = 0, digits;
    const char *name = component(place->relative, behind, &length);
    for (; letters < length && letters < LONGEST - 1 && strchr("0123456789_- .", name[letters]) == NULL; letters++)
        word[letters] = name[letters];
    if (letters == 0 && strspn(name, "0123456789_-.") >= length && length >= DATE)
        return true;
    digits = letters + (letters < length && strchr("_- .", name[letters]) != NULL);
    if (digits == length || digits + strspn(name + digits, "0123456789") < length)
        return false;
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
        if (vdib__same_word(word, words[w]))
            return true;
    return false;
}

/* How many folders stand between that which names the class and the recordings: none, unless all classes would have one
 * name then (cat/raw, dog/raw), or be numbered sessions of recording (cat/session1, dog/session1) and other folders
 * stand above these. */
static size_t choose_level(const vdib__tree *t) {
    size_t behind = 0, length;
    if (t->count > 0 && t->places[0].name != NULL)
        return 0;
    for (;; behind++) {
        bool same = t->count > 1, sessions = t->count > 1, higher = true;
        for (size_t i = 0; i < t->count; i++) {
            same = same && same_name(&t->places[0], &t->places[i], behind);
            sessions = sessions && numbers_a_session(&t->places[i], behind);
            higher = higher && component(t->places[i].relative, behind + 1, &length) != NULL;
        }
        if ((!same && !sessions) || !higher)
            return same || sessions ? 0 : behind; /* one class in all, or none but numbers: its innermost name */
    }
}

static vdib_status name_of(const class_place *place, size_t behind, char **name) {
    size_t length = 0;
    if (place->name != NULL)
        return vdib__strdup(place->name, name);
    const char *begin = component(place->relative, behind, &length);
    VDIB_TRY(VDIB_NEW(name, length + 1));
    memcpy(*name, begin, length);
    return VDIB_OK;
}

static vdib_status note_depth(const vdib__tree *t, size_t behind, vdib_dataset *dataset) {
    for (size_t i = 0; i < t->count; i++) {
        char *name = NULL;
        if (t->places[i].name != NULL || strchr(t->places[i].relative, '/') == NULL)
            continue;
        VDIB_TRY(name_of(&t->places[i], behind, &name));
        vdib_status status = vdib__note(dataset,
                                        "class folders stand more than one folder deep: recordings in %s are of class "
                                        "'%s'; a manifest can say otherwise",
                                        t->places[i].path, name);
        vdib__free(name);
        return status;
    }
    return VDIB_OK;
}

/* ---- their recordings ---- */

static vdib_status list_folder(part *p, vdib__entries *entries, const char *folder, size_t number, int depth);

static vdib_status list_entry(part *p, vdib__entries *entries, const char *folder, const char *name, size_t number,
                              int depth) {
    char *path = NULL;
    VDIB_TRY(vdib__path_join(folder, name, &path));
    vdib_status status = VDIB_OK;
    if (!vdib__is_visible(name)) {
        status = pass_over(&p->unread.hidden, &p->unread.first_hidden, path);
    } else if (p->has_targets && vdib__same_word(name, VDIB_TARGETS_FOLDER)) {
        status = VDIB_OK;
    } else if (p->has_targets && vdib__picture_is_named(name)) {
        p->unread.pictures++;
    } else if (vdib__events_recording(path)) { /* a folder that is named like one is refused by the check */
        status = vdib__entries_take(entries, path, number, p->share);
    } else if (vdib__is_folder_below(path)) {
        status = depth < DEEPEST ? list_folder(p, entries, path, number, depth + 1) : VDIB_OK;
    } else {
        status = pass_over(&p->unread.files, &p->unread.first_file, path);
    }
    vdib__free(path);
    return status;
}

static vdib_status list_folder(part *p, vdib__entries *entries, const char *folder, size_t number, int depth) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++)
        status = list_entry(p, entries, folder, names[i], number, depth);
    vdib__names_free(names, count);
    return status;
}

static vdib_status list_place(vdib__tree *t, const class_place *place, size_t behind, vdib__entries *entries) {
    part *p = &t->parts[place->part];
    char *name = NULL;
    size_t number = 0;
    if (place->relative[0] == '\0') /* recordings without classes */
        VDIB_TRY(vdib__strdup(VDIB_ONE_CLASS, &name));
    else
        VDIB_TRY(name_of(place, behind, &name));
    vdib_status status = vdib__entries_class(entries, name, p->share, &number);
    vdib__free(name);
    if (status != VDIB_OK)
        return vdib__fail_prefix(status, "%s", place->path);
    return list_folder(p, entries, place->path, number, 0);
}

/* ---- what is not read ---- */

/* A part has folders, but no recordings in them. */
static vdib_status fail_without_recordings(const part *p, const vdib__entries *entries) {
    const unread *u = &p->unread;
    const vdib__unreadable *damaged =
        &entries->unreadable[p->share == VDIB_SHARE_TEST ? VDIB_PART_TEST : VDIB_PART_TRAIN];
    if (damaged->first != NULL)
        return vdib__fail(damaged->status, "%s", damaged->first);
    if (u->first_stray != NULL)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: stands beside the folders of the classes; a recording's class is its folder, put it into "
            "<class>/",
            u->first_stray);
    if (u->first_file != NULL)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds no recordings that are read: %s is none by its name%s; convert what it holds to "
                          "a format that is read (docs/data.md), for example N-MNIST's .bin",
                          p->path, u->first_file, u->files > 1 ? ", and so are all others" : "");
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: holds no recordings; put them there as <class>/NNNNN.bin, or in another format that is read",
                      p->path);
}

static vdib_status note_some(vdib_dataset *dataset, size_t count, const char *noun, const char *where,
                             const char *first) {
    if (count == 0)
        return VDIB_OK;
    return vdib__note(dataset, "%zu %s%s %s %s not read, %s%s", count, noun, vdib__s(count), where,
                      count == 1 ? "is" : "are", count == 1 ? "" : "the first is ", first);
}

static vdib_status note_unread(const vdib__tree *t, vdib_dataset *dataset) {
    size_t files = 0, strays = 0, hidden = 0;
    const char *file = NULL, *stray = NULL, *first_hidden = NULL;
    for (size_t i = 0; i < t->part_count; i++) {
        const unread *u = &t->parts[i].unread;
        files += u->files;
        strays += u->strays;
        hidden += u->hidden;
        first_hidden = first_hidden == NULL ? u->first_hidden : first_hidden;
        file = file == NULL ? u->first_file : file;
        stray = stray == NULL ? u->first_stray : stray;
    }
    if (hidden > 0)
        VDIB_TRY(
            vdib__note(dataset, "hidden files and folders are left out: %zu, the first is %s", hidden, first_hidden));
    VDIB_TRY(note_some(dataset, files, "file",
                       "in the folders of the classes, not named like recordings or without events,", file));
    return note_some(dataset, strays, "recording", "beside the folders of the classes", stray);
}

/* Where targets are read from files: folders of targets are no classes, and without classes all is one. */
static vdib_status make_room_for_targets(vdib__tree *t, const vdib__target *target) {
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++) {
        const char *last = strrchr(t->places[i].path, '/');
        if (target->files && last != NULL && vdib__same_word(last + 1, VDIB_TARGETS_FOLDER))
            free_place(&t->places[i]);
        else
            t->places[kept++] = t->places[i];
    }
    t->count = kept;
    for (size_t p = 0; p < t->part_count; p++) {
        t->parts[p].has_targets = target->files;
        if (kept > 0 || t->parts[p].unread.strays == 0 || !vdib__choice_is(&target->choice, "values"))
            continue;
        t->parts[p].unread.strays = 0;
        VDIB_TRY(add_place(t, p, t->parts[p].path));
    }
    return VDIB_OK;
}

vdib_status vdib__tree_list(vdib__tree *t, vdib_dataset *dataset, vdib__entries *entries) {
    VDIB_TRY(make_room_for_targets(t, dataset->parameters.target));
    size_t behind = choose_level(t);
    for (size_t p = 0; p < t->part_count; p++) {
        size_t before = entries->count;
        for (size_t i = 0; i < t->count; i++)
            if (t->places[i].part == p)
                VDIB_TRY(list_place(t, &t->places[i], behind, entries));
        if (entries->count == before)
            return fail_without_recordings(&t->parts[p], entries);
    }
    for (size_t p = 0; p < t->part_count; p++)
        dataset->pictures_beside += t->parts[p].unread.pictures;
    VDIB_TRY(note_depth(t, behind, dataset));
    return note_unread(t, dataset);
}

vdib_status vdib__tree_list_open(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    vdib__tree *tree = NULL;
    vdib_status status = vdib__tree_create(&tree);
    if (status == VDIB_OK)
        status = vdib__tree_add(tree, folder, VDIB_SHARE_OPEN);
    if (status == VDIB_OK)
        status = vdib__tree_list(tree, dataset, entries);
    vdib__tree_destroy(tree);
    return status;
}
