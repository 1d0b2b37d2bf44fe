/* SPDX-License-Identifier: MIT */
#include "encoder/kernels_lane.h"
#include "encoder/surrogate.h"

static void multiply(float *restrict errors, const float *restrict u, size_t count, float slope) {
    (void)slope;
    for (size_t i = 0; i < count; i++)
        errors[i] = u[i] > -0.5F && u[i] <= 0.5F ? errors[i] : 0.0F;
}

/* Bit i: whether u_i lies in the box, of up to 64 potentials. */
static inline uint64_t open_of(const float *potentials, size_t count) {
    uint64_t found = 0;
    size_t i = 0;
#if defined(__AVX512F__)
    const __m512 low = _mm512_set1_ps(-0.5F), high = _mm512_set1_ps(0.5F);
    for (; i + 16 <= count; i += 16) {
        __m512 u = _mm512_loadu_ps(potentials + i);
        __mmask16 above = _mm512_cmp_ps_mask(u, low, _CMP_GT_OQ);
        found |= (uint64_t)_mm512_mask_cmp_ps_mask(above, u, high, _CMP_LE_OQ) << i;
    }
#elif defined(__AVX2__)
    const __m256 low = _mm256_set1_ps(-0.5F), high = _mm256_set1_ps(0.5F);
    for (; i + 8 <= count; i += 8) {
        __m256 u = _mm256_loadu_ps(potentials + i);
        __m256 within = _mm256_and_ps(_mm256_cmp_ps(u, low, _CMP_GT_OQ), _mm256_cmp_ps(u, high, _CMP_LE_OQ));
        found |= (uint64_t)(unsigned)_mm256_movemask_ps(within) << i;
    }
#endif
    for (; i < count; i++)
        found |= (uint64_t)(potentials[i] > -0.5F && potentials[i] <= 0.5F) << i;
    return found;
}

static void open(const float *tile, size_t steps, size_t width, uint64_t *words, size_t stride) {
    for (size_t t = 0; t < steps; t++)
        words[t * stride] = open_of(tile + t * VDIB_BLOCK, width);
}

VDIB_SURROGATE(boxcar) = {.multiply = multiply, .open = open};
