/* SPDX-License-Identifier: MIT */
/* Products by the library's own kernels: every level gives, bit for bit, the sums that the header describes, made here
 * one element after the other; and what a level gives is near the product in double precision. */
#include "core/matrices.h"

#include <math.h>

#include "core/kernel_level.h"
#include "core/matrix.h"
#include "core/products.h"

enum { GAP = 5, PARTS = 8 }; /* columns behind a row that belong to nobody */

typedef struct form {
    bool transpose_a, transpose_b;
    size_t m, n, k;
    float beta;
    size_t lda, ldb, ldc;
    const float *a, *b;
} form;

static float of_a(const form *f, size_t i, size_t p) {
    return f->transpose_a ? f->a[p * f->lda + i] : f->a[i * f->lda + p];
}

static float of_b(const form *f, size_t p, size_t j) {
    return f->transpose_b ? f->b[j * f->ldb + p] : f->b[p * f->ldb + j];
}

/* b transposed: eight parts, added in halves, then c. Else: the terms in order, to 0 or to c. */
static float in_order(const form *f, size_t i, size_t j, float c) {
    volatile float sum = f->beta != 0 ? c : 0; /* volatile: nothing is fused */
    if (!f->transpose_b) {
        for (size_t p = 0; p < f->k; p++) {
            volatile float term = of_a(f, i, p) * of_b(f, p, j);
            sum = sum + term;
        }
        return sum;
    }
    volatile float part[PARTS] = {0};
    for (size_t p = 0; p < f->k; p++) {
        volatile float term = of_a(f, i, p) * of_b(f, p, j);
        part[p % PARTS] = part[p % PARTS] + term;
    }
    for (size_t half = PARTS / 2; half > 0; half /= 2)
        for (size_t q = 0; q < half; q++)
            part[q] = part[q] + part[q + half];
    return f->beta != 0 ? c + part[0] : part[0];
}

static double exactly(const form *f, size_t i, size_t j, float c) {
    double sum = f->beta != 0 ? (double)c : 0;
    for (size_t p = 0; p < f->k; p++)
        sum += (double)of_a(f, i, p) * (double)of_b(f, p, j);
    return sum;
}

static vdib__kernel_level best_level(void) {
    vdib__kernel_level best;
    assert_ok(vdib__kernel_level_choose(&best));
    return best;
}

static void check(const form *f) {
    float *was = random_matrix(f->m * f->ldc, 3), *c = malloc((f->m * f->ldc + 1) * sizeof *c);
    assert_non_null(c);
    for (int level = VDIB_KERNEL_PORTABLE; level <= (int)best_level(); level++) {
        memcpy(c, was, f->m * f->ldc * sizeof *c);
        vdib__matrix_multiply_part(vdib__products_of(true, (vdib__kernel_level)level), f->transpose_a, f->transpose_b,
                                   f->m, f->n, f->k, f->a, f->lda, f->b, f->ldb, f->beta, c, f->ldc);
        for (size_t i = 0; i < f->m; i++)
            for (size_t j = 0; j < f->ldc; j++) {
                float before = was[i * f->ldc + j], got = c[i * f->ldc + j];
                float want = j < f->n ? in_order(f, i, j, before) : before;
                assert_memory_equal(&got, &want, sizeof got);
                if (j < f->n)
                    assert_true(fabs((double)got - exactly(f, i, j, before)) < 1e-6 * (double)(f->k + 1));
            }
    }
    free(c);
    free(was);
}

