/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_ENCODER_REFERENCE_H
#define VDIB_TESTS_ENCODER_REFERENCE_H
/* The encoder in dense plain loops over (step, neuron, input), from the equations: traces of inputs, no rasters, no
 * adjoint recursions. Written once, compiled for float and for double: encoder_reference_forward_float, ..._double.
 *
 * With `smooth`, Theta is replaced by a function whose derivative is the surrogate (a clipped line, the logistic
 * function, u / (1 + k |u|) + 1/2), so that bp gradients can be checked by finite differences; what no rule
 * differentiates (the refractory recursion but under bptt, activity of blank steps, the readout's own spikes) is then
 * taken from the unperturbed run. */

#include <stdbool.h>

#include "encoder/encoder.h"

#define ENCODER_REFERENCE_DECLARE(real)                                                                                \
    /* Of one hidden layer. */                                                                                         \
    typedef struct encoder_reference_layer_##real {                                                                    \
        real *traces;     /* (T, NX) p */                                                                              \
        real *potentials; /* (T, NH) u */                                                                              \
        real *spikes;     /* (T, NH) h */                                                                              \
        real *outputs;    /* (T, outputs) after pooling */                                                             \
        real *teaching;   /* (T, outputs) dL/dh as the feedback mode has it */                                         \
        real *errors;     /* (T, NH) dL/du */                                                                          \
    } encoder_reference_layer_##real;                                                                                  \
    typedef struct encoder_reference_##real {                                                                          \
        const vdib__encoder *encoder;                                                                                  \
        const vdib__tensor_table *table;                                                                               \
        size_t steps, blank; /* T, blank steps included */                                                             \
        real *parameters;    /* (total) every tensor at its offset, in file order */                                   \
        real *gradients;     /* (trained) likewise */                                                                  \
        real *input;         /* (T, NX) 0 and 1 */                                                                     \
        real *readout;       /* (T, NY) 0 and 1: given, never drawn */                                                 \
        encoder_reference_layer_##real layers[VDIB_ENCODER_LAYERS];                                                    \
        real *traces;      /* (T, NX, K) a_k * h */                                                                    \
        real *self_traces; /* (T, NY, KF) c_k * y up to the step before */                                             \
        real *potentials;  /* (T, NY) */                                                                               \
    } encoder_reference_##real;                                                                                        \
    /* Parameters are those of the library, (total) in memory order. Aborts when memory runs out. */                   \
    encoder_reference_##real *encoder_reference_create_##real(const vdib__encoder *encoder,                            \
                                                              const vdib__tensor_table *table,                         \
                                                              const float *parameters, size_t steps, size_t blank);    \
    void encoder_reference_destroy_##real(encoder_reference_##real *reference);                                        \
    /* Input of the data steps, and readout spikes (T, NY) of all steps. */                                            \
    void encoder_reference_set_##real(encoder_reference_##real *reference, const vdib_raster *input,                   \
                                      const float *readout);                                                           \
    /* frozen: NULL, or the unperturbed run of a smooth one. */                                                        \
    void encoder_reference_forward_##real(encoder_reference_##real *reference, bool smooth,                            \
                                          const encoder_reference_##real *frozen);                                     \
    /* errors, hidden_errors (T, NY; NULL: errors), target (targets) as vdib__encoder_backward. */                     \
    void encoder_reference_backward_##real(encoder_reference_##real *reference, const float *errors,                   \
                                           const float *hidden_errors, const float *target, float target_weight);

ENCODER_REFERENCE_DECLARE(float)
ENCODER_REFERENCE_DECLARE(double)

#endif
