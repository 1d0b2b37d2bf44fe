/* SPDX-License-Identifier: MIT */
#include "reference/decoder_reference.h"

#include <math.h>
#include <stdbool.h>

#define NAME_JOINED(name, real)   decoder_reference_##name##_##real
#define NAME_EXPANDED(name, real) NAME_JOINED(name, real)
#define NAME(name)                NAME_EXPANDED(name, REAL)

void NAME(affine_forward)(size_t inputs, size_t outputs, const REAL *weight, const REAL *bias, const REAL *input,
                          REAL *output) {
    for (size_t o = 0; o < outputs; o++) {
        output[o] = bias[o];
        for (size_t i = 0; i < inputs; i++)
            output[o] += weight[o * inputs + i] * input[i];
    }
}

void NAME(affine_backward)(size_t inputs, size_t outputs, const REAL *weight, const REAL *input,
                           const REAL *output_gradient, REAL *weight_gradient, REAL *bias_gradient,
                           REAL *input_gradient) {
    for (size_t i = 0; i < inputs; i++)
        input_gradient[i] = 0;
    for (size_t o = 0; o < outputs; o++) {
        bias_gradient[o] += output_gradient[o];
        for (size_t i = 0; i < inputs; i++) {
            weight_gradient[o * inputs + i] += output_gradient[o] * input[i];
            input_gradient[i] += output_gradient[o] * weight[o * inputs + i];
        }
    }
}

/* One product of a convolution: which weight, input and output meet. */
typedef struct meeting {
    size_t weight, input, output;
} meeting;

typedef void visitor(const meeting *at, void *user);

/* Calls `visit` for every (output, input) pair that a weight joins; inputs outside the map are zero and left out. */
static void each_meeting(const decoder_reference_maps *m, visitor *visit, void *user) {
    for (size_t o = 0; o < m->out_channels; o++)
        for (size_t y = 0; y < m->out_height; y++)
            for (size_t x = 0; x < m->out_width; x++)
                for (size_t c = 0; c < m->in_channels; c++)
                    for (size_t ky = 0; ky < m->kernel_height; ky++)
                        for (size_t kx = 0; kx < m->kernel_width; kx++) {
                            long row = (long)(y * m->stride + ky) - (long)m->padding_height;
                            long column = (long)(x * m->stride + kx) - (long)m->padding_width;
                            if (row < 0 || column < 0 || row >= (long)m->in_height || column >= (long)m->in_width)
                                continue;
                            meeting at;
                            at.weight = ((o * m->in_channels + c) * m->kernel_height + ky) * m->kernel_width + kx;
                            at.input = (c * m->in_height + (size_t)row) * m->in_width + (size_t)column;
                            at.output = (o * m->out_height + y) * m->out_width + x;
                            visit(&at, user);
                        }
}

typedef struct arrays {
    const REAL *weight, *input, *output_gradient;
    REAL *output, *weight_gradient, *input_gradient;
} arrays;

static void meet_forward(const meeting *at, void *user) {
    arrays *a = user;
    a->output[at->output] += a->weight[at->weight] * a->input[at->input];
}

static void meet_backward(const meeting *at, void *user) {
    arrays *a = user;
    a->weight_gradient[at->weight] += a->output_gradient[at->output] * a->input[at->input];
    a->input_gradient[at->input] += a->output_gradient[at->output] * a->weight[at->weight];
}

void NAME(convolution_forward)(const decoder_reference_maps *maps, const REAL *weight, const REAL *bias,
                               const REAL *input, REAL *output) {
    size_t map = maps->out_height * maps->out_width;
    for (size_t i = 0; i < maps->out_channels * map; i++)
        output[i] = bias[i / map];
    arrays a = {.weight = weight, .input = input, .output = output};
    each_meeting(maps, meet_forward, &a);
}

