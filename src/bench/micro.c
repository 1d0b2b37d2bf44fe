/* SPDX-License-Identifier: MIT */
/* The hot kernels by themselves, on one thread, with the shapes and activity of `published/dvs` on N-MNIST:
 * 2312-800-256, 80 steps after 11 blank ones, 3,760 input spikes, hidden neurons as busy as initial weights make them.
 */
#include <string.h>

#include "bench/bench.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/matrix.h"
#include "encoder/layers.h"
#include "learn/kernels_objective.h"
#include "learn/optimizer.h"

enum { INPUTS = 2312, HIDDEN = 800, READOUTS = 256, STEPS = 91, BASES = 8, LAGS = 10, UPDATED = 1 << 21, SHARED = 32 };
static const double DENSITY = 3760.0 / (2312 * 91);

/* Everything that a kernel works on. */
typedef struct bench_site {
    vdib__bench_network net;
    const vdib__encoder_kernels *kernels;
    vdib__kernel_level level;
    const vdib__changes *input, *hidden; /* entries of the two products */
    float *tiles;                        /* (32, STEPS, VDIB_BLOCK) */
    float *rows;                         /* (INPUTS, VDIB_BLOCK) gradient of a tile */
    uint32_t *words;
    vdib__encoder_workspace *shared; /* for SHARED examples */
    vdib__optimizer optimizer;
    float *weights, *gradients; /* (UPDATED) */
} bench_site;

static size_t entries_of(const vdib__changes *changes) {
    return changes->step_offsets[changes->steps];
}

static void site_free(bench_site *s) {
    vdib__optimizer_free(&s->optimizer);
    vdib__free(s->gradients);
    vdib__free(s->weights);
    vdib__free(s->words);
    vdib__encoder_workspace_destroy(s->shared);
    vdib__free(s->rows);
    vdib__free(s->tiles);
    vdib__bench_network_free(&s->net);
}

static vdib_status site_create(bench_site *s) {
    *s = (bench_site){0};
    vdib__bench_shape shape = {INPUTS, HIDDEN, READOUTS, STEPS, 1, DENSITY};
    VDIB_TRY(vdib__bench_network_create(&shape, &s->net));
    s->level = s->net.encoder.level;
    s->kernels = vdib__encoder_kernels_of(s->level);
    VDIB_TRY(VDIB_NEW(&s->tiles, (size_t)(BASES * READOUTS / VDIB_BLOCK) * STEPS * VDIB_BLOCK));
    VDIB_TRY(VDIB_NEW(&s->rows, (size_t)INPUTS * VDIB_BLOCK));
    VDIB_TRY(VDIB_NEW(&s->words, (size_t)STEPS * READOUTS));
    VDIB_TRY(VDIB_NEW(&s->weights, UPDATED));
    VDIB_TRY(vdib__encoder_workspace_create(&s->net.encoder, SHARED, STEPS, 1, &s->shared));
    VDIB_TRY(VDIB_NEW(&s->gradients, UPDATED));
    for (size_t i = 0; i < UPDATED; i++) {
        s->weights[i] = 1.0F;
        s->gradients[i] = (float)(i % 17) * 0.01F - 0.08F;
    }
    VDIB_TRY(vdib__encoder_forward(&s->net.encoder, &s->net.table, s->net.parameters, 1, s->net.workspace,
                                   s->net.trials, s->net.keys, NULL, 1));
    s->input = s->net.trials[0]->changes[0];
    s->hidden = s->net.trials[0]->changes[1];
    return VDIB_OK;
}

/* ---- units of work: all tiles of one example ---- */

