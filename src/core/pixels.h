/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_PIXELS_H
#define VDIB_CORE_PIXELS_H
/* From a sensor's pixels to those of an input: a part of the sensor (crop), and squares of pixels as one (pool). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct vdib__pixels {
    size_t width, height;            /* of the sensor */
    size_t left, top, columns, rows; /* of the part that is read; columns 0: all */
    size_t pool;                     /* side of a square; 0 and 1: none */
} vdib__pixels;

/* Columns and rows of the input: squares at the right and lower border may be cut. */
static inline size_t vdib__pixels_side(size_t whole, size_t part, size_t pool) {
    size_t side = part > 0 ? part : whole;
    return pool > 1 ? (side + pool - 1) / pool : side;
}
static inline size_t vdib__pixels_columns(const vdib__pixels *p) {
    return vdib__pixels_side(p->width, p->columns, p->pool);
}
static inline size_t vdib__pixels_rows(const vdib__pixels *p) {
    return vdib__pixels_side(p->height, p->rows, p->pool);
}

/* Whether every pixel of the sensor is one of the input. */
static inline bool vdib__pixels_plain(const vdib__pixels *p) {
    return p->columns == 0 && p->pool <= 1;
}

/* Whether the part that is read lies on the sensor. */
static inline bool vdib__pixels_fit(const vdib__pixels *p) {
    return p->columns == 0 || (p->columns <= p->width && p->left <= p->width - p->columns && p->rows <= p->height &&
                               p->top <= p->height - p->rows);
}

typedef enum vdib__pixel { VDIB_PIXEL_READ, VDIB_PIXEL_CROPPED, VDIB_PIXEL_BEYOND } vdib__pixel;

/* Where a pixel of the sensor is, and, if it is read, its place in the input. */
static inline vdib__pixel vdib__pixels_map(const vdib__pixels *p, uint16_t *x, uint16_t *y) {
    if (*x >= p->width || *y >= p->height)
        return VDIB_PIXEL_BEYOND;
    if (p->columns > 0) {
        if (*x < p->left || *x - p->left >= p->columns || *y < p->top || *y - p->top >= p->rows)
            return VDIB_PIXEL_CROPPED;
        *x = (uint16_t)(*x - p->left);
        *y = (uint16_t)(*y - p->top);
    }
    if (p->pool > 1) {
        *x = (uint16_t)(*x / p->pool);
        *y = (uint16_t)(*y / p->pool);
    }
    return VDIB_PIXEL_READ;
}

#endif
