/* SPDX-License-Identifier: MIT */
/* Folders of recordings in the layout of N-MNIST: Train/<class>/<recording>, Test/<class>/<recording>. */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "data/dataset_parts.h"
#include "data/folders.h"
#include "events/events.h"

enum { NUMBER_DIGITS = 9 };

/* Folders of both parts, and the names that classes have in either of them. */
typedef struct listing {
    char *folders[VDIB_PARTS]; /* NULL: the part is missing */
    char **names;              /* (count) sorted, each once */
    size_t count, capacity;
    size_t *labels;                /* (count) label of a name; SIZE_MAX where no recording has it */
    size_t passed_over;            /* files in class folders that are no recordings */
    char *first_passed, *first_in; /* one of these; a recording that is in no class folder */
} listing;

static void listing_free(listing *l) {
    vdib__free(l->first_in);
    vdib__free(l->first_passed);
    vdib__free(l->labels);
    vdib__names_free(l->names, l->count);
    for (int p = 0; p < VDIB_PARTS; p++)
        vdib__free(l->folders[p]);
}

/* ---- names ---- */

/* Neither hidden nor what archives leave behind (__MACOSX). */
static bool is_visible(const char *name) {
    return name[0] != '.' && strncmp(name, "__", 2) != 0;
}

static bool is_number(const char *name) {
    size_t digits = strspn(name, "0123456789");
    return digits > 0 && digits <= NUMBER_DIGITS && name[digits] == '\0';
}

/* Numbers by their value, other names by their bytes; numbers first. */
static int compare_names(const void *a, const void *b) {
    const char *first = *(char *const *)a, *second = *(char *const *)b;
    bool numbers[2] = {is_number(first), is_number(second)};
    if (numbers[0] != numbers[1])
        return numbers[0] ? -1 : 1;
    if (numbers[0] && atol(first) != atol(second))
        return atol(first) < atol(second) ? -1 : 1;
    return strcmp(first, second);
}

static vdib_status add_name(listing *l, const char *name) {
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->names[i], name) == 0)
            return VDIB_OK;
    VDIB_TRY(VDIB_RESERVE(&l->names, &l->capacity, l->count + 1));
    VDIB_TRY(vdib__strdup(name, &l->names[l->count]));
    l->count++;
    return VDIB_OK;
}

/* Class folders of a part become names; a recording beside them is remembered. */
static vdib_status collect_names(listing *l, const char *folder) {
    char **entries = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &entries, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        char *path = NULL;
        if (!is_visible(entries[i]))
            continue;
        status = vdib__path_join(folder, entries[i], &path);
        if (status == VDIB_OK && vdib__is_folder(path))
            status = add_name(l, entries[i]);
        else if (status == VDIB_OK && l->first_in == NULL && vdib__events_named(entries[i]))
            status = vdib__strdup(path, &l->first_in);
        vdib__free(path);
    }
    vdib__names_free(entries, count);
    return status;
}

/* ---- recordings ---- */

/* NNNNN of a file name "NNNNN.ending"; 0 if that is no number. */
static uint64_t number_of(const char *name) {
    uint64_t number = 0;
    size_t digits = 0;
    for (; name[digits] >= '0' && name[digits] <= '9'; digits++) {
        if (digits == NUMBER_DIGITS)
            return 0;
        number = 10 * number + (uint64_t)(name[digits] - '0');
    }
    return digits > 0 && name[digits] == '.' ? number : 0;
}

/* What a class folder holds beside recordings that nobody would take for data. */
static bool is_note(const char *name) {
    static const char *const endings[] = {".txt", ".md", ".csv", ".json", ".html"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return dot == NULL;
}

static vdib_status add_recording(listing *l, vdib__part *part, const char *folder, const char *name, uint32_t label) {
    char *path = NULL;
    if (!is_visible(name))
        return VDIB_OK;
    VDIB_TRY(vdib__path_join(folder, name, &path));
    if (!vdib__events_named(name)) {
        if (is_note(name)) {
            vdib__free(path);
            return VDIB_OK;
        }
        l->passed_over++;
        if (l->first_passed == NULL)
            l->first_passed = path;
        else
            vdib__free(path);
        return VDIB_OK;
    }
    vdib__item *item = NULL;
    vdib_status status = vdib__part_add(part, &item);
    if (status != VDIB_OK) {
        vdib__free(path);
        return status;
    }
    item->label = label;
    item->number = number_of(name);
    item->path = path;
    return vdib__events_check(item->path);
}

static vdib_status list_class(listing *l, vdib__part *part, const char *folder, uint32_t label) {
    char **names = NULL;
    size_t count = 0;
    if (!vdib__is_folder(folder))
        return VDIB_OK; /* the class is in the other part alone */
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++)
        status = add_recording(l, part, folder, names[i], label);
    vdib__names_free(names, count);
    return status;
}

