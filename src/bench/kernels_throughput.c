/* SPDX-License-Identifier: MIT */
#include "bench/kernels_throughput.h"

#include <string.h>

#include "core/lane.h"

enum { ROW = 64, GROUP = 8, WIDE = GROUP * LANE };

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

extern const vdib__throughput_kernels VDIB_KERNEL_TABLE(vdib__throughput_kernels);
const vdib__throughput_kernels VDIB_KERNEL_TABLE(vdib__throughput_kernels) = {.add = add, .update = update};
