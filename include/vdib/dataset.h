/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATASET_H
#define VDIB_DATASET_H
/**
 * @file dataset.h
 * Data sets: numbered examples of (raster, target, label) in three splits.
 *
 * Simple use: vdib_dataset_open() with a folder or "builtin:digits". A data set of one's own: vdib_dataset_create(),
 * then vdib_dataset_add() for every example; or vdib_dataset_create_callback(), which fetches examples when they are
 * needed.
 *
 * The validation split is a tenth of the training examples, at most 1,000, chosen by seed 0 whatever the run's seed;
 * the training split is what is left. Test data never choose a model.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/config.h"
#include "vdib/raster.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** model.h */
typedef struct vdib_model vdib_model;

/** The parts of a data set. */
typedef enum vdib_split { VDIB_SPLIT_TRAIN = 0, VDIB_SPLIT_VALIDATION = 1, VDIB_SPLIT_TEST = 2 } vdib_split;

/** The shapes of a data set: properties of the data. */
typedef struct vdib_geometry {
    size_t size;            /**< sizeof(vdib_geometry), set by the caller */
    size_t input_channels;  /**< polarities of a sensor, 1 for images and plain channels */
    size_t input_height;    /**< rows, 1 for plain channels */
    size_t input_width;     /**< columns, or the number of plain channels */
    size_t steps;           /**< T of a training example */
    size_t classes;         /**< labels are below this */
    size_t target_height;   /**< rows of the target image, 1 for vectors, 0 if the target is the label */
    size_t target_width;    /**< columns of the target image or length of the vector, 0 if the target is the label */
    size_t target_channels; /**< 1 (grey images, vectors) or 3 (red, green, blue), 0 if the target is the label; left 0
                                 beside a target, it is 1 */
} vdib_geometry;

/** One example. Pointers are borrowed from the data set or the example and valid until its next use. */
typedef struct vdib_example {
    size_t size;                 /**< sizeof(vdib_example), set by the library */
    vdib_raster *raster;         /**< T x channels, owned by the example */
    const float *target;         /**< (target_channels, target_height, target_width), NULL if the target is the label */
    const float *image;          /**< (image_channels, image_height, image_width) natural image behind the example
                                    (1 x 28 x 28 for digits), NULL if there is none */
    const uint32_t *step_labels; /**< (T) class of every step for step-by-step tasks, else NULL */
    uint32_t label;              /**< class */
    size_t index;                /**< number within its split */
    size_t image_channels, image_height, image_width; /**< shape of `image`, 0 if there is none */
} vdib_example;

/** A data set. Reading examples from several threads is safe. */
typedef struct vdib_dataset vdib_dataset;

/**
 * Opens the data of an experiment.
 * @param data folder in the layout of N-MNIST (`Train/<class>/NNNNN.bin`, `Test/...`) or of IDX files
 * (`train-images-idx3-ubyte[.gz]`, ...), "builtin:digits", "builtin:motion", or NULL: what the experiment has built in.
 * "film:DIR" films the images of an IDX folder with the built-in camera; "DIR+film:IMAGES" and "DIR+builtin:digits" mix
 * filmed images with the training recordings of DIR (data.mix), but for those behind validation recordings. Natural
 * images come from the same folder if it holds images, else from that of the filmed ones, else they are the built-in
 * digits.
 *
 * An archive (tar, compressed or not, or ZIP), or a folder without data that holds archives, is unpacked once into the
 * cache folder; a note says where (vdib_dataset_notes()). Nothing is written outside that folder.
 *
 * Folders may be spelled in any case of letters, and stand up to two levels deeper. Classes are the names of the
 * folders: if all are digits, a class is its digit of ten; else labels count the sorted names from 0 on (numbers by
 * their value, then other names by their bytes).
 *
 * Recordings stand in the order of their numbers NNNNN, then of their classes; limits take as many of every class as
 * there are, the first ones. Recording NNNNN shows image NNNNN - 1 of the matching part of the image files. They are
 * checked now and decoded when first used, and kept binned up to 256 MiB. Where neither the files nor data.sensor say
 * the sensor's size, it is 34 x 34 (N-MNIST), or what holds the events of up to 100 recordings, evenly spread over
 * the training ones, but for a few that lie far beyond all others; events beyond it are dropped and counted
 * (vdib_dataset_count()).
 * @param config the experiment; its `data.*` keys are used
 * @param dataset receives it, owned by the caller (vdib_dataset_destroy())
 * @return ::VDIB_ERROR_IO for a missing folder or unreadable file, ::VDIB_ERROR_FORMAT for a malformed file,
 * ::VDIB_ERROR_DATA if the data do not fit the experiment
 */
