/* SPDX-License-Identifier: MIT */
/* The probabilistic readout: u_{i,t} = sum_jk V_ijk (a_k * h_j)_t + feedback + b_i, docs/method.md, eq. (9). Filters
 * are applied after the sum over inputs: the currents of basis k are V_k h_t, and the FIR runs over NY x K currents,
 * not NX x K traces. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/raster.h"
#include "core/threads.h"
#include "encoder/layers.h"

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Draws M of every trial, and all draws of all trials, (count, M). */
static size_t draws_of(const vdib__pass *pass) {
    return pass->count > 0 ? pass->trials[0]->others + 1 : 1;
}

static size_t sample_count(const vdib__pass *pass) {
    return pass->count * draws_of(pass);
}

static vdib__trial *sample_at(const vdib__pass *pass, size_t number) {
    return vdib__trial_draw(pass->trials[number / draws_of(pass)], number % draws_of(pass));
}

/* ---- forward ---- */

void vdib__join(const vdib__encoder *encoder, const uint64_t *outputs, const uint32_t *spikes, size_t count,
                uint64_t *bits) {
    size_t first = encoder->layers[encoder->layer_count - 1].outputs;
    memset(bits, 0, vdib__words(encoder->readout.inputs) * sizeof *bits);
    memcpy(bits, outputs, vdib__words(first) * sizeof *bits);
    for (size_t s = 0; s < count; s++)
        bits[(first + spikes[s]) / 64] |= (uint64_t)1 << (first + spikes[s]) % 64;
}

/* Potentials without feedback of neurons [begin, begin + width), trials [first, last): bias, then basis after basis. */
static void forward_group(const vdib__pass *pass, const vdib__tiling *tiling, size_t block, size_t first, size_t last,
                          size_t slot) {
    const vdib__readout *readout = &pass->encoder->readout;
    const float *bias = vdib__pass_tensor(pass, readout->bias);
    size_t number = pass->encoder->layer_count;
    vdib__task_tiles tiles;
    tiles.slot = slot;
    float *tile = vdib__pass_tile(pass, &tiles, 0);
    for (size_t k = 0; k < readout->bases; k++) {
        vdib__tile at = vdib__tile_at(tiling, k * tiling->blocks + block);
        vdib__tile_weights weights = vdib__tile_weights_of(pass, number, &at, first, last, slot);
        for (size_t i = first; i < last; i++) {
            const vdib__trial *trial = pass->trials[i];
            float *potentials = trial->potentials + at.begin;
            for (size_t t = 0; t < trial->steps && k == 0; t++)
                memcpy(potentials + t * readout->neurons, bias + at.begin, at.width * sizeof *bias);
            vdib__tile_currents(pass->kernels->product, trial->changes[number], &weights, tile);
            pass->kernels->readout->filter(potentials, readout->neurons, at.width, tile, trial->steps,
                                           &pass->filters[k]);
        }
    }
}

void vdib__readout_draw(const vdib__pass *pass, size_t begin, size_t end, const vdib__key *key, uint32_t draw,
                        const float *forced, const vdib__readout_output *output) {
    const vdib__readout_kernels *kernels = pass->kernels->readout;
    kernels->sigmoid(output->probabilities + begin, output->potentials + begin, end - begin);
    if (forced != NULL) {
        memcpy(output->spikes + begin, forced + begin, (end - begin) * sizeof *forced);
        return;
    }
    for (size_t i = begin; i < end; i += VDIB_BLOCK) {
        uint32_t words[VDIB_BLOCK], numbers[VDIB_BLOCK / 4];
        size_t width = smaller(VDIB_BLOCK, end - i);
        for (size_t block = 0; block < VDIB_BLOCK / 4; block++)
            numbers[block] = (uint32_t)(i / 4 + block);
        vdib__random_blocks(pass->encoder->level, key, draw, numbers, vdib__blocks(width, 4), words);
        kernels->draw(output->spikes + i, output->probabilities + i, words, width);
    }
}

