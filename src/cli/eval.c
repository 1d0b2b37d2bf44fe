/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "figures.h"
#include "ranks.h"
#include "source.h"

static int print_json(const vdib_evaluation *evaluation) {
    char *json = NULL;
    CLI_TRY_LIBRARY(vdib_evaluation_json(evaluation, &json));
    puts(json);
    vdib_text_free(json);
    return CLI_DONE;
}

static void print_table(const vdib_evaluation *evaluation, const cli_source *source, const cli_arguments *arguments) {
    static const char *const names[] = {"training", "validation", "test"};
    char value[CLI_VALUE], text[CLI_TEXT];
    printf("%s: %s, %s training example%s seen; %s split\n", source->path,
           cli_key(vdib_model_config(source->model), "experiment", value),
           cli_count(vdib_model_examples(source->model), text), cli_s(vdib_model_examples(source->model)),
           names[arguments->split]);
    printf("  %-*s %s\n", CLI_LABEL, "data", vdib_dataset_summary(source->dataset));
    cli_settings_print(arguments);
    cli_notes_print("  note: ", vdib_evaluation_notes(evaluation));
    cli_figures_print(evaluation);
}

static int evaluate(const cli_arguments *arguments, const vdib_model *ann) {
    vdib_evaluation_options options = cli_evaluation_options(arguments);
    vdib_evaluation evaluation = {NULL};
    cli_source source;
    options.ann = ann;
    CLI_TRY(cli_source_open(arguments->operands[0], arguments, true, &source));
    vdib_status status = vdib_evaluate(source.model, source.dataset, arguments->split, &options, &evaluation);
    int code = status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
    if (code == CLI_DONE && arguments->json)
        code = print_json(&evaluation);
    else if (code == CLI_DONE)
        print_table(&evaluation, &source, arguments);
    vdib_evaluation_clear(&evaluation);
    cli_source_close(&source);
    return code;
}

static int run(const cli_arguments *arguments) {
    return cli_evaluation_run(arguments, evaluate);
}

static const struct poptOption options[] = {
    OPTION_ROW_DATA("the data; by default those of the run"),
    OPTION_ROW_IMAGES,
    OPTION_ROW_SPLIT,
    OPTION_ROW_EVALUATED,
    OPTION_ROW_SPIKES,
    OPTION_ROW_NO_JUDGE,
    OPTION_ROW_OPEN_CHANNEL,
    OPTION("json", OPTION_JSON, "print one JSON object", NULL),
    OPTION_ROW_THREADS,
    OPTION_ROW_NO_CACHE,
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_eval = {
    .name = "eval",
    .usage = "RUN|MODEL [OPTION...]",
    .summary = "Evaluates a model: judge accuracy, image metrics, rate, operations",
    .details = "Of a run its model.safetensors is evaluated; name RUN/best.safetensors for the best by validation.\n",
    .least = 1,
    .most = 1,
    .prints = true,
    .options = options,
    .run = run,
};
