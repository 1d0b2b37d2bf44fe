/* SPDX-License-Identifier: MIT */
#include "events/kernels_events.h"

VDIB_KERNEL_TABLES(vdib__event_kernels, vdib__event_kernels);

const vdib__event_kernels *vdib__event_kernels_of(vdib__kernel_level level) {
    return VDIB_KERNEL_TABLE_AT(vdib__event_kernels, level);
}

const vdib__event_kernels *vdib__event_kernels_choose(void) {
    vdib__kernel_level level = VDIB_KERNEL_PORTABLE;
    if (vdib__kernel_level_choose(&level) != VDIB_OK) /* who trains or encodes is told */
        level = VDIB_KERNEL_PORTABLE;
    return vdib__event_kernels_of(level);
}
