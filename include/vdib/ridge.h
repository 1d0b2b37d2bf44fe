/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RIDGE_H
#define VDIB_RIDGE_H
/**
 * @file ridge.h
 * A baseline without spikes: kernel ridge regression on event counts. It says what the counts of a recording tell about
 * its target, with next to nothing to choose, beside what a spiking encoder and its decoder make of the recording.
 *
 * What it reads of an example are its events per pixel and polarity in three parts of the time window, blurred by a
 * Gaussian of one pixel; square roots of these make Poisson noise the same everywhere (Anscombe 1948). The kernel is
 * Gaussian, exp(-d^2 / (2 w^2)), its width w the median distance of training examples; the penalty of the weights is
 * the one of seven that is best on the validation split. Targets are images, vectors, or classes (one-hot, the largest
 * output is said). Equations: docs/method.md.
 */
#include <stddef.h>

#include "vdib/evaluate.h"
#include "vdib/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What was fitted. */
typedef struct vdib_ridge_fit {
    size_t size;     /**< sizeof(vdib_ridge_fit), set by the caller */
    size_t rows;     /**< training examples */
    size_t features; /**< numbers read of an example: 3 times the input channels */
    double width;    /**< w of the kernel */
    double penalty;  /**< chosen on the validation split */
} vdib_ridge_fit;

/**
 * Fits on the training split of a data set, chooses the penalty on its validation split, and evaluates.
 * @param config the experiment: its target, name and seed (the noise of coded images) are used
 * @param options may be NULL; `examples` must be 0
 * @param fit receives what was fitted; may be NULL
 * @param validation, test receive the figures of these splits, those that need no spikes or likelihood; freed by
 * vdib_evaluation_clear(); may be NULL
 * @return ::VDIB_ERROR_DATA for more than 10,000 training examples, data without an end, a split without examples, and
 * targets of every step
 */
VDIB_API vdib_status vdib_ridge_evaluate(const vdib_config *config, const vdib_dataset *dataset,
                                         const vdib_evaluation_options *options, vdib_ridge_fit *fit,
                                         vdib_evaluation *validation, vdib_evaluation *test);

/**
 * The same with a folder that vdib_results_read() takes as that of a run: config.yaml, ridge.json (data, rows, width,
 * penalty), evaluation.json, validation.json.
 * @param folder new or empty
 * @param options data, images, threads, dataset, cancelled and user are used, the others must be 0; may be NULL
 * @param fit, test as above
 */
VDIB_API vdib_status vdib_ridge_run(const char *folder, const vdib_config *config, const vdib_run_options *options,
                                    vdib_ridge_fit *fit, vdib_evaluation *test);

#ifdef __cplusplus
}
#endif
#endif
