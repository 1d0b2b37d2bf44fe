/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RANKS_H
#define VDIB_RANKS_H
/**
 * @file ranks.h
 * Several processes that train one model. Each of them, a rank, runs the same program: the same configuration, the same
 * data, the same calls. The ranks divide the examples of every batch among them and tell each other what they found;
 * all of them hold the whole model and end in the same bytes as one process alone.
 *
 * How the bytes travel is the program's: it hands the library one function, which is MPI_Allgatherv in the program
 * `vdib` under mpirun, and may be anything else.
 *
 *     vdib_ranks ranks = {.size = sizeof ranks, .count = 4, .rank = 2, .gather = my_gather, .user = my_channel};
 *     vdib_trainer_set_ranks(trainer, &ranks);
 */
#include <stdbool.h>
#include <stddef.h>

#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The ranks that train together, and what one of them hears of the others. */
typedef struct vdib_ranks {
    size_t size;  /**< sizeof(vdib_ranks), set by the caller */
    size_t count; /**< ranks, at least 1 */
    size_t rank;  /**< this one, below count */
    /**
     * Hands every rank the bytes of all. All ranks call it equally often, in the same order, from the thread that
     * calls the library; it returns when the bytes of all are there.
     * @param own this rank's bytes, borrowed during the call
     * @param bytes how many; 0 is legal
     * @param sizes (count) receives the bytes of each rank
     * @param all receives where they are, one rank behind the other, aligned to 8 bytes; borrowed until the next call
     * @return not ::VDIB_OK, with a message (vdib_fail()), if a rank is gone: training ends with it
     */
    vdib_status (*gather)(void *user, const void *own, size_t bytes, size_t *sizes, const void **all);
    void *user; /**< handed to it */
    /** every rank makes all updates by itself, so that of the weights nothing travels: for thin networks and small
     * batches. Otherwise updates of large weights are divided. Changes no result */
    bool whole_updates;
} vdib_ranks;

/**
 * Tells all ranks how this one has fared: for the parts of a program that only some of them do. All of them call it.
 * @param status this rank's; if it is not ::VDIB_OK its message (vdib_last_message()) goes along
 * @return ::VDIB_OK if it is that of every rank; else, on every rank, the status of the lowest rank that failed, with
 * "rank N: " and its message
 */
VDIB_API vdib_status vdib_ranks_agree(const vdib_ranks *ranks, vdib_status status);

/**
 * Tells all ranks that this one has ended, and how; returns when all have. Where others are still in a call that
 * gathers, that call fails, with the message of this rank, or with one that says that it has ended. A program that
 * calls this last on every rank, whatever has happened, has none that waits for ever.
 * @param status this rank's; if it is not ::VDIB_OK its message (vdib_last_message()) goes along
 * @return ::VDIB_OK if it is that of every rank, and all have ended in the same gathering; else as vdib_ranks_agree()
 */
VDIB_API vdib_status vdib_ranks_end(const vdib_ranks *ranks, vdib_status status);

#ifdef __cplusplus
}
#endif
#endif
