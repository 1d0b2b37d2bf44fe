/* SPDX-License-Identifier: MIT */
#include "core/kernels_dense.h"

#include <string.h>

#include "core/kernel_level.h"
#include "core/lane.h"

/* Sums that are kept in registers: tiles of TILE_ROWS rows and TILE_LANES registers, or DOT_ROWS rows and SUMS columns
 * of parts. */
#if defined(__AVX512F__)
enum { TILE_ROWS = 8, TILE_LANES = 2, DOT_ROWS = 4 };
#elif defined(__AVX2__)
enum { TILE_ROWS = 6, TILE_LANES = 2, DOT_ROWS = 3 };
#else
enum { TILE_ROWS = 6, TILE_LANES = 2, DOT_ROWS = 1 };
#endif
enum { TILE_COLUMNS = TILE_LANES * LANE, PANEL_TERMS = 256 };

#define INLINED static inline __attribute__((always_inline))

/* ---- sums over terms ---- */

/* Columns of b that a tile needs, rows `stride` apart: where they are, or brought together. */
typedef struct panel {
    const float *b;
    size_t stride;
} panel;

/* Rows `row` and so on of c, one tile wide. `rows` and `lanes` are constants where this is inlined. */
INLINED void tile(const vdib__dense *d, panel at, size_t row, size_t column, int rows, int lanes) {
    const float *a = d->a + row * d->a_row;
    float *c = d->c + row * d->ldc + column;
    lane sum[TILE_ROWS][TILE_LANES];
    memset(sum, 0, sizeof sum);
    for (int r = 0; r < rows && d->added; r++)
        for (int l = 0; l < lanes; l++)
            sum[r][l] = *(const lane *)(c + (size_t)r * d->ldc + l * LANE);
    for (size_t p = 0; p < d->k; p++, a += d->a_term, at.b += at.stride) {
        lane right[TILE_LANES];
        __builtin_prefetch(at.b + TILE_COLUMNS); /* of the next tile */
        for (int l = 0; l < lanes; l++)
            right[l] = *(const lane *)(at.b + l * LANE);
        for (int r = 0; r < rows; r++)
            for (int l = 0; l < lanes; l++)
                sum[r][l] += a[(size_t)r * d->a_row] * right[l];
    }
    for (int r = 0; r < rows; r++)
        for (int l = 0; l < lanes; l++)
            *(lane *)(c + (size_t)r * d->ldc + l * LANE) = sum[r][l];
}

static void element(const vdib__dense *d, size_t row, size_t column) {
    const float *a = d->a + row * d->a_row, *b = d->b + column;
    float *c = d->c + row * d->ldc + column, sum = d->added ? *c : 0;
    for (size_t p = 0; p < d->k; p++, a += d->a_term, b += d->ldb)
        sum += *a * *b;
    *c = sum;
}

INLINED void tiles_of(const vdib__dense *d, panel at, size_t column, int lanes) {
    size_t row = 0;
    for (; row + TILE_ROWS <= d->m; row += TILE_ROWS)
        tile(d, at, row, column, TILE_ROWS, lanes);
    for (; row + 4 <= d->m; row += 4)
        tile(d, at, row, column, 4, lanes);
    for (; row + 2 <= d->m; row += 2)
        tile(d, at, row, column, 2, lanes);
    if (row < d->m)
        tile(d, at, row, column, 1, lanes);
}

/* All columns for terms that fit a panel. A panel that serves several tiles is brought together first: its rows lie on
 * as many pages as there are terms. */
static void terms_of(const vdib__dense *d) {
    _Alignas(64) float together[PANEL_TERMS * TILE_COLUMNS];
    size_t column = 0;
    for (; column + TILE_COLUMNS <= d->n; column += TILE_COLUMNS) {
        panel at = {d->b + column, d->ldb};
        if (d->m > 2 * TILE_ROWS) {
            for (size_t p = 0; p < d->k; p++)
                memcpy(together + p * TILE_COLUMNS, d->b + p * d->ldb + column, TILE_COLUMNS * sizeof *together);
            at = (panel){together, TILE_COLUMNS};
        }
        tiles_of(d, at, column, TILE_LANES);
    }
    for (; column + LANE <= d->n; column += LANE)
        tiles_of(d, (panel){d->b + column, d->ldb}, column, 1);
    for (; column < d->n; column++)
        for (size_t row = 0; row < d->m; row++)
            element(d, row, column);
}

