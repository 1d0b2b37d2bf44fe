/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_ENCODER_H
#define VDIB_ENCODER_ENCODER_H
/* The spiking encoder: LIF layers (dense or convolutional) and a probabilistic readout; docs/method.md, eq. (1) to
 * (11), and for what reaches the layers in learning (25) to (28). README.md in this folder defines its words and
 * draws a training step.
 *
 * Letters: T steps (blank steps included), NX inputs, NH neurons of a hidden layer, NY readouts, K bases, KF
 * feedback bases, tau filter steps. Parameters live in the array of a vdib__tensor_table; gradients in one of the
 * same layout.
 *
 * Whole sequences are run layer by layer. For one example and one layer, neurons are independent of each other
 * (except in a readout with lateral feedback), so a task is (layer, example, block of neurons [begin, end)). Each
 * block loops over the steps with the same per-step function that streaming uses: one summation order for everything
 * sampled from. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gradient.h"
#include "core/kernel_level.h"
#include "core/matrix.h"
#include "core/random.h"
#include "core/ranks.h"
#include "core/raster.h"
#include "core/tensor.h"
#include "encoder/modes.h"
#include "encoder/surrogate.h"

enum { VDIB_ENCODER_LAYERS = 8, VDIB_BLOCK = 64 };

/* Time constants of a LIF neuron that may be learnt. */
enum { VDIB_TAU_SYNAPSE, VDIB_TAU_MEMBRANE, VDIB_TAU_REFRACTORY, VDIB_TAUS };

/* Constants of the LIF neurons of a layer. */
typedef struct vdib__neuron {
    float synaptic_decay;            /* beta, [0, 1) */
    float membrane_decay;            /* alpha, [0, 1) */
    float refractory_decay;          /* alpha_r, [0, 1) */
    const vdib__neuron_model *model; /* NULL: the spike-response form */
    float threshold;                 /* theta of the models that reset, > 0 */
    const vdib__gain *gain;
    const vdib__surrogate *surrogate;
    float slope;               /* of the surrogates that read one */
    float adaptation_decay;    /* of the threshold, [0, 1) */
    float adaptation_strength; /* 0: the threshold stays; >= 0 */
    bool learns[VDIB_TAUS];    /* whether a time constant is learnt; the decay is that of the beginning then */
} vdib__neuron;

/* Decays and input gains of docs/method.md, eq. (1) to (3): what a layer computes with. */
typedef struct vdib__lif_constants {
    float synaptic_decay, membrane_decay, refractory_decay; /* beta, alpha, alpha_r */
    float synaptic_gain, membrane_gain, refractory_gain;    /* g_s, g_m, g_r */
    /* Of neurons that are reset: the smallest potential above theta, so that v >= threshold is v > theta, and the one
     * from which on they are reset: the same, or infinity for who looks at what drives them. */
    float threshold, reset_at;
} vdib__lif_constants;

/* The `count` kernel positions begin, begin + stride, ... that take one row or column of a convolution's input to an
 * output, and the output of the first; the output of each next one is smaller by 1. */
typedef struct vdib__axis_taps {
    uint32_t count, begin, output;
} vdib__axis_taps;

/* One LIF layer. Neurons and inputs are numbered (channel, row, column); a dense layer has 1 x 1 maps. */
typedef struct vdib__lif_layer {
    vdib__neuron neuron;                     /* as asked for; layers may differ */
    vdib__lif_constants constants;           /* of `neuron` */
    const vdib__surrogate_kernel *surrogate; /* that of `neuron`, of the encoder's kernel level */
    bool resets;                             /* kernels_reset.c; else kernels_lif.c */
    bool each;                               /* constants are arrays, a value a neuron, and thresholds adapt */
    bool bare; /* and refractory trace and adaptation are left out: for who looks at what drives the neurons */
    bool convolutional;
    size_t in_channels, in_height, in_width;
    size_t out_channels, out_height, out_width; /* before pooling; (out_channels, 1, 1) for dense */
    size_t kernel, stride, padding;             /* convolutional only */
    vdib__axis_taps
        *axis_taps; /* convolutional only: (in_height) of rows, then (in_width) of columns, owned by the encoder */
    size_t pool;    /* window and stride of the max-pooling; 1 = none */
    size_t inputs;  /* NX = in_channels * in_height * in_width */
    size_t neurons; /* NH = out_channels * out_height * out_width */
    size_t outputs; /* after pooling: out_channels * floor(out_height/pool) * floor(out_width/pool) */
    /* tensor: dense (NH, NX) stored (NX, NH); convolutional (out_channels, in_channels, kernel, kernel) stored as is */
    size_t weight;
    size_t bias; /* tensor (out_channels) */
    /* tensors (out_channels) "encoder.hidden.<l>.log_tau_...": logarithms of time constants in steps, valid where
     * neuron.learns says so */
    size_t log_tau[VDIB_TAUS];
    /* "feedback.hidden.<l>", valid if the credit assignment wants it: dfa (NY, outputs) stored (outputs, NY); drtp
     * (targets, outputs) stored as is; fa, for every layer but the first: shape and storage of weight */
    size_t fixed;
} vdib__lif_layer;

