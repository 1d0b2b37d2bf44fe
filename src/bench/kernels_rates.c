/* SPDX-License-Identifier: MIT */
#include "bench/kernels_rates.h"

#include <string.h>

#define JOIN_(name, level) name##_##level
#define JOIN(name, level)  JOIN_(name, level)

#if defined(__AVX512F__)
enum { LANE_BYTES = 64 };
#elif defined(__AVX2__)
enum { LANE_BYTES = 32 };
#else
enum { LANE_BYTES = 16 };
#endif
typedef float lane __attribute__((vector_size(LANE_BYTES), aligned(4), may_alias));
enum { ROW = 64, LANE = LANE_BYTES / (int)sizeof(float), GROUP = 8, WIDE = GROUP * LANE };

/* Eight registers of sums: enough to hide the latency of an addition. */
static void add(float *sums, const float *values, size_t count, size_t rounds) {
    lane sum[GROUP];
    memset(sum, 0, sizeof sum);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i + WIDE <= count; i += WIDE)
            for (int k = 0; k < GROUP; k++)
                sum[k] += *(const lane *)(values + i + k * LANE);
    float all[WIDE];
    memcpy(all, sum, sizeof all);
    for (int i = 0; i < WIDE; i++)
        sums[i % ROW] += all[i];
}

static void update(float *values, size_t count, float factor) {
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
}

extern const vdib__rate_kernels JOIN(vdib__rate_kernels, VDIB_LEVEL);
const vdib__rate_kernels JOIN(vdib__rate_kernels, VDIB_LEVEL) = {.add = add, .update = update};
