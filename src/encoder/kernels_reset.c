/* SPDX-License-Identifier: MIT */
#include "encoder/kernels_lane.h"

/* I_t = beta I_{t-1} + g_s (W s_t + b), v_t = alpha v_{t-1} + g_m I_t with v_{t-1} after its reset, u_t = v_t - theta;
 * v_t = 0 where h_t = Theta(u_t) = 1. Returns u_t. The threshold is the smallest number above theta, and subtraction
 * keeps the order of numbers: u_t >= 0 is v_t > theta. */
static inline lane reset_lane(const vdib__lif_constants *c, lane *i, lane *v, lane input, lane b) {
    *i = c->synaptic_decay * *i + c->synaptic_gain * (input + b);
    lane now = c->membrane_decay * *v + c->membrane_gain * *i;
    *v = (lane)((lane_bits)now & (lane_bits)(now < c->reset_at));
    return now - c->threshold;
}

/* ---- one step ---- */

static inline __attribute__((always_inline)) void step_part(const vdib__lif_constants *c, size_t at, size_t count,
                                                            const float *current, const vdib__lif_state *state,
                                                            float *potentials) {
    lane i = load(state->synapse + at, count), v = load(state->membrane + at, count);
    lane u = reset_lane(c, &i, &v, load(current + at, count), load(state->bias + at, count));
    store(state->synapse + at, i, count), store(state->membrane + at, v, count);
    store(potentials + at, u, count);
}

static void step(const vdib__lif_constants *constants, size_t count, const float *current, const vdib__lif_state *state,
                 float *potentials) {
    const vdib__lif_constants c = *constants;
    size_t at = 0;
    for (; at + LANE <= count; at += LANE)
        step_part(&c, at, LANE, current, state, potentials);
    if (at < count)
        step_part(&c, at, count - at, current, state, potentials);
}

/* ---- all steps of a block of neurons ---- */

/* Registers whose recursions run side by side, as in kernels_lif.c. */
#if defined(__AVX512F__)
enum { GROUP = 4 };
#else
enum { GROUP = 2 };
#endif

/* `step` for all steps of a block; the state stays in registers. */
static void run(const vdib__lif_constants *constants, const float *bias, float *tile, size_t steps) {
    const vdib__lif_constants c = *constants;
    for (int first = 0; first < LANES; first += GROUP) {
        lane i[GROUP] = {{0}}, v[GROUP] = {{0}}, b[GROUP];
        memcpy(b, bias + first * LANE, sizeof b);
        for (size_t t = 0; t < steps; t++) {
            lane *row = (lane *)(tile + t * VDIB_BLOCK) + first;
            for (int k = 0; k < GROUP; k++)
                row[k] = reset_lane(&c, &i[k], &v[k], row[k], b[k]);
        }
    }
}

/* Back in time, the resets held: dv_t = dL/du_t + alpha (1 - h_t) dv_{t+1}, dI_t = beta dI_{t+1} + g_m dv_t,
 * dL/d(W s + b)_t = g_s dI_t. */
static inline __attribute__((always_inline)) void adjoint_part(const vdib__lif_constants *c,
                                                               const vdib__reset_rows *rows, size_t at, size_t count,
                                                               float *tile, float *bias) {
    lane dv = {0}, di = {0}, sum = {0};
    for (size_t t = rows->steps; t-- > 0;) {
        lane *row = (lane *)(tile + t * VDIB_BLOCK + at);
        lane u = load(rows->potentials + t * rows->stride + at, count);
        dv = *row + (lane)((lane_bits)(c->membrane_decay * dv) & (lane_bits)(u < 0.0F));
        di = c->synaptic_decay * di + c->membrane_gain * dv;
        *row = c->synaptic_gain * di;
        sum += *row;
    }
    store(bias + at, sum, LANE);
}

static void adjoint(const vdib__lif_constants *constants, const vdib__reset_rows *rows, float *tile, float *bias) {
    const vdib__lif_constants c = *constants;
    for (size_t at = 0; at < VDIB_BLOCK; at += LANE) {
        size_t left = at < rows->width ? rows->width - at : 0;
        if (left >= LANE)
            adjoint_part(&c, rows, at, LANE, tile, bias);
        else
            adjoint_part(&c, rows, at, left, tile, bias);
    }
}

extern const vdib__reset_kernels VDIB_KERNEL_TABLE(vdib__reset_kernels);
const vdib__reset_kernels VDIB_KERNEL_TABLE(vdib__reset_kernels) = {.step = step, .run = run, .adjoint = adjoint};
