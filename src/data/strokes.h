/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_STROKES_H
#define VDIB_DATA_STROKES_H
/* The shapes of the ten digits as strokes of a pen: curves through a few points each. */

#include <stdint.h>

enum { VDIB_STROKE_POINTS = 13, VDIB_GLYPH_STROKES = 4, VDIB_DIGIT_STYLES = 3 };

/* Pixels from the middle of the digit, x to the right, y down; digits stand between y = -9 and 9. */
typedef struct vdib__point {
    float x, y;
} vdib__point;

/* A smooth curve through `count` points in order, which ends where it began if `closed`; 2 points are a straight line.
 */
typedef struct vdib__stroke {
    uint8_t count;
    uint8_t closed;
    vdib__point points[VDIB_STROKE_POINTS];
} vdib__stroke;

typedef struct vdib__glyph {
    uint8_t strokes;
    vdib__stroke stroke[VDIB_GLYPH_STROKES];
} vdib__glyph;

/* The ways of writing each digit, equally frequent (a way may be listed twice). */
extern const vdib__glyph vdib__glyphs[10][VDIB_DIGIT_STYLES];

#endif
