/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "figures.h"
#include "ranks.h"
#include "source.h"

/* A rank's share of the evaluation whose report rank 0 writes. */
static int follow(const cli_arguments *arguments, const vdib_evaluation_options *options) {
    vdib_evaluation evaluation = {NULL};
    cli_source source;
    CLI_TRY(cli_source_open(arguments->operands[0], arguments, true, &source));
    vdib_status status = vdib_evaluate(source.model, source.dataset, VDIB_SPLIT_TEST, options, &evaluation);
    vdib_evaluation_clear(&evaluation);
    cli_source_close(&source);
    return status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
}

/* The library opens the run's data itself; with settings they are opened here. */
static int write(const cli_arguments *arguments, const vdib_evaluation_options *options, vdib_evaluation *evaluation) {
    const char *folder = arguments->operands[0];
    cli_source source;
    if (arguments->setting_count == 0) {
        CLI_TRY_LIBRARY(vdib_report_write(folder, arguments->data, arguments->images, options, evaluation));
        return CLI_DONE;
    }
    CLI_TRY(cli_source_open(folder, arguments, false, &source));
    vdib_status status = vdib_report_write_dataset(folder, source.dataset, options, evaluation);
    cli_source_close(&source);
    return status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
}

static int report(const cli_arguments *arguments, const vdib_model *ann) {
    vdib_evaluation_options options = cli_evaluation_options(arguments);
    vdib_evaluation evaluation = {NULL};
    char path[CLI_PATH];
    options.ann = ann;
    if (!cli_ranks_leads())
        return follow(arguments, &options);
    CLI_TRY(cli_join(path, arguments->operands[0], vdib_run_file_name(VDIB_RUN_FILE_REPORT)));
    CLI_TRY(write(arguments, &options, &evaluation));
    cli_figures_print(&evaluation);
    vdib_evaluation_clear(&evaluation);
    printf("report: %s\n", path);
    return CLI_DONE;
}

static int run(const cli_arguments *arguments) {
    return cli_evaluation_run(arguments, report);
}

static const struct poptOption options[] = {
    OPTION_ROW_DATA("the data; by default those of the run"),
    OPTION_ROW_IMAGES,
    OPTION_ROW_EVALUATED,
    OPTION_ROW_SPIKES,
    OPTION_ROW_NO_JUDGE,
    OPTION_ROW_OPEN,
    OPTION_ROW_THREADS,
    OPTION_ROW_NO_CACHE,
    OPTION_ROW_LIMIT_MEMORY,
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
