/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_ENTRIES_H
#define VDIB_DATA_ENTRIES_H
/* What every listing of recordings (layouts.h) ends as: an array of examples, before they are labelled, split and
 * become items of a data set. */

#include "data/recordings/classes.h"

/* What an entry is for. */
typedef enum vdib__share {
    VDIB_SHARE_TRAIN,
    VDIB_SHARE_VALIDATION,
    VDIB_SHARE_TEST,
    VDIB_SHARE_OPEN /* nobody says: a split will be made */
} vdib__share;

/* Ends of an entry that begins where its recording does, or ends there. */
#define VDIB_FROM_THE_BEGINNING INT64_MIN
#define VDIB_TO_THE_END         INT64_MAX

typedef struct vdib__entry {
    char *path;          /* owned; the recording's file, FILE#N where that has several */
    char *target;        /* owned; the file of its target, or NULL */
    size_t class_folder; /* number in the entries' classes */
    vdib__share share;
    int64_t from_us, to_us; /* half-open, microseconds since the recording's first event; or the ends above */
    size_t line;            /* in the manifest, from 1 on; 0: none */
    size_t recording;       /* entries of one recording have the same number; filled by vdib__entries_number */
} vdib__entry;

typedef struct vdib__entries {
    vdib__entry *all; /* (count) */
    size_t count, capacity;
    vdib__class_folders classes;
    size_t recordings;                       /* filled by vdib__entries_number */
    vdib__unreadable unreadable[VDIB_PARTS]; /* of training, or of both where nobody says; of the test */
} vdib__entries;

/* Adds an entry of a class by its folder's number, with a copy of the path. It begins and ends with its recording. */
vdib_status vdib__entries_add(vdib__entries *entries, const char *path, size_t class_folder, vdib__share share,
                              vdib__entry **added);
/* The same of a file that is checked before; a damaged one is counted, and not added. VDIB_ERROR_IO where the system
 * does not let it be read. */
vdib_status vdib__entries_take(vdib__entries *entries, const char *path, size_t class_folder, vdib__share share);
/* Refuses data of whose files more than a tenth cannot be read, of either part; else the data set is told of them. */
vdib_status vdib__entries_judge(vdib__entries *entries, vdib_dataset *dataset);
/* The number of a class of this name, which is there from now on, and that the share has it. */
vdib_status vdib__entries_class(vdib__entries *entries, const char *name, vdib__share share, size_t *number);
/* Numbers the recordings, and whether any has several entries. */
vdib_status vdib__entries_number(vdib__entries *entries, bool *several);
/* < 0, 0, > 0: the order by path, beginning and end. */
int vdib__entry_compare(const vdib__entry *first, const vdib__entry *second);
void vdib__entries_free(vdib__entries *entries);

/* windows.c: replaces every entry by the windows of data.window_us in it, data.stride_us apart, and numbers them all. A
 * note says how many they are. */
vdib_status vdib__entries_cut(vdib_dataset *dataset, vdib__entries *entries, bool *several);

/* split_made.c: training and test entries of those that nobody has split, by the rule that docs/data.md gives; a note
 * says so. layout: what the note calls the data, or NULL. */
vdib_status vdib__entries_split(vdib_dataset *dataset, vdib__entries *entries, const char *layout);
/* The digest of which example is in which split; paths count without `folder` before them. */
vdib_status vdib__entries_digest(const vdib__entries *entries, const char *folder, char text[VDIB_DIGEST_TEXT]);

#endif
