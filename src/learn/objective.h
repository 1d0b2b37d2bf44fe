/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_OBJECTIVE_H
#define VDIB_LEARN_OBJECTIVE_H
/* The VDIB loss of one example; docs/method.md, eq. (18) and (19). Everything in nats and summed; vdib__loss_total
 * applies the reduction. */

#include "model/model.h"

/* objective.reduction: the factors of distortion and rate in the loss. */
typedef struct vdib__reduction {
    vdib__choice choice;
    bool mean; /* 1/outputs and 1/(NY T); else 1 */
} vdib__reduction;

/* objective.rate_term: the form of the rate term in the loss. */
typedef struct vdib__rate_form {
    vdib__choice choice;
    bool analytic; /* the divergence of each step's probabilities from the prior; else that of the spikes drawn */
} vdib__rate_form;

extern const vdib__choices vdib__reductions, vdib__rate_forms;

static inline const vdib__reduction *vdib__reduction_of(const vdib__choice *choice) {
    return (const vdib__reduction *)choice;
}

static inline const vdib__rate_form *vdib__rate_form_of(const vdib__choice *choice) {
    return (const vdib__rate_form *)choice;
}

typedef struct vdib__loss {
    double distortion;   /* -log q(r | y), summed over outputs */
    double smoothing;    /* what label smoothing adds to it in training */
    double rate_sampled; /* sum over data steps and neurons of log p(y) - log q(y) */
    double rate;         /* sum of KL(Bernoulli(p) || Bernoulli(r0)) given the sampled past; of a Gaussian readout of
                            KL(N(u, s^2) || N(0, 1)) */
    size_t spikes;       /* readout spikes in data steps */
} vdib__loss;

/* Sampled and analytic rate of `count` readout neurons of one step or more: potentials (count), spikes (count) of 0
 * and 1; added to *sampled and *analytic (nats). r0 in (0, 1). */
void vdib__rate_add(vdib__kernel_level level, const float *potentials, const float *spikes, size_t count,
                    double prior_rate, double *sampled, double *analytic);

/* All of the loss of draw `index` of a batch (example * M + m) but its distortion, after vdib__batch_encode. */
vdib__loss vdib__loss_measure_rate(const vdib_model *model, const vdib__batch *batch, size_t index);

/* The loss of draw `index` of a batch after vdib__batch_forward. target (outputs) or label as the head wants. */
vdib__loss vdib__loss_measure(const vdib_model *model, const vdib__batch *batch, size_t index, const float *target,
                              uint32_t label);

/* The scalar that training minimises: distortion + beta * rate, in the configuration's reduction (mean: distortion over
 * outputs, a label counting as one; rate over NY * steps) and form (sampled or analytic). */
double vdib__loss_total(const vdib_model *model, const vdib__loss *loss, size_t steps);

/* The same at another beta, and its second term, beta * rate. */
double vdib__loss_total_at(const vdib_model *model, double beta, const vdib__loss *loss, size_t steps);
double vdib__loss_rate_term(const vdib_model *model, double beta, const vdib__loss *loss, size_t steps);

/* Label smoothing (Szegedy et al. 2016; docs/method.md, eq. (33)), after the loss of a class and its gradient of the
 * logits (outputs), which carries the factor `scale`: adds what objective.label_smoothing changes. Nothing for images
 * and values. */
void vdib__loss_smooth(const vdib_model *model, const float *logits, uint32_t label, float scale, vdib__loss *loss,
                       float *gradient);

/* The factors of the reduction: distortion_scale = 1 or 1/outputs, rate_scale = 1 or 1/(NY steps). */
void vdib__loss_scales(const vdib_model *model, size_t steps, double *distortion_scale, double *rate_scale);

#endif
