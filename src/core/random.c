/* SPDX-License-Identifier: MIT */
#include "core/random.h"

#include <string.h>

#include <Random123/philox.h>

#include "core/kernels_random.h"
#include "core/mathematics.h"

VDIB_KERNEL_TABLES(vdib__random_kernels, vdib__random_kernels);

static philox4x32_ctr_t counter_of(const vdib__key *key, uint32_t step, uint32_t block) {
    return (philox4x32_ctr_t){{(uint32_t)key->example, block, (step & 0xFFFFFFU) | (uint32_t)(key->example >> 32) << 24,
                               (uint32_t)key->purpose | (uint32_t)key->stage << 8 | (uint32_t)key->layer << 16 |
                                   (uint32_t)key->sample << 24}};
}

void vdib__random_block(const vdib__key *key, uint32_t step, uint32_t block, uint32_t words[4]) {
    philox4x32_ctr_t counter = counter_of(key, step, block);
    philox4x32_key_t seed = {{(uint32_t)key->seed, (uint32_t)(key->seed >> 32)}};
    philox4x32_ctr_t result = philox4x32(counter, seed);
    for (int i = 0; i < 4; i++)
        words[i] = result.v[i];
}

void vdib__random_blocks(vdib__kernel_level level, const vdib__key *key, uint32_t step, const uint32_t *numbers,
                         size_t count, uint32_t *words) {
    philox4x32_ctr_t counter = counter_of(key, step, 0);
    const uint32_t seed[2] = {(uint32_t)key->seed, (uint32_t)(key->seed >> 32)};
    const vdib__random_kernels *kernels = VDIB_KERNEL_TABLE_AT(vdib__random_kernels, level);
    size_t whole = count / VDIB_RANDOM_BLOCKS * VDIB_RANDOM_BLOCKS;
    for (size_t i = 0; i < whole; i += VDIB_RANDOM_BLOCKS)
        kernels->blocks(counter.v, seed, numbers + i, words + 4 * i);
    if (whole == count)
        return;
    uint32_t rest[VDIB_RANDOM_BLOCKS] = {0}, made[VDIB_RANDOM_WORDS];
    memcpy(rest, numbers + whole, (count - whole) * sizeof *rest);
    kernels->blocks(counter.v, seed, rest, made);
    memcpy(words + 4 * whole, made, 4 * (count - whole) * sizeof *words);
}

uint32_t vdib__random_word(const vdib__key *key, uint32_t step, uint32_t neuron) {
    uint32_t words[4];
    vdib__random_block(key, step, neuron / 4, words);
    return words[neuron % 4];
}

float vdib__random_uniform(const vdib__key *key, uint32_t step, uint32_t neuron) {
    return vdib__uniform(vdib__random_word(key, step, neuron));
}

double vdib__random_normal(const vdib__key *key, uint32_t step, uint32_t neuron) {
    uint32_t words[4];
    vdib__random_block(key, step, neuron / 2, words);
    const uint32_t *pair = neuron % 2 == 0 ? words : words + 2;
    double radius_uniform = ((double)pair[0] + 1.0) * 0x1p-32; /* (0, 1] */
    double angle = 2.0 * VDIB_PI * ((double)pair[1] * 0x1p-32);
    return vdib__sqrt(-2.0 * vdib__log(radius_uniform)) * vdib__cos(angle);
}

void vdib__random_permutation(const vdib__key *key, uint32_t *order, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t chosen = (uint32_t)(((uint64_t)vdib__random_word(key, 0, i - 1) * i) >> 32);
        uint32_t kept = order[i - 1];
        order[i - 1] = order[chosen];
        order[chosen] = kept;
    }
}
