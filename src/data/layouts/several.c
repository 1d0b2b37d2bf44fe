/* SPDX-License-Identifier: MIT */
/* Files of many recordings, one a split: Spiking Heidelberg Digits (shd_train.h5, shd_test.h5), Spiking Speech Commands
 * (ssc_train.h5, ssc_valid.h5, ssc_test.h5; Cramer et al. 2020), and others that are called so. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/folders.h"
#include "data/layouts.h"
#include "data/layouts/several.h"
#include "events/events.h"
#include "events/recording.h"
#include "events/unpack.h"

/* Whether `length` letters of a text are a word, in any case. */
static bool is_word(const char *text, size_t length, const char *word) {
    enum { LONGEST = 16 };
    char found[LONGEST] = "";
    if (length < sizeof found)
        (void)snprintf(found, sizeof found, "%.*s", (int)length, text);
    return vdib__same_word(found, word);
}

/* What a file is for: the last word of its name, before ".h5" or ".hdf5", and ".gz" and the like. */
static vdib__share share_of(const char *name) {
    enum { LONGEST = 16 };
    char word[LONGEST] = "";
    size_t end = vdib__unpacked_length(name), dot = end;
    do
        dot -= dot > 0;
    while (dot > 0 && name[dot] != '.');
    if (!is_word(name + dot, end - dot, ".h5") && !is_word(name + dot, end - dot, ".hdf5"))
        return VDIB_SHARE_OPEN;
    size_t begin = dot;
    while (begin > 0 && name[begin - 1] != '_' && name[begin - 1] != '-')
        begin--;
    if (dot - begin < sizeof word)
        (void)snprintf(word, sizeof word, "%.*s", (int)(dot - begin), name + begin);
    return vdib__share_of(word);
}

/* Whether two files are one, packed and unpacked, as downloads leave them. */
static bool is_same(const char *a, const char *b) {
    size_t length = vdib__unpacked_length(a);
    return length == vdib__unpacked_length(b) && strncmp(a, b, length) == 0;
}

/* The path of one more file of a share, which takes the file's place if that is none, or is packed. */
static void offer(char **file, char **path, bool *several) {
    bool same = *file != NULL && is_same(*file, *path);
    *several = *several || (*file != NULL && !same);
    if (*file == NULL || (same && strlen(*path) < strlen(*file))) {
        char *other = *file;
        *file = *path;
        *path = other;
    }
}

/* files: those of each share, freed with vdib__free; *several: a share has more than one. */
static vdib_status find(const char *folder, char *files[VDIB_SHARE_OPEN], bool *several) {
    char **names = NULL;
    size_t count = 0;
    *several = false;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        vdib__share share = share_of(names[i]);
        char *path = NULL;
        if (share == VDIB_SHARE_OPEN || !vdib__is_visible(names[i]))
            continue;
        status = vdib__path_join(folder, names[i], &path);
        if (status == VDIB_OK)
            offer(&files[share], &path, several);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return status;
}

static void release(char *files[VDIB_SHARE_OPEN]) {
    for (int share = 0; share < VDIB_SHARE_OPEN; share++)
        vdib__free(files[share]);
}

static bool is(const char *folder) {
    char *files[VDIB_SHARE_OPEN] = {NULL};
    bool several = false;
    bool found = find(folder, files, &several) == VDIB_OK && files[VDIB_SHARE_TEST] != NULL;
    release(files);
    return found;
}

static vdib_status add(vdib__entries *entries, const char *file, const vdib__recordings *all, size_t number,
                       vdib__share share) {
    enum { NUMBER = 32 };
    char digits[NUMBER], *path = NULL;
    int64_t label = all->labels[number];
    size_t class_number = 0, room = strlen(file) + NUMBER;
    if (label < 0)
        return vdib__fail(VDIB_ERROR_DATA, "%s: recording %zu has no label; name its class in a manifest", file,
                          number);
    (void)snprintf(digits, sizeof digits, "%lld", (long long)label);
    const char *name = (uint64_t)label < all->classes && all->names[label] != NULL ? all->names[label] : digits;
    vdib_status named = vdib__entries_class(entries, name, share, &class_number);
    if (named != VDIB_OK)
        return vdib__fail_prefix(named, "%s: recording %zu", file, number);
    VDIB_TRY(VDIB_NEW(&path, room));
    (void)snprintf(path, room, "%s#%zu", file, number);
    vdib_status status = vdib__entries_add(entries, path, class_number, share, NULL);
    vdib__free(path);
    return status;
}

static vdib_status note_unpacked(vdib_dataset *dataset, const char *file, uint64_t bytes) {
    enum { MIB = 1 << 20 };
    return bytes == 0 ? VDIB_OK
                      : vdib__note(dataset, "%s: %.1f MiB are unpacked in the cache folder, where later runs find them",
                                   file, (double)bytes / MIB);
}

vdib_status vdib__several_list(vdib_dataset *dataset, vdib__entries *entries, const char *file, vdib__share share) {
    vdib__recordings all = {0};
    VDIB_TRY(vdib__events_check(file));
    VDIB_TRY(vdib__recordings_of(file, &all));
    vdib_status status = note_unpacked(dataset, file, all.unpacked);
    size_t left_out = 0;
    for (size_t i = 0; i < all.count && status == VDIB_OK; i++) {
        const bool says = share == VDIB_SHARE_OPEN, leave = says && (all.labels[i] < 0 || all.splits[i] == NULL);
        left_out += leave;
        if (!leave)
            status = add(entries, file, &all, i, says ? vdib__share_of(all.splits[i]) : share);
    }
    if (status == VDIB_OK && left_out > 0)
        status = vdib__note(dataset, "%s: %zu recordings of which it says no class or no split are left out", file,
                            left_out);
    vdib__recordings_free(&all);
    return status;
}

/* Channels have no polarity. */
static vdib_status merge_polarities(vdib_dataset *dataset) {
    if (dataset->parameters.polarities == 1)
        return VDIB_OK;
    dataset->parameters.polarities = 1;
    return vdib__note(dataset, "the spikes have no polarity: data.polarities is 1");
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    char *files[VDIB_SHARE_OPEN] = {NULL};
    bool several = false;
    vdib_status status = find(folder, files, &several);
    if (status == VDIB_OK && several)
        status = vdib__fail(
            VDIB_ERROR_DATA,
            "%s: holds several files for one split; keep those of one data set in a folder of their own", folder);
    for (int share = 0; share < VDIB_SHARE_OPEN && status == VDIB_OK; share++)
        if (files[share] != NULL)
            status = vdib__several_list(dataset, entries, files[share], (vdib__share)share);
    release(files);
    return status == VDIB_OK ? merge_polarities(dataset) : status;
}

const vdib__layout vdib__layout_several = {
    .name = "files of many recordings, as SHD and SSC", .split = "split by files as published", .is = is, .list = list};
