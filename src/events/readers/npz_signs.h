/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_NPZ_SIGNS_H
#define VDIB_EVENTS_READERS_NPZ_SIGNS_H
/* ES-ImageNet (Lin et al. 2021): an archive of two arrays, `pos` of ON events and `neg` of OFF ones, N x 3 each, whose
 * columns are row, column and time. They are merged by time. */

#include "events/readers/npy_events.h"
#include "events/zip.h"

typedef struct vdib__npz_signs vdib__npz_signs;

/* Whether an archive holds the two arrays, and nothing else says what its events are. */
bool vdib__npz_signs_are(const vdib__zip *zip);

/* `bytes` is the archive, where what is wrong is counted. */
vdib_status vdib__npz_signs_open(vdib__bytes *bytes, const vdib__zip *zip, vdib_events_info *info,
                                 vdib__npz_signs **signs);

/* As a reader's read. */
vdib_status vdib__npz_signs_read(vdib__npz_signs *signs, vdib_events_info *info, vdib_event *events, size_t capacity,
                                 size_t *count);

/* NULL is safe. */
void vdib__npz_signs_close(vdib__npz_signs *signs);

#endif
