/* SPDX-License-Identifier: MIT */
/* A picture of the readout's spikes: examples in the plane of the first two principal components, of spikes in time and
 * of counts. Products of examples are whole numbers, so that no bit of them depends on an order of summation. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/matrix.h"
#include "core/sum.h"
#include "eval/spikes.h"

enum { MOST = 500, PLANE = 2 };

typedef struct picture {
    size_t rows;  /* examples that are shown */
    size_t words; /* of an example's bits */
    size_t neurons;
    uint64_t *bits;   /* (rows, words) spikes by (step, neuron) */
    uint64_t *counts; /* (rows, neurons) */
    uint64_t *labels; /* (rows) */
} picture;

static void destroy(void *state) {
    picture *p = state;
    vdib__free(p->labels);
    vdib__free(p->counts);
    vdib__free(p->bits);
    vdib__free(p);
}

/* Two examples at least are a picture; sequences are too long for one. */
static vdib_status create(const vdib__spikes *spikes, void **state) {
    const vdib__walk *walk = spikes->walk;
    picture *made = NULL;
    if (walk->task->by_step || walk->total < 2)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->rows = walk->total < MOST ? walk->total : MOST;
    made->neurons = walk->model->encoder.readout.neurons;
    made->words = (walk->steps * made->neurons + 63) / 64;
    vdib_status status = VDIB_NEW(&made->bits, made->rows * made->words);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->counts, made->rows * made->neurons);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->labels, made->rows);
    if (status != VDIB_OK) {
        destroy(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

static void take_example(picture *p, size_t row, const vdib_raster *readout, uint32_t label) {
    uint64_t *bits = p->bits + row * p->words, *counts = p->counts + row * p->neurons;
    for (size_t t = 0; t < vdib_raster_steps(readout); t++) {
        const uint32_t *neurons = NULL;
        size_t count = vdib_raster_at(readout, t, &neurons);
        for (size_t k = 0; k < count; k++) {
            size_t place = t * p->neurons + neurons[k];
            bits[place / 64] |= (uint64_t)1 << place % 64;
            counts[neurons[k]]++;
        }
    }
    p->labels[row] = label;
}

/* Examples evenly spread over the walk: row k is example k total / rows, rounded down. */
static vdib_status take(void *state, const vdib__spikes *spikes) {
    const vdib__walk *walk = spikes->walk;
    picture *p = state;
    for (size_t i = 0; i < walk->count; i++) {
        size_t row = ((walk->first + i) * p->rows + walk->total - 1) / walk->total;
        if (row < p->rows && walk->first + i == row * walk->total / p->rows)
            take_example(p, row, walk->task->trial(walk, i)->readout, walk->examples[i]->label);
    }
    return VDIB_OK;
}

/* A row is of one rank; those of the others are 0. */
static vdib_status share(void *state, const vdib__spikes *spikes) {
    vdib__ranks *ranks = spikes->walk->ranks;
    picture *p = state;
    VDIB_TRY(vdib__ranks_unite(ranks, p->bits, p->rows * p->words));
    VDIB_TRY(vdib__ranks_count_up(ranks, p->counts, p->rows * p->neurons));
    return vdib__ranks_count_up(ranks, p->labels, p->rows);
}

/* ---- principal components ---- */

static double product_in_time(const picture *p, size_t a, size_t b) {
    uint64_t sum = 0;
    for (size_t w = 0; w < p->words; w++)
        sum += (uint64_t)__builtin_popcountll(p->bits[a * p->words + w] & p->bits[b * p->words + w]);
    return (double)sum;
}

static double product_of_counts(const picture *p, size_t a, size_t b) {
    uint64_t sum = 0;
    for (size_t i = 0; i < p->neurons; i++)
        sum += p->counts[a * p->neurons + i] * p->counts[b * p->neurons + i];
    return (double)sum;
}

/* gram (rows, rows) becomes that of the examples less their mean. means (rows) is scratch. */
static void centre(double *gram, size_t rows, double *means) {
    double all = 0;
    for (size_t a = 0; a < rows; a++) {
        double sum = 0;
        for (size_t b = 0; b < rows; b++)
            sum += gram[a * rows + b];
        means[a] = sum / (double)rows;
        all += means[a] / (double)rows;
    }
    for (size_t a = 0; a < rows; a++)
        for (size_t b = 0; b < rows; b++)
            gram[a * rows + b] += all - means[a] - means[b];
}

/* coordinates (rows) of the component with the eigenvector `vector`, of which the largest value counts as positive. */
static void coordinates_of(const double *vector, double value, size_t rows, double *coordinates) {
    size_t largest = 0;
    for (size_t a = 1; a < rows; a++)
        if (fabs(vector[a]) > fabs(vector[largest]))
            largest = a;
    double length = value > 0 ? sqrt(value) : 0, sign = vector[largest] < 0 ? -1 : 1;
    for (size_t a = 0; a < rows; a++)
        coordinates[a] = sign * length * vector[a];
}

/* The plane of one kind of product: coordinates along both axes, and their shares of the variance. */
static vdib_status project(const picture *p, double (*product)(const picture *, size_t, size_t), double *gram,
                           double *axes[PLANE], double *shares) {
    double values[PLANE], *vectors = NULL, trace = 0;
    for (size_t a = 0; a < p->rows; a++)
        for (size_t b = 0; b <= a; b++)
            gram[a * p->rows + b] = gram[b * p->rows + a] = product(p, a, b);
    VDIB_TRY(VDIB_NEW(&vectors, PLANE * p->rows));
    centre(gram, p->rows, vectors);
    for (size_t a = 0; a < p->rows; a++)
        trace += gram[a * p->rows + a];
    vdib_status status = vdib__matrix_largest_eigen(p->rows, gram, PLANE, values, vectors);
    for (size_t k = 0; k < PLANE && status == VDIB_OK; k++) {
        coordinates_of(vectors + k * p->rows, values[k], p->rows, axes[k]);
        shares[k] = trace > 0 && values[k] > 0 ? values[k] / trace : 0;
    }
    vdib__free(vectors);
    return status;
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const picture *p = state;
    double *labels = NULL, *shares = NULL, *time[PLANE], *counts[PLANE], *gram = NULL;
    (void)spikes;
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_PICTURE_LABELS, p->rows, &labels));
    for (size_t row = 0; row < p->rows; row++)
        labels[row] = (double)p->labels[row];
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_PICTURE_TIME_X, p->rows, &time[0]));
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_PICTURE_TIME_Y, p->rows, &time[1]));
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_PICTURE_COUNTS_X, p->rows, &counts[0]));
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_PICTURE_COUNTS_Y, p->rows, &counts[1]));
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_PICTURE_SHARES, 2 * (size_t)PLANE, &shares));
    VDIB_TRY(VDIB_NEW(&gram, p->rows * p->rows));
    vdib_status status = project(p, product_in_time, gram, time, shares);
    if (status == VDIB_OK)
        status = project(p, product_of_counts, gram, counts, shares + PLANE);
    vdib__free(gram);
    return status;
}

const vdib__spikes_part vdib__spikes_picture = {
    .create = create, .take = take, .share = share, .report = report, .destroy = destroy};
