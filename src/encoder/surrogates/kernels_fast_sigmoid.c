/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "encoder/surrogate.h"

/* Zenke and Ganguli 2018: the derivative of k u / (k|u| + 1). */
static void multiply(float *restrict errors, const float *restrict u, size_t count, float slope) {
    for (size_t i = 0; i < count; i++) {
        float d = slope * fabsf(u[i]) + 1.0F;
        errors[i] *= 1.0F / (d * d);
    }
}

VDIB_SURROGATE(fast_sigmoid) = {.multiply = multiply};
