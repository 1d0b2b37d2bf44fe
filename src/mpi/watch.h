/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MPI_WATCH_H
#define VDIB_MPI_WATCH_H
/* Whether the other ranks are alive. A rank that waits for one that is gone waits for ever, and MPI does not say which
 * it is. So every rank holds a connection to rank 0, which the system closes when a process ends, and sends a beat
 * every few seconds, which a stopped process does not. Whoever misses the other says so and ends this process; as
 * connections close, all ranks end. */

#include <stdbool.h>
#include <stddef.h>

/* How rank 0 is reached. Told to all ranks before they connect. */
typedef struct watch_place {
    char host[256];
    int port; /* 0: rank 0 cannot be reached */
    unsigned char token[16];
} watch_place;

/* On rank 0: a place to connect to. */
void watch_offer(watch_place *place);
/* Connects: rank 0 waits for all others. False if one of them is missing after ten seconds: then there is no watch. */
bool watch_connect(const watch_place *place, size_t rank, size_t count);
/* Begins to watch, in a thread of its own. */
void watch_begin(void);
/* Says goodbye: this process may end. */
void watch_end(void);

#endif
