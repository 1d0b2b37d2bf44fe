/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_GROWING_H
#define VDIB_RUN_GROWING_H
/* Files that grow while a run goes on: metrics.jsonl and the TensorBoard file. A piece (a line, a record) is written
 * in one call, and what a failed call left of it is taken back, so that a file never ends inside a piece: not while
 * it is read, not after a kill, not on a full disk. A power failure can still cut it; opening it again repairs that. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

typedef struct vdib__growing vdib__growing;

/* The length of the longest beginning of bytes[0..size) that consists of whole pieces. */
typedef size_t vdib__growing_whole(const uint8_t *bytes, size_t size);

/* Opens a file to go on after its first `keep` bytes (a length that vdib__growing_sync gave; 0: from the beginning);
 * what is behind them is cut off. If the file is shorter, or does not end in a whole piece there, it goes on after
 * the last whole piece before: vdib__growing_lost() says how much is missing. */
vdib_status vdib__growing_open(const char *path, uint64_t keep, vdib__growing_whole *whole, vdib__growing **file);

/* Bytes of the first `keep` that were not there. */
uint64_t vdib__growing_lost(const vdib__growing *file);
uint64_t vdib__growing_length(const vdib__growing *file);

/* Adds one piece: all of it or nothing. */
vdib_status vdib__growing_append(vdib__growing *file, const void *piece, size_t size);

/* Everything written so far is on disk; *length receives the file's length. */
vdib_status vdib__growing_sync(vdib__growing *file, uint64_t *length);

/* NULL is safe. */
void vdib__growing_close(vdib__growing *file);

/* Whole pieces of a file of lines. */
size_t vdib__whole_lines(const uint8_t *bytes, size_t size);

#endif
