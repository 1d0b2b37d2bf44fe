/* SPDX-License-Identifier: MIT */
/* Affine layers. A matrix product of few examples spends its time packing the weights, so up to FEW examples go through
 * matrix-vector products instead: 3 to 9 times faster for one example. */
#include <string.h>

#include "core/matrix.h"
#include "core/threads.h"
#include "decoder/layers.h"

/* Borders of slices depend on the shape alone, so results do not depend on the number of threads. */
enum { FEW = 4, SLICE_ROWS = 64, SLICE_COLUMNS = 256, CHUNK = 4096 };

/* What tasks on slices read. */
typedef struct slices {
    vdib__products products;
    size_t inputs, outputs, batch;
    const float *weight;          /* (outputs, inputs) */
    const float *input;           /* (B, inputs) */
    const float *output_gradient; /* (B, outputs) */
    float *output;                /* (B, outputs), the bias before and the result after */
    float *input_gradient;        /* (B, inputs) */
    const vdib__layer_gradients *gradients;
    size_t first; /* block of the weight gradient that is made here */
} slices;

static size_t slice_extent(size_t total, size_t slice, size_t begin) {
    return total - begin < slice ? total - begin : slice;
}

static void forward_rows(const void *context, size_t task, size_t slot) {
    (void)slot;
    const slices *few = context;
    size_t begin = task * SLICE_ROWS, rows = slice_extent(few->outputs, SLICE_ROWS, begin);
    for (size_t b = 0; b < few->batch; b++)
        vdib__matrix_vector_serial(few->products, false, rows, few->inputs, few->weight + begin * few->inputs,
                                   few->inputs, few->input + b * few->inputs, 1.0F,
                                   few->output + b * few->outputs + begin);
}

/* values (columns) = the weight gradient of output o from input `begin` on. */
static void weight_gradient_row(const slices *few, size_t o, size_t begin, size_t columns, float *restrict values) {
    for (size_t b = 0; b < few->batch; b++) {
        const float *restrict input = few->input + b * few->inputs + begin;
        float error = few->output_gradient[b * few->outputs + o];
        if (b == 0)
            for (size_t i = 0; i < columns; i++)
                values[i] = error * input[i];
        else
            for (size_t i = 0; i < columns; i++)
                values[i] += error * input[i];
    }
}

/* `count` elements of the weight gradient from `place` on, which may be parts of several rows. */
static void weight_gradient_part(const slices *few, size_t place, size_t count, float *values) {
    for (size_t done = 0; done < count;) {
        size_t o = (place + done) / few->inputs, begin = (place + done) % few->inputs;
        size_t columns = slice_extent(few->inputs, count - done, begin);
        weight_gradient_row(few, o, begin, columns, values + done);
        done += columns;
    }
}

/* With a sink a chunk is handed over while it is in the cache. */
static void weight_gradient_rows(const void *context, size_t task, size_t slot) {
    (void)slot;
    const slices *few = context;
    const vdib__layer_gradients *to = few->gradients;
    size_t first = task * SLICE_ROWS, begin = first * few->inputs;
    size_t end = begin + slice_extent(few->outputs, SLICE_ROWS, first) * few->inputs;
    if (to->sink == NULL)
        weight_gradient_part(few, begin, end - begin, to->weight + begin);
    for (size_t place = begin; place < end && to->sink != NULL; place += CHUNK) {
        _Alignas(64) float chunk[CHUNK];
        size_t count = slice_extent(end, CHUNK, place);
        weight_gradient_part(few, place, count, chunk);
        vdib__gradient_hand_over(to->sink, to->weight_offset + place, chunk, 1, count);
    }
}

static void input_gradient_columns(const void *context, size_t task, size_t slot) {
    (void)slot;
    const slices *few = context;
    size_t begin = task * SLICE_COLUMNS, columns = slice_extent(few->inputs, SLICE_COLUMNS, begin);
    for (size_t b = 0; b < few->batch; b++) {
        float *gradient = few->input_gradient + b * few->inputs + begin;
        memset(gradient, 0, columns * sizeof *gradient);
        vdib__matrix_vector_serial(few->products, true, few->outputs, columns, few->weight + begin, few->inputs,
                                   few->output_gradient + b * few->outputs, 0.0F, gradient);
    }
}

