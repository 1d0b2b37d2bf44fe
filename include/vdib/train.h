/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TRAIN_H
#define VDIB_TRAIN_H
/**
 * @file train.h
 * Training. A trainer moves a model's weights step by step; a run is a trainer with a folder on disk.
 *
 *     vdib_trainer_create(config, data, &trainer);
 *     do { vdib_trainer_step(trainer, &progress); } while (!progress.done);
 *     vdib_model_save(vdib_trainer_model(trainer), "model.safetensors");
 *
 * The same configuration, data and number of examples give the same bytes, for any number of threads and after any
 * resume.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/config.h"
#include "vdib/dataset.h"
#include "vdib/model.h"
#include "vdib/ranks.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A trainer. Not shared between threads; it uses threads of its own. */
typedef struct vdib_trainer vdib_trainer;

/** Where training stands. Averages are over about the last 1,000 training examples (exponentially forgotten). */
typedef struct vdib_progress {
    size_t size;                /**< sizeof(vdib_progress), set by the caller */
    uint64_t examples;          /**< training examples shown so far (sequences for step-by-step tasks) */
    uint64_t limit;             /**< examples at which training ends; 0: only the limit of seconds counts */
    double epochs;              /**< examples over the size of the training split; 0 for endless data */
    double loss;                /**< objective in the configuration's reduction */
    double distortion_nats;     /**< -log q per example, summed over outputs (per step for step-by-step tasks) */
    double rate_bits;           /**< rate term per example in bits (per step for step-by-step tasks); NaN with
                                     encoder.type=counts, which has none */
    double spike_density;       /**< readout spikes per neuron and step; NaN where no spikes are sent */
    double seconds;             /**< since training began, earlier parts of a resumed run included */
    double examples_per_second; /**< of this process */
    double seconds_left;        /**< estimate */
    bool validated;             /**< this step ended with a validation, whose figures follow */
    double validation_loss;     /**< objective on the validation split */
    double validation_distortion_nats;
    double validation_rate_bits;  /**< NaN as rate_bits */
    bool improved;                /**< the lowest validation loss so far: best.safetensors */
    bool done;                    /**< a limit is reached */
    double encoder_learning_rate; /**< of the last update; before the first one of this process, of the next */
    double decoder_learning_rate;
} vdib_progress;

/**
 * A trainer with a new model.
 *
 * The keys `augment.*` of the configuration apply to whatever data set is given: training examples are drawn anew at
 * every presentation, keyed by seed and presentation; validation and test examples stay as they are. A time step of a
 * data set of one's own lasts `data.step_us`; its targets stay as they are. A data set that was opened with the same
 * keys keeps recordings so that this takes little time.
 * @param dataset borrowed: it must outlive the trainer
 */
VDIB_API vdib_status vdib_trainer_create(const vdib_config *config, const vdib_dataset *dataset,
                                         vdib_trainer **trainer);

/** Changes the weights that a training begins with; a status that is not ::VDIB_OK ends it, with its message. */
typedef vdib_status vdib_beginning(vdib_model *model, void *user);

/**
 * Lets a function change the weights that training begins with, after they were initialised and before the first step:
 * vdib_import_apply(), say. With `encoder.initialisation=data` the hidden layers and the readout that it leaves as they
 * are, above one that it changes, are set on the data again, by the spikes that they read now.
 * @return ::VDIB_ERROR_ARGUMENT once training has begun; what `begin` returns: then the weights are those of before
 */
VDIB_API vdib_status vdib_trainer_begin(vdib_trainer *trainer, vdib_beginning *begin, void *user);

/** What training takes in memory, in bytes, beside the data; an estimate. */
typedef struct vdib_training_need {
    size_t size;       /**< sizeof(vdib_training_need), set by the caller */
    size_t weights;    /**< one copy of the weights */
    size_t copies;     /**< the other copies: best model, gradients, state of the optimisers, a model being written or
                       evaluated */
    size_t batch;      /**< activations of one update: grows with the batch, the steps, the layers */
    size_t validation; /**< activations of the examples that are evaluated together, up to 32 */
    size_t total;      /**< their sum */
} vdib_training_need;

/**
 * Estimates what training and evaluating under a configuration takes, without allocating it.
 * @param dataset the data; they only need their shapes and sizes
 * @param threads 0: every core
 */
VDIB_API vdib_status vdib_training_memory(const vdib_config *config, const vdib_dataset *dataset, size_t threads,
                                          vdib_training_need *need);

