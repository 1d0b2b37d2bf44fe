/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "figures.h"
#include "source.h"

static int run(const cli_arguments *arguments) {
    const vdib_evaluation_options options = cli_evaluation_options(arguments);
    vdib_evaluation evaluation = {NULL};
    char path[CLI_PATH];
    CLI_TRY(cli_join(path, arguments->operands[0], vdib_run_file_name(VDIB_RUN_FILE_REPORT)));
    CLI_TRY_LIBRARY(
        vdib_report_write(arguments->operands[0], arguments->data, arguments->images, &options, &evaluation));
    cli_figures_print(&evaluation);
    vdib_evaluation_clear(&evaluation);
    printf("report: %s\n", path);
    return CLI_DONE;
}

static const struct poptOption options[] = {
    OPTION_ROW_DATA("the data; by default those of the run"),
    OPTION_ROW_IMAGES,
    OPTION_ROW_EVALUATED,
    OPTION_ROW_THREADS,
    OPTION_ROW_NO_CACHE,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_report = {
    .name = "report",
    .usage = "RUN [OPTION...]",
    .summary = "Evaluates a run on its test split and writes RUN/report.html again",
    .details = "RUN/evaluation.json, the figures of the report, is written beside it.\n",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
