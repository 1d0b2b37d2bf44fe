/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_RANDOM_H
#define VDIB_CORE_RANDOM_H
/* Counter-based random numbers (Philox 4x32-10; Salmon et al., SC 2011). A number is a pure function of its key, so
 * results depend neither on the number of threads nor on the order of calls. */

#include <stddef.h>
#include <stdint.h>

#include "core/kernel_level.h"

/* What a number is for. Part of the key: two purposes never share numbers. Values are pinned (they shape results). */
typedef enum vdib__purpose {
    VDIB_PURPOSE_INIT = 1,     /* initial weights: example = tensor number, step = 0, neuron = element */
    VDIB_PURPOSE_ORDER = 2,    /* order of the examples: example = epoch, neuron = position */
    VDIB_PURPOSE_CODING = 3,   /* rate coding of images: neuron = pixel */
    VDIB_PURPOSE_READOUT = 4,  /* readout spikes, or the noise of a Gaussian readout */
    VDIB_PURPOSE_STIMULUS = 5, /* synthetic stimuli */
    VDIB_PURPOSE_DIGIT = 6,    /* drawn digits: pose, slant, thickness */
    VDIB_PURPOSE_CAMERA = 7,   /* event camera: thresholds, noise */
    VDIB_PURPOSE_SPLIT = 8,    /* validation split */
    VDIB_PURPOSE_CHANNEL = 9,  /* channel between encoder and decoder: step = data step, or number of the packet */
    VDIB_PURPOSE_DROPOUT = 10, /* dropout on spikes: step = data step */
    VDIB_PURPOSE_AUGMENT = 16, /* augmentation: step = kind of number, neuron = event */
    VDIB_PURPOSE_SHUFFLE = 24, /* spikes in random order: layer = kind, step = decoded data step, neuron = place */
    VDIB_PURPOSE_CUT = 25      /* random cuts: step 0; neuron 0: whether, 1: where */
} vdib__purpose;

/* Whether a presentation number (training) or an example index (evaluation) keys the noise: keeps the two apart. */
typedef enum vdib__stage { VDIB_STAGE_TRAINING = 0, VDIB_STAGE_EVALUATION = 1 } vdib__stage;

/* The key of a stream of numbers; (step, neuron) then choose the number in it. */
typedef struct vdib__key {
    uint64_t seed;
    vdib__purpose purpose;
    vdib__stage stage;
    uint64_t example; /* below 2^40: presentation number in training, example index in evaluation */
    uint8_t layer;
    uint8_t sample; /* sample m of several draws for one example */
} vdib__key;

/* Four 32-bit words for neurons 4 * block .. 4 * block + 3 of step `step` (below 2^24; block below 2^32). */
void vdib__random_block(const vdib__key *key, uint32_t step, uint32_t block, uint32_t words[4]);

/* The words of many blocks, chosen one by one: words (count, 4) = those of blocks numbers[0 .. count). */
void vdib__random_blocks(vdib__kernel_level level, const vdib__key *key, uint32_t step, const uint32_t *numbers,
                         size_t count, uint32_t *words);

/* The word of one neuron: word neuron % 4 of block neuron / 4. */
uint32_t vdib__random_word(const vdib__key *key, uint32_t step, uint32_t neuron);

/* Uniform in [0, 1), a multiple of 2^-24. */
static inline float vdib__uniform(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24F;
}

/* Uniform in [0, 1) of (key, step, neuron). */
float vdib__random_uniform(const vdib__key *key, uint32_t step, uint32_t neuron);

/* Standard normal of (key, step, neuron) by Box-Muller; uses words 2 * neuron and 2 * neuron + 1 of the step. */
double vdib__random_normal(const vdib__key *key, uint32_t step, uint32_t neuron);

/* order[0..count) becomes a permutation of 0..count-1 (Fisher-Yates) fixed by the key. */
void vdib__random_permutation(const vdib__key *key, uint32_t *order, uint32_t count);

#endif
