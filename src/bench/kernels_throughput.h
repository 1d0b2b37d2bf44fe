/* SPDX-License-Identifier: MIT */
#ifndef VDIB_BENCH_KERNELS_THROUGHPUT_H
#define VDIB_BENCH_KERNELS_THROUGHPUT_H
/* Loops that do nothing but add or move numbers: what the machine can do at most. Compiled once a kernel level, like
 * the kernels that are compared with them. */

#include <stddef.h>

#include "core/kernel_level.h"

typedef struct vdib__throughput_kernels {
    /* sums (64) += every row of 64 of values (count, a multiple of 128), `rounds` times: one load and one addition a
     * number */
    void (*add)(float *sums, const float *values, size_t count, size_t rounds);
    /* values (count) = values * factor: one number read and one written */
    void (*update)(float *values, size_t count, float factor);
} vdib__throughput_kernels;

#endif
