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

size_t vdib__group_scratch(const vdib__lif_layer *layer) {
    size_t maps = area_of(layer), taps = taps_of(layer);
    return (maps + (taps > maps ? taps : maps)) * VDIB_GROUP; /* maps of two steps, or of one and a gradient */
}

size_t vdib__group_packed(const vdib__lif_layer *layer) {
    return vdib__groups(layer) * taps_of(layer) * VDIB_GROUP;
}

static float *scratch_of(const vdib__pass *pass, size_t slot) {
    return pass->workspace->groups + slot * pass->workspace->group_size;
}

/* Channels of a group: VDIB_GROUP, or what is left. */
static size_t width_of(const vdib__lif_layer *layer, size_t group) {
    size_t left = layer->out_channels - group * VDIB_GROUP;
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
        interleave(weights + group * VDIB_GROUP * taps, taps, taps, width_of(layer, group),
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
        separate(now, area, width_of(layer, group),
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
                   width_of(layer, group), maps);
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
    separate(sum, taps, width_of(layer, group), gradient + group * VDIB_GROUP * taps, taps);
}
