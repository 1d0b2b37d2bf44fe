/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "commands.h"
#include "ranks.h"
#include "signals.h"
#include "training.h"

/* What the report of an import says, a line each. */
static int print_import(const vdib_import *import) {
    static const char *const fidelities[] = {[VDIB_FIDELITY_EXACT] = "exact",
                                             [VDIB_FIDELITY_APPROXIMATE] = "approximate",
                                             [VDIB_FIDELITY_LEFT_OUT] = "left out"};
    const vdib_export_report *report = vdib_import_report(import);
    for (size_t i = 0; i < vdib_export_report_count(report); i++) {
        vdib_export_row row = {.size = sizeof row};
        CLI_TRY_LIBRARY(vdib_export_report_row(report, i, &row));
        printf("import   %-11s  %s%s%s: %s\n", fidelities[row.fidelity], row.part, row.as[0] != '\0' ? " -> " : "",
               row.as, row.note);
    }
    return CLI_DONE;
}

/* Settings of --set in whose place stands what the file says: `before` is the configuration without it. */
static void print_replaced(const cli_arguments *arguments, const vdib_config *before, const vdib_config *after) {
    enum { KEY = 128, VALUE = 1024 };
    for (size_t i = 0; i < arguments->setting_count; i++) {
        char key[KEY], was[VALUE], is[VALUE];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(arguments->settings[i], "="), arguments->settings[i]);
        if (vdib_config_get(before, key, was, sizeof was) == VDIB_OK &&
            vdib_config_get(after, key, is, sizeof is) == VDIB_OK && strcmp(was, is) != 0)
            printf("import   %-11s  --set %s: the file's layers and neurons stand in its place (%s)\n", "replaced",
                   arguments->settings[i], is);
    }
}

/* The hidden layers of --import, over what the experiment and --set say of them. */
static int import_layers(const cli_arguments *arguments, vdib_config *config, vdib_import **import) {
    if (arguments->seeds > 1)
        return cli_fail(CLI_WRONG, "train: --import begins with given weights; --seeds trains from several beginnings");
    vdib_config *before = NULL;
    CLI_TRY_LIBRARY(vdib_import_open(arguments->import, import));
    CLI_TRY_LIBRARY(vdib_config_copy(config, &before));
    vdib_status status = vdib_import_configure(*import, config);
    if (status == VDIB_OK)
        print_replaced(arguments, before, config);
    vdib_config_destroy(before);
    CLI_TRY_LIBRARY(status);
    CLI_TRY_LIBRARY(vdib_config_check(config));
    return print_import(*import);
}

static vdib_status apply(vdib_model *model, void *user) {
    return vdib_import_apply(user, model);
}

static int train_imported(const cli_arguments *arguments, vdib_config *config, vdib_run_options *options) {
    vdib_import *import = NULL;
    vdib_run *run = NULL;
    int code = import_layers(arguments, config, &import);
    if (code == CLI_DONE) {
        options->begin = apply;
        options->begin_user = import;
        cli_signals_opening();
        vdib_status status = vdib_run_create(arguments->out, config, options, &run);
        code = status == VDIB_OK ? cli_training_run(run, cli_ranks_threads(arguments->threads), NULL)
                                 : cli_library_fail(status);
    }
    vdib_run_destroy(run);
    vdib_import_destroy(import);
    return code;
}

