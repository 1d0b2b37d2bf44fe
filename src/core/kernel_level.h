/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_KERNEL_LEVEL_H
#define VDIB_CORE_KERNEL_LEVEL_H
/* Instruction sets that kernels are compiled for. A kernel file (kernels.c of a folder) is compiled once a level, without
 * contraction into fused multiply-adds and without reordering of sums, so that every level gives the same bits. */

#include "vdib/status.h"

typedef enum vdib__kernel_level {
    VDIB_KERNEL_PORTABLE = 0,
    VDIB_KERNEL_AVX2 = 1,
    VDIB_KERNEL_AVX512 = 2,
    VDIB_KERNEL_LEVELS = 3
} vdib__kernel_level;

/* The best level of this machine, or the one that the environment variable VDIB_KERNEL names (portable, avx2, avx512);
 * fails if the variable names none or one that this machine lacks. */
vdib_status vdib__kernel_level_choose(vdib__kernel_level *level);

const char *vdib__kernel_level_name(vdib__kernel_level level);

#endif
