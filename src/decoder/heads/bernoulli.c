/* SPDX-License-Identifier: MIT */
/* Independent Bernoulli variables: images with pixels in [0, 1]; docs/method.md, eq. (15). */
#include "core/mathematics.h"
#include "decoder/head.h"

/* sum_i log(1 + exp(l_i)) - r_i l_i, with log(1 + exp(l)) = max(l, 0) + log(1 + exp(-|l|)). A block's product of
 * factors in [1, 2] stays far below the largest double, so one logarithm serves a block. */
static double distortion(const float *logits, size_t outputs, const float *target, uint32_t label) {
    double sum = 0.0, e[VDIB_HEAD_BLOCK];
    (void)label;
    for (size_t begin = 0; begin < outputs; begin += VDIB_HEAD_BLOCK) {
        size_t count = vdib__head_block(begin, outputs);
        for (size_t i = 0; i < count; i++) {
            double l = logits[begin + i], r = target[begin + i];
            sum += (l > 0.0 ? l : 0.0) - r * l;
            e[i] = -fabs(l);
        }
        vdib__exponentials(e, count);
        double product = 1.0;
        for (size_t i = 0; i < count; i++)
            product *= 1.0 + e[i];
        sum += vdib__log(product);
    }
    return sum;
}

/* values_i = scale (sigma(l_i) - r_i); target NULL stands for zeros. */
static void fill(const float *logits, size_t outputs, const float *target, double scale, float *values) {
    double e[VDIB_HEAD_BLOCK];
    for (size_t begin = 0; begin < outputs; begin += VDIB_HEAD_BLOCK) {
        size_t count = vdib__head_block(begin, outputs);
        for (size_t i = 0; i < count; i++)
            e[i] = -(double)logits[begin + i];
        vdib__exponentials(e, count);
        for (size_t i = 0; i < count; i++) {
            double r = target != NULL ? (double)target[begin + i] : 0.0;
            values[begin + i] = (float)(scale * (1.0 / (1.0 + e[i]) - r));
        }
    }
}

static void gradient(const float *logits, size_t outputs, const float *target, uint32_t label, float scale,
                     float *values) {
    (void)label;
    fill(logits, outputs, target, (double)scale, values);
}

static void output(const float *logits, size_t outputs, float *values) {
    fill(logits, outputs, NULL, 1.0, values);
}

/* log(p / (1 - p)) of the mean p: of every draw log p = -log(1 + exp(-l)), log(1 - p) = -log(1 + exp(l)). */
static void average(const float *logits, size_t draws, size_t stride, size_t outputs, float *averaged) {
    double on[VDIB_HEAD_DRAWS], off[VDIB_HEAD_DRAWS];
    for (size_t i = 0; i < outputs; i++) {
        for (size_t k = 0; k < draws; k++) {
            double l = logits[k * stride + i];
            on[k] = -vdib__softplus(-l);
            off[k] = -vdib__softplus(l);
        }
        averaged[i] = (float)(vdib__log_mean_exp(on, draws) - vdib__log_mean_exp(off, draws));
    }
}

const vdib__head vdib__head_bernoulli = {.choice = {.name = "bernoulli",
                                                    .help = "independent Bernoulli outputs: images",
                                                    .needs = VDIB_HEAD_NEEDS("values")},
                                         .unit = true,
                                         .distortion = distortion,
                                         .gradient = gradient,
                                         .output = output,
                                         .average = average};
