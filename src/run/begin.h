/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_BEGIN_H
#define VDIB_RUN_BEGIN_H
/* Runs on data that somebody has opened for them already. */

#include "run/data_pool.h"
#include "vdib/train.h"

/* As vdib_run_create and vdib_run_resume. opened: what the paths of `options`, or of the run's record, name, opened
 * already and borrowed; the run records the paths. NULL: the run opens them itself */
vdib_status vdib__run_begin(const char *folder, const vdib_config *config, const vdib_run_options *options,
                            const vdib_dataset *opened, vdib_run **run);
vdib_status vdib__run_go_on(const char *folder, const vdib_resume_options *options, const vdib_dataset *opened,
                            vdib_run **run);

/* Hands the run a share of its data, which it releases when it is destroyed. */
void vdib__run_share(vdib_run *run, vdib__shared_data *shared);

#endif
