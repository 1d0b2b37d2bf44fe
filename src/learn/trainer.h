/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_TRAINER_H
#define VDIB_LEARN_TRAINER_H
/* Inside of a trainer. */

#include "data/dataset.h"
#include "learn/averages.h"
#include "learn/divided.h"
#include "learn/estimator.h"
#include "learn/initialisation.h"
#include "learn/optimizer.h"
#include "model/model.h"
#include "vdib/train.h"

/* What a decoder of the program's says of the examples that it was shown; each may be NULL. */
typedef struct vdib__outside {
    const float *window_gradients; /* (count, M, tau_d, NR) of the mean of the losses over all draws */
    const double *losses;          /* (count, M) without the rate term */
    const float *targets;          /* (count, outputs) what drtp projects */
} vdib__outside;

/* learning.schedule: when weights move. One file of schedules/, which keeps its buffers to itself. */
typedef struct vdib__schedule {
    vdib__choice choice;
    bool by_step; /* an update is of one step's loss; else of whole examples */
    vdib_status (*create)(const vdib_trainer *trainer, void **buffers);
    /* What create allocates beside trials and workspaces, in bytes; NULL: next to nothing. */
    size_t (*bytes)(const vdib_model *model, const vdib__estimator_plan *plan);
    void (*destroy)(void *buffers);
    /* Buffers for another number of threads; NULL: they are the same. Untouched on failure. */
    vdib_status (*set_threads)(const vdib_trainer *trainer, void *buffers, int threads);
    /* One update, or all those of one sequence, which show at most `count` examples; model->examples says how many. */
    vdib_status (*step)(vdib_trainer *trainer, void *buffers, uint64_t count);
    /* The two halves of `step` around a decoder of the program's (outside.c): the next `count` examples are shown and
     * encoded; the encoder learns from what the program says of them. NULL: this schedule has no such halves. */
    vdib_status (*show)(vdib_trainer *trainer, void *buffers, size_t count, vdib_shown *shown);
    vdib_status (*learn)(vdib_trainer *trainer, void *buffers, size_t count, const vdib__outside *outside);
} vdib__schedule;

extern const vdib__schedule vdib__schedule_episode, vdib__schedule_online;
extern const vdib__choices vdib__schedules;

static inline const vdib__schedule *vdib__schedule_of(const vdib__choice *choice) {
    return (const vdib__schedule *)choice;
}

/* Validation figures, means over the split. */
typedef struct vdib__validation {
    double loss, distortion, rate_bits;
} vdib__validation;

struct vdib_trainer {
    /* parameters */
    const vdib_dataset *dataset; /* borrowed */
    int threads;
    uint64_t example_limit, epoch_limit;
    double second_limit;
    vdib_cancelled *cancelled;
    void *user;
    vdib__estimator_plan plan;
    vdib__augmentation augmentation; /* of what is shown */
    /* state: what a checkpoint holds */
    vdib_model *model;
    vdib_model *averaged; /* the running average of the weights; NULL: none */
    vdib_model *best;     /* weights valid once has_best */
    bool has_best;
    double best_loss;
    vdib__validation validation; /* the last one */
    vdib__optimizer encoder, decoder;
    vdib__averages averages;
    double seconds_before;   /* of training in earlier processes */
    bool is_initialised;     /* the weights are those with which training begins, or later ones */
    bool validation_pending; /* a step's update is made, its validation was cancelled: the next step only validates */
    uint64_t step_began;     /* examples before the update of the step that is pending, or of the last one */
    /* buffers */
    vdib__initialised initialised; /* what initialisation from data did in this process; examples 0: nothing */
    double started;                /* clock at the first step of this process; 0 before */
    uint64_t examples_before;      /* examples at that moment */
    vdib__order order;
    float *gradients; /* (table.trained) */
    const vdib__schedule *schedule;
    void *scheduled;          /* the schedule's buffers */
    double learning_rates[2]; /* of encoder and decoder: of the last update, or before any of the next one */
    size_t shown;             /* examples that were shown to a decoder of the program's, and not learnt from yet */
    vdib__ranks *ranks;       /* that train together; NULL: this one is alone */
    bool time_is_up;          /* for one of them: the limit of seconds of them all */
    vdib__divided divided[2]; /* what this rank has updated of decoder and encoder */
};

/* Examples at which training ends; 0: never by count. */
uint64_t vdib__trainer_limit(const vdib_trainer *trainer);
/* Examples at which the next step begins: before the update of a step whose validation is still to come. */
uint64_t vdib__trainer_step_begin(const vdib_trainer *trainer);
/* What training gives: the averaged model, or, without an average, the model that is trained. */
const vdib_model *vdib__trainer_result(const vdib_trainer *trainer);
/* Counts examples that an update has learnt from. */
void vdib__trainer_count(vdib_trainer *trainer, uint64_t examples);
/* Makes the limit of examples the end of a decay that has none yet, behind a warm-up that leaves room for it
 * (vdib__rates_end), in the configuration: before the first update at the latest. VDIB_ERROR_CONFIG if there is no such
 * limit. */
vdib_status vdib__trainer_fix_course(vdib_trainer *trainer);
void vdib__trainer_set_course(vdib_trainer *trainer, uint64_t warmup, uint64_t end);
/* Whether a limit is reached; examples of the next update, a whole batch, or less at the limit; what every update
 * begins with: the clock, and whether to stop; where training stands, in all members but validated, improved and
 * done. */
bool vdib__trainer_is_done(const vdib_trainer *trainer);
uint64_t vdib__trainer_next_count(const vdib_trainer *trainer);
vdib_status vdib__trainer_begin(vdib_trainer *trainer);
/* The weights with which training begins, unless that is done: by the configuration from data. What every update begins
 * with does it; a run does it before, to say what was done. */
vdib_status vdib__trainer_initialise(vdib_trainer *trainer);
void vdib__trainer_report(const vdib_trainer *trainer, vdib_progress *progress);
/* VDIB_ERROR_NUMERIC if a weight is not finite. */
vdib_status vdib__trainer_check_weights(const vdib_trainer *trainer);
/* Seconds of training so far, of all processes. */
double vdib__trainer_seconds(const vdib_trainer *trainer);

/* Mean loss over the validation split. VDIB_ERROR_CANCELLED if the trainer's caller asked to stop. (validation.c) */
vdib_status vdib__validate(const vdib_trainer *trainer, vdib__validation *validation);

/* Checkpoints with the lengths of the run's growing files. (checkpoint.c) */
typedef struct vdib__file_lengths {
    uint64_t metrics, tensorboard;
} vdib__file_lengths;
vdib_status vdib__checkpoint_save(const vdib_trainer *trainer, const vdib__file_lengths *lengths, const char *path);
/* forced: a checkpoint of another configuration will do, as long as its arrays have the same lengths. */
vdib_status vdib__checkpoint_load(vdib_trainer *trainer, bool forced, vdib__file_lengths *lengths, const char *path);
/* The configuration that a checkpoint was written under; its keys training.* are at their defaults. */
vdib_status vdib__checkpoint_config(const char *path, vdib_config **config);

#endif
