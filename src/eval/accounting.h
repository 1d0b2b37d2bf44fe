/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_ACCOUNTING_H
#define VDIB_EVAL_ACCOUNTING_H
/* What decoding well costs: information, spikes and synaptic operations, counted example by example. */

#include "eval/evaluation.h"
#include "learn/walk.h"

/* Sums over examples; the losses in nats. */
typedef struct vdib__account {
    vdib__loss loss;
    uint64_t examples;
    uint64_t scored;       /* decodings: examples, or scored steps */
    uint64_t spikes;       /* readout, data steps */
    uint64_t input_spikes; /* sensor */
    uint64_t operations;   /* synaptic operations of the encoder */
} vdib__account;

/* The account of example i of the walk's batch. Thread-safe. */
vdib__account vdib__account_of(const vdib__walk *walk, size_t i);

void vdib__account_add(vdib__account *sum, const vdib__account *one);

/* Fills the members that follow from the sums: sizes, distortion, rate, spikes and operations; and the time that the
 * walk took. */
void vdib__account_report(const vdib__account *sum, const vdib__walk *walk, vdib__findings *findings);

#endif
