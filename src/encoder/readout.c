/* SPDX-License-Identifier: MIT */
/* The probabilistic readout: u_{i,t} = sum_jk V_ijk (a_k * h_j)_t + feedback + b_i, DESIGN 2.1. Filters are applied after
 * the sum over inputs: row t of the currents is V h_t by basis, and the FIR runs over NY x K currents, not NX x K traces. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/matrix.h"
#include "core/raster.h"
#include "core/threads.h"
#include "encoder/layers.h"

enum { ROWS_PER_TASK = 256, STEPS_PER_TASK = 16 };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* ---- forward ---- */

/* potentials [begin, end) += sum over bases and lags of basis (bases, tau) times row (step - lag) of rows (period, bases,
 * NY), lags 0 .. tau-1 as far as there are steps. */
static void add_filtered(const vdib__pass *pass, const float *basis, size_t bases, const float *rows, size_t period,
                         size_t step, size_t begin, size_t end, float *potentials) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t lags = smaller(readout->filter_steps, step + 1);
    for (size_t k = 0; k < bases; k++)
        for (size_t lag = 0; lag < lags; lag++)
            pass->kernels->axpy(potentials + begin,
                                rows + ((step - lag) % period * bases + k) * readout->neurons + begin,
                                basis[k * readout->filter_steps + lag], end - begin);
}

void vdib__readout_draw(const vdib__pass *pass, size_t begin, size_t end, const vdib__key *key, uint32_t draw,
                        const float *forced, const vdib__readout_output *output) {
    pass->kernels->sigmoid(output->probabilities + begin, output->potentials + begin, end - begin);
    if (forced != NULL) {
        memcpy(output->spikes + begin, forced + begin, (end - begin) * sizeof *forced);
        return;
    }
    for (size_t i = begin; i < end; i += 4) {
        uint32_t words[4];
        vdib__random_block(key, draw, (uint32_t)(i / 4), words);
        for (size_t j = i; j < smaller(i + 4, end); j++)
            output->spikes[j] = vdib__uniform(words[j - i]) < output->probabilities[j] ? 1.0F : 0.0F;
    }
}

/* Row `step` of the feedback currents: f times the step's spikes. */
static void feed_back(const vdib__pass *pass, const vdib__readout_rows *rows, size_t step, size_t begin, size_t end,
                      const float *spikes) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t columns = readout->feedback_bases * readout->neurons;
    if (columns == 0)
        return;
    const float *weights = vdib__pass_tensor(pass, readout->self);
    float *row = rows->self + step % rows->period * columns;
    if (!readout->lateral) {
        for (size_t k = 0; k < readout->feedback_bases; k++)
            for (size_t i = k * readout->neurons + begin; i < k * readout->neurons + end; i++)
                row[i] = spikes[i - k * readout->neurons] * weights[i];
        return;
    }
    memset(row, 0, columns * sizeof *row);
    for (size_t from = 0; from < readout->neurons; from++)
        if (spikes[from] != 0.0F)
            pass->kernels->axpy(row, weights + from * columns, spikes[from], columns);
}

void vdib__readout_step(const vdib__pass *pass, const vdib__readout_rows *rows, size_t step, size_t begin, size_t end,
                        const vdib__key *key, uint32_t draw, const float *forced, const vdib__readout_output *output) {
    const vdib__readout *readout = &pass->encoder->readout;
    memcpy(output->potentials + begin, vdib__pass_tensor(pass, readout->bias) + begin, (end - begin) * sizeof(float));
    add_filtered(pass, readout->basis, readout->bases, rows->forward, rows->period, step, begin, end,
                 output->potentials);
    if (step > 0) /* feedback: spikes up to the step before */
        add_filtered(pass, readout->feedback_basis, readout->feedback_bases, rows->self, rows->period, step - 1, begin,
                     end, output->potentials);
    vdib__readout_draw(pass, begin, end, key, draw, forced, output);
    feed_back(pass, rows, step, begin, end, output->spikes);
}

/* Currents of all inputs: trial->spread columns [column, ...). */
static void forward_currents(const vdib__pass *pass, vdib__trial *trial, size_t column) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t columns = readout->bases * readout->neurons, last = pass->encoder->layer_count;
    vdib__spikes_times_weights(pass->kernels, trial->transposed[last], last == 0 ? trial->blank_steps : 0, trial->steps,
                               vdib__pass_tensor(pass, readout->weight), columns, column,
                               smaller(VDIB_BLOCK, columns - column), trial->spread);
}

