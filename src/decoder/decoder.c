/* SPDX-License-Identifier: MIT */
/* The decoders as chains on a window of readout spikes (window, readouts), and their table. */
#include "decoder/decoder.h"

#include <stdio.h>

#include "core/error.h"
#include "core/text.h"

enum {
    KERNEL = 3,
    PADDING = 1,
    CONV_CHANNELS = 20, /* of the second Conv1d */
    CONV2D_CHANNELS_1 = 64,
    CONV2D_CHANNELS_2 = 32,
    CONV2D_CHANNELS_3 = 8,
    CONV2D_HIDDEN = 2048,
    UP_KERNEL = 4,    /* with stride 2 and padding 1 it doubles both sides */
    UP_LEAST = 6,     /* the shorter side of the first map is at least this, unless one doubling makes the image */
    UP_MOST = 5,      /* doublings at most */
    UP_CHANNELS = 16, /* of the maps before the last doubling, twice as many before the one before it, and so on, */
    UP_CHANNELS_MOST = 64
};

static const vdib__tensor_role ROLE = VDIB_TENSOR_DECODER;

/* Whether one value a neuron is read. */
static bool reads_neurons(const vdib__decoder_parameters *p) {
    return p->counts || p->first;
}

/* The window, or what decoder.coding reads of it. */
static vdib_status begin(const vdib__decoder_parameters *p, vdib__chain *chain) {
    vdib__chain_begin(chain, p->window, 1, p->readouts);
    if (p->first)
        return vdib__chain_first(chain);
    return p->counts ? vdib__chain_count(chain) : VDIB_OK;
}

static vdib_status build_linear(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    VDIB_TRY(begin(p, chain));
    return vdib__chain_affine(chain, table, ROLE, "decoder.fc", p->outputs);
}

static vdib_status build_mlp(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    size_t hidden = p->hidden;
    if (hidden == 0) {
        size_t values = p->readouts;
        if (!reads_neurons(p) && __builtin_mul_overflow(p->readouts, p->window, &values))
            return vdib__fail(VDIB_ERROR_CONFIG, "decoder: a window of %zu x %zu is too large", p->window, p->readouts);
        hidden = values / 2;
    }
    if (hidden == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.fc1: half of %zu readout%s x %zu steps leaves no hidden neuron; set decoder.hidden",
                          p->readouts, vdib__s(p->readouts), reads_neurons(p) ? 1 : p->window);
    VDIB_TRY(begin(p, chain));
    VDIB_TRY(vdib__chain_affine(chain, table, ROLE, "decoder.fc1", hidden));
    VDIB_TRY(vdib__chain_relu(chain));
    return vdib__chain_affine(chain, table, ROLE, "decoder.fc2", p->outputs);
}

/* Steps are channels, neurons the spatial axis; nothing nonlinear between the two convolutions. */
static vdib_status build_conv(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    if (p->window < 2)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "decoder.conv1: half of a window of %zu step%s leaves no channel; set decoder.window to 2 or more",
            p->window, vdib__s(p->window));
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

/* Doublings that make an image of the first map. */
static size_t doublings(const vdib__decoder_parameters *p) {
    size_t shorter = p->height < p->width ? p->height : p->width, count = 1;
    while (count < UP_MOST && shorter >> (count + 1) >= UP_LEAST)
        count++;
    return count;
}

/* A side with `left` doublings before the image's. */
static size_t side_before(size_t side, size_t left) {
    return (side + ((size_t)1 << left) - 1) >> left;
}

static size_t channels_before(size_t left) {
    size_t channels = (size_t)UP_CHANNELS << (left - 1);
    return channels < UP_CHANNELS_MOST ? channels : UP_CHANNELS_MOST;
}

/* The image from maps that are doubled `left` times. */
static vdib_status add_doublings(const vdib__decoder_parameters *p, size_t left, vdib__tensor_table *table,
                                 vdib__chain *chain) {
    for (size_t number = 1; left > 0; number++) {
        char name[VDIB_TENSOR_NAME];
        snprintf(name, sizeof name, "decoder.up%zu", number);
        left--;
        VDIB_TRY(vdib__chain_relu(chain));
        VDIB_TRY(vdib__chain_upconv(chain, table, ROLE, name, left > 0 ? channels_before(left) : p->channels, UP_KERNEL,
                                    2, PADDING, side_before(p->height, left), side_before(p->width, left)));
    }
    return VDIB_OK;
}

