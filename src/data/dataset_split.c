/* SPDX-License-Identifier: MIT */
/* The validation split: what the data say, or split_validation.c has drawn, else a tenth of the training examples, at
 * most 1,000, at least one of two or more, chosen by seed 0, and with each all examples of its recording.
 * It is made when a data set is first looked at after examples were added. */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/dataset_parts.h"

enum { VALIDATION_SHARE = 10, VALIDATION_MOST = 1000 };

vdib_status vdib__split_reserve(vdib_dataset *dataset) {
    size_t count = dataset->parts[VDIB_PART_TRAIN].count;
    if (count > UINT32_MAX)
        return vdib__fail(VDIB_ERROR_DATA, "%zu training example%s; at most 2^32 - 1 are possible", count,
                          vdib__s(count));
    VDIB_TRY(VDIB_RESERVE(&dataset->members, &dataset->member_capacity, count));
    VDIB_TRY(VDIB_RESERVE(&dataset->permutation, &dataset->permutation_capacity, count));
    if (dataset->several)
        VDIB_TRY(VDIB_RESERVE(&dataset->sizes, &dataset->size_capacity, dataset->recordings));
    atomic_store(&dataset->settled, false);
    return VDIB_OK;
}

static int compare_numbers(const void *a, const void *b) {
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return first < second ? -1 : first > second;
}

/* Puts the validation items of the first `count` at the beginning of the permutation: how many they are. */
static size_t take_given(vdib_dataset *dataset, size_t count) {
    const vdib__item *items = dataset->parts[VDIB_PART_TRAIN].items;
    size_t first = 0, last = count;
    for (size_t i = 0; i < count; i++)
        dataset->permutation[items[i].validation ? first++ : --last] = (uint32_t)i;
    return first;
}

/* Moves the items of whole recordings to the beginning of the permutation, in its order, until they are `wanted` or
 * more; one recording stays behind. */
static size_t take_whole(vdib_dataset *dataset, size_t count, size_t wanted) {
    const vdib__item *items = dataset->parts[VDIB_PART_TRAIN].items;
    size_t taken = 0, left = 0, first = 0, last = count;
    memset(dataset->sizes, 0, dataset->recordings * sizeof *dataset->sizes);
    for (size_t i = 0; i < count; i++)
        left += dataset->sizes[items[i].recording]++ == 0;
    for (size_t i = 0; i < count && taken < wanted && left > 1; i++) {
        uint32_t *size = &dataset->sizes[items[dataset->permutation[i]].recording];
        left -= *size > 0;
        taken += *size;
        *size = 0;
    }
    for (size_t i = 0; i < count; i++)
        dataset->permutation[dataset->sizes[items[i].recording] == 0 ? first++ : --last] = (uint32_t)i;
    return first;
}

/* The first `validation` of a permutation are the validation split, the others the training split, and so are filmed
 * images beside real recordings. */
static void choose(vdib_dataset *dataset) {
    size_t all = dataset->parts[VDIB_PART_TRAIN].count, count = all - dataset->mixed_count;
    size_t validation = count / VALIDATION_SHARE;
    if (validation > VALIDATION_MOST)
        validation = VALIDATION_MOST;
    if (validation == 0 && count >= 2)
        validation = 1;
    vdib__key key = {.seed = 0, .purpose = VDIB_PURPOSE_SPLIT};
    vdib__random_permutation(&key, dataset->permutation, (uint32_t)count);
    if (dataset->own_validation)
        validation = take_given(dataset, count);
    else if (dataset->several)
        validation = take_whole(dataset, count, validation);
    size_t training = all - validation;
    for (size_t i = 0; i < validation; i++)
        dataset->members[training + i] = dataset->permutation[i];
    for (size_t i = 0; i < count - validation; i++)
        dataset->members[i] = dataset->permutation[validation + i];
    for (size_t i = count; i < all; i++)
        dataset->members[i - validation] = (uint32_t)i;
    qsort(dataset->members, training, sizeof *dataset->members, compare_numbers);
    qsort(dataset->members + training, validation, sizeof *dataset->members, compare_numbers);
    dataset->validation = validation;
}

