/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DECODER_DECODER_H
#define VDIB_DECODER_DECODER_H
/* The ANN decoder and its parts: layers on CBLAS and chains of them; output heads are in head.h. The judge is a
 * chain too.
 *
 * Letters: B batch. Activations are (B, features) row-major; maps are (channels, rows, columns) or (channels,
 * length). Parameters live in the array of a vdib__tensor_table in PyTorch order. Threads work on fixed slices: the
 * same bits for any number of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/choice.h"
#include "core/gradient.h"
#include "core/matrix.h"
#include "core/ranks.h"
#include "core/tensor.h"
#include "decoder/head.h"

typedef enum vdib__layer_kind {
    VDIB_LAYER_AFFINE,
    VDIB_LAYER_CONV1D,
    VDIB_LAYER_CONV2D,
    VDIB_LAYER_UPCONV2D, /* transposed, cut to out_height x out_width */
    VDIB_LAYER_MAX_POOL, /* 2-D, window = stride = kernel */
    VDIB_LAYER_RELU,
    VDIB_LAYER_COUNT, /* rate decoding: (steps, neurons) -> spike counts (neurons) */
    VDIB_LAYER_FIRST  /* first-spike decoding: (steps, neurons) -> how early each neuron spikes first (neurons) */
} vdib__layer_kind;

typedef struct vdib__layer {
    vdib__layer_kind kind;
    size_t in_channels, in_height,
        in_width; /* Conv1d: height 1; affine: (features, 1, 1); count: (steps, 1, neurons) */
    size_t out_channels, out_height, out_width;
    size_t kernel, stride, padding;
    size_t inputs, outputs; /* products of the above */
    size_t weight, bias;    /* tensors, where the kind has them */
    vdib__products products;
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
/* A transposed convolution to height x width, at most (in - 1) stride - 2 padding + kernel each: what is beyond on the
 * right and below is left out. Its fan-in is in_channels times the places of the kernel that meet in one output. */
vdib_status vdib__chain_upconv(vdib__chain *chain, vdib__tensor_table *table, vdib__tensor_role role, const char *name,
                               size_t out_channels, size_t kernel, size_t stride, size_t padding, size_t height,
                               size_t width);
/* The same values as maps of another shape: what the last layer gives, for the next one. */
vdib_status vdib__chain_reshape(vdib__chain *chain, size_t channels, size_t height, size_t width);
vdib_status vdib__chain_max_pool(vdib__chain *chain, size_t window);
vdib_status vdib__chain_relu(vdib__chain *chain);
vdib_status vdib__chain_count(vdib__chain *chain);
vdib_status vdib__chain_first(vdib__chain *chain);
/* Who multiplies in all layers that there are; BLAS without this. */
void vdib__chain_multiply_by(vdib__chain *chain, vdib__products products);

/* Activations and scratch of up to `batch` examples and `threads` threads: neither pass allocates. Passes with more
 * threads are run by as many as it was made for. */
typedef struct vdib__chain_workspace vdib__chain_workspace;
vdib_status vdib__chain_workspace_create(const vdib__chain *chain, size_t batch, int threads,
                                         vdib__chain_workspace **workspace);
/* What create allocates, in bytes. */
size_t vdib__chain_workspace_bytes(const vdib__chain *chain, size_t batch, int threads);
void vdib__chain_workspace_destroy(vdib__chain_workspace *workspace);

/* input (B, inputs) must stay unchanged until backward. Returns through *output the workspace's (B, outputs). */
vdib_status vdib__chain_forward(const vdib__chain *chain, const vdib__tensor_table *table, const float *parameters,
                                int threads, vdib__chain_workspace *workspace, const float *input, size_t batch,
                                const float **output);

/* The same of a batch that several ranks divide, `group` examples by `group`, each of which fills the rows of its own
 * part of `input` before: afterwards every rank has all rows of it and of what the layers made of it, but of the output
 * only its own. Backward needs all rows of the output's gradient; of the input's gradient it may leave those of other
 * parts unset. The chain's products must be the library's own: BLAS's sums depend on how many rows a product has. */
vdib_status vdib__chain_forward_divided(const vdib__chain *chain, const vdib__tensor_table *table,
                                        const float *parameters, int threads, vdib__chain_workspace *workspace,
                                        vdib__ranks *ranks, size_t group, float *input, size_t batch,
                                        const float **output);

/* output_gradient (B, outputs). input_gradient (B, inputs) or NULL if not wanted. With sink NULL gradients, an array
 * laid out as the table, receives those of the chain's own tensors. With a sink each of them is handed over once, a
 * layer's when nothing needs its weights any more, so that the sink may change them; `gradients` is scratch then. */
vdib_status vdib__chain_backward(const vdib__chain *chain, const vdib__tensor_table *table, const float *parameters,
                                 int threads, vdib__chain_workspace *workspace, const float *output_gradient,
                                 size_t batch, const vdib__gradient_sink *sink, float *gradients,
                                 float *input_gradient);

/* ---- decoders: values of decoder.type and decoder.coding, docs/method.md, section Decoder ---- */

typedef struct vdib__decoder vdib__decoder;

/* What a decoder reads of the window of readout spikes. */
typedef struct vdib__coding {
    vdib__choice choice;
    bool counts; /* only how often each neuron spikes */
    bool first;  /* only when each neuron spikes first; neither: every spike at its step */
} vdib__coding;

typedef struct vdib__decoder_parameters {
    const vdib__decoder *type;
    bool counts;     /* it reads spike counts alone (decoder.coding): decoders whose tags say so */
    bool first;      /* it reads first spikes alone: the same decoders */
    size_t window;   /* tau_d, steps */
    size_t readouts; /* NY */
    size_t hidden;   /* mlp: width of the hidden layer; 0 = half of the values that it reads */
    size_t outputs;
    size_t channels, height, width; /* of images: outputs is their product; 0: the outputs are no image */
} vdib__decoder_parameters;

struct vdib__decoder {
    vdib__choice choice; /* tag "counts": can read one value a neuron, its spike count or its first spike */
    /* Adds the layers from a window (window, readouts) to the outputs, and their tensors. */
    vdib_status (*build)(const vdib__decoder_parameters *parameters, vdib__tensor_table *table, vdib__chain *chain);
};

extern const vdib__choices vdib__decoders, vdib__codings;

static inline const vdib__decoder *vdib__decoder_of(const vdib__choice *choice) {
    return (const vdib__decoder *)choice;
}

/* The decoder that `auto` means for targets of that size, 0 x 0 for classes; any other is itself. */
const vdib__choice *vdib__decoder_settle(const vdib__choice *type, size_t height, size_t width);

/* The decoder of a name that is known to exist. */
static inline const vdib__decoder *vdib__decoder_named(const char *name) {
    return vdib__decoder_of(vdib__choice_find(&vdib__decoders, name));
}

static inline const vdib__coding *vdib__coding_of(const vdib__choice *choice) {
    return (const vdib__coding *)choice;
}

/* The chain on a window (window, readouts): tensors "decoder.fc.*" (linear), "decoder.fc1.*", "decoder.fc2.*" (mlp),
 * "decoder.conv1.*", "decoder.conv2.*", "decoder.fc.*" (conv), "decoder.conv1..3.*", "decoder.fc1.*", "decoder.fc2.*"
 * (conv2d), "decoder.fc1.*", "decoder.fc2.*", "decoder.up1.*" and so on (upconv). */
vdib_status vdib__decoder_build(const vdib__decoder_parameters *parameters, vdib__tensor_table *table,
                                vdib__chain *chain);

#endif