/* Currents of `count` examples at once: of more than one, the trials share a copy of each block of weights. */
static vdib_status currents(bench_site *s, size_t number, size_t groups, size_t neurons, size_t count) {
    vdib__trial *trials[SHARED];
    for (size_t i = 0; i < count; i++)
        trials[i] = s->net.trials[0];
    vdib__pass pass = {.encoder = &s->net.encoder,
                       .kernels = s->kernels,
                       .table = &s->net.table,
                       .parameters = s->net.parameters,
                       .threads = 1,
                       .trials = trials,
                       .count = count,
                       .workspace = s->shared};
    vdib__tiling tiling = vdib__tiling_of(groups, neurons);
    for (size_t tile = 0; tile < groups * tiling.blocks; tile++) {
        vdib__tile at = vdib__tile_at(&tiling, tile);
        vdib__tile_weights weights = vdib__tile_weights_of(&pass, number, &at, 0, count, 0);
        for (size_t i = 0; i < count; i++)
            vdib__tile_currents(s->kernels->product, trials[i]->changes[number], &weights, s->tiles);
    }
    return VDIB_OK;
}

static vdib_status input_currents(void *user) {
    return currents(user, 0, 1, HIDDEN, 1);
}

static vdib_status input_currents_shared(void *user) {
    return currents(user, 0, 1, HIDDEN, SHARED);
}

static vdib_status readout_currents(void *user) {
    return currents(user, 1, BASES, READOUTS, 1);
}

static vdib_status readout_currents_shared(void *user) {
    return currents(user, 1, BASES, READOUTS, SHARED);
}

static vdib_status collect(bench_site *s, const vdib__changes *changes, size_t columns) {
    vdib__channel_rows all = {.changes = changes, .to = changes->active_count, .stride = VDIB_BLOCK};
    for (size_t column = 0; column < columns; column += VDIB_BLOCK)
        s->kernels->product->collect(s->rows, s->tiles, &all);
    return VDIB_OK;
}

static vdib_status input_gradient(void *user) {
    bench_site *s = user;
    return collect(s, s->input, HIDDEN);
}

static vdib_status readout_gradient(void *user) {
    bench_site *s = user;
    return collect(s, s->hidden, BASES * READOUTS);
}

static vdib_status lif_run(void *user) {
    bench_site *s = user;
    const vdib__lif_constants *constants = &s->net.encoder.layers[0].constants;
    memset(s->tiles, 0, (size_t)STEPS * VDIB_BLOCK * sizeof *s->tiles);
    for (size_t column = 0; column < HIDDEN; column += VDIB_BLOCK)
        s->kernels->lif->run(constants, s->rows, s->tiles, STEPS);
    return VDIB_OK;
}

static vdib_status lif_adjoint(void *user) {
    bench_site *s = user;
    const vdib__lif_constants *constants = &s->net.encoder.layers[0].constants;
    memset(s->tiles, 0, (size_t)STEPS * VDIB_BLOCK * sizeof *s->tiles);
    for (size_t column = 0; column < HIDDEN; column += VDIB_BLOCK)
        s->kernels->lif->adjoint(constants, s->tiles, STEPS, s->rows);
    return VDIB_OK;
}

static vdib_status filters(void *user) {
    bench_site *s = user;
    float *sums = s->tiles, *tile = s->tiles + (size_t)STEPS * VDIB_BLOCK;
    memset(s->tiles, 0, (size_t)2 * STEPS * VDIB_BLOCK * sizeof *s->tiles);
    for (size_t block = 0; block < BASES * READOUTS; block += VDIB_BLOCK)
        s->kernels->readout->filter(sums, VDIB_BLOCK, VDIB_BLOCK, tile, STEPS,
                                    &s->net.encoder.readout.filters[block / READOUTS]);
    return VDIB_OK;
}

static vdib_status filter_adjoints(void *user) {
    bench_site *s = user;
    float *errors = s->tiles, *tile = s->tiles + (size_t)STEPS * VDIB_BLOCK;
    for (size_t block = 0; block < BASES * READOUTS; block += VDIB_BLOCK)
        s->kernels->readout->filter_adjoint(tile, STEPS, errors, VDIB_BLOCK, STEPS,
                                            &s->net.encoder.readout.filters[block / READOUTS], 0);
    return VDIB_OK;
}