VDIB_API vdib_status vdib_dataset_open(const char *data, const vdib_config *config, vdib_dataset **dataset);

/** Settings of opening; zero means the default everywhere. */
typedef struct vdib_dataset_options {
    size_t size; /**< sizeof(vdib_dataset_options), set by the caller */
    /** natural images (targets, judge): IDX folder or "builtin:digits"; NULL: as vdib_dataset_open() */
    const char *images;
    size_t threads;            /**< 0: every core; changes nothing about the data */
    vdib_cancelled *cancelled; /**< asked now and then until the data are open; NULL: never */
    void *user;                /**< handed to it */
    /** the model that the data are for, if there is one: its classes and its sensor are those of the data; borrowed
     * for the call. NULL: none yet */
    const vdib_model *model;
    /** vdib_dataset_split_digest() of the data that a model was trained on (vdib_run_info::split), where these are to
     * be the same: a note says if they are split in another way now. NULL: they may be */
    const char *split;
} vdib_dataset_options;

/** As vdib_dataset_open(), with settings. @param options may be NULL */
VDIB_API vdib_status vdib_dataset_open_with(const char *data, const vdib_config *config,
                                            const vdib_dataset_options *options, vdib_dataset **dataset);

/** vdib_dataset_open_with() for programs that were written for 0.1.0. */
VDIB_API vdib_status vdib_dataset_open_images(const char *data, const char *images, const vdib_config *config,
                                              size_t threads, vdib_dataset **dataset);

/** What became of the events of a recording. */
typedef struct vdib_recording_report {
    size_t size;           /**< sizeof(vdib_recording_report), set by the caller */
    size_t events;         /**< of the recording, without those outside data.crop */
    size_t spikes;         /**< that they are in the raster */
    size_t repeated;       /**< events of a step and channel that have one already */
    size_t outside_window; /**< events before data.start_us or after the last step: lost */
    size_t outside_sensor; /**< events beyond the sensor: lost */
    size_t cropped;        /**< events outside data.crop, which are not read */
} vdib_recording_report;

/**
 * Reads one recording as the input of a model, in every way as the examples of a data set that is opened for it, in as
 * many steps as those that it was trained on.
 * @param path the file; "FILE#N" is recording N of a file that holds several
 * @param model what the raster is for
 * @param config NULL: the model's; else one that may differ from it in data.allow_loss, data.from_first_event,
 * data.start_us and data.step_us
 * @param raster receives T steps x channels, owned by the caller (vdib_raster_destroy())
 * @param report may be NULL
 * @return ::VDIB_ERROR_DATA where the recording has events and over nine tenths of them, or all, are lost, unless
 * data.allow_loss; the message names the key that would help. ::VDIB_ERROR_UNSUPPORTED if the model encodes no
 * recordings. Else as vdib_events_open()
 */
VDIB_API vdib_status vdib_recording_read(const char *path, const vdib_model *model, const vdib_config *config,
                                         vdib_raster **raster, vdib_recording_report *report);

/** An empty data set of one's own. A trainer augments its training examples as its configuration says (`augment.*`):
 * their spikes, not their targets. */
VDIB_API vdib_status vdib_dataset_create(const vdib_geometry *geometry, vdib_dataset **dataset);

/**
 * Adds a copy of one example to the training or test split (the validation split is taken from the training examples,
 * and changes when some are added). Not while other threads read the data set.
 * @param raster of the geometry's shape
 * @param target (target_channels, target_height, target_width) finite values, NULL if the target is the label
 * @param label below geometry->classes
 */
VDIB_API vdib_status vdib_dataset_add(vdib_dataset *dataset, vdib_split split, const vdib_raster *raster,
                                      const float *target, uint32_t label);

/**
 * Names the classes of a data set of one's own, for reports, evaluations and models that are trained on it. Not while
 * other threads read the data set.
 * @param names (geometry->classes) copied, none empty
 */
VDIB_API vdib_status vdib_dataset_set_class_names(vdib_dataset *dataset, const char *const *names);

/** One example that the program's function fills. */
typedef struct vdib_fetched {
    size_t size;         /**< sizeof(vdib_fetched), set by the library */
    vdib_raster *raster; /**< of the geometry's shape, empty; to be filled, for example by vdib_raster_from_pairs() */
    /** (target_channels, target_height, target_width) to be filled with finite values; NULL if the target is the
     * label */
    float *target;
    float *image;   /**< (image_height * image_width) to be filled with finite values; NULL if there are none */
    uint32_t label; /**< class, to be set below geometry->classes; 0 at first */
} vdib_fetched;

