/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_TOGETHER_H
#define VDIB_RUN_TOGETHER_H
/* Runs of several ranks (vdib/ranks.h): rank 0 has the folder, the others train along. */

#include "learn/trainer.h"
#include "run/run_files.h"

/* Whether a rank trains along with rank 0; false without ranks. */
bool vdib__run_follows(const vdib_ranks *ranks);

/* Ranks end in the same bytes if they have the same settings, limits, versions and data, and the machines compute
 * alike: VDIB_ERROR_UNSUPPORTED, on every rank, if one differs. Nothing if the trainer is alone. */
vdib_status vdib__run_compare_ranks(const vdib_trainer *trainer, const vdib__run_record *record);
/* The same of the weights that training begins with: files of weights may differ, where settings do not. */
vdib_status vdib__run_compare_weights(const vdib_trainer *trainer);
/* The same of a run that goes on, and of its checkpoint: the record of its folder says what it began with; ranks are
 * compared by what they are now. */
vdib_status vdib__run_compare_resumed(vdib_trainer *trainer, const vdib_dataset *dataset, const char *folder,
                                      const vdib__run_record *begun);

/* How this rank has fared with what only it, or each by itself, does: all of them go on, or none. trainer: NULL before
 * there is one. */
vdib_status vdib__run_settle(const vdib_trainer *trainer, const vdib_ranks *ranks, vdib_status status);

#endif
