/* SPDX-License-Identifier: MIT */
#include "core/kernels_random.h"

#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "core/lane.h"

/* Salmon et al. (SC 2011), section 4.3: multipliers, what is added to the key from round to round, rounds. */
static const uint32_t MULTIPLIER[2] = {0xD2511F53, 0xCD9E8D57}, ADDEND[2] = {0x9E3779B9, 0xBB67AE85};
enum { ROUNDS = 10, PARTS = VDIB_RANDOM_BLOCKS / LANE };

/* Upper and lower halves of the products with a constant, lane by lane. */
static inline void multiply(lane_bits x, uint32_t by, lane_bits *high, lane_bits *low) {
#if defined(__AVX512F__)
    const __m512i b = _mm512_set1_epi32((int)by);
    __m512i even = _mm512_mul_epu32((__m512i)x, b), odd = _mm512_mul_epu32(_mm512_srli_epi64((__m512i)x, 32), b);
    *low = (lane_bits)_mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
    *high = (lane_bits)_mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
#elif defined(__AVX2__)
    const __m256i b = _mm256_set1_epi32((int)by);
    __m256i even = _mm256_mul_epu32((__m256i)x, b), odd = _mm256_mul_epu32(_mm256_srli_epi64((__m256i)x, 32), b);
    *low = (lane_bits)_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
    *high = (lane_bits)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
#elif defined(__SSE2__)
    const __m128i b = _mm_set1_epi32((int)by), lower = _mm_set1_epi64x(0xFFFFFFFF);
    __m128i even = _mm_mul_epu32((__m128i)x, b), odd = _mm_mul_epu32(_mm_srli_epi64((__m128i)x, 32), b);
    *low = (lane_bits)_mm_or_si128(_mm_and_si128(even, lower), _mm_slli_epi64(odd, 32));
    *high = (lane_bits)_mm_or_si128(_mm_srli_epi64(even, 32), _mm_andnot_si128(lower, odd));
#else
    uint32_t upper[LANE], lower[LANE];
    for (int i = 0; i < LANE; i++) {
        uint64_t product = (uint64_t)x[i] * by;
        lower[i] = (uint32_t)product;
        upper[i] = (uint32_t)(product >> 32);
    }
    memcpy(low, lower, sizeof lower);
    memcpy(high, upper, sizeof upper);
#endif
}

static void encipher(lane_bits x[4], uint32_t first_key, uint32_t second_key) {
    for (int round = 0; round < ROUNDS; round++) {
        lane_bits high[2], low[2];
        multiply(x[0], MULTIPLIER[0], &high[0], &low[0]);
        multiply(x[2], MULTIPLIER[1], &high[1], &low[1]);
        x[0] = high[1] ^ x[1] ^ first_key;
        x[1] = low[1];
        x[2] = high[0] ^ x[3] ^ second_key;
        x[3] = low[0];
        first_key += ADDEND[0];
        second_key += ADDEND[1];
    }
}

static void blocks(const uint32_t counter[4], const uint32_t seed[2], const uint32_t *numbers, uint32_t *words) {
    for (int part = 0; part < PARTS; part++) {
        const lane_bits none = {0};
        lane_bits x[4] = {none + counter[0], *(const lane_bits *)(numbers + part * LANE), none + counter[2],
                          none + counter[3]};
        encipher(x, seed[0], seed[1]);
        for (int i = 0; i < LANE; i++)
            for (int word = 0; word < 4; word++)
                words[(part * LANE + i) * 4 + word] = x[word][i];
    }
}

extern const vdib__random_kernels VDIB_KERNEL_TABLE(vdib__random_kernels);
const vdib__random_kernels VDIB_KERNEL_TABLE(vdib__random_kernels) = {.blocks = blocks};
