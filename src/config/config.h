/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CONFIG_CONFIG_H
#define VDIB_CONFIG_CONFIG_H
/* A configuration as plain values. One table (keys.c) maps dotted names to these members with type, range, default and
 * help; YAML, --set, JSON metadata and the documentation all go through it.
 *
 * A key with named values holds the row of a table of choices (core/choice.h); NULL stands for "auto". The tables
 * belong to the parts that implement the choices. This part includes none of them: src/choices.c, which stands above
 * all parts, hands it the tables (tables.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/choice.h"
#include "core/pixels.h"
#include "vdib/config.h"

enum { VDIB_CONFIG_TEXT = 128, VDIB_CONFIG_LAYERS = 8, VDIB_CONFIG_LAYER_TEXT = 32 };

/* The items of a list, as texts in the form in which they are written. */
typedef struct vdib__config_list {
    char items[VDIB_CONFIG_LAYERS][VDIB_CONFIG_LAYER_TEXT];
    size_t count;
} vdib__config_list;

struct vdib_config {
    char experiment[VDIB_CONFIG_TEXT]; /* experiment: its name, free text; default "custom" */
    uint64_t seed;                     /* seed: 1; 0 .. 2^63-1 */
    struct {
        const vdib__choice *input;          /* data.input: src/data/inputs.h */
        const vdib__choice *target;         /* data.target: src/data/inputs.h */
        char target_size[VDIB_CONFIG_TEXT]; /* data.target_size: "auto", or "WIDTHxHEIGHT"; vdib__config_target_size */
        size_t steps;                       /* data.steps (T): 80; 1 .. 100000. blobs: steps per training sequence */
        size_t test_steps;                  /* data.test_steps: 0 = steps; blobs: steps per test sequence */
        int64_t step_us;                    /* data.step_us: 0 = by data.input, see vdib_config_step_us(); 0 .. 10^9 */
        int64_t start_us;                   /* data.start_us: 0 */
        bool from_first_event;              /* data.from_first_event: false */
        const vdib__choice *time_unit;      /* data.time_unit: auto; src/data/recordings/units.h */
        char sensor[VDIB_CONFIG_TEXT];      /* data.sensor: "auto", or "WIDTHxHEIGHT"; see vdib__config_sensor */
        char crop[VDIB_CONFIG_TEXT];        /* data.crop: "none", or "X,Y,WIDTH,HEIGHT"; see vdib__config_pixels */
        size_t pool;                        /* data.pool: 1; 1 .. 256 */
        bool fit_window;                    /* data.fit_window: false */
        bool allow_loss;                    /* data.allow_loss: false */
        size_t polarities;                  /* data.polarities: 2; 1 .. 2 */
        size_t blank_steps;                 /* data.blank_steps: 0; 0 .. 1000 */
        size_t train_examples;      /* data.train_examples: 0 = all (built-in data: 4000); limit, evenly over classes */
        size_t test_examples;       /* data.test_examples: 0 = all (built-in data: 500; blobs: 20 sequences) */
        int64_t window_us;          /* data.window_us: 0 = none; 0 .. 10^12 */
        int64_t stride_us;          /* data.stride_us: 0 = window_us; 0 .. 10^12 */
        double test_share;          /* data.test_share: 0.2; (0, 1) */
        size_t split_seed;          /* data.split_seed: 0; 0 .. 10^9 */
        const vdib__choice *motion; /* data.motion: src/data/camera.h */
        const vdib__choice *builtin;         /* data.builtin: src/data/data_name.h */
        const vdib__choice *place;           /* data.place: src/data/studio.h */
        char film_exclude[VDIB_CONFIG_TEXT]; /* data.film_exclude: "none", or ranges of numbers: src/core/ranges.h */
        size_t mix;                          /* data.mix: 0 = all; filmed images for every training recording */
        int delta;                           /* data.delta: 0; -4 .. 4; blobs: steps ahead that are decoded */
    } data;
    struct {                   /* training examples, at every presentation; src/data/augment.h */
        double shift;          /* augment.shift: 0; [0, 1000] pixels */
        double rotation;       /* augment.rotation: 0; [0, 180] degrees */
        double scale;          /* augment.scale: 0; [0, 1) */
        double shear;          /* augment.shear: 0; [0, 1] */
        double flip;           /* augment.flip: 0; probability */
        double polarity_swap;  /* augment.polarity_swap: 0; probability */
        double time_shift_us;  /* augment.time_shift_us: 0; [0, 1e9] */
        double time_scale;     /* augment.time_scale: 0; [0, 1) */
        double time_jitter_us; /* augment.time_jitter_us: 0; [0, 1e9] */
        double drop;           /* augment.drop: 0; [0, 1) */
        double noise_hz;       /* augment.noise_hz: 0; [0, 1e4] */
        bool moves_target;     /* augment.moves_target: true */
    } augment;
    struct {
        const vdib__choice *model; /* neuron.model: src/encoder/modes.h */
        double threshold;          /* neuron.threshold: 0.1; (0, 1e6]; of the models that reset */
        double synaptic_decay;     /* neuron.synaptic_decay: 0.85; [0, 1) */
        double membrane_decay;     /* neuron.membrane_decay: 0.9; [0, 1) */
        double refractory_decay;   /* neuron.refractory_decay: 0.65; [0, 1) */
        /* neuron.synaptic_tau_us and so on: time constants, one for all layers or one a layer; [] = the decays */
        vdib__config_list synaptic_tau_us, membrane_tau_us, refractory_tau_us;
        /* neuron.adaptation_strength, adaptation_tau_us: of the adaptive threshold; [] = it stays */
        vdib__config_list adaptation_strength, adaptation_tau_us;
        const vdib__choice *learn_tau; /* neuron.learn_tau: src/encoder/modes.h */
        const vdib__choice *gain;      /* neuron.gain: src/encoder/modes.h */
        const vdib__choice *surrogate; /* neuron.surrogate: src/encoder/surrogate.h */
        double surrogate_slope;        /* neuron.surrogate_slope: 100; (0, 1e6] */
    } neuron;
    struct {
        const vdib__choice *type; /* encoder.type: src/encoder/modes.h */
        size_t bins;              /* encoder.bins: 3; 1 .. 100000; parts of the time in which `counts` counts */
        /* encoder.layers: default [800]. "800" dense; "conv16k5s1p2m2": 16 channels, kernel 5, stride 1 (default 1),
         * padding 2 (default 0), max-pool 2 (default 1) */
        vdib__config_list layers;
        size_t readouts;                    /* encoder.readouts (NY): 256; 1 .. 65536 */
        bool skip;                          /* encoder.skip: false */
        const vdib__choice *initialisation; /* encoder.initialisation: src/learn/initialisation.h */
        size_t initial_examples;            /* encoder.initial_examples: 256; 1 .. 65536 */
        double initial_spread;              /* encoder.initial_spread: 0.5; (0, 1000] */
        double initial_share;               /* encoder.initial_share: 0.1; (0, 1) */
    } encoder;
    struct {
        const vdib__choice *type;     /* readout.type: src/encoder/modes.h */
        double initial_deviation;     /* readout.initial_deviation: 1; [1e-6, 1000] */
        size_t filter_steps;          /* readout.filter_steps (tau): 10; 1 .. 1000 */
        int64_t filter_us;            /* readout.filter_us: 0 = by filter_steps; 0 .. 10^9 */
        size_t bases;                 /* readout.bases (K): 8; 1 .. 64 */
        size_t feedback_bases;        /* readout.feedback_bases: 1; 0 .. 64 */
        double basis_width;           /* readout.basis_width (mu): 0.5; (0, 10] */
        bool learns_filters;          /* readout.learns_filters: false */
        const vdib__choice *feedback; /* readout.feedback: src/encoder/modes.h */
    } readout;
    struct {
        const vdib__choice *type;   /* decoder.type: src/decoder/decoder.h */
        const vdib__choice *coding; /* decoder.coding: src/decoder/decoder.h */
        size_t window;              /* decoder.window (tau_d): 0 = steps */
        size_t hidden;              /* decoder.hidden: 512; 0 = readouts * window / 2 */
        const vdib__choice *head;   /* decoder.head: src/decoder/head.h; auto: by target */
        double spike_dropout;       /* decoder.spike_dropout: 0; [0, 1) */
        double random_cuts;         /* decoder.random_cuts: 0; [0, 1] */
    } decoder;
    struct {
        const vdib__choice *type;      /* channel.type: src/decoder/channel.h */
        double probability;            /* channel.probability: 0; [0, 1] */
        double evaluation_probability; /* channel.evaluation_probability: -1 = probability; [-1, 1] */
        size_t packet_steps;           /* channel.packet_steps: 1; 1 .. 100000 */
    } channel;
    struct {
        double beta;                   /* objective.beta: 0.001; [0, 1e6] */
        uint64_t beta_warmup_examples; /* objective.beta_warmup_examples: 0 */
        double label_smoothing;        /* objective.label_smoothing: 0; [0, 1) */
        double prior_probability;      /* objective.prior_probability (r0): 0.3; (0, 1) */
        const vdib__choice *reduction; /* objective.reduction: src/learn/objective.h */
        const vdib__choice *rate_term; /* objective.rate_term: src/learn/objective.h; auto: by estimator */
    } objective;
    struct {
        const vdib__choice *estimator;         /* learning.estimator: src/learn/estimator.h */
        const vdib__choice *credit_assignment; /* learning.credit_assignment: src/encoder/modes.h */
        const vdib__choice *schedule;          /* learning.schedule: src/learn/trainer.h */
        size_t truncation;                     /* learning.truncation: 0 = none; 0 .. 100000 steps */
        size_t batch_size;                     /* learning.batch_size: 1; 1 .. 65536 */
        size_t draws;                          /* learning.draws (M): 1; 1 .. 64 */
        double target_on;                      /* learning.target_on: 0.5; [0, 1] */
        double target_off;                     /* learning.target_off: 0.02; [0, 1] */
        const vdib__choice *baseline;          /* learning.baseline: src/learn/estimator.h; auto: by estimator */
        double baseline_memory; /* learning.baseline_memory: weight of the old value in the averages; 0.9; [0, 1) */
        bool dfa_normalised;    /* learning.dfa_normalised: true; false: the dfa error lacks 1/(NY T), as published */
        const vdib__choice *encoder_optimizer; /* learning.encoder_optimizer: src/learn/optimizer.h */
        const vdib__choice *decoder_optimizer; /* learning.decoder_optimizer: src/learn/optimizer.h */
        double encoder_learning_rate;          /* learning.encoder_learning_rate: 0.001; (0, 100] */
        double decoder_learning_rate;          /* learning.decoder_learning_rate: 0.001 */
        size_t reference_batch;                /* learning.reference_batch: 0 = off; 0 .. 65536 */
        double tau_learning_rate;              /* learning.tau_learning_rate: 0.01; (0, 100] */
        const vdib__choice *decay;             /* learning.decay: src/learn/rates.h */
        uint64_t decay_examples;               /* learning.decay_examples: 0 = the limit of the run */
        double decay_floor;                    /* learning.decay_floor: 0; [0, 1] */
        uint64_t warmup_examples;              /* learning.warmup_examples: 0 */
        double average_memory;                 /* learning.average_memory: 0 = off; [0, 1) */
        double filter_rate_scale;              /* learning.filter_rate_scale: 1; [0, 1000] */
        double weight_decay;                   /* learning.weight_decay (adamw): 0.01; [0, 1] */
        double clip_norm; /* learning.clip_norm: 0 = off; gradient clipping by global norm, for each half, for adam and
                             adamw */
    } learning;
    struct {
        const vdib__choice *judge; /* evaluation.judge: src/eval/judging.h; auto: by the number of classes */
    } evaluation;
    struct {
        const vdib__choice *products; /* numeric.products: src/core/products.h */
    } numeric;
    struct { /* limits and cadence: what follows does not change the model's bytes at a given number of examples and is
                no part of its metadata */
        uint64_t examples;       /* training.examples: 10000; default limit */
        size_t validate_every;   /* training.validate_every: 2000 examples; 0 = only at the end */
        size_t checkpoint_every; /* training.checkpoint_every: 2000 examples; 0 = only at the end */
    } training;
};

