/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_MEMORY_H
#define VDIB_RUN_MEMORY_H
/* Whether a run fits into memory, and what to change where it does not. */

#include "vdib/train.h"

/* VDIB_ERROR_MEMORY if training is estimated to take more than there is: the message says how much, what limits it,
 * and which keys to lower. `force`: it is tried all the same. */
vdib_status vdib__memory_check(const vdib_config *config, const vdib_dataset *dataset, size_t threads, bool force);

/* Adds the keys to lower to the message of VDIB_ERROR_MEMORY; any other status passes. Returns `status`. */
vdib_status vdib__memory_advise(vdib_status status);

#endif
