/* SPDX-License-Identifier: MIT */
/* A folder with what kernel ridge regression found, to stand in tables beside those of runs. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"
#include "run/asked.h"
#include "run/folder.h"
#include "run/run_files.h"
#include "vdib/ridge.h"

/* What the folder is of, beside config.yaml. */
static json_t *to_json(const vdib__asked *asked, const vdib_dataset *dataset, const vdib_ridge_fit *fit,
                       double seconds) {
    const vdib_run_options *options = &asked->options;
    return json_pack("{s:s?, s:s?, s:s?, s:I, s:I, s:f, s:f, s:f}", "data", options->data, "images", options->images,
                     "dataset", options->dataset != NULL ? vdib_dataset_summary(dataset) : NULL, "rows",
                     (json_int_t)fit->rows, "features", (json_int_t)fit->features, "width", fit->width, "penalty",
                     fit->penalty, "seconds", seconds);
}

/* evaluation.json comes last: with it the folder is whole. */
static vdib_status write_folder(const char *folder, const vdib__asked *asked, json_t *record,
                                const vdib_evaluation evaluations[2]) {
    vdib_status status = vdib__folder_make(folder);
    if (status == VDIB_OK)
        status = vdib__run_folder_check_empty(folder);
    if (status != VDIB_OK) {
        json_decref(record);
        return status;
    }
    VDIB_TRY(vdib__folder_json(folder, VDIB_RUN_FILE_RIDGE, record));
    VDIB_TRY(vdib__asked_save_config(asked, folder));
    VDIB_TRY(vdib__run_evaluation_save(folder, VDIB_RUN_FILE_VALIDATION, &evaluations[0]));
    return vdib__run_evaluation_save(folder, VDIB_RUN_FILE_EVALUATION, &evaluations[1]);
}

static vdib_status evaluate(const vdib__asked *asked, const vdib_dataset *dataset, const char *folder,
                            vdib_ridge_fit *fit, vdib_evaluation evaluations[2]) {
    const vdib_run_options *options = &asked->options;
    const vdib_evaluation_options evaluating = {
        .size = sizeof evaluating, .threads = options->threads, .cancelled = options->cancelled, .user = options->user};
    double begun = vdib__clock_seconds();
    VDIB_TRY(vdib_ridge_evaluate(asked->config, dataset, &evaluating, fit, &evaluations[0], &evaluations[1]));
    return write_folder(folder, asked, to_json(asked, dataset, fit, vdib__clock_seconds() - begun), evaluations);
}

static vdib_status open_and_evaluate(const vdib__asked *asked, const char *folder, vdib_ridge_fit *fit,
                                     vdib_evaluation evaluations[2]) {
    const vdib_run_options *options = &asked->options;
    const vdib_dataset_options opening = {.size = sizeof opening,
                                          .images = options->images,
                                          .threads = options->threads,
                                          .cancelled = options->cancelled,
                                          .user = options->user};
    vdib_dataset *opened = NULL;
    if (options->dataset != NULL)
        return evaluate(asked, options->dataset, folder, fit, evaluations);
    VDIB_TRY(vdib_dataset_open_with(options->data, asked->config, &opening, &opened));
    vdib_status status = evaluate(asked, opened, folder, fit, evaluations);
    vdib_dataset_destroy(opened);
    return status;
}

vdib_status vdib_ridge_run(const char *folder, const vdib_config *config, const vdib_run_options *options,
                           vdib_ridge_fit *fit, vdib_evaluation *test) {
    vdib_run_options used;
    vdib__asked asked;
    vdib_ridge_fit made = {.size = sizeof made};
    vdib_evaluation evaluations[2] = {{NULL}, {NULL}};
    VDIB_REQUIRE(folder, config);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_run_options, options, &used));
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_ridge_fit, fit));
    if (used.examples != 0 || used.epochs != 0 || used.seconds != 0 || used.checkpoint_every != 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_ridge_run: a regression has no limits of training");
    VDIB_TRY(vdib__run_folder_check_empty(folder));
    VDIB_TRY(vdib__asked_make(config, &used, &asked));
    vdib_status status = open_and_evaluate(&asked, folder, &made, evaluations);
    vdib__asked_clear(&asked);
    vdib_evaluation_clear(&evaluations[0]);
    if (status != VDIB_OK) {
        vdib_evaluation_clear(&evaluations[1]);
        return status;
    }
    VDIB_SIZED_WRITE(vdib_ridge_fit, &made, fit);
    if (test != NULL)
        *test = evaluations[1];
    else
        vdib_evaluation_clear(&evaluations[1]);
    return VDIB_OK;
}
