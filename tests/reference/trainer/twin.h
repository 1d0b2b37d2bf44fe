/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_REFERENCE_TWIN_H
#define VDIB_TESTS_REFERENCE_TWIN_H
/* A plain twin of the trainer: the whole of training in dense arrays and loops of double, from the equations of
 * docs/method.md. It shares nothing with src/learn, src/encoder, src/decoder and src/model: only the keyed random
 * numbers (core/random.h) and the examples of a data set are the library's. Tensors are in file (PyTorch) order
 * throughout.
 *
 * Letters: NX inputs, NH neurons of a hidden layer, NY readouts, T steps (blank steps included), K bases, KF feedback
 * bases. Memory that runs out ends the program. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/random.h"
#include "data/dataset.h"
#include "reference/decoder_reference.h"
#include "vdib/config.h"

enum { TWIN_LAYERS = 8, TWIN_TENSORS = 40, TWIN_STAGES = 12, TWIN_NAME = 48, TWIN_NONE = -1 };

/* ---- what is trained, as the configuration says it ---- */

typedef enum twin_surrogate { TWIN_BOXCAR, TWIN_LOGISTIC, TWIN_FAST } twin_surrogate;
typedef enum twin_feedback { TWIN_DFA, TWIN_FA, TWIN_DRTP, TWIN_BP, TWIN_BPTT } twin_feedback;
typedef enum twin_baseline { TWIN_NO_BASELINE, TWIN_PER_PARAMETER, TWIN_BATCH, TWIN_AUTO, TWIN_PRODUCT } twin_baseline;
typedef enum twin_rule { TWIN_SGD, TWIN_ADAM, TWIN_ADAMW } twin_rule;
typedef enum twin_channel { TWIN_NO_CHANNEL, TWIN_FLIPS, TWIN_ERASURES, TWIN_PACKETS } twin_channel;
typedef enum twin_decay { TWIN_CONSTANT, TWIN_COSINE, TWIN_STRAIGHT } twin_decay;
typedef enum twin_head { TWIN_BERNOULLI, TWIN_CATEGORICAL, TWIN_GAUSSIAN } twin_head;
typedef enum twin_decoder { TWIN_LINEAR, TWIN_MLP, TWIN_CONV, TWIN_CONV2D, TWIN_UPCONV } twin_decoder;

/* Half of the network that one optimiser moves; the third role is never moved. */
typedef enum twin_role { TWIN_ENCODER, TWIN_DECODER, TWIN_FIXED } twin_role;

/* neuron.gain: 1 / (1 - decay), 1 - decay, or 1. */
typedef enum twin_gain { TWIN_GAIN_PUBLISHED, TWIN_GAIN_UNIT, TWIN_GAIN_ONE } twin_gain;

/* Of a trace, of the refractory trace, and the derivative of the first by its decay. */
static inline double twin_gain_of(twin_gain gain, double decay) {
    return gain == TWIN_GAIN_ONE ? 1 : gain == TWIN_GAIN_UNIT ? 1 - decay : 1 / (1 - decay);
}
static inline double twin_gain_refractory(twin_gain gain, double decay) {
    return gain == TWIN_GAIN_UNIT ? 1 - decay : 1;
}
static inline double twin_gain_slope(twin_gain gain, double decay) {
    return gain == TWIN_GAIN_ONE ? 0 : gain == TWIN_GAIN_UNIT ? -1 : 1 / (1 - decay) / (1 - decay);
}

/* Constants of a layer's neurons. */
typedef struct twin_neuron {
    double beta_s, alpha_m, alpha_r; /* decays of the synaptic, membrane and refractory traces */
    double gain_s, gain_m, gain_r;   /* what enters them */
    double alpha_a, gain_a;          /* of the adaptive threshold */
    twin_gain gain;                  /* neuron.gain */
    bool resets;                     /* neuron.model=cuba or lif; lif has beta_s 0 and gain_s 1 */
    double threshold;                /* of these */
} twin_neuron;

