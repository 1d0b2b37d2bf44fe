/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_CONVERSION_H
#define VDIB_CLI_CONVERSION_H
/* What the options of `vdib convert` say. */

#include "arguments.h"

/* Fills *conversion, whose texts are the arguments'. */
int cli_conversion(const cli_arguments *arguments, vdib_conversion *conversion);

/* A time in microseconds: "1500", "1500us", "20ms", "1.5s". `option` is for messages. */
int cli_time(const char *option, const char *text, int64_t *us);

#endif
