/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "results.h"

static int print_json(const vdib_results *results) {
    char *json = NULL;
    CLI_TRY_LIBRARY(vdib_results_json(results, &json));
    puts(json);
    vdib_text_free(json);
    return CLI_DONE;
}

static int show(const vdib_results *results, const cli_arguments *arguments) {
    if (arguments->html != NULL)
        CLI_TRY_LIBRARY(vdib_results_page(results, "Runs compared", arguments->html));
    if (arguments->json)
        return print_json(results);
    CLI_TRY(cli_results_side_by_side(results));
    if (arguments->html != NULL)
        printf("page     %s\n", arguments->html);
    return CLI_DONE;
}

static int run(const cli_arguments *arguments) {
    vdib_results *results = NULL;
    CLI_TRY_LIBRARY(vdib_results_read(arguments->operands, arguments->operand_count, &results));
    int code = show(results, arguments);
    vdib_results_destroy(results);
    return code;
}

static const struct poptOption options[] = {
    OPTION("json", OPTION_JSON, "print one JSON object", NULL),
    OPTION("html", OPTION_HTML, "write a page with plots and tables as well", "FILE"),
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_compare = {
    .name = "compare",
    .usage = "RUN... [OPTION...]",
    .summary = "Puts runs side by side: the keys that differ, and the figures",
    .details = "The figures are those of each run's evaluation.json, and of its validation.json where it has one.\n",
    .least = 1,
    .most = SIZE_MAX,
    .prints = true,
    .options = options,
    .run = run,
};