/* What these are, with "auto" resolved by what the other keys prefer; never NULL. */
const vdib__choice *vdib__config_rate(const vdib_config *config);
const vdib__choice *vdib__config_baseline(const vdib_config *config);
const vdib__choice *vdib__config_head(const vdib_config *config);
/* data.test_steps and decoder.window, with 0 resolved to data.steps. */
size_t vdib__config_test_steps(const vdib_config *config);
size_t vdib__config_window(const vdib_config *config);
/* The decays of a hidden layer's traces: those of its time constants where they are given, exp(-step/tau), else the
 * keys' own. The configuration must have passed vdib_config_check. */
typedef struct vdib__config_decays {
    double synaptic, membrane, refractory;
    double adaptation, strength; /* of the adaptive threshold; strength 0: it stays */
} vdib__config_decays;
vdib__config_decays vdib__config_decays_of(const vdib_config *config, size_t layer);
/* VDIB_ERROR_CONFIG unless each list of the neurons' is empty, of one or of as many as there are layers, and each time
 * constant is 0 or from a twentieth of a step to a million steps (or more, of membranes that may not leak). (times.c)
 */
vdib_status vdib__config_check_times(const vdib_config *config);
/* Length of the readout's filters in steps (tau): of readout.filter_us, rounded up, if it is given. (times.c) */
size_t vdib__config_filter_steps(const vdib_config *config);
/* Steps before those that are scored in a sequence that is learnt step by step: decoder.window; else 0. */
size_t vdib__config_warmup_steps(const vdib_config *config);
/* data.sensor: columns and rows, both 0 for "auto". VDIB_ERROR_CONFIG if it is neither. */
vdib_status vdib__config_sensor(const vdib_config *config, size_t *width, size_t *height);
/* data.sensor, data.crop and data.pool. VDIB_ERROR_CONFIG if a text is wrong. */
vdib_status vdib__config_pixels(const vdib_config *config, vdib__pixels *pixels);
/* data.target_size likewise. */
vdib_status vdib__config_target_size(const vdib_config *config, size_t *width, size_t *height);

/* The configuration as a JSON object {"section": {"key": value}} without `training`: the model's metadata. */
vdib_status vdib__config_to_json(const vdib_config *config, char **json); /* freed with vdib__free */

/* Reads such an object back (missing keys take their defaults; unknown keys are errors naming `origin`). */
vdib_status vdib__config_from_json(const char *json, const char *origin, vdib_config **config);

/* The keys whose values differ: "learning.encoder_learning_rate was 0.001, is 0.01; ...", freed with vdib__free; NULL
 * if none does. `training`: of the keys training.*, which change no model's bytes, training.validate_every counts too
 * (limits never do). */
vdib_status vdib__config_differences(const vdib_config *was, const vdib_config *is, bool training, char **text);

/* The layer texts parsed; see encoder.layers. */
typedef struct vdib__layer_text {
    bool convolutional;
    size_t width, kernel, stride, padding, pool;
} vdib__layer_text;
vdib_status vdib__config_layer(const vdib_config *config, size_t layer, vdib__layer_text *parsed);

#endif
