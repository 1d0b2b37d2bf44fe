/* SPDX-License-Identifier: MIT */
#ifndef VDIB_HDF5_ECF_H
#define VDIB_HDF5_ECF_H
/* The code of event chunks in Metavision's HDF5 files (filter 36559, ECF): times as runs of small differences, places
 * packed by bits, or as runs of rows with the columns in them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An event as these files have it. */
typedef struct ecf_event {
    uint16_t x, y;
    int16_t p;
    uint16_t unused;
    int64_t t;
} ecf_event;

enum { ECF_MOST = 1 << 22 }; /* events of a chunk; Metavision's have 16,384 */

/* How many events a chunk says it has; false if it is none. */
bool ecf_count(const uint8_t *bytes, size_t size, size_t *count);

/* Decodes a chunk of `count` events; false if it ends too early or is nothing that the code knows. */
bool ecf_decode(const uint8_t *bytes, size_t size, ecf_event *events, size_t count);

/* The most bytes that `count` events take. */
size_t ecf_bound(size_t count);

/* Encodes events into bytes (ecf_bound(count)); returns how many are used, 0 if the code cannot express them: times
 * that fall, coordinates of more than 11 bits (rows of more than 12), polarities other than 0 and 1. */
size_t ecf_encode(const ecf_event *events, size_t count, uint8_t *bytes);

#endif
