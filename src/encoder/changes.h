/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_CHANGES_H
#define VDIB_ENCODER_CHANGES_H
/* Difference coding along time.
 *
 * A layer wants the sum of the weight rows of the channels that spike in a step. Neurons that fire often stay on or
 * off for many steps, so the sum of step t is formed from that of step t - 1: rows of channels that turned on are
 * added, those of channels that turned off are taken away, both in the channels' order. A step's sum starts anew
 * from zero where that takes no more additions, and from time to time, so that rounding errors do not pile up. The
 * rule depends on the spikes alone: training, evaluation and streaming form every sum in the same order. The
 * gradient of the weights is the same product, transposed.
 *
 * An entry is number * 2, plus 1 if the row is taken away. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/raster.h"

/* The entries of a sequence, by step and by channel. */
typedef struct vdib__changes {
    size_t channels, steps;
    uint8_t *restart;        /* (T) 1: the step's sum starts from zero */
    size_t *step_offsets;    /* (T + 1): entries of step t are by_step[step_offsets[t] .. step_offsets[t + 1]) */
    uint32_t *by_step;       /* numbered by channel, increasing within a step */
    size_t *channel_offsets; /* (channels + 1) */
    uint32_t *by_channel;    /* numbered by step, increasing within a channel */
    uint32_t *active;        /* (active_count) channels that have entries, increasing */
    size_t active_count;
    size_t step_capacity, channel_capacity; /* of the entries */
} vdib__changes;

vdib_status vdib__changes_create(size_t channels, size_t steps, vdib__changes **changes);
void vdib__changes_destroy(vdib__changes *changes);
/* Sets aside memory for the entries of a raster with up to `spikes` spikes; with no more than these none is
 * allocated. */
vdib_status vdib__changes_reserve(vdib__changes *changes, size_t spikes);
/* Sets aside memory for the entries of any bits: none is allocated for them. */
vdib_status vdib__changes_reserve_bits(vdib__changes *changes);

/* The entries of a raster's spikes; step t of the raster is step t + shift, and steps below shift have no spikes.
 * raster->steps + shift must be the steps of `changes`. */
vdib_status vdib__changes_of_raster(vdib__changes *changes, const vdib_raster *raster, size_t shift);
/* The entries of spikes given as bits (T, words), bit i % 64 of word i / 64 of a row for channel i. */
vdib_status vdib__changes_of_bits(vdib__changes *changes, const uint64_t *bits);

/* by_channel, its offsets and the active channels from restart, step_offsets and by_step. */
vdib_status vdib__changes_by_channel(vdib__changes *changes);

/* The channels whose bits are set, increasing; returns how many. `channels` has room for all of them. */
size_t vdib__bits_list(const uint64_t *bits, size_t words, uint32_t *channels);

/* 64-bit words for the bits of `count` channels. */
static inline size_t vdib__words(size_t count) {
    return (count + 63) / 64;
}

/* ---- one step ---- */

/* From the spikes of the step before and of this one (increasing channels) the entries (room for both together), how
 * many there are, and whether the sum restarts. *since counts the entries since the last restart: 0 at first. */
bool vdib__changes_step(size_t *since, const uint32_t *before, size_t before_count, const uint32_t *now,
                        size_t now_count, uint32_t *entries, size_t *count);
/* The same for bits (words); `before` NULL: no spikes (the sum restarts). */
bool vdib__changes_step_bits(size_t *since, const uint64_t *before, const uint64_t *now, size_t words,
                             uint32_t *entries, size_t *count);

#endif
