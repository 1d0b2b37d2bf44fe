/* SPDX-License-Identifier: MIT */
/* What kernel ridge regression reads of an example. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/mathematics.h"
#include "core/threads.h"
#include "eval/ridge.h"

/* The Gaussian of one pixel, to three pixels on either side. */
enum { REACH = 3 };

static void make_blur(float weights[REACH + 1]) {
    double sum = 0, values[REACH + 1];
    for (int i = 0; i <= REACH; i++) {
        values[i] = vdib__exp(-0.5 * i * i);
        sum += i == 0 ? values[i] : 2 * values[i];
    }
    for (int i = 0; i <= REACH; i++)
        weights[i] = (float)(values[i] / sum);
}

/* to (outer, count, inner) = from, blurred along its middle axis; what would come from outside is 0. */
static void blur(const float *from, float *to, size_t outer, size_t count, size_t inner,
                 const float weights[REACH + 1]) {
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < inner; k++) {
                const float *line = from + o * count * inner + k;
                float sum = weights[0] * line[i * inner];
                for (size_t d = 1; d <= REACH; d++) {
                    sum += i >= d ? weights[d] * line[(i - d) * inner] : 0.0F;
                    sum += i + d < count ? weights[d] * line[(i + d) * inner] : 0.0F;
                }
                to[(o * count + i) * inner + k] = sum;
            }
}

void vdib__ridge_features(const vdib_raster *raster, const vdib_geometry *geometry, float *features, float *scratch) {
    size_t steps = vdib_raster_steps(raster), channels = vdib_raster_channels(raster);
    size_t planes = geometry->input_channels, height = geometry->input_height, width = geometry->input_width;
    float weights[REACH + 1];
    make_blur(weights);
    memset(features, 0, VDIB__RIDGE_PARTS * channels * sizeof *features);
    for (size_t t = 0; t < steps; t++) {
        const uint32_t *spiking = NULL;
        float *part = features + t * VDIB__RIDGE_PARTS / steps * channels;
        size_t count = vdib_raster_at(raster, t, &spiking);
        for (size_t i = 0; i < count; i++)
            part[spiking[i]] += 1.0F;
    }
    for (size_t p = 0; p < VDIB__RIDGE_PARTS; p++) {
        float *part = features + p * channels;
        blur(part, scratch, planes * height, width, 1, weights);
        blur(scratch, part, planes, height, width, weights);
        for (size_t c = 0; c < channels; c++)
            part[c] = sqrtf(part[c]);
    }
}

/* ---- a table of them ---- */

vdib_status vdib__ridge_table_create(size_t rows, size_t features, size_t outputs, vdib__ridge_table *table) {
    *table = (vdib__ridge_table){.rows = rows, .features = features, .outputs = outputs};
    VDIB_TRY(VDIB_NEW(&table->x, rows * table->features));
    VDIB_TRY(VDIB_NEW(&table->squares, rows));
    VDIB_TRY(VDIB_NEW(&table->y, rows * table->outputs));
    return VDIB_NEW(&table->labels, rows);
}

void vdib__ridge_table_free(vdib__ridge_table *table) {
    vdib__free(table->x);
    vdib__free(table->squares);
    vdib__free(table->y);
    vdib__free(table->labels);
    *table = (vdib__ridge_table){.rows = 0};
}

typedef struct filling {
    const vdib_dataset *dataset;
    vdib_split split;
    size_t first;
    uint64_t seed;
    vdib__ridge_table *table;
    vdib_example **examples; /* (threads) */
    float *scratch;          /* (threads, channels) */
    double *spikes;          /* (rows) */
    vdib__failure *failure;
} filling;

/* Tasks: rows. */
static void fill_row(const void *context, size_t row, size_t slot) {
    const filling *f = context;
    vdib__ridge_table *table = f->table;
    vdib_example *example = f->examples[slot];
    size_t channels = table->features / VDIB__RIDGE_PARTS;
    float *x = table->x + row * table->features;
    vdib_status status = vdib_dataset_get(f->dataset, f->split, f->first + row, f->seed, example);
    vdib__failure_note(f->failure, row, status);
    if (status != VDIB_OK)
        return;
    vdib__ridge_features(example->raster, vdib_dataset_geometry(f->dataset), x, f->scratch + slot * channels);
    for (size_t i = 0; i < table->features; i++)
        table->squares[row] += (double)x[i] * x[i];
    for (size_t o = 0; o < table->outputs; o++)
        table->y[row * table->outputs + o] = example->target != NULL ? example->target[o] : o == example->label;
    table->labels[row] = example->label;
    f->spikes[row] = (double)vdib_raster_spikes(example->raster);
}

static vdib_status fill(const vdib_dataset *dataset, vdib_split split, size_t first, uint64_t seed, int threads,
                        vdib__ridge_table *table) {
    vdib__failure failure;
    filling f = {.dataset = dataset, .split = split, .first = first, .seed = seed, .table = table, .failure = &failure};
    vdib__failure_init(&failure);
    vdib_status status = VDIB_NEW(&f.examples, (size_t)threads);
    if (status == VDIB_OK)
        status = VDIB_NEW(&f.scratch, (size_t)threads * (table->features / VDIB__RIDGE_PARTS));
    if (status == VDIB_OK)
        status = VDIB_NEW(&f.spikes, table->rows);
    for (int t = 0; t < threads && status == VDIB_OK; t++)
        status = vdib_example_create(dataset, &f.examples[t]);
    if (status == VDIB_OK) {
        vdib__parallel(threads, table->rows, fill_row, &f);
        status = vdib__failure_raise(&failure);
        for (size_t i = 0; i < table->rows; i++)
            table->spikes += f.spikes[i];
    }
    for (int t = 0; t < threads && f.examples != NULL; t++)
        vdib_example_destroy(f.examples[t]);
    vdib__free(f.examples);
    vdib__free(f.scratch);
    vdib__free(f.spikes);
    return status;
}

vdib_status vdib__ridge_table_fill(const vdib_dataset *dataset, vdib_split split, size_t first, size_t rows,
                                   uint64_t seed, int threads, vdib__ridge_table *table) {
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    size_t channels = geometry->input_channels * geometry->input_height * geometry->input_width;
    size_t pixels = vdib__target_values(geometry);
    vdib_status status =
        vdib__ridge_table_create(rows, VDIB__RIDGE_PARTS * channels, pixels > 0 ? pixels : geometry->classes, table);
    if (status == VDIB_OK)
        status = fill(dataset, split, first, seed, threads, table);
    if (status != VDIB_OK)
        vdib__ridge_table_free(table);
    return status;
}
