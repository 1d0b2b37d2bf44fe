/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_PLAIN_PLAIN_H
#define VDIB_TESTS_PLAIN_PLAIN_H
/* Every figure of docs/method.md computed once more: dense loops in double from the definitions, on the tensors and
 * examples that the public interface gives. Of the library's inside only the keyed random numbers are used, and the
 * judge, whose answers are counted here. For dense hidden layers, feedback of each readout neuron to itself, and the
 * linear decoder. */

#include "core/random.h"
#include "vdib/vdib.h"

enum { PLAIN_LAYERS = 3, PLAIN_FIGURES = 32 };

typedef enum plain_head { PLAIN_BERNOULLI, PLAIN_CATEGORICAL, PLAIN_GAUSSIAN } plain_head;

/* A copy of a model's weights and of what its configuration says. Tensors are in the order of the file. */
typedef struct plain_model {
    size_t inputs, layers, neurons[PLAIN_LAYERS]; /* NX, hidden layers and their sizes */
    size_t readouts, bases, feedback_bases, lags; /* NY, K, feedback filters, tau */
    size_t blank, window, outputs;                /* blank steps, tau_d, outputs */
    double *weight[PLAIN_LAYERS];                 /* (neurons, inputs of the layer) */
    double *bias[PLAIN_LAYERS];                   /* (neurons) */
    double *readout_weight;                       /* V (NY, inputs, K) */
    double *readout_feedback;                     /* f (NY, feedback_bases) */
    double *readout_bias;                         /* b (NY) */
    double *decoder_weight;                       /* (outputs, tau_d * NY) */
    double *decoder_bias;                         /* (outputs) */
    double synaptic, membrane, refractory;        /* beta, alpha, alpha_r */
    double gain_s, gain_m, gain_r;
    double width;        /* mu of the filters */
    double prior, beta;  /* r0, price of the rate */
    bool mean, analytic; /* objective.reduction=mean; the rate term of the objective */
    bool stepwise;
    plain_head head;
    uint64_t seed;
} plain_model;

plain_model *plain_model_of(const vdib_model *model);
void plain_model_free(plain_model *model);

/* One example run through the encoder. */
typedef struct plain_trial {
    size_t steps;       /* T, without blank steps */
    double *potentials; /* (T, NY) u */
    double *spikes;     /* (T, NY) y */
    uint64_t input_spikes, readout_spikes;
    uint64_t operations; /* for every spike entering a layer, the neurons that it reaches */
} plain_trial;

/* Runs an input; y is drawn from the numbers of `key` (step counted with the blank ones, neuron). */
plain_trial *plain_run(const plain_model *model, const vdib_raster *input, const vdib__key *key);
void plain_trial_free(plain_trial *trial);

/* What the decoder says of the window that ends with step `last`: logits (outputs), and from them probabilities or
 * values. */
void plain_decode(const plain_model *model, const plain_trial *trial, size_t last, double *logits);
void plain_output(const plain_model *model, const double *logits, double *output);

/* -log q in nats, of the target (outputs) or the class. */
double plain_distortion(const plain_model *model, const double *logits, const float *target, uint32_t label);

/* The rate of steps [first, T) in nats: as the divergence given the past, and from the drawn spikes. */
double plain_rate(const plain_model *model, const plain_trial *trial, size_t first);
double plain_rate_sampled(const plain_model *model, const plain_trial *trial, size_t first);

/* Figures that training and validation have too, of one example: per scored step where the task is step by step. */
typedef struct plain_losses {
    double loss, distortion, rate_bits, density;
} plain_losses;
plain_losses plain_losses_of(const plain_model *model, const vdib_example *example, const vdib__key *key);

/* Mean over a split, every example with the draw of (seed, EVALUATION, its index). */
plain_losses plain_validate(const plain_model *model, const vdib_dataset *dataset, vdib_split split);

/* ---- an evaluation ---- */

/* Labels images (count, pixels) as the judge does; labels (count). */
typedef void plain_judge(void *user, const float *images, size_t count, uint32_t *labels);

typedef struct plain_evaluation {
    size_t count;
    const char *names[PLAIN_FIGURES]; /* as in evaluation.json */
    double values[PLAIN_FIGURES];
    size_t classes;      /* of the matrix; 0 without */
    uint64_t *confusion; /* (classes, classes) */
    uint32_t *said;      /* (examples) class that the judge or the decoder says, or NULL */
    uint64_t *spikes;    /* (examples) readout spikes */
} plain_evaluation;

/* Evaluates the first `examples` examples of a split (0: all). judge NULL: there is none. */
plain_evaluation *plain_evaluate(const plain_model *model, const vdib_dataset *dataset, vdib_split split,
                                 size_t examples, plain_judge *judge, void *user);
void plain_evaluation_free(plain_evaluation *evaluation);

/* NaN if it is not there. */
double plain_get(const plain_evaluation *evaluation, const char *name);

#endif