/* All steps of readout neurons [begin, end). */
static void forward_block(const vdib__pass *pass, vdib__trial *trial, const vdib__key *key, const float *forced,
                          size_t begin, size_t end) {
    size_t neurons = pass->encoder->readout.neurons;
    vdib__readout_rows rows = {.forward = trial->spread, .self = trial->self_spread, .period = trial->steps};
    for (size_t t = 0; t < trial->steps; t++) {
        bool blank = t < trial->blank_steps;
        vdib__readout_output output = {.potentials = trial->potentials + t * neurons,
                                       .probabilities = trial->probabilities + t * neurons,
                                       .spikes = trial->blank_window + t * neurons};
        vdib__readout_step(pass, &rows, t, begin, end, key, (uint32_t)t,
                           blank || forced == NULL ? NULL : forced + (t - trial->blank_steps) * neurons, &output);
    }
}

static vdib_status gather_spikes(const vdib__readout *readout, vdib__trial *trial) {
    vdib_raster *raster = trial->readout;
    raster->offsets[0] = 0;
    for (size_t t = 0; t < raster->steps; t++) {
        size_t count = raster->offsets[t];
        VDIB_TRY(VDIB_RESERVE(&raster->indices, &raster->capacity, count + readout->neurons));
        for (size_t i = 0; i < readout->neurons; i++) {
            raster->indices[count] = (uint32_t)i; /* kept only if the neuron spikes */
            count += trial->window[t * readout->neurons + i] != 0.0F;
        }
        raster->offsets[t + 1] = count;
    }
    return VDIB_OK;
}

vdib_status vdib__readout_forward(const vdib__pass *pass, const vdib__key *keys, const float *const *forced) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t columns = readout->bases * readout->neurons, tiles = vdib__blocks(columns, VDIB_BLOCK);
    size_t size = readout->lateral ? readout->neurons : VDIB_BLOCK, blocks = vdib__blocks(readout->neurons, size);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t i = 0; i < pass->count; i++)
        for (size_t tile = 0; tile < tiles; tile++)
            forward_currents(pass, pass->trials[i], tile * VDIB_BLOCK);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t i = 0; i < pass->count; i++)
        for (size_t block = 0; block < blocks; block++)
            forward_block(pass, pass->trials[i], &keys[i], forced != NULL ? forced[i] : NULL, block * size,
                          smaller(readout->neurons, (block + 1) * size));
    vdib__failure failure;
    vdib__failure_init(&failure);
#pragma omp parallel for schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1 && pass->count > 1)
    for (size_t i = 0; i < pass->count; i++) {
        vdib_status status = gather_spikes(readout, pass->trials[i]);
        if (status != VDIB_OK)
            vdib__failure_note(&failure, i, status);
    }
    return vdib__failure_raise(&failure);
}

/* ---- backward ---- */

/* spread (T, bases, NY), rows [begin, end): row t = sum over lags of basis(lag) times the errors of data step
 * t + delay + lag: what a spike of step t does through each basis. */
static void spread_errors(const vdib__pass *pass, const vdib__trial *trial, const float *basis, size_t bases,
                          size_t delay, size_t begin, size_t end, float *spread) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t neurons = readout->neurons;
    memset(spread + begin * bases * neurons, 0, (end - begin) * bases * neurons * sizeof *spread);
    for (size_t t = begin; t < end; t++)
        for (size_t lag = 0; lag < readout->filter_steps && t + delay + lag < trial->steps; lag++) {
            size_t at = t + delay + lag;
            for (size_t k = 0; k < bases && at >= trial->blank_steps; k++)
                pass->kernels->axpy(spread + (t * bases + k) * neurons, trial->errors + at * neurons,
                                    basis[k * readout->filter_steps + lag], neurons);
        }
}

static void spread_all(const vdib__pass *pass) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t steps = 0;
    for (size_t i = 0; i < pass->count; i++)
        steps = pass->trials[i]->steps > steps ? pass->trials[i]->steps : steps;
    size_t chunks = vdib__blocks(steps, STEPS_PER_TASK);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t i = 0; i < pass->count; i++)
        for (size_t chunk = 0; chunk < chunks; chunk++) {
            vdib__trial *trial = pass->trials[i];
            size_t begin = smaller(chunk * STEPS_PER_TASK, trial->steps);
            size_t end = smaller(begin + STEPS_PER_TASK, trial->steps);
            spread_errors(pass, trial, readout->basis, readout->bases, 0, begin, end, trial->spread);
            spread_errors(pass, trial, readout->feedback_basis, readout->feedback_bases, 1, begin, end,
                          trial->self_spread);
        }
}

