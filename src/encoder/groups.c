/* SPDX-License-Identifier: MIT */
/* Convolutions of whole sequences. A task works on VDIB_GROUP output channels, which lie side by side in its kernels
 * and maps: (taps, VDIB_GROUP) and (positions, VDIB_GROUP). */
#include <string.h>

#include "encoder/layers.h"

static size_t area_of(const vdib__lif_layer *layer) {
    return layer->out_height * layer->out_width;
}

/* Taps of the kernels of one output channel. */
static size_t taps_of(const vdib__lif_layer *layer) {
    return layer->in_channels * layer->kernel * layer->kernel;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t in_area_of(const vdib__lif_layer *layer) {
    return layer->in_height * layer->in_width;
}

/* Groups of input channels. */
static size_t in_groups(const vdib__lif_layer *layer) {
    return (layer->in_channels + VDIB_GROUP - 1) / VDIB_GROUP;
}

size_t vdib__group_scratch(const vdib__lif_layer *layer) {
    size_t maps = area_of(layer); /* of two steps, of one and a gradient, or of the inputs */
    return larger(maps + larger(taps_of(layer), maps), in_area_of(layer)) * VDIB_GROUP;
}

size_t vdib__group_packed(const vdib__lif_layer *layer) {
    size_t square = layer->kernel * layer->kernel, forward = vdib__groups(layer) * layer->in_channels;
    return larger(forward, in_groups(layer) * layer->out_channels) * square * VDIB_GROUP;
}

static float *scratch_of(const vdib__pass *pass, size_t slot) {
    return pass->workspace->groups + slot * pass->workspace->group_size;
}

/* Channels of a group: VDIB_GROUP, or what is left. */
static size_t width_of(size_t channels, size_t group) {
    size_t left = channels - group * VDIB_GROUP;
    return left < VDIB_GROUP ? left : VDIB_GROUP;
}

/* Lines of channels (width, count), a stride apart, to columns (count, VDIB_GROUP), and back. */
static void interleave(const float *lines, size_t stride, size_t count, size_t width, float *columns) {
    if (width < VDIB_GROUP)
        memset(columns, 0, count * VDIB_GROUP * sizeof *columns);
    for (size_t channel = 0; channel < width; channel++)
        for (size_t i = 0; i < count; i++)
            columns[i * VDIB_GROUP + channel] = lines[channel * stride + i];
}

static void separate(const float *columns, size_t count, size_t width, float *lines, size_t stride) {
    for (size_t channel = 0; channel < width; channel++)
        for (size_t i = 0; i < count; i++)
            lines[channel * stride + i] = columns[i * VDIB_GROUP + channel];
}

void vdib__groups_pack(const vdib__pass *pass, size_t number) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const float *weights = vdib__pass_tensor(pass, layer->weight);
    size_t taps = taps_of(layer);
    for (size_t group = 0; group < vdib__groups(layer); group++)
        interleave(weights + group * VDIB_GROUP * taps, taps, taps, width_of(layer->out_channels, group),
                   pass->workspace->packed + group * taps * VDIB_GROUP);
}

void vdib__group_currents(const vdib__pass *pass, size_t number, vdib__trial *trial, size_t group, size_t slot) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const vdib__changes *changes = trial->changes[number];
    const vdib__product_kernels *kernels = pass->kernels->product;
    const float *packed = pass->workspace->packed + group * taps_of(layer) * VDIB_GROUP;
    size_t area = area_of(layer), kernel = layer->kernel * layer->kernel * VDIB_GROUP;
    float *now = scratch_of(pass, slot), *before = now + area * VDIB_GROUP;
    for (size_t t = 0; t < trial->steps; t++) {
        memset(now, 0, area * VDIB_GROUP * sizeof *now);
        for (size_t e = changes->step_offsets[t]; e < changes->step_offsets[t + 1]; e++) {
            vdib__patch patch = vdib__patch_of(layer, changes->by_step[e] >> 1);
            kernels->scatter_patch(now, packed + patch.channel * kernel, &patch, changes->by_step[e]);
        }
        if (changes->restart[t] == 0)
            kernels->axpy(now, before, 1.0F, area * VDIB_GROUP);
        separate(now, area, width_of(layer->out_channels, group),
                 trial->layers[number].errors + t * layer->neurons + group * VDIB_GROUP * area, area);
        float *free_maps = before;
        before = now;
        now = free_maps;
    }
}

