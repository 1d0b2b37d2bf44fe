/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_REPLAY_H
#define VDIB_EVAL_REPLAY_H
/* Decoding once more what a walk has encoded, with its spikes changed on the way. The channel of the model, if it has
 * one, does to the changed spikes what it does in an evaluation. */

#include "core/sum.h"
#include "eval/evaluation.h"
#include "eval/judging.h"
#include "learn/walk.h"

enum { VDIB_REPLAY_CHUNK = 32 }; /* decodings at a time */

/* One decoding: of example `example` of the walk's batch, at data step `step`. */
typedef struct vdib__replay_place {
    size_t example, step;
    const vdib__trial *trial; /* whose readout spikes are decoded */
    uint8_t sample;           /* number of the draw: keys the channel */
} vdib__replay_place;

/* Changes the window (steps, readouts) of the spikes that were sent; `step` is that of the decoding. */
typedef void vdib__replay_change(const vdib__key *key, size_t step, size_t steps, size_t readouts, float *sent);

typedef struct vdib__replay_way {
    vdib__replay_change *change; /* NULL: as sent */
    size_t arrived;              /* steps of the window that arrive; those behind are 0 */
} vdib__replay_way;

/* Sums over decodings. */
typedef struct vdib__score {
    uint64_t right, judged_right; /* the decoder's class; the judge's */
    vdib__sum squares;            /* mean squared errors */
    vdib__sum distortion;         /* nats */
    uint64_t count;
} vdib__score;

/* Of all ranks. */
vdib_status vdib__score_share(vdib__score *score, vdib__ranks *ranks);

typedef struct vdib__replay vdib__replay;

/* For the walk's model; judging may be NULL. Both are borrowed. */
vdib_status vdib__replay_create(const vdib__walk *walk, vdib__judging *judging, vdib__replay **replay);
/* NULL is safe. */
void vdib__replay_destroy(vdib__replay *replay);

/* The places of decodings number `first` on of the walk's batch, at most VDIB_REPLAY_CHUNK of them: places (count).
 * Returns count; 0 behind the last. */
size_t vdib__replay_places(const vdib__walk *walk, size_t first, vdib__replay_place *places);

/* Decodes places (count): *logits (count, outputs), borrowed until the next call. */
vdib_status vdib__replay_decode(vdib__replay *replay, const vdib__replay_place *places, size_t count,
                                const vdib__replay_way *way, const float **logits);

/* Adds what the logits (count, outputs) of places (count) score. */
vdib_status vdib__replay_score(vdib__replay *replay, const vdib__replay_place *places, size_t count,
                               const float *logits, vdib__score *score);

/* Decodes and scores all of the walk's batch. */
vdib_status vdib__replay_batch(vdib__replay *replay, const vdib__replay_way *way, vdib__score *score);

/* The means of the task of the walk. */
vdib__scores vdib__replay_means(const vdib__replay *replay, const vdib__score *score);

#endif
