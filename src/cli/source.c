/* SPDX-License-Identifier: MIT */
#include "source.h"

#include "figures.h"
#include "ranks.h"
#include "signals.h"

#include <string.h>

bool cli_is_run(const char *folder) {
    char path[CLI_PATH];
    int length = snprintf(path, sizeof path, "%s/%s", folder, vdib_run_file_name(VDIB_RUN_FILE_RECORD));
    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    return cli_exists(path);
}

/* The folder that a file is in. */
static void parent(const char *path, char folder[CLI_PATH]) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL || strlen(path) >= CLI_PATH)
        snprintf(folder, CLI_PATH, ".");
    else
        snprintf(folder, CLI_PATH, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* The model file, and the run folder around it. */
static int locate(const char *run_or_model, char path[CLI_PATH], char folder[CLI_PATH]) {
    if (!cli_is_folder(run_or_model)) {
        parent(run_or_model, folder);
        if (strlen(run_or_model) >= CLI_PATH)
            return cli_fail(CLI_WRONG, "%.60s...: the path is longer than %d bytes", run_or_model, CLI_PATH);
        snprintf(path, CLI_PATH, "%s", run_or_model);
        return CLI_DONE;
    }
    CLI_TRY(cli_join(path, run_or_model, vdib_run_file_name(VDIB_RUN_FILE_MODEL)));
    snprintf(folder, CLI_PATH, "%s", run_or_model);
    if (vdib_series_is(folder))
        return cli_fail(CLI_FAILED,
                        "%s: is a series of runs over several seeds; name one of them, a folder seed-... in it",
                        folder);
    if (vdib_sweep_is(folder))
        return cli_fail(CLI_FAILED, "%s: is a sweep; name one of its runs, a folder 0000-... in it", folder);
    if (!cli_is_run(folder))
        return cli_fail(CLI_FAILED,
                        "%s: is no run folder (it has no run.json); name one that `vdib train` made, or a model file",
                        folder);
    if (!cli_exists(path))
        return cli_fail(CLI_FAILED,
                        "%s: the run is not finished (it has no model.safetensors); `vdib train --resume %s` goes on",
                        folder, folder);
    return CLI_DONE;
}

/* Keys of the data that a trained model leaves open: the shape of its input does not depend on them. */
static const char *const OPEN_KEYS[] = {"data.allow_loss", "data.from_first_event", "data.start_us", "data.step_us"};

static bool is_open(const char *key, bool decodes) {
    for (size_t i = 0; i < sizeof OPEN_KEYS / sizeof OPEN_KEYS[0]; i++)
        if (strcmp(OPEN_KEYS[i], key) == 0)
            return true;
    return decodes && strncmp(key, "channel.", strlen("channel.")) == 0;
}

/* Only open keys may have changed. */
static int check_changes(const vdib_config *was, const vdib_config *is, bool decodes) {
    char before[CLI_VALUE], after[CLI_VALUE];
    for (size_t i = 0; i < vdib_config_key_count(); i++) {
        const char *key = vdib_config_key_name(i);
        if (!is_open(key, decodes) && strcmp(cli_key(was, key, before), cli_key(is, key, after)) != 0)
            return cli_fail(CLI_WRONG,
                            "--set: %s belongs to the trained model, where it is %s; data.allow_loss, "
                            "data.from_first_event, data.start_us%s data.step_us%s can be set",
                            key, before, decodes ? "," : " and", decodes ? " and the keys channel.*" : "");
    }
    return CLI_DONE;
}

int cli_source_config(const cli_arguments *arguments, const vdib_model *model, bool decodes, vdib_config **config) {
    vdib_config *made = NULL;
    CLI_TRY_LIBRARY(vdib_config_copy(vdib_model_config(model), &made));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < arguments->setting_count && status == VDIB_OK; i++)
        status = vdib_config_set(made, arguments->settings[i]);
    int code = status == VDIB_OK ? check_changes(vdib_model_config(model), made, decodes) : cli_library_fail(status);
    if (code == CLI_DONE)
        *config = made;
    else
        vdib_config_destroy(made);
    return code;
}

void cli_settings_print(const cli_arguments *arguments) {
    for (size_t i = 0; i < arguments->setting_count; i++)
        printf("  %-*s %s\n", CLI_LABEL, i == 0 ? "set" : "", arguments->settings[i]);
}

