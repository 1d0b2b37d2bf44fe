/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_KERNELS_H
#define VDIB_ENCODER_KERNELS_H
/* The encoder's inner loops, compiled once a kernel level. Every output element is one chain of operations in one
 * order, whatever the width of the registers: every level gives the same bits.
 *
 * A tile is VDIB_BLOCK columns of a matrix over all steps, (T, VDIB_BLOCK) without gaps: one block of neurons, or of
 * (basis, readout) currents. Up to VDIB_TILE_STEPS steps it stays in the first-level cache while all weight rows
 * pass by.
 *
 * An entry is a spike that is added to a sum or taken away from it (changes.h): its number times 2, plus 1 if taken
 * away. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoder/changes.h"
#include "encoder/encoder.h"

enum { VDIB_TILE_STEPS = 96, VDIB_TILE = VDIB_TILE_STEPS * VDIB_BLOCK };

/* ---- products of spikes and weights ---- */

/* Channels active[from .. to) of a sequence, and where their rows of weights or gradients are: that of channel c is
 * (c - first) * stride elements from the beginning, VDIB_BLOCK of them are used. */
typedef struct vdib__channel_rows {
    const vdib__changes *changes;
    size_t from, to, first, stride;
    bool fresh; /* collect: rows count as 0 before */
} vdib__channel_rows;

/* What one input of a convolution reaches: taps of its channel's kernel, (kernel, kernel), and positions of the
 * output maps, which go backwards as the taps go forwards. */
typedef struct vdib__patch {
    size_t channel;                  /* of the input */
    size_t rows, columns;            /* taps along each axis */
    size_t tap, tap_row, tap_column; /* the first tap, and from one to the next along each axis */
    size_t place, width;             /* the first position; a row is `width` before the last, a column 1 */
} vdib__patch;

/* The part of a kernel that lies on the input's maps. */
typedef struct vdib__overlap {
    size_t rows, columns;
    size_t width, kernel; /* places from one row to the next, of the maps and of the kernel */
} vdib__overlap;

/* Channels of a convolution that are worked on side by side. */
enum { VDIB_GROUP = 16 };

typedef struct vdib__product_kernels {
    /* for every entry of the channels: tile row of its step += or -= the channel's row; channel after channel */
    void (*scatter)(float *tile, const float *rows, const vdib__channel_rows *which);
    /* the adjoint: the channel's row += or -= tile row of the step, entries in their order */
    void (*collect)(float *rows, const float *tile, const vdib__channel_rows *which);
    /* maps (positions, VDIB_GROUP) += or -= the taps of kernels (kernel, kernel, VDIB_GROUP) at the patch, as the
     * entry says */
    void (*scatter_patch)(float *maps, const float *kernels, const vdib__patch *patch, uint32_t entry);
    /* the adjoint: kernels += or -= maps */
    void (*collect_patch)(float *kernels, const float *maps, const vdib__patch *patch, uint32_t entry);
    /* maps (positions, VDIB_GROUP) += value * kernel (kernel, kernel, VDIB_GROUP), from the overlap's first place */
    void (*add_overlap)(float *maps, const float *kernel, const vdib__overlap *overlap, float value);
    /* the running sums of all steps at once: tile row = 0, += or -= rows (N, VDIB_BLOCK) for the entries of the step
     * in their order, += the tile row of the step before unless it restarts; the same bits as scatter and
     * prefix_sums */
    void (*gather_steps)(float *tile, const float *rows, const vdib__changes *changes);
    /* sum (columns) = 0, then += or -= rows (N, columns) for the entries of one step, numbered by channel, in their
     * order */
    void (*gather)(float *sum, size_t columns, const float *rows, const uint32_t *entries, size_t count);
    /* every row but those with restart[t] != 0: row t += row t - 1, from the first to the last */
    void (*prefix_sums)(float *tile, const uint8_t *restart, size_t steps);
    /* the adjoint: row t += row t + 1 unless restart[t + 1] != 0, from the last to the first */
    void (*suffix_sums)(float *tile, const uint8_t *restart, size_t steps);
    /* y += a * x */
    void (*axpy)(float *y, const float *x, float a, size_t count);
    /* sum += x * y, element by element */
    void (*multiply_add)(float *sum, const float *x, const float *y, size_t count);
    /* the sum of x * y: 32 partial sums, then halves added to halves */
    float (*dot)(const float *x, const float *y, size_t count);
} vdib__product_kernels;

