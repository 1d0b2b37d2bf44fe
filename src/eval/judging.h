/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_JUDGING_H
#define VDIB_EVAL_JUDGING_H
/* The judge at work on the reconstructions of a walk, and on the natural images themselves beside them. */

#include "core/choice.h"
#include "eval/judge.h"
#include "learn/walk.h"

/* evaluation.judge */
extern const vdib__choices vdib__judges;

typedef struct vdib__judging {
    vdib__judge *judge;
    bool natural;     /* the data have natural images; else their targets stand for them */
    float *originals; /* (VDIB_WALK_BATCH, pixels) */
    uint32_t labels[VDIB_WALK_BATCH];
    uint64_t right, right_original;
} vdib__judging;

/* The judge of a data set: trained on its natural images, but not on those behind validation examples, or, in a data
 * set that a program made, on the training targets. *judge is NULL where there can be none: the targets are no images,
 * or of another size than the natural images; there is no training target; the data have one class, all there is to
 * say; or nobody wants one (config's evaluation.judge, options->no_judge). Several ranks have that of rank 0. */
vdib_status vdib__judging_judge(const vdib_config *config, const vdib_dataset *dataset, int threads,
                                const vdib_evaluation_options *options, vdib__ranks *ranks, vdib__judge **judge);

/* Opens the judge of the walk's data; *judging is NULL where there can be none, or where classes are decoded. */
vdib_status vdib__judging_open(const vdib__walk *walk, vdib__judging **judging);

/* Labels the walk's batch; labels[i] are those of the reconstructions. */
vdib_status vdib__judging_batch(vdib__judging *judging, const vdib__walk *walk);

/* Counts of all ranks. */
vdib_status vdib__judging_share(vdib__judging *judging, vdib__ranks *ranks);

/* NULL is safe. */
void vdib__judging_close(vdib__judging *judging);

#endif
