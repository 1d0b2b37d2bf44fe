/* SPDX-License-Identifier: MIT */
/* The table of heads, and what they share. */
#include "core/mathematics.h"
#include "decoder/head.h"

/* symbol: the row is vdib__head_<symbol>, in heads/<symbol>.c */
#define HEADS(ROW)                                                                                                     \
    ROW(bernoulli)                                                                                                     \
    ROW(categorical)                                                                                                   \
    ROW(gaussian)

#define DECLARE(symbol) extern const vdib__head vdib__head_##symbol;
#define LIST(symbol)    &vdib__head_##symbol.choice,

HEADS(DECLARE)
static const vdib__choice *const rows[] = {HEADS(LIST)};
const vdib__choices vdib__heads = VDIB_CHOICES(rows);

double vdib__log_mean_exp(const double *values, size_t count) {
    double largest = values[0], sum = 0, e[VDIB_HEAD_DRAWS];
    for (size_t k = 1; k < count; k++)
        largest = values[k] > largest ? values[k] : largest;
    for (size_t k = 0; k < count; k++)
        e[k] = values[k] - largest;
    vdib__exponentials(e, count);
    for (size_t k = 0; k < count; k++)
        sum += e[k];
    return largest + vdib__log(sum / (double)count);
}

/* SLEEF's deterministic variants give one result at every vector width. */
void vdib__exponentials(double *values, size_t count) {
    size_t i = 0;
#ifdef __SSE2__
    for (; i + 2 <= count; i += 2)
        _mm_storeu_pd(values + i, Sleef_cinz_expd2_u10sse2(_mm_loadu_pd(values + i)));
#endif
    for (; i < count; i++)
        values[i] = vdib__exp(values[i]);
}