/** Threads to use; 0 (the default) is every core. Changes no result. */
VDIB_API vdib_status vdib_trainer_set_threads(vdib_trainer *trainer, size_t threads);

/**
 * Limits; 0 means no such limit. The first one reached ends training; without a call, `training.examples` of the
 * configuration is the limit. `epochs` counts the training split and needs data that end.
 */
VDIB_API vdib_status vdib_trainer_set_limits(vdib_trainer *trainer, uint64_t examples, uint64_t epochs, double seconds);

/**
 * Trains together with other processes (ranks.h): every one of them makes the same trainer, and calls the same
 * functions on it in the same order: vdib_trainer_step(), and vdib_trainer_collect(). All hold the same weights and
 * figures at every moment, those of one process alone to the bit. Examples of a batch and of a validation are divided,
 * and so are the updates of large weights and what the optimisers keep for them; a rank that fails or is asked to stop
 * ends the step of all.
 * @param ranks copied; one rank is as none
 * @return ::VDIB_ERROR_ARGUMENT for more ranks than learning.batch_size has examples, ::VDIB_ERROR_CONFIG unless
 * numeric.products is portable: the sums of other products depend on how many examples they have
 */
VDIB_API vdib_status vdib_trainer_set_ranks(vdib_trainer *trainer, const vdib_ranks *ranks);

/**
 * Gives every rank what the others keep for it: the state of the optimisers, and the running average of the weights
 * (learning.average_memory). All ranks call it, before vdib_trainer_checkpoint() and, but for a step that ended with a
 * validation or is the last, before vdib_trainer_model(). Nothing for a trainer that is alone.
 */
VDIB_API vdib_status vdib_trainer_collect(vdib_trainer *trainer);

/** A function asked between updates whether to stop: vdib_trainer_step() then returns ::VDIB_ERROR_CANCELLED. NULL:
 * none. */
VDIB_API vdib_status vdib_trainer_on_cancel(vdib_trainer *trainer, vdib_cancelled *cancelled, void *user);

/**
 * One update (one batch, or one sequence for step-by-step tasks), and a validation when one is due.
 * @param progress receives where training stands; may be NULL
 * @return ::VDIB_ERROR_NUMERIC if a loss or weight stops being finite (the message says at which example and what to
 * try)
 */
VDIB_API vdib_status vdib_trainer_step(vdib_trainer *trainer, vdib_progress *progress);

/** @return what training gives so far, borrowed from the trainer: the running average of the weights where
 * learning.average_memory is above 0, else the weights as the last update left them. It is what is validated; the
 * figures of training are those of the weights themselves */
VDIB_API const vdib_model *vdib_trainer_model(const vdib_trainer *trainer);
/** @return the best model by validation so far, borrowed; NULL before the first validation */
VDIB_API const vdib_model *vdib_trainer_best(const vdib_trainer *trainer);

/** Writes everything that training needs to go on: weights, optimiser state, counters, position in the data.
 * @return ::VDIB_ERROR_ARGUMENT with several ranks, before vdib_trainer_collect() */
VDIB_API vdib_status vdib_trainer_checkpoint(const vdib_trainer *trainer, const char *path);

/** Puts a trainer that was made from the same configuration and data where vdib_trainer_checkpoint() was called. */
VDIB_API vdib_status vdib_trainer_resume(vdib_trainer *trainer, const char *path);

/* ---------------------------------------------------------------- somebody else's decoder ---- */

/** What vdib_trainer_forward() shows. B examples, M draws of the readout's spikes for each (learning.draws), window of
 * tau_d steps, NY readout neurons. Pointers are borrowed from the trainer, valid until its next call. */
typedef struct vdib_shown {
    size_t size;              /**< sizeof(vdib_shown), set by the caller */
    size_t examples;          /**< B; 0: a limit is reached */
    size_t window;            /**< tau_d */
    size_t readouts;          /**< NY */
    const float *windows;     /**< (B, M, tau_d, row) 1 where a neuron spikes, else 0: what a decoder reads, behind
                                        the channel and dropout of the configuration */
    const double *rate_terms; /**< (B, M) beta times the rate, as it stands in the loss of each draw */
    const vdib_example *const *data; /**< (B) the examples: rasters, targets, labels */
    size_t draws;                    /**< M */
    size_t row;                      /**< vdib_model_row() */
} vdib_shown;

