/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DECODER_DECODER_H
#define VDIB_DECODER_DECODER_H
/* The ANN decoder and its parts: layers on CBLAS, a chain of them, output heads; DESIGN 2.2. The judge is a chain too.
 *
 * Letters: B batch. Activations are (B, features) row-major; maps are (channels, rows, columns) or (channels, length).
 * Parameters live in the array of a vdib__tensor_table in PyTorch order. Threads work on fixed slices: the same bits for
 * any number of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gradient.h"
#include "core/tensor.h"

typedef enum vdib__layer_kind {
    VDIB_LAYER_AFFINE,
    VDIB_LAYER_CONV1D,
    VDIB_LAYER_CONV2D,
    VDIB_LAYER_MAX_POOL, /* 2-D, window = stride = kernel */
    VDIB_LAYER_RELU,
    VDIB_LAYER_COUNT /* rate decoding: (steps, neurons) -> spike counts (neurons) */
} vdib__layer_kind;

typedef struct vdib__layer {
    vdib__layer_kind kind;
    size_t in_channels, in_height,
        in_width; /* Conv1d: height 1; affine: (features, 1, 1); count: (steps, 1, neurons) */
    size_t out_channels, out_height, out_width;
    size_t kernel, stride, padding;
    size_t inputs, outputs; /* products of the above */
    size_t weight, bias;    /* tensors, where the kind has them */
} vdib__layer;

enum { VDIB_CHAIN_LAYERS = 16 };

typedef struct vdib__chain {
    size_t count;
    vdib__layer layers[VDIB_CHAIN_LAYERS];
    size_t inputs, outputs;
} vdib__chain;

/* Building a chain: begin with an input shape, then add; each add takes the shape before it as input, adds its tensors
 * "<name>.weight", "<name>.bias" with bounds 1/sqrt(fan_in), and fails with `name` if the shape is impossible. */
void vdib__chain_begin(vdib__chain *chain, size_t channels, size_t height, size_t width);
vdib_status vdib__chain_affine(vdib__chain *chain, vdib__tensor_table *table, vdib__tensor_role role, const char *name,
                               size_t outputs);
vdib_status vdib__chain_conv(vdib__chain *chain, vdib__tensor_table *table, vdib__tensor_role role, const char *name,
                             bool two_dimensional, size_t out_channels, size_t kernel, size_t stride, size_t padding);
vdib_status vdib__chain_max_pool(vdib__chain *chain, size_t window);
vdib_status vdib__chain_relu(vdib__chain *chain);
vdib_status vdib__chain_count(vdib__chain *chain);

/* Activations and scratch of up to `batch` examples. */
typedef struct vdib__chain_workspace vdib__chain_workspace;
vdib_status vdib__chain_workspace_create(const vdib__chain *chain, size_t batch, vdib__chain_workspace **workspace);
void vdib__chain_workspace_destroy(vdib__chain_workspace *workspace);

/* input (B, inputs) must stay unchanged until backward. Returns through *output the workspace's (B, outputs). */
vdib_status vdib__chain_forward(const vdib__chain *chain, const vdib__tensor_table *table, const float *parameters,
                                int threads, vdib__chain_workspace *workspace, const float *input, size_t batch,
                                const float **output);

/* output_gradient (B, outputs). input_gradient (B, inputs) or NULL if not wanted. With sink NULL gradients, an array laid out
 * as the table, receives those of the chain's own tensors. With a sink each of them is handed over once, a layer's when
 * nothing needs its weights any more, so that the sink may change them; `gradients` is scratch then. */
vdib_status vdib__chain_backward(const vdib__chain *chain, const vdib__tensor_table *table, const float *parameters,
                                 int threads, vdib__chain_workspace *workspace, const float *output_gradient,
                                 size_t batch, const vdib__gradient_sink *sink, float *gradients,
                                 float *input_gradient);

/* ---- the decoders of DESIGN 2.2 ---- */

typedef enum vdib__decoder_type {
    VDIB_DECODER_LINEAR = 0,
    VDIB_DECODER_MLP = 1,
    VDIB_DECODER_CONV = 2,
    VDIB_DECODER_CONV2D = 3
} vdib__decoder_type;

typedef struct vdib__decoder_parameters {
    vdib__decoder_type type;
    bool rate;       /* reads only spike counts: linear and mlp */
    size_t window;   /* tau_d, steps */
    size_t readouts; /* NY */
    size_t hidden;   /* mlp: width of the hidden layer; 0 = readouts * window / 2 (rate: readouts / 2) */
    size_t outputs;
} vdib__decoder_parameters;

/* The chain on a window (window, readouts): tensors "decoder.fc.*" (linear), "decoder.fc1.*", "decoder.fc2.*" (mlp),
 * "decoder.conv1.*", "decoder.conv2.*", "decoder.fc.*" (conv), "decoder.conv1..3.*", "decoder.fc1.*", "decoder.fc2.*"
 * (conv2d). */
vdib_status vdib__decoder_build(const vdib__decoder_parameters *parameters, vdib__tensor_table *table,
                                vdib__chain *chain);

/* ---- heads ---- */

typedef enum vdib__head {
    VDIB_HEAD_BERNOULLI = 0,   /* logits, targets in [0, 1] */
    VDIB_HEAD_CATEGORICAL = 1, /* logits, a label */
    VDIB_HEAD_GAUSSIAN = 2     /* means, unit variance: (r - m)^2 / 2 + log(2 pi) / 2 */
} vdib__head;

/* -log q(target | logits) in nats, summed over the outputs (float64, stable for every logit). targets (outputs) for
 * Bernoulli and Gaussian; label for categorical. For the Gaussian head the constant log(2 pi)/2 per output is included. */
double vdib__head_distortion(vdib__head head, const float *logits, size_t outputs, const float *target, uint32_t label);

/* gradient (outputs) = scale * d distortion / d logits. */
void vdib__head_gradient(vdib__head head, const float *logits, size_t outputs, const float *target, uint32_t label,
                         float scale, float *gradient);

/* What users look at: probabilities (Bernoulli: sigmoid, categorical: softmax) or the mean (Gaussian). */
void vdib__head_output(vdib__head head, const float *logits, size_t outputs, float *values);

/* ---- Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019) belong to learn/, not here ---- */

#endif
