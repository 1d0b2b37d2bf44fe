/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_JOBS_H
#define VDIB_CLI_JOBS_H
/* Several runs of a sweep at once, a thread each. */

#include "arguments.h"

/* Trains and evaluates the runs of a sweep that are not done, those of arguments->part alone, arguments->jobs at once.
 * A signal stops all of them with checkpoints. Runs that another process trains are left to it. */
int cli_jobs_run(vdib_sweep *sweep, const cli_arguments *arguments);

#endif
