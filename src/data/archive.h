/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_ARCHIVE_H
#define VDIB_DATA_ARCHIVE_H
/* Archives of several files (tar, compressed or not, and ZIP), unpacked into a folder. */

#include <stdbool.h>
#include <stdint.h>

#include "vdib/status.h"

/* Whether a file is an archive of several files by its content: a tar, or a ZIP archive of more than one file that is
 * none of NumPy arrays alone. Such a ZIP archive, and one of a single file, are recordings (events/zip.h). */
bool vdib__archive_is(const char *path);

/* What unpacking came to. */
typedef struct vdib__extraction {
    uint64_t bytes, files;
    uint64_t left_out; /* links, devices and the like */
} vdib__extraction;

/* Asked now and then; what is not VDIB_OK ends unpacking. */
typedef vdib_status vdib__archive_poll(const void *context);

/* Unpacks an archive into a folder that exists, empty or not; files of the same name are replaced. Nothing is written
 * outside: names with ".." or from the root are refused, links and devices are left out and counted. So is an archive
 * that would unpack to more than the disk has free, to more than 200 times its size (from 1 GiB on), or to more than 4
 * million files. VDIB_ERROR_FORMAT where it is damaged or does not keep to this, VDIB_ERROR_IO where the disk does
 * not. What was unpacked before a failure stays. */
vdib_status vdib__archive_extract(const char *path, const char *folder, vdib__archive_poll *poll, const void *context,
                                  vdib__extraction *made);

#endif
