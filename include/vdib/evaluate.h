/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVALUATE_H
#define VDIB_EVALUATE_H
/**
 * @file evaluate.h
 * How good a model is: judge, image metrics, rate and energy accounting, the report of a run. What each figure is,
 * and its unit: figures.h.
 *
 * Judge: LeNet-5 (LeCun et al. 1998) trained on the natural training images in use, without those behind validation
 * examples, labels reconstructions; its accuracy is the score of the paper. It is trained once for a set of images and
 * kept in a cache folder under the images' hash (`$VDIB_CACHE`, else `$XDG_CACHE_HOME/vdib`, else `~/.cache/vdib`;
 * VDIB_CACHE=off: nowhere, it is trained anew). Images may have any size, one channel or three: what the judge reads of
 * those above 64 x 64 pixels are means of blocks of them. Without labels, data of one class, there is none, nor with
 * evaluation.judge=none: its figures are absent then.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/dataset.h"
#include "vdib/model.h"
#include "vdib/ranks.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Settings of an evaluation; zero means the default everywhere. */
typedef struct vdib_evaluation_options {
    size_t size;               /**< sizeof(vdib_evaluation_options), set by the caller */
    size_t threads;            /**< 0: every core; changes no result */
    size_t examples;           /**< limit: as many of each class, the first ones of the split; 0: all */
    vdib_cancelled *cancelled; /**< asked between batches; NULL: never */
    void *user;                /**< handed to it */
    bool spikes; /**< also look at what the spikes say: several more passes (vdib_evaluation_array(), figures.h) */
    size_t
        marginal_examples; /**< with spikes: training examples that the marginal of the spikes is learnt from, as many
                                 of each class, the first ones; 0: 1,000 */
    size_t draws;          /**< with spikes: draws of readout spikes of an example that are averaged, up to 255; 0: 8 */
    const vdib_model *ann; /**< with spikes: a model with encoder.type=counts for the same data, borrowed; its accuracy
                                and what it does stand beside ("ann_..."); NULL: none */
    bool no_judge;         /**< leave the judge out, whatever evaluation.judge says */
    const vdib_ranks *ranks; /**< processes that divide the examples, borrowed; each of them makes this call and finds
                                the same figures, those of one alone. Data are read by each for itself. NULL: alone */
} vdib_evaluation_options;

/** What an evaluation found: figures by name or number (figures.h), the confusion matrix. Declare one, let the
 * library fill it, read it with the functions below, and give its memory back with vdib_evaluation_clear(). Functions
 * that fill it do not look at what it held before. Its content is the library's own. Reading one from several threads
 * is safe. */
typedef struct vdib_evaluation {
    void *findings; /**< private; NULL: nothing */
} vdib_evaluation;

/**
 * Evaluates a model on a split: one draw of readout spikes per example, from the model's seed.
 *
 * In a data set of one's own (vdib_dataset_create()) whose targets are images, the judge is trained on the training
 * targets.
 * @param options may be NULL; endless training data need options->examples
 * @param evaluation receives what was found, freed by vdib_evaluation_clear(); untouched on failure
 * @return ::VDIB_ERROR_DATA if the data's shapes are not those that the model was made for, or the split is empty, or
 * options->ann is for other data; ::VDIB_ERROR_CONFIG if options->ann has an encoder
 */
VDIB_API vdib_status vdib_evaluate(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                                   const vdib_evaluation_options *options, vdib_evaluation *evaluation);

/** Frees what an evaluation holds; one that is NULL or was cleared is safe. */
VDIB_API void vdib_evaluation_clear(vdib_evaluation *evaluation);

/**
 * The value of a figure by its name, for example "judge_accuracy" or "rate_bits"; docs/method.md lists them.
 * @return NaN if there is no such figure, or this kind of task has none
 */
VDIB_API double vdib_evaluation_get(const vdib_evaluation *evaluation, const char *name);

/**
 * The value of a figure by its number in the table of figures.
 * @param figure below vdib_figure_count()
 * @param value receives it; untouched if this kind of task has no such figure
 * @return whether it has
 */
VDIB_API bool vdib_evaluation_figure(const vdib_evaluation *evaluation, size_t figure, double *value);

/** @return the number of arrays that an evaluation with vdib_evaluation_options::spikes may have */
VDIB_API size_t vdib_array_count(void);

/** @return the name of an array, static, for example "rate_bits_by_step"; NULL from vdib_array_count() on */
VDIB_API const char *vdib_array_name(size_t array);

