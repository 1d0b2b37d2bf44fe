/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "commands.h"

static int list(void) {
    size_t width = 0;
    for (size_t i = 0; i < vdib_experiment_count(); i++)
        if (strlen(vdib_experiment_name(i)) > width)
            width = strlen(vdib_experiment_name(i));
    for (size_t i = 0; i < vdib_experiment_count(); i++)
        printf("%-*s  %s\n", (int)width, vdib_experiment_name(i), vdib_experiment_summary(i));
    return CLI_DONE;
}

static int run(const cli_arguments *arguments) {
    if (arguments->operand_count == 0)
        return list();
    const char *name = arguments->operands[0], *nearest = vdib_experiment_name(0);
    for (size_t i = 0; i < vdib_experiment_count(); i++) {
        if (strcmp(vdib_experiment_name(i), name) == 0) {
            fputs(vdib_experiment_yaml(i), stdout);
            return CLI_DONE;
        }
        if (cli_distance(name, vdib_experiment_name(i)) < cli_distance(name, nearest))
            nearest = vdib_experiment_name(i);
    }
    return cli_fail(CLI_WRONG, "experiments: there is no experiment '%s'; did you mean '%s'?", name, nearest);
}

static const struct poptOption options[] = {OPTION_ROW_HELP, OPTION_ROW_END};

const cli_command cli_experiments = {
    .name = "experiments",
    .usage = "[NAME]",
    .summary = "Lists the ready experiments, or prints the YAML of one",
    .details = "The YAML of an experiment, changed and saved in a file, is an experiment too: vdib train FILE.\n",
    .least = 0,
    .most = 1,
    .prints = true,
    .options = options,
    .run = run,
};
