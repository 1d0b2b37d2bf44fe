/* SPDX-License-Identifier: MIT */
#include "encoder/kernels_lane.h"
#include "encoder/surrogate.h"

/* sigma(u) (1 - sigma(u)) is even; formed at -|u|, where 1 - sigma(u) has lost nothing. */
static void multiply(float *restrict errors, const float *restrict u, size_t count, float slope) {
    float negative[VDIB_BLOCK], probabilities[VDIB_BLOCK];
    (void)slope;
    for (size_t begin = 0; begin < count; begin += VDIB_BLOCK) {
        size_t width = count - begin < VDIB_BLOCK ? count - begin : VDIB_BLOCK;
        for (size_t i = 0; i < width; i++)
            negative[i] = -fabsf(u[begin + i]);
        sigmoid_row(probabilities, negative, width);
        for (size_t i = 0; i < width; i++)
            errors[begin + i] *= probabilities[i] * (1.0F - probabilities[i]);
    }
}

VDIB_SURROGATE(logistic) = {.multiply = multiply};
