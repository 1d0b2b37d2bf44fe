/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_ARRAYS_H
#define VDIB_EVAL_ARRAYS_H
/* Arrays beside the figures of an evaluation: splits, curves and pictures of what the spikes say. One table names them;
 * docs/method.md has the same table, compared by a test. */

#include <stdbool.h>
#include <stddef.h>

/* In the order of the table. */
typedef enum vdib__array_id {
    VDIB__ARRAY_MSE_BY_OUTPUT,
    VDIB__ARRAY_VARIANCE_BY_OUTPUT,
    VDIB__ARRAY_RATE_BY_STEP,
    VDIB__ARRAY_RATE_BY_NEURON,
    VDIB__ARRAY_ANYTIME_STEPS,
    VDIB__ARRAY_ANYTIME_ACCURACY,
    VDIB__ARRAY_ANYTIME_JUDGE_ACCURACY,
    VDIB__ARRAY_ANYTIME_MSE,
    VDIB__ARRAY_ANYTIME_DISTORTION,
    VDIB__ARRAY_PICTURE_LABELS,
    VDIB__ARRAY_PICTURE_TIME_X,
    VDIB__ARRAY_PICTURE_TIME_Y,
    VDIB__ARRAY_PICTURE_COUNTS_X,
    VDIB__ARRAY_PICTURE_COUNTS_Y,
    VDIB__ARRAY_PICTURE_SHARES,
    VDIB__ARRAY_EXAMPLE_LABELS,
    VDIB__ARRAY_EXAMPLE_ANSWERS,
    VDIB__ARRAY_EXAMPLE_SPIKES,
    VDIB__ARRAYS
} vdib__array_id;

typedef struct vdib__array_kind {
    const char *name; /* in JSON */
    const char *help; /* what its values are, without a full stop */
    bool whole;       /* they are whole numbers, and written as such */
} vdib__array_kind;

/* The table (VDIB__ARRAYS). */
extern const vdib__array_kind vdib__array_kinds[VDIB__ARRAYS];

/* Values are NaN where there is nothing to say. */
typedef struct vdib__array {
    double *values; /* (count), NULL: the evaluation has none */
    size_t count;
} vdib__array;

#endif
