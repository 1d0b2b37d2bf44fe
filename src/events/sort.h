/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_SORT_H
#define VDIB_EVENTS_SORT_H
/* Events in order of time. */

#include "vdib/events.h"

/* Sorts (count) by time, stably; `spare` (count) is overwritten. The result is in *array, the other in *spare. */
void vdib__events_sort(vdib_event **array, vdib_event **spare, size_t count);

#endif
