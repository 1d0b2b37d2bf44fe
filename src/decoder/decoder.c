/* SPDX-License-Identifier: MIT */
/* The decoders of DESIGN 2.2 as chains on a window of readout spikes (window, readouts). */
#include "decoder/decoder.h"

#include "core/error.h"

enum {
    KERNEL = 3,
    PADDING = 1,
    CONV_CHANNELS = 20, /* of the second Conv1d */
    CONV2D_CHANNELS_1 = 64,
    CONV2D_CHANNELS_2 = 32,
    CONV2D_CHANNELS_3 = 8,
    CONV2D_HIDDEN = 2048
};

static const vdib__tensor_role ROLE = VDIB_TENSOR_DECODER;

static vdib_status build_linear(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    vdib__chain_begin(chain, p->window, 1, p->readouts);
    if (p->rate)
        VDIB_TRY(vdib__chain_count(chain));
    return vdib__chain_affine(chain, table, ROLE, "decoder.fc", p->outputs);
}

static vdib_status build_mlp(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    size_t hidden = p->hidden;
    if (hidden == 0) {
        size_t values = p->readouts;
        if (!p->rate && __builtin_mul_overflow(p->readouts, p->window, &values))
            return vdib__fail(VDIB_ERROR_CONFIG, "decoder: a window of %zu x %zu is too large", p->window, p->readouts);
        hidden = values / 2;
    }
    if (hidden == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.fc1: half of %zu readouts x %zu steps leaves no hidden neuron; set decoder.hidden",
                          p->readouts, p->rate ? 1 : p->window);
    vdib__chain_begin(chain, p->window, 1, p->readouts);
    if (p->rate)
        VDIB_TRY(vdib__chain_count(chain));
    VDIB_TRY(vdib__chain_affine(chain, table, ROLE, "decoder.fc1", hidden));
    VDIB_TRY(vdib__chain_relu(chain));
    return vdib__chain_affine(chain, table, ROLE, "decoder.fc2", p->outputs);
}

/* Steps are channels, neurons the spatial axis; nothing nonlinear between the two convolutions. */
static vdib_status build_conv(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    if (p->window < 2)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.conv1: half of a window of %zu steps leaves no channel; set decoder.window to 2 or "
                          "more",
                          p->window);
    vdib__chain_begin(chain, p->window, 1, p->readouts);
    VDIB_TRY(vdib__chain_conv(chain, table, ROLE, "decoder.conv1", false, p->window / 2, KERNEL, 2, PADDING));
    VDIB_TRY(vdib__chain_conv(chain, table, ROLE, "decoder.conv2", false, CONV_CHANNELS, KERNEL, 2, PADDING));
    VDIB_TRY(vdib__chain_relu(chain));
    return vdib__chain_affine(chain, table, ROLE, "decoder.fc", p->outputs);
}

static vdib_status build_conv2d(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    vdib__chain_begin(chain, 1, p->window, p->readouts);
    VDIB_TRY(vdib__chain_conv(chain, table, ROLE, "decoder.conv1", true, CONV2D_CHANNELS_1, KERNEL, 2, PADDING));
    VDIB_TRY(vdib__chain_conv(chain, table, ROLE, "decoder.conv2", true, CONV2D_CHANNELS_2, KERNEL, 1, PADDING));
    VDIB_TRY(vdib__chain_relu(chain));
    VDIB_TRY(vdib__chain_conv(chain, table, ROLE, "decoder.conv3", true, CONV2D_CHANNELS_3, KERNEL, 2, PADDING));
    VDIB_TRY(vdib__chain_relu(chain));
    VDIB_TRY(vdib__chain_affine(chain, table, ROLE, "decoder.fc1", CONV2D_HIDDEN));
    VDIB_TRY(vdib__chain_relu(chain));
    return vdib__chain_affine(chain, table, ROLE, "decoder.fc2", p->outputs);
}

vdib_status vdib__decoder_build(const vdib__decoder_parameters *parameters, vdib__tensor_table *table,
                                vdib__chain *chain) {
    if (parameters->window == 0 || parameters->readouts == 0 || parameters->outputs == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder: a window of %zu steps of %zu readouts to %zu outputs; each is at least 1",
                          parameters->window, parameters->readouts, parameters->outputs);
    bool counts = parameters->type == VDIB_DECODER_LINEAR || parameters->type == VDIB_DECODER_MLP;
    if (parameters->rate && !counts)
        return vdib__fail(VDIB_ERROR_CONFIG, "decoder: rate decoding needs the linear or the mlp decoder");
    switch (parameters->type) {
    case VDIB_DECODER_LINEAR:
        return build_linear(parameters, table, chain);
    case VDIB_DECODER_MLP:
        return build_mlp(parameters, table, chain);
    case VDIB_DECODER_CONV:
        return build_conv(parameters, table, chain);
    case VDIB_DECODER_CONV2D:
        return build_conv2d(parameters, table, chain);
    }
    return vdib__fail(VDIB_ERROR_ARGUMENT, "decoder: type %d is none of linear, mlp, conv, conv2d",
                      (int)parameters->type);
}
