/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_PNG_H
#define VDIB_CORE_PNG_H
/* 8-bit PNG images in memory. The same pixels give the same bytes (of one zlib). */

#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

typedef enum vdib__png_kind {
    VDIB_PNG_GRAY, /* one byte a pixel */
    VDIB_PNG_RGB,  /* three bytes a pixel: red, green, blue */
    VDIB_PNG_MASK  /* one byte a pixel, 0: transparent, else black with that opacity */
} vdib__png_kind;

/* Encodes pixels (height, width), of three bytes each in colour, rows from the top; both sizes 1 .. 65535. *png is
 * freed with vdib__free. */
vdib_status vdib__png_encode(vdib__png_kind kind, const uint8_t *pixels, size_t height, size_t width, uint8_t **png,
                             size_t *size);

#endif
