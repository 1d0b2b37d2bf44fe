/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_RECORDING_H
#define VDIB_EVENTS_RECORDING_H
/* Files of several recordings: "FILE#N" is recording N, counted from 0. A file that is called so as a whole comes
 * first. */

#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

/* *plain is the file's path, freed with vdib__free, *recording the number, 0 where the path has none. */
vdib_status vdib__recording_path(const char *path, char **plain, size_t *recording);

/* What a file says of all its recordings. */
typedef struct vdib__recordings {
    size_t count;        /* 1 for ordinary files */
    int64_t *labels;     /* (count) classes, -1 where it says none */
    const char **splits; /* (count) "train", "test", static; NULL where it says none */
    size_t classes;      /* of which it says the names; 0: none */
    char **names;        /* (classes) of label 0, 1, ...; one block */
    uint64_t unpacked;   /* as vdib_events_info */
} vdib__recordings;

/* Of a file ("#N" is left out); freed by vdib__recordings_free. The file is opened, no event is read. */
vdib_status vdib__recordings_of(const char *path, vdib__recordings *all);
void vdib__recordings_free(vdib__recordings *all);

#endif
