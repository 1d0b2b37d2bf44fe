/* SPDX-License-Identifier: MIT */
#include "data/entries.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"

vdib_status vdib__entries_add(vdib__entries *entries, const char *path, size_t class_folder, vdib__share share,
                              vdib__entry **added) {
    VDIB_TRY(VDIB_RESERVE(&entries->all, &entries->capacity, entries->count + 1));
    vdib__entry *entry = &entries->all[entries->count];
    *entry = (vdib__entry){
        .class_folder = class_folder, .share = share, .from_us = VDIB_FROM_THE_BEGINNING, .to_us = VDIB_TO_THE_END};
    VDIB_TRY(vdib__strdup(path, &entry->path));
    entries->count++;
    if (added != NULL)
        *added = entry;
    return VDIB_OK;
}

vdib_status vdib__entries_class(vdib__entries *entries, const char *name, vdib__share share, size_t *number) {
    vdib__class_folders *classes = &entries->classes;
    if (!vdib__is_utf8(name)) /* names of classes stand in models and reports, which are UTF-8 */
        return vdib__fail(VDIB_ERROR_DATA, "the name of the class is not UTF-8; rename it");
    if (share != VDIB_SHARE_TEST)
        VDIB_TRY(vdib__class_folders_add(classes, name, VDIB_PART_TRAIN, number));
    if (share == VDIB_SHARE_TEST || share == VDIB_SHARE_OPEN)
        VDIB_TRY(vdib__class_folders_add(classes, name, VDIB_PART_TEST, number));
    return VDIB_OK;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp((*(vdib__entry *const *)a)->path, (*(vdib__entry *const *)b)->path);
}

vdib_status vdib__entries_number(vdib__entries *entries, bool *several) {
    vdib__entry **order = NULL;
    VDIB_TRY(VDIB_NEW(&order, entries->count));
    for (size_t i = 0; i < entries->count; i++)
        order[i] = &entries->all[i];
    if (entries->count > 0)
        qsort(order, entries->count, sizeof *order, compare_paths);
    entries->recordings = 0;
    for (size_t i = 0; i < entries->count; i++) {
        entries->recordings += i == 0 || strcmp(order[i - 1]->path, order[i]->path) != 0;
        order[i]->recording = entries->recordings - 1;
    }
    *several = entries->recordings < entries->count;
    vdib__free(order);
    return VDIB_OK;
}

int vdib__entry_compare(const vdib__entry *first, const vdib__entry *second) {
    int order = strcmp(first->path, second->path);
    if (order != 0)
        return order;
    if (first->from_us != second->from_us)
        return first->from_us < second->from_us ? -1 : 1;
    return (first->to_us > second->to_us) - (first->to_us < second->to_us);
}

void vdib__entries_free(vdib__entries *entries) {
    for (size_t i = 0; i < entries->count; i++) {
        vdib__free(entries->all[i].target);
        vdib__free(entries->all[i].path);
    }
    vdib__free(entries->all);
    vdib__class_folders_free(&entries->classes);
    *entries = (vdib__entries){0};
}