typedef struct twin_settings {
    uint64_t seed;
    size_t blank, test_steps, window, readouts, filter_steps, bases, feedback_bases, hidden, batch_size, draws,
        truncation, validate_every, limit;
    bool by_step; /* a class for every step (data.target=units) */
    twin_surrogate surrogate;
    double slope, basis_width;
    bool lateral;
    bool learns_filters;
    double filter_rate; /* of them, as a multiple of the encoder's */
    bool gaussian;      /* z = u + s eps in the place of the spikes */
    double deviation;   /* s before training */
    twin_decoder decoder;
    bool counts; /* rate decoding */
    bool first;  /* decoding of first spikes */
    twin_head head;
    twin_channel channel;
    double events[2], dropout; /* probability of an event of the channel: in training, in evaluation; share left out */
    double cuts;               /* share of the training examples that are cut */
    size_t packet_steps, row;  /* row: values of a step that the decoder reads */
    double price, prior;       /* objective.beta, r0 */
    double price_rise;         /* examples over which beta rises */
    double smoothing;          /* share of a class that is spread */
    bool absent;               /* no encoder: counts */
    bool skip;                 /* the readout reads the input, too */
    bool from_data;            /* initial weights */
    bool learns[3];            /* time constants: synapse, membrane, refractory */
    double tau_rate, log_least, log_most;
    size_t initial_examples;
    double initial_spread, initial_share;
    bool mean, analytic;
    bool straight_through, leave_one_out, rate_target, online, dfa_normalised;
    double target_on, target_off; /* spike probabilities that rate_target teaches */
    size_t classes;
    twin_feedback feedback;
    twin_baseline baseline;
    double memory;
    twin_rule rule[2];
    double rate[2], weight_decay, clip_norm;
    twin_decay decay;
    double span;                           /* updates of the reference batch that one stands for */
    double average_memory;                 /* 0: no average of the weights */
    double warmup, decay_end, decay_floor; /* examples, examples, share */
    size_t layer_count;
    struct {
        bool convolutional;
        size_t width, kernel, stride, padding, pool;
        twin_neuron neuron;
    } layers[TWIN_LAYERS];
} twin_settings;

/* From the configuration's text. outputs and steps are those of the data. (settings.c) */
twin_settings twin_settings_of(const vdib_config *config, const vdib_geometry *geometry);

/* ---- the network ---- */

typedef struct twin_tensor {
    char name[TWIN_NAME];
    twin_role role;
    size_t rank, shape[4], count;
    double *values, *start;          /* (count) now, and before training */
    double *average;                 /* (count) of the values */
    bool apart;                      /* time constants: a learning rate of their own, bounds, no weight decay */
    double *gradients;               /* (count) of the update under way */
    double *first, *second;          /* (count) Adam's moments */
    double *numerator, *denominator; /* (count) of the per-parameter baseline */
    /* what gradients are rounded by a share of, though they are smaller: the largest so far of gradient times loss
     * before the per-parameter baseline was taken off, and of the sum of the sizes of a learnt tap's terms */
    double unweighed;
    int *moved;    /* (count) the last update whose gradient was not 0, counted from 1; 0: none */
    double *slack; /* (count) what Adam may have made of the rounding of gradients so far: it divides small ones by
                         themselves */
    bool *small;   /* (count) in some update the gradient that Adam saw was below 1e-5 of the tensor's largest */
} twin_tensor;

/* A hidden layer. Neurons and inputs are numbered (channel, row, column); a dense layer has maps of 1 x 1. */
typedef struct twin_layer {
    bool convolutional;
    size_t in_channels, in_height, in_width, inputs;
    size_t out_channels, out_height, out_width, neurons;
    size_t kernel, stride, padding, pool, outputs;
    int weight, bias, feedback; /* tensors */
    int log_tau[3];             /* tensors of learnt time constants: synapse, membrane, refractory; or TWIN_NONE */
} twin_layer;

typedef enum twin_stage_kind {
    TWIN_COUNT,
    TWIN_FIRST,
    TWIN_AFFINE,
    TWIN_CONVOLUTION,
    TWIN_RAISING, /* a transposed convolution */
    TWIN_RELU
} twin_stage_kind;

/* A layer of the decoder, with what it read and gave in the last pass. */
typedef struct twin_stage {
    twin_stage_kind kind;
    size_t inputs, outputs;
    decoder_reference_maps maps; /* of a convolution, transposed or not */
    int weight, bias;
    double *output, *output_gradient; /* (outputs) */
} twin_stage;

/* The least distance of anything that decides from where it would decide otherwise. A comparison with single precision
 * makes sense only where all are far above its rounding errors. */
typedef struct twin_margins {
    double threshold; /* |u| of hidden neurons */
    double draw;      /* |uniform number - sigma(u)| of the readout */
    double extreme;   /* the largest |u| of a readout neuron whose score is used: sigma(u) is 0 or 1 in single precision
                         above 16 */
    double surrogate; /* | |u| - 1/2 | under boxcar; this and what follows in backward passes only */
    double relu;      /* |input| of the decoder's ReLUs */
    double pool;      /* difference of the potentials of a pooling window that are not equal */
} twin_margins;

