/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_ACCOUNTING_H
#define VDIB_EVAL_ACCOUNTING_H
/* What decoding well costs: information, spikes and synaptic operations, counted example by example. */

#include "core/sum.h"
#include "eval/evaluation.h"
#include "learn/walk.h"

/* Of one example; the losses in nats. */
typedef struct vdib__account {
    vdib__loss loss;
    uint64_t scored;       /* decodings: 1, or scored steps */
    uint64_t spikes;       /* readout, data steps */
    uint64_t input_spikes; /* sensor */
    uint64_t operations;   /* synaptic operations of the encoder */
} vdib__account;

/* Sums over examples. */
typedef struct vdib__accounts {
    vdib__sum distortion, rate, rate_sampled;
    uint64_t examples, scored, spikes, input_spikes, operations;
} vdib__accounts;

/* The account of example i of the walk's batch. Thread-safe. */
vdib__account vdib__account_of(const vdib__walk *walk, size_t i);

void vdib__accounts_add(vdib__accounts *sums, const vdib__account *one);
/* Of all ranks; the walk's time is that of the slowest. */
vdib_status vdib__accounts_share(vdib__accounts *sums, vdib__walk *walk);

/* Fills the members that follow from the sums: sizes, distortion, rate, spikes and operations; and the time that the
 * walk took. */
void vdib__accounts_report(const vdib__accounts *sums, const vdib__walk *walk, vdib__findings *findings);

#endif
