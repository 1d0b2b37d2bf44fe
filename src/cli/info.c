/* SPDX-License-Identifier: MIT */
/* What an event file, data folder, model or run folder holds. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "figures.h"
#include "recording.h"
#include "source.h"

static int print_tensors(const vdib_model *model) {
    char text[CLI_TEXT];
    for (size_t i = 0; i < vdib_model_tensor_count(model); i++) {
        vdib_tensor_info tensor = {.size = sizeof(vdib_tensor_info)};
        CLI_TRY_LIBRARY(vdib_model_tensor(model, i, &tensor));
        printf("    %-28s ", tensor.name);
        for (size_t axis = 0; axis < tensor.rank; axis++)
            printf("%s%zu", axis > 0 ? " x " : "", tensor.shape[axis]);
        printf(" = %s\n", cli_count(tensor.count, text));
    }
    return CLI_DONE;
}

/* "8.2 ms", or the range of a layer whose neurons differ. */
static const char *constant_text(const vdib_time_constant *of, char text[CLI_TEXT]) {
    if (of->least < of->most)
        snprintf(text, CLI_TEXT, "%.3g ms (%.3g to %.3g)", of->mean / 1000.0, of->least / 1000.0, of->most / 1000.0);
    else
        snprintf(text, CLI_TEXT, "%.3g ms", of->mean / 1000.0);
    return text;
}

static int print_times(const vdib_model *model) {
    char synapse[CLI_TEXT], membrane[CLI_TEXT], refractory[CLI_TEXT];
    for (size_t layer = 0; layer < vdib_model_layers(model); layer++) {
        vdib_layer_times times = {.size = sizeof(vdib_layer_times)};
        CLI_TRY_LIBRARY(vdib_model_times(model, layer, &times));
        printf("  layer %zu       time constants: synapse %s, membrane %s, refractory %s\n", layer,
               constant_text(&times.synapse, synapse), constant_text(&times.membrane, membrane),
               constant_text(&times.refractory, refractory));
    }
    return CLI_DONE;
}

static int model_file(const char *path) {
    vdib_model *model = NULL;
    char value[CLI_VALUE], text[CLI_TEXT];
    CLI_TRY_LIBRARY(vdib_model_load(path, &model));
    printf("%s: model of experiment %s\n", path, cli_key(vdib_model_config(model), "experiment", value));
    printf("  examples      %s seen in training\n", cli_count(vdib_model_examples(model), text));
    printf("  seed          %s\n", cli_key(vdib_model_config(model), "seed", value));
    printf("  network       ");
    cli_network_print(model);
    int code = print_times(model);
    printf("  tensors       %zu\n", vdib_model_tensor_count(model));
    if (code == CLI_DONE)
        code = print_tensors(model);
    vdib_model_destroy(model);
    return code;
}

static int run_folder(const char *path) {
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    vdib_config *config = NULL;
    char file[CLI_PATH], value[CLI_VALUE], text[CLI_TEXT];
    CLI_TRY(cli_join(file, path, vdib_run_file_name(VDIB_RUN_FILE_CONFIG)));
    CLI_TRY_LIBRARY(vdib_run_describe(path, &info));
    vdib_status status = vdib_config_load(file, &config);
    if (status == VDIB_OK) {
        printf("%s: run of experiment %s, %s\n", path, cli_key(config, "experiment", value),
               info.finished ? "finished" : "not finished");
        printf("  examples      %s", cli_count(info.examples, text));
        printf(" in %s\n", cli_duration(info.seconds, text));
        printf("  seed          %s\n", cli_key(config, "seed", value));
        printf("  data          %s\n", info.dataset != NULL ? info.dataset
                                       : info.data != NULL  ? info.data
                                                            : "built-in");
        printf("  images        %s\n", info.images != NULL ? info.images : "by default");
        printf("  made with     %s kernels, %s, %s\n", info.kernel != NULL ? info.kernel : "?",
               info.blas != NULL ? info.blas : "?", info.machine != NULL ? info.machine : "?");
    }
    vdib_config_destroy(config);
    vdib_run_info_clear(&info);
    return status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
}

