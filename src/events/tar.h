/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_TAR_H
#define VDIB_EVENTS_TAR_H
/* The files in a tar archive, by libarchive, which reads it from its beginning to its end. */

#include "events/bytes.h"

/* Bytes of a tar's header. */
enum { VDIB_TAR_HEAD = 512 };

/* Whether a file that begins so is a tar archive: the header of its first file has a checksum of its own bytes. What
 * stands behind it says nothing, least of all the signature of an HDF5 file, which may be that first file. */
bool vdib__tar_is(const uint8_t *at, size_t count);

/* Its files, without folders and what cannot be a recording (vdib__member_is_data), counted up to `most`. The bytes
 * stay where they are. VDIB_ERROR_FORMAT where they are damaged, cut short, or come through a pipe;
 * VDIB_ERROR_UNSUPPORTED where this build has no libarchive. */
vdib_status vdib__tar_count(const vdib__bytes *bytes, size_t most, size_t *count);

/* *bytes, a tar archive, become those of the only file in it. VDIB_ERROR_FORMAT where it holds several or none, and as
 * vdib__tar_count. */
vdib_status vdib__tar_unpack(vdib__bytes *bytes);

#endif
