/* SPDX-License-Identifier: MIT */
#include "core/matrix.h"

#include <cblas.h>
#include <omp.h>
#include <pthread.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/kernels_dense.h"
#include "core/text.h"
#include "core/threads.h"

static void hold_pthread_build(void) {
    openblas_set_num_threads(1);
}

vdib_status vdib__blas_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int build = openblas_get_parallel();
    if (build == OPENBLAS_SEQUENTIAL)
        return vdib__fail(
            VDIB_ERROR_UNSUPPORTED,
            "the OpenBLAS in use (%s) is a sequential build, which is wrong when threads share it; install "
            "libopenblas0-openmp",
            vdib__blas_name());
    if (build == OPENBLAS_THREAD)
        (void)pthread_once(&once, hold_pthread_build);
    return VDIB_OK;
}

/* OpenBLAS's OpenMP build asks OpenMP how many threads the calling thread may start. That number belongs to the
 * thread, so it is held for the length of a call: whoever calls is served by one thread, and keeps the setting of
 * its own regions. */
static int hold_thread(void) {
    int threads = omp_get_max_threads();
    if (threads > 1)
        omp_set_num_threads(1);
    return threads;
}

static void release_thread(int threads) {
    if (threads > 1)
        omp_set_num_threads(threads);
}

enum { SLICE_ROWS = 64, SLICE_COLUMNS = 256 };

typedef struct operands {
    vdib__products by;
    bool transpose_a, transpose_b;
    size_t lda, ldb, ldc;
    const float *a, *b;
    float *c;
} operands;

static CBLAS_TRANSPOSE form(bool transpose) {
    return transpose ? CblasTrans : CblasNoTrans;
}

static void multiply_by_blas(const operands *o, size_t m, size_t n, size_t k, float alpha, float beta) {
    int threads = hold_thread();
    cblas_sgemm(CblasRowMajor, form(o->transpose_a), form(o->transpose_b), (int)m, (int)n, (int)k, alpha, o->a,
                (int)o->lda, o->b, (int)o->ldb, beta, o->c, (int)o->ldc);
    release_thread(threads);
}

static void scale(float *c, size_t rows, size_t columns, size_t stride, float by) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            c[i * stride + j] *= by;
}

static void multiply(const operands *o, size_t m, size_t n, size_t k, float alpha, float beta) {
    if (o->by == NULL) {
        multiply_by_blas(o, m, n, k, alpha, beta);
        return;
    }
    const vdib__dense product = {.m = m,
                                 .n = n,
                                 .k = k,
                                 .a = o->a,
                                 .b = o->b,
                                 .a_row = o->transpose_a ? 1 : o->lda,
                                 .a_term = o->transpose_a ? o->lda : 1,
                                 .ldb = o->ldb,
                                 .ldc = o->ldc,
                                 .c = o->c,
                                 .added = beta != 0};
    (o->transpose_b ? o->by->by_rows : o->by->by_terms)(&product);
    if (alpha != 1.0F)
        scale(o->c, m, n, o->ldc, alpha);
}

void vdib__matrix_multiply_serial(vdib__products by, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                                  float alpha, const float *a, const float *b, float beta, float *c) {
    if (m == 0 || n == 0)
        return;
    operands whole = {by, transpose_a, transpose_b, transpose_a ? m : k, transpose_b ? k : n, n, a, b, c};
    multiply(&whole, m, n, k, alpha, beta);
}

void vdib__matrix_multiply_part(vdib__products by, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                                const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                                size_t ldc) {
    if (m == 0 || n == 0)
        return;
    operands part = {by, transpose_a, transpose_b, lda, ldb, ldc, a, b, c};
    multiply(&part, m, n, k, 1.0F, beta);
}

static void vector_by_blas(bool transpose, size_t rows, size_t columns, const float *a, size_t stride, const float *x,
                           float beta, float *y) {
    int threads = hold_thread();
    cblas_sgemv(CblasRowMajor, form(transpose), (int)rows, (int)columns, 1.0F, a, (int)stride, x, 1, beta, y, 1);
    release_thread(threads);
}

void vdib__matrix_vector_serial(vdib__products by, bool transpose, size_t rows, size_t columns, const float *a,
                                size_t stride, const float *x, float beta, float *y) {
    const operands row = {by, false, !transpose, 0, stride, 0, x, a, y};
    if (by == NULL)
        vector_by_blas(transpose, rows, columns, a, stride, x, beta, y);
    else
        multiply(&row, 1, transpose ? columns : rows, transpose ? rows : columns, 1.0F, beta);
}

typedef struct product {
    operands whole;
    size_t m, n, k;
    float alpha, beta;
    size_t column_slices;
} product;

/* Tasks: slices of the result, those of one row of slices after another. */
static void multiply_slice(const void *context, size_t number, size_t slot) {
    const product *p = context;
    operands slice = p->whole;
    size_t row = number / p->column_slices * SLICE_ROWS, column = number % p->column_slices * SLICE_COLUMNS;
    size_t rows = p->m - row < SLICE_ROWS ? p->m - row : SLICE_ROWS;
    size_t columns = p->n - column < SLICE_COLUMNS ? p->n - column : SLICE_COLUMNS;
    (void)slot;
    slice.a += slice.transpose_a ? row : row * slice.lda;
    slice.b += slice.transpose_b ? column * slice.ldb : column;
    slice.c += row * slice.ldc + column;
    multiply(&slice, rows, columns, p->k, p->alpha, p->beta);
}

