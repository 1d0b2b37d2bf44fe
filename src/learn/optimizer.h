/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_OPTIMIZER_H
#define VDIB_LEARN_OPTIMIZER_H
/* Update rules on one contiguous range of parameters: score-function SGD with the published per-parameter baseline,
 * plain SGD, Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), clipping by the global norm; docs/method.md,
 * eq. (24) and section Learning rules.
 *
 * An update takes gradients all at once, or piece by piece while a backward pass makes them:
 *
 *     vdib__optimizer_begin(&optimizer, loss);
 *     ... vdib__optimizer_take() for every piece, from any thread ...
 *     vdib__optimizer_end(&optimizer);
 *
 * The average of the weights, where there is one, takes them in while they are at hand: docs/method.md, eq. (32).
 *
 * A row of weights whose gradient is exactly 0 (an input that never spiked) is left alone where that changes no bit:
 * under sgd, and under adam until it has moved for the first time. Its baseline averages only decay; that is done when
 * the row moves again, or by vdib__optimizer_settle. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/choice.h"
#include "core/gradient.h"
#include "core/kernel_level.h"
#include "learn/kernels_optimizer.h"
#include "vdib/status.h"

/* learning.encoder_optimizer, learning.decoder_optimizer. */
typedef struct vdib__update_rule {
    vdib__choice choice;
    bool moments; /* Adam's */
    bool decays;  /* weights shrink by learning.weight_decay */
} vdib__update_rule;

extern const vdib__update_rule vdib__update_sgd, vdib__update_adam, vdib__update_adamw;
extern const vdib__choices vdib__update_rules;

static inline const vdib__update_rule *vdib__update_rule_of(const vdib__choice *choice) {
    return (const vdib__update_rule *)choice;
}

/* A weight tensor whose rows may be silent. */
typedef struct vdib__optimizer_rows {
    size_t offset, rows, columns; /* offset in the array of all parameters */
    uint64_t *entered;            /* (rows) updates that the row's averages know of; 0: the row never moved */
    bool *moved;                  /* (rows) in the update under way */
} vdib__optimizer_rows;

/* Parameters with a learning rate of their own: `scale` times that of the others. */
typedef struct vdib__optimizer_scaled {
    size_t begin, end; /* in the array of all parameters */
    float scale;
} vdib__optimizer_scaled;

enum { VDIB_OPTIMIZER_ROWS = 16, VDIB_OPTIMIZER_SCALED = 4 };

/* The published memories of Adam. */
#define VDIB_ADAM_BETA1 0.9
#define VDIB_ADAM_BETA2 0.999

typedef struct vdib__optimizer {
    /* parameters */
    const vdib__update_rule *rule;
    float learning_rate;    /* may change between updates */
    double beta[2];         /* Adam's memories; 0: 0.9 and 0.999 */
    float weight_decay;     /* adamw */
    double clip_norm;       /* 0: none; adam and adamw */
    float memory;           /* per-parameter baseline: weight of the old value */
    double average_memory;  /* weight of the old value in the average of the weights */
    bool baseline;          /* per-parameter baseline in use */
    size_t first_parameter; /* place of the first parameter in the array of all */
    size_t count;           /* parameters */
    /* The last parameters may learn at a rate of their own, between bounds and without weight decay. */
    size_t apart; /* how many; 0: none */
    float apart_learning_rate, apart_least, apart_most;
    vdib__kernel_level level;
    /* state, all of it in a checkpoint */
    float *first;       /* (count) Adam's first moment, NULL under sgd */
    float *second;      /* (count) Adam's second moment */
    float *numerator;   /* (count) EMA[g^2 l], NULL without baseline */
    float *denominator; /* (count) EMA[g^2] */
    float *average;     /* (count) of the weights, borrowed; NULL: none */
    double power[2];    /* Adam: beta1^n, beta2^n after n updates */
    double signal;      /* EMA of the loss */
    uint64_t updates;   /* n */
    /* the update under way */
    vdib__adam_step adam;
    vdib__score_step score;
    float average_share; /* of the new weights in their average */
    vdib__optimizer_rows rows[VDIB_OPTIMIZER_ROWS];
    size_t row_tensors;
    vdib__optimizer_scaled scaled[VDIB_OPTIMIZER_SCALED]; /* parameters, too: apart from each other, increasing */
    size_t scaled_count;
} vdib__optimizer;

/* Allocates the state of an optimizer whose parameters are set. */
/* What vdib__optimizer_start will allocate for its arrays. */
size_t vdib__optimizer_bytes(const vdib__optimizer *optimizer);
vdib_status vdib__optimizer_start(vdib__optimizer *optimizer);
void vdib__optimizer_free(vdib__optimizer *optimizer);

/* Declares a tensor (rows, columns) whose rows may be silent; `offset` in the array of all parameters. Beyond
 * VDIB_OPTIMIZER_ROWS tensors nothing is declared: their silent rows are updated like others. */
vdib_status vdib__optimizer_add_rows(vdib__optimizer *optimizer, size_t offset, size_t rows, size_t columns);

/* Gives the parameters [offset, offset + count) of the array of all a learning rate `scale` times that of the others;
 * behind those that were given one before, at most VDIB_OPTIMIZER_SCALED times. Under adamw they shrink less, too. */
void vdib__optimizer_scale(vdib__optimizer *optimizer, size_t offset, size_t count, double scale);

/* Whether pieces can be taken: clipping by the norm needs all gradients first. */
bool vdib__optimizer_takes_pieces(const vdib__optimizer *optimizer);

/* One update, piece by piece. With the per-parameter baseline, gradients are those of log p and `loss` is the sampled
 * loss: w -= learning_rate * g * (signal - numerator / max(1e-12, denominator)), every average starting at its first
 * value; under adam the weighted gradient goes into the moments instead. Without it `loss` is not read. `parameters` is
 * the array of all. */
void vdib__optimizer_begin(vdib__optimizer *optimizer, double loss);
void vdib__optimizer_take(vdib__optimizer *optimizer, float *parameters, const vdib__gradient_piece *piece);
void vdib__optimizer_end(vdib__optimizer *optimizer);

/* The same at once, and with the same code: all of the optimizer's parameters in the array of all by gradients in an
 * array of the same layout, which may be changed. Same bits for any number of threads, and as piece by piece. */
void vdib__optimizer_update(vdib__optimizer *optimizer, int threads, float *parameters, float *gradients, double loss);

/* Enters everything that silent rows have missed: before the state is saved. */
void vdib__optimizer_settle(vdib__optimizer *optimizer);
/* After the state was loaded: every row counts as up to date. */
void vdib__optimizer_loaded(vdib__optimizer *optimizer);

#endif
