/* SPDX-License-Identifier: MIT */
#include "core/random.h"

#include <Random123/philox.h>

#include "core/mathematics.h"

void vdib__random_block(const vdib__key *key, uint32_t step, uint32_t block, uint32_t words[4]) {
    philox4x32_ctr_t counter = {{(uint32_t)key->example, block,
                                 (step & 0xFFFFFFU) | (uint32_t)(key->example >> 32) << 24,
                                 (uint32_t)key->purpose | (uint32_t)key->stage << 8 | (uint32_t)key->layer << 16 |
                                     (uint32_t)key->sample << 24}};
    philox4x32_key_t seed = {{(uint32_t)key->seed, (uint32_t)(key->seed >> 32)}};
    philox4x32_ctr_t result = philox4x32(counter, seed);
    for (int i = 0; i < 4; i++)
        words[i] = result.v[i];
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
