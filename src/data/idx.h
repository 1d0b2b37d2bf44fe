/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_IDX_H
#define VDIB_DATA_IDX_H
/* IDX and IDX.gz files of images and labels (the format of MNIST): a type of element, up to four sizes, elements big
 * endian. */

#include <stdbool.h>

#include "data/dataset.h"

/* ---- one file (idx.c) ---- */

enum { VDIB_IDX_RANK = 4 };

/* The codes of the third byte. */
typedef enum vdib__idx_type {
    VDIB_IDX_U8 = 0x08,
    VDIB_IDX_I8 = 0x09,
    VDIB_IDX_I16 = 0x0B,
    VDIB_IDX_I32 = 0x0C,
    VDIB_IDX_F32 = 0x0D,
    VDIB_IDX_F64 = 0x0E
} vdib__idx_type;

typedef struct vdib__idx {
    vdib__idx_type type;
    size_t rank;                 /* 1 .. 4 */
    size_t sizes[VDIB_IDX_RANK]; /* (rank), all above 0; 1 beyond */
    size_t count;                /* their product */
    const uint8_t *elements;     /* (count) of the type, borrowed from the content */
} vdib__idx;

/* Checks the header of an IDX file, and its length against the header. `path` is for messages. */
vdib_status vdib__idx_decode(const char *path, const uint8_t *bytes, size_t size, vdib__idx *idx);

/* Element i as a number; every type fits in a double. */
double vdib__idx_at(const vdib__idx *idx, size_t i);

/* "unsigned bytes", "32-bit integers" */
const char *vdib__idx_type_name(vdib__idx_type type);

/* "60000 x 28 x 28" */
enum { VDIB_IDX_SHAPE_TEXT = 96 };
const char *vdib__idx_shape(const vdib__idx *idx, char text[VDIB_IDX_SHAPE_TEXT]);

/* ---- images and labels of a folder (idx_images.c, idx_files.c) ---- */

/* Whether a folder holds IDX images of the training part. */
bool vdib__idx_folder(const char *folder);

/* The file of a part ("train" or "t10k", which may be called "test" as well) and a kind ("images" or "labels"),
 * whatever its spelling: train-images-idx3-ubyte, train-images.idx3-ubyte, with .gz, in any case of letters. NULL if
 * there is none. */
vdib_status vdib__idx_find(const char *folder, const char *part, const char *kind, char **path);

/* What was unusual about the images of a part, for notes; empty texts where nothing was. */
typedef struct vdib__idx_notes {
    char elements[160]; /* how elements became pixels, where they are no unsigned bytes of grey images */
    size_t black;       /* images without any contrast: all of their pixels are the same */
} vdib__idx_notes;

/* Loads images and labels of a part, pixels in [0, 1]:
 * - unsigned bytes / 255; other types as they are where they lie in 0 .. 1, / 255 where in 0 .. 255, / 65535 where in 0
 * .. 65535 (16- and 32-bit integers); signed bytes with negative values + 128 first;
 * - (N, H, W), (N, pixels) of square images, and colour as (N, H, W, C) or (N, C, H, W), C 1, 3 or 4, as luma (ITU-R
 * BT.601; the fourth channel, opacity, is left out);
 * - labels (N) or (N, 1) of any type that are whole numbers below VDIB_MOST_CLASSES, or (N, classes) that are one-hot.
 * The rest is refused with VDIB_ERROR_DATA by its type and sizes; so are parts in which no image has any contrast.
 * Every length is checked against the file before use, counts against each other. images is freed with
 * vdib__images_free. */
enum { VDIB_MOST_CLASSES = 65536 };
vdib_status vdib__idx_load(const char *folder, const char *part, vdib__images *images, vdib__idx_notes *notes);
void vdib__images_free(vdib__images *images);

#endif
