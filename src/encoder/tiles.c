/* SPDX-License-Identifier: MIT */
/* Products of spikes and dense weights, a tile of VDIB_BLOCK columns at a time. */
#include <string.h>

#include "core/threads.h"
#include "encoder/layers.h"

enum {
    ROWS_PER_TASK = VDIB_PIECE_VALUES / VDIB_BLOCK,
    WIDE_VALUES = VDIB_PIECE_VALUES / 2, /* of whole rows */
    WIDE_ROWS = 64,
    PANEL_ROWS = 16384, /* 4 MiB: larger panels stay in no cache that is worth the copy */
    TASKS_PER_THREAD = 8,
    ROWS_AHEAD = 8 /* fetched before they are copied */
};

static size_t threads_of(const vdib__pass *pass) {
    return pass->threads > 1 ? (size_t)pass->threads : 1;
}

size_t vdib__panel_rows(size_t inputs) {
    return inputs <= PANEL_ROWS ? inputs : 0;
}

vdib__tiling vdib__tiling_of(size_t groups, size_t neurons) {
    return (vdib__tiling){
        .groups = groups, .neurons = neurons, .blocks = vdib__blocks(neurons, VDIB_BLOCK), .columns = groups * neurons};
}

/* ---- forward ---- */

size_t vdib__trials_together(const vdib__pass *pass, size_t blocks) {
    size_t groups = vdib__blocks(TASKS_PER_THREAD * threads_of(pass), blocks);
    return vdib__blocks(pass->count, groups);
}

/* Row after row of a block of columns; rows are far apart, no hardware guesses the next one. */
static void copy_panel(const float *weights, size_t rows, size_t columns, size_t width, float *panel) {
    for (size_t row = 0; row < rows; row++, panel += VDIB_BLOCK) {
        const float *from = weights + row * columns;
        for (size_t i = 0; i < width && row + ROWS_AHEAD < rows; i += 16)
            __builtin_prefetch(from + ROWS_AHEAD * columns + i);
        memcpy(panel, from, width * sizeof *panel);
        if (width < VDIB_BLOCK)
            memset(panel + width, 0, (VDIB_BLOCK - width) * sizeof *panel);
    }
}

vdib__tile_weights vdib__tile_weights_of(const vdib__pass *pass, size_t number, const vdib__tile *at, size_t first,
                                         size_t last, size_t slot) {
    const vdib__encoder *encoder = pass->encoder;
    size_t tensor = number < encoder->layer_count ? encoder->layers[number].weight : encoder->readout.weight;
    size_t rows = pass->trials[first]->changes[number]->channels, active = 0;
    vdib__tile_weights of = {.weights = vdib__pass_tensor(pass, tensor) + at->column,
                             .columns = pass->table->tensors[tensor].count / rows,
                             .width = at->width};
    for (size_t i = first; i < last; i++)
        active += pass->trials[i]->changes[number]->active_count;
    if (pass->count == 1 || vdib__panel_rows(rows) == 0 || active < rows)
        return of;
    float *panel = pass->workspace->panels + slot * pass->workspace->panel_size;
    copy_panel(of.weights, rows, of.columns, of.width, panel);
    of.panel = panel;
    return of;
}

