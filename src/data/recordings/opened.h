/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_RECORDINGS_OPENED_H
#define VDIB_DATA_RECORDINGS_OPENED_H
/* Files of several recordings (FILE#N) that stay open while their recordings are read: opening one anew for each, HDF5
 * in a process of its own, takes longer than reading it. Functions are safe from several threads, but that which closes
 * them. */

#include "events/stream.h"

typedef struct vdib__opened vdib__opened;

vdib_status vdib__opened_create(vdib__opened **opened);
/* NULL is safe. */
void vdib__opened_destroy(vdib__opened *opened);

/* *stream begins the recording `path`: one that waited, or a new one. It is the caller's until it is given back.
 * `unit` of times, or NULL, is the same for all and outlives them. */
vdib_status vdib__opened_take(vdib__opened *opened, const char *path, const char *unit, vdib__event_stream **stream);

/* Keeps the stream of `path` for further recordings of its file, or closes it; one that has failed is not kept. */
void vdib__opened_give(vdib__opened *opened, const char *path, vdib__event_stream *stream, bool failed);

#endif