/** @return what its values are, with units, static; NULL from vdib_array_count() on */
VDIB_API const char *vdib_array_help(size_t array);

/**
 * An array by its name: what the spikes say, split over steps, neurons, examples (docs/method.md, section "What the
 * spikes say", has them all). Values are NaN where there is nothing to say.
 * @param name see vdib_array_name()
 * @param count receives the number of values; may be NULL; untouched if there are none
 * @return (count) values, borrowed from the evaluation; NULL if there is no such array, or this evaluation has none
 */
VDIB_API const double *vdib_evaluation_array(const vdib_evaluation *evaluation, const char *name, size_t *count);

/** @return whether the task is decoded step by step: figures "per step" and "per sequence" (vdib_figure_per()) */
VDIB_API bool vdib_evaluation_stepwise(const vdib_evaluation *evaluation);

/** @return the seed that keyed the draws of readout spikes */
VDIB_API uint64_t vdib_evaluation_seed(const vdib_evaluation *evaluation);

/** @return the number of classes of the confusion matrix; 0 if nobody says classes (no judge, values, step-by-step
 * tasks) */
VDIB_API size_t vdib_evaluation_classes(const vdib_evaluation *evaluation);

/**
 * One entry of the confusion matrix.
 * @param truth, said below vdib_evaluation_classes(): the true class, and the class said by the judge of a
 * reconstruction or by the decoder
 * @return the number of examples; 0 outside the matrix
 */
VDIB_API uint64_t vdib_evaluation_confusion(const vdib_evaluation *evaluation, size_t truth, size_t said);

/** @return the name of a class, borrowed; NULL if the data name no classes, or outside the matrix */
VDIB_API const char *vdib_evaluation_class_name(const vdib_evaluation *evaluation, size_t class_number);

/**
 * What should be looked at before the figures are believed: an encoder that is silent ("encoder-silent") or saturated
 * ("encoder-saturated"), readout neurons that never spike ("readout-neurons-silent"), hidden layers most of whose
 * neurons never spike ("hidden-silent"), always do ("hidden-saturated") or never change ("hidden-constant"), decoded
 * values that hardly depend on the example ("output-constant"). Neurons are judged over all examples of the
 * evaluation.
 * @return the number of warnings
 */
VDIB_API size_t vdib_evaluation_warning_count(const vdib_evaluation *evaluation);

/**
 * @param code receives the warning's code, static; may be NULL
 * @return what was found and what helps, in one line, borrowed; NULL beyond the last
 */
VDIB_API const char *vdib_evaluation_warning(const vdib_evaluation *evaluation, size_t index, const char **code);

/** @return the notes on the data (vdib_dataset_notes()), and the classes that options.examples left out; "" if there
 * is nothing to say; borrowed */
VDIB_API const char *vdib_evaluation_notes(const vdib_evaluation *evaluation);

/**
 * Everything as one JSON object in one line: "experiment", the figures under their names in the order of the table
 * (those that the task has; "psnr" and "ssim" are null instead), "seed", and where classes are said
 * "confusion_classes", "confusion" (rows: true classes) and "class_names"; the arrays that it has, under
 * their names; "data_counts" (vdib_data_count) of recordings, "data_notes" where there are any; "warnings", a list of
 * {"code", "message"}. Freed with vdib_text_free().
 */
VDIB_API vdib_status vdib_evaluation_json(const vdib_evaluation *evaluation, char **json);

/**
 * Reconstructs a whole split into an NPZ file with arrays recon, target (N x pixels, or N x classes with one-hot
 * targets), label (N), spikes (N: readout spikes of each example; left out where the model sends none). Step-by-step
 * tasks have a row for every scored step.
 */
VDIB_API vdib_status vdib_reconstruct_save(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                                           const vdib_evaluation_options *options, const char *path);

/** Saves a raster as NPZ: arrays step (N), channel (N), shape (2: steps, channels). */
VDIB_API vdib_status vdib_raster_save(const vdib_raster *raster, const char *path);

/**
 * Evaluates a run's model on its test split and writes FOLDER/report.html (one self-contained file) and
 * FOLDER/evaluation.json.
 * @param data, images NULL: those of the run
 * @param options may be NULL. With options->ranks rank 0 calls this; the others call vdib_evaluate() of the same model
 * and test split
 * @param evaluation receives what was found, freed by vdib_evaluation_clear(); may be NULL
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
