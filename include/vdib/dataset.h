/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATASET_H
#define VDIB_DATASET_H
/**
 * @file dataset.h
 * Data sets: numbered examples of (raster, target, label) in three splits.
 *
 * Simple use: vdib_dataset_open() with a folder or "builtin:digits". A data set of one's own: vdib_dataset_create(), then
 * vdib_dataset_add() for every example.
 *
 * The validation split is a tenth of the training examples, at most 1,000, chosen by seed 0 whatever the run's seed; the
 * training split is what is left. Test data never choose a model.
 */
#include <stddef.h>
#include <stdint.h>

#include "vdib/config.h"
#include "vdib/raster.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The parts of a data set. */
typedef enum vdib_split { VDIB_SPLIT_TRAIN = 0, VDIB_SPLIT_VALIDATION = 1, VDIB_SPLIT_TEST = 2 } vdib_split;

/** The shapes of a data set: properties of the data. */
typedef struct vdib_geometry {
    size_t size;           /**< sizeof(vdib_geometry), set by the caller */
    size_t input_channels; /**< polarities of a sensor, 1 for images and plain channels */
    size_t input_height;   /**< rows, 1 for plain channels */
    size_t input_width;    /**< columns, or the number of plain channels */
    size_t steps;          /**< T of a training example */
    size_t classes;        /**< labels are below this */
    size_t target_height;  /**< rows of the target image, 1 for vectors, 0 if the target is the label */
    size_t target_width;   /**< columns of the target image or length of the vector, 0 if the target is the label */
} vdib_geometry;

/** One example. Pointers are borrowed from the data set or the example and valid until its next use. */
typedef struct vdib_example {
    size_t size;                 /**< sizeof(vdib_example), set by the library */
    vdib_raster *raster;         /**< T x channels, owned by the example */
    const float *target;         /**< (target_height * target_width), NULL if the target is the label */
    const float *image;          /**< natural image behind the example (28 x 28 for digits), NULL if there is none */
    const uint32_t *step_labels; /**< (T) class of every step for step-by-step tasks, else NULL */
    uint32_t label;              /**< class */
    size_t index;                /**< number within its split */
} vdib_example;

/** A data set. Reading examples from several threads is safe. */
typedef struct vdib_dataset vdib_dataset;

/**
 * Opens the data of an experiment.
 * @param data folder in the layout of N-MNIST (`Train/<class>/NNNNN.bin`, `Test/...`) or of IDX files
 * (`train-images-idx3-ubyte[.gz]`, ...), "builtin:digits", or NULL: what the experiment has built in. Natural images
 * come from the same folder if it holds images, else they are the built-in digits.
 *
 * Recordings stand in the order of their numbers NNNNN, then of their classes; limits take them from the front. Recording
 * NNNNN shows image NNNNN - 1 of the matching part of the image files. They are checked now and decoded when fetched. The
 * files do not say the sensor's size: it is 34 x 34 (N-MNIST), or what holds all events of up to 100 recordings, evenly
 * spread over the training ones; events beyond it are dropped (vdib_binning_report::outside_sensor).
 * @param config the experiment; its `data.*` keys are used
 * @param dataset receives it, owned by the caller (vdib_dataset_destroy())
 * @return ::VDIB_ERROR_IO for a missing folder or unreadable file, ::VDIB_ERROR_FORMAT for a malformed file,
 * ::VDIB_ERROR_DATA if the data do not fit the experiment
 */
VDIB_API vdib_status vdib_dataset_open(const char *data, const vdib_config *config, vdib_dataset **dataset);

/**
 * As vdib_dataset_open(), with the natural images (targets, judge) named.
 * @param images IDX folder or "builtin:digits"; NULL: as vdib_dataset_open()
 * @param threads for generating built-in recordings; 0 = all cores
 */
VDIB_API vdib_status vdib_dataset_open_images(const char *data, const char *images, const vdib_config *config,
                                              size_t threads, vdib_dataset **dataset);

/** An empty data set of one's own. */
VDIB_API vdib_status vdib_dataset_create(const vdib_geometry *geometry, vdib_dataset **dataset);

/**
 * Adds a copy of one example to the training or test split (the validation split is taken from the training examples, and
 * changes when some are added). Not while other threads read the data set.
 * @param raster of the geometry's shape
 * @param target (target_height * target_width) finite values, NULL if the target is the label
 * @param label below geometry->classes
 */
VDIB_API vdib_status vdib_dataset_add(vdib_dataset *dataset, vdib_split split, const vdib_raster *raster,
                                      const float *target, uint32_t label);

/** @return its shapes, borrowed */
VDIB_API const vdib_geometry *vdib_dataset_geometry(const vdib_dataset *dataset);

/** @return one line that names the data, for example "images of mnist: 9000 train, 1000 validation, 5000 test"; borrowed */
VDIB_API const char *vdib_dataset_summary(const vdib_dataset *dataset);

/** @return the number of examples of a split; 0 for endless training data (blobs) */
VDIB_API size_t vdib_dataset_size(const vdib_dataset *dataset, vdib_split split);

/** Prepares an example for use with vdib_dataset_get(). */
VDIB_API vdib_status vdib_example_create(const vdib_dataset *dataset, vdib_example **example);
/** Frees an example; NULL is safe. */
VDIB_API void vdib_example_destroy(vdib_example *example);

/**
 * Fetches an example in its evaluation form (coding noise keyed by seed and index).
 * @param example from vdib_example_create(); overwritten
 */
VDIB_API vdib_status vdib_dataset_get(const vdib_dataset *dataset, vdib_split split, size_t index, uint64_t seed,
                                      vdib_example *example);

/** Frees a data set; NULL is safe. */
VDIB_API void vdib_dataset_destroy(vdib_dataset *dataset);

#ifdef __cplusplus
}
#endif
#endif
