/* SPDX-License-Identifier: MIT */
#include "encoder/kernels_lane.h"

/* ---- the equation: docs/method.md, eq. (1) to (5) ---- */

/* q_t = beta q_{t-1} + g_s s_t and p_t = alpha p_{t-1} + g_m q_{t-1}; returns p_t. Of the neurons' currents W s_t,
 * or, in online learning, of the inputs' spikes s_t: the traces are linear, so W p_t is the same. */
static inline lane trace_lane(const vdib__lif_constants *c, lane *q, lane *p, lane input) {
    *p = c->membrane_decay * *p + c->membrane_gain * *q;
    *q = c->synaptic_decay * *q + c->synaptic_gain * input;
    return *p;
}

/* R_t = alpha_r R_{t-1} - g_r h_{t-1}, u_t = drive + b + R_t with drive = W p_t, and h_t = Theta(u_t); returns u_t. */
static inline lane fire_lane(const vdib__lif_constants *c, lane *r, lane *h, lane drive, lane b) {
    const lane one = (lane){0} + 1.0F;
    *r = c->refractory_decay * *r - c->refractory_gain * *h;
    lane u = drive + b + *r;
    *h = (lane)((lane_bits)one & (lane_bits)(u >= 0.0F));
    return u;
}

/* ---- one step ---- */

/* Up to a register of neurons or inputs; the rest of the register is 0. */
static inline __attribute__((always_inline)) lane load(const float *from, size_t count) {
    lane x = {0};
    memcpy(&x, from, count * sizeof *from);
    return x;
}

static inline __attribute__((always_inline)) void store(float *to, lane x, size_t count) {
    memcpy(to, &x, count * sizeof *to);
}

