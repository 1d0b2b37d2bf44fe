/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_RECOGNIZED_H
#define VDIB_CLI_RECOGNIZED_H
/* What a reader had to recognise in a file that does not say it, and to unpack. */

#include <jansson.h>

#include "cli.h"

/* A line for each; none where the file says all. */
void cli_recognized_print(FILE *stream, const vdib_events_info *info);

/* The same as an object, of which what the file says is null; the caller's. */
json_t *cli_recognized_json(const vdib_events_info *info);

#endif
