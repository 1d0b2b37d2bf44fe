/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/error.h"
#include "core/matrix.h"
#include "encoder/layers.h"

/* What a feedback mode may read of one trial. */
typedef struct teacher {
    const float *errors; /* dfa: (T, NY) */
    const float *target; /* drtp: (targets) */
    float weight;        /* drtp: factor of the target */
} teacher;

/* drtp: the projected target as dL/dh of every data step. */
static void project_target(const vdib__pass *pass, size_t number, vdib__trial *trial, const teacher *from) {
    const vdib__lif_layer *layer = &pass->encoder->layers[number];
    float *first = trial->gradient + trial->blank_steps * layer->outputs;
    vdib__matrix_multiply_serial(false, false, 1, layer->outputs, pass->encoder->targets, from->weight, from->target,
                                 vdib__pass_tensor(pass, layer->feedback), 0.0F, first);
    for (size_t t = trial->blank_steps + 1; t < trial->steps; t++)
        memcpy(trial->gradient + t * layer->outputs, first, layer->outputs * sizeof *first);
}

/* trial->gradient, data steps: dL/dh of hidden layer `number` as the feedback mode has it. */
static void project(const vdib__pass *pass, size_t number, vdib__trial *trial, const teacher *from, int threads) {
    const vdib__encoder *encoder = pass->encoder;
    size_t outputs = encoder->layers[number].outputs, neurons = encoder->readout.neurons, blank = trial->blank_steps;
    if (encoder->feedback == VDIB_FEEDBACK_DRTP)
        project_target(pass, number, trial, from);
    else if (encoder->feedback == VDIB_FEEDBACK_DFA)
        vdib__matrix_multiply(threads, false, false, trial->steps - blank, outputs, neurons, 1.0F,
                              from->errors + blank * neurons, vdib__pass_tensor(pass, encoder->layers[number].feedback),
                              0.0F, trial->gradient + blank * outputs);
    else if (number + 1 == encoder->layer_count)
        vdib__readout_project(pass, trial, threads);
    else
        vdib__lif_project(pass, number + 1, trial, threads);
}

static teacher teacher_of(const vdib__pass *pass, size_t i, const float *const *hidden_errors,
                          const float *const *targets, const float *target_weights) {
    return (teacher){.errors = hidden_errors != NULL ? hidden_errors[i] : pass->trials[i]->errors,
                     .target = targets != NULL ? targets[i] : NULL,
                     .weight = target_weights != NULL ? target_weights[i] : 1.0F};
}

vdib_status vdib__encoder_backward(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                   const float *parameters, int threads, vdib__trial *const *trials,
                                   const float *const *hidden_errors, const float *const *targets,
                                   const float *target_weights, size_t count, float *gradients) {
    vdib__pass pass = {.encoder = encoder,
                       .kernels = vdib__encoder_kernels_of(encoder->level),
                       .table = table,
                       .parameters = parameters,
                       .threads = threads,
                       .trials = trials,
                       .count = count};
    if (encoder->feedback == VDIB_FEEDBACK_DRTP && encoder->layer_count > 0 && targets == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "drtp feedback needs the targets of the examples");
    vdib__readout_backward(&pass, gradients);
    for (size_t l = encoder->layer_count; l-- > 0;) {
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1 && count > 1)
        for (size_t i = 0; i < count; i++) {
            teacher from = teacher_of(&pass, i, hidden_errors, targets, target_weights);
            project(&pass, l, trials[i], &from, count > 1 ? 1 : threads); /* threads go to one loop only */
        }
        vdib__lif_backward(&pass, l, gradients);
    }
    return VDIB_OK;
}
