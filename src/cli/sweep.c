/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "commands.h"
#include "jobs.h"
#include "ranks.h"
#include "results.h"
#include "signals.h"
#include "training.h"

/* The table of what there is, on disk and on the terminal. */
static int write_table(const vdib_sweep *sweep, bool print) {
    vdib_results *results = NULL;
    const char *folder = vdib_sweep_folder(sweep);
    CLI_TRY_LIBRARY(vdib_sweep_write(sweep));
    CLI_TRY_LIBRARY(vdib_sweep_results(sweep, &results));
    int code = print ? cli_results_settings(results) : CLI_DONE;
    vdib_results_destroy(results);
    if (code == CLI_DONE && print)
        printf("table    %s/%s, %s\npage     %s/%s\n", folder, vdib_run_file_name(VDIB_RUN_FILE_RESULTS_CSV),
               vdib_run_file_name(VDIB_RUN_FILE_RESULTS_JSON), folder, vdib_run_file_name(VDIB_RUN_FILE_RESULTS_PAGE));
    return code;
}

/* The table holds what is done also when the work was stopped or failed. */
static int train(vdib_sweep *sweep, const cli_arguments *arguments) {
    int code = cli_jobs_run(sweep, arguments);
    if (!vdib_sweep_is(vdib_sweep_folder(sweep))) /* nothing was begun */
        return code;
    int written = write_table(sweep, code == CLI_DONE);
    return code != CLI_DONE ? code : written;
}

static int check_out(const cli_arguments *arguments) {
    if (arguments->operand_count == 0)
        return cli_fail(CLI_WRONG, "sweep: no experiment is given; `vdib experiments` lists the ready ones");
    if (arguments->out == NULL)
        return cli_fail(CLI_WRONG, "sweep: name the folder with --out; the same command goes on with it later");
    return CLI_DONE;
}

/* A sweep's folder has its settings already. */
static int check_own(const cli_arguments *arguments, const char *option) {
    if (arguments->operand_count > 0)
        return cli_fail(CLI_WRONG, "sweep: '%s' is one word too many; --%s takes the sweep's own experiment",
                        arguments->operands[0], option);
    if (arguments->data != NULL || arguments->images != NULL || arguments->out != NULL ||
        arguments->setting_count > 0 || arguments->over_count > 0 || arguments->epochs > 0 || arguments->examples > 0 ||
        arguments->seconds > 0 || arguments->has_seed || arguments->seeds > 0 || arguments->checkpoint_every > 0)
        return cli_fail(CLI_WRONG,
                        "sweep: --%s takes the sweep's own settings; only --part, --jobs, --threads and --force can "
                        "be given with it",
                        option);
    return CLI_DONE;
}

/* A table trains nothing. */
static int check_table(const cli_arguments *arguments) {
    if (arguments->resume != NULL || arguments->parts > 0 || arguments->jobs > 0 || arguments->threads > 0 ||
        arguments->force)
        return cli_fail(CLI_WRONG, "sweep: --table trains nothing; no other option can be given with it");
    return CLI_DONE;
}

static int create(const cli_arguments *arguments, vdib_config *config) {
    const vdib_run_options options = {.size = sizeof options,
                                      .data = arguments->data,
                                      .images = arguments->images,
                                      .examples = arguments->examples,
                                      .epochs = arguments->epochs,
                                      .seconds = arguments->seconds,
                                      .threads = arguments->threads > 0 ? arguments->threads : 1,
                                      .checkpoint_every = (size_t)arguments->checkpoint_every,
                                      .cancelled = cli_stopped,
                                      .force = arguments->force};
    vdib_sweep *sweep = NULL;
    CLI_TRY(cli_configure(arguments, config));
    CLI_TRY_LIBRARY(vdib_sweep_create(arguments->out, config, arguments->over, arguments->over_count,
                                      arguments->seeds > 0 ? (size_t)arguments->seeds : 1, &options, &sweep));
    int code = train(sweep, arguments);
    vdib_sweep_destroy(sweep);
    return code;
}

