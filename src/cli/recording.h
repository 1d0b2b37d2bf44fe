/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_RECORDING_H
#define VDIB_CLI_RECORDING_H
/* What `vdib info` says of an event file. */

#include "arguments.h"

/* Reads the file to its end; says what it holds as text, or as JSON. */
int cli_recording(const char *path, const cli_arguments *arguments);

#endif
