/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_RECORDINGS_SIBLINGS_H
#define VDIB_DATA_RECORDINGS_SIBLINGS_H
/* The items of one recording: parts of it, by times. What is read for one of them serves the others. Functions are safe
 * from several threads, after opening. */

#include "data/dataset_parts.h"
#include "vdib/events.h"

typedef struct vdib__siblings vdib__siblings;

/* NULL is safe. */
void vdib__siblings_destroy(vdib__siblings *siblings);

/* items (*count): those of the item's recording, itself among them, borrowed; found when they are first asked for. */
vdib_status vdib__siblings_of(vdib_dataset *dataset, const vdib__item *item, vdib__item *const **items, size_t *count);

/* What the file of a recording says as a whole, once somebody has read it to its end and kept that. */
bool vdib__siblings_info(vdib_dataset *dataset, const vdib__item *item, vdib_events_info *info);
void vdib__siblings_keep_info(vdib_dataset *dataset, const vdib__item *item, const vdib_events_info *info);

#endif
