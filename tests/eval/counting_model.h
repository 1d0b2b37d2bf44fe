/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVAL_COUNTING_MODEL_H
#define VDIB_TESTS_EVAL_COUNTING_MODEL_H

#include "eval/small_data.h"

/* A network on counts with its initial weights, for the small data set; `setting` comes last. */
static inline vdib_model *counting_model(bool images, const vdib_geometry *geometry, const char *setting) {
    static const char *const settings[] = {"experiment=counting", "seed=5",         "data.steps=12",
                                           "encoder.type=counts", "encoder.bins=3", "decoder=mlp",
                                           "decoder.hidden=5"};
    return small_model_of(settings, sizeof settings / sizeof *settings, setting, images, geometry);
}

#endif