/* Marks the natural training images behind some training items as left out, or as not. */
static void mark_images(const vdib_dataset *dataset, const uint32_t *members, size_t count, bool left_out,
                        bool *marks) {
    const vdib__images *natural = &dataset->natural[VDIB_PART_TRAIN];
    size_t pixels = vdib__images_values(natural);
    const float *end = natural->pixels + natural->count * pixels;
    for (size_t i = 0; i < count; i++) {
        const float *image = dataset->parts[VDIB_PART_TRAIN].items[members[i]].image;
        if (image != NULL && image >= natural->pixels && image < end)
            marks[(size_t)(image - natural->pixels) / pixels] = left_out;
    }
}

vdib_status vdib__dataset_judge_images(const vdib_dataset *dataset, vdib__images *images) {
    bool *left_out = NULL;
    *images = dataset->natural[VDIB_PART_TRAIN];
    VDIB_TRY(VDIB_NEW(&left_out, images->count));
    vdib_status status = VDIB_NEW(&images->chosen, images->count);
    if (dataset->parts[VDIB_PART_TRAIN].items != NULL) {
        size_t training = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN);
        mark_images(dataset, dataset->members + training, dataset->validation, true, left_out);
        mark_images(dataset, dataset->members, training, false, left_out); /* images of classes are everybody's */
    }
    for (size_t i = 0; i < images->count && status == VDIB_OK; i++)
        if (!left_out[i])
            images->chosen[images->chosen_count++] = (uint32_t)i;
    vdib__free(left_out);
    return status;
}

void vdib__split_settle(vdib_dataset *dataset) {
    if (atomic_load(&dataset->settled))
        return;
    pthread_mutex_lock(&dataset->lock);
    if (!atomic_load(&dataset->settled)) {
        if (dataset->parts[VDIB_PART_TRAIN].count > 0)
            choose(dataset);
        atomic_store(&dataset->settled, true);
    }
    pthread_mutex_unlock(&dataset->lock);
}

/* Whether the program gives validation examples of its own. */
static bool has_validation(const vdib_dataset *dataset) {
    return dataset->callback != NULL && dataset->callback->validation > 0;
}

bool vdib__dataset_is_endless(const vdib_dataset *dataset) {
    return dataset->parameters.input->size != NULL;
}

size_t vdib_dataset_size(const vdib_dataset *dataset, vdib_split split) {
    if (dataset == NULL)
        return 0;
    if (dataset->parameters.input->size != NULL)
        return dataset->parameters.input->size(dataset, split);
    if (split == VDIB_SPLIT_TEST)
        return dataset->parts[VDIB_PART_TEST].count;
    if (has_validation(dataset))
        return split == VDIB_SPLIT_VALIDATION ? dataset->callback->validation : dataset->parts[VDIB_PART_TRAIN].count;
    /* The split is a cache of what the examples say: making it does not change the data set. */
    vdib__split_settle((vdib_dataset *)dataset);
    return split == VDIB_SPLIT_VALIDATION ? dataset->validation
                                          : dataset->parts[VDIB_PART_TRAIN].count - dataset->validation;
}

vdib_status vdib__split_number(const vdib_dataset *dataset, vdib_split *split, size_t *index) {
    static const char *const names[] = {"training", "validation", "test"};
    if ((int)*split < VDIB_SPLIT_TRAIN || *split > VDIB_SPLIT_TEST)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "split %d; it is 0 (train), 1 (validation) or 2 (test)", (int)*split);
    size_t size = vdib_dataset_size(dataset, *split);
    if (*index >= size)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "example %zu of the %s split; it has %zu", *index, names[*split], size);
    if (*split == VDIB_SPLIT_TEST || has_validation(dataset))
        return VDIB_OK;
    size_t train = dataset->parts[VDIB_PART_TRAIN].count - dataset->validation;
    *index = dataset->members[*split == VDIB_SPLIT_TRAIN ? *index : train + *index];
    *split = VDIB_SPLIT_TRAIN;
    return VDIB_OK;
}

vdib_status vdib__split_item(const vdib_dataset *dataset, vdib_split split, size_t index, const vdib__item **item) {
    VDIB_TRY(vdib__split_number(dataset, &split, &index));
    const vdib__part *part = &dataset->parts[split == VDIB_SPLIT_TEST ? VDIB_PART_TEST : VDIB_PART_TRAIN];
    if (part->items == NULL)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED, "examples that a function of the program's gives are not kept");
    *item = &part->items[index];
    return VDIB_OK;
}
