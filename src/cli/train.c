/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "commands.h"
#include "signals.h"
#include "training.h"

static int train(const cli_arguments *arguments, vdib_config *config) {
    const vdib_run_options options = {.size = sizeof(vdib_run_options),
                                      .data = arguments->data,
                                      .images = arguments->images,
                                      .examples = arguments->examples,
                                      .epochs = arguments->epochs,
                                      .seconds = arguments->seconds,
                                      .threads = arguments->threads,
                                      .checkpoint_every = (size_t)arguments->checkpoint_every,
                                      .cancelled = cli_stopped,
                                      .force = arguments->force,
                                      .init = arguments->init};
    vdib_run *run = NULL;
    CLI_TRY(cli_configure(arguments, config));
    if (arguments->seeds > 1 && arguments->init != NULL)
        return cli_fail(CLI_WRONG, "train: --init begins one run; give it without --seeds");
    if (arguments->seeds > 1)
        return cli_seeds_train(config, (size_t)arguments->seeds, &options, arguments->out);
    cli_signals_opening();
    CLI_TRY_LIBRARY(vdib_run_create(arguments->out, config, &options, &run));
    int code = cli_training_run(run, arguments->threads, NULL);
    vdib_run_destroy(run);
    return code;
}

/* A run goes on with its own settings: of the options only --threads can be given, which changes no result, and
 * --force. */
static int check_resume(const cli_arguments *arguments) {
    if (arguments->operand_count > 0)
        return cli_fail(CLI_WRONG, "train: '%s' is one word too many; --resume goes on with the run's own experiment",
                        arguments->operands[0]);
    if (arguments->data != NULL || arguments->images != NULL || arguments->out != NULL ||
        arguments->setting_count > 0 || arguments->epochs > 0 || arguments->examples > 0 || arguments->seconds > 0 ||
        arguments->has_seed || arguments->seeds > 0 || arguments->init != NULL || arguments->checkpoint_every > 0)
        return cli_fail(
            CLI_WRONG, "train: --resume takes the run's own settings; only --threads and --force can be given with it");
    return CLI_DONE;
}

/* Whether a run has nothing left to do; its folder is left as it is. */
static int is_complete(const char *folder, bool *complete) {
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    char path[CLI_PATH], count[CLI_TEXT];
    CLI_TRY(cli_join(path, folder, vdib_run_file_name(VDIB_RUN_FILE_REPORT)));
    CLI_TRY_LIBRARY(vdib_run_describe(folder, &info));
    *complete = info.finished && cli_exists(path);
    if (*complete)
        printf("%s: finished already, after %s example%s; report %s\n", folder, cli_count(info.examples, count),
               cli_s(info.examples), path);
    vdib_run_info_clear(&info);
    return CLI_DONE;
}

static int resume(const cli_arguments *arguments) {
    const char *folder = arguments->resume;
    const vdib_resume_options options = {
        .size = sizeof options, .threads = arguments->threads, .force = arguments->force, .cancelled = cli_stopped};
    bool complete = false;
    vdib_run *run = NULL;
    CLI_TRY(check_resume(arguments));
    if (vdib_series_is(folder))
        return cli_seeds_resume(folder, &options);
    CLI_TRY(is_complete(folder, &complete));
    if (complete)
        return CLI_DONE;
    cli_signals_opening();
    CLI_TRY_LIBRARY(vdib_run_resume(folder, &options, &run));
    int code = cli_training_run(run, arguments->threads, NULL);
    vdib_run_destroy(run);
    return code;
}

static int run(const cli_arguments *arguments) {
    if (arguments->resume != NULL)
        return resume(arguments);
    if (arguments->operand_count == 0)
        return cli_fail(CLI_WRONG, "train: no experiment is given; `vdib experiments` lists the ready ones");
    vdib_config *config = NULL;
    CLI_TRY(cli_experiment(arguments->operands[0], &config));
    int code = train(arguments, config);
    vdib_config_destroy(config);
    return code;
}

static const struct poptOption options[] = {
    OPTION_ROW_DATA("recordings in folders of their classes, a manifest, an archive, or IDX files"),
    OPTION_ROW_IMAGES,
    OPTION("out", OPTION_OUT, "the run's folder: new or empty; by default runs/EXPERIMENT-NUMBER", "RUN"),
    OPTION("set", OPTION_SET, "change a key of the configuration; repeatable (`vdib help keys`)", "key=value"),
    OPTION("epochs", OPTION_EPOCHS, "stop after N times the training split", "N"),
    OPTION("examples", OPTION_EXAMPLES, "stop after N examples", "N"),
    OPTION("seconds", OPTION_SECONDS, "stop after S seconds of training", "S"),
    OPTION("seed", OPTION_SEED, "seed of every random number", "S"),
    OPTION("seeds", OPTION_SEEDS, "train with K seeds, one after the other; mean and deviation", "K"),
    OPTION_ROW_THREADS,
    OPTION_ROW_NO_CACHE,
    OPTION("checkpoint-every", OPTION_CHECKPOINT_EVERY, "examples between checkpoints", "EXAMPLES"),
    OPTION("init", OPTION_INIT, "begin with the weights of a model file, or of another program's state dict",
           "FILE.safetensors"),
    OPTION("resume", OPTION_RESUME, "go on where the run's last checkpoint is, with its own settings", "RUN"),
    OPTION("force", OPTION_FORCE, "resume although data, settings or machine differ; train although memory is short",
           NULL),
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_train = {
    .name = "train",
    .usage = "EXPERIMENT [OPTION...] | --resume RUN",
    .summary = "Trains a model and writes a run folder with its report",
    .details = "EXPERIMENT is a ready one (`vdib experiments`) or a YAML file. Of several limits the first one reached "
               "counts;\n"
               "without one, training.examples does. Ctrl-C stops with a checkpoint.\n",
    .least = 0,
    .most = 1,
    .options = options,
    .run = run,
};
