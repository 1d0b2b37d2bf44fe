/* SPDX-License-Identifier: MIT */
/* DVS Gesture (Amir et al. 2017): userNN_LIGHT.aedat with userNN_LIGHT_labels.csv, whose lines are the examples, split
 * by trials_to_train.txt and trials_to_test.txt. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "data/layouts.h"
#include "data/layouts/gesture.h"
#include "events/events.h"
#include "vdib/events.h"

static const char *const LISTS[] = {"trials_to_train.txt", "trials_to_test.txt"};
static const vdib__share SHARES[] = {VDIB_SHARE_TRAIN, VDIB_SHARE_TEST};
const char *const vdib__gestures[VDIB_GESTURES] = {"hand clapping",
                                                   "right hand wave",
                                                   "left hand wave",
                                                   "right arm clockwise",
                                                   "right arm counter clockwise",
                                                   "left arm clockwise",
                                                   "left arm counter clockwise",
                                                   "arm roll",
                                                   "air drums",
                                                   "air guitar",
                                                   "other gestures"};

static bool has_file(const char *folder, const char *name) {
    char *path = NULL;
    bool found = vdib__path_join(folder, name, &path) == VDIB_OK && vdib__is_file(path);
    vdib__free(path);
    return found;
}

/* Whether a name is that of a recording, userNN_LIGHT.aedat, whose labels are there. */
static bool is_labelled(const char *folder, const char *name) {
    enum { LONGEST = 256 };
    static const char begin[] = "user", end[] = ".aedat";
    char labels[LONGEST];
    size_t length = strlen(name), ending = sizeof end - 1;
    if (length < ending || strncmp(name, begin, sizeof begin - 1) != 0 || strcmp(name + length - ending, end) != 0)
        return false;
    int room = snprintf(labels, sizeof labels, "%.*s_labels.csv", (int)(length - ending), name);
    return room > 0 && room < LONGEST && has_file(folder, labels);
}

/* A folder without lists is of this layout, too: taken for another, its labels would be lost in silence. */
static bool is(const char *folder) {
    char **names = NULL;
    size_t count = 0;
    bool found = has_file(folder, LISTS[0]) && has_file(folder, LISTS[1]);
    if (found || vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return found;
    for (size_t i = 0; i < count && !found; i++)
        found = is_labelled(folder, names[i]);
    vdib__names_free(names, count);
    return found;
}

/* The end of a line at `text`, which becomes a NUL; *next: the line behind it. Blanks at its end are taken off. */
static char *cut_line(char *text, char **next) {
    size_t length = strcspn(text, "\n");
    *next = text + length + (text[length] == '\n');
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
    return text + strspn(text, " \t");
}

/* Time of a recording's first event, by its clock, which is that of the labels. */
static vdib_status first_of(const char *path, int64_t *first_us) {
    enum { FEW = 64 };
    vdib_event events[FEW];
    vdib_packets *packets = NULL;
    size_t count = 0;
    VDIB_TRY(vdib_packets_open(path, NULL, &packets));
    vdib_status status = vdib_packets_read(packets, events, FEW, &count);
    vdib_packets_close(packets);
    if (status == VDIB_OK && count == 0)
        return vdib__fail(VDIB_ERROR_DATA, "%s: has no event, but labels; fetch it again", path);
    if (status == VDIB_OK)
        *first_us = events[0].t;
    return status;
}

/* The whole number at *text, which is moved behind it, and behind `after` and blanks; false: there is none. */
static bool read_number(const char **text, char after, long long *number) {
    char *end = NULL;
    errno = 0;
    *number = strtoll(*text, &end, 10);
    bool good = end != *text && errno == 0;
    end += strspn(end, " ");
    good = good && *end == after;
    *text = end + (good && after != '\0');
    return good;
}

/* "class,startTime_usec,endTime_usec" */
static vdib_status add_label(vdib__entries *entries, const char *path, const char *labels, size_t line,
                             const char *text, int64_t first_us, vdib__share share) {
    long long class_ = 0, from = 0, to = 0;
    const char *at = text;
    vdib__entry *entry = NULL;
    size_t number = 0;
    bool good = read_number(&at, ',', &class_) && read_number(&at, ',', &from) && read_number(&at, '\0', &to);
    if (!good || class_ < 1 || class_ > VDIB_GESTURES || from >= to || from < 0 || to > INT64_C(1000000000000000))
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: line %zu: '%.40s' is no class from 1 to %d with a begin and a later end in "
                          "microseconds, as in 1,80048239,85092709; mend it, or fetch the file again",
                          labels, line, text, VDIB_GESTURES);
    VDIB_TRY(vdib__entries_class(entries, vdib__gestures[class_ - 1], share, &number));
    VDIB_TRY(vdib__entries_add(entries, path, number, share, &entry));
    entry->from_us = from - first_us;
    entry->to_us = to - first_us;
    entry->line = line;
    return VDIB_OK;
}

