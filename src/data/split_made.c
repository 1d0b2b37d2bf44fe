/* SPDX-License-Identifier: MIT */
/* Splits: one that is made where nobody says what a recording is for, and the digest of any. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "data/entries.h"

/* How many of a class's recordings are for testing: the share, rounded to the nearest, but one at least and not all,
 * where there are two or more. */
static size_t tested(size_t recordings, double share) {
    size_t count = (size_t)floor((double)recordings * share + 0.5);
    if (recordings < 2)
        return 0;
    return count < 1 ? 1 : count > recordings - 1 ? recordings - 1 : count;
}

/* Recordings of one class, by their numbers, which follow their paths. */
typedef struct class_recordings {
    uint32_t *order; /* (count) a permutation of them */
    size_t *numbers; /* (count) */
    size_t count;
} class_recordings;

/* test (recordings) = whether one is for testing. owner (recordings): the class of the first entry of each. */
static vdib_status choose(const vdib_dataset *dataset, const vdib__entries *entries, const size_t *owner, size_t c,
                          class_recordings *r, bool *test) {
    vdib__key key = {.seed = dataset->parameters.split_seed,
                     .purpose = VDIB_PURPOSE_SPLIT,
                     .stage = VDIB_STAGE_EVALUATION, /* apart from that of validation */
                     .example = vdib__number_of_name(entries->classes.all[c].name)};
    r->count = 0;
    for (size_t i = 0; i < entries->recordings; i++)
        if (owner[i] == c)
            r->numbers[r->count++] = i;
    if (r->count > UINT32_MAX)
        return vdib__fail(VDIB_ERROR_DATA, "class '%s' has %zu recordings; at most 2^32 - 1 can be split",
                          entries->classes.all[c].name, r->count);
    vdib__random_permutation(&key, r->order, (uint32_t)r->count);
    for (size_t i = 0; i < tested(r->count, dataset->parameters.test_share); i++)
        test[r->numbers[r->order[i]]] = true;
    return VDIB_OK;
}

static vdib_status choose_all(const vdib_dataset *dataset, const vdib__entries *entries, bool *test) {
    class_recordings r = {0};
    size_t *owner = NULL;
    vdib_status status;
    VDIB_TRY_GOTO(VDIB_NEW(&owner, entries->recordings), done);
    VDIB_TRY_GOTO(VDIB_NEW(&r.order, entries->recordings), done);
    VDIB_TRY_GOTO(VDIB_NEW(&r.numbers, entries->recordings), done);
    for (size_t i = entries->count; i-- > 0;)
        owner[entries->all[i].recording] = entries->all[i].class_folder;
    for (size_t c = 0; c < entries->classes.count && status == VDIB_OK; c++)
        status = choose(dataset, entries, owner, c, &r, test);
done:
    vdib__free(r.numbers);
    vdib__free(r.order);
    vdib__free(owner);
    return status;
}

static vdib_status note_split(vdib_dataset *dataset, const vdib__entries *entries, const char *layout) {
    size_t count = 0;
    for (size_t i = 0; i < entries->count; i++)
        count += entries->all[i].share == VDIB_SHARE_TEST;
    char share[32];
    vdib__format(share, sizeof share, "%g", dataset->parameters.test_share);
    return vdib__note(dataset,
                      "%s%snothing says which recordings are for testing: %zu of %zu example%s are, a share of %s of "
                      "every class's recordings drawn by data.split_seed %llu (data.test_share, or a manifest, says "
                      "otherwise)",
                      layout != NULL ? layout : "", layout != NULL ? ": " : "", count, entries->count,
                      vdib__s(entries->count), share, (unsigned long long)dataset->parameters.split_seed);
}

