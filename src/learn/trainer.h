/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_TRAINER_H
#define VDIB_LEARN_TRAINER_H
/* Inside of a trainer. */

#include "data/dataset.h"
#include "learn/averages.h"
#include "learn/estimator.h"
#include "learn/optimizer.h"
#include "vdib/train.h"

/* learning.schedule: when weights move. */
typedef struct vdib__schedule {
    vdib__choice choice;
    bool online; /* after every step; else after a batch of whole examples */
} vdib__schedule;

extern const vdib__choices vdib__schedules;

static inline const vdib__schedule *vdib__schedule_of(const vdib__choice *choice) {
    return (const vdib__schedule *)choice;
}

/* Buffers of the episode schedule: one update for a batch. */
typedef struct vdib__episode {
    vdib__batch *batch;
    vdib_example **examples;    /* (B) */
    const vdib_raster **inputs; /* (B) */
    uint64_t *presentations;    /* (B) */
    vdib__loss *losses;         /* (B) */
    double *totals;             /* (B) */
    float *weights;             /* (B) of the score, or of drtp's target */
    float *logit_gradients;     /* (B, outputs) */
    float *window_gradients;    /* (B, tau_d * NY), NULL unless straight-through */
    float *hidden_errors;       /* (B, T, NY), NULL unless the dfa error differs from the readout's */
    const float **hidden_rows;  /* (B) into hidden_errors, NULL with it */
    float *target_vectors;      /* (B, outputs) drtp's targets, NULL unless drtp */
    const float **target_rows;  /* (B) */
} vdib__episode;

/* Buffers of the online schedule: one update a step. */
typedef struct vdib__online {
    vdib_example *example;
    vdib__encoder_state *state;
    vdib__chain_workspace *workspace;
    float *window;          /* (tau_d, NY) the last steps' readout spikes */
    float *window_gradient; /* (tau_d, NY), NULL unless straight-through */
    float *logit_gradient;  /* (outputs) */
    float *errors;          /* (NY) */
    float *hidden_errors;   /* (NY) */
    float *target;          /* (outputs) */
} vdib__online;

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
    /* state: what a checkpoint holds */
    vdib_model *model;
    vdib_model *best; /* weights valid once has_best */
    bool has_best;
    double best_loss;
    vdib__validation validation; /* the last one */
    vdib__optimizer encoder, decoder;
    vdib__averages averages;
    double seconds_before;   /* of training in earlier processes */
    bool validation_pending; /* a step's update is made, its validation was cancelled: the next step only validates */
    uint64_t step_began;     /* examples before the update of the step that is pending, or of the last one */
    /* buffers */
    double started;           /* clock at the first step of this process; 0 before */
    uint64_t examples_before; /* examples at that moment */
    vdib__order order;
    float *gradients; /* (table.trained) */
    vdib__episode *episode;
    vdib__online *online;
};

/* Examples at which training ends; 0: never by count. */
uint64_t vdib__trainer_limit(const vdib_trainer *trainer);
/* Examples at which the next step begins: before the update of a step whose validation is still to come. */
uint64_t vdib__trainer_step_begin(const vdib_trainer *trainer);
/* Seconds of training so far, of all processes. */
double vdib__trainer_seconds(const vdib_trainer *trainer);

/* The decoder's gradients from those of the logits (count, outputs) after vdib__chain_forward, and its update: made while they
 * are formed, or afterwards if their norm is clipped. window_gradients (count, window, NY) or NULL if not wanted.
 * (trainer.c) */
vdib_status vdib__trainer_decoder_backward(vdib_trainer *trainer, int threads, vdib__chain_workspace *workspace,
                                           const float *logit_gradients, size_t count, float *window_gradients);

/* One update of a batch of at most `count` examples; *shown receives how many. (trainer_episode.c) */
vdib_status vdib__episode_create(const vdib_trainer *trainer, vdib__episode **episode);
void vdib__episode_destroy(vdib__episode *episode, size_t batch_size);
vdib_status vdib__episode_step(vdib_trainer *trainer, uint64_t count);

/* One sequence with an update a step. (trainer_online.c) */
vdib_status vdib__online_create(const vdib_trainer *trainer, vdib__online **online);
void vdib__online_destroy(vdib__online *online);
vdib_status vdib__online_step(vdib_trainer *trainer);

/* Mean loss over the validation split. VDIB_ERROR_CANCELLED if the trainer's caller asked to stop. (validation.c) */
vdib_status vdib__validate(const vdib_trainer *trainer, vdib__validation *validation);

/* Checkpoints with the lengths of the run's growing files. (checkpoint.c) */
typedef struct vdib__file_lengths {
    uint64_t metrics, tensorboard;
} vdib__file_lengths;
vdib_status vdib__checkpoint_save(const vdib_trainer *trainer, const vdib__file_lengths *lengths, const char *path);
vdib_status vdib__checkpoint_load(vdib_trainer *trainer, vdib__file_lengths *lengths, const char *path);

#endif
