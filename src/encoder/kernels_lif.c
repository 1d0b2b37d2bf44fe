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

/* ---- neurons that differ or adapt ---- */

/* The constants of a register of neurons. */
typedef struct lif_lanes {
    lane synaptic_decay, membrane_decay, refractory_decay, adaptation_decay;
    lane synaptic_gain, membrane_gain, refractory_gain, adaptation_gain;
} lif_lanes;

static inline __attribute__((always_inline)) lif_lanes lanes_at(const vdib__lif_each *each, size_t at, size_t count) {
    const float *constants = each->constants + at;
    return (lif_lanes){.synaptic_decay = load(constants + VDIB_EACH_SYNAPTIC_DECAY * each->stride, count),
                       .membrane_decay = load(constants + VDIB_EACH_MEMBRANE_DECAY * each->stride, count),
                       .refractory_decay = load(constants + VDIB_EACH_REFRACTORY_DECAY * each->stride, count),
                       .adaptation_decay = load(constants + VDIB_EACH_ADAPTATION_DECAY * each->stride, count),
                       .synaptic_gain = load(constants + VDIB_EACH_SYNAPTIC_GAIN * each->stride, count),
                       .membrane_gain = load(constants + VDIB_EACH_MEMBRANE_GAIN * each->stride, count),
                       .refractory_gain = load(constants + VDIB_EACH_REFRACTORY_GAIN * each->stride, count),
                       .adaptation_gain = load(constants + VDIB_EACH_ADAPTATION_GAIN * each->stride, count)};
}

/* trace_lane with constants of each neuron. */
static inline lane trace_lanes(const lif_lanes *c, lane *q, lane *p, lane input) {
    *p = c->membrane_decay * *p + c->membrane_gain * *q;
    *q = c->synaptic_decay * *q + c->synaptic_gain * input;
    return *p;
}

/* fire_lane with constants of each neuron, and the adaptive threshold: A_t = alpha_a A_{t-1} + g_a h_{t-1},
 * u_t = W p_t + b + R_t - A_t. */
static inline lane fire_lanes(const lif_lanes *c, lane *r, lane *a, lane *h, lane drive, lane b) {
    const lane one = (lane){0} + 1.0F;
    *r = c->refractory_decay * *r - c->refractory_gain * *h;
    *a = c->adaptation_decay * *a + c->adaptation_gain * *h;
    lane u = drive + b + *r - *a;
    *h = (lane)((lane_bits)one & (lane_bits)(u >= 0.0F));
    return u;
}

static inline __attribute__((always_inline)) void fire_each_part(const vdib__lif_each *each, size_t at, size_t count,
                                                                 lane drive, const vdib__lif_state *state,
                                                                 float *potentials) {
    const lif_lanes c = lanes_at(each, at, count);
    lane r = load(state->refractory + at, count), a = load(state->adaptation + at, count);
    lane h = load(state->spikes + at, count);
    lane u = fire_lanes(&c, &r, &a, &h, drive, load(state->bias + at, count));
    store(state->refractory + at, r, count), store(state->adaptation + at, a, count);
    store(state->spikes + at, h, count), store(potentials + at, u, count);
}

static inline __attribute__((always_inline)) void step_each_part(const vdib__lif_each *each, size_t at, size_t count,
                                                                 const float *current, const vdib__lif_state *state,
                                                                 float *potentials) {
    const lif_lanes c = lanes_at(each, at, count);
    lane q = load(state->synapse + at, count), p = load(state->membrane + at, count);
    lane drive = trace_lanes(&c, &q, &p, load(current + at, count));
    store(state->synapse + at, q, count), store(state->membrane + at, p, count);
    fire_each_part(each, at, count, drive, state, potentials);
}

static void step_each(const vdib__lif_each *each, size_t count, const float *current, const vdib__lif_state *state,
                      float *potentials) {
    size_t at = 0;
    for (; at + LANE <= count; at += LANE)
        step_each_part(each, at, LANE, current, state, potentials);
    if (at < count)
        step_each_part(each, at, count - at, current, state, potentials);
}

static void fire_each(const vdib__lif_each *each, size_t count, const float *drive, const vdib__lif_state *state,
                      float *potentials) {
    size_t at = 0;
    for (; at + LANE <= count; at += LANE)
        fire_each_part(each, at, LANE, load(drive + at, LANE), state, potentials);
    if (at < count)
        fire_each_part(each, at, count - at, load(drive + at, count - at), state, potentials);
}

