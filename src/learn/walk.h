/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_WALK_H
#define VDIB_LEARN_WALK_H
/* Running a model over a split of a data set, a batch of fixed size after the other. Coding noise and readout draws are
 * keyed by (the configuration's seed, EVALUATION, index): the same figures for any number of threads.
 *
 *     vdib__walk_open(..., &walk);
 *     while (vdib__walk_next(walk) == VDIB_OK && walk->count > 0)
 *         ... examples[0 .. count), outputs or losses, trials ...
 *     vdib__walk_close(walk); */

#include "data/dataset.h"
#include "learn/objective.h"
#include "learn/sequence.h"
#include "vdib/evaluate.h"

enum { VDIB_WALK_BATCH = 32 };

typedef struct vdib__walk {
    /* parameters */
    const vdib_model *model;     /* borrowed */
    const vdib_dataset *dataset; /* borrowed */
    vdib_split split;
    vdib_evaluation_options options;
    int threads;
    size_t total;  /* examples to visit */
    size_t *order; /* (total) which they are: all, or as many of each class as the limit leaves */
    size_t steps;  /* of every example */
    /* state: the batch that was run last */
    size_t first;   /* number of its first example among those to visit */
    size_t count;   /* its examples; 0 at the end */
    double seconds; /* of encoding and decoding so far */
    /* buffers */
    vdib_example *examples[VDIB_WALK_BATCH];
    const vdib_raster *inputs[VDIB_WALK_BATCH];
    uint64_t indices[VDIB_WALK_BATCH];
    vdib__batch *batch; /* whole-sample tasks */
    float *outputs;     /* (VDIB_WALK_BATCH, outputs) what the decoder says, whole-sample tasks */
    vdib__sequence *sequences[VDIB_WALK_BATCH]; /* step-by-step tasks */
    vdib__sequence_loss losses[VDIB_WALK_BATCH];
    vdib__sequence_visit *visit;  /* step-by-step tasks, may be NULL: called for each scored step of example i of the */
    void *users[VDIB_WALK_BATCH]; /* batch with users[i], from several threads */
} vdib__walk;

/* Whether the model's task is scored step by step. */
static inline bool vdib__walk_by_step(const vdib__walk *walk) {
    return vdib__target_of(walk->model->config->data.target)->by_step;
}

/* Checks that the data fit the model and makes the buffers; nothing is run yet (count 0, first 0). options may be NULL.
 * VDIB_ERROR_DATA if shapes differ or the split is empty. */
vdib_status vdib__walk_open(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                            const vdib_evaluation_options *options, vdib__walk **walk);

/* Fetches and runs the next batch; count is 0 when there is none left. VDIB_ERROR_CANCELLED if the caller asked to stop. */
vdib_status vdib__walk_next(vdib__walk *walk);

/* NULL is safe. */
void vdib__walk_close(vdib__walk *walk);

/* The encoder's trial of example i of the batch. */
const vdib__trial *vdib__walk_trial(const vdib__walk *walk, size_t i);

#endif
