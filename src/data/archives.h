/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_ARCHIVES_H
#define VDIB_DATA_ARCHIVES_H
/* Data sets as they are downloaded: an archive, a folder of archives, archives in archives, unpacked once into the
 * cache folder (core/cache_claim.h), where later runs find them. */

#include <stddef.h>

#include "core/cache_claim.h"
#include "data/archive.h"

/* A data set that was unpacked, and is in use until vdib__unpacked_close. */
typedef struct vdib__unpacked {
    const char *folder;    /* where; NULL: nothing needed to be unpacked. The claim's */
    vdib__extraction made; /* what it came to, now or in an earlier run */
    vdib__cache_claim claim;
    char *given;     /* what was named */
    char **archives; /* (count) paths of the archives: `given` itself, or what is in it */
    size_t count;
} vdib__unpacked;

/* Where `given` is an archive (vdib__archive_is), its files are unpacked as they are; where it is a folder without data
 * that holds archives (by their names: N-MNIST's Train.zip and Test.zip), each is unpacked beside the others, into a
 * folder of its name unless that, or one file, is all that it holds. The same is done with archives in what was
 * unpacked, as long as that has no data, three levels deep. `has_data` says whether a folder has data of its own. Two
 * programs at once unpack once. VDIB_ERROR_UNSUPPORTED where there is no cache folder; VDIB_ERROR_FORMAT where archives
 * hold archives without end; else as vdib__archive_extract, for all together: 200 times the size of the archives, or a
 * GiB, or what the disk has free. */
vdib_status vdib__archives_unpack(const char *given, bool (*has_data)(const char *folder), vdib__archive_poll *poll,
                                  const void *context, vdib__unpacked *unpacked);

/* Whether an archive in a folder, by its name, is unpacked to where `path`, below that folder, leads. */
bool vdib__archives_may_hold(const char *folder, const char *path);

/* NULL-filled is fine. */
void vdib__unpacked_close(vdib__unpacked *unpacked);

/* A text in which files that were unpacked are called by their archive, "ds.zip: Train/3/00012.bin" instead of the
 * place in the cache folder; cut where it has more than `size` bytes. Returns `to`. */
const char *vdib__unpacked_say(const vdib__unpacked *unpacked, const char *text, char *to, size_t size);

/* The same of this thread's last message, if `status` is a failure; returns `status`. */
vdib_status vdib__unpacked_fail(const vdib__unpacked *unpacked, vdib_status status);

#endif
