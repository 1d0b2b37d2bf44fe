/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_RIDGE_H
#define VDIB_EVAL_RIDGE_H
/* Kernel ridge regression from inside. */

#include "data/dataset.h"

enum { VDIB__RIDGE_PARTS = 3, VDIB__RIDGE_ROWS = 10000, VDIB__RIDGE_PENALTIES = 7 };

/* 10^-5 .. 10, growing. */
extern const double VDIB__RIDGE_PENALTY[VDIB__RIDGE_PENALTIES];

/* features (VDIB__RIDGE_PARTS, channels): square roots of the counts of each part of the time window, blurred. Step t
 * of T belongs to part 3 t / T, rounded down. Of what the Gaussian spreads beyond the sensor nothing is kept. scratch
 * (channels). */
void vdib__ridge_features(const vdib_raster *raster, const vdib_geometry *geometry, float *features, float *scratch);

/* Examples of a split as rows. */
typedef struct vdib__ridge_table {
    size_t rows, features, outputs;
    float *x;         /* (rows, features) */
    double *squares;  /* (rows) of the length of each row of x */
    double *y;        /* (rows, outputs) targets: values, or one-hot classes */
    uint32_t *labels; /* (rows) */
    double spikes;    /* of the input, of all rows */
} vdib__ridge_table;

/* A table (rows, features, outputs) of zeros. What was made of it is freed in any case by vdib__ridge_table_free. */
vdib_status vdib__ridge_table_create(size_t rows, size_t features, size_t outputs, vdib__ridge_table *table);
vdib_status vdib__ridge_table_fill(const vdib_dataset *dataset, vdib_split split, size_t first, size_t rows,
                                   uint64_t seed, int threads, vdib__ridge_table *table);
void vdib__ridge_table_free(vdib__ridge_table *table);

/* The median of the distances of all pairs of up to 1,000 rows, evenly spread; 1 where it is 0. */
vdib_status vdib__ridge_width(const vdib__ridge_table *table, double *width);

/* A fitted regression: f(x) = mean + sum_i k(x, x_i) weights_i. */
typedef struct vdib__ridge {
    vdib__ridge_table train; /* owned */
    double width;
    double *kernel;  /* (rows, rows) k(x_i, x_j) */
    double *factor;  /* (rows, rows) scratch */
    double *mean;    /* (outputs) of the training targets */
    double *weights; /* (outputs, rows) of the penalty that was solved for last */
} vdib__ridge;

/* Takes over the table. */
vdib_status vdib__ridge_create(vdib__ridge_table *train, int threads, vdib__ridge *ridge);
void vdib__ridge_free(vdib__ridge *ridge);

/* weights = (K + penalty I)^-1 (y - mean) */
vdib_status vdib__ridge_solve(vdib__ridge *ridge, double penalty);

/* outputs (table->rows, outputs) = f of the rows. */
vdib_status vdib__ridge_predict(const vdib__ridge *ridge, const vdib__ridge_table *table, int threads, double *outputs);

/* said (count) = outputs (count); those of images and the marks of classes, which are bounded, are cut to [0, 1]. */
void vdib__ridge_say(const double *outputs, size_t count, bool bounded, float *said);

/* *penalty = the one with the least squared error on rows that were held out, the larger one of two that are as good;
 * as it was if no penalty can be solved for. Leaves the weights of any. cancelled may be NULL. outputs (held->rows,
 * outputs) is scratch. */
vdib_status vdib__ridge_choose(vdib__ridge *ridge, const vdib__ridge_table *held, int threads,
                               vdib_cancelled *cancelled, void *user, double *outputs, double *penalty);

#endif