/* The step's feedback currents: f times its spikes. */
static void feed_back(const vdib__pass *pass, const vdib__readout_turn *turn, const float *spikes) {
    const vdib__readout *readout = &pass->encoder->readout;
    const float *weights = vdib__pass_tensor(pass, readout->feedback);
    size_t neurons = readout->neurons, columns = readout->feedback_bases * neurons;
    float *row = turn->feedback + turn->step % turn->period * columns;
    if (!readout->lateral) {
        for (size_t k = 0; k < readout->feedback_bases; k++)
            for (size_t i = turn->begin; i < turn->end; i++)
                row[k * neurons + i] = spikes[i] * weights[k * neurons + i];
        return;
    }
    memset(row, 0, columns * sizeof *row);
    for (size_t from = 0; from < neurons; from++)
        if (spikes[from] != 0.0F)
            pass->kernels->product->axpy(row, weights + from * columns, spikes[from], columns);
}

void vdib__readout_step(const vdib__pass *pass, const vdib__readout_turn *turn, const vdib__readout_output *output) {
    const vdib__readout *readout = &pass->encoder->readout;
    for (size_t k = 0; k < readout->feedback_bases && turn->step > 0; k++) { /* spikes up to the step before */
        vdib__row_ring ring = {.rows = turn->feedback + k * readout->neurons + turn->begin,
                               .stride = readout->feedback_bases * readout->neurons,
                               .period = turn->period,
                               .newest = (turn->step - 1) % turn->period,
                               .filled = smaller(turn->period, turn->step)};
        pass->kernels->readout->filter_rows(output->potentials + turn->begin, turn->end - turn->begin, &ring,
                                            &pass->filters[readout->bases + k]);
    }
    vdib__readout_draw(pass, turn->begin, turn->end, turn->key, turn->draw, turn->forced, output);
    if (readout->feedback_bases > 0)
        feed_back(pass, turn, output->spikes);
}

/* Feedback and spikes of readout neurons [begin, end), step after step. */
static void draw_block(const vdib__pass *pass, vdib__trial *trial, const vdib__key *key, const float *forced,
                       size_t begin, size_t end) {
    size_t neurons = pass->encoder->readout.neurons;
    for (size_t t = 0; t < trial->steps; t++) {
        bool drawn = t < trial->blank_steps || forced == NULL;
        vdib__readout_turn turn = {.begin = begin,
                                   .end = end,
                                   .step = t,
                                   .feedback = trial->feedback_spread,
                                   .period = trial->steps,
                                   .key = key,
                                   .draw = (uint32_t)t,
                                   .forced = drawn ? NULL : forced + (t - trial->blank_steps) * neurons};
        vdib__readout_output output = {.potentials = trial->potentials + t * neurons,
                                       .probabilities = trial->probabilities + t * neurons,
                                       .spikes = trial->blank_window + t * neurons};
        vdib__readout_step(pass, &turn, &output);
    }
}

/* eq. (68) for readout neurons [begin, end): z = u + s eps, in every step. */
static void noise_block(const vdib__pass *pass, vdib__trial *trial, const vdib__key *key, size_t begin, size_t end) {
    const vdib__readout *readout = &pass->encoder->readout;
    const float *log_deviations = vdib__pass_tensor(pass, readout->log_deviation);
    for (size_t i = begin; i < end; i++)
        trial->deviations[i] = vdib__expf(log_deviations[i]);
    for (size_t t = 0; t < trial->steps; t++) {
        float *noise = trial->noise + t * readout->neurons, *values = trial->blank_window + t * readout->neurons;
        const float *potentials = trial->potentials + t * readout->neurons;
        for (size_t i = begin; i < end; i++) {
            noise[i] = (float)vdib__random_normal(key, (uint32_t)t, (uint32_t)i);
            values[i] = potentials[i] + trial->deviations[i] * noise[i];
        }
    }
}

size_t vdib__spike_list(const float *spikes, size_t count, uint32_t *list) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        list[found] = (uint32_t)i; /* kept only if the neuron spikes */
        found += spikes[i] != 0.0F;
    }
    return found;
}

