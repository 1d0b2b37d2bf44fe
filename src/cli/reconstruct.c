/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "source.h"

static int run(const cli_arguments *arguments) {
    const vdib_evaluation_options options = cli_evaluation_options(arguments);
    cli_source source;
    if (arguments->out == NULL)
        return cli_fail(CLI_WRONG, "reconstruct: --out FILE.npz is missing");
    CLI_TRY(cli_may_write(arguments->out, false));
    CLI_TRY(cli_source_open(arguments->operands[0], arguments, true, &source));
    vdib_status status =
        vdib_reconstruct_save(source.model, source.dataset, arguments->split, &options, arguments->out);
    cli_source_close(&source);
    if (status != VDIB_OK)
        return cli_library_fail(status);
    printf("%s: arrays recon, target, label, spikes\n", arguments->out);
    return CLI_DONE;
}

static const struct poptOption options[] = {
    OPTION_ROW_DATA("the data; by default those of the run"),
    OPTION_ROW_IMAGES,
    OPTION_ROW_SPLIT,
    OPTION_ROW_EVALUATED,
    OPTION_ROW_OPEN_CHANNEL,
    OPTION("out", OPTION_OUT, "the file to write", "FILE.npz"),
    OPTION_ROW_THREADS,
    OPTION_ROW_NO_CACHE,
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_reconstruct = {
    .name = "reconstruct",
    .usage = "RUN|MODEL --out FILE.npz [OPTION...]",
    .summary = "Writes what a model makes of every example of a split, as NPZ",
    .details = "Arrays: recon and target (N x pixels, or N x classes), label (N), spikes (N).\n",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