void NAME(convolution_backward)(const decoder_reference_maps *maps, const REAL *weight, const REAL *input,
                                const REAL *output_gradient, REAL *weight_gradient, REAL *bias_gradient,
                                REAL *input_gradient) {
    size_t map = maps->out_height * maps->out_width;
    for (size_t i = 0; i < maps->out_channels * map; i++)
        bias_gradient[i / map] += output_gradient[i];
    for (size_t i = 0; i < maps->in_channels * maps->in_height * maps->in_width; i++)
        input_gradient[i] = 0;
    arrays a = {.weight = weight,
                .input = input,
                .output_gradient = output_gradient,
                .weight_gradient = weight_gradient,
                .input_gradient = input_gradient};
    each_meeting(maps, meet_backward, &a);
}

/* Calls `visit` for every (input, output) pair that a weight of a transposed convolution joins. */
static void each_raising(const decoder_reference_maps *m, visitor *visit, void *user) {
    for (size_t i = 0; i < m->in_channels; i++)
        for (size_t y = 0; y < m->in_height; y++)
            for (size_t x = 0; x < m->in_width; x++)
                for (size_t o = 0; o < m->out_channels; o++)
                    for (size_t ky = 0; ky < m->kernel_height; ky++)
                        for (size_t kx = 0; kx < m->kernel_width; kx++) {
                            long row = (long)(y * m->stride + ky) - (long)m->padding_height;
                            long column = (long)(x * m->stride + kx) - (long)m->padding_width;
                            if (row < 0 || column < 0 || row >= (long)m->out_height || column >= (long)m->out_width)
                                continue;
                            meeting at;
                            at.weight = ((i * m->out_channels + o) * m->kernel_height + ky) * m->kernel_width + kx;
                            at.input = (i * m->in_height + y) * m->in_width + x;
                            at.output = (o * m->out_height + (size_t)row) * m->out_width + (size_t)column;
                            visit(&at, user);
                        }
}

void NAME(upconvolution_forward)(const decoder_reference_maps *maps, const REAL *weight, const REAL *bias,
                                 const REAL *input, REAL *output) {
    size_t map = maps->out_height * maps->out_width;
    for (size_t i = 0; i < maps->out_channels * map; i++)
        output[i] = bias[i / map];
    arrays a = {.weight = weight, .input = input, .output = output};
    each_raising(maps, meet_forward, &a);
}

void NAME(upconvolution_backward)(const decoder_reference_maps *maps, const REAL *weight, const REAL *input,
                                  const REAL *output_gradient, REAL *weight_gradient, REAL *bias_gradient,
                                  REAL *input_gradient) {
    size_t map = maps->out_height * maps->out_width;
    for (size_t i = 0; i < maps->out_channels * map; i++)
        bias_gradient[i / map] += output_gradient[i];
    for (size_t i = 0; i < maps->in_channels * maps->in_height * maps->in_width; i++)
        input_gradient[i] = 0;
    arrays a = {.weight = weight,
                .input = input,
                .output_gradient = output_gradient,
                .weight_gradient = weight_gradient,
                .input_gradient = input_gradient};
    each_raising(maps, meet_backward, &a);
}

/* Place of the first largest input of the window of one output. */
static size_t largest(const decoder_reference_maps *m, const REAL *input, size_t c, size_t y, size_t x) {
    size_t best = 0;
    bool found = false;
    for (size_t row = y * m->stride; row < y * m->stride + m->kernel_height; row++)
        for (size_t column = x * m->stride; column < x * m->stride + m->kernel_width; column++) {
            size_t place = (c * m->in_height + row) * m->in_width + column;
            if (!found || input[place] > input[best])
                best = place;
            found = true;
        }
    return best;
}

void NAME(max_pool_forward)(const decoder_reference_maps *maps, const REAL *input, REAL *output) {
    for (size_t c = 0; c < maps->out_channels; c++)
        for (size_t y = 0; y < maps->out_height; y++)
            for (size_t x = 0; x < maps->out_width; x++)
                output[(c * maps->out_height + y) * maps->out_width + x] = input[largest(maps, input, c, y, x)];
}