void vdib__matrix_multiply(vdib__products by, int threads, bool transpose_a, bool transpose_b, size_t m, size_t n,
                           size_t k, float alpha, const float *a, const float *b, float beta, float *c) {
    const product all = {.whole = {by, transpose_a, transpose_b, transpose_a ? m : k, transpose_b ? k : n, n, a, b, c},
                         .m = m,
                         .n = n,
                         .k = k,
                         .alpha = alpha,
                         .beta = beta,
                         .column_slices = vdib__blocks(n, SLICE_COLUMNS)};
    vdib__parallel(threads, vdib__blocks(m, SLICE_ROWS) * all.column_slices, multiply_slice, &all);
}

void vdib__matrix_multiply_double(size_t m, size_t n, size_t k, const double *a, const double *b, double *c) {
    int threads = hold_thread();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1.0, a, (int)k, b, (int)k, 0.0, c,
                (int)n);
    release_thread(threads);
}

/* LAPACK, part of OpenBLAS, as Fortran compilers call it: the length of a text comes last. */
extern void dposv_(const char *triangle, const int *n, const int *columns, double *a, const int *lda, double *b,
                   const int *ldb, int *info, size_t triangle_length);

vdib_status vdib__matrix_solve_positive(size_t n, double *a, size_t columns, double *b) {
    int order = (int)n, right = (int)columns, info = 0, threads = hold_thread();
    dposv_("L", &order, &right, a, &order, b, &order, &info, 1);
    release_thread(threads);
    if (info != 0)
        return vdib__fail(VDIB_ERROR_NUMERIC, "a matrix of %zu rows is not positive definite in double precision", n);
    return VDIB_OK;
}

extern void dsyevr_(const char *job, const char *range, const char *triangle, const int *n, double *a, const int *lda,
                    const double *low, const double *high, const int *first, const int *last, const double *tolerance,
                    int *found, double *values, double *vectors, const int *ldz, int *support, double *work,
                    const int *work_length, int *whole_work, const int *whole_length, int *info, size_t job_length,
                    size_t range_length, size_t triangle_length);

/* What dsyevr works with. */
typedef struct eigen_work {
    double *values;  /* (n) */
    double *vectors; /* (count, n) from the smallest of them up */
    double *work;    /* (26 n) */
    int *support;    /* (2 count) */
    int *whole;      /* (10 n) */
} eigen_work;

static vdib_status find_eigen(size_t n, double *a, size_t count, const eigen_work *w) {
    const int order = (int)n, first = (int)(n - count + 1), length = 26 * order, whole_length = 10 * order;
    const double none = 0;
    int found = 0, info = 0, threads = hold_thread();
    dsyevr_("V", "I", "L", &order, a, &order, &none, &none, &first, &order, &none, &found, w->values, w->vectors,
            &order, w->support, w->work, &length, w->whole, &whole_length, &info, 1, 1, 1);
    release_thread(threads);
    if (info != 0 || found != (int)count)
        return vdib__fail(VDIB_ERROR_NUMERIC, "the eigenvalues of a matrix of %zu rows were not found", n);
    return VDIB_OK;
}

static vdib_status create_eigen_work(size_t n, size_t count, eigen_work *w) {
    VDIB_TRY(VDIB_NEW(&w->values, n));
    VDIB_TRY(VDIB_NEW(&w->vectors, count * n));
    VDIB_TRY(VDIB_NEW(&w->work, 26 * n));
    VDIB_TRY(VDIB_NEW(&w->support, 2 * count));
    return VDIB_NEW(&w->whole, 10 * n);
}

vdib_status vdib__matrix_largest_eigen(size_t n, double *a, size_t count, double *values, double *vectors) {
    eigen_work w = {.values = NULL};
    vdib_status status = create_eigen_work(n, count, &w);
    if (status == VDIB_OK)
        status = find_eigen(n, a, count, &w);
    for (size_t k = 0; k < count && status == VDIB_OK; k++) { /* they come rising */
        values[k] = w.values[count - 1 - k];
        memcpy(vectors + k * n, w.vectors + (count - 1 - k) * n, n * sizeof *vectors);
    }
    vdib__free(w.whole);
    vdib__free(w.support);
    vdib__free(w.work);
    vdib__free(w.vectors);
    vdib__free(w.values);
    return status;
}

/* OpenBLAS puts its text together anew in every call, in one place for all threads. */
static char blas_name[256];

static void note_blas_name(void) {
    vdib__format(blas_name, sizeof blas_name, "%s", openblas_get_config());
}

const char *vdib__blas_name(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, note_blas_name);
    return blas_name;
}

const char *vdib__blas_core(void) {
    return openblas_get_corename();
}

bool vdib__blas_is_old(const char *core, vdib__kernel_level level) {
    static const char *const without_avx2[] = {
        "generic", "Katmai",    "Coppermine", "Northwood",  "Prescott",     "Banias",    "Atom",
        "Core2",   "Penryn",    "Nano",       "Dunnington", "Nehalem",      "Athlon",    "Sandybridge",
        "Bobcat",  "Bulldozer", "Piledriver", "Opteron",    "Opteron_SSE3", "Barcelona", "Steamroller"};
    for (size_t i = 0; level != VDIB_KERNEL_PORTABLE && i < sizeof without_avx2 / sizeof *without_avx2; i++)
        if (vdib__same_word(core, without_avx2[i]))
            return true;
    return false;
}
