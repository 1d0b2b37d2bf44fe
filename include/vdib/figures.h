/* SPDX-License-Identifier: MIT */
#ifndef VDIB_FIGURES_H
#define VDIB_FIGURES_H
/**
 * @file figures.h
 * The figures: what the library measures, by name, with units and meaning.
 *
 * One table describes every figure. The progress of training, tables in the terminal, metrics.jsonl, TensorBoard
 * tags, evaluation.json, summary.json and the report take names and units from it, so that a figure means the same
 * wherever it stands. A later version may add figures; go through the table by number, or ask for one by name:
 *
 *     for (size_t f = 0; f < vdib_figure_count(); f++)
 *         if (vdib_evaluation_figure(evaluation, f, &value))
 *             printf("%s: %g %s\n", vdib_figure_label(f), value, vdib_figure_unit(f));
 *
 * All functions may be called from any thread. A figure's number is below vdib_figure_count(); for any other the
 * functions return NULL, 0 or false. Texts are static, UTF-8, never to be freed.
 */
#include <stdbool.h>
#include <stddef.h>

#include "vdib/status.h"
#include "vdib/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @return the number of figures in the table */
VDIB_API size_t vdib_figure_count(void);

/** @return the number of the figure of that name, or vdib_figure_count() if there is none; NULL is no name */
VDIB_API size_t vdib_figure_find(const char *name);

/** @return its name, the key in every JSON file: "rate_bits" */
VDIB_API const char *vdib_figure_name(size_t figure);

/** @return its name for people, in lower case: "rate" */
VDIB_API const char *vdib_figure_label(size_t figure);

/** @return its unit: "bits"; "" for a share or a plain number */
VDIB_API const char *vdib_figure_unit(size_t figure);

/**
 * @param stepwise for a task that is decoded step by step
 * @return what one unit is counted for: "example", "step", "output"; "" for nothing. "bits" for each "example" is
 * "bits per example".
 */
VDIB_API const char *vdib_figure_per(size_t figure, bool stepwise);

/** @return what it is, in one sentence without a full stop; `stepwise` as in vdib_figure_per() */
VDIB_API const char *vdib_figure_help(size_t figure, bool stepwise);

/** @return digits behind the decimal point that a table should show; 0: a count */
VDIB_API int vdib_figure_digits(size_t figure);

/** @return for a standard error the name of the figure that it belongs to, else NULL */
VDIB_API const char *vdib_figure_error_of(size_t figure);

/** @return whether a series over several seeds gives its mean and deviation (it is a result, not a size or a
 * duration) */
VDIB_API bool vdib_figure_over_seeds(size_t figure);

/**
 * The value of a figure in the progress of training.
 * @param validation false: of training (running averages); true: of the validation that this step ended with
 * @param value receives it; untouched if the progress has no such figure
 * @return whether it has; with `validation` only while progress->validated
 */
VDIB_API bool vdib_progress_figure(const vdib_progress *progress, size_t figure, bool validation, double *value);

#ifdef __cplusplus
}
#endif
#endif
