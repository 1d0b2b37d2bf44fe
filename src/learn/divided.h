/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_DIVIDED_H
#define VDIB_LEARN_DIVIDED_H
/* Updates that several ranks divide: each makes the gradients of some pieces of the weights, from what all examples
 * have left (encoder/exchange.c), updates them, and sends the new weights to the others. The optimiser's state of a
 * piece stays with the rank that has it, until it is collected. */

#include <pthread.h>

#include "core/gradient.h"
#include "core/ranks.h"
#include "learn/optimizer.h"

/* Where a piece lies in the array of all parameters. */
typedef struct vdib__place {
    uint64_t offset, stride, rows, width;
} vdib__place;

/* The pieces that this rank has updated. */
typedef struct vdib__divided {
    pthread_mutex_t lock;
    vdib__place *places; /* (count of capacity) */
    size_t count, capacity;
    vdib_status status; /* of noting them */
    bool scattered;     /* each rank has the state of its own pieces alone */
} vdib__divided;

void vdib__divided_init(vdib__divided *divided);
void vdib__divided_free(vdib__divided *divided);

/* A new update; then every piece that is divided, from any thread. */
void vdib__divided_begin(vdib__divided *divided);
void vdib__divided_note(vdib__divided *divided, const vdib__gradient_piece *piece);

/* Gives all ranks the weights of all pieces, and says which rows have moved; before vdib__optimizer_end. */
vdib_status vdib__divided_share(vdib__divided *divided, vdib__ranks *ranks, vdib__optimizer *optimizer,
                                float *parameters);
/* Gives all ranks the optimiser's state of all pieces: before it is saved, and before an update that is not divided. */
vdib_status vdib__divided_collect(vdib__divided *divided, vdib__ranks *ranks, vdib__optimizer *optimizer);

#endif
