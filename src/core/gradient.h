/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_GRADIENT_H
#define VDIB_CORE_GRADIENT_H
/* Gradients handed over piece by piece, so that an update is made while its piece is still in the cache and a gradient
 * of the size of all weights is never written to memory. */

#include <stdbool.h>
#include <stddef.h>

/* Some rows of a tensor, or a block of their columns. */
typedef struct vdib__gradient_piece {
    size_t offset; /* of its first element in the array of all parameters */
    size_t stride; /* elements between its rows in that array */
    size_t rows, width;
    const float *values; /* (rows, width), no gaps */
    const bool *silent;  /* (rows) the row's gradient is exactly 0 and its values are not set; NULL: none is */
} vdib__gradient_piece;

/* Takes every parameter's gradient once in a backward pass. `take` is called from several threads at once, always with
 * disjoint pieces; a piece is only valid during the call. */
typedef struct vdib__gradient_sink {
    void (*take)(void *user, const vdib__gradient_piece *piece);
    void *user;
} vdib__gradient_sink;

#endif
