/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DECODER_CHANNEL_H
#define VDIB_DECODER_CHANNEL_H
/* The channel between encoder and decoder, and dropout on spikes: what the decoder receives of the readout's spikes.
 * docs/method.md, eq. (34) to (36). Every event of the channel is drawn by a key, so that the way back draws it again.
 *
 * Letters: NY readout neurons; NR values of a received step, NY or, with a mark, NY + 1. Steps are counted from the
 * first one with data. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/choice.h"
#include "core/random.h"

/* channel.type. An event of the channel is 1 or 0: of a spike, or of all spikes of a packet. */
typedef struct vdib__channel {
    vdib__choice choice;
    bool packets; /* an event is a packet's; the decoder is told of it */
    /* y' of y under its event, and dy'/dy; NULL: y' = y */
    float (*receive)(float spike, float event);
    float (*slope)(float event);
} vdib__channel;

extern const vdib__channel vdib__channel_none;
extern const vdib__choices vdib__channels;

static inline const vdib__channel *vdib__channel_of(const vdib__choice *choice) {
    return (const vdib__channel *)choice;
}

/* A channel with its numbers. */
typedef struct vdib__link {
    const vdib__channel *channel;
    float probability;   /* of an event */
    size_t packet_steps; /* of a packet */
    float dropout;       /* share of the received spikes that is left out; the others count 1/(1 - share) */
    float cuts;          /* share of the examples of which the first steps of the window alone are received */
    size_t readouts;     /* NY */
} vdib__link;

/* NR */
size_t vdib__link_row(const vdib__link *link);

/* Whether what is received is what was sent. */
bool vdib__link_is_plain(const vdib__link *link);

/* Steps of a window of `steps` that are received: all of them, or the first ones of an example that is cut; the same of
 * all its draws. */
size_t vdib__link_arrived(const vdib__link *link, const vdib__key *key, size_t steps);

/* received (steps, NR) of sent (steps, NY), spikes of the steps from `first` on; with cuts they must be the whole
 * window. The key names seed, stage, example and
 * sample; its purpose is not read. The two arrays may not overlap. */
void vdib__link_receive(const vdib__link *link, const vdib__key *key, size_t first, size_t steps, const float *sent,
                        float *received);

/* The way back: of a gradient by what is received (steps, NR) that by what is sent (steps, NY), in the same place. */
void vdib__link_back(const vdib__link *link, const vdib__key *key, size_t first, size_t steps, float *gradient);

#endif
