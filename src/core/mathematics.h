/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_MATHEMATICS_H
#define VDIB_CORE_MATHEMATICS_H
/* Elementary functions with the same bits on every C library: SLEEF's deterministic scalar variants (1.0 ULP). Code
 * whose results reach a model or a data set uses these and never <math.h>'s exp, log, sin, cos, pow (sqrt, floor, fabs
 * and round are exact by IEEE 754 and may come from <math.h>). */

#include <math.h>
#include <sleef.h>

#define VDIB_PI  3.14159265358979323846
#define VDIB_LN2 0.693147180559945309417

static inline double vdib__exp(double x) {
    return Sleef_cinz_expd1_u10purec(x);
}

static inline double vdib__log(double x) {
    return Sleef_cinz_logd1_u10purec(x);
}

static inline double vdib__cos(double x) {
    return Sleef_cinz_cosd1_u10purec(x);
}

static inline double vdib__sin(double x) {
    return Sleef_cinz_sind1_u10purec(x);
}

static inline double vdib__sqrt(double x) {
    return sqrt(x);
}

static inline float vdib__expf(float x) {
    return Sleef_cinz_expf1_u10purec(x);
}

static inline float vdib__logf(float x) {
    return Sleef_cinz_logf1_u10purec(x);
}

/* 1 / (1 + exp(-x)), never overflowing. */
static inline float vdib__sigmoidf(float x) {
    return 1.0F / (1.0F + vdib__expf(-x));
}

/* log(1 + exp(x)) in double, stable for every x. */
static inline double vdib__softplus(double x) {
    return (x > 0 ? x : 0.0) + vdib__log(1.0 + vdib__exp(x > 0 ? -x : x));
}

#endif
