/* SPDX-License-Identifier: MIT */
#ifndef VDIB_SWEEP_H
#define VDIB_SWEEP_H
/**
 * @file sweep.h
 * An experiment under every combination of some settings, over several seeds: a folder with a run for each, and one
 * table of all of them (results.h).
 *
 *     const char *over[] = {"objective.beta=0.001,0.01", "decoder.type:decoder.coding=mlp:time,mlp:rate"};
 *     vdib_sweep_create("sweep", config, over, 2, 3, &options, &sweep);    // 2 x 2 settings, 3 seeds: 12 runs
 *     for (size_t i = 0; i < vdib_sweep_count(sweep); i++) {
 *         if (vdib_sweep_state_of(sweep, i) == VDIB_SWEEP_DONE)
 *             continue;
 *         vdib_sweep_run(sweep, i, &run);                                    // begins it, or goes on with it
 *         do { vdib_run_step(run, &progress); } while (!progress.done);
 *         vdib_run_validate(run, NULL, NULL);                                // validation.json
 *         vdib_report_write_dataset(vdib_run_folder(run), vdib_run_dataset(run), NULL, NULL);
 *         vdib_run_destroy(run);
 *     }
 *     vdib_sweep_write(sweep);                                               // results.csv, .json, .html
 *
 * Run i has setting i / seeds, the last text of `over` changing fastest, and seed i % seeds after the first. Several
 * processes may work on one folder: each run is locked by the one that trains it. Within a process several threads may
 * train runs of one sweep at once, a run each; what they read is opened once for all runs that read the same.
 *
 * The folder holds config.yaml, sweep.json (what was asked for), the runs NNNN-..., and the table.
 */
#include "vdib/config.h"
#include "vdib/evaluate.h"
#include "vdib/results.h"
#include "vdib/run.h"
#include "vdib/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A sweep. vdib_sweep_run() and the functions that only ask may be called from several threads at once. */
typedef struct vdib_sweep vdib_sweep;

/**
 * A sweep in a folder that is new, empty, or that of the same sweep, which it then goes on with. Nothing is written
 * before the data of the first run are open. Every combination is checked before.
 * @param config what the runs have in common; its seed is the first one
 * @param over (count) what is varied, each "key=value,value": all combinations are trained. Keys that change together
 * are "key:key=value:value,value:value". Commas in brackets belong to the value. count may be 0
 * @param seeds for each combination, at least 1
 * @param options of every run; may be NULL. A data set in it must outlive the sweep
 * @return ::VDIB_ERROR_CONFIG for an unknown key, a value or a combination that is refused, or more than 100,000
 * runs; ::VDIB_ERROR_EXISTS if the folder holds something else, or another sweep: the message says what differs
 */
VDIB_API vdib_status vdib_sweep_create(const char *folder, const vdib_config *config, const char *const *over,
                                       size_t count, size_t seeds, const vdib_run_options *options, vdib_sweep **sweep);

/**
 * The sweep of a folder, with its own settings.
 * @param options as for vdib_run_resume(), for every run; may be NULL
 * @return ::VDIB_ERROR_IO if the folder is that of no sweep
 */
VDIB_API vdib_status vdib_sweep_open(const char *folder, const vdib_resume_options *options, vdib_sweep **sweep);

/** @return whether a folder is that of a sweep; NULL is none */
VDIB_API bool vdib_sweep_is(const char *folder);

/** @return its folder, borrowed */
VDIB_API const char *vdib_sweep_folder(const vdib_sweep *sweep);
/** @return the number of runs: settings times seeds */
VDIB_API size_t vdib_sweep_count(const vdib_sweep *sweep);
/** @return the number of seeds, and the seed of run `index` */
VDIB_API size_t vdib_sweep_seeds(const vdib_sweep *sweep);
VDIB_API uint64_t vdib_sweep_seed(const vdib_sweep *sweep, size_t index);
/** @return what is varied, in the form of vdib_sweep_create(), NULL beyond the last; borrowed */
VDIB_API const char *vdib_sweep_over(const vdib_sweep *sweep, size_t which);

/** @return the folder of run `index`, below that of the sweep; NULL beyond the last; borrowed */
VDIB_API const char *vdib_sweep_run_folder(const vdib_sweep *sweep, size_t index);

/** The whole configuration of run `index`, owned by the caller. */
VDIB_API vdib_status vdib_sweep_config(const vdib_sweep *sweep, size_t index, vdib_config **config);

/** Where run `index` stands, by what lies in its folder now. */
VDIB_API vdib_sweep_state vdib_sweep_state_of(const vdib_sweep *sweep, size_t index);

/**
 * Begins run `index`, or goes on with it. The first run that is begun also writes the sweep's own files.
 * @param run owned by the caller (vdib_run_destroy()), who destroys it before the sweep
 * @return ::VDIB_ERROR_EXISTS if another process, or another thread, is training it; ::VDIB_ERROR_CONFIG if its
 * folder holds a run of other settings
 */
VDIB_API vdib_status vdib_sweep_run(vdib_sweep *sweep, size_t index, vdib_run **run);

/**
 * Evaluates the model of a finished run on the validation split of its data and writes validation.json into its
 * folder: settings are chosen by these figures, test data choose nothing. Without validation examples nothing is
 * written.
 * @param options may be NULL
 * @param evaluation receives what was found, freed by vdib_evaluation_clear(); may be NULL
 */
VDIB_API vdib_status vdib_run_validate(const vdib_run *run, const vdib_evaluation_options *options,
                                       vdib_evaluation *evaluation);

/** The table of all its runs, those that are not done without figures; owned by the caller (vdib_results_destroy()). */
VDIB_API vdib_status vdib_sweep_results(const vdib_sweep *sweep, vdib_results **results);

/** Writes results.csv, results.json and results.html from what lies in the folder now. */
VDIB_API vdib_status vdib_sweep_write(const vdib_sweep *sweep);

/** Frees a sweep; its folder stays. NULL is safe. */
VDIB_API void vdib_sweep_destroy(vdib_sweep *sweep);

#ifdef __cplusplus
}
#endif
#endif