/* The cheapest configuration that reads a folder: few steps, labels only. */
static vdib_status open_folder(const char *path, bool images, vdib_dataset **dataset) {
    const char *settings[] = {images ? "data.input=latency" : "data.input=events",
                              "data.target=class",
                              "data.steps=1",
                              "data.step_us=1000000000",
                              "decoder.type=linear",
                              "data.from_first_event=true",
                              "data.allow_loss=true"};
    vdib_config *config = NULL;
    vdib_status status = vdib_config_create(&config);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && status == VDIB_OK; i++)
        status = vdib_config_set(config, settings[i]);
    if (status == VDIB_OK)
        status = vdib_dataset_open(path, config, dataset);
    vdib_config_destroy(config);
    return status;
}

/* counts (classes): examples of each class in a split. */
static vdib_status count_labels(const vdib_dataset *dataset, vdib_split split, size_t *counts) {
    size_t classes = vdib_dataset_geometry(dataset)->classes;
    vdib_example *example = NULL;
    vdib_status status = vdib_example_create(dataset, &example);
    for (size_t i = 0; i < vdib_dataset_size(dataset, split) && status == VDIB_OK; i++) {
        status = vdib_dataset_get(dataset, split, i, 0, example);
        if (status == VDIB_OK && example->label < classes)
            counts[example->label]++;
    }
    vdib_example_destroy(example);
    return status;
}

static int print_classes(const vdib_dataset *dataset) {
    size_t classes = vdib_dataset_geometry(dataset)->classes;
    size_t *counts = calloc(3 * classes, sizeof *counts); /* (3 splits, classes) */
    if (counts == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    vdib_status status = VDIB_OK;
    for (size_t split = 0; split < 3 && status == VDIB_OK; split++)
        status = count_labels(dataset, (vdib_split)split, counts + split * classes);
    if (status == VDIB_OK) {
        printf("  class     train  validation    test\n");
        for (size_t c = 0; c < classes; c++) {
            const char *name = vdib_dataset_class_name(dataset, c);
            printf("  %5zu  %8zu  %10zu  %6zu", c, counts[c], counts[classes + c], counts[2 * classes + c]);
            printf("%s", name != NULL ? "  " : "");
            cli_line_print(name, name != NULL ? strlen(name) : 0);
        }
        printf("    all  %8zu  %10zu  %6zu\n", vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN),
               vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), vdib_dataset_size(dataset, VDIB_SPLIT_TEST));
    }
    free(counts);
    return status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
}

/* With --strict, data with anything wrong in their files are refused; the notes have named these. */
static int check_strict(const char *path, const vdib_dataset *dataset) {
    static const struct {
        vdib_data_count which;
        const char *what;
    } wrong[] = {{VDIB_COUNT_UNREADABLE_FILES, "files that cannot be read"},
                 {VDIB_COUNT_CUT_RECORDINGS, "recordings that are cut short"},
                 {VDIB_COUNT_DAMAGED, "damaged records"},
                 {VDIB_COUNT_DROPPED, "events marked as invalid"},
                 {VDIB_COUNT_BEYOND_STATED, "events beyond the sensor"},
                 {VDIB_COUNT_OUT_OF_ORDER, "events out of order"},
                 {VDIB_COUNT_RESTARTS, "clocks that start again"}};
    char said[CLI_VALUE] = "";
    size_t used = 0;
    for (size_t w = 0; w < sizeof wrong / sizeof wrong[0]; w++) {
        uint64_t count = 0;
        for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++)
            count += vdib_dataset_count(dataset, (vdib_split)split, wrong[w].which);
        if (count > 0 && used < sizeof said)
            used += (size_t)snprintf(said + used, sizeof said - used, "%s%s: %" PRIu64, used > 0 ? ", " : "",
                                     wrong[w].what, count);
    }
    return used == 0 ? CLI_DONE
                     : cli_fail(CLI_FAILED,
                                "%s: %s; --strict refuses such data, the notes name the files: mend them, "
                                "or take them out",
                                path, said);
}

