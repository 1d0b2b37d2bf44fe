/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_DATA_AUGMENTATION_H
#define VDIB_TESTS_DATA_AUGMENTATION_H
/* An augmentation that changes all there is. */

#include "data/augment.h"

static const vdib__augmentation EVERYTHING = {.shift = 2.5,
                                              .rotation = 30,
                                              .scale = 0.2,
                                              .shear = 0.3,
                                              .flip = 0.25,
                                              .polarity_swap = 0.6,
                                              .time_shift = 4000,
                                              .time_jitter = 700,
                                              .time_scale = 0.1,
                                              .drop = 0.4,
                                              .noise_hz = 3};

#endif
