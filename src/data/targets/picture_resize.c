/* SPDX-License-Identifier: MIT */
/* Pictures of another size, by means over areas: rows first, then columns. */
#include "core/alloc.h"
#include "core/error.h"
#include "data/targets/picture.h"

/* Element i of `to` is the mean of `from` over [i from_count / to_count, (i + 1) from_count / to_count); both have the
 * given strides. */
static void average(const float *from, size_t from_count, size_t from_stride, float *to, size_t to_count,
                    size_t to_stride) {
    double span = (double)from_count / (double)to_count;
    for (size_t i = 0; i < to_count; i++) {
        /* in units of 1 / to_count of an element, whole numbers */
        size_t begin = i * from_count, end = begin + from_count;
        double sum = 0;
        for (size_t k = begin / to_count; k * to_count < end; k++) {
            size_t low = k * to_count > begin ? k * to_count : begin;
            size_t high = (k + 1) * to_count < end ? (k + 1) * to_count : end;
            sum += (double)(high - low) / (double)to_count * (double)from[k * from_stride];
        }
        to[i * to_stride] = (float)(sum / span);
    }
}

vdib_status vdib__picture_resize(const vdib__picture *picture, size_t height, size_t width, float *to) {
    float *lower = NULL; /* (height, picture's width) */
    VDIB_TRY(VDIB_NEW(&lower, height * picture->width));
    for (size_t c = 0; c < picture->channels; c++) {
        const float *from = picture->values + c * picture->height * picture->width;
        for (size_t x = 0; x < picture->width; x++)
            average(from + x, picture->height, picture->width, lower + x, height, picture->width);
        for (size_t y = 0; y < height; y++)
            average(lower + y * picture->width, picture->width, 1, to + (c * height + y) * width, width, 1);
    }
    vdib__free(lower);
    return VDIB_OK;
}