static int resume(const cli_arguments *arguments, const char *folder, bool trains) {
    const vdib_resume_options options = {.size = sizeof options,
                                         .threads = arguments->threads > 0 ? arguments->threads : 1,
                                         .force = arguments->force,
                                         .cancelled = cli_stopped};
    vdib_sweep *sweep = NULL;
    CLI_TRY(check_own(arguments, trains ? "resume" : "table"));
    CLI_TRY_LIBRARY(vdib_sweep_open(folder, &options, &sweep));
    int code = trains ? train(sweep, arguments) : write_table(sweep, true);
    vdib_sweep_destroy(sweep);
    return code;
}

/* Of several programs that mpirun or srun has started each takes its part. */
static void take_part(cli_arguments *arguments) {
    size_t rank = 0, count = 0;
    if (arguments->parts > 0 || !cli_ranks_launched(&rank, &count))
        return;
    arguments->part = rank + 1;
    arguments->parts = count;
    printf("part     %zu of %zu, by its rank\n", rank + 1, count);
}

static int run(const cli_arguments *given) {
    cli_arguments arguments = *given;
    if (arguments.table != NULL) {
        CLI_TRY(check_table(&arguments));
        return resume(&arguments, arguments.table, false);
    }
    if (arguments.jobs == 0)
        arguments.jobs = vdib_cores();
    take_part(&arguments);
    if (arguments.resume != NULL)
        return resume(&arguments, arguments.resume, true);
    CLI_TRY(check_out(&arguments));
    vdib_config *config = NULL;
    CLI_TRY(cli_experiment(arguments.operands[0], &config));
    int code = create(&arguments, config);
    vdib_config_destroy(config);
    return code;
}

static const struct poptOption options[] = {
    OPTION("over", OPTION_OVER, "vary a key; repeatable, all combinations are trained", "key=value,value"),
    OPTION("seeds", OPTION_SEEDS, "K seeds for each combination; mean and deviation", "K"),
    OPTION("seed", OPTION_SEED, "the first seed", "S"),
    OPTION("part", OPTION_PART, "only the runs of part I of N, for job arrays", "I/N"),
    OPTION("jobs", OPTION_JOBS, "runs at once, as many as there are cores by default", "J"),
    OPTION("out", OPTION_OUT, "the sweep's folder: new, empty, or that of the same sweep, which then goes on", "DIR"),
    OPTION_ROW_DATA("recordings in folders of their classes, a manifest, an archive, or IDX files"),
    OPTION_ROW_IMAGES,
    OPTION("set", OPTION_SET, "change a key of the configuration; repeatable (`vdib help keys`)", "key=value"),
    OPTION("epochs", OPTION_EPOCHS, "stop each run after N times the training split", "N"),
    OPTION("examples", OPTION_EXAMPLES, "stop each run after N examples", "N"),
    OPTION("seconds", OPTION_SECONDS, "stop each run after S seconds of training", "S"),
    OPTION("threads", OPTION_THREADS, "threads of each run, 1 by default; changes no result", "N"),
    OPTION_ROW_NO_CACHE,
    OPTION("checkpoint-every", OPTION_CHECKPOINT_EVERY, "examples between checkpoints", "EXAMPLES"),
    OPTION("resume", OPTION_RESUME, "go on with a sweep, with its own settings", "DIR"),
    OPTION("table", OPTION_TABLE, "write and print the table of what is done, train nothing", "DIR"),
    OPTION("force", OPTION_FORCE, "go on although data, settings or machine differ, or memory is short", NULL),
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_sweep = {
    .name = "sweep",
    .usage = "EXPERIMENT --over key=value,value... --out DIR [OPTION...] | --resume DIR | --table DIR",
    .summary = "Trains an experiment under all combinations of some settings",
    .details = "Keys that change together: --over decoder.type:decoder.coding=mlp:time,mlp:rate. Runs that are done "
               "are skipped,\n"
               "interrupted ones go on. Ctrl-C stops with checkpoints. DIR/results.html shows the figures against the "
               "keys.\n",
    .least = 0,
    .most = 1,
    .options = options,
    .run = run,
};
