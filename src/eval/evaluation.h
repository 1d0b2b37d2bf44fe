/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_EVALUATION_H
#define VDIB_EVAL_EVALUATION_H
/* What vdib_evaluate() finds. The members are the rows of the table of figures (figures.c), which says their units; NaN where the
 * kind of task has no such figure. */

#include "eval/figures.h"
#include "vdib/evaluate.h"

struct vdib_evaluation {
    vdib__task_kind task;
    char *experiment; /* owned */
    uint64_t seed;    /* of the draws of y */
    uint64_t examples;
    uint64_t steps; /* scored, of step-by-step tasks */
    double judge_accuracy, judge_accuracy_original;
    double accuracy, accuracy_standard_error;
    double mse, mse_standard_error;
    double constant_accuracy, constant_mse;
    double psnr, ssim;
    double distortion_nats, distortion_nats_per_output;
    double rate_bits, rate_bits_sampled;
    double spikes_per_example, spike_density, input_spikes_per_example;
    double synaptic_operations;
    double seconds, examples_per_second;
    size_t classes;      /* 0 if there is no matrix */
    uint64_t *confusion; /* (classes, classes) examples by true class and class said; owned */
    char **class_names;  /* (classes) owned; NULL if the classes have numbers only */
};

/* An evaluation without figures: every one is NaN or 0. */
vdib_status vdib__evaluation_create(vdib__task_kind task, vdib_evaluation **evaluation);

/* Makes the matrix of `classes` classes, all 0. */
vdib_status vdib__evaluation_confuse(vdib_evaluation *evaluation, size_t classes);

#endif