static vdib_status add_labels(vdib__entries *entries, const char *path, const char *labels, vdib__share share) {
    uint8_t *bytes = NULL;
    size_t size = 0, line = 1;
    int64_t first_us = 0;
    VDIB_TRY(vdib__events_check(path));
    VDIB_TRY(first_of(path, &first_us));
    VDIB_TRY(vdib__file_read(labels, &bytes, &size));
    vdib_status status = VDIB_OK;
    for (char *next, *text = (char *)bytes; *text != '\0' && status == VDIB_OK; text = next, line++) {
        const char *what = cut_line(text, &next);
        if (what[0] != '\0' && (line > 1 || (what[0] >= '0' && what[0] <= '9')))
            status = add_label(entries, path, labels, line, what, first_us, share);
    }
    vdib__free(bytes);
    return status;
}

static bool is_listed(const vdib__entries *entries, const char *path) {
    bool found = false;
    for (size_t i = 0; i < entries->count && !found; i++)
        found = strcmp(entries->all[i].path, path) == 0;
    return found;
}

/* NAME.aedat of a list, with NAME_labels.csv. */
static vdib_status add_trial(vdib__entries *entries, const char *folder, const char *list, size_t line,
                             const char *name, vdib__share share) {
    char *path = NULL, *labels = NULL, *stem = NULL;
    const char *dot = strrchr(name, '.');
    size_t room = strlen(name) + sizeof "_labels.csv";
    vdib_status status;
    if (strchr(name, '/') != NULL || !has_file(folder, name))
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: line %zu: names '%.80s', which is not in the folder; fetch it, or take "
                          "the line out",
                          list, line, name);
    VDIB_TRY_GOTO(VDIB_NEW(&stem, room), done);
    (void)snprintf(stem, room, "%.*s_labels.csv", (int)(dot != NULL ? dot - name : (long)strlen(name)), name);
    VDIB_TRY_GOTO(vdib__path_join(folder, name, &path), done);
    VDIB_TRY_GOTO(vdib__path_join(folder, stem, &labels), done);
    if (is_listed(entries, path))
        status = vdib__fail(VDIB_ERROR_DATA,
                            "%s: line %zu: '%.80s' is listed before, here or in %s; keep it in one of the lists", list,
                            line, name, LISTS[share == VDIB_SHARE_TRAIN]);
    else if (vdib__is_file(labels))
        status = add_labels(entries, path, labels, share);
    else
        status = vdib__fail(VDIB_ERROR_DATA, "%s: its labels, %s, are not there; fetch them", path, stem);
done:
    vdib__free(labels);
    vdib__free(path);
    vdib__free(stem);
    return status;
}

static vdib_status list_trials(vdib__entries *entries, const char *folder, const char *list, vdib__share share) {
    uint8_t *bytes = NULL;
    size_t size = 0, line = 1, before = entries->count;
    VDIB_TRY(vdib__file_read(list, &bytes, &size));
    vdib_status status = VDIB_OK;
    for (char *next, *text = (char *)bytes; *text != '\0' && status == VDIB_OK; text = next, line++) {
        const char *name = cut_line(text, &next);
        if (name[0] != '\0')
            status = add_trial(entries, folder, list, line, name, share);
    }
    vdib__free(bytes);
    if (status == VDIB_OK && entries->count == before)
        status =
            vdib__fail(VDIB_ERROR_DATA, "%s: leads to no labelled example; name recordings that have labels", list);
    return status;
}

/* Says which labelled recordings neither list names. */
static vdib_status note_unlisted(vdib_dataset *dataset, const char *folder, const vdib__entries *entries) {
    char **names = NULL;
    const char *first = NULL;
    size_t count = 0, unlisted = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        char *path = NULL;
        status = vdib__path_join(folder, names[i], &path);
        if (status == VDIB_OK && is_labelled(folder, names[i]) && !is_listed(entries, path)) {
            first = first != NULL ? first : names[i];
            unlisted++;
        }
        vdib__free(path);
    }
    if (status == VDIB_OK && unlisted > 0)
        status = vdib__note(dataset, "%s: recordings that neither %s nor %s names, which are not read: %zu, first %s",
                            folder, LISTS[0], LISTS[1], unlisted, first);
    vdib__names_free(names, count);
    return status;
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < sizeof LISTS / sizeof LISTS[0]; i++)
        if (!has_file(folder, LISTS[i]))
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: has recordings and labels of DVS Gesture, but no %s; fetch it from the data set, or "
                              "list the recordings in a manifest",
                              folder, LISTS[i]);
    for (size_t i = 0; i < sizeof LISTS / sizeof LISTS[0] && status == VDIB_OK; i++) {
        char *path = NULL;
        status = vdib__path_join(folder, LISTS[i], &path);
        if (status == VDIB_OK)
            status = list_trials(entries, folder, path, SHARES[i]);
        vdib__free(path);
        if (status == VDIB_OK)
            status = vdib__dataset_cancelled(dataset);
    }
    return status == VDIB_OK ? note_unlisted(dataset, folder, entries) : status;
}

const vdib__layout vdib__layout_gesture = {.name = "DVS Gesture",
                                           .split = "examples by its label files, split by trials_to_train.txt and "
                                                    "trials_to_test.txt as published",
                                           .is = is,
                                           .list = list};
