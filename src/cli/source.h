/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_SOURCE_H
#define VDIB_CLI_SOURCE_H
/* "RUN|MODEL": a run folder stands for its model.safetensors, and a model file in a run folder brings the run's data.
 */

#include "arguments.h"

typedef struct cli_source {
    vdib_model *model;
    vdib_dataset *dataset;
    char path[CLI_PATH]; /* of the model file */
} cli_source;

/* The model's configuration with the settings of --set, of which only those of the data that a trained model leaves
 * open are taken, and, for commands that decode, those of the channel; freed with vdib_config_destroy(). */
int cli_source_config(const cli_arguments *arguments, const vdib_model *model, bool decodes, vdib_config **config);

/* A line for each of them. */
void cli_settings_print(const cli_arguments *arguments);

/* Opens the model, behind the channel of --set if `decodes`, and its data: what the arguments name, else what the run
 * was trained on, else the built-in data. */
int cli_source_open(const char *run_or_model, const cli_arguments *arguments, bool decodes, cli_source *source);

/* The model alone, freed with vdib_model_destroy(). */
int cli_model_open(const char *run_or_model, vdib_model **model);

void cli_source_close(cli_source *source);

/* Whether a folder is a run's. */
bool cli_is_run(const char *folder);

/* A command that evaluates, with all ranks that a launcher has started: `evaluate` gets the model of --ann, NULL
 * without it. Options that only mean something together are checked. Returns the exit code. */
int cli_evaluation_run(const cli_arguments *arguments, int (*evaluate)(const cli_arguments *, const vdib_model *ann));

/* What the command line says about an evaluation, which signals stop in good order from now on. */
vdib_evaluation_options cli_evaluation_options(const cli_arguments *arguments);

#endif
