/* SPDX-License-Identifier: MIT */
#include "data/recordings/classes.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"

void vdib__class_folders_free(vdib__class_folders *f) {
    for (size_t c = 0; c < f->count; c++)
        vdib__free(f->all[c].name);
    vdib__free(f->all);
}

vdib_status vdib__class_folders_add(vdib__class_folders *f, const char *name, int part, size_t *number) {
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->all[i].name, name) == 0) {
            f->all[i].in[part] = true;
            *number = i;
            return VDIB_OK;
        }
    VDIB_TRY(VDIB_RESERVE(&f->all, &f->capacity, f->count + 1));
    f->all[f->count] = (vdib__class_folder){.added = f->count};
    VDIB_TRY(vdib__strdup(name, &f->all[f->count].name));
    *number = f->count;
    f->all[f->count++].in[part] = true;
    return VDIB_OK;
}

/* ---- names ---- */

static bool is_number(const char *name) {
    enum { MOST_DIGITS = 9 };
    size_t digits = strspn(name, "0123456789");
    return digits > 0 && digits <= MOST_DIGITS && name[digits] == '\0';
}

/* Numbers by their value, other names by their bytes; numbers first. */
static int compare_names(const void *a, const void *b) {
    const char *first = ((const vdib__class_folder *)a)->name, *second = ((const vdib__class_folder *)b)->name;
    bool numbers[2] = {is_number(first), is_number(second)};
    if (numbers[0] != numbers[1])
        return numbers[0] ? -1 : 1;
    if (numbers[0] && atol(first) != atol(second))
        return atol(first) < atol(second) ? -1 : 1;
    return strcmp(first, second);
}

/* The folders that part `part` alone has and whose names differ from `name` in the case of letters alone: how many, and
 * the first two. */
static size_t find_alike(const vdib__class_folders *f, const char *name, int part, size_t found[2]) {
    size_t count = 0;
    for (size_t c = 0; c < f->count; c++)
        if (f->all[c].in[part] && !f->all[c].in[1 - part] && vdib__same_word(f->all[c].name, name)) {
            if (count < 2)
                found[count] = c;
            count++;
        }
    return count;
}

/* Joins folder c, which Test alone has, to the one of Train that differs in the case of letters alone, if there is one.
 * Folders of one part are never one class: it tells them apart. */
static vdib_status join(vdib_dataset *dataset, const char *folder, vdib__class_folders *f, size_t c) {
    static const char *const parts[] = {"Train", "Test"};
    size_t found[VDIB_PARTS][2], count[VDIB_PARTS];
    const char *name = f->all[c].name;
    for (int p = 0; p < VDIB_PARTS; p++)
        count[p] = find_alike(f, name, p, found[p]);
    if (count[VDIB_PART_TRAIN] == 0)
        return VDIB_OK;
    size_t first = found[VDIB_PART_TRAIN][0];
    int many = count[VDIB_PART_TRAIN] > 1 ? VDIB_PART_TRAIN : VDIB_PART_TEST;
    if (count[many] > 1)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: class folder '%s' of %s may be '%s' or '%s' of %s, which differ in the case of letters "
                          "alone; rename them so that a class has one name in both",
                          folder, many == VDIB_PART_TRAIN ? name : f->all[first].name, parts[1 - many],
                          f->all[found[many][0]].name, f->all[found[many][1]].name, parts[many]);
    f->all[c].same = first;
    return vdib__note(dataset, "class folders '%s' of Train and '%s' of Test are taken for one class, '%s'",
                      f->all[first].name, name, f->all[first].name);
}

/* Classes of training recordings whose names differ in the case of letters alone are several, and may be one that was
 * misspelt. */
static vdib_status note_alike(vdib_dataset *dataset, const vdib__class_folders *f) {
    enum { MOST = 2000 }; /* classes that are compared with each other */
    for (size_t c = 0; c < f->count && f->count <= MOST; c++)
        for (size_t other = c + 1; other < f->count; other++)
            if (f->all[c].same == c && f->all[other].same == other &&
                vdib__same_word(f->all[c].name, f->all[other].name))
                return vdib__note(dataset, "classes '%s' and '%s' differ in the case of letters alone, and are two",
                                  f->all[c].name, f->all[other].name);
    return VDIB_OK;
}

vdib_status vdib__class_folders_settle(vdib_dataset *dataset, const char *folder, vdib__class_folders *f) {
    if (f->count > 0)
        qsort(f->all, f->count, sizeof *f->all, compare_names);
    for (size_t c = 0; c < f->count; c++)
        f->all[c].same = c;
    for (size_t c = 0; c < f->count; c++)
        if (f->all[c].in[VDIB_PART_TEST] && !f->all[c].in[VDIB_PART_TRAIN])
            VDIB_TRY(join(dataset, folder, f, c));
    return note_alike(dataset, f);
}