static vdib_status draws(void *user) {
    bench_site *s = user;
    vdib__trial *trial = s->net.trials[0];
    s->kernels->readout->sigmoid(trial->probabilities, trial->potentials, (size_t)STEPS * READOUTS);
    uint32_t numbers[READOUTS / 4];
    for (uint32_t block = 0; block < READOUTS / 4; block++)
        numbers[block] = block;
    for (uint32_t t = 0; t < STEPS; t++)
        vdib__random_blocks(s->level, &s->net.keys[0], t, numbers, READOUTS / 4, s->words + t * READOUTS);
    s->kernels->readout->draw(trial->blank_window, trial->probabilities, s->words, (size_t)STEPS * READOUTS);
    return VDIB_OK;
}

static vdib_status rates(void *user) {
    bench_site *s = user;
    vdib__rate_sums sums = {0};
    const vdib__trial *trial = s->net.trials[0];
    vdib__objective_kernels_of(s->level)->rate(trial->potentials, trial->blank_window, (size_t)STEPS * READOUTS, 0.5,
                                               &sums);
    return VDIB_OK;
}

static vdib_status update(void *user) {
    bench_site *s = user;
    vdib__optimizer_update(&s->optimizer, 1, s->weights, s->gradients, 0.5);
    return VDIB_OK;
}

static vdib_status product(void *user) {
    bench_site *s = user;
    vdib__matrix_multiply_serial(NULL, false, true, STEPS, HIDDEN, READOUTS, 1.0F, s->weights, s->gradients, 0.0F,
                                 s->rows);
    return VDIB_OK;
}

/* ---- what they must do ---- */

typedef struct micro {
    const char *name;
    vdib__bench_work *work;
    vdib__bench_need need;
} micro;

/* An entry is one addition a column. In the currents it reads and writes a row of the tile in the first-level cache,
 * and the weight rows of all active channels come from wherever the weights are; in the gradient it reads a row of the
 * tile, and the rows of all active channels are read and written where the tile's gradient is. */
static vdib_status measure_product(const vdib__bench *bench, bench_site *s, const char *name, vdib__bench_work *work,
                                   const vdib__changes *changes, size_t columns, bool writes_tile) {
    double adds = (double)entries_of(changes) * (double)columns;
    vdib__bench_need need = {.adds = adds};
    if (writes_tile) {
        need.tile_bytes = adds * 2 * sizeof(float);
        need.bytes = (double)(changes->active_count * columns) * sizeof(float);
        need.within = (double)(changes->channels * columns) * sizeof(float);
        need.read_only = true;
    } else {
        need.tile_bytes = adds * sizeof(float);
        need.bytes = 2.0 * (double)(changes->active_count * columns) * sizeof(float);
        need.within = (double)(changes->active_count * VDIB_BLOCK) * sizeof(float);
    }
    return vdib__bench_measure(bench, name, "examples", 1, &need, work, s);
}

/* An entry reads a row of the block's copy, of which those of active channels are used. */
static vdib_status measure_shared(const vdib__bench *bench, bench_site *s, const char *name, vdib__bench_work *work,
                                  const vdib__changes *changes, size_t columns) {
    double adds = (double)entries_of(changes) * (double)columns;
    vdib__bench_need need = {.adds = adds,
                             .bytes = adds * sizeof(float),
                             .within = (double)(changes->active_count * VDIB_BLOCK) * sizeof(float),
                             .read_only = true};
    return vdib__bench_measure_batch(bench, name, "examples", 1, SHARED, &need, work, s);
}

static vdib_status run_products(const vdib__bench *bench, bench_site *s, const char *name) {
    if (strcmp(name, "input-currents-shared") == 0)
        return measure_shared(bench, s, name, input_currents_shared, s->input, HIDDEN);
    if (strcmp(name, "readout-currents-shared") == 0)
        return measure_shared(bench, s, name, readout_currents_shared, s->hidden, BASES * READOUTS);
    if (strcmp(name, "input-currents") == 0)
        return measure_product(bench, s, name, input_currents, s->input, HIDDEN, true);
    if (strcmp(name, "input-gradient") == 0)
        return measure_product(bench, s, name, input_gradient, s->input, HIDDEN, false);
    if (strcmp(name, "readout-currents") == 0)
        return measure_product(bench, s, name, readout_currents, s->hidden, BASES * READOUTS, true);
    return measure_product(bench, s, name, readout_gradient, s->hidden, BASES * READOUTS, false);
}

