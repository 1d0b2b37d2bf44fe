/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_KERNELS_LANE_H
#define VDIB_ENCODER_KERNELS_LANE_H
/* What the kernel files share: a row of a tile as so many registers. */

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <string.h>

#include "core/lane.h"
#include "core/mathematics.h"
#include "encoder/kernels.h"

enum { LANES = VDIB_BLOCK / LANE };

/* Up to a register of neurons or inputs; the rest of the register is 0. */
static inline __attribute__((always_inline)) lane load(const float *from, size_t count) {
    lane x = {0};
    memcpy(&x, from, count * sizeof *from);
    return x;
}

static inline __attribute__((always_inline)) void store(float *to, lane x, size_t count) {
    memcpy(to, &x, count * sizeof *to);
}

/* x, or -x for an entry that is taken away. */
static inline lane lane_signed(lane x, uint32_t entry) {
    return (lane)((lane_bits)x ^ (entry << 31));
}

/* Into the first-level cache, a line of 16 values at a time. */
static inline void prefetch_row(const float *row, size_t count) {
    for (size_t i = 0; i < count; i += 16)
        __builtin_prefetch(row + i, 0, 3);
}

/* The bits of vdib__sigmoidf. */
static inline void sigmoid_row(float *restrict probabilities, const float *restrict potentials, size_t count) {
    size_t i = 0;
#if defined(__AVX512F__)
    const __m512 one = _mm512_set1_ps(1.0F), sign = _mm512_set1_ps(-0.0F);
    for (; i + 16 <= count; i += 16) {
        __m512 power = Sleef_cinz_expf16_u10avx512fnofma(_mm512_xor_ps(_mm512_loadu_ps(potentials + i), sign));
        _mm512_storeu_ps(probabilities + i, _mm512_div_ps(one, _mm512_add_ps(one, power)));
    }
#elif defined(__AVX2__)
    const __m256 one = _mm256_set1_ps(1.0F), sign = _mm256_set1_ps(-0.0F);
    for (; i + 8 <= count; i += 8) {
        __m256 power = Sleef_cinz_expf8_u10avx(_mm256_xor_ps(_mm256_loadu_ps(potentials + i), sign));
        _mm256_storeu_ps(probabilities + i, _mm256_div_ps(one, _mm256_add_ps(one, power)));
    }
#endif
    for (; i < count; i++)
        probabilities[i] = vdib__sigmoidf(potentials[i]);
}

#endif
