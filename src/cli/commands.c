/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <string.h>

const cli_command *const cli_commands[] = {&cli_experiments, &cli_train,   &cli_sweep,       &cli_compare,
                                           &cli_ridge,       &cli_eval,    &cli_reconstruct, &cli_encode,
                                           &cli_export,      &cli_info,    &cli_report,      &cli_film,
                                           &cli_view,        &cli_convert, &cli_bench,       &cli_completion};
const size_t cli_command_count = sizeof cli_commands / sizeof cli_commands[0];

const cli_command *cli_command_find(const char *name) {
    for (size_t i = 0; i < cli_command_count; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}
