/* SPDX-License-Identifier: MIT */
#include "data/entries.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "events/events.h"

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

static int part_of(vdib__share share) {
    return share == VDIB_SHARE_TEST ? VDIB_PART_TEST : VDIB_PART_TRAIN;
}

vdib_status vdib__entries_take(vdib__entries *entries, const char *path, size_t class_folder, vdib__share share) {
    vdib__unreadable *u = &entries->unreadable[part_of(share)];
    vdib_status status = vdib__events_check(path);
    if (status == VDIB_OK)
        return vdib__entries_add(entries, path, class_folder, share, NULL);
    if (status != VDIB_ERROR_FORMAT) /* what the system does not give, such as for want of rights, can be mended */
        return status;
    if (u->first == NULL)
        VDIB_TRY(vdib__strdup(vdib_last_message(), &u->first));
    u->status = u->count++ == 0 ? status : u->status;
    return VDIB_OK;
}

vdib_status vdib__entries_judge(vdib__entries *entries, vdib_dataset *dataset) {
    size_t readable[VDIB_PARTS] = {0};
    for (size_t i = 0; i < entries->count; i++)
        readable[part_of(entries->all[i].share)]++;
    for (int p = 0; p < VDIB_PARTS; p++) {
        vdib__unreadable *u = &entries->unreadable[p];
        if (9 * u->count > readable[p])
            return u->count == 1 ? vdib__fail(u->status, "%s", u->first)
                                 : vdib__fail(u->status, "%s (%zu of %zu files cannot be read)", u->first, u->count,
                                              u->count + readable[p]);
        dataset->unreadable[p] = *u;
        *u = (vdib__unreadable){.count = 0};
    }
    return VDIB_OK;
}

void vdib__entries_free(vdib__entries *entries) {
    for (size_t i = 0; i < entries->count; i++) {
        vdib__free(entries->all[i].target);
        vdib__free(entries->all[i].path);
    }
    vdib__free(entries->all);
    vdib__class_folders_free(&entries->classes);
    for (int p = 0; p < VDIB_PARTS; p++)
        vdib__free(entries->unreadable[p].first);
    *entries = (vdib__entries){0};
}
