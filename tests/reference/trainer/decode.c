/* SPDX-License-Identifier: MIT */
/* The decoder on one window. */
#include "reference/trainer/twin.h"

#include <math.h>
#include <string.h>

static const double *input_of(const twin *t, size_t stage) {
    return stage == 0 ? t->window : t->stages[stage - 1].output;
}

static void note_relu(twin *t, const double *input, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (fabs(input[i]) < t->margins.relu)
            t->margins.relu = fabs(input[i]);
}

const double *twin_decode(twin *t, const double *window) {
    size_t row = t->settings.row;
    memcpy(t->window, window, t->settings.window * row * sizeof *window);
    for (size_t i = 0; i < t->stage_count; i++) {
        twin_stage *s = &t->stages[i];
        const double *input = input_of(t, i);
        switch (s->kind) {
        case TWIN_COUNT:
            decoder_reference_count_forward_double(t->settings.window, row, input, s->output);
            break;
        case TWIN_FIRST:
            decoder_reference_first_forward_double(t->settings.window, row, input, s->output);
            break;
        case TWIN_AFFINE:
            decoder_reference_affine_forward_double(s->inputs, s->outputs, t->tensors[s->weight].values,
                                                    t->tensors[s->bias].values, input, s->output);
            break;
        case TWIN_CONVOLUTION:
            decoder_reference_convolution_forward_double(&s->maps, t->tensors[s->weight].values,
                                                         t->tensors[s->bias].values, input, s->output);
            break;
        case TWIN_RAISING:
            decoder_reference_upconvolution_forward_double(&s->maps, t->tensors[s->weight].values,
                                                           t->tensors[s->bias].values, input, s->output);
            break;
        case TWIN_RELU:
            decoder_reference_relu_forward_double(s->outputs, input, s->output);
            break;
        }
    }
    return t->stages[t->stage_count - 1].output;
}

void twin_decode_backward(twin *t, const double *logit_gradient) {
    twin_stage *last = &t->stages[t->stage_count - 1];
    memcpy(last->output_gradient, logit_gradient, last->outputs * sizeof *logit_gradient);
    for (size_t i = t->stage_count; i-- > 0;) {
        twin_stage *s = &t->stages[i];
        const double *input = input_of(t, i);
        double *gradient = i == 0 ? t->window_gradient : t->stages[i - 1].output_gradient;
        switch (s->kind) {
        case TWIN_COUNT:
            decoder_reference_count_backward_double(t->settings.window, t->settings.row, s->output_gradient, gradient);
            break;
        case TWIN_FIRST:
            decoder_reference_first_backward_double(t->settings.window, t->settings.row, input, s->output_gradient,
                                                    gradient);
            break;
        case TWIN_AFFINE:
            decoder_reference_affine_backward_double(s->inputs, s->outputs, t->tensors[s->weight].values, input,
                                                     s->output_gradient, t->tensors[s->weight].gradients,
                                                     t->tensors[s->bias].gradients, gradient);
            break;
        case TWIN_CONVOLUTION:
            decoder_reference_convolution_backward_double(&s->maps, t->tensors[s->weight].values, input,
                                                          s->output_gradient, t->tensors[s->weight].gradients,
                                                          t->tensors[s->bias].gradients, gradient);
            break;
        case TWIN_RAISING:
            decoder_reference_upconvolution_backward_double(&s->maps, t->tensors[s->weight].values, input,
                                                            s->output_gradient, t->tensors[s->weight].gradients,
                                                            t->tensors[s->bias].gradients, gradient);
            break;
        case TWIN_RELU:
            note_relu(t, input, s->outputs);
            decoder_reference_relu_backward_double(s->outputs, input, s->output_gradient, gradient);
            break;
        }
    }
    for (size_t step = 0; step < t->settings.window; step++)
        for (size_t i = 0; i < t->settings.readouts; i++)
            t->window_gradient[step * t->settings.readouts + i] =
                t->window_gradient[step * t->settings.row + i] * t->slopes[step * t->settings.readouts + i];
}