/* Gradient of V: rows are inputs, columns (K, NY). */
static void weight_gradient(const vdib__pass *pass, float *gradient) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t columns = readout->bases * readout->neurons, last = pass->encoder->layer_count;
    size_t row_blocks = vdib__blocks(readout->inputs, ROWS_PER_TASK), tiles = vdib__blocks(columns, VDIB_BLOCK);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t rows = 0; rows < row_blocks; rows++)
        for (size_t tile = 0; tile < tiles; tile++) {
            size_t begin = rows * ROWS_PER_TASK, column = tile * VDIB_BLOCK;
            size_t end = smaller(begin + ROWS_PER_TASK, readout->inputs), width = smaller(VDIB_BLOCK, columns - column);
            for (size_t j = begin; j < end; j++)
                memset(gradient + j * columns + column, 0, width * sizeof *gradient);
            for (size_t i = 0; i < pass->count; i++) {
                const vdib__trial *trial = pass->trials[i];
                vdib__spikes_times_values(pass->kernels, trial->transposed[last], last == 0 ? trial->blank_steps : 0,
                                          trial->steps, trial->spread, columns, column, width, begin, end, gradient);
            }
        }
}

/* Gradient of f from spikes of neuron `from`: per neuron its own column (KF, NY), lateral a row (KF, NY) of its own. */
static void self_gradient_of(const vdib__pass *pass, size_t from, float *gradient) {
    const vdib__readout *readout = &pass->encoder->readout;
    size_t neurons = readout->neurons, columns = readout->feedback_bases * neurons;
    if (readout->lateral)
        memset(gradient + from * columns, 0, columns * sizeof *gradient);
    else
        for (size_t k = 0; k < readout->feedback_bases; k++)
            gradient[k * neurons + from] = 0.0F;
    for (size_t i = 0; i < pass->count; i++) {
        const vdib__trial *trial = pass->trials[i];
        for (size_t t = 0; t < trial->steps; t++) {
            const float *spread = trial->self_spread + t * columns;
            float spike = trial->blank_window[t * neurons + from];
            if (spike == 0.0F)
                continue;
            if (readout->lateral)
                pass->kernels->axpy(gradient + from * columns, spread, spike, columns);
            else
                for (size_t k = 0; k < readout->feedback_bases; k++)
                    gradient[k * neurons + from] += spike * spread[k * neurons + from];
        }
    }
}

static void bias_gradient(const vdib__pass *pass, float *gradient) {
    size_t neurons = pass->encoder->readout.neurons;
    memset(gradient, 0, neurons * sizeof *gradient);
    for (size_t i = 0; i < pass->count; i++)
        for (size_t t = pass->trials[i]->blank_steps; t < pass->trials[i]->steps; t++)
            pass->kernels->axpy(gradient, pass->trials[i]->errors + t * neurons, 1.0F, neurons);
}

void vdib__readout_backward(const vdib__pass *pass, float *gradients) {
    const vdib__readout *readout = &pass->encoder->readout;
    spread_all(pass);
    weight_gradient(pass, gradients + pass->table->tensors[readout->weight].offset);
    bias_gradient(pass, gradients + pass->table->tensors[readout->bias].offset);
    if (readout->feedback_bases == 0)
        return;
    float *gradient = gradients + pass->table->tensors[readout->self].offset;
#pragma omp parallel for schedule(static) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t from = 0; from < readout->neurons; from++)
        self_gradient_of(pass, from, gradient);
}

void vdib__readout_project(const vdib__pass *pass, vdib__trial *trial, int threads) {
    const vdib__readout *readout = &pass->encoder->readout;
    const float *weights =
        vdib__pass_tensor(pass, pass->encoder->feedback == VDIB_FEEDBACK_FA ? readout->feedback : readout->weight);
    size_t columns = readout->bases * readout->neurons, blank = trial->blank_steps;
    vdib__matrix_multiply(threads, false, true, trial->steps - blank, readout->inputs, columns, 1.0F,
                          trial->spread + blank * columns, weights, 0.0F, trial->gradient + blank * readout->inputs);
}
