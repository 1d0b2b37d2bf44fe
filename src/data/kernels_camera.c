/* SPDX-License-Identifier: MIT */
#include "data/kernels_camera.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include <stdbool.h>
#include <string.h>

#include "core/mathematics.h"

static void ink(float *restrict sum, const float *restrict upper, const float *restrict lower, size_t width,
                const vdib__camera_sample *sample) {
    const float a = sample->a, b = sample->b;
    for (size_t j = 0; j < width; j++)
        sum[j] =
            (1.0F - b) * ((1.0F - a) * upper[j] + a * upper[j + 1]) + b * ((1.0F - a) * lower[j] + a * lower[j + 1]);
}

/* Whether all values of a block are 0: most of a digit's surroundings. */
static inline bool is_background(const float *values) {
    uint32_t words[VDIB_CAMERA_BLOCK], any = 0;
    memcpy(words, values, sizeof words);
    for (int i = 0; i < VDIB_CAMERA_BLOCK; i++) /* of bits, so that many are looked at together */
        any |= words[i];
    return any == 0;
}

/* SLEEF's deterministic variants give one result at every vector width. */
static inline void logarithms(float *values) {
#if defined(__AVX512F__)
    _mm512_storeu_ps(values, Sleef_cinz_logf16_u10avx512fnofma(_mm512_loadu_ps(values)));
#elif defined(__AVX2__)
    for (int i = 0; i < VDIB_CAMERA_BLOCK; i += 8)
        _mm256_storeu_ps(values + i, Sleef_cinz_logf8_u10avx(_mm256_loadu_ps(values + i)));
#elif defined(__SSE2__)
    for (int i = 0; i < VDIB_CAMERA_BLOCK; i += 4)
        _mm_storeu_ps(values + i, Sleef_cinz_logf4_u10sse2(_mm_loadu_ps(values + i)));
#else
    for (int i = 0; i < VDIB_CAMERA_BLOCK; i++)
        values[i] = vdib__logf(values[i]);
#endif
}

static void levels(float *restrict values, float *restrict light, size_t count, const vdib__camera_sample *sample) {
    const float background = sample->background, slope = sample->slope, background_level = sample->background_level;
    for (size_t first = 0; first < count; first += VDIB_CAMERA_BLOCK) {
        float *block = values + first, *lit = light + first;
        bool empty = is_background(block);
        for (int i = 0; i < VDIB_CAMERA_BLOCK; i++)
            lit[i] = background + slope * block[i];
        for (int i = 0; i < VDIB_CAMERA_BLOCK; i++)
            block[i] = empty ? background_level : lit[i];
        if (!empty)
            logarithms(block);
    }
}

static void follow(float *restrict levels_, const float *restrict before, const float *restrict light, size_t count,
                   float times) {
    for (size_t i = 0; i < count; i++) {
        float passed = light[i] * times;
        levels_[i] = before[i] + (levels_[i] - before[i]) * (passed / (1.0F + passed));
    }
}

