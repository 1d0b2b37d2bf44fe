/* SPDX-License-Identifier: MIT */
/* Products of dense matrices against plain loops at odd sizes; the same bits for any number of threads. */
#include "core/matrices.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>

#include "core/matrix.h"

typedef struct product {
    bool transpose_a, transpose_b;
    size_t m, n, k;
    float alpha, beta;
} product;

static void plain(const product *p, const float *a, const float *b, float *c) {
    for (size_t i = 0; i < p->m; i++)
        for (size_t j = 0; j < p->n; j++) {
            double sum = 0;
            for (size_t l = 0; l < p->k; l++)
                sum += (double)(p->transpose_a ? a[l * p->m + i] : a[i * p->k + l]) *
                       (double)(p->transpose_b ? b[j * p->k + l] : b[l * p->n + j]);
            c[i * p->n + j] = (float)((double)p->alpha * sum + (double)p->beta * (double)c[i * p->n + j]);
        }
}

static void check(const product *p) {
    float *a = random_matrix(p->m * p->k, 1), *b = random_matrix(p->k * p->n, 2);
    float *want = random_matrix(p->m * p->n, 3), *first = random_matrix(p->m * p->n, 3);
    plain(p, a, b, want);
    vdib__matrix_multiply_serial(NULL, p->transpose_a, p->transpose_b, p->m, p->n, p->k, p->alpha, a, b, p->beta,
                                 first);
    assert_close(first, want, p->m * p->n, 1e-5);
    free(first);
    first = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        float *got = random_matrix(p->m * p->n, 3);
        vdib__matrix_multiply(NULL, threads, p->transpose_a, p->transpose_b, p->m, p->n, p->k, p->alpha, a, b, p->beta,
                              got);
        assert_close(got, want, p->m * p->n, 1e-5);
        if (first != NULL)
            assert_memory_equal(got, first, p->m * p->n * sizeof *got);
        else
            first = got;
        if (first != got)
            free(got);
    }
    free(first);
    free(want);
    free(b);
    free(a);
}

static void products_agree_with_plain_loops(void **state) {
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1}, {1, 300, 7}, {65, 1, 33}, {64, 256, 16}, {131, 513, 29}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int form = 0; form < 4; form++) {
            product p = {form & 1, form & 2, sizes[s][0], sizes[s][1], sizes[s][2], 0.75F, form == 3 ? 0.0F : 0.5F};
            check(&p);
        }
}

static void empty_results_are_left_alone(void **state) {
    (void)state;
    float a = 2, b = 3, c = 7;
    vdib__matrix_multiply_serial(NULL, false, false, 0, 1, 1, 1.0F, &a, &b, 0.0F, &c);
    vdib__matrix_multiply(NULL, 2, false, false, 1, 0, 1, 1.0F, &a, &b, 0.0F, &c);
    assert_true(c == 7.0F);
}

static void the_library_has_a_name(void **state) {
    (void)state;
    assert_non_null(strstr(vdib__blas_name(), "OpenBLAS"));
}

/* A product of any thread is made by that thread alone, and its OpenMP setting survives: once, only the thread that
 * called vdib__blas_start first was held, and for good. */
static void kernels_for_older_processors_are_known(void **state) {
    (void)state;
    assert_true(vdib__blas_is_old("Prescott", VDIB_KERNEL_AVX2));
    assert_true(vdib__blas_is_old("nehalem", VDIB_KERNEL_AVX512));
    assert_true(vdib__blas_is_old("Sandybridge", VDIB_KERNEL_AVX2));
    assert_false(vdib__blas_is_old("Prescott", VDIB_KERNEL_PORTABLE));
    assert_false(vdib__blas_is_old("Haswell", VDIB_KERNEL_AVX512));
    assert_false(vdib__blas_is_old("Zen", VDIB_KERNEL_AVX2));
    assert_false(vdib__blas_is_old("a core of next year", VDIB_KERNEL_AVX2));
    assert_non_null(strstr(vdib__blas_name(), vdib__blas_core()));
}

static void *multiply_in_thread(void *wrong) {
    enum { SIZE = 200, THREADS = 5 };
    omp_set_num_threads(THREADS);
    if (vdib__blas_start() != VDIB_OK)
        return wrong;
    int before = openblas_get_num_threads();
    float *a = random_matrix(SIZE * SIZE, 1), *c = random_matrix(SIZE * SIZE, 2);
    vdib__matrix_multiply_serial(NULL, false, false, SIZE, SIZE, SIZE, 1.0F, a, a, 0.0F, c);
    vdib__matrix_multiply(NULL, 1, false, true, SIZE, SIZE, SIZE, 1.0F, a, a, 0.0F, c);
    vdib__matrix_vector_serial(NULL, true, SIZE, SIZE, a, SIZE, a, 0.0F, c);
    free(c);
    free(a);
    /* OpenBLAS takes up the setting when it is about to start threads. */
    return openblas_get_num_threads() == before && omp_get_max_threads() == THREADS ? NULL : wrong;
}

static void any_thread_multiplies_alone(void **state) {
    (void)state;
    int setting = omp_get_max_threads();
    assert_ok(vdib__blas_start());
    assert_int_equal(omp_get_max_threads(), setting);
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        char mark;
        void *wrong = NULL;
        assert_int_equal(pthread_create(&thread, NULL, multiply_in_thread, &mark), 0);
        assert_int_equal(pthread_join(thread, &wrong), 0);
        assert_null(wrong);
    }
}

/* Eigenvalues 5, 3 and 1; whatever stands above the diagonal is not read twice. */
static void eigenvalues_come_falling(void **state) {
    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        double a[9] = {2, 1, 0, 1, 2, 0, 0, 0, 5}, values[3] = {0}, vectors[9] = {0};
        const double want[3] = {5, 3, 1}, half = 0.70710678118654752;
        assert_ok(vdib__matrix_largest_eigen(3, a, count, values, vectors));
        assert_close_double(values, want, count, 1e-14);
        assert_true(fabs(fabs(vectors[2]) - 1) < 1e-14 && fabs(vectors[0]) < 1e-14);
        if (count > 1)
            assert_true(fabs(vectors[3] - vectors[4]) < 1e-14 && fabs(fabs(vectors[3]) - half) < 1e-14);
        if (count > 2)
            assert_true(fabs(vectors[6] + vectors[7]) < 1e-14 && fabs(fabs(vectors[6]) - half) < 1e-14);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvalues_come_falling),     cmocka_unit_test(products_agree_with_plain_loops),
        cmocka_unit_test(empty_results_are_left_alone), cmocka_unit_test(any_thread_multiplies_alone),
        cmocka_unit_test(the_library_has_a_name),       cmocka_unit_test(kernels_for_older_processors_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
