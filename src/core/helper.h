/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_HELPER_H
#define VDIB_CORE_HELPER_H
/* The helper program as a process: found, started, asked, stopped (hdf5_protocol.h). */

#include <stdbool.h>
#include <sys/types.h>

#include "core/hdf5_protocol.h"
#include "vdib/status.h"

typedef struct vdib__helper {
    char *path;     /* of the file, for messages */
    pid_t process;  /* 0: there is none (tests, or it has ended) */
    int socket;     /* -1: closed */
    int seconds;    /* that an answer may take */
    uint8_t *reply; /* (capacity) */
    size_t capacity;
} vdib__helper;

/* The program's file: VDIB_HDF5_HELPER in the environment, or where it is installed with the library. Freed with
 * vdib__free. VDIB_ERROR_UNSUPPORTED, with a remedy, if it is nowhere. */
vdib_status vdib__helper_find(const char *path, char **program);

/* Starts one for a file, whose descriptor stays the caller's, and waits for its greeting. */
vdib_status vdib__helper_start(const char *path, int descriptor, bool writes, vdib__helper *helper);

/* The same with a socket that somebody else answers; the helper takes it. */
vdib_status vdib__helper_of(const char *path, int socket, vdib__helper *helper);

/* Sends a request of some pieces (count), and waits for what it is answered, valid until the next one. A refusal is
 * VDIB_ERROR_FORMAT with its text. */
typedef struct vdib__helper_piece {
    const void *bytes;
    size_t size;
} vdib__helper_piece;
vdib_status vdib__helper_ask(vdib__helper *helper, uint32_t operation, const vdib__helper_piece *pieces, size_t count,
                             vdib__hdf5_message *reply);

/* The two halves of it. */
vdib_status vdib__helper_send(vdib__helper *helper, uint32_t operation, const vdib__helper_piece *pieces, size_t count);
vdib_status vdib__helper_receive(vdib__helper *helper, vdib__hdf5_message *reply);

/* What it answered is nothing that it may answer: stops it, and says so. */
vdib_status vdib__helper_distrust(vdib__helper *helper);

/* Ends the process. Zeros are safe. */
void vdib__helper_stop(vdib__helper *helper);

#endif
