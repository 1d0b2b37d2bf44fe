/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_SELECT_H
#define VDIB_DATA_SELECT_H
/* Which examples a limit leaves. */

#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

/* Chooses min(limit, count) of `count` examples, as evenly over the classes as there are examples: of every class the
 * first ones; where the limit is no multiple of the classes, the classes with the lowest labels have one more. chosen
 * receives their numbers, increasing. */
vdib_status vdib__select_evenly(const uint32_t *labels, size_t count, size_t limit, size_t *chosen);

#endif