/**
 * The first half of an update for a decoder of the program's own: shows the next batch of training examples and
 * encodes it. The program decodes the windows, trains its decoder as it likes, and calls vdib_trainer_backward(),
 * which trains the encoder:
 *
 *     vdib_shown shown = {.size = sizeof shown};
 *     while (vdib_trainer_forward(trainer, &shown) == VDIB_OK && shown.examples > 0) {
 *         my_decoder(&shown, gradients, losses);
 *         vdib_trainer_backward(trainer, gradients, losses, NULL, NULL);
 *     }
 *
 * With a copy of the built-in decoder this is vdib_trainer_step() to the bit, but for validations, which are left to
 * the program: the model's own decoder stays as it was made. Limits, cancelling, checkpoints and resuming hold as for
 * vdib_trainer_step(); a batch that was shown and not learnt from is shown again.
 * @return ::VDIB_ERROR_CONFIG under learning.schedule=online
 */
VDIB_API vdib_status vdib_trainer_forward(vdib_trainer *trainer, vdib_shown *shown);

/**
 * The second half: one update of the encoder. What the configuration's rules do not read may be NULL.
 * @param window_gradients (B, M, tau_d, vdib_shown::row) derivative by the windows of the mean over all B M draws of
 * the decoder's
 * loss; read by straight-through
 * @param losses (B, M) the decoder's loss of each draw, in nats and in the reduction in which it is to be minimised,
 * without the rate term, which is added here; read by the score-function rules. It is also what progress->loss
 * reports
 * @param targets (B, vdib_model_outputs()) what drtp projects to the hidden layers: images, or classes as one-hot
 * @param progress receives where training stands, without validation figures; may be NULL
 * @return ::VDIB_ERROR_ARGUMENT if vdib_trainer_forward() was not called before or if something that is read is NULL,
 * ::VDIB_ERROR_NUMERIC if a value is not finite; the batch can be learnt from again then
 */
VDIB_API vdib_status vdib_trainer_backward(vdib_trainer *trainer, const float *window_gradients, const double *losses,
                                           const float *targets, vdib_progress *progress);

/** Frees a trainer; NULL is safe. */
VDIB_API void vdib_trainer_destroy(vdib_trainer *trainer);

/* ---------------------------------------------------------------- runs ---- */

/** A training run with its folder: config.yaml, run.json, checkpoint.safetensors, metrics.jsonl, a TensorBoard event
 * file, and at the end model.safetensors and best.safetensors. Not shared between threads. */
typedef struct vdib_run vdib_run;

/** What a run is given beside its configuration; zero means the default everywhere. None of it is part of the model. */
typedef struct vdib_run_options {
    size_t size;        /**< sizeof(vdib_run_options), set by the caller */
    const char *data;   /**< as vdib_dataset_open() */
    const char *images; /**< vdib_dataset_options::images */
    uint64_t examples;  /**< as vdib_trainer_set_limits() */
    uint64_t epochs;
    double seconds;
    size_t threads;
    size_t checkpoint_every; /**< examples between checkpoints; 0: the configuration's `training.checkpoint_every` */
    /** data of the program's own, borrowed: it must outlive the run; `data` and `images` are NULL then. NULL: what
     * `data` and `images` name */
    const vdib_dataset *dataset;
    vdib_cancelled *cancelled; /**< asked while the data are opened, and then as vdib_run_on_cancel(); NULL: never */
    void *user;                /**< handed to it */
    bool force; /**< begin although the estimate (vdib_training_memory()) is more than the memory that there is */
    /** a file of weights that training begins with, as vdib_model_take_weights(); what it lacks begins as ever. NULL:
     * none */
    const char *init;
    vdib_beginning *begin; /**< as vdib_trainer_begin(), with begin_user; NULL: the weights stay as initialised */
    void *begin_user;
    /** ranks that train together, as vdib_trainer_set_ranks(): all of them make the run, of which rank 0 alone has the
     * folder, and call vdib_run_step() until it is done; NULL: none */
    const vdib_ranks *ranks;
} vdib_run_options;

/**
 * Starts a run in a folder that does not exist yet or is empty.
 * @param folder NULL: runs/EXPERIMENT-NUMBER in the current folder, with the lowest number that is free; of several
 * runs that are started at the same moment each gets its own (vdib_run_folder())
 * @return ::VDIB_ERROR_EXISTS if the folder holds something, ::VDIB_ERROR_CANCELLED if the caller asked to stop
 * before training began, ::VDIB_ERROR_MEMORY if it cannot fit (vdib_training_memory()) in what the system, the control
 * group or the limit of the address space leave; then nothing is left behind
 */