void vdib__affine_forward(const vdib__layer *layer, int threads, const float *weight, const float *bias,
                          const float *input, size_t batch, float *output) {
    size_t inputs = layer->inputs, outputs = layer->outputs;
    threads = vdib__threads_worth(threads, batch * inputs * outputs);
    for (size_t b = 0; b < batch; b++)
        memcpy(output + b * outputs, bias, outputs * sizeof *output);
    if (batch > FEW) {
        vdib__matrix_multiply(layer->products, threads, false, true, batch, outputs, inputs, 1.0F, input, weight, 1.0F,
                              output);
        return;
    }
    slices few = {.products = layer->products,
                  .inputs = inputs,
                  .outputs = outputs,
                  .batch = batch,
                  .weight = weight,
                  .input = input,
                  .output = output};
    vdib__parallel(threads, vdib__blocks(outputs, SLICE_ROWS), forward_rows, &few);
}

static void bias_gradient(size_t outputs, const float *output_gradient, size_t batch, float *gradient) {
    memcpy(gradient, output_gradient, outputs * sizeof *gradient);
    for (size_t b = 1; b < batch; b++)
        for (size_t o = 0; o < outputs; o++)
            gradient[o] += output_gradient[b * outputs + o];
}

/* Tasks: blocks of outputs, blocks of inputs of one after another. A block of the gradient is handed over while it is
 * in the cache. */
static void weight_gradient_block(const void *context, size_t made, size_t slot) {
    (void)slot;
    const slices *all = context;
    const vdib__layer_gradients *to = all->gradients;
    size_t blocks = vdib__blocks(all->inputs, SLICE_COLUMNS), task = all->first + made;
    size_t first = task / blocks * SLICE_ROWS, begin = task % blocks * SLICE_COLUMNS;
    size_t rows = slice_extent(all->outputs, SLICE_ROWS, first);
    size_t columns = slice_extent(all->inputs, SLICE_COLUMNS, begin);
    _Alignas(64) float values[SLICE_ROWS * SLICE_COLUMNS];
    vdib__matrix_multiply_part(all->products, true, false, rows, columns, all->batch, all->output_gradient + first,
                               all->outputs, all->input + begin, all->inputs, 0.0F, values, columns);
    const vdib__gradient_piece piece = {.offset = to->weight_offset + first * all->inputs + begin,
                                        .stride = all->inputs,
                                        .rows = rows,
                                        .width = columns,
                                        .values = values,
                                        .divided = vdib__sink_divides(to->sink)};
    to->sink->take(to->sink->user, &piece);
}

void vdib__affine_input_gradient(const vdib__layer *layer, int threads, const float *weight,
                                 const float *output_gradient, size_t batch, float *input_gradient) {
    size_t inputs = layer->inputs, outputs = layer->outputs;
    const slices few = {.products = layer->products,
                        .inputs = inputs,
                        .outputs = outputs,
                        .batch = batch,
                        .weight = weight,
                        .output_gradient = output_gradient,
                        .input_gradient = input_gradient};
    threads = vdib__threads_worth(threads, batch * inputs * outputs);
    if (batch <= FEW)
        vdib__parallel(threads, vdib__blocks(inputs, SLICE_COLUMNS), input_gradient_columns, &few);
    else
        vdib__matrix_multiply(layer->products, threads, false, false, batch, inputs, outputs, 1.0F, output_gradient,
                              weight, 0.0F, input_gradient);
}

void vdib__affine_weight_gradient(const vdib__layer *layer, int threads, const float *input,
                                  const float *output_gradient, size_t batch, const vdib__layer_gradients *gradients) {
    size_t inputs = layer->inputs, outputs = layer->outputs;
    slices all = {.products = layer->products,
                  .inputs = inputs,
                  .outputs = outputs,
                  .batch = batch,
                  .input = input,
                  .output_gradient = output_gradient,
                  .gradients = gradients};
    size_t blocks = vdib__blocks(outputs, SLICE_ROWS) * vdib__blocks(inputs, SLICE_COLUMNS);
    threads = vdib__threads_worth(threads, batch * inputs * outputs);
    bias_gradient(outputs, output_gradient, batch, gradients->bias);
    if (batch <= FEW)
        vdib__parallel(threads, vdib__blocks(outputs, SLICE_ROWS), weight_gradient_rows, &all);
    else if (gradients->sink == NULL)
        vdib__matrix_multiply(layer->products, threads, true, false, outputs, inputs, batch, 1.0F, output_gradient,
                              input, 0.0F, gradients->weight);
    else
        vdib__parallel(threads, vdib__sink_tasks(gradients->sink, blocks, &all.first), weight_gradient_block, &all);
    vdib__gradient_hand_over(gradients->sink, gradients->bias_offset, gradients->bias, 1, outputs);
}
