/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_EVALUATION_H
#define VDIB_EVAL_EVALUATION_H
/* What vdib_evaluate() finds. The members are the rows of the table of figures (figures.c), which says their units; NaN
 * where the kind of task has no such figure. */

#include "eval/arrays.h"
#include "eval/figures.h"
#include "eval/warnings.h"
#include "vdib/evaluate.h"

enum { VDIB__DATA_COUNTS = VDIB_COUNT_UNREADABLE_FILES + 1 };

/* What a decoding scores: means, NaN where the task has no such figure. */
typedef struct vdib__scores {
    double accuracy, judge_accuracy, mse, distortion_nats;
} vdib__scores;

/* What a network does for an example: numbers of operations, of words of 32 bits, and energy. */
typedef struct vdib__efforts {
    double additions, multiplications, weights, states, nanojoules;
} vdib__efforts;

typedef struct vdib__findings {
    vdib__task_kind task;
    char *experiment;    /* owned */
    const char *encoder; /* encoder.type of a model without an encoder; else NULL */
    const char *readout; /* readout.type of a model that has an encoder and sends no spikes; else NULL */
    uint64_t seed;       /* of the draws of y */
    uint64_t examples;
    uint64_t steps; /* scored, of step-by-step tasks */
    double judge_accuracy, judge_accuracy_original;
    double accuracy, accuracy_standard_error;
    double mse, mse_standard_error;
    double constant_accuracy, constant_mse;
    double copy_accuracy, copy_mse, markov_accuracy, markov_mse;
    double psnr, ssim;
    double distortion_nats, distortion_nats_per_output;
    double rate_bits, rate_bits_sampled;
    double spikes_per_example, spike_density, input_spikes_per_example;
    double synaptic_operations;
    vdib__scores times_shuffled, neurons_shuffled; /* what the spikes say */
    double draws;                                  /* K of the next two */
    vdib__scores of_draws, draws_averaged;
    vdib__scores counts_alone; /* no distortion */
    double bits_prior, bits_marginal, bits_events, bits_input_events;
    vdib__efforts spiking, counting, decoding; /* the encoder; the same layers on counts of events; the decoder */
    vdib__scores ann; /* of an ordinary network beside the model, no distortion; and what it does */
    vdib__efforts ann_effort;
    double seconds, examples_per_second;
    size_t classes;      /* 0 if there is no matrix */
    uint64_t *confusion; /* (classes, classes) examples by true class and class said; owned */
    char **class_names;  /* (classes) owned, as are its texts; NULL, it or a text, where a class has a number only */
    vdib__warning *warnings; /* (warning_count) owned */
    size_t warning_count;
    char *notes;                             /* on the data, a line each, owned; NULL if there are none */
    uint64_t data_counts[VDIB__DATA_COUNTS]; /* of the split: vdib_data_count */
    vdib__array arrays[VDIB__ARRAYS];        /* owned */
} vdib__findings;

/* The members of an evaluation, to be changed (tests make evaluations up). */
#define VDIB_FINDINGS(evaluation) ((vdib__findings *)(evaluation).findings)

/* Findings without figures: every one is NaN or 0. */
vdib_status vdib__findings_create(vdib__task_kind task, vdib__findings **findings);
/* NULL is safe. */
void vdib__findings_destroy(vdib__findings *findings);

/* What an evaluation holds; NULL if it is NULL or empty. */
static inline const vdib__findings *vdib__findings_of(const vdib_evaluation *evaluation) {
    return evaluation != NULL ? (const vdib__findings *)evaluation->findings : NULL;
}

/* Takes over the notes on the data, the counts of the split, and the names of the classes (after the matrix was made).
 */
vdib_status vdib__findings_take_data(vdib__findings *findings, const vdib_dataset *dataset, vdib_split split,
                                     const size_t *indices, size_t count);

/* Takes over what the table of warnings says of the summary. */
vdib_status vdib__findings_warn(vdib__findings *findings, const vdib__activity_summary *summary);

/* Makes an array of `count` values, all 0. (arrays.c) */
vdib_status vdib__findings_array(vdib__findings *findings, vdib__array_id id, size_t count, double **values);
/* Makes an array that is a copy of values (count). (arrays.c) */
vdib_status vdib__findings_put(vdib__findings *findings, vdib__array_id id, const double *values, size_t count);

/* Makes the matrix of `classes` classes, all 0. */
vdib_status vdib__findings_confuse(vdib__findings *findings, size_t classes);

/* Names class `class_number` of the matrix; classes that are never named are called by their numbers. */
vdib_status vdib__findings_name(vdib__findings *findings, size_t class_number, const char *name);

#endif
