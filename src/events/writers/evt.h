/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_WRITERS_EVT_H
#define VDIB_EVENTS_WRITERS_EVT_H
/* The header of Prophesee's RAW files (EVT 2.0, 3.0). No date, camera or serial number is written, so that the same
 * events give the same bytes. */

#include "events/writer.h"

enum { VDIB_EVT_SIDE = 2048 }; /* x and y have 11 bits */

/* `format` is "EVT3", `version` "3.0". */
vdib_status vdib__evt_header(vdib__event_output *output, const char *format, const char *version);

#endif
