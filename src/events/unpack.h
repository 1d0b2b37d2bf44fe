/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_UNPACK_H
#define VDIB_EVENTS_UNPACK_H
/* Compressed files, unpacked as they are read: gzip, Zstandard, bzip2, xz, and ZIP archives of one file, known by their
 * first bytes. Memory does not depend on what a file unpacks to. */

#include "events/bytes.h"

/* Where *bytes, at their beginning, are compressed, they become what they unpack to; else they stay. What is damaged or
 * cut short ends them early (vdib__bytes.lost). VDIB_ERROR_FORMAT where they are compressed by what this build was made
 * without. *bytes stays open on failure. */
vdib_status vdib__bytes_unpack(vdib__bytes *bytes);

/* The length of a file's name without the ending that says it is compressed, for example 8 of "1234.bin.gz". */
size_t vdib__unpacked_length(const char *path);

#endif
