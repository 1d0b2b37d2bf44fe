/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MODEL_CONFIG_H
#define VDIB_MODEL_CONFIG_H
/* A configuration as plain values. One table (config_keys.c) maps dotted names to these members with type, range,
 * choices, default and help; YAML, --set, JSON metadata and the documentation all go through it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/config.h"

enum { VDIB_CONFIG_TEXT = 128, VDIB_CONFIG_LAYERS = 8, VDIB_CONFIG_LAYER_TEXT = 32 };

typedef enum vdib__input_kind {
    VDIB_INPUT_EVENTS,
    VDIB_INPUT_RATE,
    VDIB_INPUT_LATENCY,
    VDIB_INPUT_BLOBS
} vdib__input_kind;
typedef enum vdib__target_kind {
    VDIB_TARGET_IMAGE,       /* image: the example's own natural image */
    VDIB_TARGET_CLASS_IMAGE, /* class-image: the first training image of its class */
    VDIB_TARGET_CLASS,       /* class */
    VDIB_TARGET_UNITS        /* units: the pair of blob units at t + delta */
} vdib__target_kind;
typedef enum vdib__motion { VDIB_MOTION_SACCADES, VDIB_MOTION_CIRCLE } vdib__motion;
typedef enum vdib__head_choice {
    VDIB_HEAD_CHOICE_AUTO,
    VDIB_HEAD_CHOICE_BERNOULLI,
    VDIB_HEAD_CHOICE_CATEGORICAL,
    VDIB_HEAD_CHOICE_GAUSSIAN
} vdib__head_choice;
typedef enum vdib__reduction { VDIB_REDUCTION_MEAN, VDIB_REDUCTION_SUM } vdib__reduction;
typedef enum vdib__rate_term { VDIB_RATE_SAMPLED, VDIB_RATE_ANALYTIC, VDIB_RATE_AUTO } vdib__rate_term;
typedef enum vdib__estimator { VDIB_ESTIMATOR_REINFORCE, VDIB_ESTIMATOR_STRAIGHT_THROUGH } vdib__estimator;
typedef enum vdib__schedule { VDIB_SCHEDULE_EPISODE, VDIB_SCHEDULE_ONLINE } vdib__schedule;
typedef enum vdib__baseline {
    VDIB_BASELINE_NONE,
    VDIB_BASELINE_PER_PARAMETER,
    VDIB_BASELINE_BATCH,
    VDIB_BASELINE_AUTO
} vdib__baseline;
typedef enum vdib__optimizer_kind {
    VDIB_OPTIMIZER_SGD,
    VDIB_OPTIMIZER_ADAM,
    VDIB_OPTIMIZER_ADAMW
} vdib__optimizer_kind;

enum { VDIB_GAIN_PUBLISHED, VDIB_GAIN_UNIT };
typedef enum vdib__readout_feedback { VDIB_READOUT_NEURON, VDIB_READOUT_LATERAL } vdib__readout_feedback;
typedef enum vdib__coding { VDIB_CODING_TIME, VDIB_CODING_RATE } vdib__coding;