/* All recordings of a part, labelled by the number of their class's name. */
static vdib_status list_part(listing *l, vdib__part *part, const char *folder) {
    for (size_t c = 0; c < l->count; c++) {
        char *path = NULL;
        VDIB_TRY(vdib__path_join(folder, l->names[c], &path));
        vdib_status status = list_class(l, part, path, (uint32_t)c);
        vdib__free(path);
        VDIB_TRY(status);
    }
    if (part->count > 0)
        return VDIB_OK;
    if (l->first_in != NULL)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: stands beside the folders of the classes; a recording's class is its folder, put it into "
            "<class>/",
            l->first_in);
    if (l->first_passed != NULL)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: holds no recordings that are read: %s and others are none by their names; convert them "
                          "to N-MNIST's .bin (or .bs2)",
                          folder, l->first_passed);
    return vdib__fail(VDIB_ERROR_DATA, "%s: holds no recordings; put N-MNIST's there as <class>/NNNNN.bin (or .bs2)",
                      folder);
}

/* ---- labels ---- */

static bool is_used(const vdib_dataset *dataset, size_t name) {
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++)
            if (dataset->parts[p].items[i].label == name)
                return true;
    return false;
}

/* Labels are the places of names among those that a model knows (names, or the digits). */
static vdib_status known_labels(const vdib_dataset *dataset, const char *folder, listing *l) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    for (size_t c = 0; c < l->count; c++) {
        size_t label = p->classes;
        if (l->labels[c] == SIZE_MAX)
            continue;
        for (size_t k = 0; k < p->classes && p->class_names != NULL; k++)
            if (strcmp(p->class_names[k], l->names[c]) == 0)
                label = k;
        if (p->class_names == NULL && is_number(l->names[c]))
            label = (size_t)atol(l->names[c]);
        if (label >= p->classes)
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: has recordings of class '%s', which the model was not trained on (it knows %zu "
                              "classes, %s%s%s); take its folder away, or train on it",
                              folder, l->names[c], p->classes, p->class_names != NULL ? "'" : "numbers",
                              p->class_names != NULL ? p->class_names[0] : "",
                              p->class_names != NULL ? "' and others" : "");
        l->labels[c] = label;
    }
    return VDIB_OK;
}

/* Ten digits if every name is one, else the names in their order. *named: the names that have recordings, NULL for
 * digits. */
static vdib_status fresh_labels(vdib_dataset *dataset, listing *l) {
    const char **used = NULL;
    size_t count = 0;
    bool digits = true;
    VDIB_TRY(VDIB_NEW(&used, l->count));
    for (size_t c = 0; c < l->count; c++)
        if (l->labels[c] != SIZE_MAX) {
            digits = digits && is_number(l->names[c]) && l->names[c][1] == '\0';
            l->labels[c] = count;
            used[count++] = l->names[c];
        }
    for (size_t c = 0; c < l->count && digits; c++)
        if (l->labels[c] != SIZE_MAX)
            l->labels[c] = (size_t)(l->names[c][0] - '0');
    vdib_status status =
        digits ? vdib__classes_set(dataset, NULL, VDIB_DIGIT_CLASSES) : vdib__classes_set(dataset, used, count);
    vdib__free(used);
    return status;
}

static vdib_status label_items(vdib_dataset *dataset, const char *folder, listing *l) {
    VDIB_TRY(VDIB_NEW(&l->labels, l->count));
    for (size_t c = 0; c < l->count; c++) {
        l->labels[c] = is_used(dataset, c) ? c : SIZE_MAX;
        if (l->labels[c] == SIZE_MAX)
            VDIB_TRY(vdib__note(dataset, "class folder '%s' of %s holds no recordings and is no class", l->names[c],
                                folder));
    }
    if (dataset->parameters.classes > 0) {
        VDIB_TRY(vdib__classes_set(dataset, dataset->parameters.class_names, dataset->parameters.classes));
        VDIB_TRY(known_labels(dataset, folder, l));
    } else {
        VDIB_TRY(fresh_labels(dataset, l));
    }
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++)
            dataset->parts[p].items[i].label = (uint32_t)l->labels[dataset->parts[p].items[i].label];
    return VDIB_OK;
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
            VDIB_TRY(collect_names(l, l->folders[p]));
    if (l->count > 0)
        qsort(l->names, l->count, sizeof *l->names, compare_names);
    for (int p = 0; p < VDIB_PARTS; p++)
        if (l->folders[p] != NULL) /* without Train, models can still be evaluated */
            VDIB_TRY(list_part(l, &dataset->parts[p], l->folders[p]));
    VDIB_TRY(label_items(dataset, folder, l));
    for (int p = 0; p < VDIB_PARTS; p++)
        if (dataset->parts[p].count > 0)
            qsort(dataset->parts[p].items, dataset->parts[p].count, sizeof *dataset->parts[p].items, compare_items);
    if (l->passed_over > 0)
        VDIB_TRY(vdib__note(dataset,
                            "%zu files in the folders of the classes are no recordings by their names and are "
                            "not read, the first is %s",
                            l->passed_over, l->first_passed));
    if (l->first_in != NULL)
        VDIB_TRY(vdib__note(dataset, "%s and others beside it are in no class's folder and are not read", l->first_in));
    return VDIB_OK;
}

vdib_status vdib__recordings_list(vdib_dataset *dataset, const char *folder) {
    listing l = {0};
    vdib_status status = list(dataset, folder, &l);
    listing_free(&l);
    return status;
}
