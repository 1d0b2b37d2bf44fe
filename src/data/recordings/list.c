/* SPDX-License-Identifier: MIT */
/* The recordings of a data set: listed by the layout of their folder, split, and made its items. */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/layouts.h"

/* NNNNN of a path "FOLDER/NNNNN.ending"; 0 if that is no number. */
static uint64_t number_of(const char *path) {
    enum { MOST_DIGITS = 9 };
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    uint64_t number = 0;
    size_t digits = 0;
    for (; name[digits] >= '0' && name[digits] <= '9'; digits++) {
        if (digits == MOST_DIGITS)
            return 0;
        number = 10 * number + (uint64_t)(name[digits] - '0');
    }
    return digits > 0 && name[digits] == '.' ? number : 0;
}

/* An item takes the entry's texts. */
static vdib_status add_item(vdib_dataset *dataset, vdib__entry *entry) {
    vdib__part *part = &dataset->parts[entry->share == VDIB_SHARE_TEST ? VDIB_PART_TEST : VDIB_PART_TRAIN];
    vdib__item *item = NULL;
    VDIB_TRY(vdib__part_add(part, &item));
    item->label = (uint32_t)entry->class_folder;
    item->number = number_of(entry->path);
    item->path = entry->path;
    item->target_path = entry->target;
    item->line = entry->line;
    item->recording = entry->recording;
    item->validation = entry->share == VDIB_SHARE_VALIDATION;
    item->cut = entry->from_us != VDIB_FROM_THE_BEGINNING || entry->to_us != VDIB_TO_THE_END;
    item->from_us = entry->from_us;
    item->to_us = entry->to_us;
    entry->path = entry->target = NULL;
    dataset->own_validation = dataset->own_validation || item->validation;
    return VDIB_OK;
}

static int compare_items(const void *a, const void *b) {
    const vdib__item *first = a, *second = b;
    if (first->number != second->number)
        return first->number < second->number ? -1 : 1;
    if (first->label != second->label)
        return first->label < second->label ? -1 : 1;
    int order = strcmp(first->path, second->path);
    if (order != 0 || first->from_us == second->from_us)
        return order != 0 ? order : (first->to_us > second->to_us) - (first->to_us < second->to_us);
    return first->from_us < second->from_us ? -1 : 1;
}

/* Classes have been sorted: entries point to them by their new numbers. */
static vdib_status follow_classes(vdib__entries *entries) {
    size_t *now = NULL;
    VDIB_TRY(VDIB_NEW(&now, entries->classes.count));
    for (size_t c = 0; c < entries->classes.count; c++)
        now[entries->classes.all[c].added] = entries->classes.all[c].same;
    for (size_t i = 0; i < entries->count; i++)
        entries->all[i].class_folder = now[entries->all[i].class_folder];
    vdib__free(now);
    return VDIB_OK;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    const vdib__layout *layout = vdib__layout_of(folder);
    layout = layout != NULL ? layout : &vdib__layout_classes;
    if (layout->name != NULL)
        VDIB_TRY(vdib__note(dataset, "the folder is laid out as %s, %s", layout->name, layout->split));
    dataset->least_columns = layout->columns;
    dataset->least_rows = layout->rows;
    VDIB_TRY(layout->list(dataset, folder, entries));
    VDIB_TRY(vdib__entries_judge(entries, dataset));
    VDIB_TRY(vdib__class_folders_settle(dataset, folder, &entries->classes));
    VDIB_TRY(follow_classes(entries));
    VDIB_TRY(vdib__entries_number(entries, &dataset->several));
    if (dataset->parameters.window_us > 0)
        VDIB_TRY(vdib__entries_cut(dataset, entries, &dataset->several));
    VDIB_TRY(vdib__entries_split(dataset, entries, layout->name));
    VDIB_TRY(vdib__entries_digest(entries, folder, dataset->split_digest));
    dataset->recordings = entries->recordings;
    for (size_t i = 0; i < entries->count; i++)
        VDIB_TRY(add_item(dataset, &entries->all[i]));
    VDIB_TRY(vdib__class_folders_label(dataset, folder, &entries->classes));
    for (int p = 0; p < VDIB_PARTS; p++)
        if (dataset->parts[p].count > 0)
            qsort(dataset->parts[p].items, dataset->parts[p].count, sizeof *dataset->parts[p].items, compare_items);
    return VDIB_OK;
}

/* A classifier of one class is always right. */
static vdib_status note_one_class(vdib_dataset *dataset) {
    const vdib__part *part = &dataset->parts[VDIB_PART_TRAIN];
    char name[VDIB_CLASS_TEXT];
    if (dataset->parameters.for_model || part->count == 0 ||
        !vdib__choice_is(&dataset->parameters.target->choice, "class"))
        return VDIB_OK;
    for (size_t i = 1; i < part->count; i++)
        if (part->items[i].label != part->items[0].label)
            return VDIB_OK;
    return vdib__note(
        dataset,
        "all training recordings are of %s: there is nothing to tell apart, an accuracy says nothing; put "
        "those of other classes into folders of their own",
        vdib__class_text(dataset, part->items[0].label, name));
}

vdib_status vdib__recordings_list(vdib_dataset *dataset, const char *folder) {
    vdib__entries entries = {0};
    vdib_status status = list(dataset, folder, &entries);
    if (status == VDIB_OK)
        status = note_one_class(dataset);
    vdib__entries_free(&entries);
    return status;
}
