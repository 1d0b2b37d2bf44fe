/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_DATA_POOL_H
#define VDIB_RUN_DATA_POOL_H
/* Data that several runs read at once: opened once for all configurations that make the same of the same files. Any
 * thread may take and release. */

#include "vdib/train.h"

typedef struct vdib__data_pool vdib__data_pool;
typedef struct vdib__shared_data vdib__shared_data;

vdib_status vdib__data_pool_create(vdib__data_pool **pool);
/* After the last share was released. NULL is safe. */
void vdib__data_pool_destroy(vdib__data_pool *pool);

/* A share of the data that options->data and options->images name under `config`. Data that nobody uses are closed when
 * other ones are opened. */
vdib_status vdib__data_pool_take(vdib__data_pool *pool, const vdib_config *config, const vdib_run_options *options,
                                 vdib__shared_data **shared);
void vdib__shared_data_release(vdib__shared_data *shared);

const vdib_dataset *vdib__shared_dataset(const vdib__shared_data *shared);

/* How many data sets are open (for tests). */
size_t vdib__data_pool_open(vdib__data_pool *pool);

#endif