/* ---- LIF neurons ---- */

/* The constants of neurons that differ or adapt: constant k of neuron i is at constants[k * stride + i]. */
enum {
    VDIB_EACH_SYNAPTIC_DECAY,
    VDIB_EACH_MEMBRANE_DECAY,
    VDIB_EACH_REFRACTORY_DECAY,
    VDIB_EACH_SYNAPTIC_GAIN,
    VDIB_EACH_MEMBRANE_GAIN,
    VDIB_EACH_REFRACTORY_GAIN,
    VDIB_EACH_ADAPTATION_DECAY,
    VDIB_EACH_ADAPTATION_GAIN,
    VDIB_EACH_SYNAPTIC_SLOPE, /* derivatives of the gains by their decays */
    VDIB_EACH_MEMBRANE_SLOPE,
    VDIB_EACH_REFRACTORY_SLOPE,
    VDIB_EACH_CONSTANTS
};
typedef struct vdib__lif_each {
    const float *constants;
    size_t stride;
} vdib__lif_each;

/* Running state of LIF neurons, each (N); docs/method.md, eq. (1) to (5). */
typedef struct vdib__lif_state {
    float *synapse;    /* q */
    float *membrane;   /* p */
    float *refractory; /* R */
    float *spikes;     /* h of the step before, 0 or 1 */
    float *bias;       /* b */
    float *adaptation; /* A; of layers whose constants are arrays */
} vdib__lif_state;

/* The equations stand once, in kernels_lif.c; `step`, `run` and online learning are ways to use them. */
typedef struct vdib__lif_kernels {
    /* One step of `count` neurons: current = W s, potentials u. The same bits as `run`. */
    void (*step)(const vdib__lif_constants *constants, size_t count, const float *current, const vdib__lif_state *state,
                 float *potentials);
    /* The two halves of a step, for online learning: the traces q and p of `count` inputs, 1 where one spikes, else
     * 0 ... */
    void (*traces)(const vdib__lif_constants *constants, size_t count, const float *inputs, float *synapse,
                   float *membrane);
    /* ... and the potentials of `count` neurons from drive = W p; only bias, refractory and spikes of the state are
     * used. */
    void (*fire)(const vdib__lif_constants *constants, size_t count, const float *drive, const vdib__lif_state *state,
                 float *potentials);
    /* All steps of a block from zero state: tile (T, VDIB_BLOCK) holds the currents, and the potentials afterwards. */
    void (*run)(const vdib__lif_constants *constants, const float *bias, float *tile, size_t steps);
    /* Back in time from zero state: tile holds dL/du, and dL/d(W s) afterwards; bias (VDIB_BLOCK) = the sums of
     * dL/du. */
    void (*adjoint)(const vdib__lif_constants *constants, float *tile, size_t steps, float *bias);
    /* The same for neurons whose constants are arrays, with the adaptive threshold: for equal constants and strength 0
     * the same bits. */
    void (*step_each)(const vdib__lif_each *each, size_t count, const float *current, const vdib__lif_state *state,
                      float *potentials);
    void (*fire_each)(const vdib__lif_each *each, size_t count, const float *drive, const vdib__lif_state *state,
                      float *potentials);
    void (*run_each)(const vdib__lif_each *each, const float *bias, float *tile, size_t steps);
    void (*adjoint_each)(const vdib__lif_each *each, float *tile, size_t steps, float *bias);
    /* sums (VDIB_TAUS, VDIB_BLOCK) = dL/d(decay) of the synaptic, membrane and refractory trace from currents W s and
     * errors dL/du, both (T, VDIB_BLOCK): the sensitivities of u by the decays run along with the neurons, whose spikes
     * are held. */
    void (*decay_gradients)(const vdib__lif_each *each, const float *bias, const float *currents, const float *errors,
                            size_t steps, float *sums);
    /* bits (count / 64, rounded up): Theta(u), bit i % 64 of word i / 64 */
    void (*threshold)(uint64_t *bits, const float *potentials, size_t count);
    /* one word a step, `stride` apart, of the first `width` columns of a tile of potentials: the spikes */
    void (*marks)(const float *tile, size_t steps, size_t width, uint64_t *spikes, size_t stride);
} vdib__lif_kernels;

