/* SPDX-License-Identifier: MIT */
/* The same experiment over several seeds. OUT/config.yaml and OUT/seeds.json say what was asked, so that an interrupted series
 * goes on; OUT/summary.json has the mean and standard deviation of every figure. */

#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "signals.h"
#include "source.h"
#include "training.h"

static const char SERIES_NAME[] = "seeds.json", SUMMARY_NAME[] = "summary.json";

/* What was asked: texts are borrowed from the arguments or from the parsed file. */
typedef struct series {
    const char *out;
    vdib_config *config;
    vdib_run_options options;
    uint64_t first, count;
} series;

static int check_empty(const char *out) {
    DIR *folder = opendir(out);
    if (folder == NULL)
        return cli_exists(out) ? cli_fail(CLI_WRONG, "%s: is no folder that can be read; name a new one", out)
                               : CLI_DONE;
    size_t names = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        names += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    if (names > 0)
        return cli_fail(CLI_WRONG, "%s: is not empty; name a new folder, or go on with `vdib train --resume %s`", out,
                        out);
    return CLI_DONE;
}

static json_t *path_value(const char *path) {
    if (path == NULL)
        return json_null();
    char *resolved = strncmp(path, "builtin:", 8) == 0 ? NULL : realpath(path, NULL);
    json_t *value = json_string(resolved != NULL ? resolved : path);
    free(resolved);
    return value;
}

static int write_json(const char *out, const char *name, json_t *object) {
    char path[CLI_PATH];
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;
    json_decref(object);
    int code = cli_join(path, out, name);
    if (code == CLI_DONE && text == NULL)
        code = cli_fail(CLI_FAILED, "%s: cannot be formed (out of memory, or a path is not UTF-8)", path);
    if (code == CLI_DONE)
        code = cli_write(path, text, strlen(text));
    free(text);
    return code;
}

static int save_series(const series *asked) {
    const vdib_run_options *options = &asked->options;
    char path[CLI_PATH];
    CLI_TRY(cli_join(path, asked->out, "config.yaml"));
    CLI_TRY_LIBRARY(vdib_config_save(asked->config, path));
    return write_json(asked->out, SERIES_NAME,
                      json_pack("{s:I, s:I, s:o, s:o, s:I, s:I, s:f, s:I}", "first", (json_int_t)asked->first, "count",
                                (json_int_t)asked->count, "data", path_value(options->data), "images",
                                path_value(options->images), "examples", (json_int_t)options->examples, "epochs",
                                (json_int_t)options->epochs, "seconds", options->seconds, "checkpoint_every",
                                (json_int_t)options->checkpoint_every));
}

/* The run of one seed: what is there goes on, what is not begins. */
static int open_run(const series *asked, uint64_t seed, const char *folder, vdib_run **run) {
    char setting[CLI_TEXT];
    cli_signals_opening();
    if (cli_is_run(folder)) {
        const vdib_resume_options options = {
            .size = sizeof options, .threads = asked->options.threads, .cancelled = cli_stopped};
        CLI_TRY_LIBRARY(vdib_run_resume(folder, &options, run));
        return CLI_DONE;
    }
    snprintf(setting, sizeof setting, "seed=%llu", (unsigned long long)seed);
    CLI_TRY_LIBRARY(vdib_config_set(asked->config, setting));
    CLI_TRY_LIBRARY(vdib_run_create(folder, asked->config, &asked->options, run));
    return CLI_DONE;
}

/* Adds one seed's figures to `figures`, {name: {"values": [...]}}, in the order of the table of figures. */
static int collect(const vdib_evaluation *evaluation, json_t *figures) {
    bool good = true;
    double value = 0;
    for (size_t f = 0; f < vdib_figure_count() && good; f++) {
        const char *name = vdib_figure_name(f);
        if (!vdib_figure_over_seeds(f) || !vdib_evaluation_figure(evaluation, f, &value))
            continue;
        if (json_object_get(figures, name) == NULL)
            good = json_object_set_new(figures, name, json_pack("{s:[]}", "values")) == 0;
        json_t *values = json_object_get(json_object_get(figures, name), "values");
        good = good && json_array_append_new(values, json_real(value)) == 0;
    }
    return good ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
}

/* Mean, and standard deviation with the n - 1 of a sample (0 for one value). */
static void moments(const json_t *values, double *mean, double *deviation) {
    size_t count = json_array_size(values);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += json_number_value(json_array_get(values, i));
    *mean = count > 0 ? sum / (double)count : 0;
    for (size_t i = 0; i < count; i++) {
        double distance = json_number_value(json_array_get(values, i)) - *mean;
        squares += distance * distance;
    }
    *deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
}

static void print_summary(const char *name, double mean, double deviation, bool stepwise) {
    char text[CLI_TEXT];
    size_t f = vdib_figure_find(name);
    printf("  %-*s %14s", CLI_LABEL, vdib_figure_label(f), cli_figure_value(f, mean, text));
    printf(" %14s", cli_figure_value(f, deviation, text));
    puts(cli_figure_unit(f, stepwise, text));
}