static int data_folder(const char *path, const char *manifest, bool strict) {
    vdib_dataset *dataset = NULL;
    const char *what = vdib_dataset_holds(path);
    bool images = what != NULL && strcmp(what, "images") == 0;
    CLI_TRY_LIBRARY(open_folder(path, images, &dataset));
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    printf("%s: %s, %zu x %zu (columns x rows)\n", path, images ? "images in IDX files" : "recordings",
           geometry->input_width, geometry->input_height);
    int code = print_classes(dataset);
    if (code == CLI_DONE)
        code = cli_notes_of("  note: ", dataset);
    if (code == CLI_DONE && strict)
        code = check_strict(path, dataset);
    if (code == CLI_DONE && manifest != NULL) {
        vdib_status status = vdib_dataset_write_manifest(dataset, manifest);
        code = status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
        if (code == CLI_DONE)
            printf("  manifest      %s\n", manifest);
    }
    vdib_dataset_destroy(dataset);
    return code;
}

/* An archive of several files, as it was downloaded. */
static int archive_file(const char *path, const cli_arguments *arguments) {
    if (arguments->has_from || arguments->has_to)
        return cli_fail(CLI_WRONG, "info: %s: is an archive of several files; --from and --to are for one", path);
    return data_folder(path, arguments->manifest, arguments->strict);
}

static int print_digest(const char *path) {
    vdib_model *model = NULL;
    char file[CLI_PATH], digest[VDIB_MODEL_DIGEST];
    if (cli_is_folder(path)) {
        if (!cli_is_run(path))
            return cli_fail(CLI_WRONG, "info: %s: --digest is of a model's weights; name a model file or a run folder",
                            path);
        CLI_TRY(cli_join(file, path, vdib_run_file_name(VDIB_RUN_FILE_MODEL)));
        path = file;
    }
    CLI_TRY_LIBRARY(vdib_model_load(path, &model));
    vdib_status status = vdib_model_digest(model, digest);
    vdib_model_destroy(model);
    if (status != VDIB_OK)
        return cli_library_fail(status);
    puts(digest);
    return CLI_DONE;
}

/* One seed of a series: how far it is. */
static int print_seed(const char *series, uint64_t seed) {
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    char folder[CLI_PATH], name[CLI_TEXT], text[CLI_TEXT];
    snprintf(name, sizeof name, "seed-%" PRIu64, seed);
    CLI_TRY(cli_join(folder, series, name));
    if (!cli_is_run(folder)) {
        printf("  %-13s not begun\n", name);
        return CLI_DONE;
    }
    CLI_TRY_LIBRARY(vdib_run_describe(folder, &info));
    printf("  %-13s %s, %s examples\n", name, info.finished ? "finished" : "not finished",
           cli_count(info.examples, text));
    vdib_run_info_clear(&info);
    return CLI_DONE;
}

static int series_folder(const char *path) {
    vdib_series *series = NULL;
    CLI_TRY_LIBRARY(vdib_series_resume(path, NULL, &series));
    size_t count = vdib_series_count(series);
    int code = CLI_DONE;
    printf("%s: series of %zu run%s\n", path, count, cli_s(count));
    for (size_t i = 0; i < count && code == CLI_DONE; i++)
        code = print_seed(path, vdib_series_seed(series, i));
    vdib_series_destroy(series);
    return code;
}

static int sweep_folder(const char *path) {
    vdib_sweep *sweep = NULL;
    size_t states[VDIB_SWEEP_DONE + 1] = {0};
    CLI_TRY_LIBRARY(vdib_sweep_open(path, NULL, &sweep));
    size_t count = vdib_sweep_count(sweep);
    printf("%s: sweep of %zu run%s, %zu seed%s for each setting\n", path, count, cli_s(count), vdib_sweep_seeds(sweep),
           cli_s(vdib_sweep_seeds(sweep)));
    for (size_t v = 0; vdib_sweep_over(sweep, v) != NULL; v++)
        printf("  over          %s\n", vdib_sweep_over(sweep, v));
    for (size_t i = 0; i < count; i++)
        states[vdib_sweep_state_of(sweep, i)]++;
    for (int s = VDIB_SWEEP_DONE; s >= 0; s--)
        printf("  %-13s %zu\n", vdib_sweep_state_name((vdib_sweep_state)s), states[s]);
    vdib_sweep_destroy(sweep);
    return CLI_DONE;
}

