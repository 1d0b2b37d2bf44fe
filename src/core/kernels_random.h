/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_KERNELS_RANDOM_H
#define VDIB_CORE_KERNELS_RANDOM_H
/* Philox 4x32-10 for many blocks at once, compiled once a kernel level: the words of vdib__random_block. */

#include <stddef.h>
#include <stdint.h>

#include "core/kernel_level.h"

enum { VDIB_RANDOM_BLOCKS = 16, VDIB_RANDOM_WORDS = 4 * VDIB_RANDOM_BLOCKS };

typedef struct vdib__random_kernels {
    /* words (16, 4): counter with numbers[i] in place of counter[1], for i = 0 .. 15, enciphered with the seed */
    void (*blocks)(const uint32_t counter[4], const uint32_t seed[2], const uint32_t *numbers, uint32_t *words);
} vdib__random_kernels;

#endif
