/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MPI_SHARED_H
#define VDIB_MPI_SHARED_H
/* Memory that all ranks share where they run on one machine: each writes its bytes to their place, and all read them
 * there. MPI would carry them through memory of its own, piece by piece. */

#include <stdbool.h>
#include <stddef.h>

/* On all ranks, once. *together: whether they run on one machine. */
void shared_begin(bool together);
/* On all ranks, with the same `bytes`: where they lie, for the ranks to write and to read; NULL on every rank if they
 * cannot share that much. Nobody may still read what was there. */
unsigned char *shared_room(size_t bytes);
void shared_end(void);

#endif
