/* SPDX-License-Identifier: MIT */
#include "learn/optimizer.h"

#include <math.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/threads.h"
#include "learn/kernels_optimizer.h"

/* Elements of a task: a fixed cut, so that sums over tasks have one order. */
enum { SLICE = 16384 };

const vdib__optimizer_kernels *vdib__optimizer_kernels_of(vdib__kernel_level level) {
#if defined(__x86_64__)
    if (level == VDIB_KERNEL_AVX512)
        return &vdib__optimizer_kernels_avx512;
    if (level == VDIB_KERNEL_AVX2)
        return &vdib__optimizer_kernels_avx2;
#endif
    (void)level;
    return &vdib__optimizer_kernels_portable;
}

vdib_status vdib__optimizer_start(vdib__optimizer *optimizer) {
    optimizer->power[0] = optimizer->power[1] = 1.0;
    if (optimizer->rule != VDIB_UPDATE_SGD) {
        VDIB_TRY(VDIB_NEW(&optimizer->first, optimizer->count));
        VDIB_TRY(VDIB_NEW(&optimizer->second, optimizer->count));
    }
    if (optimizer->baseline) {
        VDIB_TRY(VDIB_NEW(&optimizer->numerator, optimizer->count));
        VDIB_TRY(VDIB_NEW(&optimizer->denominator, optimizer->count));
    }
    return VDIB_OK;
}

void vdib__optimizer_free(vdib__optimizer *optimizer) {
    vdib__free(optimizer->denominator);
    vdib__free(optimizer->numerator);
    vdib__free(optimizer->second);
    vdib__free(optimizer->first);
    optimizer->first = optimizer->second = optimizer->numerator = optimizer->denominator = NULL;
}

/* Sum of squares of a slice in double. */
static double slice_square(const float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * values[i];
    return sum;
}

/* The factor that brings the gradients' norm down to `limit`. Slices are summed in order. */
static float clip_factor(const float *gradients, size_t count, double limit) {
    double sum = 0;
    for (size_t begin = 0; begin < count; begin += SLICE)
        sum += slice_square(gradients + begin, count - begin < SLICE ? count - begin : SLICE);
    double norm = sqrt(sum);
    return norm > limit ? (float)(limit / norm) : 1.0F;
}

static vdib__adam_step adam_constants(vdib__optimizer *optimizer, const float *gradients) {
    optimizer->power[0] *= 0.9;
    optimizer->power[1] *= 0.999;
    vdib__adam_step step = {.rate = (float)(optimizer->rate / (1.0 - optimizer->power[0])),
                            .second_scale = (float)(1.0 / (1.0 - optimizer->power[1])),
                            .shrink = 1.0F,
                            .scale = 1.0F};
    if (optimizer->rule == VDIB_UPDATE_ADAMW)
        step.shrink = 1.0F - optimizer->rate * optimizer->weight_decay;
    if (optimizer->clip_norm > 0)
        step.scale = clip_factor(gradients, optimizer->count, optimizer->clip_norm);
    return step;
}

/* One slice of the baseline: gradients of log p become gradients of the loss. */
static void weigh_slice(const vdib__optimizer *optimizer, const vdib__optimizer_kernels *kernels, float *gradients,
                        size_t begin, size_t count) {
    float *numerator = optimizer->numerator + begin, *denominator = optimizer->denominator + begin;
    if (optimizer->updates == 0)
        kernels->baseline_first(gradients + begin, numerator, denominator, count, (float)optimizer->signal);
    else
        kernels->baseline(gradients + begin, numerator, denominator, count, optimizer->memory,
                          (float)optimizer->signal);
}

static void update_slice(const vdib__optimizer *optimizer, const vdib__optimizer_kernels *kernels, float *weights,
                         const float *gradients, size_t begin, size_t count, const vdib__adam_step *step) {
    if (optimizer->rule == VDIB_UPDATE_SGD)
        kernels->sgd(weights + begin, gradients + begin, count, optimizer->rate);
    else
        kernels->adam(weights + begin, gradients + begin, optimizer->first + begin, optimizer->second + begin, count,
                      step);
}

void vdib__optimizer_update(vdib__optimizer *optimizer, int threads, float *weights, float *gradients, double loss) {
    const vdib__optimizer_kernels *kernels = vdib__optimizer_kernels_of(optimizer->level);
    size_t slices = vdib__blocks(optimizer->count, SLICE);
    bool clipped = optimizer->clip_norm > 0 && optimizer->rule != VDIB_UPDATE_SGD;
    if (optimizer->baseline)
        optimizer->signal =
            optimizer->updates == 0 ? loss : optimizer->memory * optimizer->signal + (1.0 - optimizer->memory) * loss;
    if (optimizer->baseline && clipped) /* the norm is that of the weighted gradients: they come first */
        for (size_t slice = 0; slice < slices; slice++) {
            size_t begin = slice * SLICE, left = optimizer->count - begin;
            weigh_slice(optimizer, kernels, gradients, begin, left < SLICE ? left : SLICE);
        }
    vdib__adam_step step = {0};
    if (optimizer->rule != VDIB_UPDATE_SGD)
        step = adam_constants(optimizer, gradients);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1 && slices > 1)
    for (size_t slice = 0; slice < slices; slice++) {
        size_t begin = slice * SLICE, left = optimizer->count - begin, count = left < SLICE ? left : SLICE;
        if (optimizer->baseline && !clipped)
            weigh_slice(optimizer, kernels, gradients, begin, count);
        update_slice(optimizer, kernels, weights, gradients, begin, count, &step);
    }
    optimizer->updates++;
}
