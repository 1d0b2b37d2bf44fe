/* SPDX-License-Identifier: MIT */
/* Output heads: distortion, its gradient and the output, formed from logits in float64 so that none overflows. */
#include <string.h>

#include "core/mathematics.h"
#include "decoder/decoder.h"

/* Logits are worked on in blocks on the stack. A block's product of factors in [1, 2] stays far below the largest
 * double, so one logarithm serves a block. */
enum { BLOCK = 128 };

/* values_i = exp(values_i). SLEEF's deterministic variants give one result at every vector width. */
static void exponentials(double *values, size_t count) {
    size_t i = 0;
#ifdef __SSE2__
    for (; i + 2 <= count; i += 2)
        _mm_storeu_pd(values + i, Sleef_cinz_expd2_u10sse2(_mm_loadu_pd(values + i)));
#endif
    for (; i < count; i++)
        values[i] = vdib__exp(values[i]);
}

static size_t block_at(size_t begin, size_t count) {
    return count - begin < BLOCK ? count - begin : BLOCK;
}

/* sum_i log(1 + exp(l_i)) - r_i l_i, with log(1 + exp(l)) = max(l, 0) + log(1 + exp(-|l|)). */
static double bernoulli_distortion(const float *logits, size_t outputs, const float *target) {
    double sum = 0.0, e[BLOCK];
    for (size_t begin = 0; begin < outputs; begin += BLOCK) {
        size_t count = block_at(begin, outputs);
        for (size_t i = 0; i < count; i++) {
            double l = logits[begin + i], r = target[begin + i];
            sum += (l > 0.0 ? l : 0.0) - r * l;
            e[i] = -fabs(l);
        }
        exponentials(e, count);
        double product = 1.0;
        for (size_t i = 0; i < count; i++)
            product *= 1.0 + e[i];
        sum += vdib__log(product);
    }
    return sum;
}

/* A NaN among the logits may be passed over here: its own exponential is NaN, and so is every sum with it. */
static double largest_logit(const float *logits, size_t outputs) {
    float largest = logits[0];
    for (size_t i = 1; i < outputs; i++)
        largest = logits[i] > largest ? logits[i] : largest;
    return (double)largest;
}

/* sum_i exp(l_i - largest); each term also goes to `terms` unless it is NULL. */
static double sum_of_exponentials(const float *logits, size_t outputs, double largest, float *terms) {
    double sum = 0.0, e[BLOCK];
    for (size_t begin = 0; begin < outputs; begin += BLOCK) {
        size_t count = block_at(begin, outputs);
        for (size_t i = 0; i < count; i++)
            e[i] = (double)logits[begin + i] - largest;
        exponentials(e, count);
        for (size_t i = 0; i < count; i++) {
            sum += e[i];
            if (terms != NULL)
                terms[begin + i] = (float)e[i];
        }
    }
    return sum;
}

/* log sum_i exp(l_i) - l_label. */
static double categorical_distortion(const float *logits, size_t outputs, uint32_t label) {
    double largest = largest_logit(logits, outputs);
    return vdib__log(sum_of_exponentials(logits, outputs, largest, NULL)) + (largest - (double)logits[label]);
}

static double gaussian_distortion(const float *mean, size_t outputs, const float *target) {
    double sum = 0.0;
    for (size_t i = 0; i < outputs; i++) {
        double difference = (double)target[i] - (double)mean[i];
        sum += difference * difference;
    }
    return 0.5 * sum + 0.5 * vdib__log(2.0 * VDIB_PI) * (double)outputs;
}

double vdib__head_distortion(vdib__head head, const float *logits, size_t outputs, const float *target,
                             uint32_t label) {
    switch (head) {
    case VDIB_HEAD_BERNOULLI:
        return bernoulli_distortion(logits, outputs, target);
    case VDIB_HEAD_CATEGORICAL:
        return categorical_distortion(logits, outputs, label);
    case VDIB_HEAD_GAUSSIAN:
        break;
    }
    return gaussian_distortion(logits, outputs, target);
}

/* values_i = scale (sigma(l_i) - r_i); target NULL stands for zeros. */
static void bernoulli_values(const float *logits, size_t outputs, const float *target, double scale, float *values) {
    double e[BLOCK];
    for (size_t begin = 0; begin < outputs; begin += BLOCK) {
        size_t count = block_at(begin, outputs);
        for (size_t i = 0; i < count; i++)
            e[i] = -(double)logits[begin + i];
        exponentials(e, count);
        for (size_t i = 0; i < count; i++) {
            double r = target != NULL ? (double)target[begin + i] : 0.0;
            values[begin + i] = (float)(scale * (1.0 / (1.0 + e[i]) - r));
        }
    }
}

/* values = scale softmax(logits). */
static void categorical_values(const float *logits, size_t outputs, double scale, float *values) {
    double factor = scale / sum_of_exponentials(logits, outputs, largest_logit(logits, outputs), values);
    for (size_t i = 0; i < outputs; i++)
        values[i] = (float)(factor * (double)values[i]);
}

void vdib__head_gradient(vdib__head head, const float *logits, size_t outputs, const float *target, uint32_t label,
                         float scale, float *gradient) {
    switch (head) {
    case VDIB_HEAD_BERNOULLI:
        bernoulli_values(logits, outputs, target, (double)scale, gradient);
        return;
    case VDIB_HEAD_CATEGORICAL:
        categorical_values(logits, outputs, (double)scale, gradient);
        gradient[label] -= scale;
        return;
    case VDIB_HEAD_GAUSSIAN:
        break;
    }
    for (size_t i = 0; i < outputs; i++)
        gradient[i] = scale * (logits[i] - target[i]);
}

void vdib__head_output(vdib__head head, const float *logits, size_t outputs, float *values) {
    switch (head) {
    case VDIB_HEAD_BERNOULLI:
        bernoulli_values(logits, outputs, NULL, 1.0, values);
        return;
    case VDIB_HEAD_CATEGORICAL:
        categorical_values(logits, outputs, 1.0, values);
        return;
    case VDIB_HEAD_GAUSSIAN:
        break;
    }
    memcpy(values, logits, outputs * sizeof *values);
}
