/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_MATRIX_H
#define VDIB_CORE_MATRIX_H
/* Dense row-major float matrices, and threads over fixed slices of the result.
 *
 * The result is cut into slices whose borders depend on its shape alone, each slice is one call on one thread, and
 * threads take slices: the same bits for any number of threads. Slices are made by BLAS, whose bits are its own, or by
 * this library's kernels (kernels_dense.h), which give the same bits on every machine. */

#include <stdbool.h>
#include <stddef.h>

#include "core/kernel_level.h"
#include "vdib/status.h"

/* To be called before the first product, by whoever makes what computes products. Safe from any thread, as often as
 * wanted. VDIB_ERROR_UNSUPPORTED if the loaded OpenBLAS is a sequential build: those share buffers between calling
 * threads and give wrong results (seen with Debian's 0.3.21). A pthread build is held to one thread a call for the
 * whole process; the OpenMP build is held call by call, and the caller's own OpenMP settings stay as they are. */
vdib_status vdib__blas_start(void);

/* Who makes products of floats: kernels of this library, or NULL for BLAS. Static; products.h chooses. */
typedef const struct vdib__dense_kernels *vdib__products;

/* c (m, n) = alpha * op(a) (m, k) * op(b) (k, n) + beta * c. transpose_a: a is stored (k, m); transpose_b: b is stored
 * (n, k); not both. No leading-dimension gaps. beta is 1, or 0, with which c may hold anything before. */
void vdib__matrix_multiply(vdib__products by, int threads, bool transpose_a, bool transpose_b, size_t m, size_t n,
                           size_t k, float alpha, const float *a, const float *b, float beta, float *c);

/* The same on the calling thread alone. */
void vdib__matrix_multiply_serial(vdib__products by, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                                  float alpha, const float *a, const float *b, float beta, float *c);

/* c (m, n) = op(a) * op(b) + beta * c of parts of larger matrices: lda, ldb, ldc elements between their rows. On
 * the calling thread alone. */
void vdib__matrix_multiply_part(vdib__products by, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                                const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                                size_t ldc);

/* y = op(a) * x + beta * y, a (rows, columns) with rows `stride` apart; transpose: x (rows) and y (columns), else
 * the other way round. On the calling thread alone. */
void vdib__matrix_vector_serial(vdib__products by, bool transpose, size_t rows, size_t columns, const float *a,
                                size_t stride, const float *x, float beta, float *y);

/* c (m, n) = a (m, k) * b^T, b (n, k), in double. One single-threaded BLAS call. */
void vdib__matrix_multiply_double(size_t m, size_t n, size_t k, const double *a, const double *b, double *c);

/* Solves a x = b for each of the rows of b (columns, n), which become the x; a (n, n) is symmetric and is overwritten.
 * LAPACK's dposv, single-threaded. VDIB_ERROR_NUMERIC if a is not positive definite; b is undefined then. */
vdib_status vdib__matrix_solve_positive(size_t n, double *a, size_t columns, double *b);

/* The `count` largest eigenvalues of a symmetric matrix a (n, n), which is overwritten: values (count), falling, and
 * vectors (count, n) of length 1, whose signs are arbitrary. LAPACK's dsyevr, single-threaded. VDIB_ERROR_NUMERIC if it
 * finds none. */
vdib_status vdib__matrix_largest_eigen(size_t n, double *a, size_t count, double *values, double *vectors);

/* The BLAS in use with its version and kernel, for example "OpenBLAS 0.3.21 ... Zen ...". Static. */
const char *vdib__blas_name(void);

/* Its name of the processor that its kernels are made for, for example "Zen". Static. */
const char *vdib__blas_core(void);

/* Whether kernels for processor `core` do without the instructions of `level`, and so are several times slower than
 * this machine: OpenBLAS takes such on processors that are newer than itself. */
bool vdib__blas_is_old(const char *core, vdib__kernel_level level);

#endif