VDIB_API vdib_status vdib_run_create(const char *folder, const vdib_config *config, const vdib_run_options *options,
                                     vdib_run **run);

/** What a resumed run is given; zero means the default everywhere. */
typedef struct vdib_resume_options {
    size_t size;    /**< sizeof(vdib_resume_options), set by the caller */
    size_t threads; /**< 0: every core */
    /** the data, borrowed: it must outlive the run. NULL: those that the run's folder names; a run that was started
     * with a data set of the program's own needs it again */
    const vdib_dataset *dataset;
    bool force; /**< go on although data, configuration, processor type, kernel level or BLAS are not those that the run
                   began with, so that it will not end in the same bytes (run.json records it), or although the estimate
                   of vdib_training_memory() is more than the memory that there is */
    vdib_cancelled *cancelled; /**< asked while the data are opened, and then as vdib_run_on_cancel(); NULL: never */
    void *user;                /**< handed to it */
    const vdib_ranks *ranks;   /**< as vdib_run_options::ranks; every rank reads the folder, rank 0 alone writes it; the
                                  number of ranks may be another one than before */
} vdib_resume_options;

/**
 * Goes on with a run where its last checkpoint is, with its own settings; a run that was finished is left as it is.
 * With the same data it ends in the same bytes as a run that was never interrupted; where it would not, it is
 * refused, and run.json records that: ::VDIB_ERROR_CONFIG if config.yaml was changed, ::VDIB_ERROR_DATA if the data
 * were, ::VDIB_ERROR_UNSUPPORTED on another processor type, kernel level or BLAS. vdib_resume_options::force goes on
 * all the same.
 * @param options may be NULL
 * @return ::VDIB_ERROR_DATA if the run was started with a data set of the program's own, and none is given
 */
VDIB_API vdib_status vdib_run_resume(const char *folder, const vdib_resume_options *options, vdib_run **run);

/** As vdib_trainer_step(); keeps the folder up to date. When progress->done, the models are written. */
VDIB_API vdib_status vdib_run_step(vdib_run *run, vdib_progress *progress);

/** As vdib_trainer_on_cancel(), also asked during a validation. A cancelled run has written a checkpoint. */
VDIB_API vdib_status vdib_run_on_cancel(vdib_run *run, vdib_cancelled *cancelled, void *user);

/**
 * @return what was unusual when the run was opened, for the user to read: lines without a newline behind the last, ""
 * if there was nothing. Lines of a growing file that were lost, for example. Borrowed from the run
 */
VDIB_API const char *vdib_run_notes(const vdib_run *run);

/** @return the run's folder, borrowed; NULL where a rank above 0 was given none */
VDIB_API const char *vdib_run_folder(const vdib_run *run);
/** @return borrowed parts of a run; the model is vdib_trainer_model() */
VDIB_API const vdib_model *vdib_run_model(const vdib_run *run);
VDIB_API const vdib_dataset *vdib_run_dataset(const vdib_run *run);

/** What a run folder says of itself: owned by the caller (vdib_run_info_clear()). */
typedef struct vdib_run_info {
    size_t size;  /**< sizeof(vdib_run_info), set by the caller */
    char *data;   /**< NULL: built-in */
    char *images; /**< NULL: by default */
    /** what vdib_dataset_summary() said of a data set of the program's own; NULL: it was opened by path */
    char *dataset;
    char *kernel; /**< kernel level that trained it */
    char *blas;
    char *machine;
    uint64_t examples; /**< at the last checkpoint or at the end */
    double seconds;    /**< of training up to there */
    bool finished;
    char *initialised; /**< what initialisation from data did, a line a layer; NULL: nothing */
    char *split;       /**< vdib_dataset_split_digest() of its data; NULL: none, or not known */
} vdib_run_info;

/** Reads run.json of a run folder. */
VDIB_API vdib_status vdib_run_describe(const char *folder, vdib_run_info *info);
VDIB_API void vdib_run_info_clear(vdib_run_info *info);

/** Frees a run; its folder stays. NULL is safe. */
VDIB_API void vdib_run_destroy(vdib_run *run);

#ifdef __cplusplus
}
#endif
#endif
