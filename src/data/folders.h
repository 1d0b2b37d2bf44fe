/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_FOLDERS_H
#define VDIB_DATA_FOLDERS_H
/* Where in a folder the data are: names in any case of letters, and a folder or two deeper than the one given. */

#include <stdbool.h>

#include "data/entries.h"

/* The folder of a share of the recordings: Train, Val or Test (Training, Valid, Validation, Testing), in any case of
 * letters; NULL if there is none. VDIB_ERROR_DATA if several could be meant. */
vdib_status vdib__folder_of_share(const char *folder, vdib__share share, char **path);
/* What a word says a recording is for: train, training, val, valid, validation, test or testing, in any case of
 * letters; VDIB_SHARE_OPEN: nothing. */
vdib__share vdib__share_of(const char *word);

/* Whether a folder has the layout of N-MNIST: a folder Train or Test. */
bool vdib__recordings_folder(const char *folder);

/* Whether a folder holds recordings itself; hidden ones do not count. */
bool vdib__folder_holds_recordings(const char *folder);

/* What a folder is to hold; the kinds of images tell the messages what the images are for. */
typedef enum vdib__wanted {
    VDIB_WANTED_RECORDINGS,
    VDIB_WANTED_CODED_IMAGES,
    VDIB_WANTED_FILMED_IMAGES,
    VDIB_WANTED_NATURAL_IMAGES
} vdib__wanted;

/* The folder that holds what is wanted: the one given, or the only one of its folders, up to two
 * deeper, that does. *found is freed with vdib__free. VDIB_ERROR_DATA says what is there instead, and which folder to
 * give. */
vdib_status vdib__folder_locate(const char *given, vdib__wanted wanted, char **found);

/* Whether recordings or images are found in a folder. */
bool vdib__folder_has_data(const char *folder);

/* VDIB_ERROR_IO: a file was given; names the folder of its data set if it is in one. */
vdib_status vdib__folder_fail_file(const char *file);

#endif
