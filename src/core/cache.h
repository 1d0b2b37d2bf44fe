/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_CACHE_H
#define VDIB_CORE_CACHE_H
/* Files that only save time: what they hold can be made again. They stand in one folder, `$VDIB_CACHE`, else
 * `$XDG_CACHE_HOME/vdib`, else `~/.cache/vdib`; VDIB_CACHE=off, or none of these, means no cache. The files of the
 * folder that are ours have VDIB_CACHE_BYTES in all at most, decoded recordings VDIB_CACHE_RECORDINGS, what is unpacked
 * another bound (cache_claim.h): the ones that
 * were used longest ago go first. Two programs
 * may use the folder at once: files appear whole, under their final name, and a file that is gone is a file that is
 * made again. */

#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

#define VDIB_CACHE_BYTES      ((uint64_t)512 << 20)
#define VDIB_CACHE_RECORDINGS ((uint64_t)16 << 30)

/* Start of a hash, and the hash of further bytes (64-bit FNV-1a of Fowler, Noll and Vo, over words of 4 bytes, then
 * single bytes). */
#define VDIB_HASH_BASIS UINT64_C(14695981039346656037)
uint64_t vdib__hash(uint64_t hash, const void *bytes, size_t size);

/* Path of the file "<kind>-<16 hexadecimal digits of key>.<ending>"; NULL if there is no cache. Freed with vdib__free.
 */
vdib_status vdib__cache_path(const char *kind, uint64_t key, const char *ending, char **path);

/* Before a file is written: makes its folder. */
vdib_status vdib__cache_prepare(const char *path);

/* After a file was read or written: it counts as used now, and the files that were used longest ago are removed. Never
 * fails. */
void vdib__cache_used(const char *path);

#endif