/* Sizes around those of registers, tiles and panels, with rows that have gaps between them. */
static void every_level_adds_in_the_same_order(void **state) {
    (void)state;
    static const size_t ms[] = {1, 2, 3, 5, 6, 7, 13, 17, 31}, ns[] = {1, 3, 4, 8, 15, 16, 17, 33, 50},
                        ks[] = {0, 1, 7, 8, 9, 16, 31, 255, 256, 257, 600};
    float *a = random_matrix(31 * (600 + GAP) * 2, 1), *b = random_matrix(600 * (600 + GAP), 2);
    for (size_t x = 0; x < sizeof ms / sizeof *ms; x++)
        for (size_t y = 0; y < sizeof ns / sizeof *ns; y++)
            for (size_t z = 0; z < sizeof ks / sizeof *ks; z++)
                for (int kind = 0; kind < 3; kind++) {
                    form f = {.transpose_a = kind == 1,
                              .transpose_b = kind == 2,
                              .m = ms[x],
                              .n = ns[y],
                              .k = ks[z],
                              .beta = (float)((x + y + z) % 2),
                              .a = a,
                              .b = b};
                    f.lda = (f.transpose_a ? f.m : f.k) + GAP;
                    f.ldb = (f.transpose_b ? f.k : f.n) + GAP;
                    f.ldc = f.n + GAP;
                    check(&f);
                }
    free(b);
    free(a);
}

static void vectors_are_products_of_one_row(void **state) {
    (void)state;
    enum { ROWS = 37, COLUMNS = 61 };
    vdib__products by = vdib__products_of(true, best_level());
    float *a = random_matrix((size_t)ROWS * COLUMNS, 1), *x = random_matrix(COLUMNS, 2);
    for (int transpose = 0; transpose < 2; transpose++) {
        float got[COLUMNS] = {0}, want[COLUMNS] = {0};
        size_t outputs = transpose ? COLUMNS : ROWS, inputs = transpose ? ROWS : COLUMNS;
        vdib__matrix_vector_serial(by, transpose, ROWS, COLUMNS, a, COLUMNS, x, 0.0F, got);
        vdib__matrix_multiply_part(by, false, !transpose, 1, outputs, inputs, x, inputs, a, COLUMNS, 0.0F, want,
                                   outputs);
        assert_memory_equal(got, want, outputs * sizeof *got);
        for (size_t o = 0; o < outputs; o++) {
            double sum = 0;
            for (size_t i = 0; i < inputs; i++)
                sum += (double)x[i] * (double)(transpose ? a[i * COLUMNS + o] : a[o * COLUMNS + i]);
            assert_true(fabs(sum - (double)got[o]) < 1e-5);
        }
    }
    free(x);
    free(a);
}

static void threads_do_not_change_a_bit(void **state) {
    (void)state;
    enum { M = 131, N = 600, K = 70 };
    vdib__products by = vdib__products_of(true, best_level());
    float *a = random_matrix((size_t)M * K, 1), *b = random_matrix((size_t)N * K, 2);
    float *one = random_matrix((size_t)M * N, 3), *many = random_matrix((size_t)M * N, 4);
    for (int transpose = 0; transpose < 2; transpose++) {
        vdib__matrix_multiply_serial(by, false, transpose, M, N, K, 0.5F, a, b, 0.0F, one);
        vdib__matrix_multiply(by, 3, false, transpose, M, N, K, 0.5F, a, b, 0.0F, many);
        assert_memory_equal(one, many, (size_t)M * N * sizeof *one);
        form f = {.transpose_b = transpose, .m = M, .n = N, .k = K, .a = a, .b = b, .lda = K, .ldb = transpose ? K : N};
        assert_true(fabs((double)one[M * N - 1] - 0.5 * exactly(&f, M - 1, N - 1, 0)) < 1e-5);
    }
    free(many);
    free(one);
    free(b);
    free(a);
}

static void blas_is_the_other_way(void **state) {
    (void)state;
    assert_null(vdib__products_of(false, best_level()));
    assert_false(vdib__products_are_portable(vdib__choice_find(&vdib__product_kinds, "blas")));
    assert_true(vdib__products_are_portable(vdib__choice_find(&vdib__product_kinds, "portable")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_adds_in_the_same_order),
        cmocka_unit_test(vectors_are_products_of_one_row),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(blas_is_the_other_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