/* A network of another program. */
static int graph_file(const char *path) {
    vdib_import *import = NULL;
    char *text = NULL;
    CLI_TRY_LIBRARY(vdib_import_open(path, &import));
    vdib_status status = vdib_import_describe(import, &text);
    if (status == VDIB_OK)
        fputs(text, stdout);
    vdib_text_free(text);
    vdib_import_destroy(import);
    return status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
}

static int run(const cli_arguments *arguments) {
    const char *path = arguments->operands[0];
    bool model = arguments->digest || cli_ends(path, ".safetensors") || vdib_series_is(path) || vdib_sweep_is(path) ||
                 (cli_is_folder(path) && cli_is_run(path));
    if (arguments->strict && model)
        return cli_fail(CLI_WRONG, "info: %s: --strict is for event files and data; name some, without --digest", path);
    if ((arguments->has_from || arguments->has_to || arguments->relative) && (arguments->digest || cli_is_folder(path)))
        return cli_fail(CLI_WRONG, "info: %s: --from and --to are for event files; name one, without --digest", path);
    if (cli_word(arguments, OPTION_UNIT) != NULL && (arguments->digest || cli_is_folder(path)))
        return cli_fail(CLI_WRONG,
                        "info: %s: --unit is for event files; name one, without --digest (of a folder it is the key "
                        "data.time_unit)",
                        path);
    bool data =
        (cli_is_folder(path) && !cli_is_run(path)) || vdib_dataset_holds(path) != NULL || vdib_dataset_is_archive(path);
    if (arguments->json && (model || data || cli_ends(path, ".nir")))
        return cli_fail(CLI_WRONG, "info: %s: --json is for event files; leave it out, or name an event file", path);
    if (arguments->manifest != NULL && (arguments->digest || !data))
        return cli_fail(CLI_WRONG,
                        "info: %s: --manifest lists the recordings of a data folder; name one, without --digest", path);
    if (arguments->manifest != NULL)
        CLI_TRY(cli_may_write(arguments->manifest, true));
    if (arguments->digest)
        return print_digest(path);
    if (vdib_series_is(path))
        return series_folder(path);
    if (vdib_sweep_is(path))
        return sweep_folder(path);
    if (cli_is_folder(path))
        return cli_is_run(path) ? run_folder(path) : data_folder(path, arguments->manifest, arguments->strict);
    if (cli_ends(path, ".nir"))
        return graph_file(path);
    if (vdib_dataset_is_archive(path))
        return archive_file(path, arguments);
    if (data)
        return data_folder(path, arguments->manifest, arguments->strict);
    return cli_ends(path, ".safetensors") ? model_file(path) : cli_recording(path, arguments);
}

static const struct poptOption options[] = {
    OPTION("strict", OPTION_STRICT, "refuse an event file, or data, with anything wrong in it, and name it", NULL),
    OPTION_ROW_RANGE,
    OPTION_ROW_UNIT,
    OPTION("manifest", OPTION_MANIFEST, "write the recordings of a data folder as a manifest, CSV or .jsonl", "FILE"),
    OPTION("json", OPTION_JSON, "print what an event file holds as one JSON object", NULL),
    OPTION("digest", OPTION_DIGEST, "print the SHA-256 of a model's weights alone", NULL),
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_info = {
    .name = "info",
    .usage = "PATH [OPTION...]",
    .summary = "Says what an event file, data folder, model, NIR file, run folder, series or sweep holds",
    .details = "A folder of recordings is read completely, so that a damaged file is found.\n",
    .least = 1,
    .most = 1,
    .prints = true,
    .options = options,
    .run = run,
};