/* All that one example leaves behind. */
typedef struct twin_record {
    size_t steps;   /* T */
    vdib__key key;  /* of its draws */
    uint32_t label; /* of the example, or of the step that is learnt */
    double *input;  /* (T, NX) */
    struct {
        double *synapse;   /* (units, NX) q; one unit for all neurons, unless time constants are learnt */
        double *traces;    /* (units, capacity, NX) p */
        double *slopes[3]; /* (units, NX) dq/dbeta; (units, capacity, NX) dp/dbeta, dp/dalpha; of learnt constants */
        double *refractory_slope, *refractory_slopes; /* (NH), (T, NH) dR/dalpha_r */
        double *refractory;                           /* (NH) R */
        double *adaptation;                           /* (NH) A */
        double *current, *membrane;                   /* (NH) of neurons that are reset: I, and v before the reset */
        double *moved[2];                             /* (NH) what R and A gain by spikes that moved (self-checks) */
        double *potentials;                           /* (T, NH) u */
        double *spikes;                               /* (T, NH) h */
        double *outputs;                              /* (T, outputs) after pooling */
        double *teaching;                             /* (T, outputs) dL/dh as the feedback has it */
        double *errors;                               /* (T, NH) dL/du */
    } layers[TWIN_LAYERS];
    double *read;             /* (T, inputs of the readout) */
    double *traces;           /* (T, inputs of the readout, K) a_k * h */
    double *self_traces;      /* (T, NY, KF) c_k * y up to the step before */
    double *potentials;       /* (T, NY) u */
    double *spikes;           /* (T, NY) y; of a Gaussian readout z */
    double *noise;            /* (T, NY) eps of a Gaussian readout */
    double *deviation_errors; /* (NY) dL/d(log s) of it, the sum over the steps that are scored */
    double *errors;           /* (T, NY) dL/du; 0 in blank steps */
    double *hidden_errors;    /* (T, NY) what dfa sends to hidden layers */
} twin_record;

typedef struct twin_loss {
    double distortion, smoothed, rate_sampled, rate, total,
        spikes; /* nats; the total in the configuration's reduction and form */
} twin_loss;

typedef struct twin_figures {
    double loss, distortion, rate_bits, density;
} twin_figures;

typedef struct twin {
    twin_settings settings;
    const vdib_dataset *dataset;
    size_t inputs, outputs; /* NX, values of the decoder */
    size_t capacity;        /* the most steps of a record, blank ones included */
    size_t tensor_count;
    twin_tensor tensors[TWIN_TENSORS];
    twin_layer layers[TWIN_LAYERS];
    size_t readout_inputs, last_outputs; /* last_outputs of them are a hidden layer's */
    int readout_weight, readout_self, readout_bias, readout_basis, readout_deviation, readout_feedback;
    double *basis, *self_basis; /* (K, tau), where they do not learn; (KF, tau) */
    size_t stage_count;
    twin_stage stages[TWIN_STAGES];
    double *window;          /* (window, row) of the last pass of the decoder */
    double *window_gradient; /* (window, NY) by what was sent, in room for (window, row) */
    double *received;        /* (window, row) */
    double *slopes;          /* (window, NY) derivative of what was received by what was sent */
    const double *forced;    /* (data steps, NY) events of the channel, of packets (data steps); NULL: they are drawn */
    /* of training */
    uint64_t updates[2];
    double price;   /* beta in the update under way, or in a validation */
    double share;   /* of the learning rates in the update under way */
    double signal;  /* average of the loss that the per-parameter baseline keeps */
    bool clipped;   /* some gradient was longer than clip_norm */
    bool late_rows; /* under the per-parameter baseline a gradient came after updates in which it was 0 */
    uint64_t examples, averaged;
    twin_figures averages, validation;
    bool has_best;
    double best_loss;
    uint64_t best_examples;
    twin_margins margins;
    twin_record *records; /* (batch_size, draws) */
    vdib_example *example;
    void (*before_validation)(struct twin *t, void *user); /* called after updates; NULL: none */
    void *user;
    bool trains_only; /* validations are left out */
    double noise;     /* potentials and gradients are spoilt by so much of themselves, as rounding does */
    /* a smooth stand-in for Theta (self-checks): what no rule differentiates is taken from `frozen` */
    bool smooth;
    const twin_record *frozen;
} twin;