static inline __attribute__((always_inline)) void step_part(const vdib__lif_constants *c, size_t at, size_t count,
                                                            const float *current, const vdib__lif_state *state,
                                                            float *potentials) {
    lane q = load(state->synapse + at, count), p = load(state->membrane + at, count);
    lane r = load(state->refractory + at, count), h = load(state->spikes + at, count);
    lane drive = trace_lane(c, &q, &p, load(current + at, count));
    lane u = fire_lane(c, &r, &h, drive, load(state->bias + at, count));
    store(state->synapse + at, q, count), store(state->membrane + at, p, count);
    store(state->refractory + at, r, count), store(state->spikes + at, h, count);
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

static inline __attribute__((always_inline)) void traces_part(const vdib__lif_constants *c, size_t at, size_t count,
                                                              const float *inputs, float *synapse, float *membrane) {
    lane q = load(synapse + at, count), p = load(membrane + at, count);
    (void)trace_lane(c, &q, &p, load(inputs + at, count));
    store(synapse + at, q, count), store(membrane + at, p, count);
}

static void traces(const vdib__lif_constants *constants, size_t count, const float *inputs, float *synapse,
                   float *membrane) {
    const vdib__lif_constants c = *constants;
    size_t at = 0;
    for (; at + LANE <= count; at += LANE)
        traces_part(&c, at, LANE, inputs, synapse, membrane);
    if (at < count)
        traces_part(&c, at, count - at, inputs, synapse, membrane);
}

static inline __attribute__((always_inline)) void fire_part(const vdib__lif_constants *c, size_t at, size_t count,
                                                            const float *drive, const vdib__lif_state *state,
                                                            float *potentials) {
    lane r = load(state->refractory + at, count), h = load(state->spikes + at, count);
    lane u = fire_lane(c, &r, &h, load(drive + at, count), load(state->bias + at, count));
    store(state->refractory + at, r, count), store(state->spikes + at, h, count);
    store(potentials + at, u, count);
}

static void fire(const vdib__lif_constants *constants, size_t count, const float *drive, const vdib__lif_state *state,
                 float *potentials) {
    const vdib__lif_constants c = *constants;
    size_t at = 0;
    for (; at + LANE <= count; at += LANE)
        fire_part(&c, at, LANE, drive, state, potentials);
    if (at < count)
        fire_part(&c, at, count - at, drive, state, potentials);
}

/* ---- all steps of a block of neurons ---- */

/* Registers whose recursions run side by side: enough to hide the latency of one, few enough to stay in registers. */
#if defined(__AVX512F__)
enum { GROUP = 4 };
#else
enum { GROUP = 2 };
#endif

/* `step` for all steps of a block; the state stays in registers. */
static void run(const vdib__lif_constants *constants, const float *bias, float *tile, size_t steps) {
    const vdib__lif_constants c = *constants;
    for (int first = 0; first < LANES; first += GROUP) {
        lane q[GROUP] = {{0}}, p[GROUP] = {{0}}, r[GROUP] = {{0}}, h[GROUP] = {{0}}, b[GROUP];
        memcpy(b, bias + first * LANE, sizeof b);
        for (size_t t = 0; t < steps; t++) {
            lane *row = (lane *)(tile + t * VDIB_BLOCK) + first;
            for (int i = 0; i < GROUP; i++)
                row[i] = fire_lane(&c, &r[i], &h[i], trace_lane(&c, &q[i], &p[i], row[i]), b[i]);
        }
    }
}

/* The adjoint of (1), (2) and (4), back in time, R held: dp_t = alpha dp_{t+1} + dL/du_t,
 * dq_t = beta dq_{t+1} + g_m dp_{t+1}, dL/d(W s)_t = g_s dq_t. */
static void adjoint(const vdib__lif_constants *constants, float *tile, size_t steps, float *bias) {
    const vdib__lif_constants c = *constants;
    for (int first = 0; first < LANES; first += GROUP) {
        lane dq[GROUP] = {{0}}, dp[GROUP] = {{0}}, sum[GROUP] = {{0}};
        for (size_t t = steps; t-- > 0;) {
            lane *row = (lane *)(tile + t * VDIB_BLOCK) + first;
            for (int i = 0; i < GROUP; i++) {
                dq[i] = c.synaptic_decay * dq[i] + c.membrane_gain * dp[i];
                dp[i] = c.membrane_decay * dp[i] + row[i];
                sum[i] += row[i];
                row[i] = c.synaptic_gain * dq[i];
            }
        }
        memcpy(bias + first * LANE, sum, sizeof sum);
    }
}

/* ---- marks ---- */

/* Bit i: Theta(u_i), of up to 64 potentials. */
static inline uint64_t spikes_of(const float *u, size_t count) {
    uint64_t found = 0;
    size_t i = 0;
#if defined(__AVX512F__)
    for (; i + 16 <= count; i += 16)
        found |= (uint64_t)_mm512_cmp_ps_mask(_mm512_loadu_ps(u + i), _mm512_setzero_ps(), _CMP_GE_OQ) << i;
#elif defined(__AVX2__)
    for (; i + 8 <= count; i += 8)
        found |= (uint64_t)(unsigned)_mm256_movemask_ps(
                     _mm256_cmp_ps(_mm256_loadu_ps(u + i), _mm256_setzero_ps(), _CMP_GE_OQ))
                 << i;
#endif
    for (; i < count; i++)
        found |= (uint64_t)(u[i] >= 0.0F) << i;
    return found;
}

static void threshold(uint64_t *bits, const float *potentials, size_t count) {
    for (size_t word = 0; word * 64 < count; word++)
        bits[word] = spikes_of(potentials + word * 64, count - word * 64 < 64 ? count - word * 64 : 64);
}

static void marks(const float *tile, size_t steps, size_t width, uint64_t *spikes, size_t stride) {
    for (size_t t = 0; t < steps; t++)
        spikes[t * stride] = spikes_of(tile + t * VDIB_BLOCK, width);
}

extern const vdib__lif_kernels VDIB_KERNEL_TABLE(vdib__lif_kernels);
const vdib__lif_kernels VDIB_KERNEL_TABLE(vdib__lif_kernels) = {
    .step = step,
    .traces = traces,
    .fire = fire,
    .run = run,
    .adjoint = adjoint,
    .threshold = threshold,
    .marks = marks,
};
