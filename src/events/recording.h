/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_RECORDING_H
#define VDIB_EVENTS_RECORDING_H
/* One of several recordings in a file: "FILE#N" is recording N, counted from 0. A file that is called so as a whole
 * comes first. */

#include <stddef.h>

#include "vdib/status.h"

/* *plain is the file's path, freed with vdib__free, *recording the number, 0 where the path has none. */
vdib_status vdib__recording_path(const char *path, char **plain, size_t *recording);

#endif
