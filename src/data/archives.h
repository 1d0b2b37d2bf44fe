/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_ARCHIVES_H
#define VDIB_DATA_ARCHIVES_H
/* Data sets as they are downloaded: an archive, or a folder of archives, unpacked once into the cache folder
 * (core/cache.h), where later runs find them. What is unpacked there stays until somebody removes it. */

#include "data/archive.h"

/* A data set that was unpacked. */
typedef struct vdib__unpacked {
    char *folder;          /* where; NULL: nothing needed to be unpacked. Freed with vdib__free */
    vdib__extraction made; /* what it came to, now or in an earlier run */
} vdib__unpacked;

/* Where `given` is an archive (vdib__archive_is), its files are unpacked as they are; where it is a folder without data
 * that holds archives (by their names: N-MNIST's Train.zip and Test.zip), each is unpacked beside the others, into a
 * folder of its name unless that is what it holds. `has_data` says whether a folder has data of its own. Two programs
 * at once unpack once. VDIB_ERROR_UNSUPPORTED where there is no cache folder; else as vdib__archive_extract. */
vdib_status vdib__archives_unpack(const char *given, bool (*has_data)(const char *folder), vdib__archive_poll *poll,
                                  const void *context, vdib__unpacked *unpacked);

#endif
