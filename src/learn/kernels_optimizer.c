/* SPDX-License-Identifier: MIT */
#include "learn/kernels_optimizer.h"

#include <math.h>
#include <stdbool.h>

#define JOIN_(name, level) name##_##level
#define JOIN(name, level)  JOIN_(name, level)

static const float SMALLEST_DENOMINATOR = 1e-12F;
static const float BETA1 = 0.9F, BETA2 = 0.999F, EPSILON = 1e-8F;

static void sgd(float *restrict w, const float *restrict g, size_t count, float rate) {
    for (size_t i = 0; i < count; i++)
        w[i] -= rate * g[i];
}

/* An average after one more value. Adding 0 makes every zero positive: a gradient of 0 then multiplies the average by the
 * memory and does nothing else, whatever the sign of the signal, and may be entered later. */
static inline float averaged(float average, float memory, float value) {
    return memory * average + (1.0F - memory) * value + 0.0F;
}

/* As many times as updates were missed, or until nothing changes any more. */
static void decay(float *restrict average, size_t count, float memory, uint64_t times) {
    for (uint64_t n = 0; n < times; n++) {
        bool changed = false;
        for (size_t i = 0; i < count; i++) {
            float next = memory * average[i] + 0.0F;
            changed |= next != average[i];
            average[i] = next;
        }
        if (!changed)
            return;
    }
}

static void catch_up(const vdib__averages_row *averages, size_t count, float memory) {
    decay(averages->numerator, count, memory, averages->missed);
    decay(averages->denominator, count, memory, averages->missed);
}

static inline float weighed_gradient(const vdib__score_step *s, float g, float *numerator, float *denominator) {
    float square = g * g;
    *numerator = averaged(*numerator, s->memory, square * s->signal);
    *denominator = averaged(*denominator, s->memory, square);
    float bounded = *denominator > SMALLEST_DENOMINATOR ? *denominator : SMALLEST_DENOMINATOR;
    return g * (s->signal - *numerator / bounded);
}

static void score(const vdib__score_step *step, float *restrict w, const float *restrict g,
                  const vdib__averages_row *averages, size_t count) {
    const vdib__score_step s = *step;
    float *restrict numerator = averages->numerator, *restrict denominator = averages->denominator;
    catch_up(averages, count, s.memory);
    for (size_t i = 0; i < count; i++)
        w[i] -= s.rate * weighed_gradient(&s, g[i], &numerator[i], &denominator[i]);
}

static void weigh(const vdib__score_step *step, float *weighed, const float *g, const vdib__averages_row *averages,
                  size_t count) {
    const vdib__score_step s = *step;
    float *restrict numerator = averages->numerator, *restrict denominator = averages->denominator;
    catch_up(averages, count, s.memory);
    for (size_t i = 0; i < count; i++)
        weighed[i] = weighed_gradient(&s, g[i], &numerator[i], &denominator[i]);
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

const vdib__optimizer_kernels JOIN(vdib__optimizer_kernels, VDIB_LEVEL) = {
    .sgd = sgd, .score = score, .weigh = weigh, .catch_up = catch_up, .adam = adam};
