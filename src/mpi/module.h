/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MPI_MODULE_H
#define VDIB_MPI_MODULE_H
/* What the program `vdib` loads when it was started by mpirun or srun: a module that is linked with MPI, so that the
 * program itself is not. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/ranks.h"

/* What this rank has sent so far, and how long it has waited for what all sent. */
typedef struct vdib_mpi_traffic {
    uint64_t bytes, gatherings;
    double seconds;
} vdib_mpi_traffic;

typedef struct vdib_mpi_module {
    /* Begins MPI and the watch over the other ranks. *ranks receives what the library is to be given; *neighbours how
     * many of them share this machine. VDIB_ERROR_UNSUPPORTED if MPI does not begin. */
    vdib_status (*begin)(vdib_ranks *ranks, size_t *neighbours);
    vdib_mpi_traffic (*traffic)(void);
    /* Ends both; all ranks call it, at the end of what they do together. */
    void (*end)(void);
} vdib_mpi_module;

#define VDIB_MPI_MODULE_FILE   "vdib-mpi.so"
#define VDIB_MPI_MODULE_SYMBOL "vdib_mpi"

extern VDIB_API const vdib_mpi_module vdib_mpi;

#endif
