/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVALUATE_H
#define VDIB_EVALUATE_H
/**
 * @file evaluate.h
 * How good a model is: judge, image metrics, rate and energy accounting, the report of a run.
 *
 * Judge: LeNet-5 (LeCun et al. 1998) trained on the natural images in use, labels reconstructions; its accuracy is the
 * score of the paper. It is trained once for a set of images and kept in a cache folder under the images' hash
 * (`$VDIB_CACHE`, else `$XDG_CACHE_HOME/vdib`, else `~/.cache/vdib`; without a folder it is trained anew).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/dataset.h"
#include "vdib/model.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Settings of an evaluation; zero means the default everywhere. */
typedef struct vdib_evaluation_options {
    size_t size;               /**< sizeof(vdib_evaluation_options), set by the caller */
    size_t threads;            /**< 0: every core; changes no result */
    size_t examples;           /**< limit, taken from the front of the split; 0: all */
    vdib_cancelled *cancelled; /**< asked between batches; NULL: never */
    void *user;                /**< handed to it */
} vdib_evaluation_options;

enum { VDIB_CONFUSION_CLASSES = 16 };

/** The figures of an evaluation. Values that a task does not have are NaN (JSON: absent; psnr and ssim: null). "Per example" is a mean. */
typedef struct vdib_evaluation {
    size_t size;                    /**< sizeof(vdib_evaluation), set by the caller */
    size_t examples;                /**< examples (sequences for step-by-step tasks) */
    size_t steps;                   /**< scored steps for step-by-step tasks, else 0 */
    double judge_accuracy;          /**< judge on reconstructions */
    double judge_accuracy_original; /**< judge on the natural images themselves */
    double accuracy;                /**< classes: share of right answers */
    double accuracy_standard_error; /**< step-by-step tasks: over sequences */
    double mse;                /**< mean squared error per output (blobs: per unit of the decoded vector of 20; classes:
                                         of the probabilities against the one-hot target) */
    double mse_standard_error; /**< step-by-step tasks: over sequences */
    double constant_accuracy;  /**< blobs: the best constant answer's accuracy */
    double constant_mse;       /**< blobs: the same answer's MSE */
    double psnr;               /**< decibel, mean over images (identical ones count as 100), data range 1 */
    double ssim;               /**< 7 x 7 uniform window, data range 1, mean over images (Wang et al. 2004) */
    double distortion_nats;    /**< -log q per example (per step for step-by-step tasks) */
    double
        distortion_nats_per_output; /**< the same over the number of outputs (categorical: equal to distortion_nats) */
    double rate_bits; /**< sum over steps and neurons of KL(Bernoulli(p) || Bernoulli(r0)), per example (step-by-step
                                      tasks: per scored step) */
    double rate_bits_sampled;  /**< the sampled form of the same */
    double spikes_per_example; /**< readout spikes */
    double spike_density;      /**< the same per neuron and step */
    double input_spikes_per_example;
    double synaptic_operations; /**< encoder: spikes times fan-out, per example */
    double seconds;             /**< encoding and decoding of all examples, judge and metrics not counted */
    double examples_per_second;
    uint64_t seed;
    size_t confusion_classes;                                           /**< 0 if there is no matrix */
    uint32_t confusion[VDIB_CONFUSION_CLASSES][VDIB_CONFUSION_CLASSES]; /**< [true][said by the judge or the decoder] */
} vdib_evaluation;

/**
 * Evaluates a model on a split: one draw of readout spikes per example, from the model's seed.
 *
 * In a data set of one's own (vdib_dataset_create()) whose targets are images, the judge is trained on the training
 * targets. There is no judge for images smaller than 16 x 16.
 * @param options may be NULL; endless training data need options->examples
 * @return ::VDIB_ERROR_DATA if the data's shapes are not those that the model was made for, or the split is empty
 */
VDIB_API vdib_status vdib_evaluate(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                                   const vdib_evaluation_options *options, vdib_evaluation *evaluation);

/** The figures as one JSON object (one line; keys are the members' names, plus "experiment"). Freed with vdib_text_free(). */
VDIB_API vdib_status vdib_evaluation_json(const vdib_evaluation *evaluation, const vdib_model *model, char **json);

/**
 * Reconstructs a whole split into an NPZ file with arrays recon, target (N x pixels, or N x classes with one-hot targets),
 * label (N), spikes (N: readout spikes of each example). Step-by-step tasks have a row for every scored step.
 */
VDIB_API vdib_status vdib_reconstruct_save(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                                           const vdib_evaluation_options *options, const char *path);

/** Saves a raster as NPZ: arrays step (N), channel (N), shape (2: steps, channels). */
VDIB_API vdib_status vdib_raster_save(const vdib_raster *raster, const char *path);

/**
 * Evaluates a run's model on its test split and writes FOLDER/report.html (one self-contained file) and
 * FOLDER/evaluation.json.
 * @param data, images NULL: those of the run
 * @param options may be NULL
 * @param evaluation receives the figures; may be NULL
 * @return ::VDIB_ERROR_DATA if the run was trained on a data set of a program's own and `data` is NULL
 */
VDIB_API vdib_status vdib_report_write(const char *folder, const char *data, const char *images,
                                       const vdib_evaluation_options *options, vdib_evaluation *evaluation);

/** As vdib_report_write(), with the test split of a data set of the program's own. */
VDIB_API vdib_status vdib_report_write_dataset(const char *folder, const vdib_dataset *dataset,
                                               const vdib_evaluation_options *options, vdib_evaluation *evaluation);

/** Frees text that the library made; NULL is safe. */
VDIB_API void vdib_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