static void by_terms(const vdib__dense *product) {
    vdib__dense part = *product;
    for (size_t left = product->k;; left -= PANEL_TERMS) {
        part.k = left < PANEL_TERMS ? left : PANEL_TERMS;
        terms_of(&part);
        if (left <= PANEL_TERMS)
            return;
        part.a += PANEL_TERMS * part.a_term;
        part.b += PANEL_TERMS * part.ldb;
        part.added = true;
    }
}

/* ---- sums over rows ---- */

/* The parts of one sum, in one or two registers, and four sums beside each other. */
enum { PARTS = 8, PART_BYTES = LANE_BYTES < 32 ? LANE_BYTES : 32, PART = PART_BYTES / 4, REGISTERS = PARTS / PART };
typedef float part_lane __attribute__((vector_size(PART_BYTES), aligned(4), may_alias));
typedef struct parts {
    part_lane of[REGISTERS];
} parts;
enum { SUMS = 4 };
typedef float four __attribute__((vector_size(SUMS * sizeof(float)), aligned(4), may_alias));

static inline four half_of(const parts *sum) {
#if !defined(__AVX2__)
    return sum->of[0] + sum->of[1];
#else
    return __builtin_shufflevector(sum->of[0], sum->of[0], 0, 1, 2, 3) +
           __builtin_shufflevector(sum->of[0], sum->of[0], 4, 5, 6, 7);
#endif
}

/* The sums of four sums' parts. */
static inline four add_parts(const parts sum[SUMS]) {
    four a = half_of(sum), b = half_of(sum + 1), c = half_of(sum + 2), d = half_of(sum + 3);
    four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
    four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

/* The last elements of rows, fewer than parts: element i is added to part i. */
static inline void add_rest(parts *sum, const float *left, const float *right, size_t count) {
    float part[PARTS];
    memcpy(part, sum, sizeof part);
    for (size_t i = 0; i < count; i++)
        part[i] += left[i] * right[i];
    memcpy(sum, part, sizeof part);
}

/* Up to four columns of some rows: the first stands in for those that there are not. `rows` is a constant where this is
 * inlined. */
INLINED void dots(const vdib__dense *d, size_t row, size_t column, int rows, size_t columns) {
    const float *left[DOT_ROWS], *right[SUMS];
    parts sum[DOT_ROWS][SUMS];
    memset(sum, 0, sizeof sum);
    for (size_t r = 0; r < (size_t)rows; r++)
        left[r] = d->a + (row + r) * d->a_row;
    for (size_t c = 0; c < SUMS; c++)
        right[c] = d->b + (column + (c < columns ? c : 0)) * d->ldb;
    size_t p = 0;
    for (; p + PARTS <= d->k; p += PARTS)
        for (int c = 0; c < SUMS; c++)
            for (int g = 0; g < REGISTERS; g++) {
                part_lane b = *(const part_lane *)(right[c] + p + g * PART);
                for (int r = 0; r < rows; r++)
                    sum[r][c].of[g] += *(const part_lane *)(left[r] + p + g * PART) * b;
            }
    for (int r = 0; r < rows && p < d->k; r++)
        for (int c = 0; c < SUMS; c++)
            add_rest(&sum[r][c], left[r] + p, right[c] + p, d->k - p);
    for (size_t r = 0; r < (size_t)rows; r++) {
        float *to = d->c + (row + r) * d->ldc + column;
        four all = add_parts(sum[r]);
        for (size_t c = 0; c < columns; c++)
            to[c] = d->added ? to[c] + all[c] : all[c];
    }
}

INLINED void dots_of(const vdib__dense *d, size_t column, size_t columns) {
    size_t row = 0;
    for (; row + DOT_ROWS <= d->m; row += DOT_ROWS)
        dots(d, row, column, DOT_ROWS, columns);
    for (; row < d->m; row++)
        dots(d, row, column, 1, columns);
}

static void by_rows(const vdib__dense *product) {
    size_t column = 0;
    for (; column + SUMS <= product->n; column += SUMS)
        dots_of(product, column, SUMS);
    if (column < product->n)
        dots_of(product, column, product->n - column);
}

extern const vdib__dense_kernels VDIB_KERNEL_TABLE(vdib__dense_kernels);
const vdib__dense_kernels VDIB_KERNEL_TABLE(vdib__dense_kernels) = {.by_terms = by_terms, .by_rows = by_rows};
