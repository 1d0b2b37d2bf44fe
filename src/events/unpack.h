/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_UNPACK_H
#define VDIB_EVENTS_UNPACK_H
/* Compressed files, unpacked as they are read: gzip, Zstandard, bzip2, xz, LZ4, and tar and ZIP archives of one file,
 * known by their first bytes. Memory does not depend on what a file unpacks to. */

#include "events/bytes.h"

/* Where *bytes, at their beginning, are compressed, they become what they unpack to; else they stay. What is damaged or
 * cut short ends them early (vdib__bytes.lost). VDIB_ERROR_FORMAT where they are compressed by what this build was made
 * without. *bytes stays open on failure. */
vdib_status vdib__bytes_unpack(vdib__bytes *bytes);

/* The same of compressed files alone: archives stay archives. */
vdib_status vdib__bytes_inflate(vdib__bytes *bytes);

/* Whether a file of an archive is one that is read: not below "__MACOSX/", and neither it nor a folder it is in has a
 * name that begins with a dot (".DS_Store"). */
bool vdib__member_is_visible(const char *name);

/* Whether it may be a recording, too: not a README, licence, list of changes or citation, nor .md or .pdf. */
bool vdib__member_is_data(const char *name);

/* What messages call a file of an archive: "a.zip (b.txt)", freed with vdib__free; what a terminal would not show
 * becomes "?". */
vdib_status vdib__member_called(const char *archive, const char *name, char **called);

/* Bytes that are unpacked from a file and only go forwards become those of a file in the cache folder
 * (core/cache_claim.h), which can seek; it is unpacked there once, for all who read it. They must be at their
 * beginning. Where they come through a pipe, or there is no cache folder, they stay as they are. VDIB_ERROR_FORMAT
 * where they are damaged, or unpack to more than 200 times the file's size and 1 GiB, VDIB_ERROR_IO where the disk has
 * no room. */
vdib_status vdib__bytes_settle(vdib__bytes *bytes);

/* What unpacking a file of `size` bytes may come to. */
uint64_t vdib__unpacked_most(uint64_t size);

/* The length of a file's name without the ending that says it is compressed, for example 8 of "1234.bin.gz". */
size_t vdib__unpacked_length(const char *path);

#endif