static vdib_status gather_spikes(const vdib__readout *readout, vdib__trial *trial) {
    vdib_raster *raster = trial->readout;
    raster->offsets[0] = 0;
    for (size_t t = 0; t < raster->steps; t++) {
        size_t count = raster->offsets[t];
        VDIB_TRY(VDIB_RESERVE(&raster->indices, &raster->capacity, count + readout->neurons));
        raster->offsets[t + 1] =
            count + vdib__spike_list(trial->window + t * readout->neurons, readout->neurons, raster->indices + count);
    }
    return VDIB_OK;
}

/* What the tasks of the readout's forward pass share. */
typedef struct forward_work {
    const vdib__pass *pass;
    vdib__tiling tiling;
    size_t groups, some; /* groups of trials, and trials of one */
    const vdib__key *keys;
    const float *const *forced;
    size_t blocks, size; /* blocks of neurons that draw by themselves, and neurons of one */
} forward_work;

/* Tasks: blocks of neurons, groups of trials of one after another. */
static void forward_task(const void *context, size_t task, size_t slot) {
    const forward_work *w = context;
    size_t block = task / w->groups, first = task % w->groups * w->some;
    forward_group(w->pass, &w->tiling, block, first, smaller(first + w->some, w->pass->count), slot);
}

/* Tasks: trials. What the inputs do is the same for all draws. */
static void share_task(const void *context, size_t i, size_t slot) {
    const forward_work *w = context;
    const vdib__trial *trial = w->pass->trials[i];
    size_t size = trial->steps * w->pass->encoder->readout.neurons * sizeof *trial->potentials;
    (void)slot;
    for (size_t m = 0; m < trial->others; m++)
        memcpy(trial->more[m]->potentials, trial->potentials, size);
}

/* Tasks: draws, blocks of neurons of one after another. */
static void draw_task(const void *context, size_t task, size_t slot) {
    const forward_work *w = context;
    size_t number = task / w->blocks, begin = task % w->blocks * w->size, draws = draws_of(w->pass);
    size_t end = smaller(w->pass->encoder->readout.neurons, begin + w->size);
    vdib__key key = w->keys[number / draws];
    (void)slot;
    key.sample = (uint8_t)(number % draws);
    if (w->pass->encoder->readout.gaussian)
        noise_block(w->pass, sample_at(w->pass, number), &key, begin, end);
    else
        draw_block(w->pass, sample_at(w->pass, number), &key, w->forced != NULL ? w->forced[number] : NULL, begin, end);
}

/* Tasks: draws. */
static void gather_task(const void *context, size_t i, size_t slot) {
    const vdib__fallible *work = context;
    (void)slot;
    vdib__failure_note(work->failure, i, gather_spikes(&work->pass->encoder->readout, sample_at(work->pass, i)));
}

static vdib_status gather_samples(const vdib__pass *pass) {
    vdib__failure failure;
    const vdib__fallible gathering = {.pass = pass, .failure = &failure};
    vdib__failure_init(&failure);
    vdib__parallel(pass->threads, sample_count(pass), gather_task, &gathering);
    return vdib__failure_raise(&failure);
}

vdib_status vdib__readout_forward(const vdib__pass *pass, const vdib__key *keys, const float *const *forced) {
    const vdib__readout *readout = &pass->encoder->readout;
    forward_work all = {.pass = pass, .keys = keys, .forced = forced};
    all.tiling = vdib__tiling_of(readout->bases, readout->neurons);
    all.some = vdib__trials_together(pass, all.tiling.blocks);
    all.groups = vdib__blocks(pass->count, all.some);
    all.size = readout->lateral ? readout->neurons : VDIB_BLOCK;
    all.blocks = vdib__blocks(readout->neurons, all.size);
    vdib__parallel(pass->threads, all.tiling.blocks * all.groups, forward_task, &all);
    if (draws_of(pass) > 1)
        vdib__parallel(pass->threads, pass->count, share_task, &all);
    vdib__parallel(pass->threads, sample_count(pass) * all.blocks, draw_task, &all);
    return readout->gaussian ? VDIB_OK : gather_samples(pass);
}

/* ---- backward ---- */

/* The errors of a block of readout neurons, rows of VDIB_BLOCK that are `stride` apart: where they are, or, if the
 * block is narrow, copied to tile 0 of `own`. */
