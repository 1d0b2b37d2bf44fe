/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_ARCHIVE_H
#define VDIB_DATA_ARCHIVE_H
/* Archives of several files (tar, compressed or not, ZIP and 7z), unpacked into a folder. */

#include <stdbool.h>
#include <stdint.h>

#include "vdib/status.h"

/* What an archive is, by its content. */
typedef enum vdib__archive_kind {
    VDIB_ARCHIVE_NONE, /* no archive, or arrays of NumPy alone (NPZ) */
    VDIB_ARCHIVE_ONE,  /* of one file, which is read as if it were not packed (events/unpack.h) */
    VDIB_ARCHIVE_DATA  /* of several files, of one that is an archive, or a 7z */
} vdib__archive_kind;

vdib__archive_kind vdib__archive_kind_of(const char *path);

/* Whether a file is an archive of several files: VDIB_ARCHIVE_DATA. */
bool vdib__archive_is(const char *path);

/* What unpacking came to. */
typedef struct vdib__extraction {
    uint64_t bytes, files;
    uint64_t left_out; /* links, devices and the like */
    uint64_t hidden;   /* files and folders that systems put beside others, and hidden ones */
} vdib__extraction;

/* Asked now and then; what is not VDIB_OK ends unpacking. */
typedef vdib_status vdib__archive_poll(const void *context);

/* Archives that are unpacked together, and within one another. */
typedef struct vdib__unpacking {
    vdib__archive_poll *poll; /* or NULL */
    const void *context;
    uint64_t most; /* bytes, of all together */
    vdib__extraction made;
    vdib__extraction removed; /* of these, archives that were unpacked in turn */
} vdib__unpacking;

/* Unpacks an archive, which messages call `called`, into a folder that exists, empty or not; files of the same name are
 * replaced. Nothing is written outside: names with ".." or from the root are refused; links, devices and hidden files
 * are left out and counted. So is an archive that would unpack to more than is left of u->most, or to more than 4
 * million files. VDIB_ERROR_FORMAT where it is damaged or does not keep to this, VDIB_ERROR_IO where the disk does
 * not. What was unpacked before a failure stays. */
vdib_status vdib__archive_extract(const char *path, const char *called, const char *folder, vdib__unpacking *u);

#endif
