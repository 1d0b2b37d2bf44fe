/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_EXPERIMENT_DATA_H
#define VDIB_LEARN_EXPERIMENT_DATA_H
/* A configuration's keys as what data sets take. */

#include "config/config.h"
#include "data/dataset.h"

/* The keys augment.* */
vdib__augmentation vdib__augmentation_of(const vdib_config *config);

/* *fitted: the configuration of a model that learns a data set, whose time window may have been fitted to its
 * recordings (data.fit_window), and whose files may have one polarity. */
vdib_status vdib__experiment_fitted(const vdib_config *config, const vdib_dataset *dataset, vdib_config **fitted);

/* The parameters of a data set that an experiment opens; texts are borrowed. */
vdib_status vdib__experiment_parameters(const char *data, const vdib_config *config,
                                        const vdib_dataset_options *options, vdib__dataset_parameters *described);

#endif
