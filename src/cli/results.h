/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_RESULTS_H
#define VDIB_CLI_RESULTS_H
/* Tables of runs for people. */

#include "cli.h"

/* A row a setting: its keys, the number of runs, mean and deviation of the figures that say most; of the validation
 * split, if there is one, and of the test split. */
int cli_results_settings(const vdib_results *results);

/* A column a run: the keys that differ, the seeds, every figure. */
int cli_results_side_by_side(const vdib_results *results);

/* The figures that say most about a task, for one line. Returns the figure's number; beyond the last that of none. */
size_t cli_results_headline(size_t index);

#endif
