/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_SHUFFLE_H
#define VDIB_EVAL_SHUFFLE_H
/* Spikes in random order: what a decoder loses tells what the order said. Uniform permutations, keyed by seed, example,
 * draw and step of the decoding: each is vdib__replay_change (replay.h) of a window (steps, readouts). */

#include "core/random.h"

/* Of each neuron the steps change places: how often it spikes stays. */
void vdib__shuffle_times(const vdib__key *key, size_t step, size_t steps, size_t readouts, float *sent);

/* Of each step the neurons change places: how many of them spike stays. */
void vdib__shuffle_neurons(const vdib__key *key, size_t step, size_t steps, size_t readouts, float *sent);

#endif
