/* SPDX-License-Identifier: MIT */
/* bp and fa, docs/method.md, eq. (27) and (28): what reaches a hidden layer from a dense layer or the readout above it.
 *
 *     dL/dh (steps, outputs) = rows (steps, length) times matrix (outputs, length), transposed
 *
 * Rows are errors: of the readout, spread over its filters (length K x NY), or of the layer above (its neurons). The
 * matrix is V, the weights above, or what stands for them. The data steps of all trials are one long matrix of rows. It
 * is worked on in waves, so that the rows at hand take bounded memory, and a wave in blocks of rows and columns, so
 * that there is work for all threads. Their borders follow from the shapes alone; with the library's own products they
 * are borders of trials, so that what a trial gets does not depend on which others are beside it (core/ranks.h). */
#include <string.h>

#include "core/matrix.h"
#include "core/threads.h"
#include "encoder/layers.h"

/* A product of 640 x 256 has 1.35 times the speed of one of 80 x 64 (length 2,048): large matrices are packed less
 * often. */
enum {
    WAVE_FLOATS = 4 << 20, /* 16 MiB of rows ... */
    FEWEST_ROWS = 256,     /* ... unless these are more */
    BLOCK_ROWS = 640,
    BLOCK_TILES = 4 /* of VDIB_BLOCK columns */
};

typedef struct wave {
    const vdib__pass *pass;
    size_t number; /* the layer that errors are brought to */
    const float *matrix;
    size_t length;
    size_t begin, rows; /* of the rows of all trials */
    size_t row_blocks, column_blocks;
    bool by_trial; /* blocks of rows are units */
} wave;

/* Consecutive rows of one trial. */
typedef struct segment {
    vdib__trial *trial;
    size_t step, rows;
} segment;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* ---- shapes ---- */

static size_t length_of(const vdib__encoder *encoder, size_t number) {
    if (number + 1 == encoder->layer_count)
        return encoder->readout.bases * encoder->readout.neurons;
    return encoder->layers[number + 1].neurons;
}

static size_t most_rows(size_t length) {
    size_t rows = WAVE_FLOATS / length;
    return rows > FEWEST_ROWS ? rows : FEWEST_ROWS;
}

size_t vdib__propagate_spread(const vdib__encoder *encoder, size_t rows) {
    size_t most = 0;
    for (size_t l = 0; l < encoder->layer_count; l++)
        if (vdib__is_prepared(encoder, l)) {
            size_t length = length_of(encoder, l), size = smaller(rows, most_rows(length)) * length;
            most = size > most ? size : most;
        }
    return most;
}

size_t vdib__propagate_product(const vdib__encoder *encoder) {
    return vdib__is_propagated(encoder) ? (size_t)BLOCK_ROWS * BLOCK_TILES * VDIB_BLOCK : 0;
}

/* Part `index` of `parts` parts of a whole that differ by 1 at most. */
static size_t part_begin(size_t whole, size_t parts, size_t index) {
    return whole * index / parts;
}

static size_t data_steps(const vdib__trial *trial) {
    return trial->steps - trial->blank_steps;
}

/* The rows from `row` to `end`, as far as they are of one trial. */
static segment segment_at(const vdib__pass *pass, size_t row, size_t end) {
    size_t i = 0, left = end - row;
    for (; row >= data_steps(pass->trials[i]); i++)
        row -= data_steps(pass->trials[i]);
    return (segment){pass->trials[i], pass->trials[i]->blank_steps + row,
                     smaller(data_steps(pass->trials[i]) - row, left)};
}

/* ---- units: what a block of rows is with the library's own products ---- */

static size_t most_unit_rows(size_t length) {
    return smaller(BLOCK_ROWS, most_rows(length));
}

/* The rows of the unit that begins at `row` of all trials: a trial, or, of a long one, an equal part. */
static size_t unit_rows(const wave *w, size_t row) {
    size_t i = 0;
    for (; row >= data_steps(w->pass->trials[i]); i++)
        row -= data_steps(w->pass->trials[i]);
    size_t steps = data_steps(w->pass->trials[i]), units = vdib__blocks(steps, most_unit_rows(w->length)), unit = 0;
    while (part_begin(steps, units, unit + 1) <= row)
        unit++;
    return part_begin(steps, units, unit + 1) - row;
}

