/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_RECORDINGS_STORED_H
#define VDIB_DATA_RECORDINGS_STORED_H
/* Recordings that found no room in memory, decoded, on disk (store.h): their rasters with what became of their events,
 * and their events where they are augmented. */

#include "data/dataset_parts.h"

/* raster = the recording's, and *fate; false: it is not there. */
bool vdib__stored_raster(const vdib_dataset *dataset, const vdib__item *item, vdib_raster *raster, vdib__fate *fate);
void vdib__store_raster(vdib_dataset *dataset, const vdib__item *item, const vdib_raster *raster);

/* clip = the recording's events within exactly this span; false: it is not there. */
bool vdib__stored_clip(const vdib_dataset *dataset, const vdib__item *item, const vdib__span *span, vdib__clip *clip);
void vdib__store_clip(vdib_dataset *dataset, const vdib__item *item, const vdib__clip *clip);

/* Whether more of them find room there; false before the first one. */
bool vdib__stored_has_room(const vdib_dataset *dataset);

#endif
