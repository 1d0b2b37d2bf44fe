/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_PROGRESS_H
#define VDIB_CLI_PROGRESS_H
/* How training shows itself: on a terminal one line that is drawn again and again, elsewhere plain lines. */

#include "cli.h"

typedef struct cli_progress {
    bool terminal; /* standard output is one */
    bool drawn;    /* the line is on the screen */
    double shown;  /* when it was last drawn or printed, in seconds of the monotonic clock */
} cli_progress;

void cli_progress_begin(cli_progress *progress);

/* After a step: draws, at most 5 times a second; or prints a line, every 10 seconds. A validation has a line of its
 * own. */
void cli_progress_show(cli_progress *progress, const vdib_progress *now);

/* Clears the drawn line, before anything else is printed. */
void cli_progress_clear(cli_progress *progress);

#endif
