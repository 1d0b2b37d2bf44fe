/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_LAYOUTS_SEVERAL_H
#define VDIB_DATA_LAYOUTS_SEVERAL_H
/* Files of many recordings, with their classes. */

#include "data/entries.h"

/* Adds all recordings of a file, which are of a share; VDIB_SHARE_OPEN: the file says of each which it is of. */
vdib_status vdib__several_list(vdib_dataset *dataset, vdib__entries *entries, const char *file, vdib__share share);

#endif
