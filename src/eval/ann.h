/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_ANN_H
#define VDIB_EVAL_ANN_H
/* An ordinary network on counts of events (encoder.type=counts) beside a model: its figures on the same examples, and
 * what it does for one of them. docs/method.md, section "What the spikes say". */

#include "eval/evaluation.h"

/* VDIB_ERROR_CONFIG if `ann` is no network on counts, VDIB_ERROR_DATA if it reads or decodes other data than `model`.
 */
vdib_status vdib__ann_check(const vdib_model *ann, const vdib_model *model);

/* Fills the figures of options->ann, which was checked, on the examples whose findings are given. */
vdib_status vdib__ann_find(const vdib_dataset *dataset, vdib_split split, const vdib_evaluation_options *options,
                           vdib__findings *findings);

#endif
