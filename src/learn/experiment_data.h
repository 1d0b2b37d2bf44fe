/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_EXPERIMENT_DATA_H
#define VDIB_LEARN_EXPERIMENT_DATA_H
/* A configuration's keys as what data sets take. */

#include "config/config.h"
#include "data/augment.h"

/* The keys augment.* */
vdib__augmentation vdib__augmentation_of(const vdib_config *config);

#endif