static int train(const cli_arguments *arguments, vdib_config *config) {
    vdib_run_options options = {.size = sizeof(vdib_run_options),
                                .data = arguments->data,
                                .images = arguments->images,
                                .examples = arguments->examples,
                                .epochs = arguments->epochs,
                                .seconds = arguments->seconds,
                                .threads = cli_ranks_threads(arguments->threads),
                                .checkpoint_every = (size_t)arguments->checkpoint_every,
                                .ranks = cli_ranks(),
                                .cancelled = cli_stopped,
                                .force = arguments->force,
                                .init = arguments->init};
    vdib_run *run = NULL;
    CLI_TRY(cli_configure(arguments, config));
    if (arguments->seeds > 1 && arguments->init != NULL)
        return cli_fail(CLI_WRONG, "train: --init begins one run; give it without --seeds");
    if (arguments->seeds > 1 && cli_ranks() != NULL)
        return cli_fail(CLI_WRONG,
                        "train: --seeds trains models one after the other, and %zu ranks train one together; "
                        "start it without mpirun, or each seed by itself",
                        cli_ranks()->count);
    if (arguments->import != NULL)
        return train_imported(arguments, config, &options);
    if (arguments->seeds > 1)
        return cli_seeds_train(config, (size_t)arguments->seeds, &options, arguments->out);
    cli_signals_opening();
    CLI_TRY_LIBRARY(vdib_run_create(arguments->out, config, &options, &run));
    int code = cli_training_run(run, cli_ranks_threads(arguments->threads), NULL);
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
        arguments->has_seed || arguments->seeds > 0 || arguments->init != NULL || arguments->import != NULL ||
        arguments->checkpoint_every > 0)
        return cli_fail(
            CLI_WRONG, "train: --resume takes the run's own settings; only --threads and --force can be given with it");
    return CLI_DONE;
}

/* Whether a run has nothing left to do; its folder is left as it is. */
static int is_complete(const char *folder, bool *complete) {
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    char path[CLI_PATH], figures[CLI_PATH], count[CLI_TEXT];
    CLI_TRY(cli_join(path, folder, vdib_run_file_name(VDIB_RUN_FILE_REPORT)));
    CLI_TRY(cli_join(figures, folder, vdib_run_file_name(VDIB_RUN_FILE_EVALUATION)));
    CLI_TRY_LIBRARY(vdib_run_describe(folder, &info));
    *complete = info.finished && cli_exists(path) && cli_exists(figures);
    if (*complete)
        printf("%s: finished already, after %s example%s; report %s\n", folder, cli_count(info.examples, count),
               cli_s(info.examples), path);
    vdib_run_info_clear(&info);
    return CLI_DONE;
}

static int resume(const cli_arguments *arguments) {
    const char *folder = arguments->resume;
    const vdib_resume_options options = {.size = sizeof options,
                                         .threads = cli_ranks_threads(arguments->threads),
                                         .force = arguments->force,
                                         .cancelled = cli_stopped,
                                         .ranks = cli_ranks()};
    bool complete = false;
    vdib_run *run = NULL;
    CLI_TRY(check_resume(arguments));
    if (vdib_series_is(folder) && cli_ranks() != NULL)
        return cli_fail(CLI_WRONG,
                        "train: %s holds several runs, which several ranks do not share; go on without mpirun", folder);
    if (vdib_series_is(folder))
        return cli_seeds_resume(folder, &options);
    CLI_TRY(is_complete(folder, &complete));
    if (complete)
        return CLI_DONE;
    cli_signals_opening();
    CLI_TRY_LIBRARY(vdib_run_resume(folder, &options, &run));
    int code = cli_training_run(run, cli_ranks_threads(arguments->threads), NULL);
    vdib_run_destroy(run);
    return code;
}

static int train_or_resume(const cli_arguments *arguments) {
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

static int run(const cli_arguments *arguments) {
    int code = cli_ranks_begin();
    return cli_ranks_end(code == CLI_DONE ? train_or_resume(arguments) : code);
}

static const struct poptOption options[] = {
    OPTION_ROW_DATA("recordings in folders of their classes, a manifest, an archive, or IDX files"),
    OPTION_ROW_IMAGES,
    OPTION("out", OPTION_OUT, "the run's folder: new or empty; by default runs/EXPERIMENT-NUMBER", "RUN"),
    OPTION("set", OPTION_SET, "change a key of the configuration; repeatable (`vdib help keys`)", "key=value"),
    OPTION("import", OPTION_IMPORT, "begin with the hidden layers of a NIR file, of any program", "FILE"),
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
    OPTION_ROW_LIMIT_MEMORY,
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
