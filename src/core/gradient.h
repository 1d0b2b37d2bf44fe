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
    bool divided;        /* one of those that several ranks divide: no other rank has made it */
} vdib__gradient_piece;

/* Takes every parameter's gradient once in a backward pass. `take` is called from several threads at once, always with
 * disjoint pieces; a piece is only valid during the call. */
typedef struct vdib__gradient_sink {
    void (*take)(void *user, const vdib__gradient_piece *piece);
    void *user;
    size_t part, parts; /* several ranks: of the pieces of a large tensor only this part of so many; parts 0: all */
} vdib__gradient_sink;

/* Of `count` tasks that make the pieces of a tensor the first that are made here, and how many. `sink` may be NULL. */
static inline size_t vdib__sink_tasks(const vdib__gradient_sink *sink, size_t count, size_t *first) {
    bool whole = sink == NULL || sink->parts == 0;
    *first = whole ? 0 : count * sink->part / sink->parts;
    return whole ? count : count * (sink->part + 1) / sink->parts - *first;
}

static inline bool vdib__sink_divides(const vdib__gradient_sink *sink) {
    return sink != NULL && sink->parts > 0;
}

#endif
