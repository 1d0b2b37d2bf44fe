/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_CONVERSION_H
#define VDIB_CLI_CONVERSION_H
/* What the options of `vdib convert` say. */

#include "arguments.h"

/* Fills *conversion, whose texts are the arguments'. */
int cli_conversion(const cli_arguments *arguments, vdib_conversion *conversion);

/* A kind of what a conversion leaves out. */
typedef struct cli_loss {
    const char *key, *what;
    size_t count;
} cli_loss;

/* All kinds: of reading first, then of the steps, in their order. */
enum { CLI_LOSSES = 14 };
void cli_losses(const vdib_conversion_report *report, const vdib_events_info *info, cli_loss losses[CLI_LOSSES]);

/* A folder of recordings, or a file of several, into a folder. */
int cli_convert_folder(const cli_arguments *arguments, const vdib_conversion *conversion);

#endif
