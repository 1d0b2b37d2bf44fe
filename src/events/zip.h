/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_ZIP_H
#define VDIB_EVENTS_ZIP_H
/* The files in a ZIP archive, each as bytes that are unpacked as they are read. */

#include "events/bytes.h"

typedef struct vdib__zip vdib__zip;

/* Whether a file that begins so is a ZIP archive. */
bool vdib__zip_is(const uint8_t *at, size_t count);

/* Opens the archive that `bytes` are, which must be able to seek and outlive it; they stay where they are.
 * VDIB_ERROR_FORMAT where its list of files cannot be read. */
vdib_status vdib__zip_open(const vdib__bytes *bytes, vdib__zip **zip);

/* Its files, without folders and without what systems put beside them ("__MACOSX/", ".DS_Store"). */
size_t vdib__zip_count(const vdib__zip *zip);
const char *vdib__zip_name(const vdib__zip *zip, size_t index);

/* The bytes of a file in the archive, which need not stay open. What is damaged ends them early (vdib__bytes.lost).
 * VDIB_ERROR_FORMAT where they are encrypted or packed in a way that is not read. The archive's bytes must outlive
 * them. */
vdib_status vdib__zip_member(const vdib__zip *zip, size_t index, vdib__bytes *member);

/* *bytes, a ZIP archive, become those of the only file in it; they stay where it holds nothing but arrays of NumPy
 * (NPZ). VDIB_ERROR_FORMAT where it holds several others, or cannot be read. */
vdib_status vdib__zip_unpack(vdib__bytes *bytes);

/* NULL is safe. */
void vdib__zip_close(vdib__zip *zip);

#endif
