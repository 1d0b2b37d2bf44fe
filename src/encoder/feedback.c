/* SPDX-License-Identifier: MIT */
/* How the readout's error reaches the hidden layers: docs/method.md, eq. (25) to (28). dfa is a product of the
 * readout's errors with a fixed matrix; where the surrogate is 0 for most neurons and steps, only the elements that
 * it lets through are formed. drtp projects the target. bp and fa come from the layer above (propagate.c), from a
 * convolution as maps. */
#include <string.h>

#include "core/matrix.h"
#include "core/threads.h"
#include "encoder/layers.h"

typedef struct maps_work {
    const vdib__pass *pass;
    vdib__trial *trial;
    size_t number;
} maps_work;

/* Tasks: data steps of one trial. */
static void adjoint_step(const void *context, size_t step, size_t slot) {
    const maps_work *w = context;
    const vdib__lif_layer *layer = &w->pass->encoder->layers[w->number];
    size_t t = w->trial->blank_steps + step;
    vdib__groups_adjoint(w->pass, w->number, w->trial->layers[w->number].rows + t * layer->neurons, slot,
                         w->trial->gradient + t * layer->inputs);
}

/* trial->gradient = what a convolutional layer brings to its inputs. */
static void bring_maps(const vdib__pass *pass, size_t number) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    bool fixed = !pass->encoder->credit->symmetric;
    vdib__groups_pack_adjoint(pass, number, vdib__pass_tensor(pass, fixed ? layer->fixed : layer->weight));
    for (size_t i = 0; i < pass->count; i++) {
        const maps_work all = {pass, pass->trials[i], number};
        vdib__parallel(pass->threads, all.trial->steps - all.trial->blank_steps, adjoint_step, &all);
    }
}

void vdib__feedback_prepare(const vdib__pass *pass, size_t number) {
    if (vdib__comes_as_maps(pass->encoder, number))
        bring_maps(pass, number + 1);
    else if (vdib__is_propagated(pass->encoder))
        vdib__propagate(pass, number);
}

/* drtp: the projected target in every step. */
static void project_target(const vdib__pass *pass, size_t number, size_t i, size_t begin, size_t width, float *gradient,
                           size_t stride) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const float *matrix = vdib__pass_tensor(pass, layer->fixed) + begin;
    float weight = pass->target_weights != NULL ? pass->target_weights[i] : 1.0F;
    size_t steps = pass->trials[i]->steps - pass->trials[i]->blank_steps;
    memset(gradient, 0, width * sizeof *gradient);
    for (size_t target = 0; target < pass->encoder->targets; target++)
        pass->kernels->product->axpy(gradient, matrix + target * layer->outputs, weight * pass->targets[i][target],
                                     width);
    for (size_t t = 1; t < steps; t++)
        memcpy(gradient + t * stride, gradient, width * sizeof *gradient);
}

size_t vdib__count_open(const uint64_t *open, size_t words, size_t first, size_t steps) {
    size_t count = 0;
    for (size_t t = first; t < first + steps; t++)
        count += (size_t)__builtin_popcountll(open[t * words]);
    return count;
}

/* dfa: what the errors (T, NY) of one trial bring through the matrix (outputs, NY). */
typedef struct direct {
    const float *errors, *matrix;
    size_t length;
} direct;

/* Only the elements that the surrogate lets through; the others are 0. */
static void multiply_open(const vdib__pass *pass, const vdib__trial *trial, const uint64_t *open, size_t words,
                          const direct *d, size_t begin, size_t width, float *gradient, size_t stride) {
    for (size_t t = trial->blank_steps; t < trial->steps; t++) {
        float *row = gradient + (t - trial->blank_steps) * stride;
        memset(row, 0, width * sizeof *row);
        for (uint64_t left = open[t * words]; left != 0; left &= left - 1) {
            size_t neuron = (size_t)__builtin_ctzll(left);
            row[neuron] = pass->kernels->product->dot(d->errors + t * d->length,
                                                      d->matrix + (begin + neuron) * d->length, d->length);
        }
    }
}

static void multiply(const vdib__pass *pass, size_t number, size_t i, size_t begin, size_t width, float *gradient,
                     size_t stride) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    const vdib__trial *trial = pass->trials[i];
    size_t blank = trial->blank_steps, steps = trial->steps - blank, words = vdib__words(layer->neurons);
    const uint64_t *open = trial->layers[number].open;
    direct d = {.errors = pass->hidden_errors != NULL ? pass->hidden_errors[i] : trial->errors,
                .matrix = vdib__pass_tensor(pass, layer->fixed),
                .length = pass->encoder->readout.neurons};
    if (open != NULL &&
        vdib__count_open(open + begin / VDIB_BLOCK, words, blank, steps) * VDIB_SPARSE_SHARE <= steps * width)
        multiply_open(pass, trial, open + begin / VDIB_BLOCK, words, &d, begin, width, gradient, stride);
    else
        vdib__matrix_multiply_part(pass->encoder->products, false, true, steps, width, d.length,
                                   d.errors + blank * d.length, d.length, d.matrix + begin * d.length, d.length, 0.0F,
                                   gradient, stride);
}

void vdib__feedback_block(const vdib__pass *pass, size_t number, size_t i, size_t begin, size_t width, float *gradient,
                          size_t stride) {
    const vdib__encoder *encoder = pass->encoder;
    const vdib__trial *trial = pass->trials[i];
    size_t outputs = encoder->layers[number].outputs, blank = trial->blank_steps;
    const float *maps = trial->gradient + blank * outputs + begin;
    if (encoder->credit->target)
        project_target(pass, number, i, begin, width, gradient, stride);
    else if (!vdib__comes_as_maps(encoder, number))
        multiply(pass, number, i, begin, width, gradient, stride);
    else if (gradient != maps) /* a convolutional layer reads them where they are */
        vdib__copy_columns(gradient, stride, maps, outputs, trial->steps - blank, width);
}