void vdib__tile_currents(const vdib__product_kernels *kernels, const vdib__changes *changes,
                         const vdib__tile_weights *of, float *tile) {
    vdib__channel_rows all = {.changes = changes, .to = changes->active_count, .stride = of->columns};
    if (of->panel != NULL) {
        kernels->gather_steps(tile, of->panel, changes);
        return;
    }
    memset(tile, 0, changes->steps * VDIB_BLOCK * sizeof *tile);
    if (of->width == VDIB_BLOCK)
        kernels->scatter(tile, of->weights, &all);
    for (size_t a = 0; a < changes->active_count && of->width < VDIB_BLOCK; a++) {
        _Alignas(64) float padded[VDIB_BLOCK] = {0};
        size_t channel = changes->active[a];
        vdib__channel_rows one = {.changes = changes, .from = a, .to = a + 1, .first = channel};
        memcpy(padded, of->weights + channel * of->columns, of->width * sizeof *padded);
        kernels->scatter(tile, padded, &one);
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

/* Channels begin .. begin + rows of one example. */
static vdib__channel_rows active_rows(const vdib__changes *changes, size_t begin, size_t rows, size_t stride) {
    return (vdib__channel_rows){.changes = changes,
                                .from = first_active(changes, begin),
                                .to = first_active(changes, begin + rows),
                                .first = begin,
                                .stride = stride};
}

/* values (rows, VDIB_BLOCK): rows begin .. begin + rows of the gradient of one tile += one example's share. */
static void collect_rows(const vdib__product_kernels *kernels, const vdib__changes *changes, const float *tile,
                         size_t begin, size_t rows, float *values, bool *silent) {
    vdib__channel_rows which = active_rows(changes, begin, rows, VDIB_BLOCK);
    for (size_t a = which.from; a < which.to; a++) {
        size_t row = changes->active[a] - begin;
        if (silent[row])
            memset(values + row * VDIB_BLOCK, 0, VDIB_BLOCK * sizeof *values);
        silent[row] = false;
    }
    kernels->collect(values, tile, &which);
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

/* ---- a batch: block of columns by block of columns, so that a tile stays while the rows of all examples pass ---- */

/* Where the gradient of one tensor goes, and how it is cut. */
typedef struct gradient_work {
    const vdib__pass *pass;
    const vdib__gradient_task *task;
    const vdib__gradient_sink *sink;
    float *gradients;
    size_t tiles, rows; /* tiles of all columns; rows of a task */
    size_t first;       /* task that is made here */
} gradient_work;

/* A thread's own. */
static float *values_of(const vdib__pass *pass, size_t slot) {
    return pass->workspace->pieces + slot * VDIB_PIECE_VALUES;
}

/* Tasks: blocks of rows, tiles of one after another. */
static void gradient_rows(const void *context, size_t made, size_t slot) {
    const gradient_work *w = context;
    const vdib__pass *pass = w->pass;
    const vdib__gradient_task *task = w->task;
    size_t number = w->first + made;
    size_t begin = number / w->tiles * w->rows, left = task->rows - begin;
    size_t rows = left < w->rows ? left : w->rows;
    vdib__tile at = vdib__tile_at(&task->tiling, number % w->tiles);
    float *values = values_of(pass, slot);
    bool silent[ROWS_PER_TASK];
    vdib__task_tiles tiles;
    tiles.slot = slot;
    memset(silent, 1, rows * sizeof *silent);
    for (size_t i = 0; i < pass->count; i++) {
        const float *tile = task->tile(pass, task->number, i, &at, &tiles, vdib__pass_tile(pass, &tiles, 1));
        collect_rows(pass->kernels->product, pass->trials[i]->changes[task->number], tile, begin, rows, values, silent);
    }
    close_gaps(values, rows, at.width);
    vdib__gradient_piece piece = {.offset = task->offset + begin * task->tiling.columns + at.column,
                                  .stride = task->tiling.columns,
                                  .rows = rows,
                                  .width = at.width,
                                  .values = values,
                                  .silent = silent,
                                  .divided = vdib__sink_divides(w->sink)};
    hand_over(&piece, w->sink, w->gradients);
}

static void batch_gradient(const vdib__pass *pass, const vdib__gradient_task *task, const vdib__gradient_sink *sink,
                           float *gradients) {
    gradient_work all = {.pass = pass,
                         .task = task,
                         .sink = sink,
                         .gradients = gradients,
                         .tiles = task->tiling.groups * task->tiling.blocks,
                         .rows = ROWS_PER_TASK};
    size_t count = vdib__sink_tasks(sink, vdib__blocks(task->rows, all.rows) * all.tiles, &all.first);
    vdib__parallel(pass->threads, count, gradient_rows, &all);
}

/* ---- one example: whole rows, which a sink then updates from one end to the other; all tiles are made before, or
 * stored ---- */

static float *wide_tile(const vdib__pass *pass, const vdib__gradient_task *task, size_t number) {
    const vdib__trial *trial = pass->trials[0];
    float *tiles = task->stored ? trial->layers[task->number].errors : pass->workspace->spread;
    return tiles + number * trial->steps * VDIB_BLOCK;
}

/* The part of the rows (rows, columns) that lies in one tile. */
static void collect_tile(const vdib__product_kernels *kernels, const vdib__channel_rows *which, const float *tile,
                         const vdib__tile *at, float *values) {
    if (at->width == VDIB_BLOCK) {
        kernels->collect(values + at->column, tile, which);
        return;
    }
    for (size_t a = which->from; a < which->to; a++) {
        _Alignas(64) float part[VDIB_BLOCK];
        size_t channel = which->changes->active[a];
        vdib__channel_rows one = {.changes = which->changes, .from = a, .to = a + 1, .first = channel, .fresh = true};
        kernels->collect(part, tile, &one);
        memcpy(values + (channel - which->first) * which->stride + at->column, part, at->width * sizeof *part);
    }
}

/* Tasks: tiles. */
static void make_wide_tile(const void *context, size_t number, size_t slot) {
    const gradient_work *w = context;
    vdib__task_tiles tiles;
    vdib__tile at = vdib__tile_at(&w->task->tiling, number);
    tiles.slot = slot;
    (void)w->task->tile(w->pass, w->task->number, 0, &at, &tiles, wide_tile(w->pass, w->task, number));
}

/* Tasks: blocks of rows. */
static void wide_rows(const void *context, size_t block, size_t slot) {
    const gradient_work *w = context;
    const vdib__pass *pass = w->pass;
    const vdib__gradient_task *task = w->task;
    size_t begin = block * w->rows, left = task->rows - begin, rows = left < w->rows ? left : w->rows;
    float *values = values_of(pass, slot);
    bool silent[WIDE_ROWS];
    const vdib__trial *trial = pass->trials[0];
    const vdib__tiling *tiling = &task->tiling;
    vdib__channel_rows which = active_rows(trial->changes[task->number], begin, rows, tiling->columns);
    which.fresh = true;
    memset(silent, 1, rows * sizeof *silent);
    for (size_t a = which.from; a < which.to; a++)
        silent[which.changes->active[a] - begin] = false;
    for (size_t number = 0; number < tiling->groups * tiling->blocks; number++) {
        vdib__tile at = vdib__tile_at(tiling, number);
        collect_tile(pass->kernels->product, &which, wide_tile(pass, task, number), &at, values);
    }
    vdib__gradient_piece piece = {.offset = task->offset + begin * tiling->columns,
                                  .stride = tiling->columns,
                                  .rows = rows,
                                  .width = tiling->columns,
                                  .values = values,
                                  .silent = silent};
    hand_over(&piece, w->sink, w->gradients);
}

static void single_gradient(const vdib__pass *pass, const vdib__gradient_task *task, const vdib__gradient_sink *sink,
                            float *gradients) {
    size_t rows = WIDE_VALUES / task->tiling.columns;
    const gradient_work all = {.pass = pass,
                               .task = task,
                               .sink = sink,
                               .gradients = gradients,
                               .tiles = task->tiling.groups * task->tiling.blocks,
                               .rows = rows < WIDE_ROWS ? rows : WIDE_ROWS};
    if (!task->stored)
        vdib__parallel(pass->threads, all.tiles, make_wide_tile, &all);
    vdib__parallel(pass->threads, vdib__blocks(task->rows, all.rows), wide_rows, &all);
}

void vdib__weight_gradient(const vdib__pass *pass, const vdib__gradient_task *task, const vdib__gradient_sink *sink,
                           float *gradients) {
    if (pass->count == 1 && task->tiling.columns <= WIDE_VALUES)
        single_gradient(pass, task, sink, gradients);
    else
        batch_gradient(pass, task, sink, gradients);
}

void vdib__small_gradient(const vdib__pass *pass, size_t tensor, const vdib__gradient_sink *sink,
                          const float *gradients) {
    const vdib__tensor *of = &pass->table->tensors[tensor];
    vdib__gradient_piece whole = {
        .offset = of->offset, .stride = of->count, .rows = 1, .width = of->count, .values = gradients + of->offset};
    if (sink != NULL)
        sink->take(sink->user, &whole);
}
