/* SPDX-License-Identifier: MIT */
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <math.h>
#include <string.h>

#include "core/mathematics.h"
#include "encoder/kernels.h"

#define JOIN_(name, level) name##_##level
#define JOIN(name, level)  JOIN_(name, level)

/* One register of the level, and a tile row as that many of them. Loads and stores need no alignment. */
#if defined(__AVX512F__)
enum { LANE_BYTES = 64 };
#elif defined(__AVX2__)
enum { LANE_BYTES = 32 };
#else
enum { LANE_BYTES = 16 };
#endif
typedef float lane __attribute__((vector_size(LANE_BYTES), aligned(4), may_alias));
enum { LANE = LANE_BYTES / (int)sizeof(float), LANES = VDIB_BLOCK / LANE };

static void scatter(float *tile, const float *row, const uint32_t *steps, size_t count, size_t first) {
    lane kept[LANES];
    memcpy(kept, row, sizeof kept);
    for (size_t s = 0; s < count; s++) {
        lane *at = (lane *)(tile + (steps[s] - first) * VDIB_BLOCK);
        for (int i = 0; i < LANES; i++)
            at[i] += kept[i];
    }
}

static void collect(float *row, const float *tile, const uint32_t *steps, size_t count, size_t first) {
    lane sum[LANES];
    memcpy(sum, row, sizeof sum);
    for (size_t s = 0; s < count; s++) {
        const lane *at = (const lane *)(tile + (steps[s] - first) * VDIB_BLOCK);
        for (int i = 0; i < LANES; i++)
            sum[i] += at[i];
    }
    memcpy(row, sum, sizeof sum);
}

static void gather(float *sum, size_t columns, const float *rows, const uint32_t *spikes, size_t count) {
    size_t column = 0;
    for (; column + VDIB_BLOCK <= columns; column += VDIB_BLOCK) {
        lane kept[LANES];
        memset(kept, 0, sizeof kept);
        for (size_t s = 0; s < count; s++) {
            const lane *at = (const lane *)(rows + (size_t)spikes[s] * columns + column);
            for (int i = 0; i < LANES; i++)
                kept[i] += at[i];
        }
        memcpy(sum + column, kept, sizeof kept);
    }
    if (column == columns)
        return;
    memset(sum + column, 0, (columns - column) * sizeof *sum);
    for (size_t s = 0; s < count; s++) {
        const float *row = rows + (size_t)spikes[s] * columns;
        for (size_t i = column; i < columns; i++)
            sum[i] += row[i];
    }
}

static void axpy(float *restrict y, const float *restrict x, float a, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] += a * x[i];
}

static void lif_step(const vdib__lif_constants *constants, size_t count, const float *restrict current,
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

/* dq_t = beta dq_{t+1} + tau_m dp_{t+1}, dp_t = alpha dp_{t+1} + dL/du_t, dL/d(W s)_t = tau_s dq_t. */
static void lif_adjoint(const vdib__lif_constants *constants, size_t count, float *restrict errors,
                        const vdib__lif_state *state) {
    const vdib__lif_constants c = *constants;
    float *restrict dq = state->synapse, *restrict dp = state->membrane, *restrict bias = state->bias;
    for (size_t i = 0; i < count; i++) {
        dq[i] = c.synaptic_decay * dq[i] + c.membrane_gain * dp[i];
        dp[i] = c.membrane_decay * dp[i] + errors[i];
        bias[i] += errors[i];
        errors[i] = c.synaptic_gain * dq[i];
    }
}

static void sigmoid(float *restrict probabilities, const float *restrict potentials, size_t count) {
    size_t i = 0;
#if defined(__AVX512F__)
    const __m512 one = _mm512_set1_ps(1.0F), sign = _mm512_set1_ps(-0.0F);
    for (; i + 16 <= count; i += 16) {
        __m512 power = Sleef_cinz_expf16_u10avx512fnofma(_mm512_xor_ps(_mm512_loadu_ps(potentials + i), sign));
        _mm512_storeu_ps(probabilities + i, _mm512_div_ps(one, _mm512_add_ps(one, power)));
    }
#elif defined(__AVX2__)
    const __m256 one = _mm256_set1_ps(1.0F), sign = _mm256_set1_ps(-0.0F);
    for (; i + 8 <= count; i += 8) {
        __m256 power = Sleef_cinz_expf8_u10avx(_mm256_xor_ps(_mm256_loadu_ps(potentials + i), sign));
        _mm256_storeu_ps(probabilities + i, _mm256_div_ps(one, _mm256_add_ps(one, power)));
    }
#endif
    for (; i < count; i++)
        probabilities[i] = vdib__sigmoidf(potentials[i]);
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
        sigmoid(probabilities, negative, width);
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

const vdib__encoder_kernels JOIN(vdib__encoder_kernels, VDIB_LEVEL) = {scatter,  collect,     gather,  axpy,
                                                                       lif_step, lif_adjoint, sigmoid, surrogate};
