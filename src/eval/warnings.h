/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_WARNINGS_H
#define VDIB_EVAL_WARNINGS_H
/* What an evaluation finds that a user should look at before believing the figures: one table of codes, thresholds
 * and remedies. */

#include "eval/activity.h"

enum { VDIB__WARNINGS_MOST = 32, VDIB__WARNING_TEXT = 320 };

typedef struct vdib__warning {
    const char *code; /* static: "encoder-silent" */
    char message[VDIB__WARNING_TEXT];
} vdib__warning;

/* The warnings that a summary gives rise to, in the order of the table; returns how many. */
size_t vdib__warnings_find(const vdib__activity_summary *summary, vdib__warning warnings[VDIB__WARNINGS_MOST]);

#endif
