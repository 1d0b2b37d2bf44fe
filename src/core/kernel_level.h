/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_KERNEL_LEVEL_H
#define VDIB_CORE_KERNEL_LEVEL_H
/* Instruction sets that kernels are compiled for. A kernel file (kernels.c of a folder) is compiled once a level,
 * without contraction into fused multiply-adds and without reordering of sums, so that every level gives the same bits.
 */

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

/* In a kernel file: the name of the table of the level it is compiled for, name_portable and so on. */
#define VDIB_KERNEL_TABLE_(name, level)  name##_##level
#define VDIB_KERNEL_TABLE__(name, level) VDIB_KERNEL_TABLE_(name, level)
#define VDIB_KERNEL_TABLE(name)          VDIB_KERNEL_TABLE__(name, VDIB_LEVEL)

/* Elsewhere: declares the tables of all levels, and the address of one of them; portable where a build has no other. */
#if defined(__x86_64__)
#define VDIB_KERNEL_TABLES(type, name) extern const type name##_portable, name##_avx2, name##_avx512
#define VDIB_KERNEL_TABLE_AT(name, level)                                                                              \
    ((level) == VDIB_KERNEL_AVX512 ? &name##_avx512 : (level) == VDIB_KERNEL_AVX2 ? &name##_avx2 : &name##_portable)
#else
#define VDIB_KERNEL_TABLES(type, name)    extern const type name##_portable
#define VDIB_KERNEL_TABLE_AT(name, level) ((void)(level), &name##_portable)
#endif

#endif