/* ---- labels ---- */

static bool is_used(const vdib_dataset *dataset, size_t name) {
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++)
            if (dataset->parts[p].items[i].label == name)
                return true;
    return false;
}

/* The class of that name among those that a model knows, or the only one that differs in the case of letters alone;
 * their count if there is none. */
static size_t find_known(const vdib__dataset_parameters *p, const char *name) {
    size_t alike = p->classes, count = 0;
    for (size_t k = 0; k < p->classes; k++) {
        if (strcmp(p->class_names[k], name) == 0)
            return k;
        if (vdib__same_word(p->class_names[k], name)) {
            alike = k;
            count++;
        }
    }
    return count == 1 ? alike : p->classes;
}

/* Whether another folder that has recordings is of the class already. */
static bool is_taken(const vdib__class_folders *f, size_t c, size_t label, const char *name) {
    for (size_t other = 0; other < f->count; other++)
        if (other != c && f->all[other].label != SIZE_MAX &&
            (other < c ? f->all[other].label == label : strcmp(f->all[other].name, name) == 0))
            return true;
    return false;
}

/* Labels are the places of names among those that a model knows (names, or the digits). */
static vdib_status known_labels(vdib_dataset *dataset, const char *folder, vdib__class_folders *f) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    for (size_t c = 0; c < f->count; c++) {
        const char *name = f->all[c].name;
        size_t label = p->classes;
        if (f->all[c].label == SIZE_MAX)
            continue;
        if (p->class_names != NULL)
            label = find_known(p, name);
        else if (is_number(name))
            label = (size_t)atol(name);
        bool alike = p->class_names != NULL && label < p->classes && strcmp(p->class_names[label], name) != 0;
        if (label >= p->classes || (alike && is_taken(f, c, label, p->class_names[label])))
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: has recordings of class '%s', which the model was not trained on (it knows %zu "
                              "class%s, %s%s%s); take its folder away, or train on it",
                              folder, name, p->classes, vdib__es(p->classes), p->class_names != NULL ? "'" : "numbers",
                              p->class_names != NULL ? p->class_names[0] : "",
                              p->class_names != NULL ? "' and others" : "");
        f->all[c].label = label;
        if (alike)
            VDIB_TRY(vdib__note(dataset, "class folder '%s' is taken for the model's class '%s'", name,
                                p->class_names[label]));
    }
    return VDIB_OK;
}

/* Ten digits if every name is one, else the names that have recordings, in their order. */
static vdib_status fresh_labels(vdib_dataset *dataset, vdib__class_folders *f) {
    const char **used = NULL;
    size_t count = 0;
    bool digits = true;
    VDIB_TRY(VDIB_NEW(&used, f->count));
    for (size_t c = 0; c < f->count; c++)
        if (f->all[c].label != SIZE_MAX) {
            digits = digits && is_number(f->all[c].name) && f->all[c].name[1] == '\0';
            f->all[c].label = count;
            used[count++] = f->all[c].name;
        }
    for (size_t c = 0; c < f->count && digits; c++)
        if (f->all[c].label != SIZE_MAX)
            f->all[c].label = (size_t)(f->all[c].name[0] - '0');
    vdib_status status =
        digits ? vdib__classes_set(dataset, NULL, VDIB_DIGIT_CLASSES) : vdib__classes_set(dataset, used, count);
    vdib__free(used);
    return status;
}

vdib_status vdib__class_folders_label(vdib_dataset *dataset, const char *folder, vdib__class_folders *f) {
    for (size_t c = 0; c < f->count; c++) {
        f->all[c].label = is_used(dataset, c) ? c : SIZE_MAX;
        if (f->all[c].label == SIZE_MAX && f->all[c].same == c)
            VDIB_TRY(vdib__note(dataset, "class folder '%s' of %s holds no recordings and is no class", f->all[c].name,
                                folder));
    }
    if (dataset->parameters.classes > 0) {
        VDIB_TRY(vdib__classes_set(dataset, dataset->parameters.class_names, dataset->parameters.classes));
        VDIB_TRY(known_labels(dataset, folder, f));
    } else {
        VDIB_TRY(fresh_labels(dataset, f));
    }
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++)
            dataset->parts[p].items[i].label = (uint32_t)f->all[dataset->parts[p].items[i].label].label;
    return VDIB_OK;
}
