/* SPDX-License-Identifier: MIT */
/* The classes of a data set, by number or by name, and which of them have examples. */

#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "data/dataset_parts.h"
#include "data/select.h"

vdib_status vdib__classes_set(vdib_dataset *dataset, const char *const *names, size_t count) {
    for (size_t c = 0; c < dataset->geometry.classes && dataset->class_names != NULL; c++)
        vdib__free(dataset->class_names[c]);
    vdib__free(dataset->class_names);
    dataset->class_names = NULL;
    dataset->geometry.classes = count;
    if (names == NULL)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&dataset->class_names, count));
    for (size_t c = 0; c < count; c++)
        VDIB_TRY(vdib__strdup(names[c], &dataset->class_names[c]));
    return VDIB_OK;
}

vdib_status vdib_dataset_set_class_names(vdib_dataset *dataset, const char *const *names) {
    VDIB_REQUIRE(dataset, names);
    if (!dataset->own)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_dataset_set_class_names: this data set was opened: its classes "
                                               "are named by its folders");
    for (size_t c = 0; c < dataset->geometry.classes; c++)
        if (names[c] == NULL || names[c][0] == '\0')
            return vdib__fail(VDIB_ERROR_ARGUMENT,
                              "vdib_dataset_set_class_names: class %zu of %zu has no name; give each one", c,
                              dataset->geometry.classes);
    return vdib__classes_set(dataset, names, dataset->geometry.classes);
}

const char *vdib_dataset_class_name(const vdib_dataset *dataset, size_t class_number) {
    if (dataset == NULL || dataset->class_names == NULL || class_number >= dataset->geometry.classes)
        return NULL;
    return dataset->class_names[class_number];
}

const char *const *vdib__dataset_class_names(const vdib_dataset *dataset) {
    return (const char *const *)dataset->class_names;
}

const char *vdib__class_text(const vdib_dataset *dataset, size_t class_, char text[VDIB_CLASS_TEXT]) {
    const char *name = vdib_dataset_class_name(dataset, class_);
    if (name != NULL)
        snprintf(text, VDIB_CLASS_TEXT, "class '%.120s'", name);
    else
        snprintf(text, VDIB_CLASS_TEXT, "class %zu", class_);
    return text;
}

uint64_t vdib__number_of_name(const char *name) {
    uint32_t hash = 2166136261U; /* FNV-1a, 32 bits */
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619U;
    return hash;
}

/* Labels of all examples of a split that has items. */
static vdib_status labels_of(const vdib_dataset *dataset, vdib_split split, size_t size, uint32_t *labels) {
    for (size_t i = 0; i < size; i++) {
        const vdib__item *item = NULL;
        VDIB_TRY(vdib__split_item(dataset, split, i, &item));
        labels[i] = item->label;
    }
    return VDIB_OK;
}

vdib_status vdib__dataset_choose(const vdib_dataset *dataset, vdib_split split, size_t limit, size_t **indices,
                                 size_t *count) {
    size_t size = vdib_dataset_size(dataset, split), wanted = limit != 0 && (limit < size || size == 0) ? limit : size;
    bool endless = dataset->parameters.input->fetch != NULL, fetched = dataset->callback != NULL;
    uint32_t *labels = NULL;
    size_t *chosen = NULL;
    VDIB_TRY(VDIB_NEW(&chosen, wanted));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < wanted; i++) /* labels that are not kept are not fetched to choose: evenly spread ones */
        chosen[i] = fetched && wanted < size ? i * size / wanted : i;
    if (!endless && !fetched && wanted < size) {
        status = VDIB_NEW(&labels, size);
        if (status == VDIB_OK)
            status = labels_of(dataset, split, size, labels);
        if (status == VDIB_OK)
            status = vdib__select_evenly(labels, size, wanted, chosen);
        vdib__free(labels);
    }
    if (status != VDIB_OK) {
        vdib__free(chosen);
        return status;
    }
    *indices = chosen;
    *count = wanted;
    return VDIB_OK;
}
