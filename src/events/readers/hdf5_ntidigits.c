/* SPDX-License-Identifier: MIT */
/* N-TIDIGITS (Anumula et al. 2018): /train_labels and /test_labels are the names of recordings, of which each has a
 * list of channels in /train_addresses/<name> and one of times, in seconds, in /train_timestamps/<name>. What stands
 * behind the last dash of a name is what was spoken: "1" to "9", "z" (zero) and "o", or a sequence of these, which is
 * no class. Recordings are counted on from the training ones to the test ones. */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/hdf5_layout.h"

enum { SPLITS = 2, PATH = 64, CHANNELS = 64, CLASSES = 11 };
static const char *const splits[SPLITS] = {"train", "test"};
static const char digits[] = "o123456789z"; /* of label 0, 1, ... */

static vdib_status detect(vdib__hdf5 *file, bool *is) {
    *is = false;
    for (size_t i = 0; i < SPLITS && !*is; i++) {
        static const char *const parts[] = {"labels", "addresses", "timestamps"};
        *is = true;
        for (size_t p = 0; p < 3 && *is; p++) {
            char path[PATH];
            snprintf(path, sizeof path, "/%s_%s", splits[i], parts[p]);
            VDIB_TRY(vdib__hdf5_find(file, path, p == 0 ? VDIB_HDF5_IS_DATASET : VDIB_HDF5_IS_GROUP, is));
        }
    }
    return VDIB_OK;
}

static vdib_status count_of(vdib__hdf5 *file, size_t split, size_t *count) {
    char path[PATH];
    snprintf(path, sizeof path, "/%s_labels", splits[split]);
    return vdib__hdf5_length(file, path, count);
}

/* The names of a split's recordings, at most `most`. */
static vdib_status names_of(vdib__hdf5 *file, size_t split, size_t most, char ***names, size_t *count) {
    char path[PATH];
    snprintf(path, sizeof path, "/%s_labels", splits[split]);
    return vdib__hdf5_texts(file, path, NULL, most, names, count, NULL);
}

static int64_t label_of(const char *name) {
    const char *dash = strrchr(name, '-'), *spoken = dash != NULL ? dash + 1 : name;
    const char *digit = spoken[0] != '\0' && spoken[1] == '\0' ? strchr(digits, spoken[0]) : NULL;
    return digit != NULL ? digit - digits : -1;
}

/* The names of the classes, in one block. */
static vdib_status name_classes(vdib__recordings *all) {
    uint8_t *block = NULL;
    VDIB_TRY(VDIB_NEW(&block, CLASSES * (sizeof(char *) + 2)));
    all->names = (char **)(void *)block;
    char *text = (char *)(all->names + CLASSES);
    for (size_t i = 0; i < CLASSES; i++, text += 2) {
        all->names[i] = text;
        text[0] = digits[i];
    }
    all->classes = CLASSES;
    return VDIB_OK;
}

static vdib_status read_recordings(vdib__hdf5 *file, vdib__recordings *all) {
    size_t done = 0;
    for (size_t split = 0; split < SPLITS; split++) {
        char **names = NULL;
        size_t count = 0;
        VDIB_TRY(count_of(file, split, &count));
        if (count == 0)
            continue;
        VDIB_TRY(names_of(file, split, count, &names, &count));
        for (size_t i = 0; i < count && done < all->count; i++, done++) {
            all->labels[done] = label_of(names[i]);
            all->splits[done] = splits[split];
        }
        vdib__free(names);
    }
    return name_classes(all);
}

/* The lists of a recording. */
static vdib_status place(vdib__hdf5_events *events, size_t split, const char *name) {
    static const char *const parts[] = {"timestamps", "addresses"};
    static const int roles[] = {VDIB_HDF5_T, VDIB_HDF5_X};
    for (size_t i = 0; i < 2; i++) {
        char group[PATH], path[VDIB_HDF5_PATH];
        snprintf(group, sizeof group, "/%s_%s", splits[split], parts[i]);
        VDIB_TRY(vdib__hdf5_join(events, group, name, path));
        VDIB_TRY(vdib__hdf5_events_dataset(events, roles[i], path));
    }
    return VDIB_OK;
}

static vdib_status open_layout(vdib__hdf5_events *events, vdib_events_info *info) {
    size_t counts[SPLITS], index = events->recording, split = 0, count = 0;
    char **names = NULL;
    for (size_t i = 0; i < SPLITS; i++)
        VDIB_TRY(count_of(events->file, i, &counts[i]));
    info->recordings = counts[0] + counts[1];
    if (index >= info->recordings)
        return VDIB_OK; /* which is said of any file */
    if (index >= counts[0]) {
        split = 1;
        index -= counts[0];
    }
    VDIB_TRY(names_of(events->file, split, counts[split], &names, &count));
    vdib_status status = index < count ? place(events, split, names[index]) : VDIB_OK;
    info->label = index < count ? label_of(names[index]) : -1;
    vdib__free(names);
    info->split = splits[split];
    info->width = CHANNELS;
    info->height = 1;
    events->columns.unit = "seconds";
    events->columns.power = 6;
    return status;
}

extern const vdib__hdf5_layout vdib__hdf5_layout_ntidigits;
const vdib__hdf5_layout vdib__hdf5_layout_ntidigits = {.name = "hdf5-ntidigits",
                                                       .unsigned_events = true,
                                                       .detect = detect,
                                                       .open = open_layout,
                                                       .recordings = read_recordings};
