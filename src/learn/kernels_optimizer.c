/* SPDX-License-Identifier: MIT */
#include "learn/kernels_optimizer.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const float SMALLEST_DENOMINATOR = 1e-12F;
/* Averages smaller than this are 0: next to SMALLEST_DENOMINATOR, and to any update, they are nothing, and numbers
 * below 1e-38 cost a hundred times the others. */
static const float SMALLEST_AVERAGE = 1e-30F;
/* Losses and baselines that differ by less than this share are the same but for rounding: averages and quotient round
 * six times. */
static const float SMALLEST_EXCESS = 1e-6F;

static void sgd(float *restrict w, const float *restrict g, size_t count, float learning_rate) {
    for (size_t i = 0; i < count; i++)
        w[i] -= learning_rate * g[i];
}

/* Of zeros only the positive one is left: a gradient of 0 multiplies an average by the memory and does nothing else,
 * whatever the sign of the signal, and may be entered later. */
static inline float flushed(float average) {
    return fabsf(average) < SMALLEST_AVERAGE ? 0.0F : average;
}

/* As many times as updates were missed, or until nothing changes any more. */
static void decay(float *restrict average, size_t count, float memory, uint64_t times) {
    for (uint64_t n = 0; n < times; n++) {
        int changed = 0;
        for (size_t i = 0; i < count; i++) {
            float next = flushed(memory * average[i]);
            changed |= next != average[i];
            average[i] = next;
        }
        if (changed == 0)
            return;
    }
}

static void catch_up(const vdib__averages_row *averages, size_t count, float memory) {
    decay(averages->numerator, count, memory, averages->missed);
    decay(averages->denominator, count, memory, averages->missed);
}

/* The averages of element i after one more gradient, and what the loss exceeds their quotient by. */
#define ENTER(i)                                                                                                       \
    float square = g[i] * g[i];                                                                                        \
    numerator[i] = flushed(s.memory * numerator[i] + (1.0F - s.memory) * (square * s.signal));                         \
    denominator[i] = flushed(s.memory * denominator[i] + (1.0F - s.memory) * square);                                  \
    float bounded = denominator[i] > SMALLEST_DENOMINATOR ? denominator[i] : SMALLEST_DENOMINATOR;                     \
    float excess = s.signal - numerator[i] / bounded

static void score(const vdib__score_step *step, float *restrict w, const float *restrict g,
                  const vdib__averages_row *averages, size_t count) {
    const vdib__score_step s = *step;
    float *restrict numerator = averages->numerator, *restrict denominator = averages->denominator;
    catch_up(averages, count, s.memory);
    for (size_t i = 0; i < count; i++) {
        ENTER(i);
        w[i] -= s.learning_rate * (g[i] * excess);
    }
}

/* The loss less its baseline where rounding alone may have made the difference: 0. In the first update they are the
 * same number, and Adam would turn what rounding leaves of it into a step of full size. */
static inline float known_excess(float excess, float signal) {
    return fabsf(excess) < SMALLEST_EXCESS * fabsf(signal) ? 0.0F : excess;
}

static void weigh(const vdib__score_step *step, float *weighed, const float *g, const vdib__averages_row *averages,
                  size_t count) {
    const vdib__score_step s = *step;
    float *restrict numerator = averages->numerator, *restrict denominator = averages->denominator;
    catch_up(averages, count, s.memory);
    for (size_t i = 0; i < count; i++) {
        ENTER(i);
        weighed[i] = g[i] * known_excess(excess, s.signal);
    }
}

static void adam(float *restrict w, const float *restrict g, float *restrict first, float *restrict second,
                 size_t count, const vdib__adam_step *step) {
    const vdib__adam_step s = *step;
    for (size_t i = 0; i < count; i++) {
        float gradient = g[i] * s.scale;
        first[i] = flushed(s.beta1 * first[i] + (1.0F - s.beta1) * gradient);
        second[i] = s.beta2 * second[i] + (1.0F - s.beta2) * (gradient * gradient);
        w[i] = w[i] * s.shrink - s.learning_rate * first[i] / (sqrtf(second[i] * s.second_scale) + s.epsilon);
    }
}

static void average(float *restrict a, const float *restrict w, size_t count, float share) {
    for (size_t i = 0; i < count; i++)
        a[i] += share * (w[i] - a[i]);
}

/* Bits of values without their signs: 0 if all are 0. */
static inline uint32_t bits_of(const float *values, size_t count) {
    uint32_t any = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        any |= bits << 1;
    }
    return any;
}

/* Most elements that move have a gradient: the first one is looked at before the others. */
static size_t silent(const float *g, const float *second, size_t count) {
    size_t begin = 0;
    for (; begin + VDIB_SILENT_PIECE <= count; begin += VDIB_SILENT_PIECE)
        if (g[begin] != 0.0F ||
            (bits_of(g + begin, VDIB_SILENT_PIECE) | bits_of(second + begin, VDIB_SILENT_PIECE)) != 0)
            return begin;
    return (bits_of(g + begin, count - begin) | bits_of(second + begin, count - begin)) == 0 ? count : begin;
}

extern const vdib__optimizer_kernels VDIB_KERNEL_TABLE(vdib__optimizer_kernels);
const vdib__optimizer_kernels VDIB_KERNEL_TABLE(vdib__optimizer_kernels) = {.sgd = sgd,
                                                                            .score = score,
                                                                            .weigh = weigh,
                                                                            .catch_up = catch_up,
                                                                            .adam = adam,
                                                                            .average = average,
                                                                            .silent = silent};
