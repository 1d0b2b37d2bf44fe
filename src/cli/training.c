/* SPDX-License-Identifier: MIT */
#include "training.h"

#include <signal.h>
#include <string.h>

#include "figures.h"
#include "progress.h"

/* The signal that asked the program to stop; 0 while none did. */
static volatile sig_atomic_t stop_signal;

static void on_signal(int number) {
    stop_signal = number;
}

static bool stopped(void *user) {
    (void)user;
    return stop_signal != 0;
}

/* A signal that is ignored stays so: the shell ignores SIGINT for background jobs. */
static void catch_signal(int number) {
    struct sigaction action, before;
    if (sigaction(number, NULL, &before) != 0 || before.sa_handler == SIG_IGN)
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* the second signal stops at once */
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* The first signal stops in good order. Before this is called a signal ends the program, which is safe: every file is written
 * under a temporary name. */
static void catch_signals(void) {
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
}

static int stopped_or_failed(vdib_status status) {
    int code = cli_library_fail(status);
    return status == VDIB_ERROR_CANCELLED && stop_signal != 0 ? CLI_STOPPED + stop_signal : code;
}

static void print_plan(const char *folder, const vdib_run *run) {
    const vdib_model *model = vdib_run_model(run);
    const vdib_config *config = vdib_model_config(model);
    char estimator[CLI_VALUE], feedback[CLI_VALUE], schedule[CLI_VALUE], batch[CLI_VALUE], name[CLI_VALUE];
    printf("run      %s: %s, seed %s\n", folder, cli_key(config, "experiment", name), cli_key(config, "seed", batch));
    printf("data     %s\n", vdib_dataset_summary(vdib_run_dataset(run)));
    printf("network  ");
    cli_network_print(model);
    printf("rule     %s, %s, %s, batches of %s\n", cli_key(config, "learning.estimator", estimator),
           cli_key(config, "learning.feedback", feedback), cli_key(config, "learning.schedule", schedule),
           cli_key(config, "learning.batch_size", batch));
    if (vdib_model_examples(model) > 0)
        printf("resumed  after %s examples\n", cli_count(vdib_model_examples(model), name));
}

static void print_end(const vdib_progress *last) {
    char count[CLI_TEXT], duration[CLI_TEXT];
    printf("trained on %s examples in %s", cli_count(last->examples, count), cli_duration(last->seconds, duration));
    if (last->seconds > 0)
        printf(", %.0f a second", (double)last->examples / last->seconds);
    putchar('\n');
    if (last->limit == 0 || last->examples < last->limit)
        printf("stopped by --seconds; --examples %llu instead repeats this run\n", (unsigned long long)last->examples);
    fflush(stdout);
}

static int steps(vdib_run *run) {
    cli_progress progress;
    vdib_progress now = {.size = sizeof(vdib_progress)};
    CLI_TRY_LIBRARY(vdib_run_on_cancel(run, stopped, NULL));
    cli_progress_begin(&progress);
    while (!now.done) {
        vdib_status status = vdib_run_step(run, &now);
        if (status != VDIB_OK) {
            cli_progress_clear(&progress);
            return stopped_or_failed(status);
        }
        cli_progress_show(&progress, &now);
    }
    cli_progress_clear(&progress);
    print_end(&now);
    return CLI_DONE;
}

static int report(const char *folder, size_t threads, vdib_evaluation **figures) {
    const vdib_evaluation_options options = {
        .size = sizeof(vdib_evaluation_options), .threads = threads, .cancelled = stopped};
    char path[CLI_PATH];
    CLI_TRY(cli_join(path, folder, "report.html"));
    puts("test split:"); /* before the judge is trained, which takes a moment */
    fflush(stdout);
    vdib_status status = vdib_report_write(folder, NULL, NULL, &options, figures);
    if (status == VDIB_ERROR_CANCELLED && stop_signal != 0)
        return cli_fail(CLI_STOPPED + stop_signal,
                        "%s: training is finished, the report is not; `vdib report %s` writes it", folder, folder);
    if (status != VDIB_OK)
        return cli_library_fail(status);
    cli_figures_print(*figures);
    printf("model    %s/model.safetensors\nreport   %s\n", folder, path);
    return CLI_DONE;
}

int cli_training_run(const char *folder, vdib_run *run, size_t threads, vdib_evaluation **figures) {
    vdib_evaluation *evaluation = NULL;
    catch_signals();
    print_plan(folder, run);
    CLI_TRY(steps(run));
    CLI_TRY(report(folder, threads, &evaluation));
    if (figures != NULL)
        *figures = evaluation;
    else
        vdib_evaluation_destroy(evaluation);
    return CLI_DONE;
}