struct vdib_config {
    char experiment[VDIB_CONFIG_TEXT]; /* experiment: its name, free text; default "custom" */
    uint64_t seed;                     /* seed: 1; 0 .. 2^63-1 */
    struct {
        int input;             /* data.input: events | rate | latency | blobs; events (vdib__input_kind) */
        int target;            /* data.target: image | class-image | class | units; class-image */
        size_t steps;          /* data.steps (T): 80; 1 .. 100000. blobs: steps per training sequence */
        size_t test_steps;     /* data.test_steps: 0 = steps; blobs: steps per test sequence */
        int64_t step_us;       /* data.step_us: 3750; 1 .. 10^9; events only */
        int64_t start_us;      /* data.start_us: 0 */
        size_t polarities;     /* data.polarities: 2; 1 .. 2 */
        size_t blank_steps;    /* data.blank_steps: 0; 0 .. 1000 */
        size_t train_examples; /* data.train_examples: 0 = all (built-in data: 4000); limit, taken from the front */
        size_t test_examples;  /* data.test_examples: 0 = all (built-in data: 500; blobs: 20 sequences) */
        int motion;            /* data.motion: saccades | circle; how the built-in camera moves the image */
        int delta;             /* data.delta: 0; -4 .. 4; blobs: steps ahead that are decoded */
    } data;
    struct {
        double synaptic_decay;   /* neuron.synaptic_decay: 0.85; [0, 1) */
        double membrane_decay;   /* neuron.membrane_decay: 0.9; [0, 1) */
        double refractory_decay; /* neuron.refractory_decay: 0.65; [0, 1) */
        int gain;                /* neuron.gain: unit | published; unit (0 = published, 1 = unit) */
        int surrogate;           /* neuron.surrogate: boxcar | logistic | fast-sigmoid; boxcar (vdib__surrogate) */
        double surrogate_slope;  /* neuron.surrogate_slope: 100; (0, 1e6] */
    } neuron;
    struct {
        char layers[VDIB_CONFIG_LAYERS][VDIB_CONFIG_LAYER_TEXT]; /* encoder.layers: list, default [800]. "800" dense;
            "conv16k5s1p2m2": 16 channels, kernel 5, stride 1 (default 1), padding 2 (default 0), max-pool 2 (default 1) */
        size_t layer_count;
        size_t readouts; /* encoder.readouts (NY): 256; 1 .. 65536 */
    } encoder;
    struct {
        size_t filter_steps;   /* readout.filter_steps (tau): 10; 1 .. 1000 */
        size_t bases;          /* readout.bases (K): 8; 1 .. 64 */
        size_t feedback_bases; /* readout.feedback_bases: 1; 0 .. 64 */
        double basis_width;    /* readout.basis_width (mu): 0.5; (0, 10] */
        int feedback;          /* readout.feedback: neuron | lateral; neuron (0, 1) */
    } readout;
    struct {
        int type;   /* decoder.type: linear | mlp | conv | conv2d; conv (vdib__decoder_type). Main key of `decoder` */
        int coding; /* decoder.coding: time | rate; time */
        size_t window; /* decoder.window (tau_d): 0 = steps */
        size_t hidden; /* decoder.hidden: 512; 0 = readouts * window / 2 */
        int head;      /* decoder.head: auto | bernoulli | categorical | gaussian; auto (by target) */
    } decoder;
    struct {
        double beta;       /* objective.beta: 0.001; [0, 1e6] */
        double prior_rate; /* objective.prior_rate (r0): 0.3; (0, 1) */
        int reduction;     /* objective.reduction: mean | sum; mean */
        int rate; /* objective.rate: sampled | analytic; sampled. reinforce takes sampled only, straight-through analytic only:
                              checked; default follows the estimator, so the third choice "auto" is the default (value 2) */
    } objective;
    struct {
        int estimator;     /* learning.estimator: reinforce | straight-through; reinforce. Main key of `learning` */
        int feedback;      /* learning.feedback: dfa | fa | drtp | bp; dfa (vdib__feedback_mode) */
        int schedule;      /* learning.schedule: episode | online; episode */
        size_t batch_size; /* learning.batch_size: 1; 1 .. 65536 */
        int baseline; /* learning.baseline: none | per-parameter | batch | auto; auto: per-parameter at batch 1, else batch (value 3) */
        double baseline_memory; /* learning.baseline_memory: weight of the old value in the averages; 0.9; [0, 1) */
        bool dfa_normalised;    /* learning.dfa_normalised: true; false: the dfa error lacks 1/(NY T), as published */
        int encoder_optimizer;  /* learning.encoder_optimizer: sgd | adam | adamw; sgd */
        int decoder_optimizer;  /* learning.decoder_optimizer: sgd | adam | adamw; adam */
        double encoder_rate;    /* learning.encoder_rate: 0.001; (0, 100] */
        double decoder_rate;    /* learning.decoder_rate: 0.001 */
        double weight_decay;    /* learning.weight_decay (adamw): 0.01; [0, 1] */
        double
            clip_norm; /* learning.clip_norm: 0 = off; gradient clipping by global norm, for each half, for adam and adamw */
    } learning;
    struct
    { /* limits and cadence: what follows does not change the model's bytes at a given number of examples and is no part of its metadata */
        uint64_t examples;       /* training.examples: 10000; default limit */
        size_t validate_every;   /* training.validate_every: 2000 examples; 0 = only at the end */
        size_t checkpoint_every; /* training.checkpoint_every: 2000 examples; 0 = only at the end */
    } training;
};

/* What a value of "auto" means here; the accessors never return an AUTO. */
vdib__rate_term vdib__config_rate(const vdib_config *config);
vdib__baseline vdib__config_baseline(const vdib_config *config); /* none for straight-through */
vdib__head_choice vdib__config_head(const vdib_config *config);
/* data.test_steps and decoder.window, with 0 resolved to data.steps. */
size_t vdib__config_test_steps(const vdib_config *config);
size_t vdib__config_window(const vdib_config *config);

/* The configuration as a JSON object {"section": {"key": value}} without `training`: the model's metadata. */
vdib_status vdib__config_to_json(const vdib_config *config, char **json); /* freed with vdib__free */

/* Reads such an object back (missing keys take their defaults; unknown keys are errors naming `origin`). */
vdib_status vdib__config_from_json(const char *json, const char *origin, vdib_config **config);

/* The layer texts parsed; see encoder.layers. */
typedef struct vdib__layer_text {
    bool convolutional;
    size_t width, kernel, stride, padding, pool;
} vdib__layer_text;
vdib_status vdib__config_layer(const vdib_config *config, size_t layer, vdib__layer_text *parsed);

#endif
