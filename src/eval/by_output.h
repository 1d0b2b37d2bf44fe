/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_BY_OUTPUT_H
#define VDIB_EVAL_BY_OUTPUT_H
/* Errors of each value of a vector, whose values may be of any units: a mean over all says little then. */

#include "core/sum.h"
#include "eval/evaluation.h"
#include "learn/walk.h"

enum { VDIB__OUTPUTS_LISTED = 64 };

/* Sums over examples. */
typedef struct vdib__by_output {
    vdib__sum errors[VDIB__OUTPUTS_LISTED];  /* squared */
    vdib__sum targets[VDIB__OUTPUTS_LISTED]; /* and their squares: */
    vdib__sum squares[VDIB__OUTPUTS_LISTED];
    size_t outputs; /* 0: the task decodes no vector, or a longer one */
} vdib__by_output;

/* All 0, for the outputs of the walk's model. */
void vdib__by_output_start(vdib__by_output *sums, const vdib__walk *walk);
/* The walk's batch. */
void vdib__by_output_add(vdib__by_output *sums, const vdib__walk *walk);
/* Of all ranks. */
vdib_status vdib__by_output_share(vdib__by_output *sums, vdib__ranks *ranks);
/* Makes the arrays of the means over so many examples; none where there are no outputs. */
vdib_status vdib__by_output_report(const vdib__by_output *sums, double examples, vdib__findings *findings);

#endif
