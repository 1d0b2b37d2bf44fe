/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_FIGURES_H
#define VDIB_EVAL_FIGURES_H
/* The table of figures: whatever prints, writes or draws a figure reads its name, unit and meaning here. docs/method.md
 * has the same table, compared by a test. */

#include <stddef.h>

#include "vdib/figures.h"

/* Kinds of task, by what is decoded. */
typedef enum vdib__task_kind {
    VDIB__TASK_IMAGES = 1,  /* an image */
    VDIB__TASK_VALUES = 2,  /* a vector of values */
    VDIB__TASK_CLASSES = 4, /* the class of an example */
    VDIB__TASK_STEPS = 8    /* the class of every step */
} vdib__task_kind;

/* Where else than in an evaluation a figure goes. */
enum {
    VDIB__FIGURE_RECORDED = 1,   /* a member of the lines of metrics.jsonl */
    VDIB__FIGURE_CURVE = 2,      /* also a learning curve of the report */
    VDIB__FIGURE_SEEDS = 4,      /* mean and deviation over seeds: summary.json */
    VDIB__FIGURE_TENSORBOARD = 8 /* also a curve of TensorBoard */
};

typedef struct vdib__figure {
    const char *name, *label;
    const char *unit;             /* NULL: a plain number */
    const char *per, *step_per;   /* what one unit is counted for, or NULL; step_per NULL: as per */
    const char *help, *step_help; /* step_help NULL: as help */
    const char *error_of;         /* the figure whose standard error this is, or NULL */
    int digits;                   /* behind the point; 0: a count */
    unsigned uses;                /* VDIB__FIGURE_RECORDED | ... */
    unsigned tasks;               /* kinds of task whose evaluation has it: VDIB__TASK_IMAGES | ... */
    bool whole;                   /* written as a whole number */
    bool unsigned_member;         /* uint64_t in its struct, else double, NaN where a task has no such figure */
    size_t evaluation;            /* places in vdib__findings and, of training and validation, in vdib_progress: */
    size_t training, validation;  /* offset + 1; 0: it has none there */
} vdib__figure;

/* The table; *count receives its length. */
const vdib__figure *vdib__figures(size_t *count);

/* The row of that name, which must be in the table. */
const vdib__figure *vdib__figure_named(const char *name);

#endif