static int open_data(const char *folder, const cli_arguments *arguments, const vdib_config *config,
                     cli_source *source) {
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    if (cli_is_run(folder))
        CLI_TRY_LIBRARY(vdib_run_describe(folder, &info));
    const char *data = arguments->data != NULL ? arguments->data : info.data;
    const vdib_dataset_options options = {.size = sizeof options,
                                          .images = arguments->images != NULL ? arguments->images : info.images,
                                          .threads = arguments->threads,
                                          .model = source->model,
                                          .split = arguments->data == NULL ? info.split : NULL};
    bool foreign = info.dataset != NULL && data == NULL;
    int code = CLI_DONE;
    if (foreign)
        code = cli_fail(CLI_FAILED,
                        "%s: was trained on data that a program gave it (%s); name data like those with --data", folder,
                        info.dataset);
    vdib_status status = foreign ? VDIB_OK : vdib_dataset_open_with(data, config, &options, &source->dataset);
    if (status != VDIB_OK)
        code = cli_library_fail(status);
    vdib_run_info_clear(&info);
    return code;
}

int cli_source_open(const char *run_or_model, const cli_arguments *arguments, bool decodes, cli_source *source) {
    char folder[CLI_PATH];
    *source = (cli_source){0};
    CLI_TRY(locate(run_or_model, source->path, folder));
    CLI_TRY_LIBRARY(vdib_model_load(source->path, &source->model));
    vdib_config *config = NULL;
    int code = cli_source_config(arguments, source->model, decodes, &config);
    if (code == CLI_DONE) {
        vdib_status status = vdib_model_set_channel(source->model, config);
        code = status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
    }
    if (code == CLI_DONE)
        code = open_data(folder, arguments, config, source);
    vdib_config_destroy(config);
    if (code != CLI_DONE)
        cli_source_close(source);
    return code;
}

int cli_model_open(const char *run_or_model, vdib_model **model) {
    char path[CLI_PATH], folder[CLI_PATH];
    CLI_TRY(locate(run_or_model, path, folder));
    CLI_TRY_LIBRARY(vdib_model_load(path, model));
    return CLI_DONE;
}

void cli_source_close(cli_source *source) {
    vdib_dataset_destroy(source->dataset);
    vdib_model_destroy(source->model);
    source->dataset = NULL;
    source->model = NULL;
}

/* Options that only mean something together. */
static int check_evaluation(const cli_arguments *arguments) {
    if (arguments->draws > 0 && !arguments->spikes)
        return cli_fail(CLI_WRONG, "--draws is a part of --spikes; give both, or neither");
    if (arguments->ann != NULL && !arguments->spikes)
        return cli_fail(CLI_WRONG, "--ann is a part of --spikes; give both, or neither");
    return CLI_DONE;
}

/* The model of --ann; *ann stays as it is if there is none. */
static int open_ann(const cli_arguments *arguments, vdib_model **ann) {
    char path[CLI_PATH], folder[CLI_PATH], type[CLI_VALUE];
    vdib_model *model = NULL;
    if (arguments->ann == NULL)
        return CLI_DONE;
    CLI_TRY(locate(arguments->ann, path, folder));
    CLI_TRY_LIBRARY(vdib_model_load(path, &model));
    if (strcmp(cli_key(vdib_model_config(model), "encoder.type", type), "counts") != 0) {
        vdib_model_destroy(model);
        return cli_fail(CLI_WRONG,
                        "--ann: %s has encoder.type '%s'; name a model with encoder.type=counts, as `vdib train "
                        "baseline/ann` makes",
                        path, type);
    }
    *ann = model;
    return CLI_DONE;
}

static int evaluate_beside(const cli_arguments *arguments, int (*evaluate)(const cli_arguments *, const vdib_model *)) {
    vdib_model *ann = NULL;
    CLI_TRY(check_evaluation(arguments));
    CLI_TRY(open_ann(arguments, &ann));
    int code = evaluate(arguments, ann);
    vdib_model_destroy(ann);
    return code;
}

int cli_evaluation_run(const cli_arguments *arguments, int (*evaluate)(const cli_arguments *, const vdib_model *ann)) {
    int code = cli_ranks_begin();
    return cli_ranks_end(code == CLI_DONE ? evaluate_beside(arguments, evaluate) : code);
}

vdib_evaluation_options cli_evaluation_options(const cli_arguments *arguments) {
    cli_signals_opening();
    return (vdib_evaluation_options){.size = sizeof(vdib_evaluation_options),
                                     .threads = cli_ranks_threads(arguments->threads),
                                     .ranks = cli_ranks(),
                                     .examples = (size_t)arguments->examples,
                                     .spikes = arguments->spikes,
                                     .no_judge = arguments->no_judge,
                                     .draws = (size_t)arguments->draws,
                                     .cancelled = cli_stopped};
}