/* A network with its initial weights. (network.c) */
twin *twin_create(const twin_settings *settings, const vdib_dataset *dataset);
void twin_destroy(twin *t);
/* Tensor of a name; fails the program if there is none. */
twin_tensor *twin_find(twin *t, const char *name);
/* Zero-filled numbers; ends the program when memory runs out. */
double *twin_numbers(size_t count);

/* ---- one example ---- */

/* Zeroes a record and puts a raster in: step t of the raster is step blank + t. (encode.c) */
void twin_record_set(const twin *t, twin_record *record, const vdib_raster *raster);
/* The constants of a neuron's unit, and which unit's traces it sees. */
twin_neuron twin_neuron_of(const twin *t, size_t number, size_t unit);
size_t twin_trace_units(const twin *t, size_t number);
/* One hidden layer in step `step`; and W p of one of its neurons. */
void twin_layer_step(twin *t, twin_record *record, size_t number, size_t step, const double *input);
double twin_drive(const twin *t, const twin_layer *layer, const double *traces, size_t neuron);
/* The taps (K, tau) of the readout's filters as they are. */
const double *twin_basis(const twin *t);
/* s of a neuron of a Gaussian readout as it is. */
double twin_deviation(const twin *t, size_t i);
/* Step `step` with the weights as they are. forced: readout spikes (NY) instead of drawn ones, or NULL. */
void twin_step(twin *t, twin_record *record, size_t step, const vdib__key *key, const double *forced);
/* Gradients of steps [begin, T): added to those of the tensors. errors and hidden_errors of the record must be set;
 * target (outputs) and its weight are drtp's. `single`: only what step `begin` does now, as one update a step has it.
 * (backward.c) */
void twin_backward(twin *t, twin_record *record, size_t begin, bool single, const double *target, double weight);

/* What arrives of a window (window, NY) of spikes, whose first step is data step `first`: borrowed (window, row). The
 * key says whether it is training. (channel.c) */
const double *twin_link(twin *t, const vdib__key *key, size_t first, const double *sent);

/* Decoder on a window (window, row): logits, borrowed. (decode.c) */
const double *twin_decode(twin *t, const double *window);
/* After it: adds to the decoder's gradients, and leaves the derivative by what was sent through twin_link in
 * t->window_gradient. */
void twin_decode_backward(twin *t, const double *logit_gradient);

/* Distortion of logits and its gradient (outputs) to them. (objective.c) */
double twin_distortion(const twin *t, const double *logits, const double *target, uint32_t label, double *gradient);
/* The same of a class that is spread over all (label smoothing). */
double twin_smoothed(const twin *t, const double *logits, uint32_t label, double *gradient);
/* Adds the rate of the readout in steps [begin, end) of a record. */
void twin_rate(const twin *t, const twin_record *r, size_t begin, size_t end, twin_loss *loss);
/* Factors of distortion and rate when `steps` steps are scored. */
void twin_scales(const twin *t, size_t steps, double *distortion_scale, double *rate_scale);
/* Fills in total. */
void twin_total(const twin *t, twin_loss *loss, size_t steps);

/* ---- training ---- */

/* The example of a presentation, and the key of its draws. (train.c) */
void twin_fetch_shown(twin *t, uint64_t presentation);
vdib__key twin_key(const twin *t, vdib__stage stage, uint64_t presentation);
/* Initial weights from data, if the settings say so: before training begins. (initialise.c) */
void twin_initialise(twin *t);

void twin_clear_gradients(twin *t, twin_role half);
/* One update of a half by the gradients of its tensors, which are left as the optimiser saw them. (update.c) */
double twin_rate_now(const twin *t, twin_role half);
void twin_update(twin *t, twin_role half, double loss);

/* The estimator: errors of the readout in steps [begin, T of the record) of draw `which` of a batch with these total
 * losses (count, the draws of an example side by side), `scored` steps of each; window_gradient (window, NY) of
 * the last `window` steps. Returns the weight that drtp gives the target. (estimate.c) */
double twin_estimate(const twin *t, twin_record *record, size_t begin, size_t end, size_t scored, const double *losses,
                     size_t count, size_t which, const double *window_gradient);

/* What vdib_trainer_step does: one update of a batch (episode) or one sequence (online), and a validation if one is
 * due. (train.c) */
typedef struct twin_result {
    bool done, validated, improved;
} twin_result;
twin_result twin_train(twin *t);

#endif