/**
 * Gives example `index` of a split: the same content for the same split and index, whenever it is asked.
 * @param split ::VDIB_SPLIT_TRAIN or ::VDIB_SPLIT_TEST, or ::VDIB_SPLIT_VALIDATION if the source has validation
 * examples
 * @param index 0 .. the source's size of the split - 1
 * @param example to be filled; valid until the function returns
 * @return ::VDIB_OK, or what is wrong (vdib_fail() gives it a message): the call that needed the example fails with
 * it, and its message says which example it was
 */
typedef vdib_status vdib_fetch(void *user, vdib_split split, size_t index, vdib_fetched *example);

/** Where the examples of a data set come from when they are needed. */
typedef struct vdib_dataset_source {
    size_t size;       /**< sizeof(vdib_dataset_source), set by the caller */
    size_t train;      /**< training examples, below 2^32 */
    size_t validation; /**< validation examples; 0: a tenth of the training examples, chosen as for every data set */
    size_t test;       /**< test examples */
    size_t image_height, image_width; /**< of natural images behind the examples; 0: there are none */
    vdib_fetch *fetch;                /**< the function */
    void (*release)(void *user);      /**< called once, when the data set is destroyed; may be NULL */
    void *user;                       /**< handed to both */
    /** the function may run in several threads at once; else it is called by one thread at a time, which need not be
     * the same each time, nor the one that made the data set */
    bool parallel;
    const char *name; /**< for vdib_dataset_summary(), copied; may be NULL */
} vdib_dataset_source;

/**
 * A data set whose examples are fetched when they are needed, and not kept: data that do not fit in memory, or that
 * another library reads. Training, evaluation and reports take it as any other.
 * @param geometry, source copied
 * @return ::VDIB_ERROR_ARGUMENT if a shape or size is not as described; source->release is not called then
 */
VDIB_API vdib_status vdib_dataset_create_callback(const vdib_geometry *geometry, const vdib_dataset_source *source,
                                                  vdib_dataset **dataset);

/** @return its shapes, borrowed */
VDIB_API const vdib_geometry *vdib_dataset_geometry(const vdib_dataset *dataset);

/** @return one line that names the data, for example "images of mnist: 9000 train, 1000 validation, 5000 test";
 * borrowed */
VDIB_API const char *vdib_dataset_summary(const vdib_dataset *dataset);

/**
 * What a user should know of the data beyond their summary, a line each: events outside the time window (above a
 * tenth) or the sensor, recordings that are empty, cut, damaged, begin late or have a clock that starts again, files
 * that cannot be read or were not read, classes without an example, images without contrast. Recordings are counted
 * from the time that they are first read: by a trainer, an evaluation, vdib_dataset_look() or vdib_dataset_get().
 * @param notes receives the lines, each with its newline, "" if there is nothing to say; freed with vdib_text_free()
 */
VDIB_API vdib_status vdib_dataset_notes(const vdib_dataset *dataset, char **notes);

/** What can be counted of the recordings of a split. */
typedef enum vdib_data_count {
    VDIB_COUNT_RECORDINGS = 0,       /**< recordings that were read so far */
    VDIB_COUNT_EVENTS = 1,           /**< their events */
    VDIB_COUNT_OUTSIDE_WINDOW = 2,   /**< events before data.start_us or after the last step: lost */
    VDIB_COUNT_OUTSIDE_SENSOR = 3,   /**< events beyond the sensor: lost */
    VDIB_COUNT_DROPPED = 4,          /**< events that a file marks as invalid: left out */
    VDIB_COUNT_EMPTY_RECORDINGS = 5, /**< recordings without any event */
    VDIB_COUNT_LOST_RECORDINGS = 6,  /**< recordings all of whose events are lost */
    VDIB_COUNT_LATE_RECORDINGS = 7,  /**< recordings that begin in the second half of the time window or after it */
    VDIB_COUNT_OUT_OF_ORDER = 8,     /**< events earlier than the one before them: sorted */
    VDIB_COUNT_RESTARTS = 9,         /**< times that a clock started again inside a recording */
    VDIB_COUNT_CUT_RECORDINGS = 10,  /**< recordings that end inside a record, or whose compressed data do */
    VDIB_COUNT_DAMAGED = 11,         /**< words, records or lines that are nothing their format knows: left out */
    VDIB_COUNT_BEYOND_STATED = 12,   /**< events beyond the sensor that their file states: left out */
    VDIB_COUNT_UNREADABLE_FILES = 13 /**< files that cannot be read: left out; training, where the split is made */
} vdib_data_count;