/* One trial's share of a group's gradient (taps, VDIB_GROUP). */
static void collect_trial(const vdib__pass *pass, size_t number, const vdib__trial *trial, size_t group, float *maps,
                          float *gradient) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const vdib__changes *changes = trial->changes[number];
    size_t area = area_of(layer), kernel = layer->kernel * layer->kernel * VDIB_GROUP;
    for (size_t t = 0; t < trial->steps; t++) {
        if (changes->step_offsets[t] == changes->step_offsets[t + 1])
            continue;
        interleave(trial->layers[number].errors + t * layer->neurons + group * VDIB_GROUP * area, area, area,
                   width_of(layer->out_channels, group), maps);
        for (size_t e = changes->step_offsets[t]; e < changes->step_offsets[t + 1]; e++) {
            vdib__patch patch = vdib__patch_of(layer, changes->by_step[e] >> 1);
            pass->kernels->product->collect_patch(gradient + patch.channel * kernel, maps, &patch, changes->by_step[e]);
        }
    }
}

void vdib__group_gradient(const vdib__pass *pass, size_t number, size_t group, size_t slot, float *gradient) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t taps = taps_of(layer);
    float *maps = scratch_of(pass, slot), *sum = maps + area_of(layer) * VDIB_GROUP;
    memset(sum, 0, taps * VDIB_GROUP * sizeof *sum);
    for (size_t i = 0; i < pass->count; i++)
        collect_trial(pass, number, pass->trials[i], group, maps, sum);
    separate(sum, taps, width_of(layer->out_channels, group), gradient + group * VDIB_GROUP * taps, taps);
}

/* ---- the adjoint: what outputs bring to inputs ---- */

/* (groups of input channels, out_channels, kernel, kernel, VDIB_GROUP) */
void vdib__groups_pack_adjoint(const vdib__pass *pass, size_t number, const float *weights) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t square = layer->kernel * layer->kernel;
    float *packed = pass->workspace->packed;
    for (size_t group = 0; group < in_groups(layer); group++)
        for (size_t o = 0; o < layer->out_channels; o++, packed += square * VDIB_GROUP)
            interleave(weights + (o * layer->in_channels + group * VDIB_GROUP) * square, square, square,
                       width_of(layer->in_channels, group), packed);
}

/* Along one axis, the part of the kernel at an output that lies on the input: `count` taps from `tap` on, the first at
 * the input's `place`. */
typedef struct part {
    size_t place, tap, count;
} part;

static part part_of(const vdib__lif_layer *layer, size_t output, size_t extent) {
    size_t first = output * layer->stride, end = first + layer->kernel, most = extent + layer->padding;
    size_t begin = first < layer->padding ? layer->padding : first; /* places, counted from where the padding begins */
    end = end < most ? end : most;
    return (part){.place = begin - layer->padding, .tap = begin - first, .count = end > begin ? end - begin : 0};
}

/* maps (in_height, in_width, VDIB_GROUP) += what one output channel's values bring by its packed kernels. */
static void adjoint_channel(const vdib__pass *pass, const vdib__lif_layer *layer, const float *values,
                            const float *kernels, float *maps) {
    for (size_t row = 0; row < layer->out_height; row++) {
        part y = part_of(layer, row, layer->in_height);
        for (size_t column = 0; column < layer->out_width; column++, values++) {
            if (*values == 0.0F)
                continue;
            part x = part_of(layer, column, layer->in_width);
            vdib__overlap at = {y.count, x.count, layer->in_width, layer->kernel};
            pass->kernels->product->add_overlap(maps + (y.place * layer->in_width + x.place) * VDIB_GROUP,
                                                kernels + (y.tap * layer->kernel + x.tap) * VDIB_GROUP, &at, *values);
        }
    }
}

void vdib__groups_adjoint(const vdib__pass *pass, size_t number, const float *values, size_t slot, float *errors) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    size_t in_area = in_area_of(layer), square = layer->kernel * layer->kernel;
    const float *packed = pass->workspace->packed;
    float *maps = scratch_of(pass, slot);
    for (size_t group = 0; group < in_groups(layer); group++) {
        memset(maps, 0, in_area * VDIB_GROUP * sizeof *maps);
        for (size_t o = 0; o < layer->out_channels; o++, packed += square * VDIB_GROUP)
            adjoint_channel(pass, layer, values + o * area_of(layer), packed, maps);
        separate(maps, in_area, width_of(layer->in_channels, group), errors + group * VDIB_GROUP * in_area, in_area);
    }
}
