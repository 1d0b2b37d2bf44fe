/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_FIGURES_H
#define VDIB_CLI_FIGURES_H
/* The figures of an evaluation, and the shapes of a model, for people. */

#include "cli.h"

/* A table on standard output: a figure a line, those that the task does not have left out. */
void cli_figures_print(const vdib_evaluation *evaluation);

/* A model in one line, for example "2 x 34 x 34 -> 800 -> 256 spiking, 30 steps -> mlp -> 28 x 28; 4,567,890 weights". */
void cli_network_print(const vdib_model *model);

#endif