/* One bit a pixel of a block. */
static inline uint32_t active_bits(const float *after, const float *reference, const float *on, const float *off,
                                   const float *soonest, float end) {
    uint32_t bits = 0;
#if defined(__AVX512F__)
    __m512 change = _mm512_sub_ps(_mm512_loadu_ps(after), _mm512_loadu_ps(reference));
    __m512 fall = _mm512_sub_ps(_mm512_setzero_ps(), change);
    bits = (uint32_t)_mm512_cmp_ps_mask(change, _mm512_loadu_ps(on), _CMP_GE_OQ) |
           (uint32_t)_mm512_cmp_ps_mask(fall, _mm512_loadu_ps(off), _CMP_GE_OQ) |
           (uint32_t)_mm512_cmp_ps_mask(_mm512_loadu_ps(soonest), _mm512_set1_ps(end), _CMP_LT_OQ);
#elif defined(__AVX2__)
    for (int i = 0; i < VDIB_CAMERA_BLOCK; i += 8) {
        __m256 change = _mm256_sub_ps(_mm256_loadu_ps(after + i), _mm256_loadu_ps(reference + i));
        __m256 fall = _mm256_sub_ps(_mm256_setzero_ps(), change);
        __m256 any = _mm256_or_ps(_mm256_or_ps(_mm256_cmp_ps(change, _mm256_loadu_ps(on + i), _CMP_GE_OQ),
                                               _mm256_cmp_ps(fall, _mm256_loadu_ps(off + i), _CMP_GE_OQ)),
                                  _mm256_cmp_ps(_mm256_loadu_ps(soonest + i), _mm256_set1_ps(end), _CMP_LT_OQ));
        bits |= (uint32_t)_mm256_movemask_ps(any) << i;
    }
#elif defined(__SSE2__)
    for (int i = 0; i < VDIB_CAMERA_BLOCK; i += 4) {
        __m128 change = _mm_sub_ps(_mm_loadu_ps(after + i), _mm_loadu_ps(reference + i));
        __m128 fall = _mm_sub_ps(_mm_setzero_ps(), change);
        __m128 any =
            _mm_or_ps(_mm_or_ps(_mm_cmpge_ps(change, _mm_loadu_ps(on + i)), _mm_cmpge_ps(fall, _mm_loadu_ps(off + i))),
                      _mm_cmplt_ps(_mm_loadu_ps(soonest + i), _mm_set1_ps(end)));
        bits |= (uint32_t)_mm_movemask_ps(any) << i;
    }
#else
    for (int i = 0; i < VDIB_CAMERA_BLOCK; i++) {
        float change = after[i] - reference[i];
        bits |= (uint32_t)(change >= on[i] || -change >= off[i] || soonest[i] < end) << i;
    }
#endif
    return bits;
}

static size_t active(uint32_t *numbers, size_t count, const float *after, const float *reference, const float *on,
                     const float *off, const float *soonest, float end) {
    size_t found = 0;
    for (size_t first = 0; first < count; first += VDIB_CAMERA_BLOCK) {
        uint32_t bits = active_bits(after + first, reference + first, on + first, off + first, soonest + first, end);
        for (; bits != 0; bits &= bits - 1)
            numbers[found++] = (uint32_t)(first + (size_t)__builtin_ctz(bits));
    }
    return found;
}

static void log_uniforms(double *logs, const uint32_t *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        logs[i] = ((double)words[i] + 1.0) * 0x1p-32;
#if defined(__AVX512F__)
    for (size_t i = 0; i < count; i += 8)
        _mm512_storeu_pd(logs + i, Sleef_cinz_logd8_u10avx512fnofma(_mm512_loadu_pd(logs + i)));
#elif defined(__AVX2__)
    for (size_t i = 0; i < count; i += 4)
        _mm256_storeu_pd(logs + i, Sleef_cinz_logd4_u10avx(_mm256_loadu_pd(logs + i)));
#elif defined(__SSE2__)
    for (size_t i = 0; i < count; i += 2)
        _mm_storeu_pd(logs + i, Sleef_cinz_logd2_u10sse2(_mm_loadu_pd(logs + i)));
#else
    for (size_t i = 0; i < count; i++)
        logs[i] = vdib__log(logs[i]);
#endif
}

static void cosines(double *values, const uint32_t *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = 2.0 * VDIB_PI * ((double)words[i] * 0x1p-32);
#if defined(__AVX512F__)
    for (size_t i = 0; i < count; i += 8)
        _mm512_storeu_pd(values + i, Sleef_cinz_cosd8_u10avx512fnofma(_mm512_loadu_pd(values + i)));
#elif defined(__AVX2__)
    for (size_t i = 0; i < count; i += 4)
        _mm256_storeu_pd(values + i, Sleef_cinz_cosd4_u10avx(_mm256_loadu_pd(values + i)));
#elif defined(__SSE2__)
    for (size_t i = 0; i < count; i += 2)
        _mm_storeu_pd(values + i, Sleef_cinz_cosd2_u10sse2(_mm_loadu_pd(values + i)));
#else
    for (size_t i = 0; i < count; i++)
        values[i] = vdib__cos(values[i]);
#endif
}

extern const vdib__camera_kernels VDIB_KERNEL_TABLE(vdib__camera_kernels);
const vdib__camera_kernels VDIB_KERNEL_TABLE(vdib__camera_kernels) = {
    .ink = ink, .levels = levels, .follow = follow, .active = active, .log_uniforms = log_uniforms, .cosines = cosines};
