/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_STUDIO_H
#define VDIB_DATA_STUDIO_H
/* Filming images for a data set: the built-in camera, and where on its sensor images lie (data.place). */

#include "data/dataset_parts.h"

/* data.place. "anywhere": somewhere on the sensor, far enough from its border that motion does not take the image
 * beyond it. */
typedef struct vdib__place {
    vdib__choice choice;
} vdib__place;

extern const vdib__place vdib__place_middle, vdib__place_anywhere;

/* The camera that a data set's parameters describe. VDIB_ERROR_DATA if its sensor does not hold images (rows, columns).
 */
vdib_status vdib__studio_camera(const vdib__dataset_parameters *parameters, size_t rows, size_t columns,
                                vdib__camera *camera);

/* What filming one image after the other needs; for one thread at a time. */
typedef struct vdib__studio vdib__studio;
vdib_status vdib__studio_create(const vdib__camera *camera, bool anywhere, size_t rows, size_t columns,
                                vdib__studio **studio);
/* NULL is safe. */
void vdib__studio_destroy(vdib__studio *studio);

/* *events (count) of an image (rows, columns; 0 .. 1), in order of time, borrowed until the next one; its number keys
 * its place and the camera's chances. */
vdib_status vdib__studio_film(vdib__studio *studio, const float *image, uint64_t number, const vdib_event **events,
                              size_t *count);

#endif
