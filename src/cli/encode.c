/* SPDX-License-Identifier: MIT */
/* Recordings in, readout spikes out. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "source.h"

/* What one recording became. */
typedef struct recording {
    vdib_raster *readout; /* T x NY */
    vdib_recording_report report;
} recording;

static uint64_t seed_of(const vdib_model *model) {
    char value[CLI_VALUE];
    return strtoull(cli_key(vdib_model_config(model), "seed", value), NULL, 10);
}

static vdib_status encode_file(const vdib_model *model, const vdib_config *config, const char *path, uint64_t seed,
                               uint64_t index, recording *result) {
    vdib_raster *raster = NULL;
    vdib_status status = vdib_recording_read(path, model, config, &raster, &result->report);
    if (status == VDIB_OK)
        status = vdib_model_encode(model, raster, seed, index, &result->readout);
    vdib_raster_destroy(raster);
    return status;
}

static void print_counts(const char *path, const recording *result) {
    const vdib_recording_report *report = &result->report;
    fprintf(stderr, "%s: %zu event%s, ", path, report->events, cli_s(report->events));
    if (report->cropped > 0)
        fprintf(stderr, "%zu more outside data.crop, ", report->cropped);
    fprintf(stderr,
            "%zu input spike%s (%zu merged, %zu outside the window, %zu outside the sensor), %zu readout spike%s\n",
            report->spikes, cli_s(report->spikes), report->repeated, report->outside_window, report->outside_sensor,
            vdib_raster_spikes(result->readout), cli_s(vdib_raster_spikes(result->readout)));
}

/* A header line, then "step<TAB>neuron" for every spike. */
static void print_spikes(FILE *stream, const char *path, uint64_t seed, const vdib_raster *readout) {
    fprintf(stream, "# %s\tsteps=%zu\tneurons=%zu\tspikes=%zu\tseed=%" PRIu64 "\n", path, vdib_raster_steps(readout),
            vdib_raster_channels(readout), vdib_raster_spikes(readout), seed);
    for (size_t step = 0; step < vdib_raster_steps(readout); step++) {
        const uint32_t *neurons = NULL;
        size_t count = vdib_raster_at(readout, step, &neurons);
        for (size_t i = 0; i < count; i++)
            fprintf(stream, "%zu\t%" PRIu32 "\n", step, neurons[i]);
    }
}

/* FILE.npz for one recording; FILE-1.npz, FILE-2.npz, ... for several. */
static int npz_path(const char *out, size_t number, size_t recordings, char path[CLI_PATH]) {
    size_t stem = strlen(out) - (cli_ends(out, ".npz") ? 4 : 0);
    if (strlen(out) + 32 > CLI_PATH)
        return cli_fail(CLI_WRONG, "%.60s...: the path is too long", out);
    if (recordings == 1)
        snprintf(path, CLI_PATH, "%s", out);
    else
        snprintf(path, CLI_PATH, "%.*s-%zu.npz", (int)stem, out, number);
    return CLI_DONE;
}

/* Whether all files may be written, before anything is encoded. */
static int check_out(const cli_arguments *arguments, bool npz, size_t count) {
    char path[CLI_PATH];
    if (arguments->out != NULL && !npz)
        return cli_may_write(arguments->out, false);
    for (size_t i = 0; i < count && npz; i++) {
        CLI_TRY(npz_path(arguments->out, i + 1, count, path));
        CLI_TRY(cli_may_write(path, false));
    }
    return CLI_DONE;
}

static int save_npz(const cli_arguments *arguments, const recording *results, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char path[CLI_PATH];
        CLI_TRY(npz_path(arguments->out, i + 1, count, path));
        CLI_TRY_LIBRARY(vdib_raster_save(results[i].readout, path));
        printf("%s: arrays step, channel, shape of %s\n", path, arguments->operands[i + 1]);
    }
    return CLI_DONE;
}

static int save_text(const cli_arguments *arguments, const recording *results, size_t count, uint64_t seed) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = arguments->out != NULL ? open_memstream(&text, &size) : stdout;
    if (stream == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    for (size_t i = 0; i < count; i++)
        print_spikes(stream, arguments->operands[i + 1], seed, results[i].readout);
    if (stream == stdout)
        return CLI_DONE;
    int code = fclose(stream) == 0 ? cli_write(arguments->out, text, size) : cli_fail(CLI_FAILED, "out of memory");
    free(text);
    return code;
}

/* Every recording is encoded before anything is written: a bad file among good ones leaves no half of a result. */
static int encode_files(const cli_arguments *arguments, const vdib_model *model, const vdib_config *config,
                        recording *results, size_t count) {
    bool npz = arguments->format != NULL ? strcmp(arguments->format, "npz") == 0
                                         : arguments->out != NULL && cli_ends(arguments->out, ".npz");
    if (npz && arguments->out == NULL)
        return cli_fail(CLI_WRONG, "encode: --format npz needs --out FILE.npz");
    CLI_TRY(check_out(arguments, npz, count));
    uint64_t seed = arguments->has_seed ? arguments->seed : seed_of(model);
    for (size_t i = 0; i < count; i++)
        CLI_TRY_LIBRARY(encode_file(model, config, arguments->operands[i + 1], seed, i, &results[i]));
    CLI_TRY(npz ? save_npz(arguments, results, count) : save_text(arguments, results, count, seed));
    for (size_t i = 0; i < count; i++)
        print_counts(arguments->operands[i + 1], &results[i]);
    return CLI_DONE;
}

static int run(const cli_arguments *arguments) {
    size_t count = arguments->operand_count - 1;
    vdib_model *model = NULL;
    if (arguments->out == NULL)
        CLI_TRY(cli_output_needed());
    CLI_TRY_LIBRARY(vdib_model_load(arguments->operands[0], &model));
    vdib_config *config = NULL;
    recording *results = calloc(count, sizeof *results);
    for (size_t i = 0; results != NULL && i < count; i++)
        results[i].report.size = sizeof results[i].report;
    int code =
        results != NULL ? cli_source_config(arguments, model, false, &config) : cli_fail(CLI_FAILED, "out of memory");
    if (code == CLI_DONE)
        code = encode_files(arguments, model, config, results, count);
    for (size_t i = 0; results != NULL && i < count; i++)
        vdib_raster_destroy(results[i].readout);
    free(results);
    vdib_config_destroy(config);
    vdib_model_destroy(model);
    return code;
}

static const struct poptOption options[] = {
    OPTION("out", OPTION_OUT, "the file to write; by default text goes to standard output", "FILE"),
    OPTION("format", OPTION_FORMAT, "text, or npz, which is the default where FILE ends in .npz", "text|npz"),
    OPTION("seed", OPTION_SEED, "seed of the readout's draw; by default the model's", "S"),
    OPTION_ROW_OPEN,
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_encode = {
    .name = "encode",
    .usage = "MODEL FILE... [OPTION...]",
    .summary = "Encodes recordings into readout spikes",
    .details =
        "Text is a header line `# FILE ...` for every recording, then a line `step<TAB>neuron` for every spike. NPZ "
        "has the\n"
        "arrays step, channel and shape; several recordings become FILE-1.npz, FILE-2.npz, ... What binning merged or\n"
        "dropped is said on standard error.\n",
    .least = 2,
    .most = SIZE_MAX,
    .options = options,
    .run = run,
};