typedef struct block_errors {
    const float *rows;
    size_t stride;
} block_errors;

static block_errors errors_of(const vdib__pass *pass, const vdib__trial *trial, const vdib__tile *at,
                              vdib__task_tiles *tiles) {
    size_t neurons = pass->encoder->readout.neurons;
    if (at->width == VDIB_BLOCK)
        return (block_errors){trial->errors + at->begin, neurons};
    float *copy = vdib__pass_tile(pass, tiles, 0);
    memset(copy, 0, trial->steps * VDIB_BLOCK * sizeof *copy);
    vdib__copy_columns(copy, VDIB_BLOCK, trial->errors + at->begin, neurons, trial->steps, at->width);
    return (block_errors){copy, VDIB_BLOCK};
}

/* What a change of step t does through basis at->group: the adjoint FIR of the errors, summed over the steps that the
 * change lasts. */
static const float *spread_tile(const vdib__pass *pass, size_t number, size_t i, const vdib__tile *at,
                                vdib__task_tiles *tiles, float *made) {
    const vdib__trial *trial = pass->trials[i];
    block_errors errors = errors_of(pass, trial, at, tiles);
    pass->kernels->readout->filter_adjoint(made, trial->steps, errors.rows, errors.stride, trial->steps,
                                           &pass->filters[at->group], 0);
    pass->kernels->product->suffix_sums(made, trial->changes[number]->restart, trial->steps);
    return made;
}

static void weight_gradient(const vdib__pass *pass, const vdib__gradient_sink *sink, float *gradients) {
    const vdib__readout *readout = &pass->encoder->readout;
    vdib__gradient_task task = {.number = pass->encoder->layer_count,
                                .rows = readout->inputs,
                                .offset = pass->table->tensors[readout->weight].offset,
                                .tiling = vdib__tiling_of(readout->bases, readout->neurons),
                                .tile = spread_tile};
    vdib__weight_gradient(pass, &task, sink, gradients);
}

/* The adjoint FIR of the errors of steps [first, first + rows): spread (rows, bases, NY) = sum over lags of
 * taps(lag) times the errors of step t + delay + lag. */
typedef struct spreading {
    const vdib__filter *filters; /* (bases) */
    size_t bases, delay, first, rows;
    float *spread;
} spreading;

/* Readout neurons of one block. */
static void spread_block(const vdib__pass *pass, const vdib__trial *trial, const spreading *s, size_t block,
                         size_t slot) {
    const vdib__readout *readout = &pass->encoder->readout;
    vdib__tiling tiling = vdib__tiling_of(s->bases, readout->neurons);
    vdib__tile at = vdib__tile_at(&tiling, block);
    vdib__task_tiles tiles;
    tiles.slot = slot;
    float *tile = vdib__pass_tile(pass, &tiles, 1);
    block_errors errors = errors_of(pass, trial, &at, &tiles);
    for (size_t k = 0; k < s->bases; k++) {
        pass->kernels->readout->filter_adjoint(tile, s->rows, errors.rows + s->first * errors.stride, errors.stride,
                                               trial->steps - s->first, &s->filters[k], s->delay);
        vdib__copy_columns(s->spread + k * tiling.neurons + at.begin, tiling.columns, tile, VDIB_BLOCK, s->rows,
                           at.width);
    }
}

void vdib__readout_spread(const vdib__pass *pass, const vdib__trial *trial, size_t block, size_t first, size_t rows,
                          size_t slot, float *spread) {
    const vdib__readout *readout = &pass->encoder->readout;
    spreading s = {.filters = pass->filters, .bases = readout->bases, .first = first, .rows = rows, .spread = spread};
    spread_block(pass, trial, &s, block, slot);
}

/* Lateral: the gradient (KF, NY) of what neuron `from` feeds back to all. */
static void lateral_gradient(const vdib__pass *pass, size_t from, float *gradient) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t columns = readout->feedback_bases * readout->neurons;
    memset(gradient, 0, columns * sizeof *gradient);
    for (size_t i = 0; i < sample_count(pass); i++) {
        const vdib__trial *trial = sample_at(pass, i);
        for (size_t t = 0; t < trial->steps; t++) {
            float spike = trial->blank_window[t * readout->neurons + from];
            if (spike != 0.0F)
                pass->kernels->product->axpy(gradient, trial->feedback_spread + t * columns, spike, columns);
        }
    }
}