static vdib_status run_update(const vdib__bench *bench, bench_site *s, const char *name) {
    bool score = strcmp(name, "score-update") == 0;
    s->optimizer = (vdib__optimizer){.rule = score ? &vdib__update_sgd : &vdib__update_adam,
                                     .learning_rate = 1e-3F,
                                     .memory = 0.9F,
                                     .baseline = score,
                                     .count = UPDATED,
                                     .level = s->level};
    VDIB_TRY(vdib__optimizer_start(&s->optimizer));
    double bytes = 7.0 * UPDATED * sizeof(float); /* reads the gradient, reads and writes weight and two averages */
    vdib__bench_need need = {
        .adds = (score ? 12.0 : 14.0) * UPDATED, .bytes = bytes, .within = 4.0 * UPDATED * sizeof(float)};
    return vdib__bench_measure(bench, name, "steps", 1, &need, update, s);
}

static vdib_status run_other(const vdib__bench *bench, bench_site *s, const char *name) {
    const double lif = (double)STEPS * HIDDEN, readout = (double)STEPS * READOUTS;
    const double taps = (double)vdib__readout_taps(&s->net.encoder.readout);
    const micro all[] = {
        {"lif-run", lif_run, {.adds = 12 * lif}},
        {"lif-adjoint", lif_adjoint, {.adds = 7 * lif}},
        {"filter", filters, {.adds = 2.0 * readout * taps}},
        {"filter-adjoint", filter_adjoints, {.adds = 2.0 * readout * taps}},
        {"draw",
         draws,
         {.adds = readout * (30 + 10 + 25)}}, /* exponential, quotient; ten Philox rounds for four numbers */
        {"rate-term",
         rates,
         {.adds = readout * 2 * (40 + 16 + 14)}}, /* exponential, quotient, sums; in double: half as many a register */
        {"feedback-product", product, {.flops = 2.0 * lif * READOUTS}},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i].name, name) == 0)
            return vdib__bench_measure(bench, name, "examples", 1, &all[i].need, all[i].work, s);
    return VDIB_OK;
}

static vdib_status run_with(const vdib__bench *bench, const char *name,
                            vdib_status (*measure)(const vdib__bench *, bench_site *, const char *)) {
    bench_site *s = NULL;
    VDIB_TRY(VDIB_NEW(&s, 1));
    vdib_status status = site_create(s);
    if (status == VDIB_OK)
        status = measure(bench, s, name);
    site_free(s);
    vdib__free(s);
    return status;
}

static vdib_status product_entry(const vdib__bench *bench, const char *name) {
    return run_with(bench, name, run_products);
}

static vdib_status update_entry(const vdib__bench *bench, const char *name) {
    return run_with(bench, name, run_update);
}

static vdib_status other_entry(const vdib__bench *bench, const char *name) {
    return run_with(bench, name, run_other);
}

const vdib__bench_entry vdib__bench_kernels[] = {
    {"input-currents", product_entry},
    {"input-currents-shared", product_entry},
    {"input-gradient", product_entry},
    {"readout-currents", product_entry},
    {"readout-currents-shared", product_entry},
    {"readout-gradient", product_entry},
    {"lif-run", other_entry},
    {"lif-adjoint", other_entry},
    {"filter", other_entry},
    {"filter-adjoint", other_entry},
    {"draw", other_entry},
    {"rate-term", other_entry},
    {"feedback-product", other_entry},
    {"score-update", update_entry},
    {"adam-update", update_entry},
    {NULL, NULL},
};
