/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_RANKS_H
#define VDIB_CLI_RANKS_H
/* A program that mpirun or srun has started several times, to train or evaluate one model together. Every rank runs the
 * same command; rank 0 alone writes and speaks. */

#include "cli.h"

/* Whether a launcher has started this program as one of several, and which it is. */
bool cli_ranks_launched(size_t *rank, size_t *count);

/* Begins if a launcher has started this program as one of several; fails if it has and MPI is not there. */
int cli_ranks_begin(void);
/* What the library is to be given; NULL: this program is alone. */
const vdib_ranks *cli_ranks(void);
/* Whether this rank is the one that writes and speaks. */
bool cli_ranks_leads(void);
/* Threads of this rank: of those of the machine, if it is asked for all, its share. */
size_t cli_ranks_threads(size_t asked);
/* A line of what the ranks have told each other; nothing if this program is alone. */
void cli_ranks_print_traffic(void);
/* Ends what all ranks did together, with the exit code of this one. Returns the exit code: not 0 if one failed. */
int cli_ranks_end(int code);

#endif