/* Per neuron: the gradients of what neurons [begin, begin + width) feed back to themselves through one basis. */
static void own_gradient(const vdib__pass *pass, size_t basis, size_t begin, size_t width, float *gradient) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t neurons = readout->neurons, columns = readout->feedback_bases * neurons;
    memset(gradient, 0, width * sizeof *gradient);
    for (size_t i = 0; i < sample_count(pass); i++) {
        const vdib__trial *trial = sample_at(pass, i);
        const float *spikes = trial->blank_window + begin;
        const float *spread = trial->feedback_spread + basis * neurons + begin;
        for (size_t t = 0; t < trial->steps; t++)
            pass->kernels->product->multiply_add(gradient, spikes + t * neurons, spread + t * columns, width);
    }
}

/* What the tasks of the gradient of the neurons' own feedback share. */
typedef struct feedback_work {
    const vdib__pass *pass;
    size_t blocks; /* of neurons */
    float *gradient;
} feedback_work;

/* Tasks: draws, blocks of neurons of one after another. */
static void spread_feedback(const void *context, size_t task, size_t slot) {
    const feedback_work *w = context;
    const vdib__readout *readout = &w->pass->encoder->readout;
    const vdib__trial *trial = sample_at(w->pass, task / w->blocks);
    spreading s = {.filters = w->pass->filters + readout->bases,
                   .bases = readout->feedback_bases,
                   .delay = 1,
                   .rows = trial->steps,
                   .spread = trial->feedback_spread};
    spread_block(w->pass, trial, &s, task % w->blocks, slot);
}

/* Tasks: neurons. */
static void lateral_task(const void *context, size_t from, size_t slot) {
    const feedback_work *w = context;
    const vdib__readout *readout = &w->pass->encoder->readout;
    (void)slot;
    lateral_gradient(w->pass, from, w->gradient + from * readout->feedback_bases * readout->neurons);
}

/* Tasks: bases, blocks of neurons of one after another. */
static void own_task(const void *context, size_t task, size_t slot) {
    const feedback_work *w = context;
    size_t neurons = w->pass->encoder->readout.neurons, basis = task / w->blocks;
    size_t begin = task % w->blocks * VDIB_BLOCK;
    (void)slot;
    own_gradient(w->pass, basis, begin, smaller(VDIB_BLOCK, neurons - begin), w->gradient + basis * neurons + begin);
}

void vdib__readout_feedback_gradient(const vdib__pass *pass, float *gradients) {
    const vdib__readout *readout = &pass->encoder->readout;
    if (readout->feedback_bases == 0)
        return;
    float *gradient = gradients + pass->table->tensors[readout->feedback].offset;
    const feedback_work all = {pass, vdib__blocks(readout->neurons, VDIB_BLOCK), gradient};
    vdib__parallel(pass->threads, sample_count(pass) * all.blocks, spread_feedback, &all);
    if (readout->lateral)
        vdib__parallel(pass->threads, readout->neurons, lateral_task, &all);
    else /* one trial: less work than handing it out */
        vdib__parallel(sample_count(pass) > 1 ? pass->threads : 1, readout->feedback_bases * all.blocks, own_task,
                       &all);
}

/* Tasks: trials. Everything else is linear in the errors, and sees the same inputs in every draw. */
static void merge_task(const void *context, size_t i, size_t slot) {
    const vdib__pass *pass = context;
    const vdib__trial *trial = pass->trials[i];
    (void)slot;
    for (size_t m = 0; m < trial->others; m++)
        pass->kernels->product->axpy(trial->errors, trial->more[m]->errors, 1.0F,
                                     trial->steps * pass->encoder->readout.neurons);
}

void vdib__readout_merge(const vdib__pass *pass) {
    if (draws_of(pass) > 1)
        vdib__parallel(pass->threads, pass->count, merge_task, pass);
}

