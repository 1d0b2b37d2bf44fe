/* SPDX-License-Identifier: MIT */
#include "training.h"

#include <string.h>

#include "figures.h"
#include "progress.h"
#include "ranks.h"
#include "signals.h"

int cli_experiment(const char *experiment, vdib_config **config) {
    vdib_status status = vdib_config_load(experiment, config);
    if (status == VDIB_OK)
        return CLI_DONE;
    int code = cli_library_fail(status);
    return status == VDIB_ERROR_MEMORY ? code : CLI_WRONG;
}

int cli_configure(const cli_arguments *arguments, vdib_config *config) {
    for (size_t i = 0; i < arguments->setting_count; i++)
        CLI_TRY_LIBRARY(vdib_config_set(config, arguments->settings[i]));
    if (arguments->has_seed) {
        char setting[CLI_TEXT];
        snprintf(setting, sizeof setting, "seed=%llu", (unsigned long long)arguments->seed);
        CLI_TRY_LIBRARY(vdib_config_set(config, setting));
    }
    CLI_TRY_LIBRARY(vdib_config_check(config));
    return CLI_DONE;
}

/* A line each. */
static void print_memory(const vdib_run *run, size_t threads) {
    vdib_training_need need = {.size = sizeof need};
    const vdib_config *config = vdib_model_config(vdib_run_model(run));
    if (vdib_training_memory(config, vdib_run_dataset(run), threads, &need) != VDIB_OK)
        return;
    double mebi = 1024.0 * 1024.0;
    printf("memory   about %.0f MiB beside %.1f MiB of weights\n", (double)(need.total - need.weights) / mebi,
           (double)need.weights / mebi);
}

/* Estimator and feedback are the encoder's. */
static void print_rule(const vdib_model *model) {
    const vdib_config *config = vdib_model_config(model);
    char estimator[CLI_VALUE], feedback[CLI_VALUE], schedule[CLI_VALUE], batch[CLI_VALUE];
    printf("rule     ");
    if (vdib_model_readouts(model) > 0)
        printf("%s, %s, ", cli_key(config, "learning.estimator", estimator),
               cli_key(config, "learning.credit_assignment", feedback));
    printf("%s, batches of %s\n", cli_key(config, "learning.schedule", schedule),
           cli_key(config, "learning.batch_size", batch));
}

static void print_plan(const vdib_run *run, size_t threads) {
    const vdib_model *model = vdib_run_model(run);
    const vdib_config *config = vdib_model_config(model);
    char batch[CLI_VALUE], name[CLI_VALUE];
    printf("run      %s: %s, seed %s\n", vdib_run_folder(run), cli_key(config, "experiment", name),
           cli_key(config, "seed", batch));
    printf("data     %s\n", vdib_dataset_summary(vdib_run_dataset(run)));
    (void)cli_notes_of("note     ", vdib_run_dataset(run));
    printf("network  ");
    cli_network_print(model);
    print_memory(run, threads);
    if (cli_ranks() != NULL)
        printf("ranks    %zu, which divide every batch; %zu thread%s each\n", cli_ranks()->count, threads,
               cli_s(threads));
    print_rule(model);
    if (vdib_model_examples(model) > 0)
        printf("resumed  after %s example%s\n", cli_count(vdib_model_examples(model), name),
               cli_s(vdib_model_examples(model)));
    cli_notes_print("note     ", vdib_run_notes(run));
    cli_flush();
}

/* What could not be foreseen: time was up while the learning rates still rose. */
static void print_rising(const vdib_config *config, uint64_t examples) {
    int64_t warmup = 0;
    if (vdib_config_get_whole(config, "learning.warmup_examples", &warmup) == VDIB_OK && examples <= (uint64_t)warmup)
        printf(
            "note     the learning rates were still rising (learning.warmup_examples is %llu): it has learnt little; "
            "train longer, or lower it\n",
            (unsigned long long)warmup);
}

static void print_end(const vdib_run *run, const vdib_progress *last) {
    char count[CLI_TEXT], duration[CLI_TEXT];
    printf("trained on %s example%s in %s", cli_count(last->examples, count), cli_s(last->examples),
           cli_duration(last->seconds, duration));
    if (last->seconds > 0)
        printf(", %.0f a second", (double)last->examples / last->seconds);
    putchar('\n');
    cli_ranks_print_traffic();
    if (last->limit == 0 || last->examples < last->limit) {
        printf("stopped by --seconds; --examples %llu instead repeats this run\n", (unsigned long long)last->examples);
        print_rising(vdib_model_config(vdib_run_model(run)), last->examples);
    }
    cli_flush();
}

static int steps(vdib_run *run) {
    cli_progress progress;
    vdib_progress now = {.size = sizeof(vdib_progress)};
    cli_progress_begin(&progress);
    while (!now.done) {
        vdib_status status = vdib_run_step(run, &now);
        if (status != VDIB_OK) {
            cli_progress_clear(&progress);
            return cli_library_fail(status);
        }
        cli_progress_show(&progress, &now);
    }
    cli_progress_clear(&progress);
    print_end(run, &now);
    return CLI_DONE;
}

/* A rank's share of the evaluation whose report rank 0 writes. */
static int follow(const vdib_run *run, const vdib_evaluation_options *options) {
    vdib_evaluation evaluation = {NULL};
    CLI_TRY_LIBRARY(vdib_evaluate(vdib_run_model(run), vdib_run_dataset(run), VDIB_SPLIT_TEST, options, &evaluation));
    vdib_evaluation_clear(&evaluation);
    return CLI_DONE;
}

static int report(const char *folder, const vdib_evaluation_options *options, vdib_evaluation *figures) {
    char path[CLI_PATH];
    CLI_TRY(cli_join(path, folder, vdib_run_file_name(VDIB_RUN_FILE_REPORT)));
    puts("test split:"); /* before the judge is trained, which takes a moment */
    cli_flush();
    vdib_status status = vdib_report_write(folder, NULL, NULL, options, figures);
    if (status == VDIB_ERROR_CANCELLED && cli_stop_code() != 0)
        return cli_fail(cli_stop_code(), "%s: training is finished, the report is not; `vdib report %s` writes it",
                        folder, folder);
    if (status != VDIB_OK)
        return cli_library_fail(status);
    cli_figures_print(figures);
    printf("model    %s/%s\nreport   %s\n", folder, vdib_run_file_name(VDIB_RUN_FILE_MODEL), path);
    return CLI_DONE;
}

int cli_training_run(vdib_run *run, size_t threads, vdib_evaluation *figures) {
    const vdib_evaluation_options options = {
        .size = sizeof(vdib_evaluation_options), .threads = threads, .cancelled = cli_stopped, .ranks = cli_ranks()};
    vdib_evaluation evaluation = {NULL};
    cli_signals_reader();
    print_plan(run, threads);
    CLI_TRY(steps(run));
    if (!cli_ranks_leads())
        return follow(run, &options);
    CLI_TRY(report(vdib_run_folder(run), &options, &evaluation));
    if (figures != NULL)
        *figures = evaluation;
    else
        vdib_evaluation_clear(&evaluation);
    return CLI_DONE;
}
