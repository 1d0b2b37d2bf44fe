/* SPDX-License-Identifier: MIT */
#include "learn/kernels_objective.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "core/mathematics.h"

/* Partial sums, and neurons of a chunk: the product of so many factors in [1, 2] is no larger than 2^512, so that one
 * logarithm serves a chunk. */
enum { PARTS = 8, CHUNK = 512 };

/* values = exp(values), count a multiple of 8. SLEEF's deterministic variants give one result at every vector width. */
static void exponentials(double *values, size_t count) {
#if defined(__AVX512F__)
    for (size_t i = 0; i < count; i += 8)
        _mm512_storeu_pd(values + i, Sleef_cinz_expd8_u10avx512fnofma(_mm512_loadu_pd(values + i)));
#elif defined(__AVX2__)
    for (size_t i = 0; i < count; i += 4)
        _mm256_storeu_pd(values + i, Sleef_cinz_expd4_u10avx(_mm256_loadu_pd(values + i)));
#elif defined(__SSE2__)
    for (size_t i = 0; i < count; i += 2)
        _mm_storeu_pd(values + i, Sleef_cinz_expd2_u10sse2(_mm_loadu_pd(values + i)));
#else
    for (size_t i = 0; i < count; i++)
        values[i] = vdib__exp(values[i]);
#endif
}

static double sum_of(const double parts[PARTS]) {
    return ((parts[0] + parts[4]) + (parts[2] + parts[6])) + ((parts[1] + parts[5]) + (parts[3] + parts[7]));
}

static double product_of(const double parts[PARTS]) {
    return ((parts[0] * parts[4]) * (parts[2] * parts[6])) * ((parts[1] * parts[5]) * (parts[3] * parts[7]));
}

/* Up to CHUNK neurons. A neuron that pads the last eight has u far below 0: it adds 0 to every sum. */
static void rate_chunk(const float *potentials, const float *spikes, size_t count, double shift,
                       vdib__rate_sums *sums) {
    double u[CHUNK], y[CHUNK], e[CHUNK];
    double positive[PARTS] = {0}, expected[PARTS] = {0}, sampled[PARTS] = {0};
    double product[PARTS] = {1, 1, 1, 1, 1, 1, 1, 1};
    size_t padded = (count + PARTS - 1) / PARTS * PARTS;
    for (size_t i = 0; i < count; i++) {
        u[i] = (double)potentials[i];
        y[i] = (double)spikes[i];
    }
    for (size_t i = count; i < padded; i++) {
        u[i] = -1e4; /* exp(-1e4) is 0 */
        y[i] = 0.0;
    }
    for (size_t i = 0; i < padded; i++)
        e[i] = -fabs(u[i]);
    exponentials(e, padded);
    for (size_t i = 0; i < padded; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) {
            double factor = 1.0 + e[i + k], shifted = u[i + k] + shift;
            positive[k] += u[i + k] > 0.0 ? u[i + k] : 0.0;
            product[k] *= factor;
            expected[k] += (u[i + k] > 0.0 ? 1.0 : e[i + k]) / factor * shifted;
            sampled[k] += y[i + k] * shifted;
        }
    sums->softplus += sum_of(positive) + vdib__log(product_of(product));
    sums->expected += sum_of(expected);
    sums->sampled += sum_of(sampled);
}

static void rate(const float *potentials, const float *spikes, size_t count, double shift, vdib__rate_sums *sums) {
    for (size_t begin = 0; begin < count; begin += CHUNK)
        rate_chunk(potentials + begin, spikes + begin, count - begin < CHUNK ? count - begin : CHUNK, shift, sums);
}

extern const vdib__objective_kernels VDIB_KERNEL_TABLE(vdib__objective_kernels);
const vdib__objective_kernels VDIB_KERNEL_TABLE(vdib__objective_kernels) = {.rate = rate};
