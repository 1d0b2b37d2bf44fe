/* SPDX-License-Identifier: MIT */
/* MNIST-DVS (Serrano-Gotarredona and Linares-Barranco 2015): mnist_D_scaleSS_NNNN.aedat, in a folder a digit with
 * folders scale4, scale8, scale16, or otherwise: the names say all. Recordings 1 to 900 of a digit are for training,
 * 901 to 1000 for testing, as in the neurodata loader. */

#include <stdint.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/layouts.h"

enum {
    TRAINING = 900,
    DEEPEST = 2,       /* folders below the one given that hold recordings */
    MOST_LOOKED = 5000 /* entries, until a folder is taken for another layout; a digit has 3,000 recordings */
};

/* What a name says. */
typedef struct recording_name {
    unsigned digit, scale, number;
} recording_name;

/* A number of so many digits at *text, which is moved behind it. */
static bool read_digits(const char **text, size_t digits, unsigned *number) {
    *number = 0;
    for (size_t i = 0; i < digits; i++, ++*text) {
        if (**text < '0' || **text > '9')
            return false;
        *number = 10 * *number + (unsigned)(**text - '0');
    }
    return true;
}

static bool skip(const char **text, const char *word) {
    size_t length = strlen(word);
    bool there = strncmp(*text, word, length) == 0;
    *text += there ? length : 0;
    return there;
}

static bool parse(const char *name, recording_name *r) {
    return skip(&name, "mnist_") && read_digits(&name, 1, &r->digit) && skip(&name, "_scale") &&
           read_digits(&name, 2, &r->scale) && skip(&name, "_") && read_digits(&name, 4, &r->number) &&
           vdib__same_word(name, ".aedat") && r->number > 0;
}

/* ---- all recordings of a folder ---- */

/* What is done with each. */
typedef struct visit {
    vdib_status (*take)(void *user, const char *path, const recording_name *r);
    void *user;
    size_t left; /* entries that may still be looked at */
} visit;

/* Whether a folder's name is one of the data set's: of a scale, or of a digit at its end. Others are somebody's own
 * order of the recordings (Train, Test, classes). */
static bool is_own_folder(const char *name) {
    size_t length = strlen(name);
    return skip(&name, "scale") || (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9');
}

static vdib_status walk(visit *v, const char *folder, int depth);

static vdib_status walk_entry(visit *v, const char *folder, const char *name, int depth) {
    recording_name r;
    char *path = NULL;
    bool named = parse(name, &r);
    if (!vdib__is_visible(name) || (!named && (depth == 0 || !is_own_folder(name))))
        return VDIB_OK;
    VDIB_TRY(vdib__path_join(folder, name, &path));
    vdib_status status = VDIB_OK;
    if (named)
        status = v->take(v->user, path, &r);
    else if (vdib__is_folder(path))
        status = walk(v, path, depth - 1);
    vdib__free(path);
    return status;
}

static vdib_status walk(visit *v, const char *folder, int depth) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK && v->left > 0; i++) {
        v->left--;
        status = walk_entry(v, folder, names[i], depth);
    }
    vdib__names_free(names, count);
    return status;
}

/* ---- the layout ---- */

/* Digits that were found, a bit each. */
static vdib_status find_digit(void *user, const char *path, const recording_name *r) {
    unsigned *digits = user;
    (void)path;
    *digits |= 1U << r->digit;
    return (*digits & (*digits - 1)) != 0 ? VDIB_ERROR_CANCELLED : VDIB_OK; /* two are enough */
}

/* A folder with one digit is a class of somebody's, or a part of the data set. */
static bool is(const char *folder) {
    unsigned digits = 0;
    visit v = {.take = find_digit, .user = &digits, .left = MOST_LOOKED};
    return walk(&v, folder, DEEPEST) == VDIB_ERROR_CANCELLED;
}

/* The scales that there are: the smallest, and how many recordings have a larger one. */
typedef struct scales {
    unsigned smallest;
    size_t smallest_count, all;
} scales;

static vdib_status count_scale(void *user, const char *path, const recording_name *r) {
    scales *s = user;
    (void)path;
    if (s->all == 0 || r->scale < s->smallest) {
        s->smallest = r->scale;
        s->smallest_count = 0;
    }
    s->smallest_count += r->scale == s->smallest;
    s->all++;
    return VDIB_OK;
}

typedef struct listing {
    vdib__entries *entries;
    unsigned scale;
} listing;

static vdib_status list_one(void *user, const char *path, const recording_name *r) {
    listing *l = user;
    size_t class_number = 0;
    const char name[2] = {(char)('0' + r->digit), '\0'};
    vdib__share share = r->number <= TRAINING ? VDIB_SHARE_TRAIN : VDIB_SHARE_TEST;
    if (r->scale != l->scale)
        return VDIB_OK;
    VDIB_TRY(vdib__entries_class(l->entries, name, share, &class_number));
    return vdib__entries_take(l->entries, path, class_number, share);
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    scales s = {.all = 0};
    visit v = {.take = count_scale, .user = &s, .left = SIZE_MAX};
    VDIB_TRY(walk(&v, folder, DEEPEST));
    listing l = {.entries = entries, .scale = s.smallest};
    v = (visit){.take = list_one, .user = &l, .left = SIZE_MAX};
    VDIB_TRY(walk(&v, folder, DEEPEST));
    if (s.all == s.smallest_count)
        return VDIB_OK;
    return vdib__note(dataset,
                      "MNIST-DVS: the %zu recordings of scale %u are read, %zu of larger scales are not; take the "
                      "smaller ones away to read them",
                      s.smallest_count, s.smallest, s.all - s.smallest_count);
}

const vdib__layout vdib__layout_mnist_dvs = {.name = "MNIST-DVS",
                                             .split =
                                                 "recordings 1 to 900 of every digit are for training, 901 to 1000 "
                                                 "for testing (data.crop=48,48,26,26 is the digit of scale4)",
                                             .is = is,
                                             .list = list};
