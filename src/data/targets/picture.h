/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_TARGETS_PICTURE_H
#define VDIB_DATA_TARGETS_PICTURE_H
/* Files that hold one target: pictures (PNG, PGM, PPM) and arrays of numbers (NPY). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

/* What was made of a file that is not plain 8-bit grey or colour; for notes. */
enum {
    VDIB_PICTURE_SEEN_THROUGH = 1, /* pixels that are not opaque: laid over black */
    VDIB_PICTURE_SCALED = 2        /* whole numbers of an array divided by the largest of their type */
};

typedef struct vdib__picture {
    size_t channels, height, width; /* channels 1 or 3; a vector has height 1 */
    float *values;                  /* (channels, height, width), finite; of pictures in [0, 1] */
    unsigned remarks;               /* bits as above */
} vdib__picture;

/* Sides and pixels of pictures are limited; what a file claims is checked against its size, too, before memory is
 * asked for. */
enum { VDIB_PICTURE_SIDE = 16384, VDIB_PICTURE_PIXELS = 1 << 26 };

/* How the values of an array are meant. */
typedef enum vdib__picture_range {
    VDIB_RANGE_UNIT, /* brightness: unsigned whole numbers are divided by the largest of their type, others must lie in
                        [0, 1] */
    VDIB_RANGE_ANY   /* as they are */
} vdib__picture_range;

/* Loads a file by its content. VDIB_ERROR_IO if it cannot be read, VDIB_ERROR_FORMAT if it is damaged or of another
 * format, VDIB_ERROR_DATA if an array is none that can be a target; picture->values is freed with vdib__free. */
vdib_status vdib__picture_load(const char *path, vdib__picture_range range, vdib__picture *picture);

/* The same from the bytes of a file (size). */
vdib_status vdib__picture_decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture_range range,
                                 vdib__picture *picture);

/* Endings under which targets are looked for, in this order: ".png", ".pgm", ".ppm", ".pnm", ".npy", then NULL. */
extern const char *const vdib__picture_endings[];

/* Whether a picture is named so, but no array: those are named like recordings. */
bool vdib__picture_is_named(const char *path);

/* Whether an array of numbers is named so. */
bool vdib__picture_is_array(const char *path);

/* to (channels, height, width) of another size: every value is the mean of the picture over the value's area, of pixels
 * that are partly in it by their share. (picture_resize.c) */
vdib_status vdib__picture_resize(const vdib__picture *picture, size_t height, size_t width, float *to);

/* ---- the formats, from the bytes of a file (size) that is `path` in messages ---- */

bool vdib__png_is(const uint8_t *bytes, size_t size);
vdib_status vdib__png_decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture *picture);
bool vdib__pnm_is(const uint8_t *bytes, size_t size);
vdib_status vdib__pnm_decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture *picture);
/* (N), (H, W), (C, H, W) or (H, W, C) with C 1 or 3. */
vdib_status vdib__array_decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture_range range,
                               vdib__picture *picture);

/* Memory for the values of a shape; VDIB_ERROR_FORMAT for impossible sides. */
vdib_status vdib__picture_new(const char *path, size_t channels, size_t height, size_t width, vdib__picture *picture);

#endif
