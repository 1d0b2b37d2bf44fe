/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_CONVERSION_H
#define VDIB_CLI_CONVERSION_H
/* What the options of `vdib convert` say. */

#include "arguments.h"

/* Fills *conversion, whose texts are the arguments'. */
int cli_conversion(const cli_arguments *arguments, vdib_conversion *conversion);

#endif