/* ---- LIF neurons that are reset: docs/method.md, eq. (76) to (79) ---- */

/* Potentials u of neurons side by side, (steps, width), rows `stride` apart. */
typedef struct vdib__reset_rows {
    const float *potentials;
    size_t stride, width, steps;
} vdib__reset_rows;

/* Of the running state the synapse is the current I, the membrane v after the reset. */
typedef struct vdib__reset_kernels {
    /* One step of `count` neurons: current = W s, potentials u = v - theta before the reset. The same bits as `run`. */
    void (*step)(const vdib__lif_constants *constants, size_t count, const float *current, const vdib__lif_state *state,
                 float *potentials);
    /* All steps of a block from zero state: tile (T, VDIB_BLOCK) holds the currents, and the potentials afterwards. */
    void (*run)(const vdib__lif_constants *constants, const float *bias, float *tile, size_t steps);
    /* Back in time from zero state, the resets held: tile holds dL/du of the rows' neurons, and dL/d(W s + b)
     * afterwards; bias (VDIB_BLOCK) = its sums. Columns beyond the width are those of neurons that never spike. */
    void (*adjoint)(const vdib__lif_constants *constants, const vdib__reset_rows *rows, float *tile, float *bias);
} vdib__reset_kernels;

/* ---- readout ---- */

/* Rows of the last `filled` steps, `stride` apart; the row before the first is the last of `period`. */
typedef struct vdib__row_ring {
    const float *rows;
    size_t stride, period, newest, filled;
} vdib__row_ring;

typedef struct vdib__readout_kernels {
    /* sums (T, width), rows `stride` apart: row t += sum over lags of taps[lag] * tile row t - lag */
    void (*filter)(float *sums, size_t stride, size_t width, const float *tile, size_t steps,
                   const vdib__filter *filter);
    /* the adjoint: tile rows t < made = sum over lags of taps[lag] * errors row t + delay + lag, of `steps` rows
     * (VDIB_BLOCK) `stride` apart */
    void (*filter_adjoint)(float *tile, size_t made, const float *errors, size_t stride, size_t steps,
                           const vdib__filter *filter, size_t delay);
    /* sums (lags): sums[lag] += sum over steps t and columns of errors row t times tile row t - lag; errors of `steps`
     * rows (VDIB_BLOCK) `stride` apart */
    void (*filter_gradient)(double *sums, size_t lags, const float *tile, const float *errors, size_t stride,
                            size_t steps);
    /* sums (count) += sum over lags of taps[lag] * the row of `lag` steps before the newest */
    void (*filter_rows)(float *sums, size_t count, const vdib__row_ring *ring, const vdib__filter *filter);
    /* probabilities = sigma(potentials): the bits of vdib__sigmoidf */
    void (*sigmoid)(float *probabilities, const float *potentials, size_t count);
    /* spikes = 1 where the uniform number of the word is below the probability, else 0 */
    void (*draw)(float *spikes, const float *probabilities, const uint32_t *words, size_t count);
} vdib__readout_kernels;

/* ---- the tables of one level ---- */

typedef struct vdib__encoder_kernels {
    const vdib__product_kernels *product;
    const vdib__lif_kernels *lif;
    const vdib__reset_kernels *reset;
    const vdib__readout_kernels *readout;
} vdib__encoder_kernels;

/* The tables of a level that this build has; portable for one that it has not. */
const vdib__encoder_kernels *vdib__encoder_kernels_of(vdib__kernel_level level);

#endif
