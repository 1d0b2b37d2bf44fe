/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DECODER_HEAD_H
#define VDIB_DECODER_HEAD_H
/* Output heads: the distribution q(r | y) of the target r that a decoder's last layer stands for; values of
 * decoder.head.
 *
 * A head is one file of heads/ and one row of the table in heads.c. Distortions are formed in float64 so that they
 * are finite for every finite logit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/choice.h"

typedef struct vdib__head {
    vdib__choice choice;
    bool classes; /* the target is one of `outputs` classes, its `label`; else the vector `target` (outputs) */
    bool unit;    /* values of the target are probabilities, from 0 to 1 */
    /* -log q(r | y) in nats, summed over the outputs, from the logits (outputs). `target` is not read by heads of
     * classes, `label` not by the others. */
    double (*distortion)(const float *logits, size_t outputs, const float *target, uint32_t label);
    /* gradient (outputs) = scale * d distortion / d logits */
    void (*gradient)(const float *logits, size_t outputs, const float *target, uint32_t label, float scale,
                     float *gradient);
    /* values (outputs): what users look at, the mean of q: probabilities or values */
    void (*output)(const float *logits, size_t outputs, float *values);
    /* averaged (outputs): logits whose `output` is the mean of the outputs of `draws` sets of logits, at most
     * VDIB_HEAD_DRAWS, each (outputs) and `stride` behind the one before. NULL: outputs cannot be averaged so. */
    void (*average)(const float *logits, size_t draws, size_t stride, size_t outputs, float *averaged);
} vdib__head;

enum { VDIB_HEAD_DRAWS = 256 };

extern const vdib__head vdib__head_bernoulli, vdib__head_categorical, vdib__head_gaussian;
extern const vdib__choices vdib__heads;

static inline const vdib__head *vdib__head_of(const vdib__choice *choice) {
    return (const vdib__head *)choice;
}

/* ---- for the files of heads/ ---- */

/* Heads whose target is a vector of values, or one of some classes, need a data.target that is. */
#define VDIB_HEAD_NEEDS(tag) ((const vdib__need[]){{.key = "data.target", .any = (tag)}, {0}})

/* Logits are worked on in blocks on the stack: exponentials of a block side by side. */
enum { VDIB_HEAD_BLOCK = 128 };

static inline size_t vdib__head_block(size_t begin, size_t outputs) {
    return outputs - begin < VDIB_HEAD_BLOCK ? outputs - begin : VDIB_HEAD_BLOCK;
}

/* log of the mean of exp(values (count)), stable for every value. */
double vdib__log_mean_exp(const double *values, size_t count);

/* values_i = exp(values_i), the same bits at every vector width. */
void vdib__exponentials(double *values, size_t count);

#endif
