/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_H
#define VDIB_RUN_H
/**
 * @file run.h
 * What lies in the folder of a run. Runs themselves are in train.h.
 */
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The files of a run folder: X(name of the constant, file, what it is, who may delete it). "run" files are written by
 * the run alone and are needed to resume it; "report" files can be made again by vdib_report_write().
 */
#define VDIB_RUN_FILE_MAP(X)                                                                                           \
    X(CONFIG, "config.yaml", "the complete configuration, every default written out; `vdib train` takes it",           \
      "nobody: needed to resume and for the report")                                                                   \
    X(RECORD, "run.json", "data, limits, kernel level, BLAS and machine type, where the run stands, every resume",     \
      "nobody: makes the folder a run")                                                                                \
    X(MODEL, "model.safetensors", "the last model, written at the end", "the user, who then has no result")            \
    X(BEST, "best.safetensors", "the model with the lowest validation loss", "the user")                               \
    X(CHECKPOINT, "checkpoint.safetensors", "weights, state of the optimisers, position in the data",                  \
      "the user, once the run is finished")                                                                            \
    X(METRICS, "metrics.jsonl",                                                                                        \
      "a JSON object a line: `\"kind\": \"train\"` with running averages, "                                            \
      "`\"kind\": \"validation\"`",                                                                                    \
      "the user, once the run is finished; the report then has no curves")                                             \
    X(TENSORBOARD, "events.out.tfevents.0000000000.vdib", "the same for TensorBoard: `tensorboard --logdir RUN`",      \
      "the user, once the run is finished")                                                                            \
    X(REPORT, "report.html", "the report on the test split", "the user: `vdib report` makes it again")                 \
    X(EVALUATION, "evaluation.json", "the figures of the report", "the user: `vdib report` makes it again")            \
    X(SERIES, "seeds.json", "of a series: which seeds, data and limits", "nobody: needed to resume the series")        \
    X(SUMMARY, "summary.json", "of a series: every figure's values, mean and standard deviation",                      \
      "the user: `vdib train --resume` makes it again")                                                                \
    X(VALIDATION, "validation.json", "of a run of a sweep: the figures on the validation split",                       \
      "the user, who then has no such figures")                                                                        \
    X(RIDGE, "ridge.json", "of a regression in place of a run: data, rows, width, penalty",                            \
      "nobody: `vdib compare` knows the folder by it")                                                                 \
    X(SWEEP, "sweep.json", "of a sweep: what is varied, seeds, data and limits",                                       \
      "nobody: needed to go on with the sweep")                                                                        \
    X(RESULTS_CSV, "results.csv", "of a sweep: a row a run with its settings, seed and figures",                       \
      "the user: `vdib sweep --table` makes it again")                                                                 \
    X(RESULTS_JSON, "results.json", "of a sweep: the same, and means and standard deviations over seeds",              \
      "the user: `vdib sweep --table` makes it again")                                                                 \
    X(RESULTS_PAGE, "results.html", "of a sweep: the same with plots, one self-contained page",                        \
      "the user: `vdib sweep --table` makes it again")

/** A file of a run folder, or of the folder of a series or a sweep. */
typedef enum vdib_run_file {
#define VDIB_RUN_FILE_ENUM(name, file, about, keeper) VDIB_RUN_FILE_##name,
    VDIB_RUN_FILE_MAP(VDIB_RUN_FILE_ENUM)
#undef VDIB_RUN_FILE_ENUM
        VDIB_RUN_FILES
} vdib_run_file;

/** @return the file's name, what it is, and who may delete it; NULL beyond the last. Static, thread-safe. */
VDIB_API const char *vdib_run_file_name(vdib_run_file file);
VDIB_API const char *vdib_run_file_about(vdib_run_file file);
VDIB_API const char *vdib_run_file_keeper(vdib_run_file file);

#ifdef __cplusplus
}
#endif
#endif
