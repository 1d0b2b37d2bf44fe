/* SPDX-License-Identifier: MIT */
/* Independent normal variables of unit variance, whose means are the logits; docs/method.md, eq. (17). */
#include <string.h>

#include "core/mathematics.h"
#include "decoder/head.h"

/* sum_i (r_i - m_i)^2 / 2 + log(2 pi) / 2 */
static double distortion(const float *mean, size_t outputs, const float *target, uint32_t label) {
    double sum = 0.0;
    (void)label;
    for (size_t i = 0; i < outputs; i++) {
        double difference = (double)target[i] - (double)mean[i];
        sum += difference * difference;
    }
    return 0.5 * sum + 0.5 * vdib__log(2.0 * VDIB_PI) * (double)outputs;
}

static void gradient(const float *mean, size_t outputs, const float *target, uint32_t label, float scale,
                     float *values) {
    (void)label;
    for (size_t i = 0; i < outputs; i++)
        values[i] = scale * (mean[i] - target[i]);
}

static void output(const float *mean, size_t outputs, float *values) {
    memcpy(values, mean, outputs * sizeof *values);
}

/* The mean of the means; variance 1 as ever. */
static void average(const float *mean, size_t draws, size_t stride, size_t outputs, float *averaged) {
    for (size_t i = 0; i < outputs; i++) {
        double sum = 0.0;
        for (size_t k = 0; k < draws; k++)
            sum += (double)mean[k * stride + i];
        averaged[i] = (float)(sum / (double)draws);
    }
}

const vdib__head vdib__head_gaussian = {.choice = {.name = "gaussian",
                                                   .help = "independent normal outputs of variance 1: real values",
                                                   .needs = VDIB_HEAD_NEEDS("values")},
                                        .distortion = distortion,
                                        .gradient = gradient,
                                        .output = output,
                                        .average = average};
