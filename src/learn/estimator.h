/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_ESTIMATOR_H
#define VDIB_LEARN_ESTIMATOR_H
/* Estimators: how the loss of sampled readout spikes becomes an error at the readout's potentials; docs/method.md, eq.
 * (20) to (24). They work on samples, each a draw of the readout's spikes for one example, and know numbers alone: what
 * the encoder left, the loss, and the decoder's gradient come as arguments, whoever made them.
 *
 * An estimator is one file of estimators/ and one row of the table in estimators.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/choice.h"

typedef struct vdib__estimator vdib__estimator;

/* learning.baseline: what is taken from the losses by which scores are weighed. */
typedef struct vdib__baseline {
    vdib__choice choice;
    bool per_parameter; /* the optimiser weighs the gradient of every parameter */
    /* A sample's weight, from its loss and the sum of the losses of all `count` samples; w B of eq. (22) to (24). */
    double (*weigh)(double loss, double sum, size_t count);
} vdib__baseline;

/* An estimator's constants for one training. */
typedef struct vdib__estimator_plan {
    const vdib__estimator *estimator;
    const vdib__baseline *baseline;
    size_t draws;           /* M, samples of each example */
    float score_scale;      /* c of eq. (20) to (21): 1/(NY T), or 1 */
    float distortion_scale; /* of the distortion: 1/outputs, or 1 */
    double rate_scale;      /* of the rate: 1/(NY T), or 1 */
    double beta;            /* the price of the rate in the update under way */
    float rate_weight;      /* beta times the scale of the rate */
    bool analytic;     /* form of the rate in the loss: the divergence given the past; else that of the spikes drawn */
    float prior_logit; /* logit r0 */
    /* Spike probabilities that are taught: of the neurons of a sample's class, and of the others. Neuron i of NY is of
     * class i classes / NY, rounded down. */
    float target_on, target_off;
    size_t classes;
    bool hidden_unscaled; /* direct feedback as published: hidden layers see (20) without c */
} vdib__estimator_plan;

/* A draw of the readout's spikes for an example. Arrays have a row of NY for each of the T steps that are scored. */
typedef struct vdib__sample {
    /* given */
    const float *potentials;    /* (T, NY) u */
    const float *probabilities; /* (T, NY) sigma(u); NULL: Gaussian */
    const float *spikes;        /* (T, NY) y, 0 or 1; of a Gaussian readout z */
    const float *noise;         /* (T, NY) eps of a Gaussian readout, z = u + s eps; else NULL */
    const float *deviations;    /* (NY) s, with it */
    double loss;                /* l, in the reduction and form of the configuration */
    uint32_t label;             /* the class; only for estimators that read it */
    const float *
        window_gradient; /* (tau_d, NY) derivative with respect to y, in the last tau_d steps, of the mean distortion of
                                   * all samples; NULL unless the estimator reads it */
    /* made */
    float *errors;           /* (T, NY) e: the derivative with respect to u of the mean loss of all samples */
    float *hidden_errors;    /* (T, NY) what direct feedback takes to the hidden layers; NULL if that is `errors` */
    float *deviation_errors; /* (NY) of a Gaussian readout: the derivative with respect to log s, else NULL */
} vdib__sample;

/* The samples of one update. Sample (example, m) is number example * draws + m: the draws of an example lie side by
 * side, and share all that its hidden layers did. */
typedef struct vdib__estimate {
    const vdib__estimator_plan *plan;
    size_t examples, draws;         /* B, M */
    size_t steps, window, readouts; /* T, tau_d, NY */
    const vdib__sample *samples;    /* (B, M) */
    float *weights;                 /* (B, M) made: of the sample's score, and of the target that drtp projects */
} vdib__estimate;

/* learning.estimator. Tag "score": a score-function estimator, which weighs scores by losses. */
struct vdib__estimator {
    vdib__choice choice;
    bool reads_gradient; /* of the samples, window_gradient */
    bool reads_label;    /* and label: data of one class, or of more than readout neurons, will not do */
    /* Makes the weights of all samples: once an update, before any credit. */
    void (*weigh)(const vdib__estimate *estimate);
    /* Makes the errors of one sample; several threads at once, each with samples of its own. */
    void (*credit)(const vdib__estimate *estimate, const vdib__sample *sample, float weight);
};

extern const vdib__baseline vdib__baseline_none, vdib__baseline_per_parameter, vdib__baseline_batch,
    vdib__baseline_batch_product;
extern const vdib__choices vdib__estimators, vdib__baselines;

static inline const vdib__estimator *vdib__estimator_of(const vdib__choice *choice) {
    return (const vdib__estimator *)choice;
}

static inline const vdib__baseline *vdib__baseline_of(const vdib__choice *choice) {
    return (const vdib__baseline *)choice;
}

/* ---- for the files of estimators/ ---- */

/* Weights of scores by the plan's baseline. */
void vdib__weigh_scores(const vdib__estimate *estimate);

/* Errors that are `weight` times the score y - sigma(u), and, if the loss has the analytic rate, c times that rate's
 * own derivative; without c for hidden layers that want it so. */
void vdib__credit_score(const vdib__estimate *estimate, const vdib__sample *sample, float weight);

#endif
