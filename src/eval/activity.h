/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_ACTIVITY_H
#define VDIB_EVAL_ACTIVITY_H
/* What the neurons and the decoder did over all examples of an evaluation: who never spiked, who always did, whether
 * what is decoded depends on the example at all. warnings.c judges it. */

#include "learn/walk.h"

/* Shares of one layer's neurons. */
typedef struct vdib__layer_activity {
    double silent;    /* never spiked */
    double saturated; /* spiked in every step */
} vdib__layer_activity;

typedef struct vdib__activity_summary {
    size_t layers; /* hidden layers */
    bool taught; /* spike probabilities by hand (learning.estimator=rate-target), which the rate's price cannot reach */
    vdib__layer_activity hidden[VDIB_ENCODER_LAYERS];
    double input_silent;    /* share of examples without an input spike */
    double readout_silent;  /* share of readout neurons that never spiked */
    double readout_density; /* spikes a readout neuron and step */
    size_t examples;
    /* standard deviation over examples of a decoded value, mean over the values; NaN: step by step */
    double output_spread;
    double target_spread; /* the same of the targets (classes: one-hot) */
} vdib__activity_summary;

typedef struct vdib__activity vdib__activity;

/* For the examples of a walk. */
vdib_status vdib__activity_create(const vdib__walk *walk, vdib__activity **activity);
/* Takes in the walk's batch. */
void vdib__activity_add(vdib__activity *activity, const vdib__walk *walk);
/* Takes in what the other ranks have seen. */
vdib_status vdib__activity_share(vdib__activity *activity, vdib__ranks *ranks);
vdib__activity_summary vdib__activity_sum_up(const vdib__activity *activity);
void vdib__activity_destroy(vdib__activity *activity);

#endif
