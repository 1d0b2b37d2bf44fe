/* SPDX-License-Identifier: MIT */
#include "learn/kernels_optimizer.h"

#include <math.h>

#define JOIN_(name, level) name##_##level
#define JOIN(name, level)  JOIN_(name, level)

static const float SMALLEST_DENOMINATOR = 1e-12F;
static const float BETA1 = 0.9F, BETA2 = 0.999F, EPSILON = 1e-8F;

static void sgd(float *restrict w, const float *restrict g, size_t count, float rate) {
    for (size_t i = 0; i < count; i++)
        w[i] -= rate * g[i];
}

static void baseline(float *restrict g, float *restrict numerator, float *restrict denominator, size_t count,
                     float memory, float signal) {
    for (size_t i = 0; i < count; i++) {
        float square = g[i] * g[i];
        numerator[i] = memory * numerator[i] + (1.0F - memory) * (square * signal);
        denominator[i] = memory * denominator[i] + (1.0F - memory) * square;
        float bounded = denominator[i] > SMALLEST_DENOMINATOR ? denominator[i] : SMALLEST_DENOMINATOR;
        g[i] *= signal - numerator[i] / bounded;
    }
}

static void baseline_first(float *restrict g, float *restrict numerator, float *restrict denominator, size_t count,
                           float signal) {
    for (size_t i = 0; i < count; i++) {
        denominator[i] = g[i] * g[i];
        numerator[i] = denominator[i] * signal;
        float bounded = denominator[i] > SMALLEST_DENOMINATOR ? denominator[i] : SMALLEST_DENOMINATOR;
        g[i] *= signal - numerator[i] / bounded;
    }
}

static void adam(float *restrict w, const float *restrict g, float *restrict first, float *restrict second,
                 size_t count, const vdib__adam_step *step) {
    const vdib__adam_step s = *step;
    for (size_t i = 0; i < count; i++) {
        float gradient = g[i] * s.scale;
        first[i] = BETA1 * first[i] + (1.0F - BETA1) * gradient;
        second[i] = BETA2 * second[i] + (1.0F - BETA2) * (gradient * gradient);
        w[i] = w[i] * s.shrink - s.rate * first[i] / (sqrtf(second[i] * s.second_scale) + EPSILON);
    }
}

const vdib__optimizer_kernels JOIN(vdib__optimizer_kernels, VDIB_LEVEL) = {sgd, baseline, baseline_first, adam};