static void run_each(const vdib__lif_each *each, const float *bias, float *tile, size_t steps) {
    for (int i = 0; i < LANES; i++) {
        const lif_lanes c = lanes_at(each, (size_t)i * LANE, LANE);
        lane q = {0}, p = {0}, r = {0}, a = {0}, h = {0}, b = load(bias + i * LANE, LANE);
        for (size_t t = 0; t < steps; t++) {
            lane *row = (lane *)(tile + t * VDIB_BLOCK) + i;
            lane drive = trace_lanes(&c, &q, &p, *row);
            *row = fire_lanes(&c, &r, &a, &h, drive, b);
        }
    }
}

static void adjoint_each(const vdib__lif_each *each, float *tile, size_t steps, float *bias) {
    for (int i = 0; i < LANES; i++) {
        const lif_lanes c = lanes_at(each, (size_t)i * LANE, LANE);
        lane dq = {0}, dp = {0}, sum = {0};
        for (size_t t = steps; t-- > 0;) {
            lane *row = (lane *)(tile + t * VDIB_BLOCK) + i;
            dq = c.synaptic_decay * dq + c.membrane_gain * dp;
            dp = c.membrane_decay * dp + *row;
            sum += *row;
            *row = c.synaptic_gain * dq;
        }
        store(bias + i * LANE, sum, LANE);
    }
}

/* ---- gradients of decays ---- */

/* What the decays of a register of neurons do to p_t and R_t. */
typedef struct lif_slopes {
    lane q_synaptic;                       /* dq/d(beta) */
    lane p_synaptic, p_membrane;           /* dp/d(beta), dp/d(alpha) */
    lane r_refractory;                     /* dR/d(alpha_r) */
    lane synaptic, membrane, refractory;   /* sums of dL/du times the last three */
    lane gain_beta, gain_alpha, gain_rest; /* dg_s/d(beta), dg_m/d(alpha), dg_r/d(alpha_r) */
} lif_slopes;

/* One step on, before the traces themselves: docs/method.md, eq. (44). */
static inline void slope_lanes(const lif_lanes *c, lif_slopes *s, lane q, lane p, lane r, lane h, lane input) {
    s->p_synaptic = c->membrane_decay * s->p_synaptic + c->membrane_gain * s->q_synaptic;
    s->p_membrane = c->membrane_decay * s->p_membrane + p + s->gain_alpha * q;
    s->q_synaptic = c->synaptic_decay * s->q_synaptic + q + s->gain_beta * input;
    s->r_refractory = c->refractory_decay * s->r_refractory + r - s->gain_rest * h;
}

static void decay_gradients(const vdib__lif_each *each, const float *bias, const float *currents, const float *errors,
                            size_t steps, float *sums) {
    for (size_t at = 0; at < VDIB_BLOCK; at += LANE) {
        const lif_lanes c = lanes_at(each, at, LANE);
        const float *slopes = each->constants + at;
        lif_slopes s = {.gain_beta = load(slopes + VDIB_EACH_SYNAPTIC_SLOPE * each->stride, LANE),
                        .gain_alpha = load(slopes + VDIB_EACH_MEMBRANE_SLOPE * each->stride, LANE),
                        .gain_rest = load(slopes + VDIB_EACH_REFRACTORY_SLOPE * each->stride, LANE)};
        lane q = {0}, p = {0}, r = {0}, a = {0}, h = {0}, b = load(bias + at, LANE);
        for (size_t t = 0; t < steps; t++) {
            lane input = load(currents + t * VDIB_BLOCK + at, LANE), error = load(errors + t * VDIB_BLOCK + at, LANE);
            slope_lanes(&c, &s, q, p, r, h, input);
            lane drive = trace_lanes(&c, &q, &p, input);
            (void)fire_lanes(&c, &r, &a, &h, drive, b);
            s.synaptic += error * s.p_synaptic;
            s.membrane += error * s.p_membrane;
            s.refractory += error * s.r_refractory;
        }
        store(sums + VDIB_TAU_SYNAPSE * VDIB_BLOCK + at, s.synaptic, LANE);
        store(sums + VDIB_TAU_MEMBRANE * VDIB_BLOCK + at, s.membrane, LANE);
        store(sums + VDIB_TAU_REFRACTORY * VDIB_BLOCK + at, s.refractory, LANE);
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
    .step_each = step_each,
    .fire_each = fire_each,
    .run_each = run_each,
    .adjoint_each = adjoint_each,
    .decay_gradients = decay_gradients,
    .threshold = threshold,
    .marks = marks,
};
