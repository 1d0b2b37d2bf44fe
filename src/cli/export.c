/* SPDX-License-Identifier: MIT */
/* A model in, files of other programs out. */
#include <stdlib.h>

#include "commands.h"
#include "figures.h"
#include "source.h"

static const char *const FIDELITIES[] = {[VDIB_FIDELITY_EXACT] = "exact",
                                         [VDIB_FIDELITY_APPROXIMATE] = "approximate",
                                         [VDIB_FIDELITY_LEFT_OUT] = "left out"};

/* "exact  encoder.hidden.0  MatMul, traces as states", and what there is to say of it. */
static void print_row(const vdib_export_row *row) {
    printf("  %-11s  %-20s %s", FIDELITIES[row->fidelity], row->part, row->as);
    if (row->difference >= 0)
        printf(" (%.3g of the spikes differ)", row->difference);
    if (row->note[0] != '\0')
        printf("%s%s", row->as[0] != '\0' ? "; " : "", row->note);
    putchar('\n');
}

static int print_report(const vdib_export_report *report) {
    for (size_t i = 0; i < vdib_export_report_file_count(report); i++)
        printf("%s\n", vdib_export_report_file(report, i));
    for (size_t i = 0; i < vdib_export_report_count(report); i++) {
        vdib_export_row row = {.size = sizeof row};
        CLI_TRY_LIBRARY(vdib_export_report_row(report, i, &row));
        print_row(&row);
    }
    return CLI_DONE;
}

static int print_json(const vdib_export_report *report) {
    char *json = NULL;
    CLI_TRY_LIBRARY(vdib_export_report_json(report, &json));
    puts(json);
    vdib_text_free(json);
    return CLI_DONE;
}

/* Test recordings over which spikes are compared. */
enum { RECORDINGS = 20, MOST_RECORDINGS = 1000 };

typedef struct recordings {
    vdib_example *examples[MOST_RECORDINGS];
    const vdib_raster *rasters[MOST_RECORDINGS];
    size_t count;
} recordings;

static int fetch(const cli_source *source, size_t wanted, recordings *made) {
    size_t size = vdib_dataset_size(source->dataset, VDIB_SPLIT_TEST);
    size_t most = size > 0 && size < wanted ? size : wanted;
    for (; made->count < most; made->count++) {
        vdib_example **example = &made->examples[made->count];
        CLI_TRY_LIBRARY(vdib_example_create(source->dataset, example));
        CLI_TRY_LIBRARY(vdib_dataset_get(source->dataset, VDIB_SPLIT_TEST,
                                         made->count * (size > 0 ? size : most) / most, 0, *example));
        made->rasters[made->count] = (*example)->raster;
    }
    return CLI_DONE;
}

static int export_model(const vdib_model *model, const cli_arguments *arguments, const recordings *over) {
    const vdib_export_options options = {.size = sizeof options,
                                         .only = arguments->only,
                                         .program = arguments->program,
                                         .recordings = over->rasters,
                                         .recording_count = over->count};
    vdib_export_report *report = NULL;
    CLI_TRY_LIBRARY(vdib_model_export(model, arguments->to_format, arguments->out, &options, &report));
    int code = arguments->json ? print_json(report) : print_report(report);
    vdib_export_report_destroy(report);
    return code;
}

/* The same with the recordings of --data. */
static int export_over(const cli_arguments *arguments) {
    recordings over = {.count = 0};
    cli_source source = {0};
    size_t wanted = arguments->examples > 0 ? (size_t)arguments->examples : RECORDINGS;
    if (wanted > MOST_RECORDINGS)
        return cli_fail(CLI_WRONG, "export: --examples takes 1 to %d recordings", MOST_RECORDINGS);
    CLI_TRY(cli_source_open(arguments->operands[0], arguments, false, &source));
    int code = fetch(&source, wanted, &over);
    if (code == CLI_DONE)
        code = export_model(source.model, arguments, &over);
    for (size_t i = 0; i < wanted; i++)
        vdib_example_destroy(over.examples[i]);
    cli_source_close(&source);
    return code;
}

/* "onnx, nir" */
static const char *formats(char text[CLI_VALUE]) {
    size_t used = 0;
    for (size_t i = 0; i < vdib_export_format_count(); i++)
        used += (size_t)snprintf(text + used, CLI_VALUE - used, "%s%s", i > 0 ? ", " : "", vdib_export_format_name(i));
    return text;
}

static int run(const cli_arguments *arguments) {
    char text[CLI_VALUE];
    vdib_model *model = NULL;
    if (arguments->to_format == NULL)
        return cli_fail(CLI_WRONG, "export: --to FORMAT is missing; formats are: %s", formats(text));
    if (arguments->out == NULL)
        return cli_fail(CLI_WRONG, "export: --out PATH is missing: where to write");
    if (arguments->data != NULL)
        return export_over(arguments);
    if (arguments->examples > 0)
        return cli_fail(CLI_WRONG, "export: --examples counts recordings of --data, which is missing");
    CLI_TRY(cli_model_open(arguments->operands[0], &model));
    int code = export_model(model, arguments, &(const recordings){.count = 0});
    vdib_model_destroy(model);
    return code;
}

static const struct poptOption options[] = {
    OPTION("to", OPTION_TO_FORMAT, "the format", "FORMAT"),
    OPTION("out", OPTION_OUT, "the file or folder to write, which must not exist yet", "PATH"),
    OPTION("only", OPTION_ONLY, "that part alone, where a format has both", "encoder|decoder"),
    OPTION("for", OPTION_FOR, "nir: constants under which that program's own step gives the same spikes",
           "snntorch|norse"),
    OPTION("data", OPTION_DATA, "nir: count the spikes that differ, over test recordings", "DIR|film:DIR|builtin:NAME"),
    OPTION("examples", OPTION_EXAMPLES, "so many of them, 20 by default", "N"),
    OPTION("json", OPTION_JSON, "print the report as one JSON object", NULL),
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_export = {
    .name = "export",
    .usage = "RUN|MODEL --to FORMAT --out PATH [OPTION...]",
    .summary = "Writes a model for other programs, and says what they can say of it",
    .details =
        "FORMAT is onnx: a folder with encoder.onnx, one time step with its state in and out, and decoder.onnx;\n"
        "one of them as a file with --only. nir: a file of the encoder as a NIR graph.\n"
        "The report has a row for each part of the model: exact, approximate or left out.\n",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
