/* SPDX-License-Identifier: MIT */
/* How the readout's error reaches the hidden layers; DESIGN 2.4. Every mode but drtp is a product of rows by step (errors of
 * the readout or of the layer above) with rows by neuron (a fixed matrix or weights). Where the surrogate is 0 for most
 * neurons and steps, only the elements that it lets through are formed. */
#include <string.h>

#include "core/matrix.h"
#include "core/threads.h"
#include "encoder/layers.h"

/* A dot product by itself costs a few times its share of a matrix product. */
enum { SPARSE_SHARE = 4 };

/* The factors of dL/dh of one trial: rows (T, length) by step and matrix (outputs, length) by neuron. */
typedef struct factors {
    const float *rows, *matrix;
    size_t length;
} factors;

static factors factors_of(const vdib__pass *pass, size_t number, size_t i) {
    const vdib__encoder *encoder = pass->encoder;
    const vdib__readout *readout = &encoder->readout;
    const vdib__trial *trial = pass->trials[i];
    bool fixed = !encoder->credit->own;
    if (!encoder->credit->layered)
        return (factors){.rows = pass->hidden_errors != NULL ? pass->hidden_errors[i] : trial->errors,
                         .matrix = vdib__pass_tensor(pass, encoder->layers[number].feedback),
                         .length = readout->neurons};
    if (number + 1 == encoder->layer_count)
        return (factors){.rows = trial->spread,
                         .matrix = vdib__pass_tensor(pass, fixed ? readout->feedback : readout->weight),
                         .length = readout->bases * readout->neurons};
    const vdib__lif_layer *above = &encoder->layers[number + 1];
    return (factors){.rows = trial->layers[number + 1].rows,
                     .matrix = vdib__pass_tensor(pass, fixed ? above->feedback : above->weight),
                     .length = above->neurons};
}

/* Whether the layer above brings its gradient as maps. */
static bool comes_as_maps(const vdib__encoder *encoder, size_t number) {
    return vdib__is_propagated(encoder) && number + 1 < encoder->layer_count &&
           encoder->layers[number + 1].convolutional;
}

typedef struct maps_work {
    const vdib__lif_layer *layer;
    const float *weights;
    vdib__trial *trial;
    size_t number;
} maps_work;

/* Tasks: data steps of one trial. */
static void transpose_step(const void *context, size_t step, size_t slot) {
    const maps_work *w = context;
    size_t t = w->trial->blank_steps + step;
    (void)slot;
    vdib__convolution_transpose(w->layer, w->weights, w->trial->layers[w->number].rows + t * w->layer->neurons,
                                w->trial->gradient + t * w->layer->inputs);
}

static void transpose_maps(const vdib__pass *pass, size_t number) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    bool fixed = !pass->encoder->credit->own;
    const float *weights = vdib__pass_tensor(pass, fixed ? layer->feedback : layer->weight);
    for (size_t i = 0; i < pass->count; i++) {
        const maps_work all = {layer, weights, pass->trials[i], number};
        vdib__parallel(pass->threads, all.trial->steps - all.trial->blank_steps, transpose_step, &all);
    }
}

/* Tasks: trials. */
static void spread_trial(const void *context, size_t i, size_t slot) {
    const vdib__pass *pass = context;
    vdib__readout_spread(pass, pass->trials[i], slot);
}

void vdib__feedback_prepare(const vdib__pass *pass, size_t number) {
    if (comes_as_maps(pass->encoder, number)) {
        transpose_maps(pass, number + 1);
        return;
    }
    if (!vdib__is_propagated(pass->encoder) || number + 1 < pass->encoder->layer_count)
        return;
    vdib__parallel(pass->threads, pass->count, spread_trial, pass);
}

/* drtp: the projected target in every step. */
static void project_target(const vdib__pass *pass, size_t number, size_t i, size_t begin, size_t width, float *gradient,
                           size_t stride) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const float *matrix = vdib__pass_tensor(pass, layer->feedback) + begin;
    float weight = pass->target_weights != NULL ? pass->target_weights[i] : 1.0F;
    size_t steps = pass->trials[i]->steps - pass->trials[i]->blank_steps;
    memset(gradient, 0, width * sizeof *gradient);
    for (size_t target = 0; target < pass->encoder->targets; target++)
        pass->kernels->product->axpy(gradient, matrix + target * layer->outputs, weight * pass->targets[i][target],
                                     width);
    for (size_t t = 1; t < steps; t++)
        memcpy(gradient + t * stride, gradient, width * sizeof *gradient);
}

/* Elements that the surrogate lets through, in the data steps of a block of neurons: one word of `words` a step. */
static size_t count_open(const vdib__trial *trial, const uint64_t *open, size_t words) {
    size_t count = 0;
    for (size_t t = trial->blank_steps; t < trial->steps; t++)
        count += (size_t)__builtin_popcountll(open[t * words]);
    return count;
}

/* Only the elements that the surrogate lets through; the others are 0. */
static void multiply_open(const vdib__pass *pass, const vdib__trial *trial, const uint64_t *open, size_t words,
                          const factors *f, size_t begin, size_t width, float *gradient, size_t stride) {
    for (size_t t = trial->blank_steps; t < trial->steps; t++) {
        float *row = gradient + (t - trial->blank_steps) * stride;
        memset(row, 0, width * sizeof *row);
        for (uint64_t left = open[t * words]; left != 0; left &= left - 1) {
            size_t neuron = (size_t)__builtin_ctzll(left);
            row[neuron] = pass->kernels->product->dot(f->rows + t * f->length, f->matrix + (begin + neuron) * f->length,
                                                      f->length);
        }
    }
}

void vdib__feedback_block(const vdib__pass *pass, size_t number, size_t i, size_t begin, size_t width, float *gradient,
                          size_t stride) {
    const vdib__encoder *encoder = pass->encoder;
    const vdib__lif_layer *layer = &encoder->layers[number];
    const vdib__trial *trial = pass->trials[i];
    size_t blank = trial->blank_steps, steps = trial->steps - blank;
    if (encoder->credit->target) {
        project_target(pass, number, i, begin, width, gradient, stride);
        return;
    }
    if (comes_as_maps(encoder, number)) {
        const float *maps = trial->gradient + blank * layer->outputs + begin;
        for (size_t t = 0; t < steps && gradient != maps; t++) /* a convolutional layer reads them where they are */
            memcpy(gradient + t * stride, maps + t * layer->outputs, width * sizeof *gradient);
        return;
    }
    factors f = factors_of(pass, number, i);
    const uint64_t *open = trial->layers[number].open;
    size_t words = vdib__words(layer->neurons);
    if (open != NULL && count_open(trial, open + begin / VDIB_BLOCK, words) * SPARSE_SHARE <= steps * width)
        multiply_open(pass, trial, open + begin / VDIB_BLOCK, words, &f, begin, width, gradient, stride);
    else
        vdib__matrix_multiply_part(false, true, steps, width, f.length, f.rows + blank * f.length, f.length,
                                   f.matrix + begin * f.length, f.length, 0.0F, gradient, stride);
}
