/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "encoder/kernels_lane.h"

static void step(const vdib__lif_constants *constants, size_t count, const float *restrict current,
                 const vdib__lif_state *state, float *restrict potentials) {
    const vdib__lif_constants c = *constants;
    float *restrict q = state->synapse, *restrict p = state->membrane, *restrict r = state->refractory;
    float *restrict h = state->spikes;
    const float *restrict b = state->bias;
    for (size_t i = 0; i < count; i++) {
        p[i] = c.membrane_decay * p[i] + c.membrane_gain * q[i];
        q[i] = c.synaptic_decay * q[i] + c.synaptic_gain * current[i];
        r[i] = c.refractory_decay * r[i] - c.refractory_gain * h[i];
        float u = p[i] + b[i] + r[i];
        potentials[i] = u;
        h[i] = u >= 0.0F ? 1.0F : 0.0F;
    }
}

/* Registers whose recursions run side by side: enough to hide the latency of one, few enough to stay in registers. */
#if defined(__AVX512F__)
enum { GROUP = 4 };
#else
enum { GROUP = 2 };
#endif

/* The arithmetic of `step`, element by element; the state stays in registers. */
static void run(const vdib__lif_constants *constants, const float *bias, float *tile, size_t steps) {
    const vdib__lif_constants c = *constants;
    const lane one = (lane){0} + 1.0F;
    for (int first = 0; first < LANES; first += GROUP) {
        lane q[GROUP] = {{0}}, p[GROUP] = {{0}}, r[GROUP] = {{0}}, h[GROUP] = {{0}}, b[GROUP];
        memcpy(b, bias + first * LANE, sizeof b);
        for (size_t t = 0; t < steps; t++) {
            lane *row = (lane *)(tile + t * VDIB_BLOCK) + first;
            for (int i = 0; i < GROUP; i++) {
                p[i] = c.membrane_decay * p[i] + c.membrane_gain * q[i];
                q[i] = c.synaptic_decay * q[i] + c.synaptic_gain * row[i];
                r[i] = c.refractory_decay * r[i] - c.refractory_gain * h[i];
                row[i] = p[i] + b[i] + r[i];
                h[i] = (lane)((lane_bits)one & (lane_bits)(row[i] >= 0.0F));
            }
        }
    }
}

/* dq_t = beta dq_{t+1} + tau_m dp_{t+1}, dp_t = alpha dp_{t+1} + dL/du_t, dL/d(W s)_t = tau_s dq_t. */
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

static void surrogate_boxcar(float *restrict errors, const float *restrict u, size_t count) {
    for (size_t i = 0; i < count; i++)
        errors[i] = u[i] > -0.5F && u[i] <= 0.5F ? errors[i] : 0.0F;
}

/* sigma(u) (1 - sigma(u)) is even; formed at -|u|, where 1 - sigma(u) has lost nothing. */
static void surrogate_logistic(float *restrict errors, const float *restrict u, size_t count) {
    float negative[VDIB_BLOCK], probabilities[VDIB_BLOCK];
    for (size_t begin = 0; begin < count; begin += VDIB_BLOCK) {
        size_t width = count - begin < VDIB_BLOCK ? count - begin : VDIB_BLOCK;
        for (size_t i = 0; i < width; i++)
            negative[i] = -fabsf(u[begin + i]);
        sigmoid_row(probabilities, negative, width);
        for (size_t i = 0; i < width; i++)
            errors[begin + i] *= probabilities[i] * (1.0F - probabilities[i]);
    }
}

static void surrogate_fast(float *restrict errors, const float *restrict u, size_t count, float slope) {
    for (size_t i = 0; i < count; i++) {
        float d = slope * fabsf(u[i]) + 1.0F;
        errors[i] *= 1.0F / (d * d);
    }
}

static void surrogate(const vdib__neuron *neuron, float *errors, const float *potentials, size_t count) {
    if (neuron->surrogate == VDIB_SURROGATE_BOXCAR)
        surrogate_boxcar(errors, potentials, count);
    else if (neuron->surrogate == VDIB_SURROGATE_LOGISTIC)
        surrogate_logistic(errors, potentials, count);
    else
        surrogate_fast(errors, potentials, count, neuron->slope);
}

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

/* Bit i: whether the boxcar lets u_i through. */
static inline uint64_t open_of(const float *potentials, size_t count) {
    uint64_t found = 0;
    size_t i = 0;
#if defined(__AVX512F__)
    const __m512 low = _mm512_set1_ps(-0.5F), high = _mm512_set1_ps(0.5F);
    for (; i + 16 <= count; i += 16) {
        __m512 u = _mm512_loadu_ps(potentials + i);
        __mmask16 above = _mm512_cmp_ps_mask(u, low, _CMP_GT_OQ);
        found |= (uint64_t)_mm512_mask_cmp_ps_mask(above, u, high, _CMP_LE_OQ) << i;
    }
#elif defined(__AVX2__)
    const __m256 low = _mm256_set1_ps(-0.5F), high = _mm256_set1_ps(0.5F);
    for (; i + 8 <= count; i += 8) {
        __m256 u = _mm256_loadu_ps(potentials + i);
        __m256 within = _mm256_and_ps(_mm256_cmp_ps(u, low, _CMP_GT_OQ), _mm256_cmp_ps(u, high, _CMP_LE_OQ));
        found |= (uint64_t)(unsigned)_mm256_movemask_ps(within) << i;
    }
#endif
    for (; i < count; i++)
        found |= (uint64_t)(potentials[i] > -0.5F && potentials[i] <= 0.5F) << i;
    return found;
}

static void marks(const float *tile, size_t steps, size_t width, uint64_t *spikes, uint64_t *open, size_t stride) {
    for (size_t t = 0; t < steps; t++) {
        spikes[t * stride] = spikes_of(tile + t * VDIB_BLOCK, width);
        if (open != NULL)
            open[t * stride] = open_of(tile + t * VDIB_BLOCK, width);
    }
}

extern const vdib__lif_kernels VDIB_KERNEL_TABLE(vdib__lif_kernels);
const vdib__lif_kernels VDIB_KERNEL_TABLE(vdib__lif_kernels) = {
    .step = step,
    .run = run,
    .adjoint = adjoint,
    .surrogate = surrogate,
    .threshold = threshold,
    .marks = marks,
};