/** @return a count over the recordings of a split that were read so far; 0 for other data, and for NULL */
VDIB_API uint64_t vdib_dataset_count(const vdib_dataset *dataset, vdib_split split, vdib_data_count which);

/**
 * Reads the recordings of a split, 4,096 of them at most, so that they are counted, and refuses data that are lost.
 * Trainers and evaluations do so themselves. Other data have nothing to look at.
 * @param threads 0: every core
 * @return ::VDIB_ERROR_DATA where over nine tenths of all events, or every event of one recording in five, lie
 * outside the time window or the sensor or were never there, unless data.allow_loss; the message names the key that
 * would help
 */
VDIB_API vdib_status vdib_dataset_look(const vdib_dataset *dataset, vdib_split split, size_t threads);

/**
 * @return the name of a class, that of its folder; NULL where classes have numbers only (digits, images, data of the
 * program's own without vdib_dataset_set_class_names()), or there is no such class; borrowed
 */
VDIB_API const char *vdib_dataset_class_name(const vdib_dataset *dataset, size_t class_number);

/**
 * @return whether a file is an archive of several files, or of archives (tar, compressed or not, ZIP, 7z), by its
 * content, which vdib_dataset_open() unpacks into the cache folder; a compressed event file, or a tar or ZIP archive of
 * one, is a recording
 */
VDIB_API bool vdib_dataset_is_archive(const char *path);

/**
 * What a folder holds, or one up to two levels deeper; an archive, or a folder of archives, is unpacked into the cache
 * folder for that, as vdib_dataset_open() does.
 * @return "recordings", "images", or NULL if neither; static
 */
VDIB_API const char *vdib_dataset_holds(const char *folder);

/**
 * Writes the recordings of a data set as a manifest: a line for each example with its path, split, class and, for parts
 * of recordings, times, which vdib_dataset_open() reads as the same data. Paths are relative to the manifest's folder
 * where they lie below it, else absolute.
 * @param path receives CSV, or JSON lines where it ends in .jsonl or .ndjson; a file that is there is replaced
 * @return ::VDIB_ERROR_DATA if the data are no recordings in files, ::VDIB_ERROR_IO if it cannot be written
 */
VDIB_API vdib_status vdib_dataset_write_manifest(const vdib_dataset *dataset, const char *path);

/**
 * @return the digest of which recording is in which split: 64 hexadecimal digits of what the sorted list of examples
 * says, their paths in the data's folder, classes, times and splits; NULL for data that are no listed recordings;
 * borrowed
 */
VDIB_API const char *vdib_dataset_split_digest(const vdib_dataset *dataset);

/** @return the number of examples of a split; 0 for endless training data (blobs) */
VDIB_API size_t vdib_dataset_size(const vdib_dataset *dataset, vdib_split split);

/**
 * Films images with the built-in camera and writes the recordings as event files in the layout of N-MNIST:
 * `FOLDER/Train/<class>/NNNNN.bin` and `FOLDER/Test/...`, where NNNNN is the number of the image from 1 on, so that
 * recording NNNNN shows image NNNNN - 1. Five bytes an event: x, y, polarity and 23 bits of microseconds, big endian.
 * Safe from several threads, for different folders.
 * @param data folder of IDX images, with or without "film:" before it, "builtin:digits", or NULL for the latter
 * @param config its keys data.motion, data.sensor (256x240 at most), data.place, data.film_exclude,
 * data.train_examples and data.test_examples count
 * @param options threads and cancelled count; may be NULL
 * @param folder must not exist or be empty; it appears when all files are written, and until then they lie in
 * `FOLDER.partial`
 * @param train, test receive how many recordings there are; may be NULL
 * @param notes receives what is to be said of the images, a line each, owned by the caller (vdib_memory_free()); may
 * be NULL
 * @return ::VDIB_ERROR_IO if the folder is not empty or cannot be written, ::VDIB_ERROR_DATA if there are no images or
 * they do not fit, ::VDIB_ERROR_CANCELLED
 */
VDIB_API vdib_status vdib_film(const char *data, const vdib_config *config, const vdib_dataset_options *options,
                               const char *folder, size_t *train, size_t *test, char **notes);

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