/* A causal filter of the readout; its taps are 0 outside of the lags [first, end), which no loop visits. */
typedef struct vdib__filter {
    const float *taps; /* (tau) by lag */
    size_t first, end;
} vdib__filter;

/* The probabilistic readout layer; docs/method.md, eq. (9) to (11). */
typedef struct vdib__readout {
    size_t inputs;         /* NX: outputs of the last hidden layer, then those of the sensor if it is joined or alone */
    size_t neurons;        /* NY */
    size_t filter_steps;   /* tau */
    size_t bases;          /* K */
    size_t feedback_bases; /* KF, 0 .. : 0 = no feedback */
    bool lateral;          /* feedback of the whole layer to each neuron */
    bool learns_filters;   /* the taps of a_k are parameters, which begin as `basis` */
    bool gaussian;         /* z = u + s eps, eps standard normal, takes the place of the spikes: eq. (68) */
    float *basis;          /* (K, tau) a_k(lag), owned */
    float *feedback_basis; /* (KF, tau) c_k(lag), owned */
    vdib__filter *filters; /* (K) of the basis, then (KF) of the feedback basis, owned */
    size_t weight;         /* tensor V (NY, NX, K) stored (NX, K, NY) */
    /* tensor f, valid if KF > 0: per neuron (NY, KF) stored (KF, NY); lateral (NY, NY, KF) [to, from, k] stored
     * (from, KF, to) */
    size_t feedback;
    size_t bias;          /* tensor (NY) */
    size_t taps;          /* tensor (K, tau) of a_k, valid if they are learnt */
    size_t log_deviation; /* tensor (NY) log s, valid if the readout is Gaussian */
    size_t fixed;         /* "feedback.readout", what stands for V under fa: shape and storage of V */
} vdib__readout;

typedef struct vdib__encoder {
    /* There is none: no layer, no readout neuron, no parameter. The inputs' spikes are counted (counts.c); of a trial
     * only its input and an empty readout are there. readout.inputs is NX. */
    bool absent;
    size_t layer_count; /* hidden layers, 0 .. VDIB_ENCODER_LAYERS */
    vdib__lif_layer layers[VDIB_ENCODER_LAYERS];
    vdib__readout readout;
    bool joined; /* the readout reads the sensor's spikes behind those of the last hidden layer */
    const vdib__credit *credit;
    size_t truncation; /* bptt: steps of a stretch, over whose ends recursions are not differentiated; 0: no end */
    size_t targets;    /* width of the target vector that drtp projects */
    float least_log_tau, most_log_tau; /* bounds of learnt time constants: half a step, and as asked for */
    vdib__kernel_level level;
    vdib__products products; /* who multiplies dense matrices */
} vdib__encoder;

/* What is asked for; turned into shapes and tensors by vdib__encoder_build. */
typedef struct vdib__encoder_parameters {
    bool absent;           /* no encoder: of what follows only the input's shape counts */
    vdib__neuron neuron;   /* of every layer that has none of its own */
    size_t input_shape[3]; /* channels (polarities), rows, columns */
    size_t layer_count;
    struct {
        bool convolutional;
        size_t width; /* dense: neurons; convolutional: output channels */
        size_t kernel, stride, padding, pool;
        const vdib__neuron *neuron; /* the layer's own constants, read during the build; NULL: those of all */
    } layers[VDIB_ENCODER_LAYERS];
    size_t readouts, filter_steps, bases, feedback_bases;
    double basis_width; /* mu */
    bool lateral;
    bool joined; /* the readout reads the sensor, too; without hidden layers it does so anyway */
    bool learns_filters;
    bool gaussian;            /* needs feedback_bases 0 */
    double initial_deviation; /* s before training, > 0 */
    const vdib__credit *credit;
    size_t truncation, targets;
    double longest_tau; /* in steps: what learnt time constants may grow to */
    bool portable;      /* products of dense matrices by this library, not by BLAS */
} vdib__encoder_parameters;

