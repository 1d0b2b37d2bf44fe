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

#include "core/ranks.h"
#include "data/dataset.h"
#include "learn/objective.h"
#include "learn/sequence.h"
#include "learn/task.h"
#include "vdib/evaluate.h"

enum { VDIB_WALK_BATCH = 32 };

typedef struct vdib__walk {
    /* parameters */
    const vdib_model *model;     /* borrowed */
    const vdib_dataset *dataset; /* borrowed */
    vdib_split split;
    vdib_evaluation_options options;
    int threads;
    const vdib__walk_task *task; /* of the model */
    vdib__ranks *ranks;          /* borrowed; this one visits its part of the examples. NULL: it is alone */
    size_t total;                /* examples to visit */
    size_t *order;               /* (total) which they are: all, or as many of each class as the limit leaves */
    size_t steps;                /* of every example */
    size_t decodings;            /* of every example */
    size_t most;                 /* examples of a batch, at most VDIB_WALK_BATCH: fewer of long sequences */
    /* state: the batch that was run last */
    size_t first;   /* number of its first example among those to visit */
    size_t end;     /* where to stop: total, or the end of the rank's part */
    size_t count;   /* its examples; 0 at the end */
    double seconds; /* of encoding and decoding so far */
    /* buffers */
    vdib_example *examples[VDIB_WALK_BATCH];
    const vdib_raster *inputs[VDIB_WALK_BATCH];
    uint64_t indices[VDIB_WALK_BATCH];
    vdib__sequence_visit *visit; /* may be NULL: called for each step at which something of example i of the batch is */
    void *users[VDIB_WALK_BATCH]; /* decoded, with users[i], from several threads */
    /* buffers of whole samples (tasks/samples.c) */
    vdib__batch *batch;
    float *outputs; /* (VDIB_WALK_BATCH, outputs) what the decoder says */
    /* buffers of sequences (tasks/steps.c) */
    vdib__sequence *sequences[VDIB_WALK_BATCH];
    vdib__loss losses[VDIB_WALK_BATCH];
} vdib__walk;

/* Checks that the data fit the model and makes the buffers; nothing is run yet (count 0, first 0). options may be NULL.
 * VDIB_ERROR_DATA if shapes differ or the split is empty. */
vdib_status vdib__walk_open(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                            const vdib_evaluation_options *options, vdib__walk **walk);

/* Several ranks divide the batches, each of them with a walk of its own (NULL: this one is alone); before the first
 * batch. They are the batches of one walk, so that products whose rows depend on each other are the same. */
void vdib__walk_divide(vdib__walk *walk, vdib__ranks *ranks);
/* Every rank has filled the rows of its part of the examples; afterwards every rank has all (total) rows. */
vdib_status vdib__walk_share(const vdib__walk *walk, const vdib__rows *arrays, size_t count);

/* Fetches and runs the next batch; count is 0 when there is none left. VDIB_ERROR_CANCELLED if the caller asked to
 * stop. */
vdib_status vdib__walk_next(vdib__walk *walk);

/* Of `total` examples of so many steps how many a walk runs at once. */
size_t vdib__walk_together(const vdib_model *model, size_t steps, size_t total);

/* "training", "validation" or "test". */
const char *vdib__walk_split_name(const vdib__walk *walk);

/* NULL is safe. */
void vdib__walk_close(vdib__walk *walk);

#endif
