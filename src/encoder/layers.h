/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_LAYERS_H
#define VDIB_ENCODER_LAYERS_H
/* What the files of this folder share: products of spikes and weights, and the passes of one layer. Whole sequences and
 * single steps are made of the same functions. */

#include "encoder/encoder.h"
#include "encoder/kernels.h"

/* Everything that a pass reads. */
typedef struct vdib__pass {
    const vdib__encoder *encoder;
    const vdib__encoder_kernels *kernels;
    const vdib__tensor_table *table;
    const float *parameters; /* (table->total) */
    int threads;
    vdib__trial *const *trials; /* (count) */
    size_t count;
} vdib__pass;

static inline const float *vdib__pass_tensor(const vdib__pass *pass, size_t tensor) {
    return pass->parameters + pass->table->tensors[tensor].offset;
}

/* ---- dense products with a raster by channel (N rows of spike times); columns [column, column + width), width up to
 * VDIB_BLOCK. A spike at time s of the raster belongs to step s + shift. ---- */

/* currents (T, columns): row t = sum of the rows of weights (N, columns) whose channel spikes in step t, by channel. */
void vdib__spikes_times_weights(const vdib__encoder_kernels *kernels, const vdib_raster *by_channel, size_t shift,
                                size_t steps, const float *weights, size_t columns, size_t column, size_t width,
                                float *currents);

/* gradient (N, columns), rows [begin, end): row j += sum of the rows of values (T, columns) of the steps in which channel
 * j spikes, in order of time. */
void vdib__spikes_times_values(const vdib__encoder_kernels *kernels, const vdib_raster *by_channel, size_t shift,
                               size_t steps, const float *values, size_t columns, size_t column, size_t width,
                               size_t begin, size_t end, float *gradient);

/* ---- convolutions; maps are (channel, row, column) ---- */

/* Adds `value` times its kernel patch of output channel `channel` to the map (out_height, out_width) for one input. */
void vdib__convolution_scatter(const vdib__lif_layer *layer, const float *weights, size_t channel, uint32_t input,
                               float value, float *map);
/* The gradient of that: kernel gradients (in_channels, kernel, kernel) of one output channel from the map's errors. */
void vdib__convolution_collect(const vdib__lif_layer *layer, uint32_t input, float value, const float *map,
                               float *gradient);
/* errors (inputs) = the adjoint of the whole convolution for one step: values (neurons). */
void vdib__convolution_transpose(const vdib__lif_layer *layer, const float *weights, const float *values,
                                 float *errors);
/* Number of (kernel row, kernel column) whose output position exists for an input. */
size_t vdib__convolution_reach(const vdib__lif_layer *layer, uint32_t input);

/* ---- max-pooling ---- */

/* Spikes (outputs, as increasing numbers) of one step from the potentials (neurons); returns how many. `spikes` has room
 * for every output. */
size_t vdib__lif_spikes(const vdib__lif_layer *layer, const float *potentials, uint32_t *spikes);

/* errors (neurons): gradient (outputs) goes to the neuron with the largest potential of each window, the first on ties. */
void vdib__lif_unpool(const vdib__lif_layer *layer, const float *potentials, const float *gradient, float *errors);

/* ---- LIF layers of whole sequences ---- */

vdib__lif_constants vdib__lif_constants_of(const vdib__neuron *neuron);
/* The running state of neurons [begin, ...) laid out in `memory` (VDIB_TRIAL_STATES, neurons). */
vdib__lif_state vdib__lif_state_at(float *memory, size_t neurons, size_t begin);
/* bias (neurons) of each neuron from the tensor (out_channels). */
void vdib__lif_bias(const vdib__lif_layer *layer, const float *bias, size_t begin, size_t end, float *values);

/* Potentials, spikes, and the spikes by channel for the layer above, of every trial. */
vdib_status vdib__lif_forward(const vdib__pass *pass, size_t number);

/* From trial->gradient (T, outputs; data steps) to gradients of weight and bias, and layers[number].errors = dL/d(W s). */
void vdib__lif_backward(const vdib__pass *pass, size_t number, float *gradients);

/* trial->gradient of the layer below: adjoint of `number`'s weights (fixed ones under fa) on its dL/d(W s). */
void vdib__lif_project(const vdib__pass *pass, size_t number, vdib__trial *trial, int threads);

/* ---- readout ---- */

/* Rows of currents that the filters look back on: step t is in row t % period. */
typedef struct vdib__readout_rows {
    float *forward; /* (period, K, NY): V h by basis */
    float *self;    /* (period, KF, NY): feedback weights times own spikes, by basis */
    size_t period;  /* at least tau, or T */
} vdib__readout_rows;

/* Where a step's results go, each (NY). */
typedef struct vdib__readout_output {
    float *potentials, *probabilities, *spikes;
} vdib__readout_output;

/* One step of readout neurons [begin, end) (begin a multiple of VDIB_BLOCK; all of them if lateral): potentials, then
 * spikes (drawn, or `forced`), then their feedback currents. `step` counts from the first row, `draw` keys the draw. */
void vdib__readout_step(const vdib__pass *pass, const vdib__readout_rows *rows, size_t step, size_t begin, size_t end,
                        const vdib__key *key, uint32_t draw, const float *forced, const vdib__readout_output *output);
/* The end of a step whose potentials are formed already: probabilities and spikes. */
void vdib__readout_draw(const vdib__pass *pass, size_t begin, size_t end, const vdib__key *key, uint32_t draw,
                        const float *forced, const vdib__readout_output *output);

vdib_status vdib__readout_forward(const vdib__pass *pass, const vdib__key *keys, const float *const *forced);

/* Gradients of V, f and bias; leaves the adjoint FIR of the errors in trial->spread. */
void vdib__readout_backward(const vdib__pass *pass, float *gradients);

/* trial->gradient of the last hidden layer: adjoint of V (fixed weights under fa) on trial->spread. */
void vdib__readout_project(const vdib__pass *pass, vdib__trial *trial, int threads);

#endif
