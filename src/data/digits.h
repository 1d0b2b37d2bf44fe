/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_DIGITS_H
#define VDIB_DATA_DIGITS_H
/* Drawn digits: ten classes drawn from strokes with random pose, slant and thickness. */

#include <stddef.h>
#include <stdint.h>

enum { VDIB_DIGIT_SIDE = 28, VDIB_DIGIT_CLASSES = 10 };

/* To be raised whenever a pixel of a digit changes: what was learned from drawn digits is kept by this number. */
enum { VDIB_DIGIT_DRAWING = 1 };

/* A pure function of (seed, number): class number % 10 drawn with pose, slant, thickness and wobble keyed by them.
 * pixels (28, 28): 0 background, 1 ink, anti-aliased. Returns the class. */
uint32_t vdib__digit_draw(uint64_t seed, uint64_t number, float *pixels);

#endif
