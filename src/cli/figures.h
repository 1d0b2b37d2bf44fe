/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_FIGURES_H
#define VDIB_CLI_FIGURES_H
/* The figures of an evaluation, and the shapes of a model, for people. */

#include "cli.h"

enum { CLI_LABEL = 36 }; /* width of the column of labels */

/* A figure's value with the digits of the table of figures, a count with commas. Returns `text`. */
const char *cli_figure_value(size_t figure, double value, char text[CLI_TEXT]);

/* " bits per example": its unit with a blank before, or nothing. Returns `text`. */
const char *cli_figure_unit(size_t figure, bool stepwise, char text[CLI_TEXT]);

/* A table on standard output: a figure a line, those that the task does not have left out. */
void cli_figures_print(const vdib_evaluation *evaluation);

/* A model in one line, for example "2 x 34 x 34 -> 800 -> 256 spiking, 30 steps -> mlp -> 28 x 28; 4,567,890 weights".
 */
void cli_network_print(const vdib_model *model);

/* The end of a line: a text that may hold names, whose control characters are not for a terminal. */
void cli_line_print(const char *text, size_t length);

/* Notes on the data (vdib_dataset_notes), a line each after `label`. */
void cli_notes_print(const char *label, const char *notes);

/* Those of a data set as far as they are known. Returns an exit code. */
int cli_notes_of(const char *label, const vdib_dataset *dataset);

#endif
