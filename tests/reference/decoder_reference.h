/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_DECODER_REFERENCE_H
#define VDIB_TESTS_DECODER_REFERENCE_H
/* Plain loops for every layer and head of the decoder, from the definitions. Written once, compiled for float and for
 * double: decoder_reference_affine_forward_float, decoder_reference_affine_forward_double, and so on.
 *
 * Every function works on one example; those with parameters add to the gradients of the parameters and set input
 * gradients, as sums over examples need. Maps are (channels, height, width). */

#include <stddef.h>

/* A layer on maps. Pooling: kernel and stride are the window, padding 0. Conv1d: in_height and kernel_height 1,
 * padding_height 0. */
typedef struct decoder_reference_maps {
    size_t in_channels, in_height, in_width;
    size_t out_channels, out_height, out_width;
    size_t kernel_height, kernel_width;
    size_t stride;
    size_t padding_height, padding_width;
} decoder_reference_maps;

#define DECODER_REFERENCE_DECLARE(real)                                                                                \
    /* output (outputs) = weight (outputs, inputs) input (inputs) + bias (outputs) */                                  \
    void decoder_reference_affine_forward_##real(size_t inputs, size_t outputs, const real *weight, const real *bias,  \
                                                 const real *input, real *output);                                     \
    void decoder_reference_affine_backward_##real(size_t inputs, size_t outputs, const real *weight,                   \
                                                  const real *input, const real *output_gradient,                      \
                                                  real *weight_gradient, real *bias_gradient, real *input_gradient);   \
    /* cross-correlation; weight (out_channels, in_channels, kernel_height, kernel_width) */                           \
    void decoder_reference_convolution_forward_##real(const decoder_reference_maps *maps, const real *weight,          \
                                                      const real *bias, const real *input, real *output);              \
    void decoder_reference_convolution_backward_##real(                                                                \
        const decoder_reference_maps *maps, const real *weight, const real *input, const real *output_gradient,        \
        real *weight_gradient, real *bias_gradient, real *input_gradient);                                             \
    /* transposed convolution, from the definition: an input adds itself times weight (in_channels, out_channels, */   \
    /* kernel_height, kernel_width) around its place; what lies beyond the output is left out */                       \
    void decoder_reference_upconvolution_forward_##real(const decoder_reference_maps *maps, const real *weight,        \
                                                        const real *bias, const real *input, real *output);            \
    void decoder_reference_upconvolution_backward_##real(                                                              \
        const decoder_reference_maps *maps, const real *weight, const real *input, const real *output_gradient,        \
        real *weight_gradient, real *bias_gradient, real *input_gradient);                                             \
    void decoder_reference_max_pool_forward_##real(const decoder_reference_maps *maps, const real *input,              \
                                                   real *output);                                                      \
    void decoder_reference_max_pool_backward_##real(const decoder_reference_maps *maps, const real *input,             \
                                                    const real *output_gradient, real *input_gradient);                \
    void decoder_reference_relu_forward_##real(size_t count, const real *input, real *output);                         \
    void decoder_reference_relu_backward_##real(size_t count, const real *input, const real *output_gradient,          \
                                                real *input_gradient);                                                 \
    /* output (neurons) = sum over steps of input (steps, neurons) */                                                  \
    void decoder_reference_count_forward_##real(size_t steps, size_t neurons, const real *input, real *output);        \
    void decoder_reference_count_backward_##real(size_t steps, size_t neurons, const real *output_gradient,            \
                                                 real *input_gradient);                                                \
    /* output (neurons) = the first value that is not 0 of input (steps, neurons), times 1 - step/steps; else 0 */     \
    void decoder_reference_first_forward_##real(size_t steps, size_t neurons, const real *input, real *output);        \
    void decoder_reference_first_backward_##real(size_t steps, size_t neurons, const real *input,                      \
                                                 const real *output_gradient, real *input_gradient);                   \
    /* -log q(target | logits) and its derivative to the logits, by definition: for moderate logits */                 \
    real decoder_reference_bernoulli_##real(size_t outputs, const real *logits, const real *target, real *gradient);   \
    real decoder_reference_categorical_##real(size_t outputs, const real *logits, size_t label, real *gradient);       \
    real decoder_reference_gaussian_##real(size_t outputs, const real *mean, const real *target, real *gradient);

DECODER_REFERENCE_DECLARE(float)
DECODER_REFERENCE_DECLARE(double)

#endif