/* Keys that were set for a split that nobody makes. */
static vdib_status note_given(vdib_dataset *dataset) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    char share[32];
    if (p->for_model || p->test_share <= 0 || (p->test_share == VDIB_TEST_SHARE && p->split_seed == 0))
        return VDIB_OK;
    vdib__format(share, sizeof share, "%g", p->test_share);
    return vdib__note(dataset,
                      "data.test_share (%s) and data.split_seed (%llu) are not used: the data say themselves which "
                      "recordings are for testing",
                      share, (unsigned long long)p->split_seed);
}

/* Windows of the only recording, in order of time: the last ones are for testing, those before them for validation. */
static vdib_status split_in_time(vdib_dataset *dataset, vdib__entries *entries) {
    size_t count = entries->count, test = (size_t)(dataset->parameters.test_share * (double)count + 0.5);
    test = test < 1 ? 1 : test > count - 2 ? count - 2 : test;
    size_t validation = (count - test) / 10 > 0 ? (count - test) / 10 : 1;
    for (size_t i = 0; i < count; i++) /* windows were cut in order of time */
        entries->all[i].share = i >= count - test                ? VDIB_SHARE_TEST
                                : i >= count - test - validation ? VDIB_SHARE_VALIDATION
                                                                 : VDIB_SHARE_TRAIN;
    return vdib__note(
        dataset,
        "all %zu examples are windows of one recording: the last %zu of them are for testing (data.test_share)"
        ", the %zu before them for validation; windows that overlap may share events across these borders",
        count, test, validation);
}

vdib_status vdib__entries_split(vdib_dataset *dataset, vdib__entries *entries, const char *layout) {
    bool *test = NULL, open = false;
    for (size_t i = 0; i < entries->count && !open; i++)
        open = entries->all[i].share == VDIB_SHARE_OPEN;
    if (!open)
        return note_given(dataset);
    if (entries->recordings == 1 && entries->count > 2)
        return split_in_time(dataset, entries);
    VDIB_TRY(VDIB_NEW(&test, entries->recordings));
    vdib_status status = choose_all(dataset, entries, test);
    for (size_t i = 0; i < entries->count && status == VDIB_OK; i++)
        if (entries->all[i].share == VDIB_SHARE_OPEN)
            entries->all[i].share = test[entries->all[i].recording] ? VDIB_SHARE_TEST : VDIB_SHARE_TRAIN;
    vdib__free(test);
    return status == VDIB_OK ? note_split(dataset, entries, layout) : status;
}

/* ---- the digest of a split ---- */

static int compare_entries(const void *a, const void *b) {
    const vdib__entry *first = *(const vdib__entry *const *)a, *second = *(const vdib__entry *const *)b;
    int order = vdib__entry_compare(first, second);
    return order != 0 ? order : (first->share > second->share) - (first->share < second->share);
}

/* A path below the data's folder counts without it: the same data elsewhere have the same digest. */
static const char *below(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 ? path + length + strspn(path + length, "/") : path;
}

vdib_status vdib__entries_digest(const vdib__entries *entries, const char *folder, char text[VDIB_DIGEST_TEXT]) {
    const vdib__entry **order = NULL;
    vdib__digest digest;
    VDIB_TRY(VDIB_NEW(&order, entries->count));
    for (size_t i = 0; i < entries->count; i++)
        order[i] = &entries->all[i];
    if (entries->count > 0)
        qsort(order, entries->count, sizeof *order, compare_entries);
    vdib__digest_begin(&digest);
    for (size_t i = 0; i < entries->count; i++) {
        const vdib__entry *entry = order[i];
        const char *path = below(entry->path, folder), *name = entries->classes.all[entry->class_folder].name;
        vdib__digest_add(&digest, path, strlen(path) + 1);
        vdib__digest_add(&digest, name, strlen(name) + 1);
        vdib__digest_add_number(&digest, (uint64_t)entry->from_us);
        vdib__digest_add_number(&digest, (uint64_t)entry->to_us);
        vdib__digest_add_number(&digest, (uint64_t)entry->share);
    }
    vdib__digest_end(&digest, text);
    vdib__free(order);
    return VDIB_OK;
}
