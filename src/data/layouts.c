/* SPDX-License-Identifier: MIT */
/* The table of layouts, in the order in which they are tried. */

#include "data/layouts.h"

extern const vdib__layout vdib__layout_manifest, vdib__layout_split_file, vdib__layout_single, vdib__layout_gesture,
    vdib__layout_gesture_arrays, vdib__layout_cars, vdib__layout_several, vdib__layout_mnist_dvs,
    vdib__layout_caltech101, vdib__layout_cifar10_dvs, vdib__layout_parts, vdib__layout_pairs,
    vdib__layout_parts_inside;

static const vdib__layout *const layouts[] = {
    &vdib__layout_manifest,       &vdib__layout_split_file, &vdib__layout_single,       &vdib__layout_gesture,
    &vdib__layout_gesture_arrays, &vdib__layout_cars,       &vdib__layout_several,      &vdib__layout_mnist_dvs,
    &vdib__layout_caltech101,     &vdib__layout_parts,      &vdib__layout_parts_inside, &vdib__layout_cifar10_dvs,
    &vdib__layout_pairs};

const vdib__layout *vdib__layout_of(const char *folder) {
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i]->is(folder))
            return layouts[i];
    return NULL;
}