/* Computes shapes, bases and kernel level, and adds the tensors: "encoder.hidden.<l>.weight" / ".bias" and, by mode,
 * "feedback.hidden.<l>"; "encoder.readout.weight" (V), "encoder.readout.feedback" (f), "encoder.readout.bias",
 * "encoder.readout.basis" (a_k, if they are learnt), "feedback.readout" (fa). Initial bounds: docs/method.md. Fails
 * with the layer's number if a shape is impossible. */
vdib_status vdib__encoder_build(const vdib__encoder_parameters *parameters, vdib__tensor_table *table,
                                vdib__encoder *encoder);
void vdib__encoder_free(vdib__encoder *encoder);
/* Initial values that are no random numbers, in the array of all parameters: learnt filters begin as raised cosines. */
void vdib__encoder_initialise(const vdib__encoder *encoder, const vdib__tensor_table *table, float *parameters);

/* theta of a layer whose neurons are reset: its potentials u are v - theta, rounded up to the next number. */
static inline float vdib__lif_threshold(const vdib__lif_layer *layer) {
    return layer->neuron.threshold;
}

/* Whether a layer learns time constants. */
static inline bool vdib__lif_learns_times(const vdib__lif_layer *layer) {
    return layer->neuron.learns[VDIB_TAU_SYNAPSE] || layer->neuron.learns[VDIB_TAU_MEMBRANE] ||
           layer->neuron.learns[VDIB_TAU_REFRACTORY];
}

/* The place of the first learnt time constant among all parameters, behind everything else of the encoder's part; its
 * end if there is none. (each.c) */
size_t vdib__encoder_times_begin(const vdib__encoder *encoder, const vdib__tensor_table *table);
/* exp(-1 / tau) of a time constant in steps, given by its logarithm. */
float vdib__decay_of_log_tau(float log_tau);

/* The constants of neurons; a layer whose `neuron` is changed takes them anew. */
vdib__lif_constants vdib__lif_constants_of(const vdib__neuron *neuron);
/* The neuron of one unit, with its own decays where they are learnt: of a dense layer, or those of a channel of a
 * convolutional one. (each.c) */
vdib__neuron vdib__lif_neuron_of(const vdib__lif_layer *layer, const vdib__tensor_table *table, const float *parameters,
                                 size_t unit);
/* layer->axis_taps of a convolutional layer whose shape stands; to be freed with the encoder. */
vdib_status vdib__axis_taps_create(vdib__lif_layer *layer);

/* basis (K, tau): raised cosines in log time (Pillow et al. 2008); docs/method.md, eq. (11). */
void vdib__basis_fill(size_t steps, size_t bases, double width, float *basis);
/* The filter of one basis (tau): where its taps begin and end. */
vdib__filter vdib__filter_of(const float *taps, size_t steps);
/* Taps of the K filters that the kernels go through: for accounting. */
size_t vdib__readout_taps(const vdib__readout *readout);

/* ---- one example: all that forward leaves behind for backward ---- */

/* Of one hidden layer of one example. */
typedef struct vdib__lif_trial {
    float *potentials; /* (T, NH) u */
    uint64_t *spikes;  /* (T, words) bits of the outputs, after pooling */
    /* private to the encoder */
    uint64_t *open; /* (T, words) bits of the neurons whose surrogate is not 0; NULL: convolutional, or it never is */
    /* dL/d(W s), summed over the steps that a change of the input lasts. Dense: tile by tile, (blocks, T, VDIB_BLOCK);
     * convolutional: (T, NH), and in the forward pass W s */
    float *errors;
    float *currents; /* (T, NH) W s, if the layer learns time constants; else NULL */
    float *rows;     /* (T, NH) dL/d(W s), if the layer below learns from it; else NULL */
} vdib__lif_trial;

typedef struct vdib__trial {
    size_t steps;             /* T = blank + data steps */
    size_t blank_steps;       /* leading steps without input, loss, gradient or count */
    const vdib_raster *input; /* borrowed; T - blank steps x NX; step t of the trial reads input step t - blank */
    vdib__lif_trial layers[VDIB_ENCODER_LAYERS];
    uint64_t *joined;     /* (T, words) what a readout that is joined to the sensor reads; else NULL */
    float *potentials;    /* (T, NY) readout u */
    float *probabilities; /* (T, NY) sigma(u); NULL: Gaussian */
    float *window;        /* (T - blank, NY) readout spikes as 0 and 1, or z: what decoders read */
    vdib_raster *readout; /* T - blank steps x NY; Gaussian: no spikes */
    float *errors;        /* (T, NY) dL/du of the readout; 0 in blank steps */
    /* of a Gaussian readout, else NULL */
    float *noise;            /* (T, NY) eps */
    float *deviations;       /* (NY) s */
    float *deviation_errors; /* (NY) dL/d(log s), the sum over the data steps */
    /* private to the encoder from here on */
    float *blank_window;    /* (blank, NY) readout spikes of the blank steps; `window` follows it: together (T, NY) */
    float *feedback_spread; /* (T, KF, NY) forward: feedback currents by basis; backward: adjoint FIR of the errors */
    float *gradient;        /* (T, outputs of the widest convolution) dL/dh of its layer */
    float *state;           /* (6, neurons of the widest layer) running state of one layer */
    struct vdib__changes *changes[VDIB_ENCODER_LAYERS + 1]; /* what the inputs of layer l (readout last) change */
    size_t others;             /* M - 1 further draws of the readout's spikes for the same input (vdib__trial_draw) */
    struct vdib__trial **more; /* (others) trials with a readout of their own and no layers */
} vdib__trial;

