/* SPDX-License-Identifier: MIT */
#include "eval/shuffle.h"

/* Which of the two permutations numbers are for. */
enum { TIMES = 0, NEURONS = 1 };

/* `count` values, `stride` apart, in another order (Fisher-Yates); numbers `first` on of (key, step). */
static void permute(const vdib__key *key, uint32_t step, size_t first, size_t count, size_t stride, float *values) {
    for (size_t i = count; i > 1; i--) {
        uint32_t word = vdib__random_word(key, step, (uint32_t)(first + i - 1));
        size_t chosen = (size_t)(((uint64_t)word * i) >> 32);
        float kept = values[(i - 1) * stride];
        values[(i - 1) * stride] = values[chosen * stride];
        values[chosen * stride] = kept;
    }
}

static vdib__key key_of(const vdib__key *key, uint8_t kind) {
    vdib__key own = *key;
    own.purpose = VDIB_PURPOSE_SHUFFLE;
    own.layer = kind;
    return own;
}

void vdib__shuffle_times(const vdib__key *key, size_t step, size_t steps, size_t readouts, float *sent) {
    const vdib__key own = key_of(key, TIMES);
    for (size_t i = 0; i < readouts; i++)
        permute(&own, (uint32_t)step, i * steps, steps, readouts, sent + i);
}

void vdib__shuffle_neurons(const vdib__key *key, size_t step, size_t steps, size_t readouts, float *sent) {
    const vdib__key own = key_of(key, NEURONS);
    for (size_t t = 0; t < steps; t++)
        permute(&own, (uint32_t)step, t * readouts, readouts, 1, sent + t * readouts);
}
