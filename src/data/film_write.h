/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_FILM_WRITE_H
#define VDIB_DATA_FILM_WRITE_H
/* Filmed images as event files in the layout of N-MNIST. */

#include "data/dataset.h"

/* Films the images of `parameters` (data: a folder of images or builtin:digits) and writes a file for each,
 * FOLDER/Train/<class>/NNNNN.bin and FOLDER/Test/..., where NNNNN is the image's number from 1 on; counts[0 .. 1] are
 * how many. The folder must not exist or be empty; it appears when all files are written. `notes` (freed with
 * vdib__free) are those of the images. */
vdib_status vdib__film_write(const vdib__dataset_parameters *parameters, const char *folder, size_t counts[2],
                             char **notes);

#endif
