/* SPDX-License-Identifier: MIT */
/* Kernel ridge regression: f(x) = m + sum_i k(x, x_i) a_i with (K + lambda I) a = y - m. */
#include "eval/ridge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/matrix.h"
#include "core/threads.h"

const double VDIB__RIDGE_PENALTY[VDIB__RIDGE_PENALTIES] = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10};

/* ---- the kernel ---- */

static double distance_squared(const vdib__ridge_table *a, size_t i, const vdib__ridge_table *b, size_t j,
                               double product) {
    double squared = a->squares[i] + b->squares[j] - 2 * product;
    return squared > 0 ? squared : 0; /* rounding may take it below */
}

static int compare(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return first < second ? -1 : first > second;
}

static double dot(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

vdib_status vdib__ridge_width(const vdib__ridge_table *table, double *width) {
    enum { MOST = 1000 };
    size_t rows = table->rows < MOST ? table->rows : MOST, pairs = rows * (rows - 1) / 2, used = 0;
    double *distances = NULL;
    *width = 1;
    if (pairs == 0)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&distances, pairs));
    for (size_t a = 0; a < rows; a++)
        for (size_t b = 0; b < a; b++) {
            size_t i = a * table->rows / rows, j = b * table->rows / rows;
            double product = dot(table->x + i * table->features, table->x + j * table->features, table->features);
            distances[used++] = sqrt(distance_squared(table, i, table, j, product));
        }
    qsort(distances, pairs, sizeof *distances, compare);
    double median = pairs % 2 == 1 ? distances[pairs / 2] : 0.5 * (distances[pairs / 2 - 1] + distances[pairs / 2]);
    vdib__free(distances);
    if (median > 0)
        *width = median;
    return VDIB_OK;
}

typedef struct forming {
    const vdib__ridge *ridge;
    const vdib__ridge_table *table;
    size_t first;
    const float *products; /* (count, rows) */
    double *kernel;        /* (count, rows) */
} forming;

/* Tasks: rows of the block. */
static void form_row(const void *context, size_t row, size_t slot) {
    const forming *f = context;
    const vdib__ridge_table *train = &f->ridge->train;
    double scale = -0.5 / (f->ridge->width * f->ridge->width);
    (void)slot;
    for (size_t j = 0; j < train->rows; j++)
        f->kernel[row * train->rows + j] =
            vdib__exp(scale * distance_squared(f->table, f->first + row, train, j, f->products[row * train->rows + j]));
}

/* kernel (count, train rows) = k of rows first .. first + count of a table. products (count, train rows) is scratch. */
static void form_kernel(const vdib__ridge *ridge, const vdib__ridge_table *table, size_t first, size_t count,
                        int threads, float *products, double *kernel) {
    const vdib__ridge_table *train = &ridge->train;
    const forming f = {ridge, table, first, products, kernel};
    vdib__matrix_multiply(NULL, threads, false, true, count, train->rows, train->features, 1.0F,
                          table->x + first * table->features, train->x, 0.0F, products);
    vdib__parallel(threads, count, form_row, &f);
}

enum { BLOCK = 256 };

static size_t block_of(const vdib__ridge_table *table, size_t first) {
    return table->rows - first < BLOCK ? table->rows - first : BLOCK;
}

static vdib_status fill_kernel(vdib__ridge *ridge, int threads) {
    size_t n = ridge->train.rows;
    float *products = NULL;
    VDIB_TRY(VDIB_NEW(&products, BLOCK * n));
    for (size_t first = 0; first < n; first += BLOCK)
        form_kernel(ridge, &ridge->train, first, block_of(&ridge->train, first), threads, products,
                    ridge->kernel + first * n);
    vdib__free(products);
    return VDIB_OK;
}

/* ---- fitting ---- */

static void find_mean(vdib__ridge *ridge) {
    const vdib__ridge_table *train = &ridge->train;
    for (size_t i = 0; i < train->rows; i++)
        for (size_t o = 0; o < train->outputs; o++)
            ridge->mean[o] += train->y[i * train->outputs + o];
    for (size_t o = 0; o < train->outputs; o++)
        ridge->mean[o] /= (double)train->rows;
}

