/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_MAT5_ZLIB_H
#define VDIB_EVENTS_READERS_MAT5_ZLIB_H

#include "events/bytes.h"

/* What the zlib stream (RFC 1950) that begins at a byte of a file unpacks to. `file` can seek, stays where it is, and
 * outlives *unpacked. */
vdib_status vdib__mat5_inflate(const vdib__bytes *file, uint64_t begin, vdib__bytes *unpacked);

#endif
