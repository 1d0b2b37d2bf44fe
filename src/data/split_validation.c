/* SPDX-License-Identifier: MIT */
/* The validation split of recordings that have classes, where their folders name none: of every class's training
 * recordings a share, drawn by seed 0 and the class's name, and with each all of its examples. No class loses its last
 * training example; where none has two recordings, the split is that of dataset_split.c. */

#include <math.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/dataset_parts.h"

/* A tenth of the training examples, at most 1,000 in all, as in dataset_split.c. */
static const double SHARE = 0.1, MOST = 1000.0;

/* Training items by their recordings. A recording's class is that of its first item. */
typedef struct draw {
    vdib__item *items; /* (count) */
    size_t count, recordings, classes;
    size_t *first, *next; /* (recordings), (count): the items of a recording; SIZE_MAX ends them */
    size_t *all, *left;   /* (classes) training examples, and those that are not taken for validation */
    size_t *numbers;      /* (recordings) those of the class that is drawn from */
    uint32_t *order;      /* (recordings) a permutation of them */
} draw;

static void free_draw(draw *d) {
    vdib__free(d->first);
    vdib__free(d->next);
    vdib__free(d->all);
    vdib__free(d->left);
    vdib__free(d->numbers);
    vdib__free(d->order);
}

static vdib_status make_draw(vdib_dataset *dataset, draw *d) {
    *d = (draw){.items = dataset->parts[VDIB_PART_TRAIN].items,
                .count = dataset->parts[VDIB_PART_TRAIN].count,
                .recordings = dataset->recordings,
                .classes = dataset->geometry.classes};
    VDIB_TRY(VDIB_NEW(&d->first, d->recordings));
    VDIB_TRY(VDIB_NEW(&d->next, d->count));
    VDIB_TRY(VDIB_NEW(&d->all, d->classes));
    VDIB_TRY(VDIB_NEW(&d->left, d->classes));
    VDIB_TRY(VDIB_NEW(&d->numbers, d->recordings));
    VDIB_TRY(VDIB_NEW(&d->order, d->recordings));
    for (size_t r = 0; r < d->recordings; r++)
        d->first[r] = SIZE_MAX;
    for (size_t i = d->count; i-- > 0;) {
        d->next[i] = d->first[d->items[i].recording];
        d->first[d->items[i].recording] = i;
        d->left[d->items[i].label] = ++d->all[d->items[i].label];
    }
    return VDIB_OK;
}

/* Takes a recording for validation if every class of its items keeps another: how many items it has, 0: it is not
 * taken. */
static size_t take(draw *d, size_t recording) {
    size_t taken = 0;
    bool last = false;
    for (size_t i = d->first[recording]; i != SIZE_MAX; i = d->next[i])
        last = --d->left[d->items[i].label] == 0 || last;
    for (size_t i = d->first[recording]; i != SIZE_MAX; i = d->next[i]) {
        d->left[d->items[i].label] += last;
        d->items[i].validation = !last;
        taken += !last;
    }
    return taken;
}

/* Draws from the recordings of one class until a share of their examples is taken. */
static void draw_class(draw *d, size_t class_, const char *name) {
    size_t count = 0, examples = 0, taken = 0;
    double share = MOST / (double)d->count < SHARE ? MOST / (double)d->count : SHARE;
    vdib__key key = {.seed = 0, .purpose = VDIB_PURPOSE_SPLIT, .example = vdib__number_of_name(name)};
    for (size_t r = 0; r < d->recordings; r++) {
        if (d->first[r] == SIZE_MAX || d->items[d->first[r]].label != class_)
            continue;
        d->numbers[count++] = r;
        for (size_t i = d->first[r]; i != SIZE_MAX; i = d->next[i])
            examples++;
    }
    double wanted = floor((double)examples * share + 0.5);
    vdib__random_permutation(&key, d->order, (uint32_t)count);
    for (size_t i = 0; i < count && ((double)taken < wanted || taken == 0); i++)
        taken += take(d, d->numbers[d->order[i]]);
}

static vdib_status note_without(vdib_dataset *dataset, size_t without, size_t first) {
    char name[VDIB_CLASS_TEXT];
    if (without == 0)
        return VDIB_OK;
    return vdib__note(dataset, "no validation example of %zu class%s, which ha%s too few training recordings: %s%s",
                      without, vdib__es(without), without == 1 ? "s" : "ve", without > 1 ? "the first is " : "",
                      vdib__class_text(dataset, first, name));
}

static vdib_status draw_all(vdib_dataset *dataset, draw *d) {
    size_t without = 0, first = 0;
    for (size_t c = 0; c < d->classes; c++) {
        char name[VDIB_CLASS_TEXT];
        draw_class(d, c, vdib__class_text(dataset, c, name));
    }
    for (size_t c = d->classes; c-- > 0;)
        if (d->all[c] > 0 && d->left[c] == d->all[c]) {
            first = c;
            without++;
        }
    for (size_t i = 0; i < d->count; i++)
        dataset->own_validation = dataset->own_validation || d->items[i].validation;
    if (!dataset->own_validation && d->count > 1)
        return vdib__note(dataset, "no class has two training recordings: what is for validation is drawn from all of "
                                   "them, and classes of theirs are not trained on");
    return note_without(dataset, without, first);
}

/* Whether a class has training examples, but all of them are in the validation split. */
static vdib_status lost_class(const vdib_dataset *dataset, bool *lost) {
    const vdib__item *items = dataset->parts[VDIB_PART_TRAIN].items;
    size_t training = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), classes = dataset->geometry.classes;
    bool *left = NULL;
    *lost = false;
    VDIB_TRY(VDIB_NEW(&left, classes));
    for (size_t i = 0; i < training; i++)
        left[items[dataset->members[i]].label] = true;
    for (size_t i = 0; i < dataset->validation; i++)
        *lost = *lost || !left[items[dataset->members[training + i]].label];
    vdib__free(left);
    return VDIB_OK;
}

vdib_status vdib__split_validation(vdib_dataset *dataset) {
    draw d = {0};
    bool lost = true;
    if (dataset->own_validation || dataset->geometry.classes < 2)
        return VDIB_OK;
    VDIB_TRY(vdib__split_reserve(dataset));
    if (dataset->class_names == NULL) /* digits: drawn from all recordings, as those of published figures are */
        VDIB_TRY(lost_class(dataset, &lost));
    if (!lost)
        return VDIB_OK;
    vdib_status status = make_draw(dataset, &d);
    if (status == VDIB_OK)
        status = draw_all(dataset, &d);
    atomic_store(&dataset->settled, false);
    free_draw(&d);
    return status;
}
