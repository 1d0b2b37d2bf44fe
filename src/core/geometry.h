/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_GEOMETRY_H
#define VDIB_CORE_GEOMETRY_H
/* Sizes that follow from the shapes of a data set. */

#include "vdib/dataset.h"

/* Channels of a target: programs that were built before there was colour leave 0, which means 1. */
static inline size_t vdib__target_channels(const vdib_geometry *geometry) {
    if (geometry->target_width == 0)
        return 0;
    return geometry->target_channels != 0 ? geometry->target_channels : 1;
}

/* Values of a target (target_channels, target_height, target_width); 0 where it is the label. */
static inline size_t vdib__target_values(const vdib_geometry *geometry) {
    return vdib__target_channels(geometry) * geometry->target_height * geometry->target_width;
}

/* Whether targets are images: SSIM, PSNR and the judge are for these; vectors have one row. */
static inline bool vdib__targets_are_images(const vdib_geometry *geometry) {
    return geometry->target_height > 1;
}

#endif
