/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_MODES_H
#define VDIB_ENCODER_MODES_H
/* Choices of the encoder beside the surrogates (surrogate.h): each table's values of a key, and what they mean. */

#include "core/choice.h"

/* learning.credit_assignment: credit assignment, how the readout's error reaches the hidden layers. */
typedef struct vdib__credit {
    vdib__choice choice;
    bool layered;   /* from each layer to the one below, by the adjoints of its filters; else directly to every layer */
    bool symmetric; /* through the forward weights themselves; else through fixed random matrices */
    bool recurrent; /* the refractory trace, and what spikes do to the readout's later ones, are differentiated, too */
    bool target;    /* the target takes the place of the error */
} vdib__credit;

extern const vdib__credit vdib__credit_dfa, vdib__credit_fa, vdib__credit_drtp, vdib__credit_bp, vdib__credit_bptt;
extern const vdib__choices vdib__credits;

static inline const vdib__credit *vdib__credit_of(const vdib__choice *choice) {
    return (const vdib__credit *)choice;
}

/* encoder.type: what stands before the decoder. */
typedef struct vdib__encoder_type {
    vdib__choice choice;
    bool absent; /* no encoder: the decoder reads square roots of counts of the input's spikes (counts.c) */
} vdib__encoder_type;

extern const vdib__choices vdib__encoder_types;

static inline const vdib__encoder_type *vdib__encoder_type_of(const vdib__choice *choice) {
    return (const vdib__encoder_type *)choice;
}

/* neuron.model: how a hidden neuron takes in its input and what its spike does to it. */
typedef struct vdib__neuron_model {
    vdib__choice choice;
    bool resets;  /* an Euler step of a leaky integrator that its spike sets back to 0; else the spike-response form */
    bool synapse; /* its input is filtered by a synapse first */
} vdib__neuron_model;

extern const vdib__neuron_model vdib__neuron_srm, vdib__neuron_cuba, vdib__neuron_lif;
extern const vdib__choices vdib__neuron_models;

static inline const vdib__neuron_model *vdib__neuron_model_of(const vdib__choice *choice) {
    return (const vdib__neuron_model *)choice;
}

/* neuron.gain: input gains of the traces of a LIF neuron with these decays. */
typedef struct vdib__gain {
    vdib__choice choice;
    float (*trace)(float decay);       /* of the synaptic and the membrane trace */
    float (*refractory)(float decay);  /* of the refractory trace */
    float (*trace_slope)(float decay); /* their derivatives */
    float (*refractory_slope)(float decay);
} vdib__gain;

extern const vdib__gain vdib__gain_published, vdib__gain_unit, vdib__gain_one;
extern const vdib__choices vdib__gains;

static inline const vdib__gain *vdib__gain_of(const vdib__choice *choice) {
    return (const vdib__gain *)choice;
}

/* neuron.learn_tau: which time constants of LIF neurons are learnt. */
typedef struct vdib__learnt_times {
    vdib__choice choice;
    bool traces;     /* of the synapse and the membrane */
    bool refractory; /* of the refractory trace */
} vdib__learnt_times;

extern const vdib__choices vdib__learnt_times_choices;

static inline const vdib__learnt_times *vdib__learnt_times_of(const vdib__choice *choice) {
    return (const vdib__learnt_times *)choice;
}

/* readout.feedback: whose spikes feed back to a readout neuron. */
typedef struct vdib__reach {
    vdib__choice choice;
    bool lateral; /* those of the whole layer; else its own */
} vdib__reach;

extern const vdib__choices vdib__reaches;

static inline const vdib__reach *vdib__reach_of(const vdib__choice *choice) {
    return (const vdib__reach *)choice;
}

/* readout.type: what a readout neuron gives the decoder in a step. */
typedef struct vdib__readout_type {
    vdib__choice choice;
    bool gaussian; /* its potential and noise of a learnt strength, in the place of a spike */
} vdib__readout_type;

extern const vdib__choices vdib__readout_types;

static inline const vdib__readout_type *vdib__readout_type_of(const vdib__choice *choice) {
    return (const vdib__readout_type *)choice;
}

#endif