static void bias_gradient(const vdib__pass *pass, float *gradient) {
    size_t neurons = pass->encoder->readout.neurons;
    memset(gradient, 0, neurons * sizeof *gradient);
    for (size_t i = 0; i < pass->count; i++)
        for (size_t t = pass->trials[i]->blank_steps; t < pass->trials[i]->steps; t++)
            pass->kernels->product->axpy(gradient, pass->trials[i]->errors + t * neurons, 1.0F, neurons);
}

/* dL/d(log s): trials in order, all of their draws, whose noise differs. */
static void deviation_gradient(const vdib__pass *pass, float *gradient) {
    size_t neurons = pass->encoder->readout.neurons;
    memset(gradient, 0, neurons * sizeof *gradient);
    for (size_t i = 0; i < sample_count(pass); i++)
        pass->kernels->product->axpy(gradient, sample_at(pass, i)->deviation_errors, 1.0F, neurons);
}

/* What the tasks of the gradient of learnt filters share. */
typedef struct taps_work {
    const vdib__pass *pass;
    vdib__tiling tiling;
} taps_work;

/* Tasks: blocks of currents. The share of the taps of its basis, trials in order: the currents c = V h once more, then
 * sum over t of e_t c_{t-lag}. */
static void taps_task(const void *context, size_t task, size_t slot) {
    const taps_work *w = context;
    const vdib__pass *pass = w->pass;
    size_t number = pass->encoder->layer_count, lags = pass->encoder->readout.filter_steps;
    double *sums = pass->workspace->tap_sums + task * lags;
    vdib__tile at = vdib__tile_at(&w->tiling, task);
    vdib__tile_weights weights = vdib__tile_weights_of(pass, number, &at, 0, pass->count, slot);
    vdib__task_tiles tiles;
    tiles.slot = slot;
    float *tile = vdib__pass_tile(pass, &tiles, 1);
    memset(sums, 0, lags * sizeof *sums);
    for (size_t i = 0; i < pass->count; i++) {
        const vdib__trial *trial = pass->trials[i];
        block_errors errors = errors_of(pass, trial, &at, &tiles);
        vdib__tile_currents(pass->kernels->product, trial->changes[number], &weights, tile);
        pass->kernels->readout->filter_gradient(sums, lags, tile, errors.rows, errors.stride, trial->steps);
    }
}

/* Before any weight moves: it reads V. Blocks are summed in order. */
static void taps_gradient(const vdib__pass *pass, float *gradient) {
    const vdib__readout *readout = &pass->encoder->readout;
    const taps_work all = {pass, vdib__tiling_of(readout->bases, readout->neurons)};
    size_t lags = readout->filter_steps;
    vdib__parallel(pass->threads, all.tiling.groups * all.tiling.blocks, taps_task, &all);
    for (size_t k = 0; k < readout->bases; k++)
        for (size_t lag = 0; lag < lags; lag++) {
            double sum = 0.0;
            for (size_t block = 0; block < all.tiling.blocks; block++)
                sum += pass->workspace->tap_sums[(k * all.tiling.blocks + block) * lags + lag];
            gradient[k * lags + lag] = (float)sum;
        }
}

void vdib__readout_gradient(const vdib__pass *pass, const vdib__gradient_sink *sink, float *gradients) {
    const vdib__readout *readout = &pass->encoder->readout;
    if (readout->learns_filters)
        taps_gradient(pass, gradients + pass->table->tensors[readout->taps].offset);
    weight_gradient(pass, sink, gradients);
    bias_gradient(pass, gradients + pass->table->tensors[readout->bias].offset);
    vdib__small_gradient(pass, readout->bias, sink, gradients);
    if (readout->feedback_bases > 0)
        vdib__small_gradient(pass, readout->feedback, sink, gradients);
    if (readout->learns_filters) /* V's gradient has read them */
        vdib__small_gradient(pass, readout->taps, sink, gradients);
    if (readout->gaussian) {
        deviation_gradient(pass, gradients + pass->table->tensors[readout->log_deviation].offset);
        vdib__small_gradient(pass, readout->log_deviation, sink, gradients);
    }
}
