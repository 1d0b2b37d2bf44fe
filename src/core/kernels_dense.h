/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_KERNELS_DENSE_H
#define VDIB_CORE_KERNELS_DENSE_H
/* Products of dense matrices, compiled once a kernel level. Every element is one chain of multiplications and additions
 * in one order, which the form and the shape of the product decide, never the width of the registers: every level gives
 * the same bits. Nothing is fused, so processors with and without fused operations agree. */

#include <stdbool.h>
#include <stddef.h>

/* c (m, n), rows ldc apart, from k terms. Element (i, p) of a is a[i * a_row + p * a_term]. */
typedef struct vdib__dense {
    size_t m, n, k;
    const float *a, *b;
    size_t a_row, a_term, ldb, ldc;
    float *c;
    bool added; /* added to c; else c is replaced, and may hold anything before */
} vdib__dense;

typedef struct vdib__dense_kernels {
    /* b (k, n), rows ldb apart. Terms are added in order, to 0 or to what c holds. */
    void (*by_terms)(const vdib__dense *product);
    /* b (n, k), rows ldb apart, and a_term 1. Term p is added to part p mod 8; the parts are added in halves, and their
     * sum to c. */
    void (*by_rows)(const vdib__dense *product);
} vdib__dense_kernels;

#endif
