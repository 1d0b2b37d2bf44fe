/* SPDX-License-Identifier: MIT */
#include "data/recordings/siblings.h"

#include "core/alloc.h"
#include "core/error.h"

struct vdib__siblings {
    vdib__item **items;      /* (all items of recordings) by recording */
    size_t *first;           /* (recordings + 1) where those of each begin */
    vdib_events_info *infos; /* (recordings) of files that were read to their end; size 0: not yet */
};

void vdib__siblings_destroy(vdib__siblings *s) {
    if (s == NULL)
        return;
    vdib__free(s->infos);
    vdib__free(s->first);
    vdib__free(s->items);
    vdib__free(s);
}

/* Recordings by number; filmed images that are mixed in have none. */
static void sort_in(const vdib_dataset *dataset, vdib__siblings *s) {
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++)
            if (dataset->parts[p].items[i].path != NULL)
                s->first[dataset->parts[p].items[i].recording]++;
    for (size_t r = 0; r < dataset->recordings; r++)
        s->first[r + 1] += s->first[r]; /* where each ends; the last one stays so */
    for (int p = VDIB_PARTS; p-- > 0;)
        for (size_t i = dataset->parts[p].count; i-- > 0;) {
            vdib__item *item = &dataset->parts[p].items[i];
            if (item->path != NULL)
                s->items[--s->first[item->recording]] = item;
        }
}

static vdib_status make(const vdib_dataset *dataset, vdib__siblings **siblings) {
    vdib__siblings *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status =
        VDIB_NEW(&made->items, dataset->parts[VDIB_PART_TRAIN].count + dataset->parts[VDIB_PART_TEST].count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->first, dataset->recordings + 1);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->infos, dataset->recordings);
    if (status != VDIB_OK) {
        vdib__siblings_destroy(made);
        return status;
    }
    sort_in(dataset, made);
    *siblings = made;
    return VDIB_OK;
}

vdib_status vdib__siblings_of(vdib_dataset *dataset, const vdib__item *item, vdib__item *const **items, size_t *count) {
    vdib_status status = VDIB_OK;
    (void)pthread_mutex_lock(&dataset->lock);
    if (dataset->siblings == NULL)
        status = make(dataset, &dataset->siblings);
    const vdib__siblings *s = dataset->siblings;
    (void)pthread_mutex_unlock(&dataset->lock);
    VDIB_TRY(status);
    *items = s->items + s->first[item->recording];
    *count = s->first[item->recording + 1] - s->first[item->recording];
    return VDIB_OK;
}

bool vdib__siblings_info(vdib_dataset *dataset, const vdib__item *item, vdib_events_info *info) {
    (void)pthread_mutex_lock(&dataset->lock);
    bool known = dataset->siblings != NULL && dataset->siblings->infos[item->recording].size != 0;
    if (known)
        *info = dataset->siblings->infos[item->recording];
    (void)pthread_mutex_unlock(&dataset->lock);
    return known;
}

void vdib__siblings_keep_info(vdib_dataset *dataset, const vdib__item *item, const vdib_events_info *info) {
    if (dataset->recordings == 0) /* a file without a folder */
        return;
    (void)pthread_mutex_lock(&dataset->lock);
    if (dataset->siblings != NULL || make(dataset, &dataset->siblings) == VDIB_OK)
        dataset->siblings->infos[item->recording] = *info;
    (void)pthread_mutex_unlock(&dataset->lock);
}
