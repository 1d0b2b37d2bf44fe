/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_LANE_H
#define VDIB_CORE_LANE_H
/* One register of the kernel level that a file is compiled for. Loads and stores need no alignment. */

#include <stdint.h>

#if defined(__AVX512F__)
enum { LANE_BYTES = 64 };
#elif defined(__AVX2__)
enum { LANE_BYTES = 32 };
#else
enum { LANE_BYTES = 16 };
#endif
typedef float lane __attribute__((vector_size(LANE_BYTES), aligned(4), may_alias));
typedef uint32_t lane_bits __attribute__((vector_size(LANE_BYTES), aligned(4), may_alias));
enum { LANE = LANE_BYTES / (int)sizeof(float) };

#endif