/* The rows of whole units from w->begin on that fit a wave, and how many units they are. */
static void take_units(wave *w, size_t total) {
    w->rows = w->row_blocks = 0;
    while (w->begin + w->rows < total) {
        size_t rows = unit_rows(w, w->begin + w->rows);
        if (w->rows + rows > most_rows(w->length))
            return;
        w->rows += rows;
        w->row_blocks++;
    }
}

/* ---- rows ---- */

/* Tasks: trials, blocks of readout neurons of one after another. Fills what the wave has of a trial. */
static void fill_rows(const void *context, size_t task, size_t slot) {
    const wave *w = context;
    const vdib__pass *pass = w->pass;
    size_t trial = task / w->column_blocks, block = task % w->column_blocks, before = 0;
    for (size_t i = 0; i < trial; i++)
        before += data_steps(pass->trials[i]);
    size_t begin = before > w->begin ? before : w->begin;
    size_t end = smaller(before + data_steps(pass->trials[trial]), w->begin + w->rows);
    if (begin >= end)
        return;
    size_t step = pass->trials[trial]->blank_steps + begin - before;
    float *rows = pass->workspace->spread + (begin - w->begin) * w->length;
    if (w->number + 1 == pass->encoder->layer_count)
        vdib__readout_spread(pass, pass->trials[trial], block, step, end - begin, slot, rows);
    else
        memcpy(rows, pass->trials[trial]->layers[w->number + 1].rows + step * w->length,
               (end - begin) * w->length * sizeof *rows);
}

/* ---- products ---- */

/* A block of the product: rows [row, row + rows) of the wave, tiles [tile, tile + tiles) of the outputs. */
typedef struct product {
    size_t row, rows, tile, tiles;
    size_t columns; /* of these tiles */
} product;

static product product_at(const wave *w, size_t task) {
    size_t outputs = w->pass->encoder->layers[w->number].outputs, tiles = vdib__blocks(outputs, VDIB_BLOCK);
    size_t row = task / w->column_blocks, column = task % w->column_blocks;
    product p = {.tile = part_begin(tiles, w->column_blocks, column)};
    if (w->by_trial) {
        for (size_t unit = 0; unit <= row; unit++) {
            p.row += p.rows;
            p.rows = unit_rows(w, w->begin + p.row);
        }
    } else {
        p.row = part_begin(w->rows, w->row_blocks, row);
        p.rows = part_begin(w->rows, w->row_blocks, row + 1) - p.row;
    }
    p.tiles = part_begin(tiles, w->column_blocks, column + 1) - p.tile;
    p.columns = smaller(outputs - p.tile * VDIB_BLOCK, p.tiles * VDIB_BLOCK);
    return p;
}

/* Whether the surrogate lets so few elements through that they are formed one by one. */
static bool is_sparse(const wave *w, const product *p) {
    size_t words = vdib__words(w->pass->encoder->layers[w->number].neurons), open = 0;
    for (size_t done = 0; done < p->rows;) {
        segment s = segment_at(w->pass, w->begin + p->row + done, w->begin + p->row + p->rows);
        const uint64_t *marks = s.trial->layers[w->number].open;
        if (marks == NULL)
            return false;
        for (size_t tile = p->tile; tile < p->tile + p->tiles; tile++)
            open += vdib__count_open(marks + tile, words, s.step, s.rows);
        done += s.rows;
    }
    return open * VDIB_SPARSE_SHARE <= p->rows * p->columns;
}

/* product (rows, columns), only where the surrogate lets something through; the rest is 0. */
static void multiply_open(const wave *w, const product *p, float *values) {
    size_t words = vdib__words(w->pass->encoder->layers[w->number].neurons), columns = p->columns;
    const float *row = w->pass->workspace->spread + p->row * w->length;
    memset(values, 0, p->rows * columns * sizeof *values);
    for (size_t done = 0; done < p->rows;) {
        segment s = segment_at(w->pass, w->begin + p->row + done, w->begin + p->row + p->rows);
        const uint64_t *open = s.trial->layers[w->number].open + s.step * words + p->tile;
        for (size_t t = 0; t < s.rows; t++, row += w->length, values += columns, open += words)
            for (size_t tile = 0; tile < p->tiles; tile++)
                for (uint64_t left = open[tile]; left != 0; left &= left - 1) {
                    size_t column = tile * VDIB_BLOCK + (size_t)__builtin_ctzll(left);
                    values[column] = w->pass->kernels->product->dot(
                        row, w->matrix + (p->tile * VDIB_BLOCK + column) * w->length, w->length);
                }
        done += s.rows;
    }
}

