/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_IDX_H
#define VDIB_DATA_IDX_H
/* IDX and IDX.gz files of images and labels (MNIST). */

#include <stdbool.h>

#include "data/dataset.h"

/* Whether a folder holds IDX images (train-images-idx3-ubyte or .gz, or the `.idx3-ubyte` spelling). */
bool vdib__idx_folder(const char *folder);

/* Loads images and labels of the training ("train") or test ("t10k") part: pixels / 255. Every length is checked against
 * the file before use, labels against 0 .. 9, counts against each other. images is freed with vdib__images_free. */
vdib_status vdib__idx_load(const char *folder, const char *part, vdib__images *images);
void vdib__images_free(vdib__images *images);

/* Checks the content of an IDX file of bytes with `rank` (1 .. 3) dimensions. sizes (rank) receives them, all above 0;
 * *elements borrows the data, as many as the product of the sizes. `path` is for messages. */
vdib_status vdib__idx_decode(const char *path, const uint8_t *bytes, size_t size, size_t rank, size_t sizes[3],
                             const uint8_t **elements);

#endif
