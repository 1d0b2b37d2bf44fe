/* SPDX-License-Identifier: MIT */
#ifndef VDIB_SERIES_H
#define VDIB_SERIES_H
/**
 * @file series.h
 * The same experiment over several seeds: a folder with a run for each, and the mean and standard deviation of every
 * figure.
 *
 *     vdib_series_create("series", config, 5, &options, &series);      // or vdib_series_resume()
 *     for (size_t i = 0; i < vdib_series_count(series); i++) {
 *         vdib_series_run(series, i, &run);                                // begins it, or goes on with it
 *         do { vdib_run_step(run, &progress); } while (!progress.done);
 *         vdib_report_write(vdib_run_folder(run), NULL, NULL, NULL, &evaluation);
 *         vdib_series_add(series, &evaluation);
 *     }
 *     vdib_series_finish(series);                                          // summary.json
 *
 * The folder holds config.yaml, seeds.json (what was asked for), the runs seed-S, seed-(S+1), ... and at the end
 * summary.json.
 */
#include "vdib/evaluate.h"
#include "vdib/run.h"
#include "vdib/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A series of runs. Not shared between threads. */
typedef struct vdib_series vdib_series;

/**
 * Starts a series in a folder that does not exist yet or is empty. Nothing is written before the first run has begun.
 * @param folder NULL: runs/EXPERIMENT-NUMBER, as vdib_run_create()
 * @param config its seed is the first one
 * @param count number of seeds, at least 1
 * @param options of every run; may be NULL. A data set in it must outlive the series
 * @return ::VDIB_ERROR_EXISTS if the folder holds something, ::VDIB_ERROR_CONFIG if the seeds go beyond the largest one
 */
VDIB_API vdib_status vdib_series_create(const char *folder, const vdib_config *config, size_t count,
                                        const vdib_run_options *options, vdib_series **series);

/**
 * Goes on with a series that was interrupted, with its own settings: vdib_series_run() goes on with the runs that are
 * there and begins the others.
 * @param options as for vdib_run_resume(), for every run; may be NULL
 */
VDIB_API vdib_status vdib_series_resume(const char *folder, const vdib_resume_options *options, vdib_series **series);

/** @return whether a folder is that of a series; NULL is none */
VDIB_API bool vdib_series_is(const char *folder);

/** @return its folder, borrowed; NULL before the first run of a series without a name */
VDIB_API const char *vdib_series_folder(const vdib_series *series);
/** @return the number of seeds, and the seed of run `index` */
VDIB_API size_t vdib_series_count(const vdib_series *series);
VDIB_API uint64_t vdib_series_seed(const vdib_series *series, size_t index);

/**
 * Begins the run of seed `index`, or goes on with it. The first run that is begun also writes the series' own files.
 * @param run owned by the caller (vdib_run_destroy())
 */
VDIB_API vdib_status vdib_series_run(vdib_series *series, size_t index, vdib_run **run);

/** Adds the figures of one run to the summary. */
VDIB_API vdib_status vdib_series_add(vdib_series *series, const vdib_evaluation *evaluation);

/**
 * Mean and standard deviation (with n - 1; 0 for one value) of a figure over what vdib_series_add() was given.
 * @param figure number in the table of figures (figures.h)
 * @return whether there is such a figure: results have one, durations and sizes do not (vdib_figure_over_seeds())
 */
VDIB_API bool vdib_series_figure(const vdib_series *series, size_t figure, double *mean, double *deviation);

/** Writes FOLDER/summary.json: of every figure the values, their mean and their standard deviation. */
VDIB_API vdib_status vdib_series_finish(const vdib_series *series);

/** Frees a series; its folder stays. NULL is safe. */
VDIB_API void vdib_series_destroy(vdib_series *series);

#ifdef __cplusplus
}
#endif
#endif
