/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_RANKS_H
#define VDIB_CORE_RANKS_H
/* Several processes that train one model (vdib/ranks.h): what each of them puts together for the others, and reads of
 * what they sent. The ranks divide examples by number; everything that is summed over examples is gathered first and
 * summed in the order of one process, so that no sum depends on the number of ranks.
 *
 *     vdib__ranks_put(ranks, values, sizeof values);        any number of times
 *     vdib__ranks_gather(ranks);
 *     vdib__ranks_take(ranks, rank, values, sizeof values); in the order in which that rank put them
 *
 * A rank that fails between two gatherings says so in place of the next one (vdib__ranks_settle, once for all that was
 * tried), in which the others hear of it: all end with its message. */

#include <stdbool.h>
#include <stdint.h>

#include "vdib/ranks.h"

typedef struct vdib__ranks vdib__ranks;

vdib_status vdib__ranks_create(const vdib_ranks *given, vdib__ranks **ranks);
void vdib__ranks_destroy(vdib__ranks *ranks);

size_t vdib__ranks_count(const vdib__ranks *ranks);
size_t vdib__ranks_own(const vdib__ranks *ranks);

/* Whether updates of weights are divided; false if `ranks` is NULL. */
bool vdib__ranks_divide_updates(const vdib__ranks *ranks);

/* A run of a whole that is divided. */
typedef struct vdib__portion {
    size_t begin, end;
} vdib__portion;

static inline size_t vdib__portion_size(vdib__portion part) {
    return part.end - part.begin;
}

/* What of `whole` things one rank has: parts that differ by 1 at most, in the order of the ranks. */
vdib__portion vdib__ranks_portion(const vdib__ranks *ranks, size_t rank, size_t whole);
/* Of the calling rank; all of it if `ranks` is NULL. */
vdib__portion vdib__own_portion(const vdib__ranks *ranks, size_t whole);
vdib__portion vdib__own_groups(const vdib__ranks *ranks, size_t whole, size_t group);

/* Adds to what the next gathering sends. Memory that runs out is a failure of the gathering. */
void vdib__ranks_put(vdib__ranks *ranks, const void *bytes, size_t count);
/* Room for `count` bytes of it, aligned to 4, to be filled before the next put; NULL if memory has run out. */
void *vdib__ranks_room(vdib__ranks *ranks, size_t count);
/* Sends, and receives what all sent. Fails if a rank has failed, with its message, or is gone. */
vdib_status vdib__ranks_gather(vdib__ranks *ranks);
/* Tells the others of a failure of this rank's own, and returns it; nothing if `status` is VDIB_OK, if it came from a
 * gathering, or if `ranks` is NULL. */
vdib_status vdib__ranks_settle(vdib__ranks *ranks, vdib_status status);
/* The next `count` bytes of what a rank sent; VDIB_ERROR_FORMAT if it sent fewer: it runs another program. */
vdib_status vdib__ranks_take(vdib__ranks *ranks, size_t rank, void *bytes, size_t count);
/* The same where they are, borrowed until the next gathering. */
vdib_status vdib__ranks_view(vdib__ranks *ranks, size_t rank, size_t count, const void **bytes);

/* Rows of an array: one, of some bytes, for each of the things that are divided. */
typedef struct vdib__rows {
    void *values;
    size_t bytes;
} vdib__rows;

/* Every rank fills the rows of its part; afterwards every rank has all rows. NULL `ranks`: nothing. */
vdib_status vdib__ranks_share(vdib__ranks *ranks, size_t whole, const vdib__rows *arrays, size_t count);
/* The same of parts that are whole groups of `group` things; the last group may be smaller. */
vdib_status vdib__ranks_share_groups(vdib__ranks *ranks, size_t whole, size_t group, const vdib__rows *arrays,
                                     size_t count);
/* *any: whether it is so on any rank. */
vdib_status vdib__ranks_any(vdib__ranks *ranks, bool mine, bool *any);

/* VDIB_ERROR_UNSUPPORTED, on every rank, if one of them has another text in a list of facts than rank 0: names the rank
 * and the first such fact. Facts are lines "name: text". NULL `ranks`: nothing. */
vdib_status vdib__ranks_compare(vdib__ranks *ranks, const char *facts);

#endif
