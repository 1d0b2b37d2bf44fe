/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_BLOBS_H
#define VDIB_DATA_BLOBS_H
/* Two drifting blobs (Chalk, Tkacik, Marre 2017), as published; docs/method.md, eq. (14). */

#include "core/random.h"
#include "core/raster.h"

enum { VDIB_BLOB_UNITS = 20, VDIB_BLOB_CLASSES = 210, VDIB_BLOB_REACH = 4 };

/* Fills raster (steps x 20 units) and step_labels (steps): the class of the unordered pair of units that spike at
 * t + delta, |delta| <= VDIB_BLOB_REACH; the stimulus runs on beyond both ends for that. A function of the key alone.
 */
vdib_status vdib__blobs_fill(const vdib__key *key, int delta, size_t steps, vdib_raster *raster, uint32_t *step_labels);

/* Class of the unordered pair (a, b), 0 .. 209, and back (a <= b). */
uint32_t vdib__blobs_class(uint32_t a, uint32_t b);
void vdib__blobs_pair(uint32_t class_, uint32_t *a, uint32_t *b);

/* Class of the units that spike in a step, one or two of them. */
uint32_t vdib__blobs_class_of(const uint32_t *units, size_t count);

/* units (20) = 1 where a unit of the pair spikes, else 0. */
void vdib__blobs_units(uint32_t class_, float *units);

#endif