/* A hidden layer, a small map, and transposed convolutions that double it until it is the image. */
static vdib_status build_upconv(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    if (p->height < 2 || p->channels * p->height * p->width != p->outputs)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "decoder.type is 'upconv', which makes images, but the targets are %zu values; choose linear or mlp",
            p->outputs);
    size_t left = doublings(p), height = side_before(p->height, left), width = side_before(p->width, left);
    VDIB_TRY(begin(p, chain));
    if (p->hidden > 0) {
        VDIB_TRY(vdib__chain_affine(chain, table, ROLE, "decoder.fc1", p->hidden));
        VDIB_TRY(vdib__chain_relu(chain));
    }
    VDIB_TRY(vdib__chain_affine(chain, table, ROLE, "decoder.fc2", channels_before(left) * height * width));
    VDIB_TRY(vdib__chain_reshape(chain, channels_before(left), height, width));
    return add_doublings(p, left, table, chain);
}

/* ---- what suits the targets ---- */

/* Pixels of an image from which on transposed convolutions are chosen: between 28 x 28, where mlp is better, and
 * 64 x 48, where upconv is (docs/results.md). */
enum { MANY_PIXELS = 1025 };

const vdib__choice *vdib__decoder_settle(const vdib__choice *type, size_t height, size_t width) {
    if (!vdib__choice_is(type, "auto"))
        return type;
    return vdib__choice_find(&vdib__decoders, height * width >= MANY_PIXELS ? "upconv" : "mlp");
}

static vdib_status build_settled(const vdib__decoder_parameters *p, vdib__tensor_table *table, vdib__chain *chain) {
    return vdib__decoder_of(vdib__decoder_settle(&p->type->choice, p->height, p->width))->build(p, table, chain);
}

/* ---- the tables ---- */

static const vdib__need four_steps[] = {
    {.key = "decoder.window", .least = 4, .remedy = "choose linear or mlp, or a longer window"}, {0}};
static const vdib__need images[] = {
    {.key = "data.target", .any = "values", .remedy = "it makes images; choose linear or mlp for classes"}, {0}};
static const vdib__need counting[] = {{.key = "decoder.type", .any = "counts"}, {0}};

static const vdib__decoder decoders[] = {
    {.choice = {.name = "linear", .help = "affine", .tags = "counts"}, .build = build_linear},
    {.choice = {.name = "mlp", .help = "one hidden layer of decoder.hidden rectifiers", .tags = "counts"},
     .build = build_mlp},
    {.choice = {.name = "conv",
                .help = "two convolutions along the neurons, with steps as channels",
                .needs = four_steps},
     .build = build_conv},
    {.choice = {.name = "conv2d", .help = "three convolutions of the window as an image, and two affine layers"},
     .build = build_conv2d},
    {.choice = {.name = "upconv",
                .help = "decoder.hidden rectifiers (0: none), a small map, and transposed convolutions up to the image",
                .tags = "counts",
                .needs = images},
     .build = build_upconv},
    {.choice = {.name = "auto",
                .help = "upconv for images of more than 1,024 pixels, mlp for all else",
                .tags = "counts"},
     .build = build_settled},
};
static const vdib__coding time_coding = {.choice = {.name = "time", .help = "every spike at its step"}};
static const vdib__coding rate_coding = {
    .choice = {.name = "rate", .help = "each neuron's number of spikes", .needs = counting}, .counts = true};
static const vdib__coding first_coding = {
    .choice = {.name = "first", .help = "when each neuron spikes first, and nothing after it", .needs = counting},
    .first = true};

static const vdib__choice *const decoder_rows[] = {&decoders[0].choice, &decoders[1].choice, &decoders[2].choice,
                                                   &decoders[3].choice, &decoders[4].choice, &decoders[5].choice};
static const vdib__choice *const coding_rows[] = {&time_coding.choice, &rate_coding.choice, &first_coding.choice};
const vdib__choices vdib__decoders = VDIB_CHOICES(decoder_rows);
const vdib__choices vdib__codings = VDIB_CHOICES(coding_rows);

vdib_status vdib__decoder_build(const vdib__decoder_parameters *parameters, vdib__tensor_table *table,
                                vdib__chain *chain) {
    const vdib__choice *type = &parameters->type->choice;
    if (parameters->window == 0 || parameters->readouts == 0 || parameters->outputs == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder: a window of %zu step%s of %zu readout%s to %zu output%s; each is at least 1",
                          parameters->window, vdib__s(parameters->window), parameters->readouts,
                          vdib__s(parameters->readouts), parameters->outputs, vdib__s(parameters->outputs));
    if (reads_neurons(parameters) && !vdib__choice_is(type, "counts"))
        return vdib__fail(VDIB_ERROR_CONFIG, "decoder: the %s decoder cannot read %s alone; choose linear or mlp",
                          type->name, parameters->first ? "first spikes" : "spike counts");
    return parameters->type->build(parameters, table, chain);
}
