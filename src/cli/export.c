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

static int export_model(const vdib_model *model, const cli_arguments *arguments) {
    const vdib_export_options options = {.size = sizeof options, .only = arguments->only};
    vdib_export_report *report = NULL;
    CLI_TRY_LIBRARY(vdib_model_export(model, arguments->to_format, arguments->out, &options, &report));
    int code = arguments->json ? print_json(report) : print_report(report);
    vdib_export_report_destroy(report);
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
    CLI_TRY(cli_model_open(arguments->operands[0], &model));
    int code = export_model(model, arguments);
    vdib_model_destroy(model);
    return code;
}

static const struct poptOption options[] = {
    OPTION("to", OPTION_TO_FORMAT, "the format", "FORMAT"),
    OPTION("out", OPTION_OUT, "the file or folder to write, which must not exist yet", "PATH"),
    OPTION("only", OPTION_ONLY, "that part alone, where a format has both", "encoder|decoder"),
    OPTION("json", OPTION_JSON, "print the report as one JSON object", NULL),
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_export = {
    .name = "export",
    .usage = "RUN|MODEL --to FORMAT --out PATH [OPTION...]",
    .summary = "Writes a model for other programs, and says what they can say of it",
    .details =
        "FORMAT is onnx: a folder with encoder.onnx, one time step with its state in and out, and decoder.onnx;\n"
        "one of them as a file with --only.\n"
        "The report has a row for each part of the model: exact, approximate or left out.\n",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
