/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_COMMANDS_H
#define VDIB_CLI_COMMANDS_H
/* The commands, each in the file of its name. */

#include "arguments.h"

extern const cli_command cli_experiments, cli_train, cli_sweep, cli_compare, cli_ridge, cli_eval, cli_reconstruct,
    cli_encode, cli_export, cli_info, cli_report, cli_film, cli_convert, cli_view, cli_bench, cli_completion;

/* All of them, (cli_command_count), in the order of --help. */
extern const cli_command *const cli_commands[];
extern const size_t cli_command_count;

/* NULL if there is none of that name. */
const cli_command *cli_command_find(const char *name);

#endif
