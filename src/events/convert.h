/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_CONVERT_H
#define VDIB_EVENTS_CONVERT_H
/* One conversion, for those of many files. */

#include "vdib/convert.h"

/* As vdib_convert, of whole structs. `alike`: the recording is one of several, whose sensors must be alike: a size that
 * nothing names is not measured but refused. */
vdib_status vdib__convert(const char *from, const char *to, const vdib_conversion *asked, bool alike,
                          vdib_conversion_report *report, vdib_events_info *info);

#endif
