/* SPDX-License-Identifier: MIT */
#include "core/matrix.h"

#include <cblas.h>
#include <pthread.h>

#include "core/error.h"
#include "core/threads.h"

static void hold_to_one_thread(void) {
    openblas_set_num_threads(1);
}

vdib_status vdib__blas_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (openblas_get_parallel() == OPENBLAS_SEQUENTIAL)
        return vdib__fail(
            VDIB_ERROR_UNSUPPORTED,
            "the OpenBLAS in use (%s) is a sequential build, which is wrong when threads share it; install "
            "libopenblas0-openmp",
            openblas_get_config());
    (void)pthread_once(&once, hold_to_one_thread);
    return VDIB_OK;
}

enum { SLICE_ROWS = 64, SLICE_COLUMNS = 256 };

void vdib__matrix_multiply_serial(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha,
                                  const float *a, const float *b, float beta, float *c) {
    if (m == 0 || n == 0)
        return;
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, (int)m,
                (int)n, (int)k, alpha, a, (int)(transpose_a ? m : k), b, (int)(transpose_b ? k : n), beta, c, (int)n);
}

void vdib__matrix_multiply(int threads, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha,
                           const float *a, const float *b, float beta, float *c) {
    size_t row_slices = vdib__blocks(m, SLICE_ROWS), column_slices = vdib__blocks(n, SLICE_COLUMNS);
    size_t lda = transpose_a ? m : k, ldb = transpose_b ? k : n;
#pragma omp parallel for collapse(2) schedule(static) num_threads(threads) if (threads > 1)
    for (size_t i = 0; i < row_slices; i++)
        for (size_t j = 0; j < column_slices; j++) {
            size_t row = i * SLICE_ROWS, column = j * SLICE_COLUMNS;
            size_t rows = m - row < SLICE_ROWS ? m - row : SLICE_ROWS;
            size_t columns = n - column < SLICE_COLUMNS ? n - column : SLICE_COLUMNS;
            cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
                        (int)rows, (int)columns, (int)k, alpha, transpose_a ? a + row : a + row * k, (int)lda,
                        transpose_b ? b + column * k : b + column, (int)ldb, beta, c + row * n + column, (int)n);
        }
}

const char *vdib__blas_name(void) {
    return openblas_get_config();
}
