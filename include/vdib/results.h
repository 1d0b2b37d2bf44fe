/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RESULTS_H
#define VDIB_RESULTS_H
/**
 * @file results.h
 * Several runs side by side: the settings in which they differ, their figures, and means and standard deviations over
 * runs that differ in their seed alone.
 *
 *     vdib_results_read(folders, 3, &results);
 *     for (size_t r = 0; r < vdib_results_count(results); r++)
 *         if (vdib_results_figure(results, r, VDIB_SPLIT_TEST, vdib_figure_find("rate_bits"), &bits))
 *             printf("%s: %g\n", vdib_results_folder(results, r), bits);
 *
 * Reading them from several threads is safe. Texts are borrowed until vdib_results_destroy().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/dataset.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where a run stands. Values are pinned. */
typedef enum vdib_sweep_state {
    VDIB_SWEEP_MISSING = 0, /**< not begun */
    VDIB_SWEEP_BEGUN = 1,   /**< in training, or interrupted */
    VDIB_SWEEP_TRAINED = 2, /**< trained, not evaluated yet */
    VDIB_SWEEP_DONE = 3     /**< evaluated: it has figures */
} vdib_sweep_state;

/** @return "missing", "begun", "trained" or "done"; static */
VDIB_API const char *vdib_sweep_state_name(vdib_sweep_state state);

/** A table of runs. */
typedef struct vdib_results vdib_results;

/**
 * Reads the folders of runs.
 * @param folders (count) of runs that are trained and have their evaluation.json
 * @param results receives the table, in the order of `folders`; its keys are those whose values differ
 * @return ::VDIB_ERROR_ARGUMENT for no folder, ::VDIB_ERROR_IO if one is no run folder, or has no figures yet
 */
VDIB_API vdib_status vdib_results_read(const char *const *folders, size_t count, vdib_results **results);

/** @return the number of runs */
VDIB_API size_t vdib_results_count(const vdib_results *results);
/** @return the folder of a run, as it was given; NULL beyond the last */
VDIB_API const char *vdib_results_folder(const vdib_results *results, size_t run);
/** @return the name of its experiment; NULL beyond the last */
VDIB_API const char *vdib_results_experiment(const vdib_results *results, size_t run);
/** @return where it stands */
VDIB_API vdib_sweep_state vdib_results_state(const vdib_results *results, size_t run);
/** @return its seed */
VDIB_API uint64_t vdib_results_seed(const vdib_results *results, size_t run);
/** @return training examples that it was shown, and seconds that training took; 0 before it began */
VDIB_API uint64_t vdib_results_examples(const vdib_results *results, size_t run);
VDIB_API double vdib_results_seconds(const vdib_results *results, size_t run);
/** @return whether its task is decoded step by step (vdib_figure_per()) */
VDIB_API bool vdib_results_stepwise(const vdib_results *results, size_t run);

/**
 * The columns that tell runs apart besides their seeds: of a sweep the keys that are varied; else the keys of the
 * configuration whose values differ, "data" and "images" where runs were given different ones, and "method" where some
 * are a regression (ridge.h).
 * @return how many; the name of one; the value of a run, as text ("" where nothing was given). NULL beyond the last
 */
VDIB_API size_t vdib_results_key_count(const vdib_results *results);
VDIB_API const char *vdib_results_key(const vdib_results *results, size_t key);
VDIB_API const char *vdib_results_value(const vdib_results *results, size_t run, size_t key);

/**
 * A figure of a run.
 * @param split ::VDIB_SPLIT_TEST, as its evaluation.json says, or ::VDIB_SPLIT_VALIDATION, as its validation.json does
 * @param figure number in the table of figures (figures.h)
 * @param value receives it; untouched if the run has no such figure
 * @return whether it has
 */
VDIB_API bool vdib_results_figure(const vdib_results *results, size_t run, vdib_split split, size_t figure,
                                  double *value);

/**
 * Runs that differ in their seed alone have one setting.
 * @return the number of settings; the setting of a run; the first run of a setting (the number of runs beyond the
 * last)
 */
VDIB_API size_t vdib_results_setting_count(const vdib_results *results);
VDIB_API size_t vdib_results_setting(const vdib_results *results, size_t run);
VDIB_API size_t vdib_results_setting_run(const vdib_results *results, size_t setting);

/**
 * Mean and standard deviation (with n - 1; 0 for one value) of a figure over the runs of a setting that have it.
 * @return n; 0 leaves *mean and *deviation untouched
 */
VDIB_API size_t vdib_results_moments(const vdib_results *results, size_t setting, vdib_split split, size_t figure,
                                     double *mean, double *deviation);

/**
 * The table as text, freed with vdib_text_free(). CSV (RFC 4180, with lines that end in a newline): a row a run, with
 * columns folder, state, experiment, the keys, seed, training_examples, training_seconds, every figure that some run
 * has, and the same of the validation split as validation_NAME; empty where a run has none. JSON: one object with
 * "keys", "runs" and "settings", the latter with "mean" and "standard_deviation" of every figure that has them
 * (vdib_figure_over_seeds()).
 */
VDIB_API vdib_status vdib_results_csv(const vdib_results *results, char **text);
VDIB_API vdib_status vdib_results_json(const vdib_results *results, char **text);

/**
 * Writes a self-contained HTML page without a script: rate against distortion and accuracy, every figure against every
 * key, and the tables.
 * @param title may be NULL
 */
VDIB_API vdib_status vdib_results_page(const vdib_results *results, const char *title, const char *path);

/** Frees a table; NULL is safe. */
VDIB_API void vdib_results_destroy(vdib_results *results);

#ifdef __cplusplus
}
#endif
#endif