vdib_status vdib__trial_create(const vdib__encoder *encoder, size_t steps, size_t blank_steps, vdib__trial **trial);
/* Gives the trial M - 1 further draws, for good; on failure it has fewer. */
vdib_status vdib__trial_add_draws(const vdib__encoder *encoder, size_t draws, vdib__trial *trial);
/* Draw m < M of a trial, 0 being the trial itself: potentials to errors of the readout are its own. What the hidden
 * layers did is the trial's and the same for all. */
static inline vdib__trial *vdib__trial_draw(vdib__trial *trial, size_t m) {
    return m == 0 ? trial : trial->more[m - 1];
}
void vdib__trial_destroy(vdib__trial *trial);
/* Floats that the forward pass of a trial of so many steps leaves behind, about: what examples that are only
 * evaluated take. */
size_t vdib__trial_floats(const vdib__encoder *encoder, size_t steps);
/* Sets aside the only memory that grows: forward passes of inputs with at most `input_spikes` spikes allocate
 * nothing then. */
vdib_status vdib__trial_reserve(vdib__trial *trial, size_t input_spikes);

/* The spikes of hidden layer `layer` (after pooling), T steps x outputs, as a new raster that the caller destroys. */
vdib_status vdib__trial_spikes(const vdib__encoder *encoder, const vdib__trial *trial, size_t layer,
                               vdib_raster **spikes);

/* Scratch of whole-sequence passes over up to `count` trials of up to `steps` steps (blank steps included), by up to
 * `threads` threads: with it neither pass allocates, but for a trial whose input has more spikes than any before
 * (vdib__trial_reserve). One pass at a time; passes with more threads are run by as many as it was made for. */
typedef struct vdib__encoder_workspace vdib__encoder_workspace;

vdib_status vdib__encoder_workspace_create(const vdib__encoder *encoder, size_t count, size_t steps, int threads,
                                           vdib__encoder_workspace **workspace);
void vdib__encoder_workspace_destroy(vdib__encoder_workspace *workspace);

/* ---- forward ---- */

/* Runs trials[0..count): hidden layers, then the readout, for each of the M draws that every trial has. Readout spikes
 * of draw m are drawn with keys[i] (purpose READOUT; sample = m; step = trial step, blanks included; neuron = readout)
 * as y = uniform < sigma(u), or, where forced[i M + m] != NULL, taken from it: (T - blank, NY) of 0 and 1 (blank steps
 * are still drawn). `forced` itself may be NULL; a Gaussian readout, whose eps have the same keys, does not read it.
 * `parameters` is the array of all tensors. Every trial's input must be
 * set. Same bits for any number of threads. */
vdib_status vdib__encoder_forward(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                  const float *parameters, int threads, vdib__encoder_workspace *workspace,
                                  vdib__trial *const *trials, const vdib__key *keys, const float *const *forced,
                                  size_t count);

/* As that, but of the hidden layers [0, layers) alone: their potentials and spikes. */
vdib_status vdib__encoder_forward_hidden(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                         const float *parameters, int threads, vdib__encoder_workspace *workspace,
                                         vdib__trial *const *trials, size_t count, size_t layers);

/* values (bins, NX): square roots of how many spikes each channel has in each of `bins` equal parts of the steps: step
 * t of T is in part bins t / T, rounded down. docs/method.md, eq. (60). (counts.c) */
void vdib__counts_fill(const vdib_raster *raster, size_t bins, float *values);

/* The neurons whose spikes (count) are not 0, increasing; returns how many. `list` has room for `count`. */
size_t vdib__spike_list(const float *spikes, size_t count, uint32_t *list);

/* Encoder synaptic operations of a trial's data steps: for every spike that enters a layer the number of neurons it
 * reaches (convolutions: the positions and channels that exist), bases not counted; the readout's feedback is not
 * counted. */
