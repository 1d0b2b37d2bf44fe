/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_KERNELS_H
#define VDIB_ENCODER_KERNELS_H
/* The encoder's inner loops, compiled once a kernel level. Every output element is one chain of operations in one order,
 * whatever the width of the registers: every level gives the same bits. */

#include <stddef.h>
#include <stdint.h>

#include "encoder/encoder.h"

/* A tile is VDIB_BLOCK columns of a matrix (rows, columns) over up to VDIB_TILE_STEPS steps, contiguous, so that it stays
 * in the first-level cache (24 KiB) while all weight rows pass by. */
enum { VDIB_TILE_STEPS = 96 };

/* Decays and input gains of the recursions of DESIGN 2.1. */
typedef struct vdib__lif_constants {
    float synaptic_decay, membrane_decay, refractory_decay;
    float synaptic_gain, membrane_gain, refractory_gain;
} vdib__lif_constants;

/* Running state of LIF neurons; backward uses the same places for the adjoints. Each (N). */
typedef struct vdib__lif_state {
    float *synapse;    /* q; backward: dL/dq of the step after */
    float *membrane;   /* p; backward: dL/dp of the step after */
    float *refractory; /* R */
    float *spikes;     /* h of the step before, 0 or 1 */
    float *bias;       /* b; backward: sum of dL/du over the steps */
} vdib__lif_state;

typedef struct vdib__encoder_kernels {
    /* tile (steps, VDIB_BLOCK): row (VDIB_BLOCK) is added to tile row steps[s] - first for s = 0..count-1 */
    void (*scatter)(float *tile, const float *row, const uint32_t *steps, size_t count, size_t first);
    /* row (VDIB_BLOCK) += tile row steps[s] - first, s = 0..count-1 in this order */
    void (*collect)(float *row, const float *tile, const uint32_t *steps, size_t count, size_t first);
    /* sum (columns) = rows (N, columns) of the channels that spike, added in their order, from 0 */
    void (*gather)(float *sum, size_t columns, const float *rows, const uint32_t *spikes, size_t count);
    /* y += a * x */
    void (*axpy)(float *y, const float *x, float a, size_t count);
    /* One step of LIF neurons: current = W s, potentials u, all (count). */
    void (*lif_step)(const vdib__lif_constants *constants, size_t count, const float *current,
                     const vdib__lif_state *state, float *potentials);
    /* One step back in time: errors hold dL/du of the step, and dL/d(W s) of the step afterwards. */
    void (*lif_adjoint)(const vdib__lif_constants *constants, size_t count, float *errors,
                        const vdib__lif_state *state);
    /* probabilities = sigma(potentials): the bits of vdib__sigmoidf */
    void (*sigmoid)(float *probabilities, const float *potentials, size_t count);
    /* errors *= surrogate derivative of Theta at the potentials */
    void (*surrogate)(const vdib__neuron *neuron, float *errors, const float *potentials, size_t count);
} vdib__encoder_kernels;

/* The table of a level that this build has; portable for one that it has not. */
const vdib__encoder_kernels *vdib__encoder_kernels_of(vdib__kernel_level level);

extern const vdib__encoder_kernels vdib__encoder_kernels_portable;
#if defined(__x86_64__)
extern const vdib__encoder_kernels vdib__encoder_kernels_avx2;
extern const vdib__encoder_kernels vdib__encoder_kernels_avx512;
#endif

#endif
