/* SPDX-License-Identifier: MIT */
/* A series of runs over several seeds, from where it stands to its summary. */

#include <string.h>

#include "figures.h"
#include "signals.h"
#include "training.h"

/* Opens, trains and reports one seed. */
static int train_seed(vdib_series *series, size_t index, size_t threads, bool *stepwise) {
    vdib_run *run = NULL;
    vdib_evaluation evaluation = {NULL};
    cli_signals_opening();
    CLI_TRY_LIBRARY(vdib_series_run(series, index, &run));
    int code = cli_training_run(run, threads, &evaluation);
    if (code == CLI_DONE) {
        vdib_status status = vdib_series_add(series, &evaluation);
        code = status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
        *stepwise = vdib_evaluation_stepwise(&evaluation);
    }
    vdib_evaluation_clear(&evaluation);
    vdib_run_destroy(run);
    return code;
}

static void print_summary(const vdib_series *series, bool stepwise) {
    char text[CLI_TEXT];
    double mean = 0, deviation = 0;
    printf("\n%zu seed%s from %llu on, test split:\n  %-*s %14s %14s\n", vdib_series_count(series),
           cli_s(vdib_series_count(series)), (unsigned long long)vdib_series_seed(series, 0), CLI_LABEL, "", "mean",
           "deviation");
    for (size_t f = 0; f < vdib_figure_count(); f++) {
        if (!vdib_series_figure(series, f, &mean, &deviation))
            continue;
        printf("  %-*s %14s", CLI_LABEL, vdib_figure_label(f), cli_figure_value(f, mean, text));
        printf(" %14s", cli_figure_value(f, deviation, text));
        puts(cli_figure_unit(f, stepwise, text));
    }
    printf("summary  %s/%s\n", vdib_series_folder(series), vdib_run_file_name(VDIB_RUN_FILE_SUMMARY));
}

static int train_series(vdib_series *series, size_t threads) {
    bool stepwise = false;
    for (size_t i = 0; i < vdib_series_count(series); i++) {
        if (i > 0)
            putchar('\n');
        CLI_TRY(train_seed(series, i, threads, &stepwise));
    }
    CLI_TRY_LIBRARY(vdib_series_finish(series));
    print_summary(series, stepwise);
    return CLI_DONE;
}

int cli_seeds_train(const vdib_config *config, size_t seeds, const vdib_run_options *options, const char *out) {
    vdib_series *series = NULL;
    CLI_TRY_LIBRARY(vdib_series_create(out, config, seeds, options, &series));
    int code = train_series(series, options->threads);
    vdib_series_destroy(series);
    return code;
}

int cli_seeds_resume(const char *out, const vdib_resume_options *options) {
    vdib_series *series = NULL;
    CLI_TRY_LIBRARY(vdib_series_resume(out, options, &series));
    int code = train_series(series, options->threads);
    vdib_series_destroy(series);
    return code;
}
