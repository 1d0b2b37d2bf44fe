/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_RECORDINGS_CLASSES_H
#define VDIB_DATA_RECORDINGS_CLASSES_H
/* The folders of classes of recordings: which there are in each part, which of them are one class, and its label. */

#include "data/dataset_parts.h"

typedef struct vdib__class_folder {
    char *name;
    bool in[VDIB_PARTS]; /* the parts that have it */
    size_t same;         /* number of the folder whose class it is: its own, or one of the same name in another case */
    size_t label;        /* SIZE_MAX where no recording has it */
    size_t added;        /* its number when it was added */
} vdib__class_folder;

typedef struct vdib__class_folders {
    vdib__class_folder *all; /* (count) */
    size_t count, capacity;
} vdib__class_folders;

/* A folder that a part has; each name is there once. *number is that of its name until they are settled. */
vdib_status vdib__class_folders_add(vdib__class_folders *folders, const char *name, int part, size_t *number);

/* Once all are there: sorts them, numbers by their value, then other names by their bytes; and joins a folder that only
 * Test has to one that only Train has where their names differ in the case of letters alone, which a note says.
 * VDIB_ERROR_DATA where several could be meant. */
vdib_status vdib__class_folders_settle(vdib_dataset *dataset, const char *folder, vdib__class_folders *folders);

/* Names the data set's classes, and turns the label of every item, the number of its folder so far, into that of its
 * class. */
vdib_status vdib__class_folders_label(vdib_dataset *dataset, const char *folder, vdib__class_folders *folders);

void vdib__class_folders_free(vdib__class_folders *folders);

#endif
