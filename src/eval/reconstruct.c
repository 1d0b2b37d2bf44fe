/* SPDX-License-Identifier: MIT */
/* Reconstructions and rasters as NPZ files. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/npz.h"
#include "core/raster.h"
#include "learn/walk.h"

/* The arrays of a file: a row for everything that is decoded, of an example or of each of its scored steps. */
typedef struct table {
    const vdib__head *head;
    size_t rows, outputs;
    float *recon;    /* (rows, outputs) */
    float *target;   /* (rows, outputs) */
    int64_t *label;  /* (rows) */
    int64_t *spikes; /* (rows) readout spikes; NULL: the model sends none */
} table;

/* Where what is decoded of one example goes. */
typedef struct example_rows {
    table *rows;
    size_t row;  /* of the first step at which something is decoded */
    size_t step; /* that step */
} example_rows;

static vdib_status make_table(const vdib__walk *walk, table *t) {
    t->head = walk->model->head;
    t->rows = walk->total * walk->decodings;
    t->outputs = walk->model->outputs;
    VDIB_TRY(VDIB_NEW(&t->recon, t->rows * t->outputs));
    VDIB_TRY(VDIB_NEW(&t->target, t->rows * t->outputs));
    VDIB_TRY(VDIB_NEW(&t->label, t->rows));
    return vdib__model_sends_spikes(walk->model) ? VDIB_NEW(&t->spikes, t->rows) : VDIB_OK;
}

static void free_table(table *t) {
    vdib__free(t->spikes);
    vdib__free(t->label);
    vdib__free(t->target);
    vdib__free(t->recon);
}

static void keep_step(size_t step, const float *logits, void *user) {
    const example_rows *example = user;
    table *t = example->rows;
    t->head->output(logits, t->outputs, t->recon + (example->row + step - example->step) * t->outputs);
}

/* Label and target of a row; a class's target is one-hot. */
static void keep_truth(const vdib_example *example, uint32_t label, size_t row, table *t) {
    float *target = t->target + row * t->outputs;
    t->label[row] = label;
    if (t->head->classes)
        target[label] = 1.0F;
    else
        memcpy(target, example->target, t->outputs * sizeof *target);
}

static void keep_example(const vdib__walk *walk, size_t i, table *t) {
    const vdib_example *example = walk->examples[i];
    const vdib_raster *readout = walk->task->trial(walk, i)->readout;
    size_t row = (walk->first + i) * walk->decodings;
    for (size_t step = walk->steps - walk->decodings; step < walk->steps; step++, row++) {
        if (t->spikes != NULL)
            t->spikes[row] = (int64_t)walk->task->spikes(readout, step);
        keep_truth(example, walk->task->label(example, step), row, t);
    }
}

static vdib_status fill_table(vdib__walk *walk, table *t) {
    example_rows examples[VDIB_WALK_BATCH];
    walk->visit = keep_step;
    do {
        size_t next = walk->first + walk->count;
        for (size_t i = 0; i < VDIB_WALK_BATCH; i++) {
            examples[i] = (example_rows){t, (next + i) * walk->decodings, walk->steps - walk->decodings};
            walk->users[i] = &examples[i];
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
    size_t count = sizeof arrays / sizeof *arrays;
    return vdib__npz_write(path, arrays, t->spikes != NULL ? count : count - 1);
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
    if (status == VDIB_OK) {
        vdib__temporaries_clean(path);
        status = write_table(&t, path);
    }
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