void NAME(max_pool_backward)(const decoder_reference_maps *maps, const REAL *input, const REAL *output_gradient,
                             REAL *input_gradient) {
    for (size_t i = 0; i < maps->in_channels * maps->in_height * maps->in_width; i++)
        input_gradient[i] = 0;
    for (size_t c = 0; c < maps->out_channels; c++)
        for (size_t y = 0; y < maps->out_height; y++)
            for (size_t x = 0; x < maps->out_width; x++)
                input_gradient[largest(maps, input, c, y, x)] +=
                    output_gradient[(c * maps->out_height + y) * maps->out_width + x];
}

void NAME(relu_forward)(size_t count, const REAL *input, REAL *output) {
    for (size_t i = 0; i < count; i++)
        output[i] = input[i] > 0 ? input[i] : 0;
}

void NAME(relu_backward)(size_t count, const REAL *input, const REAL *output_gradient, REAL *input_gradient) {
    for (size_t i = 0; i < count; i++)
        input_gradient[i] = input[i] > 0 ? output_gradient[i] : 0;
}

void NAME(count_forward)(size_t steps, size_t neurons, const REAL *input, REAL *output) {
    for (size_t i = 0; i < neurons; i++) {
        output[i] = 0;
        for (size_t t = 0; t < steps; t++)
            output[i] += input[t * neurons + i];
    }
}

void NAME(count_backward)(size_t steps, size_t neurons, const REAL *output_gradient, REAL *input_gradient) {
    for (size_t t = 0; t < steps; t++)
        for (size_t i = 0; i < neurons; i++)
            input_gradient[t * neurons + i] = output_gradient[i];
}

/* The step of the first value that is not 0, or `steps`. */
static size_t NAME(first_step)(size_t steps, size_t neurons, size_t neuron, const REAL *input) {
    for (size_t t = 0; t < steps; t++)
        if (input[t * neurons + neuron] != 0)
            return t;
    return steps;
}

void NAME(first_forward)(size_t steps, size_t neurons, const REAL *input, REAL *output) {
    for (size_t i = 0; i < neurons; i++) {
        size_t t = NAME(first_step)(steps, neurons, i, input);
        output[i] = t < steps ? input[t * neurons + i] * (1 - (REAL)t / (REAL)steps) : 0;
    }
}

void NAME(first_backward)(size_t steps, size_t neurons, const REAL *input, const REAL *output_gradient,
                          REAL *input_gradient) {
    for (size_t i = 0; i < neurons; i++)
        for (size_t t = 0; t < steps; t++) {
            bool first = t == NAME(first_step)(steps, neurons, i, input);
            input_gradient[t * neurons + i] = first ? output_gradient[i] * (1 - (REAL)t / (REAL)steps) : 0;
        }
}

REAL NAME(bernoulli)(size_t outputs, const REAL *logits, const REAL *target, REAL *gradient) {
    double loss = 0;
    for (size_t i = 0; i < outputs; i++) {
        double p = 1 / (1 + exp(-(double)logits[i])), r = (double)target[i];
        loss -= r * log(p) + (1 - r) * log(1 - p);
        gradient[i] = (REAL)(p - r);
    }
    return (REAL)loss;
}

REAL NAME(categorical)(size_t outputs, const REAL *logits, size_t label, REAL *gradient) {
    double sum = 0;
    for (size_t i = 0; i < outputs; i++)
        sum += exp((double)logits[i]);
    for (size_t i = 0; i < outputs; i++)
        gradient[i] = (REAL)(exp((double)logits[i]) / sum - (i == label ? 1 : 0));
    return (REAL)(-log(exp((double)logits[label]) / sum));
}

REAL NAME(gaussian)(size_t outputs, const REAL *mean, const REAL *target, REAL *gradient) {
    double loss = 0;
    for (size_t i = 0; i < outputs; i++) {
        double difference = (double)target[i] - (double)mean[i];
        double density = exp(-difference * difference / 2) / sqrt(2 * 3.14159265358979323846);
        loss -= log(density);
        gradient[i] = (REAL)(-difference);
    }
    return (REAL)loss;
}
