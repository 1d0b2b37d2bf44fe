/* SPDX-License-Identifier: MIT */
/* Whether a BLAS may be called by several threads at once: counts products that differ from the same product made
 * alone.
 *
 *   cc -O2 -fopenmp bench/blas_threads.c -o /tmp/blas_threads -l:libopenblas.so.0 && /tmp/blas_threads
 *
 * Debian 12's libopenblas0-serial (0.3.21) fails, libopenblas0-openmp and -pthread with one thread a call do not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

enum { SETS = 8, PRODUCTS = 20000 };

static float *random_values(size_t count) {
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; values != NULL && i < count; i++)
        values[i] = (float)(rand() % 1000) * 0.001F - 0.5F;
    return values;
}

static void multiply(int m, int n, int k, const float *a, const float *b, float *c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F, a, k, b, k, 0.0F, c, n);
}

static long count_wrong(int m, int n, int k) {
    size_t size_a = (size_t)m * (size_t)k, size_b = (size_t)k * (size_t)n, size_c = (size_t)m * (size_t)n;
    float *a = random_values(SETS * size_a), *b = random_values(SETS * size_b), *want = random_values(SETS * size_c);
    float *got = random_values(2 * size_c);
    if (a == NULL || b == NULL || want == NULL || got == NULL)
        exit(2);
    for (size_t s = 0; s < SETS; s++)
        multiply(m, n, k, a + s * size_a, b + s * size_b, want + s * size_c);
    long wrong = 0;
#pragma omp parallel for num_threads(2) reduction(+ : wrong) schedule(static, PRODUCTS / 2)
    for (size_t r = 0; r < PRODUCTS; r++) {
        size_t s = r % SETS;
        float *c = got + (r < PRODUCTS / 2 ? 0 : size_c);
        multiply(m, n, k, a + s * size_a, b + s * size_b, c);
        wrong += memcmp(c, want + s * size_c, size_c * sizeof *c) != 0;
    }
    free(got), free(want), free(b), free(a);
    return wrong;
}

int main(void) {
    static const int shapes[][3] = {{6, 12, 24}, {64, 64, 64}, {80, 256, 300}, {33, 17, 2048}};
    long sum = 0;
    openblas_set_num_threads(1);
    printf("%s\n", openblas_get_config());
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        long wrong = count_wrong(shapes[i][0], shapes[i][1], shapes[i][2]);
        printf("%d x %d x %d: %ld of %d products wrong\n", shapes[i][0], shapes[i][1], shapes[i][2], wrong, PRODUCTS);
        sum += wrong;
    }
    return sum != 0;
}