vdib_status vdib__ridge_create(vdib__ridge_table *train, int threads, vdib__ridge *ridge) {
    vdib__ridge made = {.train = *train};
    size_t n = train->rows;
    *train = (vdib__ridge_table){.rows = 0};
    vdib_status status = vdib__blas_start();
    if (status == VDIB_OK)
        status = VDIB_NEW_UNSET(&made.kernel, n * n);
    if (status == VDIB_OK)
        status = VDIB_NEW_UNSET(&made.factor, n * n);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made.mean, made.train.outputs);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made.weights, made.train.outputs * n);
    if (status == VDIB_OK)
        status = vdib__ridge_width(&made.train, &made.width);
    if (status == VDIB_OK)
        status = fill_kernel(&made, threads);
    if (status != VDIB_OK) {
        vdib__ridge_free(&made);
        return status;
    }
    find_mean(&made);
    *ridge = made;
    return VDIB_OK;
}

void vdib__ridge_free(vdib__ridge *ridge) {
    vdib__ridge_table_free(&ridge->train);
    vdib__free(ridge->kernel);
    vdib__free(ridge->factor);
    vdib__free(ridge->mean);
    vdib__free(ridge->weights);
    *ridge = (vdib__ridge){.width = 0};
}

vdib_status vdib__ridge_solve(vdib__ridge *ridge, double penalty) {
    const vdib__ridge_table *train = &ridge->train;
    size_t n = train->rows;
    memcpy(ridge->factor, ridge->kernel, n * n * sizeof *ridge->factor);
    for (size_t i = 0; i < n; i++)
        ridge->factor[i * n + i] += penalty;
    for (size_t o = 0; o < train->outputs; o++)
        for (size_t i = 0; i < n; i++)
            ridge->weights[o * n + i] = train->y[i * train->outputs + o] - ridge->mean[o];
    return vdib__matrix_solve_positive(n, ridge->factor, train->outputs, ridge->weights);
}

vdib_status vdib__ridge_predict(const vdib__ridge *ridge, const vdib__ridge_table *table, int threads,
                                double *outputs) {
    size_t n = ridge->train.rows, count = ridge->train.outputs;
    float *products = NULL;
    double *kernel = NULL;
    vdib_status status = VDIB_NEW(&products, BLOCK * n);
    if (status == VDIB_OK)
        status = VDIB_NEW(&kernel, BLOCK * n);
    for (size_t first = 0; first < table->rows && status == VDIB_OK; first += BLOCK) {
        size_t block = block_of(table, first);
        double *to = outputs + first * count;
        form_kernel(ridge, table, first, block, threads, products, kernel);
        vdib__matrix_multiply_double(block, count, n, kernel, ridge->weights, to);
        for (size_t i = 0; i < block * count; i++)
            to[i] += ridge->mean[i % count];
    }
    vdib__free(kernel);
    vdib__free(products);
    return status;
}

/* ---- the penalty ---- */

static double mean_squared_error(const double *outputs, const double *wanted, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (outputs[i] - wanted[i]) * (outputs[i] - wanted[i]);
    return sum / (double)count;
}

void vdib__ridge_say(const double *outputs, size_t count, bool bounded, float *said) {
    for (size_t i = 0; i < count; i++) {
        double value = outputs[i];
        said[i] = (float)(!bounded ? value : value < 0 ? 0 : value > 1 ? 1 : value);
    }
}

vdib_status vdib__ridge_choose(vdib__ridge *ridge, const vdib__ridge_table *held, int threads,
                               vdib_cancelled *cancelled, void *user, double *outputs, double *penalty) {
    double least = INFINITY;
    for (size_t p = VDIB__RIDGE_PENALTIES; p-- > 0;) {
        if (cancelled != NULL && cancelled(user))
            return vdib__fail(VDIB_ERROR_CANCELLED, "ridge: stopped");
        vdib_status status = vdib__ridge_solve(ridge, VDIB__RIDGE_PENALTY[p]);
        if (status == VDIB_ERROR_NUMERIC) /* too small a penalty for the precision: it is not chosen */
            continue;
        VDIB_TRY(status);
        VDIB_TRY(vdib__ridge_predict(ridge, held, threads, outputs));
        double error = mean_squared_error(outputs, held->y, held->rows * held->outputs);
        if (error < least) {
            least = error;
            *penalty = VDIB__RIDGE_PENALTY[p];
        }
    }
    return VDIB_OK;
}
