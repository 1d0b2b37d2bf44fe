/* SPDX-License-Identifier: MIT */
/* Reconstructions and rasters as NPZ files. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/npz.h"
#include "core/raster.h"
#include "learn/walk.h"

/* The arrays of a file: a row for every example, or for every scored step of step-by-step tasks. */
typedef struct table {
    size_t rows, outputs;
    size_t scored;   /* rows of an example */
    float *recon;    /* (rows, outputs) */
    float *target;   /* (rows, outputs) */
    int64_t *label;  /* (rows) */
    int64_t *spikes; /* (rows) readout spikes */
} table;

/* Where the steps of one sequence go. */
typedef struct sequence_rows {
    table *rows;
    size_t row;  /* of the first scored step */
    size_t step; /* the first scored step: the first one after the decoder's window was filled */
} sequence_rows;

static vdib_status make_table(const vdib__walk *walk, table *t) {
    t->scored = vdib__walk_by_step(walk) ? walk->steps - walk->model->window : 1;
    t->rows = walk->total * t->scored;
    t->outputs = walk->model->outputs;
    VDIB_TRY(VDIB_NEW(&t->recon, t->rows * t->outputs));
    VDIB_TRY(VDIB_NEW(&t->target, t->rows * t->outputs));
    VDIB_TRY(VDIB_NEW(&t->label, t->rows));
    return VDIB_NEW(&t->spikes, t->rows);
}

static void free_table(table *t) {
    vdib__free(t->spikes);
    vdib__free(t->label);
    vdib__free(t->target);
    vdib__free(t->recon);
}

static void keep_step(size_t step, const float *logits, void *user) {
    const sequence_rows *sequence = user;
    table *t = sequence->rows;
    size_t row = sequence->row + step - sequence->step;
    vdib__head_categorical.output(logits, t->outputs, t->recon + row * t->outputs);
}

/* Label and target of a row; a class's target is one-hot. */
static void keep_truth(const vdib_model *model, const vdib_example *example, uint32_t label, size_t row, table *t) {
    float *target = t->target + row * t->outputs;
    t->label[row] = label;
    if (model->head->classes)
        target[label] = 1.0F;
    else
        memcpy(target, example->target, t->outputs * sizeof *target);
}

static void keep_example(const vdib__walk *walk, size_t i, table *t) {
    const vdib_example *example = walk->examples[i];
    const vdib_raster *readout = vdib__walk_trial(walk, i)->readout;
    size_t row = (walk->first + i) * t->scored, first = walk->model->window;
    if (!vdib__walk_by_step(walk)) {
        memcpy(t->recon + row * t->outputs, walk->outputs + i * t->outputs, t->outputs * sizeof *t->recon);
        t->spikes[row] = (int64_t)vdib_raster_spikes(readout);
        keep_truth(walk->model, example, example->label, row, t);
        return;
    }
    for (size_t s = 0; s < t->scored; s++) {
        const uint32_t *channels = NULL;
        t->spikes[row + s] = (int64_t)vdib_raster_at(readout, first + s, &channels);
        keep_truth(walk->model, example, example->step_labels[first + s], row + s, t);
    }
}

static vdib_status fill_table(vdib__walk *walk, table *t) {
    sequence_rows sequences[VDIB_WALK_BATCH];
    walk->visit = keep_step;
    do {
        size_t next = walk->first + walk->count;
        for (size_t i = 0; i < VDIB_WALK_BATCH; i++) {
            sequences[i] = (sequence_rows){t, (next + i) * t->scored, walk->model->window};
            walk->users[i] = &sequences[i];
        }
        VDIB_TRY(vdib__walk_next(walk));
        for (size_t i = 0; i < walk->count; i++)
            keep_example(walk, i, t);
    } while (walk->count > 0);
    return VDIB_OK;
}

static vdib_status write_table(const table *t, const char *path) {
    const vdib__npz_array arrays[] = {
        {.name = "recon", .type = VDIB_NPZ_FLOAT32, .rank = 2, .shape = {t->rows, t->outputs}, .data = t->recon},
        {.name = "target", .type = VDIB_NPZ_FLOAT32, .rank = 2, .shape = {t->rows, t->outputs}, .data = t->target},
        {.name = "label", .type = VDIB_NPZ_INT64, .rank = 1, .shape = {t->rows}, .data = t->label},
        {.name = "spikes", .type = VDIB_NPZ_INT64, .rank = 1, .shape = {t->rows}, .data = t->spikes},
    };
    return vdib__npz_write(path, arrays, sizeof arrays / sizeof *arrays);
}

vdib_status vdib_reconstruct_save(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                                  const vdib_evaluation_options *options, const char *path) {
    vdib__walk *walk = NULL;
    table t = {0};
    VDIB_REQUIRE(model, dataset, path);
    VDIB_TRY(vdib__walk_open(model, dataset, split, options, &walk));
    vdib_status status = make_table(walk, &t);
    if (status == VDIB_OK)
        status = fill_table(walk, &t);
    if (status == VDIB_OK)
        status = write_table(&t, path);
    free_table(&t);
    vdib__walk_close(walk);
    return status;
}

vdib_status vdib_raster_save(const vdib_raster *raster, const char *path) {
    VDIB_REQUIRE(raster, path);
    size_t spikes = vdib_raster_spikes(raster);
    int64_t shape[2] = {(int64_t)raster->steps, (int64_t)raster->channels};
    uint32_t *steps = NULL; /* (spikes) */
    VDIB_TRY(VDIB_NEW(&steps, spikes));
    for (size_t t = 0; t < raster->steps; t++)
        for (size_t i = raster->offsets[t]; i < raster->offsets[t + 1]; i++)
            steps[i] = (uint32_t)t;
    const vdib__npz_array arrays[] = {
        {.name = "step", .type = VDIB_NPZ_UINT32, .rank = 1, .shape = {spikes}, .data = steps},
        {.name = "channel", .type = VDIB_NPZ_UINT32, .rank = 1, .shape = {spikes}, .data = raster->indices},
        {.name = "shape", .type = VDIB_NPZ_INT64, .rank = 1, .shape = {2}, .data = shape},
    };
    vdib_status status = vdib__npz_write(path, arrays, sizeof arrays / sizeof *arrays);
    vdib__free(steps);
    return status;
}
