/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_NPY_BESIDE_H
#define VDIB_EVENTS_READERS_NPY_BESIDE_H
/* A recording in several files of one folder, an array of NumPy each: t.npy, xy.npy, p.npy, or with a common beginning
 * of their names, dataset_events_t.npy, ... (EVIMO2). The file of the times stands for it. */

#include "events/readers/npy_events.h"

/* Whether an array, whose header was taken, is one of these, by its shape and by the names beside it: *is. Its columns
 * are placed in *events then (vdib__npy_events_of). VDIB_ERROR_FORMAT names the file of the times, if it is another
 * one. */
vdib_status vdib__npy_beside(const vdib__bytes *array, const vdib__npy *header, vdib__npy_events *events, bool *is);

#endif
