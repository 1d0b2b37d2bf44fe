/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_STATE_H
#define VDIB_ENCODER_STATE_H
/* Inside of the running state of an encoder: all floats in one block, so that a reset is one memset. */

#include "encoder/layers.h"

/* Traces of every pair of an input and a unit, where units have time constants of their own that are learnt: q and p,
 * dq/d(beta), dp/d(beta), dp/d(alpha). */
enum {
    VDIB_PAIR_SYNAPSE,
    VDIB_PAIR_MEMBRANE,
    VDIB_PAIR_SYNAPSE_SLOPE,
    VDIB_PAIR_MEMBRANE_SLOPE,
    VDIB_PAIR_MEMBRANE_OWN_SLOPE,
    VDIB_PAIR_TRACES
};

typedef struct vdib__layer_state {
    float *running;        /* (VDIB_LIF_STATES, NH) */
    float *each;           /* (VDIB_EACH_CONSTANTS, stride) constants of a layer that has arrays of them */
    float *current;        /* (NH) W s of the step; learning: W p */
    float *potentials;     /* (NH) */
    uint64_t *bits;        /* (words) spikes of the outputs */
    uint64_t *bits_before; /* (words) those of the step before */
    size_t since;          /* entries of the layer's input since its sum restarted */
    uint32_t *spikes;      /* learning: (outputs) the spikes, spike_count of them */
    size_t spike_count;
    float *inputs;  /* learning: (NX) the input spikes as 0 and 1 */
    float *synapse; /* learning: (NX) presynaptic q */
    float *trace;   /* learning: (NX) presynaptic p */
    float *errors;  /* learning: (NH) dL/du */
    float *outputs; /* learning: (outputs) dL/dh */
    /* learning of layers that learn time constants */
    float *pairs;            /* (VDIB_PAIR_TRACES, NX, units) */
    float *refractory_slope; /* (NH) dR/d(alpha_r) */
    float *slopes;           /* (NH) du/d(decay) */
} vdib__layer_state;

struct vdib__encoder_state {
    const vdib__encoder *encoder;
    bool learning;
    size_t taken;  /* steps since the reset */
    float *memory; /* (memory_count) everything below that is float */
    size_t memory_count;
    uint64_t *words; /* (word_count) the bits of the layers */
    size_t word_count;
    uint64_t *joined;        /* (words of the readout's inputs) of a readout that is joined to the sensor */
    uint64_t *joined_before; /* streaming: those of the step before */
    uint32_t *indices;       /* the lists below */
    uint32_t *joined_spikes; /* learning: (inputs of the readout) the same as a list */
    vdib__layer_state layers[VDIB_ENCODER_LAYERS];
    vdib__readout_output output; /* each (NY) */
    vdib__filter *filters;       /* (K + KF) of the step at work, where they are learnt */
    float *feedback_currents;    /* (tau, KF, NY) feedback currents: step t is in row t % tau */
    /* streaming */
    uint32_t *input_before; /* (NX) input spikes of the step before */
    size_t input_before_count;
    uint32_t *entries; /* (2 x the most inputs of a layer) what a step changes */
    float *sum;        /* (most neurons of a layer, or K x NY) what that adds to the currents */
    float *forward;    /* (tau, K, NY) currents V h by basis: step t is in row t % tau */
    size_t since;      /* of the readout's input, as in the layers */
    /* learning */
    uint32_t *history;      /* (tau, NX): input spikes of the step in row t % tau */
    size_t *history_count;  /* (tau) */
    float *readout_history; /* (tau, NY) readout spikes */
    float *trace;           /* (NX, K) a_k * h */
    float *feedback_trace;  /* (KF, NY) c_k * y up to the step before; lateral the same: by the neuron that spiked */
};

/* Potentials and spikes of one step, from traces and the current weights. */
void vdib__learning_step(const vdib__pass *pass, vdib__encoder_state *state, const uint32_t *spikes, size_t count,
                         const vdib__key *key, uint32_t step, const float *forced);

#endif
