/* SPDX-License-Identifier: MIT */
/* Images in, recordings of the built-in camera out. */
#include "commands.h"
#include "figures.h"
#include "signals.h"

static int film(const cli_arguments *arguments, const vdib_config *config) {
    const vdib_dataset_options options = {
        .size = sizeof options, .threads = arguments->threads, .cancelled = cli_stopped};
    size_t train = 0, test = 0;
    char *notes = NULL;
    cli_signals_opening();
    CLI_TRY_LIBRARY(vdib_film(arguments->data, config, &options, arguments->out, &train, &test, &notes));
    cli_notes_print("note: ", notes);
    vdib_memory_free(notes);
    printf("%s: %zu train, %zu test recordings\n", arguments->out, train, test);
    return CLI_DONE;
}

static int run(const cli_arguments *arguments) {
    vdib_config *config = NULL;
    if (arguments->out == NULL)
        return cli_fail(CLI_WRONG, "film: --out FOLDER is missing: where the recordings are to be written");
    vdib_status status = vdib_config_create(&config);
    for (size_t i = 0; i < arguments->setting_count && status == VDIB_OK; i++)
        status = vdib_config_set(config, arguments->settings[i]);
    if (status == VDIB_OK)
        status = vdib_config_check(config);
    int code = CLI_WRONG;
    if (status != VDIB_OK)
        cli_library_fail(status);
    else
        code = film(arguments, config);
    vdib_config_destroy(config);
    return code;
}

static const struct poptOption options[] = {
    OPTION("data", OPTION_DATA, "the images; by default drawn digits", "DIR|builtin:digits"),
    OPTION("out", OPTION_OUT, "the folder of the recordings: new or empty", "FOLDER"),
    OPTION("set", OPTION_SET,
           "data.motion, data.sensor, data.place, data.film_exclude, data.train_examples or data.test_examples",
           "key=value"),
    OPTION_ROW_THREADS,
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_film = {
    .name = "film",
    .usage = "--out FOLDER [OPTION...]",
    .summary = "Films images with the built-in camera and writes event files",
    .details = "FOLDER/Train/<class>/NNNNN.bin and FOLDER/Test/... in the layout of N-MNIST; NNNNN counts the images "
               "from 1.\n",
    .least = 0,
    .most = 0,
    .options = options,
    .run = run,
};