/* Rows of one trial to where the layer wants them. */
static void hand_out(const wave *w, const product *p, const segment *s, const float *values) {
    const vdib__lif_layer *layer = &w->pass->encoder->layers[w->number];
    if (layer->convolutional) {
        vdib__copy_columns(s->trial->gradient + s->step * layer->outputs + p->tile * VDIB_BLOCK, layer->outputs, values,
                           p->columns, s->rows, p->columns);
        return;
    }
    for (size_t tile = 0; tile < p->tiles; tile++) {
        size_t width = smaller(p->columns - tile * VDIB_BLOCK, VDIB_BLOCK);
        float *to = vdib__errors_tile(s->trial, w->number, p->tile + tile) + s->step * VDIB_BLOCK;
        for (size_t row = 0; row < s->rows && width < VDIB_BLOCK; row++)
            memset(to + row * VDIB_BLOCK + width, 0, (VDIB_BLOCK - width) * sizeof *to);
        vdib__copy_columns(to, VDIB_BLOCK, values + tile * VDIB_BLOCK, p->columns, s->rows, width);
    }
}

/* Tasks: blocks of the product. */
static void multiply_block(const void *context, size_t task, size_t slot) {
    const wave *w = context;
    const vdib__encoder_workspace *workspace = w->pass->workspace;
    product p = product_at(w, task);
    float *values = workspace->products + slot * workspace->product_size;
    if (is_sparse(w, &p))
        multiply_open(w, &p, values);
    else
        vdib__matrix_multiply_part(w->pass->encoder->products, false, true, p.rows, p.columns, w->length,
                                   workspace->spread + p.row * w->length, w->length,
                                   w->matrix + p.tile * VDIB_BLOCK * w->length, w->length, 0.0F, values, p.columns);
    for (size_t done = 0; done < p.rows;) {
        segment s = segment_at(w->pass, w->begin + p.row + done, w->begin + p.row + p.rows);
        hand_out(w, &p, &s, values + done * p.columns);
        done += s.rows;
    }
}

/* ---- all waves ---- */

static const float *matrix_of(const vdib__pass *pass, size_t number) {
    const vdib__encoder *encoder = pass->encoder;
    bool symmetric = encoder->credit->symmetric;
    if (number + 1 == encoder->layer_count)
        return vdib__pass_tensor(pass, symmetric ? encoder->readout.weight : encoder->readout.fixed);
    const vdib__lif_layer *above = &encoder->layers[number + 1];
    return vdib__pass_tensor(pass, symmetric ? above->weight : above->fixed);
}

/* The rows of the next wave, of `waves` where these are equal parts. */
static void next_wave(wave *w, size_t total, size_t waves, size_t index) {
    if (w->by_trial) {
        w->begin += w->rows;
        take_units(w, total);
        return;
    }
    w->begin = part_begin(total, waves, index);
    w->rows = part_begin(total, waves, index + 1) - w->begin;
    w->row_blocks = vdib__blocks(w->rows, BLOCK_ROWS);
}

void vdib__propagate(const vdib__pass *pass, size_t number) {
    const vdib__encoder *encoder = pass->encoder;
    wave w = {.pass = pass,
              .number = number,
              .matrix = matrix_of(pass, number),
              .length = length_of(encoder, number),
              .by_trial = encoder->products != NULL};
    size_t total = 0, tiles = vdib__blocks(encoder->layers[number].outputs, VDIB_BLOCK);
    for (size_t i = 0; i < pass->count; i++)
        total += data_steps(pass->trials[i]);
    size_t waves = vdib__blocks(total, most_rows(w.length));
    bool last = number + 1 == encoder->layer_count;
    for (size_t index = 0; w.begin + w.rows < total; index++) {
        next_wave(&w, total, waves, index);
        w.column_blocks = last ? vdib__blocks(encoder->readout.neurons, VDIB_BLOCK) : 1;
        vdib__parallel(pass->threads, pass->count * w.column_blocks, fill_rows, &w);
        w.column_blocks = vdib__blocks(tiles, BLOCK_TILES);
        vdib__parallel(pass->threads, w.row_blocks * w.column_blocks, multiply_block, &w);
    }
}