uint64_t vdib__encoder_operations(const vdib__encoder *encoder, const vdib__trial *trial);

/* ---- backward ---- */

/* Gradients of trials[0..count), summed over the trials in order and over all of their draws. With sink NULL they go to
 * gradients (table->trained; the encoder's part is overwritten, the rest is not touched); with a sink every parameter
 * of the encoder is handed over once, after everything that depends on the weights is done, so that the sink may change
 * them; `gradients` is scratch then. The `errors` of each trial and draw hold dL/du of the readout (scaled as wanted),
 * and of a Gaussian one `deviation_errors`;
 * those of a trial are their sum over its draws afterwards.
 * hidden_errors[i], used by dfa only, (T, NY), summed over the draws, is what the matrix B takes to the hidden layers
 * (normally trials[i]->errors; scaled otherwise under published/...); NULL array: errors. targets[i]
 * (encoder->targets), used by drtp only, with target_weights[i] as a factor of the projected target (NULL = 1); drtp's
 * error is the same in every data step, 0 in blank steps. dfa: hidden error_t = errors_t B; fa and bp: adjoint of the
 * readout's FIR with fixed random or true weights, and of the LIF traces from layer to layer; bptt: as bp, and the
 * adjoint of the neurons' own traces, refractory and adaptive, over stretches of encoder->truncation data steps. Blank
 * steps run forward only: in every mode and layer errors are 0 in them, but the traces that they leave behind enter the
 * gradients of later steps. Same bits for any number of threads.
 * With ranks (else NULL) every rank gives all trials of the batch, of which it has run the forward pass and knows the
 * errors of its own part (vdib__own_portion) alone; all ranks have the same gradients afterwards, those of one
 * process. */
vdib_status vdib__encoder_backward(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                   const float *parameters, int threads, vdib__encoder_workspace *workspace,
                                   vdib__ranks *ranks, vdib__trial *const *trials, const float *const *hidden_errors,
                                   const float *const *targets, const float *target_weights, size_t count,
                                   const vdib__gradient_sink *sink, float *gradients);

/* What bptt adds to the errors (T, NY) of a trial or draw where spikes move like sigma(u) (straight-through): the
 * effect of every spike on the readout's own later potentials, docs/method.md, eq. (46). Before the backward pass; uses
 * the feedback currents that forward left as scratch. */
void vdib__encoder_recur(const vdib__encoder *encoder, const vdib__tensor_table *table, const float *parameters,
                         vdib__trial *trial);

/* ---- step by step (online learning, streaming) ---- */

/* Running state of the encoder for one sequence; zero at creation and after reset. Forward gives the same bits as
 * vdib__encoder_forward. With `learning`, weights may move between steps: the state holds the presynaptic traces
 * that per-step gradients need, and the potentials are formed from them with the current weights (another order of
 * summation: equal to vdib__encoder_forward up to rounding). The encoder must outlive the state. */
typedef struct vdib__encoder_state vdib__encoder_state;

vdib_status vdib__encoder_state_create(const vdib__encoder *encoder, bool learning, vdib__encoder_state **state);
void vdib__encoder_state_destroy(vdib__encoder_state *state);
void vdib__encoder_state_reset(vdib__encoder_state *state);

/* One step: `spikes` (count) are the input channels that spike, increasing. Leaves potentials, probabilities and
 * spikes of the readout in the state (accessors below, each (NY), borrowed). `step` counts from 0 at the first blank
 * step and keys the draw. forced (NY) or NULL. */
vdib_status vdib__encoder_step(const vdib__encoder *encoder, const vdib__tensor_table *table, const float *parameters,
                               vdib__encoder_state *state, const uint32_t *spikes, size_t count, const vdib__key *key,
                               uint32_t step, const float *forced);
const float *vdib__encoder_state_potentials(const vdib__encoder_state *state);
const float *vdib__encoder_state_probabilities(const vdib__encoder_state *state);
const float *vdib__encoder_state_spikes(const vdib__encoder_state *state);

/* Gradient of the step just taken (state made with `learning`): error (NY) dL/du of the readout, hidden_error as
 * above. gradients: the encoder's part is overwritten. Under bp and fa the error of step t reaches hidden layers
 * through the readout's lag-0 weights only (the loss of step t credits spikes of step t: what came before is held);
 * LIF layers answer with a delay of one step, so under bp and fa only the last hidden layer learns. */
vdib_status vdib__encoder_step_backward(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                        const float *parameters, vdib__encoder_state *state, const float *error,
                                        const float *hidden_error, const float *target, float target_weight,
                                        float *gradients);

#endif
