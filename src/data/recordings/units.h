/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_RECORDINGS_UNITS_H
#define VDIB_DATA_RECORDINGS_UNITS_H
/* data.time_unit: the unit of times in recordings whose format does not say it. */

#include "core/choice.h"

extern const vdib__choices vdib__time_units;

/* A choice (NULL: auto) as vdib_packets_options::unit. */
const char *vdib__time_unit_of(const vdib__choice *choice);

#endif