static int summarise(const series *asked, bool stepwise, json_t *figures) {
    char name_of[CLI_VALUE];
    const char *name = NULL;
    json_t *figure = NULL;
    printf("\n%llu seeds from %llu on, test split:\n  %-*s %14s %14s\n", (unsigned long long)asked->count,
           (unsigned long long)asked->first, CLI_LABEL, "", "mean", "deviation");
    json_object_foreach(figures, name, figure) {
        double mean, deviation;
        moments(json_object_get(figure, "values"), &mean, &deviation);
        json_object_set_new(figure, "mean", json_real(mean));
        json_object_set_new(figure, "standard_deviation", json_real(deviation));
        print_summary(name, mean, deviation, stepwise);
    }
    CLI_TRY(write_json(asked->out, SUMMARY_NAME,
                       json_pack("{s:s, s:I, s:I, s:O}", "experiment", cli_key(asked->config, "experiment", name_of),
                                 "first_seed", (json_int_t)asked->first, "seeds", (json_int_t)asked->count, "figures",
                                 figures)));
    printf("summary  %s/%s\n", asked->out, SUMMARY_NAME);
    return CLI_DONE;
}

/* Opens, trains and reports one seed. The series is saved as soon as its folder is there, that is with the first run. */
static int train_seed(const series *asked, uint64_t seed, bool save, json_t *figures, bool *stepwise) {
    char folder[CLI_PATH], name[CLI_TEXT];
    vdib_run *run = NULL;
    vdib_evaluation evaluation = {NULL};
    snprintf(name, sizeof name, "seed-%llu", (unsigned long long)seed);
    CLI_TRY(cli_join(folder, asked->out, name));
    CLI_TRY(open_run(asked, seed, folder, &run));
    int code = save ? save_series(asked) : CLI_DONE;
    if (code == CLI_DONE)
        code = cli_training_run(run, asked->options.threads, &evaluation);
    if (code == CLI_DONE) {
        code = collect(&evaluation, figures);
        *stepwise = vdib_evaluation_stepwise(&evaluation);
    }
    vdib_evaluation_clear(&evaluation);
    vdib_run_destroy(run);
    return code;
}

static int train_series(const series *asked, bool save) {
    json_t *figures = json_object();
    bool stepwise = false;
    int code = figures != NULL ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
    for (uint64_t i = 0; i < asked->count && code == CLI_DONE; i++) {
        if (i > 0)
            putchar('\n');
        code = train_seed(asked, asked->first + i, save && i == 0, figures, &stepwise);
    }
    if (code == CLI_DONE)
        code = summarise(asked, stepwise, figures);
    json_decref(figures);
    return code;
}

int cli_seeds_train(const char *out, vdib_config *config, const cli_arguments *arguments) {
    char seed[CLI_VALUE];
    series asked = {.out = out,
                    .config = config,
                    .options = {.size = sizeof(vdib_run_options),
                                .data = arguments->data,
                                .images = arguments->images,
                                .examples = arguments->examples,
                                .epochs = arguments->epochs,
                                .seconds = arguments->seconds,
                                .threads = arguments->threads,
                                .checkpoint_every = (size_t)arguments->checkpoint_every,
                                .cancelled = cli_stopped},
                    .first = strtoull(cli_key(config, "seed", seed), NULL, 10),
                    .count = arguments->seeds};
    if (asked.first > (uint64_t)INT64_MAX - (asked.count - 1))
        return cli_fail(CLI_WRONG, "train: %llu seeds from %llu on go beyond the largest seed, %lld; begin lower",
                        (unsigned long long)asked.count, (unsigned long long)asked.first, (long long)INT64_MAX);
    CLI_TRY(check_empty(out));
    return train_series(&asked, true);
}

bool cli_is_seeds(const char *out) {
    char path[CLI_PATH];
    size_t length = strlen(out) + sizeof SERIES_NAME + 1;
    if (length > CLI_PATH)
        return false;
    snprintf(path, sizeof path, "%s/%s", out, SERIES_NAME);
    return cli_exists(path);
}

static uint64_t count_of(const json_t *object, const char *name) {
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

int cli_seeds_resume(const char *out, size_t threads) {
    char path[CLI_PATH];
    json_error_t problem;
    series asked = {.out = out};
    CLI_TRY(cli_join(path, out, SERIES_NAME));
    json_t *object = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object(object) || count_of(object, "count") == 0) {
        json_decref(object);
        return cli_fail(CLI_FAILED, "%s: does not say which seeds to train; start the series anew in another folder",
                        path);
    }
    asked.first = count_of(object, "first");
    asked.count = count_of(object, "count");
    asked.options = (vdib_run_options){.size = sizeof(vdib_run_options),
                                       .data = json_string_value(json_object_get(object, "data")),
                                       .images = json_string_value(json_object_get(object, "images")),
                                       .examples = count_of(object, "examples"),
                                       .epochs = count_of(object, "epochs"),
                                       .seconds = json_number_value(json_object_get(object, "seconds")),
                                       .threads = threads,
                                       .checkpoint_every = (size_t)count_of(object, "checkpoint_every"),
                                       .cancelled = cli_stopped};
    int code = cli_join(path, out, "config.yaml");
    if (code == CLI_DONE) {
        vdib_status status = vdib_config_load(path, &asked.config);
        code = status == VDIB_OK ? train_series(&asked, false) : cli_library_fail(status);
    }
    vdib_config_destroy(asked.config);
    json_decref(object);
    return code;
}
