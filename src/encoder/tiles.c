/* SPDX-License-Identifier: MIT */
/* Products of spikes and dense weights, a tile of VDIB_BLOCK columns at a time. */
#include <omp.h>
#include <string.h>

#include "core/alloc.h"
#include "core/threads.h"
#include "encoder/layers.h"

enum {
    ROWS_PER_TASK = 1024, /* 256 KiB of gradient: in the second-level cache while the examples of a batch pass by */
    ROWS_PER_PIECE = 64,  /* of one example: in the first-level cache */
    ROWS_AHEAD = 6        /* weight rows fetched before they are needed */
};

/* ---- tiles of long sequences ---- */

vdib_status vdib__pass_open(vdib__pass *pass) {
    size_t steps = 0;
    for (size_t i = 0; i < pass->count; i++)
        steps = pass->trials[i]->steps > steps ? pass->trials[i]->steps : steps;
    if (steps <= VDIB_TILE_STEPS)
        return VDIB_OK;
    pass->tile_size = steps * VDIB_BLOCK;
    size_t threads = pass->threads > 1 ? (size_t)pass->threads : 1;
    return VDIB_NEW(&pass->tiles, threads * VDIB_TASK_TILES * pass->tile_size);
}

void vdib__pass_close(vdib__pass *pass) {
    vdib__free(pass->tiles);
}

float *vdib__pass_tile(const vdib__pass *pass, vdib__task_tiles *own, size_t number) {
    if (pass->tiles == NULL)
        return own->memory + number * VDIB_TILE;
    return pass->tiles + ((size_t)omp_get_thread_num() * VDIB_TASK_TILES + number) * pass->tile_size;
}

vdib__tiling vdib__tiling_of(size_t groups, size_t neurons) {
    return (vdib__tiling){
        .groups = groups, .neurons = neurons, .blocks = vdib__blocks(neurons, VDIB_BLOCK), .columns = groups * neurons};
}

/* ---- forward ---- */

static void prefetch_row(const float *row) {
    for (size_t i = 0; i < VDIB_BLOCK; i += 16)
        __builtin_prefetch(row + i, 0, 2);
}

void vdib__tile_currents(const vdib__product_kernels *kernels, const vdib__changes *changes, const float *weights,
                         size_t columns, size_t width, float *tile) {
    _Alignas(64) float padded[VDIB_BLOCK] = {0};
    memset(tile, 0, changes->steps * VDIB_BLOCK * sizeof *tile);
    for (size_t a = 0; a < changes->active_count; a++) {
        size_t channel = changes->active[a], begin = changes->channel_offsets[channel];
        const float *row = weights + channel * columns;
        if (a + ROWS_AHEAD < changes->active_count)
            prefetch_row(weights + changes->active[a + ROWS_AHEAD] * columns);
        if (width < VDIB_BLOCK)
            row = memcpy(padded, row, width * sizeof *row);
        kernels->scatter(tile, row, changes->by_channel + begin, changes->channel_offsets[channel + 1] - begin);
    }
    kernels->prefix_sums(tile, changes->restart, changes->steps);
}

/* ---- gradient ---- */

/* The place in `active` of the first channel that is not below `channel`. */
static size_t first_active(const vdib__changes *changes, size_t channel) {
    size_t low = 0, high = changes->active_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (changes->active[middle] < channel)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* values (rows, VDIB_BLOCK): rows begin .. begin + rows of the gradient of one tile += one example's share. */
static void collect_rows(const vdib__product_kernels *kernels, const vdib__changes *changes, const float *tile,
                         size_t begin, size_t rows, float *values, bool *silent) {
    for (size_t a = first_active(changes, begin); a < changes->active_count && changes->active[a] < begin + rows; a++) {
        size_t channel = changes->active[a], first = changes->channel_offsets[channel], row = channel - begin;
        if (silent[row])
            memset(values + row * VDIB_BLOCK, 0, VDIB_BLOCK * sizeof *values);
        silent[row] = false;
        kernels->collect(values + row * VDIB_BLOCK, tile, changes->by_channel + first,
                         changes->channel_offsets[channel + 1] - first);
    }
}

/* Rows of a narrow tile moved together, so that they have no gaps. */
static void close_gaps(float *values, size_t rows, size_t width) {
    for (size_t row = 1; row < rows && width < VDIB_BLOCK; row++)
        memmove(values + row * width, values + row * VDIB_BLOCK, width * sizeof *values);
}

/* To the sink, or to the array of all gradients. */
static void hand_over(const vdib__gradient_piece *piece, const vdib__gradient_sink *sink, float *gradients) {
    if (sink != NULL) {
        sink->take(sink->user, piece);
        return;
    }
    for (size_t row = 0; row < piece->rows; row++) {
        float *at = gradients + piece->offset + row * piece->stride;
        if (piece->silent[row])
            memset(at, 0, piece->width * sizeof *at);
        else
            memcpy(at, piece->values + row * piece->width, piece->width * sizeof *at);
    }
}

/* Rows [begin, end) of one tile. With one example its tile is made once and the rows go out while they are hot. */
static void gradient_rows(const vdib__pass *pass, const vdib__gradient_task *task, size_t begin, size_t end,
                          const vdib__tile *at, const vdib__gradient_sink *sink, float *gradients) {
    _Alignas(64) float values[ROWS_PER_TASK * VDIB_BLOCK];
    bool silent[ROWS_PER_TASK];
    vdib__task_tiles own;
    const float *tile = NULL;
    size_t most = pass->count == 1 ? ROWS_PER_PIECE : ROWS_PER_TASK;
    for (size_t first = begin; first < end; first += most) {
        size_t rows = end - first < most ? end - first : most;
        memset(silent, 1, rows * sizeof *silent);
        for (size_t i = 0; i < pass->count; i++) {
            if (pass->count > 1 || first == begin)
                tile = task->tile(pass, task->number, i, at, &own);
            collect_rows(pass->kernels->product, pass->trials[i]->changes[task->number], tile, first, rows, values,
                         silent);
        }
        close_gaps(values, rows, at->width);
        vdib__gradient_piece piece = {.offset = task->offset + first * task->tiling.columns + at->column,
                                      .stride = task->tiling.columns,
                                      .rows = rows,
                                      .width = at->width,
                                      .values = values,
                                      .silent = silent};
        hand_over(&piece, sink, gradients);
    }
}

void vdib__weight_gradient(const vdib__pass *pass, const vdib__gradient_task *task, const vdib__gradient_sink *sink,
                           float *gradients) {
    size_t row_blocks = vdib__blocks(task->rows, ROWS_PER_TASK), tiles = task->tiling.groups * task->tiling.blocks;
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(pass->threads) if (pass->threads > 1)
    for (size_t rows = 0; rows < row_blocks; rows++)
        for (size_t number = 0; number < tiles; number++) {
            size_t begin = rows * ROWS_PER_TASK;
            size_t end = task->rows - begin < ROWS_PER_TASK ? task->rows : begin + ROWS_PER_TASK;
            vdib__tile at = vdib__tile_at(&task->tiling, number);
            gradient_rows(pass, task, begin, end, &at, sink, gradients);
        }
}

void vdib__small_gradient(const vdib__pass *pass, size_t tensor, const vdib__gradient_sink *sink,
                          const float *gradients) {
    const vdib__tensor *of = &pass->table->tensors[tensor];
    vdib__gradient_piece whole = {
        .offset = of->offset, .stride = of->count, .rows = 1, .width = of->count, .values = gradients + of->offset};
    if (sink != NULL)
        sink->take(sink->user, &whole);
}
