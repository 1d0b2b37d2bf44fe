/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "figures.h"
#include "signals.h"
#include "training.h"

static int regress(const cli_arguments *arguments, vdib_config *config) {
    const vdib_run_options options = {.size = sizeof options,
                                      .data = arguments->data,
                                      .images = arguments->images,
                                      .threads = arguments->threads,
                                      .cancelled = cli_stopped};
    vdib_ridge_fit fit = {.size = sizeof fit};
    vdib_evaluation test = {NULL};
    char count[CLI_TEXT], features[CLI_TEXT];
    CLI_TRY(cli_configure(arguments, config));
    cli_signals_opening();
    CLI_TRY_LIBRARY(vdib_ridge_run(arguments->out, config, &options, &fit, &test));
    printf("ridge    %s rows of %s counts, width %.4g, penalty %g chosen on the validation split\ntest split:\n",
           cli_count(fit.rows, count), cli_count(fit.features, features), fit.width, fit.penalty);
    cli_figures_print(&test);
    printf("folder   %s\n", arguments->out);
    vdib_evaluation_clear(&test);
    return CLI_DONE;
}

static int run(const cli_arguments *arguments) {
    vdib_config *config = NULL;
    if (arguments->out == NULL)
        return cli_fail(CLI_WRONG, "ridge: name the folder with --out");
    CLI_TRY(cli_experiment(arguments->operands[0], &config));
    int code = regress(arguments, config);
    vdib_config_destroy(config);
    return code;
}

static const struct poptOption options[] = {
    OPTION_ROW_DATA("recordings in folders of their classes, a manifest, an archive, or IDX files"),
    OPTION_ROW_IMAGES,
    OPTION("out", OPTION_OUT, "folder for the figures, new or empty; `vdib compare` takes it", "DIR"),
    OPTION("set", OPTION_SET, "change a key of the configuration; repeatable (`vdib help keys`)", "key=value"),
    OPTION_ROW_THREADS,
    OPTION_ROW_NO_CACHE,
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_ridge = {
    .name = "ridge",
    .usage = "EXPERIMENT --out DIR [OPTION...]",
    .summary = "A baseline: kernel ridge regression on event counts",
    .details =
        "Reads counts per pixel and polarity in three parts of the time window, of the data and for the target of "
        "EXPERIMENT.\n"
        "At most 10,000 training examples. Of the experiment the keys data.* count.\n",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
