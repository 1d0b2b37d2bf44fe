/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_OPTIMIZER_H
#define VDIB_LEARN_OPTIMIZER_H
/* Update rules on one contiguous range of parameters: score-function SGD with the published per-parameter baseline, plain
 * SGD, Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), clipping by the global norm; DESIGN 2.4. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel_level.h"
#include "vdib/status.h"

typedef enum vdib__update_rule { VDIB_UPDATE_SGD, VDIB_UPDATE_ADAM, VDIB_UPDATE_ADAMW } vdib__update_rule;

typedef struct vdib__optimizer {
    /* parameters */
    vdib__update_rule rule;
    float rate;
    float weight_decay; /* adamw */
    double clip_norm;   /* 0: none; adam and adamw */
    float memory;       /* per-parameter baseline: weight of the old value */
    bool baseline;      /* per-parameter baseline in use */
    size_t count;       /* parameters */
    vdib__kernel_level level;
    /* state, all of it in a checkpoint */
    float *first;       /* (count) Adam's first moment, NULL under sgd */
    float *second;      /* (count) Adam's second moment */
    float *numerator;   /* (count) EMA[g^2 l], NULL without baseline */
    float *denominator; /* (count) EMA[g^2] */
    double power[2];    /* Adam: beta1^n, beta2^n after n updates */
    double signal;      /* EMA of the loss */
    uint64_t updates;   /* n */
} vdib__optimizer;

/* Allocates the state of an optimizer whose parameters are set. */
vdib_status vdib__optimizer_start(vdib__optimizer *optimizer);
void vdib__optimizer_free(vdib__optimizer *optimizer);

/* One update of weights (count) by gradients (count). With the per-parameter baseline, gradients are those of log p and
 * `loss` is the sampled loss: w -= rate * g * (signal - numerator / max(1e-12, denominator)), every average starting at its
 * first value; under adam the weighted gradient goes into the moments instead. Without it `loss` is not read. Gradients may
 * be changed. Same bits for any number of threads. */
void vdib__optimizer_update(vdib__optimizer *optimizer, int threads, float *weights, float *gradients, double loss);

#endif
