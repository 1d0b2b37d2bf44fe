/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_TRAINING_H
#define VDIB_CLI_TRAINING_H
/* One run from where it stands to its report; and runs over several seeds. */

#include "arguments.h"

/* The configuration of an experiment, a ready one or a file. */
int cli_experiment(const char *experiment, vdib_config **config);

/* Gives a configuration the settings and the seed of the command line, and checks it. */
int cli_configure(const cli_arguments *arguments, vdib_config *config);

/* Prints the plan, trains to the end, evaluates and writes the report. A signal stops it with a checkpoint.
 * figures: receives them (vdib_evaluation_clear()); may be NULL. */
int cli_training_run(vdib_run *run, size_t threads, vdib_evaluation *figures);

/* Runs OUT/seed-S, OUT/seed-S+1, ... and OUT/summary.json; out NULL: a folder in runs/. */
int cli_seeds_train(const vdib_config *config, size_t seeds, const vdib_run_options *options, const char *out);

/* Goes on with what cli_seeds_train began. */
int cli_seeds_resume(const char *out, const vdib_resume_options *options);

#endif
