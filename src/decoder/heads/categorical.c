/* SPDX-License-Identifier: MIT */
/* One of some classes; docs/method.md, eq. (16). */
#include "core/mathematics.h"
#include "decoder/head.h"

/* A NaN among the logits may be passed over here: its own exponential is NaN, and so is every sum with it. */
static double largest_logit(const float *logits, size_t outputs) {
    float largest = logits[0];
    for (size_t i = 1; i < outputs; i++)
        largest = logits[i] > largest ? logits[i] : largest;
    return (double)largest;
}

/* sum_i exp(l_i - largest); each term also goes to `terms` unless it is NULL. */
static double sum_of_exponentials(const float *logits, size_t outputs, double largest, float *terms) {
    double sum = 0.0, e[VDIB_HEAD_BLOCK];
    for (size_t begin = 0; begin < outputs; begin += VDIB_HEAD_BLOCK) {
        size_t count = vdib__head_block(begin, outputs);
        for (size_t i = 0; i < count; i++)
            e[i] = (double)logits[begin + i] - largest;
        vdib__exponentials(e, count);
        for (size_t i = 0; i < count; i++) {
            sum += e[i];
            if (terms != NULL)
                terms[begin + i] = (float)e[i];
        }
    }
    return sum;
}

/* log sum_i exp(l_i) - l_label. */
static double distortion(const float *logits, size_t outputs, const float *target, uint32_t label) {
    double largest = largest_logit(logits, outputs);
    (void)target;
    return vdib__log(sum_of_exponentials(logits, outputs, largest, NULL)) + (largest - (double)logits[label]);
}

/* values = scale softmax(logits). */
static void fill(const float *logits, size_t outputs, double scale, float *values) {
    double factor = scale / sum_of_exponentials(logits, outputs, largest_logit(logits, outputs), values);
    for (size_t i = 0; i < outputs; i++)
        values[i] = (float)(factor * (double)values[i]);
}

static void gradient(const float *logits, size_t outputs, const float *target, uint32_t label, float scale,
                     float *values) {
    (void)target;
    fill(logits, outputs, (double)scale, values);
    values[label] -= scale;
}

static void output(const float *logits, size_t outputs, float *values) {
    fill(logits, outputs, 1.0, values);
}

/* Logarithms of the mean probabilities. */
static void average(const float *logits, size_t draws, size_t stride, size_t outputs, float *averaged) {
    double norms[VDIB_HEAD_DRAWS], logs[VDIB_HEAD_DRAWS];
    for (size_t k = 0; k < draws; k++) {
        double largest = largest_logit(logits + k * stride, outputs);
        norms[k] = largest + vdib__log(sum_of_exponentials(logits + k * stride, outputs, largest, NULL));
    }
    for (size_t i = 0; i < outputs; i++) {
        for (size_t k = 0; k < draws; k++)
            logs[k] = (double)logits[k * stride + i] - norms[k];
        averaged[i] = (float)vdib__log_mean_exp(logs, draws);
    }
}

const vdib__head vdib__head_categorical = {
    .choice = {.name = "categorical", .help = "one of the classes", .needs = VDIB_HEAD_NEEDS("classes")},
    .classes = true,
    .distortion = distortion,
    .gradient = gradient,
    .output = output,
    .average = average};
