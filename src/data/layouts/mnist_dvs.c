/* SPDX-License-Identifier: MIT */
/* MNIST-DVS (Serrano-Gotarredona and Linares-Barranco 2015): a folder a digit with folders scale4, scale8, scale16 of
 * mnist_D_scaleSS_NNNN.aedat. Recordings 1 to 900 of a digit are for training, 901 to 1000 for testing, as in the
 * neurodata loader. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/layouts.h"
#include "events/events.h"

enum { TRAINING = 900 };
static const char *const SCALES[] = {"scale4", "scale8", "scale16"};
enum { SCALE_COUNT = sizeof SCALES / sizeof SCALES[0] };

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

/* Digit and number of a name "mnist_D_scaleSS_NNNN.aedat". */
static bool parse(const char *name, unsigned *digit, unsigned *number) {
    unsigned scale = 0;
    return skip(&name, "mnist_") && read_digits(&name, 1, digit) && skip(&name, "_scale") &&
           read_digits(&name, 2, &scale) && skip(&name, "_") && read_digits(&name, 4, number) &&
           skip(&name, ".aedat") && *number > 0;
}

/* Whether a folder of a digit has a folder of a scale: its path. */
static char *scale_of(const char *folder, const char *digit_folder, size_t scale) {
    char *inside = NULL, *path = NULL;
    if (vdib__path_join(folder, digit_folder, &inside) == VDIB_OK &&
        vdib__path_join(inside, SCALES[scale], &path) == VDIB_OK && !vdib__is_folder(path)) {
        vdib__free(path);
        path = NULL;
    }
    vdib__free(inside);
    return path;
}

/* count (SCALE_COUNT): how many folders of a folder have one of each scale. */
static vdib_status count_scales(const char *folder, size_t *count) {
    char **names = NULL;
    size_t entries = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &entries));
    for (size_t i = 0; i < entries; i++)
        for (size_t s = 0; s < SCALE_COUNT; s++) {
            char *path = scale_of(folder, names[i], s);
            count[s] += path != NULL;
            vdib__free(path);
        }
    vdib__names_free(names, entries);
    return VDIB_OK;
}

static bool is(const char *folder) {
    size_t count[SCALE_COUNT] = {0};
    return count_scales(folder, count) == VDIB_OK && count[0] + count[1] + count[2] > 0;
}

/* Adds the recordings of a folder of one digit and scale. */
static vdib_status list_scale(vdib__entries *entries, const char *folder) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        unsigned digit = 0, number = 0;
        char *path = NULL, name[2] = "";
        size_t class_number = 0;
        if (!parse(names[i], &digit, &number))
            continue;
        name[0] = (char)('0' + digit);
        vdib__share share = number <= TRAINING ? VDIB_SHARE_TRAIN : VDIB_SHARE_TEST;
        status = vdib__path_join(folder, names[i], &path);
        if (status == VDIB_OK)
            status = vdib__entries_class(entries, name, share, &class_number);
        if (status == VDIB_OK)
            status = vdib__entries_take(entries, path, class_number, share);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return status;
}

static vdib_status note_scale(vdib_dataset *dataset, size_t used, const size_t *count) {
    for (size_t s = used + 1; s < SCALE_COUNT; s++)
        if (count[s] > 0)
            return vdib__note(dataset,
                              "MNIST-DVS: recordings of %s are read, those of larger scales are not; take %s away "
                              "to read them",
                              SCALES[used], SCALES[used]);
    return VDIB_OK;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    size_t count[SCALE_COUNT] = {0}, used = 0, names_count = 0;
    char **names = NULL;
    VDIB_TRY(count_scales(folder, count));
    while (used + 1 < SCALE_COUNT && count[used] == 0)
        used++;
    VDIB_TRY(vdib__folder_list(folder, &names, &names_count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < names_count && status == VDIB_OK; i++) {
        char *path = scale_of(folder, names[i], used);
        if (path != NULL)
            status = list_scale(entries, path);
        vdib__free(path);
    }
    vdib__names_free(names, names_count);
    VDIB_TRY(status);
    if (entries->count == 0)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: its folders %s hold no recordings mnist_D_scaleSS_NNNN.aedat; put them there as they were "
            "published",
            folder, SCALES[used]);
    return note_scale(dataset, used, count);
}

const vdib__layout vdib__layout_mnist_dvs = {.name = "MNIST-DVS",
                                             .split =
                                                 "recordings 1 to 900 of every digit are for training, 901 to 1000 "
                                                 "for testing (data.crop=48,48,26,26 is the digit of scale4)",
                                             .is = is,
                                             .list = list};
